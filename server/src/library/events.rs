//! What a media worker says: one JSON object a line, bounded, and of another process: nothing in it is believed to be
//! more than it is.

use lectern_proto::limits::{CHAPTERS_MAX, REASON_MAX, WORKER_LINE_MAX};
use lectern_proto::manifest::{Chapter, ChunkHash, Segment, Track};
use lectern_proto::rung::PictureSize;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use bytes::BytesMut;

use super::name::printable;

/// One line of a worker.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum WorkerEvent {
    Probed(Probe),
    Progress {
        done_us: u64,
        total_us: u64,
    },
    /// A track is begun.
    Head {
        track: String,
        head: Box<Track>,
    },
    /// A segment of it is there, though the track is not complete.
    Segment {
        track: String,
        place: u32,
        segment: Segment,
    },
    /// The track of which everything was told just now is a copy of the source's pictures, and whole.
    Copied {
        track: String,
    },
    Track {},
    Thumbnail {
        chunk: ChunkHash,
        bytes: u32,
    },
    Done,
    Failed {
        kind: String,
        reason: String,
    },
    /// A newer worker says more.
    #[serde(other)]
    Unknown,
}

/// What a source is; also the form of `source.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Probe {
    pub(super) duration_us: u64,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) audio: Vec<AudioProbe>,
    #[serde(default)]
    pub(super) chapters: Vec<Chapter>,
}

/// A sound track of a source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct AudioProbe {
    pub(super) index: u32,
}

impl Probe {
    /// The size of its pictures, if it has some.
    pub(super) fn size(&self) -> Option<PictureSize> {
        let (width, height) = (self.width?, self.height?);
        (width > 0 && height > 0).then_some(PictureSize { width, height })
    }

    /// No more of them than a manifest may have.
    pub(super) fn chapters(&self) -> Vec<Chapter> {
        self.chapters.iter().take(CHAPTERS_MAX).cloned().collect()
    }
}

/// A line that is not a worker's.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("a line longer than {WORKER_LINE_MAX} bytes")]
    TooLong,
    #[error("a line that is not of its protocol")]
    Form,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads an event.
pub(super) fn parse(line: &[u8]) -> Result<WorkerEvent, LineError> {
    serde_json::from_slice(line).map_err(|_| LineError::Form)
}

/// A reason for people from what a worker said.
pub(super) fn reason(text: &str) -> String {
    let clean: String = text.split('\n').map(printable).collect::<Vec<_>>().join(" ");
    let clean: String = clean.chars().take(REASON_MAX).collect();
    if clean.is_empty() { "The media worker gave no reason. Convert the file to MP4 with H.264 and AAC.".to_owned() } else { clean }
}

/// Lines of bounded length.
pub(super) struct Lines<R> {
    reader: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: BytesMut::new() }
    }

    /// The next line without its end; `None` at the end of the stream. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Option<BytesMut>, LineError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let mut line = self.buffer.split_to(end + 1);
                line.truncate(end);
                return Ok(Some(line));
            }
            if self.buffer.len() > WORKER_LINE_MAX {
                return Err(LineError::TooLong);
            }
            self.buffer.reserve(4096);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return Ok((!self.buffer.is_empty()).then(|| self.buffer.split()));
            }
        }
    }

    /// Drops what was read of a line that is too long.
    pub(super) fn skip(&mut self) {
        self.buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_documented_lines() {
        let check = |line: &str, want: WorkerEvent| assert_eq!(parse(line.as_bytes()).expect("a line"), want);
        check(
            r#"{"event":"probed","duration_us":5,"width":64,"height":48,"video_codec":"h264","audio":[{"index":0,"channels":2,"rate_hz":48000,"language":"und","title":null}],"title":null,"chapters":[]}"#,
            WorkerEvent::Probed(Probe {
                duration_us: 5,
                width: Some(64),
                height: Some(48),
                title: None,
                audio: vec![AudioProbe { index: 0 }],
                chapters: vec![],
            }),
        );
        check(
            r#"{"event":"probed","duration_us":5,"video_codec":null,"audio":[],"title":"x"}"#,
            WorkerEvent::Probed(Probe { duration_us: 5, width: None, height: None, title: Some("x".into()), audio: vec![], chapters: vec![] }),
        );
        check(r#"{"event":"progress","done_us":1,"total_us":2}"#, WorkerEvent::Progress { done_us: 1, total_us: 2 });
        let segment = Segment { chunk: Some(ChunkHash([1; 32])), bytes: 9, start: 0, duration: 5, samples: 1 };
        let line = format!(r#"{{"event":"segment","track":"audio-0","place":3,"segment":{}}}"#, serde_json::to_string(&segment).expect("JSON"));
        check(&line, WorkerEvent::Segment { track: "audio-0".into(), place: 3, segment });
        check(r#"{"event":"copied","track":"original"}"#, WorkerEvent::Copied { track: "original".into() });
        let line = format!(r#"{{"event":"thumbnail","chunk":"{}","bytes":7,"width":2,"height":2}}"#, ChunkHash([1; 32]));
        check(&line, WorkerEvent::Thumbnail { chunk: ChunkHash([1; 32]), bytes: 7 });
        check(r#"{"event":"track","file":"audio-0.json"}"#, WorkerEvent::Track {});
        check(r#"{"event":"done"}"#, WorkerEvent::Done);
        check(r#"{"event":"failed","kind":"empty","reason":"r"}"#, WorkerEvent::Failed { kind: "empty".into(), reason: "r".into() });
        check(r#"{"event":"new","x":1}"#, WorkerEvent::Unknown);
    }

    #[tokio::test]
    async fn lines_are_bounded() {
        let long = vec![b'x'; WORKER_LINE_MAX * 2];
        assert!(matches!(Lines::new(&long[..]).next().await, Err(LineError::TooLong)));
        let mut lines = Lines::new(&b"a\n\nb"[..]);
        let mut got = Vec::new();
        while let Some(line) = lines.next().await.expect("short") {
            got.push(line.to_vec());
        }
        assert_eq!(got, [b"a".to_vec(), vec![], b"b".to_vec()]);
    }

    proptest! {
        #[test]
        fn noise_never_panics(line: Vec<u8>, text: String) {
            let _ = parse(&line);
            prop_assert!(reason(&text).chars().all(|c| !c.is_control()));
        }
    }
}
