//! First picture and jumps of a decoding viewer, beside decoding the same bytes from memory.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use lectern::player::PlayerOptions;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::fmp4::{Init, TrackConfig, parse_init, parse_segment};
use lectern_proto::manifest::{Manifest, Track};
use lectern_tests::playback::{first, join, open, options, rung};
use lectern_tests::stack::Stack;

use crate::table::{Table, Values};

const RUNS: usize = 15;

pub fn measure(stack: &Stack, video: &str, table: &mut Table) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = runtime.enter();
    let class = runtime.block_on(join(stack, "bench"))?;
    let disk = Disk::open(stack)?;
    let (mut ours, mut bare) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        let begun = Instant::now();
        let player = open(&class, video, options(rung("720p"), 0))?;
        first(&player)?;
        ours.0.push(begun.elapsed().as_secs_f64() * 1e3);
        bare.0.push(milliseconds(disk.decode_until(0)?));
    }
    table.value("720p: first picture after the request", "ms", &ours, ("decoding it from memory", &bare), 150.0);

    let paused = PlayerOptions { paused: true, ..options(rung("720p"), 0) };
    let player = open(&class, video, paused)?;
    first(&player)?;
    for (name, offset_us, extra) in [("on a keyframe", 0u64, 150.0), ("30 frames after one", 1_005_000, 50.0), ("the last frame of a segment", 1_990_000, 50.0)]
    {
        let (mut ours, mut bare) = (Values::default(), Values::default());
        for i in 0..RUNS as u64 {
            // Each place once, so that it is fetched and not found in the buffer.
            let at_us = (2 + (i * 7) % 27) * 2_000_000 + offset_us;
            let begun = Instant::now();
            player.seek(at_us);
            first(&player)?;
            ours.0.push(begun.elapsed().as_secs_f64() * 1e3);
            bare.0.push(milliseconds(disk.decode_until(at_us)?));
        }
        let goal = if offset_us == 0 { extra } else { bare.median() + extra };
        table.value(&format!("720p: jump to a frame, {name}"), "ms", &ours, ("decoding the frames between from memory", &bare), goal);
    }
    Ok(())
}

fn milliseconds(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

/// The prepared files, read without the product's transport.
struct Disk {
    objects: std::path::PathBuf,
    track: Track,
    init: Init,
}

impl Disk {
    fn open(stack: &Stack) -> Result<Self> {
        let dir = std::fs::read_dir(stack.path("chunks"))?.flatten().map(|e| e.path()).find(|p| p.join("tracks").is_dir()).context("a prepared video")?;
        let tracks = std::fs::read_dir(dir.join("tracks"))?.flatten().map(|e| e.path());
        let path = tracks.into_iter().find(|p| p.to_string_lossy().contains("1280x720")).context("a 720p track")?;
        let track: Track = serde_json::from_slice(&std::fs::read(path)?)?;
        let objects = dir.join("objects");
        let init = parse_init(&std::fs::read(objects.join(track.init.to_string()))?)?;
        // Only to be sure that what is compared is a whole video.
        let whole = Manifest { version: 1, duration_us: track.end_us(), tracks: vec![track.clone()], details: Default::default() };
        Manifest::parse(&whole.to_json())?;
        Ok(Self { objects, track, init })
    }

    /// Time to decode from the keyframe before to the frame shown at a time, the bytes being in memory.
    fn decode_until(&self, at_us: u64) -> Result<Duration> {
        let segment = &self.track.segments[self.track.segment_at(at_us)];
        let chunk = segment.chunk.context("a prepared segment")?;
        let bytes = Bytes::from(std::fs::read(self.objects.join(chunk.to_string()))?);
        let TrackConfig::Video(config) = &self.init.config else { anyhow::bail!("not a video track") };
        let begun = Instant::now();
        let mut decoder = VideoDecoder::new(config, 2)?;
        decoder.skip_until(i64::try_from(at_us)?);
        for sample in parse_segment(&self.init, bytes)? {
            decoder.decode(&sample, self.init.pts_us(&sample), self.init.duration_us(&sample))?;
            if decoder.next_picture()?.is_some() {
                return Ok(begun.elapsed());
            }
        }
        decoder.drain()?;
        decoder.next_picture()?.context("a picture")?;
        Ok(begun.elapsed())
    }
}
