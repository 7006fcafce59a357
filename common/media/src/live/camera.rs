//! A camera as a source of pictures: the newest that it gave, scaled into the box with square pixels, or the sheet that lies before it
//! ([`document`](super::document)); a slate while it gives none.

use super::capture::{self, Device, Slot, Wish};
use super::document::Document;
use super::orders::Orders;
use super::outlet::{Outlet, PICTURES, trouble};
use super::pictures::{Pictures, Taken};
use super::slate::Slate;
use crate::make::failure::Failure;
use crate::make::scale::Scaler;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::pipe::TroubleCode;
use lectern_proto::rung::{PictureSize, RungSpec};
use std::time::Duration;

/// A camera that gave nothing for so long has a fault that it does not tell.
const SILENT_US: u64 = 2_000_000;
const WAIT: Duration = Duration::from_millis(50);

/// The camera.
pub(crate) struct Camera {
    slot: Slot,
    fit: Fit,
    document: Document,
    outlet: Outlet,
    slate: Slate,
    current: Option<Video>,
    frame_us: u64,
    /// When the next picture is wanted, and when the last came.
    due_us: u64,
    came_us: Option<u64>,
}

impl Camera {
    /// Begins to capture.
    pub(crate) fn open(device: Device, wish: Wish, bounds: PictureSize, document: Document, orders: &Orders, outlet: &Outlet) -> Result<Self, Failure> {
        let slot = Slot::default();
        let (theirs, listener) = (slot.clone(), orders.clone());
        let work = move || capture::run(&device, &wish, &listener, &theirs);
        std::thread::Builder::new().name("camera".to_owned()).spawn(work).map_err(|e| Failure::internal("start a thread", e))?;
        Ok(Self {
            slot,
            fit: Fit::new(bounds),
            document,
            outlet: outlet.clone(),
            slate: Slate::default(),
            current: None,
            frame_us: 1_000_000_000 / u64::from(wish.rate_milli.max(1)),
            due_us: 0,
            came_us: None,
        })
    }
}

impl Pictures for Camera {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        loop {
            if orders.has_ended() {
                return Ok(None);
            }
            let held = self.slot.wait(WAIT);
            let now_us = orders.now_us();
            if let Some((picture, capture_us)) = held.newest {
                self.came_us = Some(now_us);
                self.slate.over();
                self.outlet.trouble(PICTURES, None);
                // A camera that gives more than is wanted; a little early is in time.
                if capture_us + self.frame_us / 4 < self.due_us {
                    continue;
                }
                self.due_us = (self.due_us + self.frame_us).max(capture_us + self.frame_us / 2);
                self.document.obey(orders);
                let straight = self.document.run(&picture, self.fit.target(&picture), capture_us)?;
                let whole = straight.map_or_else(|| self.fit.run(&picture), Ok)?;
                let picture = self.current.insert(whole);
                return Ok(Some(Taken { picture, capture_us }));
            }
            if held.ended {
                return Ok(None);
            }
            let silent = now_us > *self.came_us.get_or_insert(now_us) + SILENT_US;
            let why = held
                .trouble
                .or_else(|| silent.then(|| trouble(TroubleCode::CameraSilent, "", "The camera gives no pictures. Unplug it and connect it again.")));
            let Some(why) = why else { continue };
            self.outlet.trouble(PICTURES, Some(&why));
            if self.slate.is_due(now_us) {
                let picture = self.slate.draw(&why.why, self.fit.size(), now_us)?;
                return Ok(Some(Taken { picture, capture_us: now_us }));
            }
            // The trouble stays in the slot, so it does not wait.
            if !orders.sleep_until(now_us + 20_000) {
                return Ok(None);
            }
        }
    }
}

/// Scales whatever comes into a box.
pub(crate) struct Fit {
    bounds: RungSpec,
    scaler: Option<(PictureSize, Scaler)>,
}

impl Fit {
    pub(crate) fn new(bounds: PictureSize) -> Self {
        let bounds = RungSpec { name: "live".to_owned(), box_width: bounds.width, box_height: bounds.height, bitrate_bps: 0 };
        Self { bounds, scaler: None }
    }

    /// The size of what came last; of the box before.
    pub(crate) fn size(&self) -> PictureSize {
        let bounds = PictureSize { width: self.bounds.box_width, height: self.bounds.box_height };
        self.scaler.as_ref().map_or(bounds, |(size, _)| *size)
    }

    /// The size that a picture comes out in.
    pub(crate) fn target(&self, picture: &Video) -> PictureSize {
        self.bounds.fit(PictureSize { width: picture.width(), height: picture.height() })
    }

    pub(crate) fn run(&mut self, picture: &Video) -> Result<Video, Failure> {
        let target = self.target(picture);
        match &mut self.scaler {
            Some((size, scaler)) if *size == target => scaler.run(picture),
            other => other.insert((target, Scaler::new(target, false))).1.run(picture),
        }
    }
}
