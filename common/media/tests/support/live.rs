//! Running a live worker: telling it the time, hearing what it says, decoding its pictures.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

use lectern_media::picture::Picture;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::fmp4::{Sample, VideoConfig};
use lectern_proto::live::pipe::{self, Command, News, PipeReader, Said, VideoForm};
use lectern_proto::rung::PictureSize;
use lectern_proto::stamp;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Server time when the worker is started, in microseconds.
pub const START_US: u64 = 3_000_000_000;
/// After this long without a word the worker hangs.
const HANGS: Duration = Duration::from_secs(30);

/// A worker that is running.
pub struct Live {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    said: mpsc::Receiver<(u64, Said)>,
    start: Instant,
    /// Whether its input is frames, not lines.
    framed: bool,
    /// What came while something else was waited for.
    complaints: Option<std::thread::JoinHandle<String>>,
}

fn server_us(start: Instant) -> u64 {
    START_US + u64::try_from(start.elapsed().as_micros()).expect("short")
}

impl Live {
    /// Starts `lectern-media live` with these arguments and tells it the time when it is ready.
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::start_with(arguments, &[])
    }

    /// As [`Self::start`], with variables of the environment.
    pub fn start_with(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, environment: &[(&str, &str)]) -> Self {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lectern-media"));
        let arguments: Vec<_> = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        let framed = arguments.iter().any(|a| a == "--relay");
        command.arg("live").args(arguments).envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the worker starts");
        let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (sender, said) = mpsc::channel();
        let start = Instant::now();
        std::thread::spawn(move || {
            let (mut reader, mut bytes) = (PipeReader::default(), vec![0; 65_536]);
            while let Ok(count @ 1..) = stdout.read(&mut bytes) {
                let at = server_us(start);
                reader.push(&bytes[..count]);
                while let Some(one) = reader.next_said().expect("the worker says what is right") {
                    if sender.send((at, one)).is_err() {
                        return;
                    }
                }
            }
        });
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let stdin = child.stdin.take();
        let mut live = Self { child, stdin, said, start, framed, complaints: Some(complaints) };
        if let Some((_, Said::News(News::Ready))) = live.next() {
            live.clock();
        }
        live
    }

    /// The time on the server.
    pub fn now_us(&self) -> u64 {
        server_us(self.start)
    }

    /// Tells it the time.
    pub fn clock(&mut self) {
        let server_us = self.now_us();
        self.order(Command::Clock { server_us });
    }

    /// Hands in a coded picture.
    pub fn hand_in(&mut self, unit: &Unit) {
        let length = u32::try_from(unit.data.len()).expect("short");
        self.write(&pipe::unit_head(0, unit.keyframe, unit.capture_us, length));
        self.write(&unit.data);
    }

    pub fn order(&mut self, command: Command) {
        if self.framed {
            return self.write(&pipe::command(&command));
        }
        let mut line = serde_json::to_vec(&command).expect("JSON");
        line.push(b'\n');
        self.write(&line);
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().expect("open").write_all(bytes).expect("the worker reads");
    }

    /// What it says next and when that came; nothing when it has ended.
    pub fn next(&mut self) -> Option<(u64, Said)> {
        match self.said.recv_timeout(HANGS) {
            Ok(said) => Some(said),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the worker says nothing any more"),
        }
    }

    /// The next news that is wanted; other words are left out.
    pub fn news<T>(&mut self, wanted: impl Fn(&News) -> Option<T>) -> T {
        loop {
            match self.next().expect("the worker goes on").1 {
                Said::News(news) => {
                    if let Some(found) = wanted(&news) {
                        return found;
                    }
                }
                Said::Unit { .. } => {}
            }
        }
    }

    /// The next unit of a track.
    pub fn unit(&mut self, track: u8) -> Unit {
        loop {
            match self.next().expect("the worker goes on") {
                (at, Said::Unit { track: its, keyframe, capture_us, data }) if its == track => return Unit { at, keyframe, capture_us, data },
                (_, Said::News(News::Failed { why, .. })) => panic!("{why}"),
                _ => {}
            }
        }
    }

    /// Closes its input; its exit code and what it wrote on standard error.
    pub fn end(&mut self) -> (Option<i32>, String) {
        self.stdin = None;
        while self.next().is_some() {}
        let code = self.child.wait().expect("waits").code();
        (code, self.complaints.take().expect("once").join().expect("read"))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A unit and when it came.
#[derive(Debug, Clone)]
pub struct Unit {
    pub at: u64,
    pub keyframe: bool,
    pub capture_us: u64,
    pub data: bytes::Bytes,
}

/// A decoder for what a form says.
pub fn decoder(form: &VideoForm) -> VideoDecoder {
    let config = VideoConfig { avcc: form.avcc.clone().into(), size: PictureSize { width: form.width, height: form.height } };
    VideoDecoder::new(&config, 1).expect("a decoder")
}

/// The picture of a unit, which must come out at once.
pub fn decode(decoder: &mut VideoDecoder, unit: &Unit) -> Picture {
    let pts = i64::try_from(unit.capture_us).expect("small");
    let sample = Sample { data: unit.data.clone(), dts: pts, pts, duration: 1, keyframe: unit.keyframe };
    decoder.decode(&sample, pts, 1).expect("decodes");
    let picture = decoder.next_picture().expect("decodes").expect("no picture is held back");
    assert_eq!((picture.pts_us, picture.corrupt), (pts, false));
    picture
}

/// The stamp in a picture.
pub fn stamp_of(picture: &Picture) -> Option<u32> {
    let [luma, ..] = picture.planes();
    stamp::read(luma.data, luma.stride, luma.width, luma.height)
}
