//! The command line of `lectern-media live`.

use crate::make::failure::{Failure, FailureKind};
use crate::make::video_encoder::Preset;
use clap::Args;
use lectern_proto::rung::{BITRATE_BPS, PictureSize};
use lectern_proto::stamp;

/// Frames per second.
const RATE: std::ops::RangeInclusive<f64> = 1.0..=120.0;
/// Largest edge of a picture: where H.264 level 5.2 ends.
const EDGE_MAX: u32 = 4096;

/// What is captured and how it is coded.
#[derive(Debug, Clone, Args)]
#[group(id = "source", required = true, multiple = true, args = ["pattern"])]
pub struct LiveArguments {
    /// Send the test pattern: colour bars, the server's time, and a stamp of the moment at which each picture was made.
    #[arg(long)]
    pub pattern: bool,
    /// With the test pattern: send a quiet tone with a beep at each second of server time.
    #[arg(long, requires = "pattern")]
    pub sound: bool,
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

    pub(super) fn has_pictures(&self) -> bool {
        self.pattern
    }

    pub(super) fn has_sound(&self) -> bool {
        self.sound
    }
}
