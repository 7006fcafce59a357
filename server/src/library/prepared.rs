//! The directory of a prepared content: reads what a worker left there, composes the manifest, throws away what is not
//! needed any more. Blocking: runs on threads for that.
//!
//! ```text
//! chunks/<content>/source.json  tracks/<key>.json  thumbnail.json  lost.jsonl  objects/<sha256>  journal/   the worker's
//! chunks/<content>/prepared.json   which rungs are in which manifest; written last                the server's
//! ```

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use lectern_proto::control::{ChunkRef, Damage, FailureKind};
use lectern_proto::limits::PREPARED_JSON_MAX;
use lectern_proto::manifest::{ChunkHash, Details, MANIFEST_VERSION, Manifest, ManifestError, Span, Track, TrackKind, unite};
use lectern_proto::rung::{ORIGINAL, RungSpec, rungs_for};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::events::Probe;
use super::shelf::Info;

/// Why a directory is not what it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum PreparedError {
    #[error("The prepared video cannot be read or written: {0}. Check the disk and its free space.")]
    Io(#[from] io::Error),
    #[error("The prepared video is damaged ({0}). Remove the file and put it there again.")]
    Json(#[from] serde_json::Error),
    #[error("The prepared video is damaged ({0}). Remove the file and put it there again.")]
    Manifest(#[from] ManifestError),
    #[error("Nothing in the file could be prepared. Convert the file to MP4 with H.264 and AAC.")]
    Nothing,
}

impl PreparedError {
    /// What kind of failure the catalogue calls it.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Io(e) if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => FailureKind::NoSpace,
            Self::Io(_) => FailureKind::Io,
            Self::Json(_) | Self::Manifest(_) => FailureKind::Prepared,
            Self::Nothing => FailureKind::Unsupported,
        }
    }
}

/// A content that can be watched.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) info: Info,
    pub(super) manifest: ChunkRef,
    /// Everything that viewers may fetch.
    pub(super) chunks: Vec<(ChunkHash, u32)>,
}

/// A manifest of what there is so far.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) manifest: ChunkRef,
    pub(super) rungs: Vec<String>,
    /// Everything that it names.
    pub(super) chunks: Vec<(ChunkHash, u32)>,
}

/// `prepared.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    /// What was asked for, as [`wanted`] says it.
    wanted: Vec<String>,
    manifest: ChunkHash,
    bytes: u32,
}

#[derive(Debug, Deserialize)]
struct Thumbnail {
    chunk: ChunkHash,
}

/// Where a content's objects are.
pub(super) fn objects(dir: &Path) -> PathBuf {
    dir.join("objects")
}

/// The rungs of the ladder that a source is prepared in.
pub(super) fn rungs(probe: &Probe, ladder: &[RungSpec]) -> Vec<RungSpec> {
    probe.size().map(|size| rungs_for(ladder, size)).unwrap_or_default()
}

/// What the worker said about the source in an earlier run.
pub(super) fn probe(dir: &Path) -> Option<Probe> {
    read_json(&dir.join("source.json")).ok()
}

/// What is known before all is prepared.
pub(super) fn info(probe: &Probe, ladder: &[RungSpec], thumbnail: Option<ChunkRef>) -> Info {
    let size = probe.size();
    Info {
        title: probe.title.clone(),
        duration_us: probe.duration_us,
        width: size.map_or(0, |s| s.width),
        height: size.map_or(0, |s| s.height),
        rungs: rungs(probe, ladder).into_iter().map(|r| r.name).collect(),
        thumbnail,
        damage: None,
    }
}

/// The thumbnail, if it is there.
pub(super) fn thumbnail(dir: &Path) -> Option<ChunkRef> {
    let Thumbnail { chunk } = read_json(&dir.join("thumbnail.json")).ok()?;
    let bytes = fs::metadata(objects(dir).join(chunk.to_string())).ok()?.len();
    Some(ChunkRef { chunk, bytes: u32::try_from(bytes).ok()? })
}

/// A content that was prepared for this ladder before; `None` when something is to be done.
pub(super) fn load(dir: &Path, ladder: &[RungSpec]) -> Option<Prepared> {
    let probe = probe(dir)?;
    let done: Done = read_json(&dir.join("prepared.json")).ok()?;
    if done.wanted != wanted(&probe, ladder) {
        return None;
    }
    let json = read(&objects(dir).join(done.manifest.to_string())).ok()?;
    let manifest = Manifest::parse(&json).ok()?;
    Some(prepared(dir, &probe, &manifest, ChunkRef { chunk: done.manifest, bytes: done.bytes }))
}

/// Makes the manifest of what a worker has finished and throws away what is not in it.
///
/// # Errors
/// [`PreparedError`] with a sentence for the catalogue.
pub(super) fn compose(dir: &Path, ladder: &[RungSpec]) -> Result<Prepared, PreparedError> {
    let probe: Probe = read_json(&dir.join("source.json"))?;
    let mut tracks = Vec::new();
    for rung in rungs(&probe, ladder) {
        tracks.extend(track(dir, &video_key(&rung))?.map(|track| named(track, &rung.name)));
    }
    // The worker has thrown it away where it is not one of the rungs.
    tracks.extend(track(dir, ORIGINAL)?);
    for audio in &probe.audio {
        tracks.extend(track(dir, &audio_key(audio.index))?);
    }
    if tracks.is_empty() {
        return Err(PreparedError::Nothing);
    }
    let duration_us = tracks.iter().map(Track::end_us).max().unwrap_or(0);
    let details = Details { chapters: probe.chapters(), lost: lost(dir) };
    let manifest = Manifest { version: MANIFEST_VERSION, duration_us, tracks, details };
    let json = manifest.to_json();
    // What a viewer would refuse is not published.
    Manifest::parse(&json)?;
    let chunk = ChunkHash(Sha256::digest(&json).into());
    let bytes = u32::try_from(json.len()).map_err(io::Error::other)?;
    write(&objects(dir).join(chunk.to_string()), &json)?;
    let prepared = prepared(dir, &probe, &manifest, ChunkRef { chunk, bytes });
    let done = Done { wanted: wanted(&probe, ladder), manifest: chunk, bytes };
    write(&dir.join("prepared.json"), &serde_json::to_vec(&done)?)?;
    tidy(dir, &prepared, &done.wanted);
    Ok(prepared)
}

/// What workers could not read of the source, in all their runs. A file that is not there, or not whole, says less; nothing else.
fn lost(dir: &Path) -> Vec<Span> {
    let text = read(&dir.join("lost.jsonl")).unwrap_or_default();
    unite(text.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Names of tracks, as the worker names their files.
pub(super) fn video_key(rung: &RungSpec) -> String {
    format!("video-{}x{}-{}", rung.box_width, rung.box_height, rung.bitrate_bps)
}

pub(super) fn audio_key(index: u32) -> String {
    format!("audio-{index}")
}

/// What the ladder asks of a source: keys of tracks, and for rungs their names.
fn wanted(probe: &Probe, ladder: &[RungSpec]) -> Vec<String> {
    let videos = rungs(probe, ladder).into_iter().map(|r| format!("{} {}", video_key(&r), r.name));
    videos.chain(probe.audio.iter().map(|a| audio_key(a.index))).collect()
}

/// The tracks of an earlier run that are complete and still wanted, by their keys.
pub(super) fn complete_tracks(dir: &Path, probe: &Probe, ladder: &[RungSpec]) -> Vec<(String, Track)> {
    let videos = rungs(probe, ladder).into_iter().map(|r| video_key(&r));
    let keys = videos.chain(probe.audio.iter().map(|a| audio_key(a.index))).chain([ORIGINAL.to_owned()]);
    keys.filter_map(|key| Some((track(dir, &key).ok()??, key))).map(|(track, key)| (key, track)).collect()
}

/// Writes a manifest of what there is so far, with what is known to be lost, and gives it with everything that it names.
///
/// # Errors
/// [`PreparedError`] when it cannot be written.
pub(super) fn publish_partial(dir: &Path, mut manifest: Manifest) -> Result<Composed, PreparedError> {
    manifest.details.lost = lost(dir);
    let json = manifest.to_json();
    Manifest::parse(&json)?;
    let chunk = ChunkHash(Sha256::digest(&json).into());
    let bytes = u32::try_from(json.len()).map_err(io::Error::other)?;
    write(&objects(dir).join(chunk.to_string()), &json)?;
    let thumbnail = thumbnail(dir).map(|c| (c.chunk, c.bytes));
    let chunks = manifest.tracks.iter().flat_map(Track::chunks).chain([(chunk, bytes)]).chain(thumbnail).collect();
    let rungs = manifest.video_tracks().filter_map(|(_, t)| t.rung().map(str::to_owned)).collect();
    Ok(Composed { manifest: ChunkRef { chunk, bytes }, rungs, chunks })
}

/// Throws away a manifest of an earlier moment.
pub(super) fn remove_object(dir: &Path, chunk: ChunkHash) {
    if let Err(error) = fs::remove_file(objects(dir).join(chunk.to_string())) {
        tracing::debug!(%chunk, %error, "not removed");
    }
}

fn track(dir: &Path, key: &str) -> Result<Option<Track>, PreparedError> {
    match read_json(&dir.join("tracks").join(format!("{key}.json"))) {
        Ok(track) => Ok(Some(track)),
        // Nothing of this track could be decoded.
        Err(PreparedError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn named(mut track: Track, name: &str) -> Track {
    if let TrackKind::Video { rung, .. } = &mut track.kind {
        name.clone_into(rung);
    }
    track
}

fn prepared(dir: &Path, probe: &Probe, manifest: &Manifest, manifest_ref: ChunkRef) -> Prepared {
    let thumbnail = thumbnail(dir);
    let segments = manifest.tracks.iter().flat_map(Track::chunks);
    let others = [Some(manifest_ref), thumbnail].into_iter().flatten().map(|c| (c.chunk, c.bytes));
    let info = Info {
        title: probe.title.clone(),
        duration_us: manifest.duration_us,
        width: probe.size().map_or(0, |s| s.width),
        height: probe.size().map_or(0, |s| s.height),
        rungs: manifest.video_tracks().filter_map(|(_, t)| t.rung().map(str::to_owned)).collect(),
        thumbnail,
        damage: Damage::of(&manifest.details.lost),
    };
    Prepared { info, manifest: manifest_ref, chunks: segments.chain(others).collect() }
}

/// Throws away tracks and objects of rungs that are not wanted any more. What cannot be thrown away is only untidy.
fn tidy(dir: &Path, prepared: &Prepared, wanted: &[String]) {
    let used: HashSet<String> = prepared.chunks.iter().map(|(c, _)| c.to_string()).collect();
    let keys = wanted.iter().map(|w| w.split(' ').next().unwrap_or_default()).chain([ORIGINAL]);
    let keys: HashSet<String> = keys.map(|key| format!("{key}.json")).collect();
    remove_all_but(&objects(dir), |name| used.contains(name));
    remove_all_but(&dir.join("tracks"), |name| keys.contains(name));
    remove_all_but(&dir.join("journal"), |_| false);
}

fn remove_all_but(dir: &Path, keep: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(&keep)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::debug!(path = %entry.path().display(), %error, "not removed");
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, PreparedError> {
    Ok(serde_json::from_slice(&read(path)?)?)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(PREPARED_JSON_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file that appears whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // The manifest of what is there so far and the final one may be the same, and be written at the same time.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or(OsStr::new("file")).to_owned();
    name.push(format!(".{}.tmp", WRITTEN.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    let written = File::create(&temporary).and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_data())).and_then(|()| fs::rename(&temporary, path));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}
