//! The pictures of a file at the pace of its [`timeline`](super::timeline): upright, in the box, each when it is due; what is late is left out.

use super::split::Share;
use super::timeline::Seat;
use crate::live::orders::Orders;
use crate::live::pictures::{Pictures, Taken};
use crate::make::failure::Failure;
use crate::make::frames::Frames;
use crate::make::pictures::{top, unturned};
use crate::make::scale::Scaler;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::rung::{PictureSize, RungSpec};

/// A picture that is this late is left out, unless none was shown for the second; later than the third the machine has slept, and everything
/// waits for it.
const LATE_US: u64 = 60_000;
const SHOWN_US: u64 = 500_000;
const SLEPT_US: u64 = 2_000_000;

/// The pictures.
pub(crate) struct FilePictures {
    frames: Frames<Share>,
    seat: Seat,
    size: PictureSize,
    scaler: Scaler,
    frame_us: u64,
    /// When the next picture is wanted, in microseconds of the presentation, and when one was given last, of server time.
    next_us: u64,
    given_us: u64,
    current: Option<Video>,
}

impl FilePictures {
    pub(super) fn new(frames: Frames<Share>, seat: Seat, bounds: PictureSize, rate_milli: u32) -> Self {
        let bounds = RungSpec { name: "live".to_owned(), box_width: bounds.width, box_height: bounds.height, bitrate_bps: 0 };
        let size = bounds.fit(frames.stream.size);
        let scaler = Scaler::new(unturned(size, frames.stream.rotation), false);
        let frame_us = 1_000_000_000 / u64::from(rate_milli.max(1));
        Self { frames, seat, size, scaler, frame_us, next_us: 0, given_us: 0, current: None }
    }
}

impl Pictures for FilePictures {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        while let Some(frame) = self.frames.next()? {
            let at_us = u64::try_from(frame.pts).unwrap_or(0) * 1_000_000 / u64::from(VIDEO_TIMESCALE);
            // A file that has more pictures than are wanted; a little early is in time.
            if at_us + self.frame_us / 4 < self.next_us {
                continue;
            }
            let Some(mut due_us) = self.seat.due(at_us, orders) else { return Ok(None) };
            let late_us = orders.now_us().saturating_sub(due_us);
            if late_us > SLEPT_US {
                self.seat.later(late_us);
                due_us += late_us;
            } else if late_us > LATE_US && due_us < self.given_us + SHOWN_US {
                continue;
            }
            self.next_us = (self.next_us + self.frame_us).max(at_us + self.frame_us / 2);
            let stream = self.frames.stream;
            let picture = top(frame.picture, &mut self.scaler, stream.size, self.size, stream.rotation)?;
            if !orders.sleep_until(due_us) {
                return Ok(None);
            }
            self.given_us = due_us;
            return Ok(Some(Taken { picture: self.current.insert(picture), capture_us: due_us }));
        }
        Ok(None)
    }
}
