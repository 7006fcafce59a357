//! Copying the pictures of a source that viewers can decode as they are, instead of encoding them: all of the video is
//! there as soon as it has been read once.
//!
//! [`super::copy_form`] says whether the stream fits, [`super::copy_cut`] where it is cut; here it is read, written and named.
//! The copy takes the place of the ladder's rung of its size, or stands above the ladder as [`ORIGINAL`]. What is encoded has
//! keyframes where the copy has some ([`Grid::around`]), so whatever was encoded without it, or with it, is thrown away when
//! that changes. Everything that a viewer is promised of a segment is checked before the copy is published whole.
//!
//! `copy.json` says what became of it, so that a file is judged once.

use super::copy_cut::Cutter;
use super::copy_form::{Form, Misfit};
use super::events::{Event, Reporter};
use super::failure::Failure;
use super::packets::Packets;
use super::prepare::Job;
use super::source::{Source, VideoStream};
use super::store::{Store, read_json};
use super::video_encoder::Coded;
use super::video_track::{self, write_segment};
use ffmpeg::codec::packet::{Packet, Ref, side_data};
use ffmpeg::ffi;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{self, Init, VIDEO_TIMESCALE};
use lectern_proto::grid::Grid;
use lectern_proto::manifest::{Segment, Track, TrackKind};
use lectern_proto::rung::{ORIGINAL, PictureSize, RungSpec, rungs_for};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Grows when sources are judged or cut otherwise.
const VERSION: u32 = 1;
const VERDICT: &str = "copy.json";
/// The copy may have so many times the rate of the rung whose place it takes, in percent.
const RATE_PERCENT: u64 = 150;

/// `copy.json`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Verdict {
    version: u32,
    outcome: Outcome,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// The track of this key is the copy.
    Copied(String),
    /// The source cannot be copied.
    Misfit(String),
    /// The ladder has no rung for pictures that large.
    TooLarge,
}

impl Outcome {
    fn copied(&self) -> Option<&String> {
        if let Self::Copied(key) = self { Some(key) } else { None }
    }
}

/// Copies the pictures of the source if they fit and the copy is not there, and tells of it. Gives where the places of what
/// is encoded beside it start; nothing when the pictures do not fit.
pub(crate) fn copy(job: &Job, source: Source, store: &Store, reporter: &Reporter) -> Result<Option<Grid>, Failure> {
    let (Some(video), Some(size)) = (source.video, source.probe.size) else { return Ok(None) };
    let before = read_json::<Verdict>(&store.path(VERDICT)).filter(|v| v.version == VERSION).map(|v| v.outcome);
    if !job.rungs.iter().any(|r| size.width <= r.box_width && size.height <= r.box_height) {
        if before != Some(Outcome::TooLarge) {
            eprintln!("the pictures are encoded, not copied: they are larger than the largest rung");
        }
        return decide(store, before.as_ref(), Outcome::TooLarge).map(|()| None);
    }
    let (track, outcome) = match &before {
        Some(Outcome::Misfit(_)) => return Ok(None),
        Some(Outcome::Copied(key)) => (track(store, key), before.as_ref().and_then(Outcome::copied).cloned()),
        _ => (None, None),
    };
    let track = match track {
        Some(track) => track,
        None => match make(source, video, store, reporter)? {
            Ok(track) => track,
            Err(Misfit(why)) => {
                eprintln!("the pictures are encoded, not copied: {why}");
                return decide(store, before.as_ref(), Outcome::Misfit(why)).map(|()| None);
            }
        },
    };
    let place = place(&track, size, &job.rungs);
    let key = place.map_or_else(|| ORIGINAL.to_owned(), video_track::key);
    let track = named(track, place);
    if outcome.as_ref() != Some(&key) {
        store.publish(&format!("tracks/{key}.json"), &track)?;
        decide(store, before.as_ref(), Outcome::Copied(key.clone()))?;
        reporter.tell(&Event::Track { file: &format!("{key}.json") });
    }
    reporter.tell(&Event::Head { track: &key, head: &Track { segments: Vec::new(), ..track.clone() } });
    for (place, segment) in (0..).zip(&track.segments) {
        reporter.tell(&Event::Segment { track: &key, place, segment });
    }
    reporter.tell(&Event::Copied { track: &key });
    let starts: Vec<_> = track.segments.iter().map(|s| i64::try_from(s.start).unwrap_or(i64::MAX)).collect();
    Ok(Some(Grid::around(&starts)))
}

/// Writes down what became of it. Throws away the copy of another name, and everything that was encoded in other places.
fn decide(store: &Store, before: Option<&Outcome>, now: Outcome) -> Result<(), Failure> {
    if before == Some(&now) {
        return Ok(());
    }
    let (old, new) = (before.and_then(Outcome::copied), now.copied());
    let mut gone: BTreeSet<String> = old.filter(|o| Some(*o) != new).map(|key| format!("{key}.json")).into_iter().collect();
    if old.is_some() != new.is_some() {
        let is_video = |name: &String| name.starts_with("video-") && Some(name.trim_end_matches(".json")) != new.map(String::as_str);
        gone.extend(names(store, "tracks").into_iter().filter(is_video));
        for name in names(store, "journal").into_iter().filter(|n| n.starts_with("video-")) {
            let _ = std::fs::remove_file(store.path("journal").join(name));
        }
    }
    for name in gone {
        let _ = std::fs::remove_file(store.path("tracks").join(name));
    }
    store.publish(VERDICT, &Verdict { version: VERSION, outcome: now })
}

fn names(store: &Store, dir: &str) -> Vec<String> {
    std::fs::read_dir(store.path(dir)).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok()).collect()
}

/// The copy of an earlier run, if it is whole.
fn track(store: &Store, key: &str) -> Option<Track> {
    let track = read_json::<Track>(&store.path(&format!("tracks/{key}.json")))?;
    let whole = !track.segments.is_empty() && track.chunks().all(|(chunk, bytes)| store.has(chunk, bytes.into()));
    whole.then_some(track)
}

/// The rung whose place the copy takes: of the same size, of about its rate, and only if viewers who change rungs at the
/// thirds of the video can change to it near there. None: it stands above the ladder.
fn place<'a>(track: &Track, size: PictureSize, ladder: &'a [RungSpec]) -> Option<&'a RungSpec> {
    let end = track.end_us();
    let changes = |n: u64| track.segments.iter().skip(1).any(|s| (3 * track.start_us(s)).abs_diff(n * end) <= end / 2);
    let bits = track.segments.iter().map(|s| u64::from(s.bytes)).sum::<u64>().saturating_mul(8_000_000);
    let rate_bps = bits.checked_div(end).unwrap_or(u64::MAX);
    let kept: BTreeSet<_> = rungs_for(ladder, size).iter().map(video_track::key).collect();
    let rung = ladder.iter().filter(|r| kept.contains(&video_track::key(r)) && r.fit(size) == size).max_by_key(|r| r.bitrate_bps)?;
    (changes(1) && changes(2) && rate_bps <= u64::from(rung.bitrate_bps) * RATE_PERCENT / 100).then_some(rung)
}

/// The track under the name of the rung whose place it takes, with its rate.
fn named(mut track: Track, place: Option<&RungSpec>) -> Track {
    let bits = track.segments.iter().map(|s| u64::from(s.bytes)).sum::<u64>().saturating_mul(8_000_000);
    let real = u32::try_from(bits.checked_div(track.end_us()).unwrap_or(0)).unwrap_or(u32::MAX);
    if let TrackKind::Video { rung, bitrate_bps, .. } = &mut track.kind {
        (*rung, *bitrate_bps) = place.map_or_else(|| (ORIGINAL.to_owned(), real), |r| (r.name.clone(), r.bitrate_bps));
    }
    track
}

/// Reads the source once and writes its segments; the track is not published.
fn make(source: Source, video: VideoStream, store: &Store, reporter: &Reporter) -> Result<Result<Track, Misfit>, Failure> {
    let form = match Form::of(&source, video) {
        Ok(form) => form,
        Err(misfit) => return Ok(Err(misfit)),
    };
    let nominal = super::frames::nominal(video);
    let reorder = form.reorder.unwrap_or(0);
    let init = Init::video(form.config.clone(), u32::try_from(nominal.saturating_mul(reorder as i64)).unwrap_or(0));
    let header = fmp4::write_init(&init).map_err(|e| Failure::internal("write a segment", e))?;
    let mut segments: Vec<Segment> = Vec::new();
    let mut cutter = Cutter::new(form.reorder);
    let mut packets = Packets::new(source, video.index, reporter)?;
    loop {
        let packet = match next_packet(&mut packets)? {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(misfit) => return Ok(Err(misfit)),
        };
        let cut = coded(&packets, &form, &packet).and_then(|coded| cutter.push(coded));
        store.allow(packet.size() as u64 + 1024);
        match cut {
            Ok(Some(cut)) => segments.push(write_segment(store, &init, cut.coded, cut.end)?.1),
            Ok(None) => {}
            Err(misfit) => return Ok(Err(misfit)),
        }
    }
    match cutter.finish(nominal) {
        Ok(Some(cut)) => segments.push(write_segment(store, &init, cut.coded, cut.end)?.1),
        Ok(None) => return Ok(Err(Misfit::new("it has no pictures"))),
        Err(misfit) => return Ok(Err(misfit)),
    }
    Ok(Ok(Track {
        kind: TrackKind::Video { rung: ORIGINAL.to_owned(), size: form.config.size, bitrate_bps: 0 },
        codec: init.codec(),
        timescale: init.timescale,
        init: store.put(&header)?,
        init_bytes: u32::try_from(header.len()).unwrap_or(u32::MAX),
        segments,
    }))
}

/// The next packet of the pictures; nothing at the end. Damage is a misfit: what is damaged is decoded and mended.
fn next_packet(packets: &mut Packets) -> Result<Result<Option<Packet>, Misfit>, Failure> {
    let packet = packets.next()?;
    Ok(if packets.is_suspicious() { Err(Misfit::new("the file is damaged")) } else { Ok(packet) })
}

/// A packet's picture, at its time in the presentation: as [`super::frames`] has it of a decoder.
fn coded(packets: &Packets, form: &Form, packet: &Packet) -> Result<Coded, Misfit> {
    // SAFETY: the packet is valid; the field is a plain value.
    let flags = unsafe { (*Ref::as_ptr(packet)).flags };
    if flags & ffi::AV_PKT_FLAG_DISCARD != 0 {
        return Err(Misfit::new("an edit list hides some of its pictures"));
    }
    if packet.side_data().any(|d| matches!(d.kind(), side_data::Type::NewExtraData | side_data::Type::ParamChange)) {
        return Err(Misfit::new("its parameter sets change in mid-stream"));
    }
    let raw = packet.pts().ok_or_else(|| Misfit::new("a picture has no time"))?;
    let picture = form.picture(packet.data().unwrap_or_default())?;
    Ok(Coded { data: picture.data, pts: packets.time(raw, VIDEO_TIMESCALE), dts: 0, keyframe: picture.idr })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::manifest::ChunkHash;

    /// A copy of 1280x720 with segments of so many seconds, and so many bits a second.
    fn copy_of(seconds: &[u64], rate_bps: u64) -> Track {
        let mut start = 0;
        let segments = seconds.iter().map(|s| {
            let at = start;
            start += s * 90_000;
            let bytes = u32::try_from(rate_bps * s / 8).expect("small");
            Segment { chunk: Some(ChunkHash([1; 32])), bytes, start: at, duration: s * 90_000, samples: 1 }
        });
        Track {
            kind: TrackKind::Video { rung: String::new(), size: PictureSize { width: 1280, height: 720 }, bitrate_bps: 0 },
            codec: String::new(),
            timescale: 90_000,
            init: ChunkHash([2; 32]),
            init_bytes: 1,
            segments: segments.collect(),
        }
    }

    fn ladder() -> Vec<RungSpec> {
        let rung = |(name, value)| RungSpec::parse(name, value).expect("a rung");
        [("144p", "256x144 150k"), ("720p", "1280x720 2500k"), ("720q", "1280x720 1000k"), ("1440p", "2560x1440 8000k")].map(rung).to_vec()
    }

    #[test]
    fn a_copy_takes_the_place_of_its_rung_or_stands_above_all() {
        let size = PictureSize { width: 1280, height: 720 };
        let check = |seconds: &[u64], rate_bps, want: Option<&str>| {
            let track = copy_of(seconds, rate_bps);
            let (ladder, got) = (ladder(), want.map(str::to_owned));
            let found = place(&track, size, &ladder);
            assert_eq!(found.map(|r| r.name.clone()), got, "{seconds:?} at {rate_bps}");
            let TrackKind::Video { rung, bitrate_bps, .. } = named(track, found).kind else { panic!("pictures") };
            assert_eq!((rung.as_str(), u64::from(bitrate_bps)), (want.unwrap_or(ORIGINAL), found.map_or(rate_bps, |r| r.bitrate_bps.into())));
        };
        check(&[2; 30], 2_000_000, Some("720p"));
        check(&[2; 30], 3_700_000, Some("720p"));
        check(&[2; 30], 3_800_000, None);
        // Nobody could change to it near the first third, or near the second.
        check(&[8, 4], 2_000_000, None);
        check(&[4, 8], 2_000_000, None);
        check(&[8, 8, 8], 2_000_000, Some("720p"));
        check(&[12], 2_000_000, None);
        // No rung has the size of a picture that must be made smaller.
        assert!(place(&copy_of(&[2; 30], 1_000_000), PictureSize { width: 1920, height: 1080 }, &ladder()).is_none());
    }

    #[test]
    fn what_was_encoded_in_other_places_is_thrown_away() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("opens");
        let touch = |name: &str| std::fs::write(store.path(name), b"x").expect("writes");
        let all = ["tracks/video-a.json", "tracks/video-b.json", "tracks/audio-0.json", "tracks/original.json", "journal/video-c.jsonl"];
        let left = || all.into_iter().filter(|n| store.path(n).exists()).collect::<Vec<_>>();
        let copied = |key: &str| Outcome::Copied(key.to_owned());
        all.iter().for_each(|n| touch(n));
        decide(&store, None, Outcome::Misfit("x".into())).expect("written");
        assert_eq!(left(), all, "as before there was such a thing as a copy");
        decide(&store, None, copied("video-a")).expect("written");
        assert_eq!(left(), ["tracks/video-a.json", "tracks/audio-0.json", "tracks/original.json"]);
        all.iter().for_each(|n| touch(n));
        decide(&store, Some(&copied("video-a")), copied("original")).expect("written");
        assert_eq!(left(), ["tracks/video-b.json", "tracks/audio-0.json", "tracks/original.json", "journal/video-c.jsonl"]);
        decide(&store, Some(&copied("original")), Outcome::TooLarge).expect("written");
        assert_eq!(left(), ["tracks/audio-0.json"]);
        let verdict: Verdict = read_json(&store.path(VERDICT)).expect("there");
        assert_eq!(verdict, Verdict { version: VERSION, outcome: Outcome::TooLarge });
    }
}
