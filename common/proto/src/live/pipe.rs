//! How a media worker hands what it made to the program that started it: frames on its standard output; commands, a line of
//! JSON each, on its standard input.
//!
//! ```text
//! frame   kind u8 | flags u8 | track u8 | 0 u8 | length u32 | capture_us u64 | `length` bytes
//! kind 1  a unit; flags bit 0: keyframe; track 0: pictures, 1: sound
//! kind 2  news as JSON ([`News`]); flags, track and capture_us are 0
//! ```
//! A worker that makes a lower rung (`--relay`) is handed the coded pictures of its source on its standard input, in the same
//! frames, and its commands between them:
//!
//! ```text
//! kind 3  a command as JSON ([`Command`]); flags, track and capture_us are 0
//! ```
//! Times are server time: the worker is told it with [`Command::Clock`] before it captures anything. Both programs are on one
//! machine; what the pipe costs is some 50 µs.

use bytes::{Buf, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::limits::LIVE_UNIT_MAX;

/// Bytes in front of a frame's body.
const HEAD: usize = 16;
const UNIT: u8 = 1;
const NEWS: u8 = 2;
const COMMAND: u8 = 3;
/// Largest news.
const NEWS_MAX: usize = 64 * 1024;

/// What a worker says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A coded picture (`track` 0) or sound packet (`track` 1).
    Unit {
        track: u8,
        keyframe: bool,
        capture_us: u64,
        data: Bytes,
    },
    News(News),
}

/// What a worker tells besides units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// It has started and reads its commands: its first word. Say the time once more now: what was said before waited for it.
    Ready,
    /// What it will send; before the first unit. Told again when the form of the pictures changed.
    Form { video: Option<VideoForm>, sound: Option<SoundForm> },
    /// The source gives nothing: pictures say so meanwhile. None: it is there again.
    Trouble {
        why: Option<String>,
        /// The same, one by one, for whoever says it in another language.
        #[serde(default)]
        all: Vec<Trouble>,
    },
    /// The loudest sample of the last tenth of a second, in dB below full scale.
    Level { peak_db: f32 },
    /// It cannot go on; its last word. What happened, why, and what to do.
    Failed {
        why: String,
        /// The same for whoever says it in another language.
        #[serde(default)]
        trouble: Option<Trouble>,
    },
    /// The source has come to its end.
    Ended,
    /// Where the document camera sees the sheet; when that changed.
    Sheet {
        state: SheetState,
        /// The corners that are straightened, as [`DocumentOrder::Corners`] has them; none while the whole picture is shown.
        corners: Option<[[f32; 2]; 4]>,
    },
}

/// Why a source gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub code: TroubleCode,
    /// What it is about: the camera, the microphone or the window, as it was asked for; empty where there is but one.
    #[serde(default)]
    pub name: String,
    /// In English: what happened, why, and what to do.
    pub why: String,
}

/// What kind of trouble a source has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleCode {
    /// The camera is not connected.
    CameraMissing,
    /// The camera is there and cannot be opened: another program uses it.
    CameraBusy,
    /// This user may not use the camera.
    CameraForbidden,
    /// The camera of the network, or the address, does not answer.
    CameraUnreachable,
    /// The camera gives pictures of a form that is not known.
    CameraForm,
    /// The camera gave pictures and gives none any more.
    CameraLost,
    /// The camera is open and silent.
    CameraSilent,
    /// The screen cannot be read.
    ScreenLost,
    /// The region lies outside of the screen.
    ScreenRegion,
    /// There is no such window.
    WindowMissing,
    /// There is no screen where it runs.
    ScreenNone,
    /// The desktop is Wayland, whose screen cannot be captured yet.
    ScreenWayland,
    /// The screen of this system cannot be captured yet.
    ScreenUnsupported,
    /// The screen has colours of a form that cannot be sent.
    ScreenForm,
    /// The window is minimised.
    WindowHidden,
    /// The window was closed.
    WindowClosed,
    /// There is no microphone at all.
    MicrophoneNone,
    /// There is no such microphone.
    MicrophoneMissing,
    /// The microphone cannot be opened.
    MicrophoneUnusable,
    /// The microphone was heard and is not any more.
    MicrophoneLost,
    /// The file is not there, or may not be read.
    FileUnreadable,
    /// The file is no media file, or is damaged.
    FileDamaged,
    /// The file is of a form that is not decoded.
    FileUnsupported,
    /// The file holds nothing that could be sent.
    FileEmpty,
    /// There is not enough memory.
    NoMemory,
    /// A limit or a fault of the worker itself.
    Fault,
    /// Something that this program does not know yet.
    #[serde(other)]
    Other,
}

/// How the document mode of a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetState {
    /// The whole picture is shown, as it was ordered.
    Off,
    /// A sheet is looked for and none was found: the whole picture is shown.
    Missing,
    /// It was found and is followed.
    Found,
    /// It stays where it was found, as it was ordered.
    Held,
    /// Its corners were given.
    Given,
}

/// What a document camera is to do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum DocumentOrder {
    /// Find the sheet or board and follow it.
    Find,
    /// Keep straightening what is straightened now, whatever moves. While nothing is, it goes on looking.
    Hold,
    /// Straighten what lies inside of these corners.
    Corners {
        /// Top left, top right, bottom right and bottom left of the sheet, as shares of the width and height of the camera's
        /// picture; -1 to 2, convex.
        corners: [[f32; 2]; 4],
    },
    /// Show the whole picture.
    Off,
}

/// Whether four corners are those of a sheet, as [`DocumentOrder::Corners`] has them: finite, from -1 to 2, convex, in order, no sliver.
#[must_use]
pub fn are_corners(c: [[f32; 2]; 4]) -> bool {
    let finite = c.iter().flatten().all(|v| v.is_finite() && (-1.0..=2.0).contains(v));
    let next = |i: usize| (c[i], c[(i + 1) % 4]);
    let turn = |i: usize| {
        let ((a, b), (_, d)) = (next(i), next((i + 1) % 4));
        (b[0] - a[0]) * (d[1] - b[1]) - (b[1] - a[1]) * (d[0] - b[0])
    };
    let area: f32 = (0..4).map(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f32>() / 2.0;
    finite && (0..4).all(|i| turn(i) > 1e-4) && area > 0.005
}

/// The form of the pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoForm {
    pub width: u32,
    pub height: u32,
    /// Frames per 1000 s.
    pub rate_milli: u32,
    pub bps: u32,
    /// The decoder's configuration (ISO/IEC 14496-15, 5.3.3.1), as hexadecimal digits.
    #[serde(with = "crate::hex")]
    pub avcc: Vec<u8>,
}

/// The form of the sound: Opus at 48 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundForm {
    pub channels: u8,
    /// Samples of each channel in one packet.
    pub samples: u16,
    pub bps: u32,
}

/// What a worker is told, a line each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// It is now this time on the server, in microseconds. Said again every second: the two clocks drift.
    Clock { server_us: u64 },
    /// The next picture is to be a keyframe.
    Keyframe,
    /// The bit rate of the pictures from now on.
    Rate { bps: u32 },
    /// The document mode of a camera; other sources leave it alone.
    Document(DocumentOrder),
    /// Somebody begins to talk into a microphone that is heard only then, or ends: at this time on the server, in microseconds.
    Talk { on: bool, at_us: u64 },
    /// From now on the pictures stand still, each a repetition of the last, or go on.
    Freeze { frozen: bool },
}

/// The bytes of a unit.
#[must_use]
pub fn unit_head(track: u8, keyframe: bool, capture_us: u64, length: u32) -> [u8; HEAD] {
    let mut out = [0; HEAD];
    out[..3].copy_from_slice(&[UNIT, u8::from(keyframe), track]);
    out[4..8].copy_from_slice(&length.to_be_bytes());
    out[8..].copy_from_slice(&capture_us.to_be_bytes());
    out
}

/// The bytes of a piece of news.
#[must_use]
pub fn news(news: &News) -> Vec<u8> {
    json(NEWS, news)
}

/// The bytes of a command between the units of a source.
#[must_use]
pub fn command(command: &Command) -> Vec<u8> {
    json(COMMAND, command)
}

fn json(kind: u8, what: &impl Serialize) -> Vec<u8> {
    let body = serde_json::to_vec(what).unwrap_or_default();
    let mut out = vec![0; HEAD];
    out[0] = kind;
    // Some hundred bytes long.
    out[4..8].copy_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&body);
    out
}

/// What must not come through the pipe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipeError {
    #[error("the media worker's pipe brought a frame of {0} bytes; that is too long")]
    Length(usize),
    #[error("the media worker's pipe brought something that is not known: {0}")]
    Unknown(String),
}

/// What a worker that makes a lower rung is handed.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A coded picture of its source.
    Unit {
        keyframe: bool,
        capture_us: u64,
        data: Bytes,
    },
    Command(Command),
}

struct Frame {
    kind: u8,
    keyframe: bool,
    track: u8,
    capture_us: u64,
    body: Bytes,
}

/// Reads what comes through the pipe, in either direction.
#[derive(Debug, Default)]
pub struct PipeReader(BytesMut);

impl PipeReader {
    /// Adds bytes of its standard output.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What it said next.
    ///
    /// # Errors
    /// [`PipeError`]: end the worker.
    pub fn next_said(&mut self) -> Result<Option<Said>, PipeError> {
        let Some(Frame { kind, keyframe, track, capture_us, body }) = self.next_frame()? else { return Ok(None) };
        match kind {
            UNIT if track <= 1 => Ok(Some(Said::Unit { track, keyframe, capture_us, data: body })),
            NEWS => read_json(&body).map(|news| Some(Said::News(news))),
            kind => Err(PipeError::Unknown(format!("kind {kind}"))),
        }
    }

    /// What it is told next.
    ///
    /// # Errors
    /// [`PipeError`]: nothing after it can be read.
    pub fn next_told(&mut self) -> Result<Option<Told>, PipeError> {
        let Some(Frame { kind, keyframe, track, capture_us, body }) = self.next_frame()? else { return Ok(None) };
        match kind {
            UNIT if track == 0 => Ok(Some(Told::Unit { keyframe, capture_us, data: body })),
            COMMAND => read_json(&body).map(|command| Some(Told::Command(command))),
            kind => Err(PipeError::Unknown(format!("kind {kind}"))),
        }
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, PipeError> {
        let Some(head) = self.0.first_chunk::<HEAD>().copied() else { return Ok(None) };
        let [kind, flags, track, _, length @ .., _, _, _, _, _, _, _, _] = head;
        let length = u32::from_be_bytes(length) as usize;
        let most = if kind == UNIT { LIVE_UNIT_MAX } else { NEWS_MAX };
        if length > most {
            return Err(PipeError::Length(length));
        }
        if self.0.len() < HEAD + length {
            return Ok(None);
        }
        self.0.advance(HEAD);
        let capture_us = u64::from_be_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]]);
        Ok(Some(Frame { kind, keyframe: flags & 1 != 0, track, capture_us, body: self.0.split_to(length).freeze() }))
    }
}

fn read_json<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, PipeError> {
    serde_json::from_slice(body).map_err(|e| PipeError::Unknown(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_said_in_bits_is_heard_whole() {
        let form = News::Form { video: None, sound: Some(SoundForm { channels: 2, samples: 960, bps: 64_000 }) };
        let mut bytes = news(&form);
        bytes.extend_from_slice(&unit_head(1, true, 77, 3));
        bytes.extend_from_slice(b"abc");
        let mut reader = PipeReader::default();
        let mut heard = Vec::new();
        for byte in bytes {
            reader.push(&[byte]);
            heard.extend(reader.next_said().expect("right"));
        }
        assert_eq!(heard, [Said::News(form), Said::Unit { track: 1, keyframe: true, capture_us: 77, data: Bytes::from_static(b"abc") }]);
    }

    #[test]
    fn the_configuration_is_told_in_digits() {
        let form = VideoForm { width: 4, height: 2, rate_milli: 30_000, bps: 9, avcc: vec![1, 0x42, 0xFF] };
        let text = r#"{"width":4,"height":2,"rate_milli":30000,"bps":9,"avcc":"0142ff"}"#;
        assert_eq!(serde_json::to_string(&form).expect("JSON"), text);
        assert_eq!(serde_json::from_str::<VideoForm>(text).expect("read"), form);
        assert!(serde_json::from_str::<VideoForm>(&text.replace("0142ff", "0142f")).is_err());
    }

    #[test]
    fn what_is_told_is_heard_between_units() {
        let mut reader = PipeReader::default();
        reader.push(&unit_head(0, false, 5, 2));
        reader.push(b"ab");
        reader.push(&command(&Command::Rate { bps: 70_000 }));
        reader.push(&news(&News::Ready));
        assert_eq!(reader.next_told(), Ok(Some(Told::Unit { keyframe: false, capture_us: 5, data: Bytes::from_static(b"ab") })));
        assert_eq!(reader.next_told(), Ok(Some(Told::Command(Command::Rate { bps: 70_000 }))));
        assert_eq!(reader.next_told(), Err(PipeError::Unknown("kind 2".to_owned())), "news goes the other way");
    }

    #[test]
    fn troubles_have_codes_and_unknown_ones_are_read() {
        let one = |code| Trouble { code, name: "0".to_owned(), why: "It is gone.".to_owned() };
        let told = News::Trouble { why: Some("It is gone.".to_owned()), all: vec![one(TroubleCode::CameraLost)] };
        let text = serde_json::to_string(&told).expect("JSON");
        assert_eq!(text, r#"{"news":"trouble","why":"It is gone.","all":[{"code":"camera_lost","name":"0","why":"It is gone."}]}"#);
        let newer = serde_json::from_str::<News>(&text.replace("camera_lost", "camera_on_fire")).expect("read");
        assert_eq!(newer, News::Trouble { why: Some("It is gone.".to_owned()), all: vec![one(TroubleCode::Other)] });
        assert_eq!(serde_json::from_str::<News>(r#"{"news":"trouble","why":null}"#).expect("read"), News::Trouble { why: None, all: Vec::new() });
    }

    #[test]
    fn orders_for_the_document_camera_are_lines_of_json() {
        let corners = [[0.25, 0.0], [1.0, 0.5], [1.0, 1.0], [-0.5, 1.0]];
        let check = |order: DocumentOrder, text: &str| {
            let command = Command::Document(order);
            assert_eq!(serde_json::to_string(&command).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<Command>(text).expect("read"), command);
        };
        check(DocumentOrder::Find, r#"{"command":"document","mode":"find"}"#);
        check(DocumentOrder::Hold, r#"{"command":"document","mode":"hold"}"#);
        check(DocumentOrder::Off, r#"{"command":"document","mode":"off"}"#);
        check(DocumentOrder::Corners { corners }, r#"{"command":"document","mode":"corners","corners":[[0.25,0.0],[1.0,0.5],[1.0,1.0],[-0.5,1.0]]}"#);
        assert!(serde_json::from_str::<Command>(r#"{"command":"document","mode":"corners","corners":[[1,2]]}"#).is_err());
    }

    #[test]
    fn a_giant_frame_is_refused_before_it_comes() {
        let mut reader = PipeReader::default();
        reader.push(&unit_head(0, true, 0, u32::MAX));
        assert_eq!(reader.next_said(), Err(PipeError::Length(u32::MAX as usize)));
    }

    proptest! {
        #[test]
        fn noise_never_panics(noise: Vec<u8>) {
            let mut reader = PipeReader::default();
            reader.push(&noise);
            while let Ok(Some(_)) = reader.next_said() {}
            let mut reader = PipeReader::default();
            reader.push(&noise);
            while let Ok(Some(_)) = reader.next_told() {}
        }
    }
}
