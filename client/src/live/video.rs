//! The decoder's thread of a live viewer: units in, pictures that wait for their time out. Nothing waits in the decoder: the
//! stream has no reordered pictures, and one thread adds no delay.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_media::video_decoder::{DecodeError, VideoDecoder};
use lectern_proto::control::LiveVideo;
use lectern_proto::fmp4::{Sample, VideoConfig};
use lectern_proto::live::Unit;
use lectern_proto::rung::PictureSize;

use super::state::Shared;

/// Half as much again as the largest lag.
const TOO_LATE: Duration = Duration::from_millis(600);

/// What the thread is fed with.
pub(super) enum Fed {
    /// The form of a track, before its first unit.
    Form {
        track: u16,
        video: LiveVideo,
    },
    Unit {
        track: u16,
        unit: Unit,
    },
    /// Units are missing: on with the next keyframe.
    Broken,
}

struct Decoder {
    shared: Arc<Shared>,
    forms: HashMap<u16, LiveVideo>,
    decoder: Option<(u16, VideoDecoder)>,
    wants_keyframe: bool,
}

/// Runs until nobody feeds it, or the viewer stops.
pub(super) fn run(shared: Arc<Shared>, fed: &Receiver<Fed>) {
    let mut decoder = Decoder { shared, forms: HashMap::new(), decoder: None, wants_keyframe: true };
    while let Ok(fed) = fed.recv() {
        if decoder.shared.lock().stop {
            return;
        }
        let done = match fed {
            Fed::Form { track, video } => {
                decoder.forms.insert(track, video);
                Ok(())
            }
            Fed::Unit { track, unit } => decoder.unit(track, &unit),
            Fed::Broken => {
                decoder.wants_keyframe = true;
                Ok(())
            }
        };
        if let Err(why) = done {
            return decoder.shared.end(Err(why.into()));
        }
    }
}

impl Decoder {
    fn unit(&mut self, track: u16, unit: &Unit) -> Result<(), DecodeError> {
        if self.wants_keyframe && !unit.keyframe {
            return Ok(());
        }
        if !unit.keyframe && self.is_too_late(unit.capture_us) {
            self.shared.lock().counts.dropped += 1;
            self.wants_keyframe = true;
            return Ok(());
        }
        let Some(form) = self.forms.get(&track) else { return Ok(()) };
        if self.decoder.as_ref().is_none_or(|(t, _)| *t != track) {
            let size = PictureSize { width: form.width, height: form.height };
            let config = VideoConfig { avcc: Bytes::copy_from_slice(&form.avcc), size };
            self.decoder = Some((track, VideoDecoder::new(&config, 1)?));
        }
        let Some((_, decoder)) = &mut self.decoder else { return Ok(()) };
        let begun = Instant::now();
        let pts_us = i64::try_from(unit.capture_us).unwrap_or(i64::MAX);
        let duration_us = 1_000_000_000 / i64::from(form.rate_milli.max(1));
        let sample = Sample { data: unit.data.clone(), dts: pts_us, pts: pts_us, duration: 0, keyframe: unit.keyframe };
        match decoder.decode(&sample, pts_us, duration_us) {
            Ok(()) => self.wants_keyframe = false,
            Err(DecodeError::Damaged(_)) => {
                self.shared.lock().counts.corrupt += 1;
                self.wants_keyframe = true;
            }
            Err(other) => return Err(other),
        }
        while let Some(picture) = decoder.next_picture()? {
            let capture_us = u64::try_from(picture.pts_us).unwrap_or(0);
            self.shared.ready(picture, capture_us, track);
        }
        self.spent(begun.elapsed());
        Ok(())
    }

    /// Whether it would be shown so late that decoding it only makes everything after it later: on with the next keyframe.
    fn is_too_late(&self, capture_us: u64) -> bool {
        let now_us = self.shared.clock.server_us(Instant::now());
        let delay = now_us.map_or(Duration::ZERO, |now| Duration::from_micros(now.saturating_sub(capture_us)));
        delay > TOO_LATE && !self.shared.is_past(capture_us)
    }

    fn spent(&self, time: Duration) {
        self.shared.lock().counts.decode_time += time;
    }
}
