//! From a source of pictures to units: the encoder that follows the source's size and the parent's orders.

use super::orders::Orders;
use super::outlet::Outlet;
use crate::make::failure::Failure;
use crate::make::video_encoder::{Preset, Purpose, VideoEncoder};
use ffmpeg::Rational;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::live::pipe::VideoForm;
use lectern_proto::rung::PictureSize;

/// Between two keyframes that nobody ordered: so long a viewer without repair waits at most.
const KEYFRAME_EVERY_US: u64 = 2_000_000;

/// Where pictures come from.
pub(crate) trait Pictures {
    /// Waits for the next picture; none at the end of the source or when the end was ordered. What could not be taken in
    /// time is left out.
    ///
    /// # Errors
    /// [`Failure`] when the source cannot go on.
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure>;
}

/// A picture: 8-bit 4:2:0 of any even size, BT.709, limited range.
pub(crate) struct Taken<'a> {
    pub(crate) picture: &'a mut Video,
    /// When it was taken, in microseconds of server time.
    pub(crate) capture_us: u64,
}

/// How pictures are coded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coding {
    /// Frames per 1000 s.
    pub(crate) rate_milli: u32,
    pub(crate) preset: Preset,
}

/// Sends what a source gives until its end.
pub(crate) fn run(source: &mut dyn Pictures, coding: Coding, orders: &Orders, outlet: &Outlet) -> Result<(), Failure> {
    let mut stage: Option<Stage> = None;
    let mut still = Still::default();
    while let Some(taken) = source.next(orders)? {
        let taken = still.hold(taken, orders.is_frozen());
        let size = PictureSize { width: taken.picture.width(), height: taken.picture.height() };
        if stage.as_ref().is_none_or(|s| s.size != size) {
            let made = Stage::new(size, coding, orders.bps())?;
            outlet.pictures_form(made.form());
            stage = Some(made);
        }
        if let Some(stage) = stage.as_mut() {
            stage.send(taken, orders, outlet)?;
        }
    }
    Ok(())
}

/// The picture that stands still while that is ordered: the source runs on, and what it gives is not sent.
#[derive(Default)]
struct Still {
    held: Option<Video>,
}

impl Still {
    /// What is sent in place of `taken`: itself, or while `frozen` the first of this time again, at the new time.
    fn hold<'a>(&'a mut self, taken: Taken<'a>, frozen: bool) -> Taken<'a> {
        if !frozen {
            self.held = None;
            return taken;
        }
        let Taken { picture, capture_us } = taken;
        Taken { picture: self.held.get_or_insert_with(|| picture.clone()), capture_us }
    }
}

/// The encoder of one size.
struct Stage {
    encoder: VideoEncoder,
    size: PictureSize,
    coding: Coding,
    bps: u32,
    /// Pictures that were sent in.
    count: u64,
    keyframe_us: Option<u64>,
}

impl Stage {
    fn new(size: PictureSize, coding: Coding, bps: u32) -> Result<Self, Failure> {
        // At most 120,000 frames in 1000 s.
        let rate = Rational(coding.rate_milli as i32, 1000);
        let encoder = VideoEncoder::new(size, bps, rate, Purpose::Live(coding.preset))?;
        Ok(Self { encoder, size, coding, bps, count: 0, keyframe_us: None })
    }

    fn form(&self) -> VideoForm {
        let avcc = self.encoder.config().avcc.to_vec();
        VideoForm { width: self.size.width, height: self.size.height, rate_milli: self.coding.rate_milli, bps: self.bps, avcc }
    }

    fn send(&mut self, taken: Taken<'_>, orders: &Orders, outlet: &Outlet) -> Result<(), Failure> {
        let bps = orders.bps();
        if std::mem::replace(&mut self.bps, bps) != bps {
            self.encoder.set_rate(bps);
        }
        let ordered = orders.take_keyframe();
        let is_time = self.keyframe_us.is_none_or(|last| taken.capture_us >= last + KEYFRAME_EVERY_US);
        let ticks = u64::from(VIDEO_TIMESCALE) * 1000;
        let pts = i64::try_from(self.count * ticks / u64::from(self.coding.rate_milli.max(1))).unwrap_or(i64::MAX);
        self.count += 1;
        self.encoder.send(taken.picture, pts, ordered || is_time)?;
        // Nothing stays in the encoder: what comes out is what was sent in.
        while let Some(coded) = self.encoder.receive()? {
            if coded.keyframe {
                self.keyframe_us = Some(taken.capture_us);
            }
            if !outlet.picture(coded.keyframe, taken.capture_us, &coded.data) {
                eprintln!("lectern-media: a picture of {} bytes is too large to be sent and was left out", coded.data.len());
                self.keyframe_us = None;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffmpeg::format::Pixel;

    #[test]
    fn what_is_frozen_stands_still_and_its_time_goes_on() {
        let mut still = Still::default();
        let mut sent = |brightness: u8, capture_us, frozen| {
            let mut picture = Video::new(Pixel::YUV420P, 16, 16);
            picture.data_mut(0).fill(brightness);
            let taken = still.hold(Taken { picture: &mut picture, capture_us }, frozen);
            (taken.picture.data(0)[0], taken.capture_us)
        };
        assert_eq!([sent(1, 10, false), sent(2, 20, true), sent(3, 30, true)], [(1, 10), (2, 20), (2, 30)]);
        assert_eq!([sent(4, 40, false), sent(5, 50, true)], [(4, 40), (5, 50)], "another time, another picture");
    }
}
