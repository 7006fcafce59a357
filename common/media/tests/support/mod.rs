//! Running the worker and looking at what it made, with our own demuxing and decoders.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

use bytes::Bytes;
use lectern_media::audio_decoder::{AudioDecoder, CHANNELS, SAMPLE_RATE_HZ};
use lectern_media::engine::Engine;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::fmp4::{self, Init, Sample, SegmentReader, TrackConfig};
use lectern_proto::manifest::{ChunkHash, Track};
use lectern_proto::stamp;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

pub const RUNGS: [&str; 3] = ["720p=1280x720 2500k", "360p=640x360 800k", "144p=256x144 200k"];

/// A worker that is running.
pub struct Worker {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    lines: Option<std::io::Lines<BufReader<std::process::ChildStdout>>>,
}

impl Worker {
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::start_in(Path::new("."), arguments)
    }

    pub fn start_in(dir: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lectern-media"))
            .args(arguments)
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the worker starts");
        let stdin = child.stdin.take();
        let lines = child.stdout.take().map(|o| BufReader::new(o).lines());
        Self { child, stdin, lines }
    }

    /// The next event; nothing when the worker has ended.
    pub fn event(&mut self) -> Option<Value> {
        let line = self.lines.as_mut()?.next()?.ok()?;
        Some(serde_json::from_str(&line).expect("every line is a JSON object"))
    }

    pub fn close_stdout(&mut self) {
        self.lines = None;
    }

    /// All further events and the exit code.
    pub fn finish(mut self) -> (Vec<Value>, Option<i32>) {
        let events = std::iter::from_fn(|| self.event()).collect();
        (events, self.child.wait().expect("waits").code())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Arguments of `prepare`.
pub fn prepare_arguments(source: &Path, out: &Path, rungs: &[&str]) -> Vec<std::ffi::OsString> {
    let mut a: Vec<std::ffi::OsString> = vec!["prepare".into(), "--audio".into(), "--source".into(), source.into(), "--out".into(), out.into()];
    for rung in rungs {
        a.extend(["--rung".into(), rung.into()]);
    }
    a
}

/// Starts preparing and kills the worker when it has come this far into the work.
pub fn kill_at(source: &Path, out: &Path, rungs: &[&str], share: f64) {
    kill_when(source, out, rungs, |event| {
        let done = event["done_us"].as_f64().zip(event["total_us"].as_f64());
        done.is_some_and(|(done, total)| done > total * share)
    });
}

/// Starts preparing and kills the worker when it has told this.
pub fn kill_when(source: &Path, out: &Path, rungs: &[&str], is_told: impl Fn(&Value) -> bool) {
    let mut worker = Worker::start(prepare_arguments(source, out, rungs));
    while let Some(event) = worker.event() {
        if is_told(&event) {
            worker.child.kill().expect("kills");
            worker.child.wait().expect("waits");
            return;
        }
    }
    panic!("the worker finished before it could be killed");
}

/// Prepares and expects success; gives the events.
pub fn prepare(source: &Path, out: &Path, rungs: &[&str]) -> Vec<Value> {
    let (events, code) = Worker::start(prepare_arguments(source, out, rungs)).finish();
    assert_eq!(code, Some(0), "{events:?}");
    assert_eq!(events.last().expect("an event")["event"], "done");
    events
}

/// Prepares and expects failure; gives its kind and reason.
pub fn prepare_fails(source: &Path, out: &Path) -> (String, String) {
    let (events, code) = Worker::start(prepare_arguments(source, out, &RUNGS)).finish();
    assert_eq!(code, Some(1), "{events:?}");
    let last = events.last().expect("an event");
    assert_eq!(last["event"], "failed", "{events:?}");
    let text = |k: &str| last[k].as_str().expect("text").to_owned();
    (text("kind"), text("reason"))
}

/// Draws a sample lesson.
pub fn sample(out: &Path, seconds: u32, size: &str) {
    let arguments = [OsStr::new("sample"), "--out".as_ref(), out.as_os_str(), "--size".as_ref(), size.as_ref(), "--seconds".as_ref()];
    let (_, code) = Worker::start(arguments.into_iter().chain([OsStr::new(&seconds.to_string())])).finish();
    assert_eq!(code, Some(0));
}

/// Draws a sample lesson in MPEG-2, which no viewer decodes: all rungs are encoded.
pub fn encoded_sample(out: &Path, seconds: u32, size: &str) {
    coded_sample(out, seconds, size, "-c:v mpeg2video -q:v 2");
}

/// Draws a sample lesson and has ffmpeg code it so.
pub fn coded_sample(out: &Path, seconds: u32, size: &str, coding: &str) {
    let lesson = out.with_extension("lesson.mp4");
    sample(&lesson, seconds, size);
    let arguments = [OsStr::new("-i"), lesson.as_os_str(), "-c:a".as_ref(), "copy".as_ref()];
    let coding = coding.split_whitespace().map(OsStr::new);
    ffmpeg(&arguments.into_iter().chain(coding).chain([out.as_os_str()]).collect::<Vec<_>>());
}

/// Runs the ffmpeg command line.
pub fn ffmpeg(arguments: &[&OsStr]) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]).args(arguments);
    let status = command.status().expect("ffmpeg is installed; run `make deps-test`");
    assert!(status.success(), "{command:?}");
}

/// `ffmpeg` with plain arguments and an output path.
pub fn make_source(arguments: &str, out: &Path) {
    let mut all: Vec<&OsStr> = arguments.split_whitespace().map(OsStr::new).collect();
    all.push(out.as_os_str());
    ffmpeg(&all);
}

/// A folder for sources and what is made of them.
pub struct Folder {
    pub dir: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn made(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.path(name);
        make_source(arguments, &path);
        path
    }

    pub fn written(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    pub fn out(&self) -> PathBuf {
        self.path("out")
    }
}

/// A prepared track.
pub struct Prepared {
    pub dir: PathBuf,
    pub track: Track,
    pub init: Init,
}

impl Prepared {
    pub fn open(dir: &Path, key: &str) -> Self {
        let json = std::fs::read(dir.join("tracks").join(format!("{key}.json"))).expect("the track is published");
        let track: Track = serde_json::from_slice(&json).expect("a track");
        let init = fmp4::parse_init(&object(dir, track.init)).expect("an init");
        assert_eq!(init.codec(), track.codec);
        for pair in track.segments.windows(2) {
            assert_eq!(pair[0].start + pair[0].duration, pair[1].start, "segments follow one another");
        }
        Self { dir: dir.to_owned(), track, init }
    }

    /// All samples, segment by segment, as they would come over a network.
    pub fn segments(&self) -> Vec<Vec<Sample>> {
        let read = |chunk| {
            let mut reader = SegmentReader::new(self.init.clone());
            let mut samples = Vec::new();
            for piece in object(&self.dir, chunk).chunks(16 * 1024) {
                reader.push(piece).expect("fits");
                samples.extend(std::iter::from_fn(|| reader.next_sample().expect("ours")));
            }
            assert!(reader.is_finished());
            samples
        };
        let segments: Vec<_> = self.track.segments.iter().map(|s| read(s.chunk.expect("prepared"))).collect();
        for (samples, segment) in segments.iter().zip(&self.track.segments) {
            assert_eq!(samples.len(), segment.samples as usize);
        }
        segments
    }

    /// The concatenation of everything: a file for other programs.
    pub fn file(&self) -> Vec<u8> {
        let chunks = std::iter::once(self.track.init).chain(self.track.segments.iter().filter_map(|s| s.chunk));
        chunks.flat_map(|c| object(&self.dir, c)).collect()
    }

    /// Every picture: time in microseconds, stamp.
    pub fn stamps(&self) -> Vec<(i64, Option<u32>)> {
        self.pictures(|p| {
            assert!(!p.corrupt);
            let [luma, ..] = p.planes();
            stamp::read(luma.data, luma.stride, luma.width, luma.height)
        })
    }

    /// Every picture: time in microseconds and what `look` sees.
    pub fn pictures<T>(&self, look: impl Fn(&lectern_media::picture::Picture) -> T) -> Vec<(i64, T)> {
        self.pictures_by(Engine::default(), look)
    }

    /// As [`pictures`](Self::pictures), decoded by this engine.
    pub fn pictures_by<T>(&self, engine: Engine, look: impl Fn(&lectern_media::picture::Picture) -> T) -> Vec<(i64, T)> {
        let TrackConfig::Video(config) = &self.init.config else { panic!("not a video track") };
        let mut decoder = VideoDecoder::with(engine, config, 1).expect("a decoder");
        let mut seen = Vec::new();
        for sample in self.segments().iter().flatten() {
            decoder.decode(sample, self.init.pts_us(sample), self.init.duration_us(sample)).expect("decodes");
            while let Some(p) = decoder.next_picture().expect("decodes") {
                seen.push((p.pts_us, look(&p)));
            }
        }
        decoder.drain().expect("drains");
        while let Some(p) = decoder.next_picture().expect("decodes") {
            seen.push((p.pts_us, look(&p)));
        }
        seen
    }

    /// The left channel from time 0 on; checks that there is no gap.
    pub fn sound(&self) -> Vec<f32> {
        self.sound_by(Engine::default())
    }

    /// As [`sound`](Self::sound), decoded by this engine.
    pub fn sound_by(&self, engine: Engine) -> Vec<f32> {
        let TrackConfig::Audio(config) = &self.init.config else { panic!("not a sound track") };
        let mut decoder = AudioDecoder::with(engine, config).expect("a decoder");
        let mut sound: Vec<f32> = Vec::new();
        for sample in self.segments().iter().flatten() {
            decoder.decode(sample, self.init.pts_us(sample)).expect("decodes");
            while let Some(block) = decoder.next_block() {
                let at = block.pts_us * i64::from(SAMPLE_RATE_HZ);
                assert!((at - sound.len() as i64 * 1_000_000).abs() < 1_000_000, "a gap at {} us", block.pts_us);
                sound.extend(block.samples.iter().step_by(CHANNELS));
            }
        }
        sound
    }
}

pub fn object(dir: &Path, chunk: ChunkHash) -> Bytes {
    std::fs::read(dir.join("objects").join(chunk.to_string())).expect("the object is there").into()
}

/// Checks that every frame of a sample lesson is there, once, stamped and on time.
pub fn check_stamps(prepared: &Prepared, fps: u32, seconds: u32) {
    check_stamps_within(prepared, fps, seconds, 12);
}

/// As [`check_stamps`], each on time within some microseconds.
pub fn check_stamps_within(prepared: &Prepared, fps: u32, seconds: u32, tolerance_us: i64) {
    let stamps = prepared.stamps();
    assert_eq!(stamps.len(), (fps * seconds) as usize);
    for (i, (pts_us, number)) in stamps.iter().enumerate() {
        assert_eq!(*number, Some(i as u32), "at {pts_us} us");
        let want = i as i64 * 1_000_000 / i64::from(fps);
        assert!((pts_us - want).abs() <= tolerance_us, "frame {i} at {pts_us} us");
    }
}

/// Where beeps start, in seconds: the first loud sample after at least half a second without.
pub fn beeps(sound: &[f32]) -> Vec<f64> {
    let mut found = Vec::new();
    let mut quiet = SAMPLE_RATE_HZ as usize;
    for (i, s) in sound.iter().enumerate() {
        if s.abs() > 0.2 {
            if quiet > SAMPLE_RATE_HZ as usize / 2 {
                found.push(i as f64 / f64::from(SAMPLE_RATE_HZ));
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}
