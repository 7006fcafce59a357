//! A server with directories of its own. Its media worker is a shell script that finds everything prepared already.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lectern_proto::link::JoinLink;
use lectern_proto::manifest::{ChunkHash, Segment, Track, TrackKind};
use lectern_proto::rung::PictureSize;
use lectern_server::Server;
use lectern_server::config::{Config, Sources};
use sha2::{Digest, Sha256};

pub const PASSWORD: &str = "open-sesame";

pub struct Stage {
    pub dir: tempfile::TempDir,
    pub set: Vec<String>,
}

impl Stage {
    pub fn new() -> Self {
        let stage = Self { dir: tempfile::tempdir().expect("a directory"), set: Vec::new() };
        for name in ["videos", "chunks", "data"] {
            std::fs::create_dir(stage.path(name)).expect("made");
        }
        stage.worker("echo \"$4\" >>\"$(dirname \"$0\")/runs\"\necho '{\"event\":\"done\"}'");
        stage
    }

    /// With this ladder instead of the default one.
    pub fn with_ladder(rungs: &[(&str, u32, u32, u32)]) -> Self {
        let mut stage = Self::new();
        stage.set.extend(["144p", "360p", "720p", "1440p"].map(|r| format!("resolutions.{r}=")));
        stage.set.extend(rungs.iter().map(|(name, width, height, bps)| format!("resolutions.{name}={width}x{height} {bps}")));
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Replaces the worker's script.
    pub fn worker(&self, script: &str) {
        let path = self.path("worker");
        // A script that runs cannot be overwritten, but replaced.
        let new = self.path("worker.new");
        std::fs::write(&new, format!("#!/bin/sh\n{script}\n")).expect("writable");
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).expect("ours");
        std::fs::rename(new, path).expect("renamed");
    }

    /// How often the worker was started.
    pub fn runs(&self) -> usize {
        std::fs::read_to_string(self.path("runs")).unwrap_or_default().lines().count()
    }

    pub fn config(&self) -> Config {
        let mut set: Vec<String> = ["server.bind=127.0.0.1", "server.control_port=0", "server.video_port=0", "server.audio_port=0"].map(str::to_owned).into();
        set.push(format!("rooms.password={PASSWORD}"));
        set.extend(self.set.clone());
        let sources = Sources { file: self.path("config.ini"), set, data_dir: None };
        let mut config = Config::parse(&sources, b"").unwrap_or_else(|p| panic!("{p:?}"));
        config.media_worker = self.path("worker");
        config
    }

    pub async fn serve(&self) -> Server {
        Server::start(self.config()).await.expect("a server")
    }

    /// Puts a file into `videos/` whose content counts as prepared in these rungs, with a sound track.
    pub fn add_video(&self, name: &str, content: &[u8], rungs: &[(&str, u32, u32, u32)]) -> Prepared {
        let key = hex(content);
        let prepared = Prepared { dir: self.path("chunks").join(&key), key };
        for sub in ["objects", "tracks"] {
            std::fs::create_dir_all(prepared.dir.join(sub)).expect("made");
        }
        let (width, height) = rungs.last().map_or((0, 0), |r| (r.1, r.2));
        let source = serde_json::json!({ "duration_us": 4_000_000, "width": width, "height": height, "video_codec": "h264", "title": null,
            "audio": [{ "index": 0, "channels": 2, "rate_hz": 48_000, "language": "und" }] });
        std::fs::write(prepared.dir.join("source.json"), source.to_string()).expect("written");
        for &(rung, width, height, bitrate_bps) in rungs {
            let kind = TrackKind::Video { rung: rung.into(), size: PictureSize { width, height }, bitrate_bps };
            prepared.track(&format!("video-{width}x{height}-{bitrate_bps}"), kind, bitrate_bps as usize / 4);
        }
        prepared.track("audio-0", TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: "und".into(), title: None }, 30_000);
        let chunk = prepared.object(&[key_byte(content); 900]);
        std::fs::write(prepared.dir.join("thumbnail.json"), serde_json::json!({ "chunk": chunk.to_string(), "width": 16, "height": 9 }).to_string())
            .expect("written");
        self.put(name, content);
        prepared
    }

    /// Puts a file into `videos/` in one step, as old as a file that was not just written.
    pub fn put(&self, name: impl AsRef<Path>, content: &[u8]) {
        let new = self.path("new-file");
        std::fs::write(&new, content).expect("written");
        let file = std::fs::File::open(&new).expect("there");
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).expect("ours");
        std::fs::rename(new, self.path("videos").join(name)).expect("renamed");
    }
}

/// The directory of a prepared content.
pub struct Prepared {
    pub dir: PathBuf,
    pub key: String,
}

impl Prepared {
    fn track(&self, name: &str, kind: TrackKind, bytes: usize) {
        let noise = |i: usize, length: usize| (0..length).map(|b| (b * 31 + i * 7 + name.len()) as u8).collect::<Vec<_>>();
        let segment = |i: usize| {
            let bytes = noise(i, bytes);
            Segment { chunk: Some(self.object(&bytes)), bytes: bytes.len() as u32, start: i as u64 * 180_000, duration: 180_000, samples: 60 }
        };
        let init = noise(9, 700);
        let track =
            Track { kind, codec: "avc1.64001F".into(), timescale: 90_000, init: self.object(&init), init_bytes: 700, segments: (0..2).map(segment).collect() };
        std::fs::write(self.dir.join("tracks").join(format!("{name}.json")), serde_json::to_vec(&track).expect("JSON")).expect("written");
    }

    fn object(&self, bytes: &[u8]) -> ChunkHash {
        let hash = ChunkHash(Sha256::digest(bytes).into());
        std::fs::write(self.dir.join("objects").join(hash.to_string()), bytes).expect("written");
        hash
    }

    pub fn read(&self, chunk: &ChunkHash) -> Vec<u8> {
        std::fs::read(self.dir.join("objects").join(chunk.to_string())).expect("there")
    }
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect()
}

fn key_byte(content: &[u8]) -> u8 {
    content.first().copied().unwrap_or(0)
}

pub fn join(server: &Server) -> JoinLink {
    server.announcement().join.parse().expect("a link")
}

pub fn instructor(server: &Server) -> JoinLink {
    server.announcement().instructor.parse().expect("a link")
}
