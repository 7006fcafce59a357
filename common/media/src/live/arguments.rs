//! The command line of `lectern-media live`.

use super::capture::{Form, Wish, parse_form};
use super::inset::Corner;
use super::screen::{Region, Wanted, parse_region};
use crate::make::failure::{Failure, FailureKind};
use crate::make::video_encoder::Preset;
use clap::{ArgGroup, Args};
use lectern_proto::rung::{BITRATE_BPS, PictureSize};
use lectern_proto::stamp;
use std::path::PathBuf;

/// Frames per second.
const RATE: std::ops::RangeInclusive<f64> = 1.0..=120.0;
/// Largest edge of a picture: where H.264 level 5.2 ends.
const EDGE_MAX: u32 = 4096;

/// What is captured and how it is coded.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("source").required(true).multiple(true).args(["pattern", "camera", "screen", "file", "audio", "microphone", "relay", "list"]))]
pub struct LiveArguments {
    /// Say which cameras, screens and microphones there are, as JSON, and end.
    #[arg(long)]
    pub list: bool,
    /// Send the test pattern: colour bars, the server's time, and a stamp of the moment at which each picture was made.
    #[arg(long)]
    pub pattern: bool,
    /// With the test pattern: send a quiet tone with a beep at each second of server time.
    #[arg(long, requires = "pattern")]
    pub sound: bool,
    /// Send a camera: its number, a device file or an address; a video file stands for a camera, at its own pace.
    #[arg(long, value_name = "CAMERA", conflicts_with_all = ["pattern", "screen"])]
    pub camera: Option<String>,
    /// Ask cameras for pictures of this size, rather than that of the box; a document camera has more to cut from in larger ones.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = parse_size)]
    pub camera_size: Option<PictureSize>,
    /// Ask cameras for pictures of this form: MJPG, YUYV and others, as the camera has them.
    #[arg(long, value_name = "FOURCC", default_value = "MJPG", value_parser = parse_form)]
    pub camera_format: Form,
    /// Begin a video file that stands for a camera again when it has ended.
    #[arg(long = "loop", requires = "camera")]
    pub again: bool,
    /// Find the sheet or board in the camera's pictures, straighten it and make its light even; the whole picture where there is none.
    #[arg(long, requires = "camera")]
    pub document: bool,
    /// Send the screen.
    #[arg(long, conflicts_with = "pattern")]
    pub screen: bool,
    /// The part of the screen that is sent, in pixels.
    #[arg(long, value_name = "X,Y,WIDTH,HEIGHT", requires = "screen", value_parser = parse_region)]
    pub region: Option<Region>,
    /// Send one window of the screen, whatever lies over it: its number, its title, or a part of that.
    #[arg(long, value_name = "ID|TITLE", requires = "screen", conflicts_with = "region")]
    pub window: Option<String>,
    /// Show the mouse pointer.
    #[arg(long, requires = "screen")]
    pub cursor: bool,
    /// Send a video file as if it were live: its pictures and its sound, in step.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pattern", "camera", "screen", "audio", "microphone"])]
    pub file: Option<PathBuf>,
    /// Send the sound of a sound or video file, as loud as every other (-16 LUFS).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sound", "microphone"])]
    pub audio: Option<PathBuf>,
    /// Where the file begins, in seconds.
    #[arg(long, value_name = "SECONDS", requires = "audio", default_value_t = 0.0)]
    pub start: f64,
    /// Send a microphone: its name, a part of it, or its id; the system's choice without one.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, conflicts_with = "sound")]
    pub microphone: Option<Option<String>>,
    /// Send what is handed in on standard input, coded by this configuration (avcC, hexadecimal), in another size: a lower rung.
    #[arg(long, value_name = "AVCC", value_parser = parse_relayed, conflicts_with_all = ["pattern", "camera", "screen", "file", "audio", "microphone"])]
    pub relay: Option<Relayed>,
    /// Show a camera in a corner of the pictures: as `--camera` has it; a video file begins again.
    #[arg(long, value_name = "CAMERA", conflicts_with_all = ["audio", "relay"])]
    pub inset_camera: Option<String>,
    /// The corner.
    #[arg(long, value_enum, default_value = "bottom-right", requires = "inset_camera")]
    pub inset_corner: Corner,
    /// Its part of the pictures' width and height, in hundredths, 10 to 50.
    #[arg(long, value_name = "PERCENT", default_value_t = 25, requires = "inset_camera", value_parser = clap::value_parser!(u32).range(10..=50))]
    pub inset_size: u32,
    /// Send silence until it is told that somebody talks.
    #[arg(long, requires = "microphone")]
    pub push_to_talk: bool,
    /// Width of the pictures, or of the box that they are scaled into, in pixels; even.
    #[arg(long, default_value_t = 1280)]
    pub width: u32,
    /// Height of the pictures, or of the box that they are scaled into, in pixels; even.
    #[arg(long, default_value_t = 720)]
    pub height: u32,
    /// Pictures per second.
    #[arg(long, default_value_t = 30.0)]
    pub fps: f64,
    /// Bits per second of the pictures.
    #[arg(long, value_name = "BPS", default_value_t = 2_500_000)]
    pub bitrate: u32,
    /// Speed of the encoder against what it makes of its bits.
    #[arg(long, value_enum, default_value_t)]
    pub preset: Preset,
    /// Address space that the worker may use, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_memory: Option<u64>,
}

fn parse_size(text: &str) -> Result<PictureSize, String> {
    let edge = |text: &str| text.parse().ok().filter(|edge| (16..=2 * EDGE_MAX).contains(edge));
    let edges = text.split_once('x').and_then(|(w, h)| Some(PictureSize { width: edge(w)?, height: edge(h)? }));
    edges.ok_or_else(|| format!("write WIDTHxHEIGHT, 16 to {} each, for example 1920x1080", 2 * EDGE_MAX))
}

/// The configuration of the pictures that are handed in.
#[derive(Debug, Clone)]
pub struct Relayed(pub Vec<u8>);

fn parse_relayed(text: &str) -> Result<Relayed, String> {
    super::relay::parse_avcc(text).map(Relayed)
}

impl LiveArguments {
    /// Whether numbers are in their ranges.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let (least_width, least_height) = (stamp::SIZE_MIN.0 as u32, stamp::SIZE_MIN.1 as u32);
        let even = self.width.is_multiple_of(2) && self.height.is_multiple_of(2);
        let size = even && (least_width..=EDGE_MAX).contains(&self.width) && (least_height..=EDGE_MAX).contains(&self.height);
        if size && RATE.contains(&self.fps) && BITRATE_BPS.contains(&self.bitrate) {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Internal,
            format!(
                "{} at {} pictures and {} bits a second cannot be sent live. Choose even edges from {least_width}x{least_height} to \
                 {EDGE_MAX}x{EDGE_MAX}, {} to {} pictures and {} to {} bits a second.",
                self.size(),
                self.fps,
                self.bitrate,
                RATE.start(),
                RATE.end(),
                BITRATE_BPS.start(),
                BITRATE_BPS.end(),
            ),
        ))
    }

    pub(super) fn size(&self) -> PictureSize {
        PictureSize { width: self.width, height: self.height }
    }

    /// Frames per 1000 s.
    pub(super) fn rate_milli(&self) -> u32 {
        // In range once checked.
        (self.fps * 1000.0).round() as u32
    }

    /// What cameras are asked for.
    pub(super) fn wish(&self) -> Wish {
        Wish { size: self.camera_size.unwrap_or(self.size()), rate_milli: self.rate_milli(), form: self.camera_format }
    }

    /// What is sent of the screen.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted { region: self.region, window: self.window.clone(), cursor: self.cursor, lively: self.inset_camera.is_some() }
    }

    pub(super) fn has_pictures(&self) -> bool {
        self.pattern || self.camera.is_some() || self.screen || self.relay.is_some()
    }

    pub(super) fn has_sound(&self) -> bool {
        self.sound || self.audio.is_some() || self.microphone.is_some()
    }
}
