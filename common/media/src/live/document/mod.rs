//! The document camera: the sheet or board in a camera's pictures is found, straightened, held steady, and its light made even.
//!
//! [`finder`] looks ([`find`] with [`lines`] of [`planes`], made exact by [`refine`]) a few times a second on a thread of its own;
//! [`steady`] decides what is shown of what it says; [`straighten`] and [`light`] make each picture. Where there is no sheet the whole
//! picture is shown as it is. The size of what comes out is always that of the camera's whole picture in the rung's box, so that nothing
//! begins anew when a sheet comes or goes.

mod find;
mod finder;
mod light;
mod lines;
mod planes;
mod quad;
mod refine;
mod steady;
mod straighten;
#[cfg(test)]
mod tests;

use super::orders::Orders;
use super::outlet::Outlet;
use crate::make::failure::Failure;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use finder::Finder;
use lectern_proto::live::pipe::{DocumentOrder, News, SheetState};
use lectern_proto::rung::PictureSize;
use opencv::prelude::*;
use planes::Planes;
use quad::Quad;
use steady::Steady;
use straighten::{Straightener, mat, reduced};

/// Between two looks, in microseconds.
const LOOK_EVERY_US: u64 = 150_000;
/// The longer edge of the picture that is looked at, in pixels.
const LOOK_EDGE: u32 = 640;
/// Corners that moved by less than this, as a share of the diagonal, are not told anew; nor more often than this.
const TELL: f32 = 0.002;
const TELL_EVERY_US: u64 = 200_000;

/// The document mode of one camera.
pub(crate) struct Document {
    mode: DocumentOrder,
    finder: Option<Finder>,
    steady: Steady,
    straightener: Straightener,
    looked_us: u64,
    /// The picture that is looked at was taken before the mode changed: what is seen in it does not count.
    stale: bool,
    outlet: Outlet,
    told: Option<(SheetState, Option<Quad>)>,
    told_us: u64,
}

impl Document {
    pub(crate) fn new(mode: DocumentOrder, outlet: &Outlet) -> Self {
        Self {
            mode,
            finder: None,
            steady: Steady::default(),
            straightener: Straightener::default(),
            looked_us: 0,
            stale: false,
            outlet: outlet.clone(),
            told: None,
            told_us: 0,
        }
    }

    /// Takes what was ordered since it was asked last.
    pub(crate) fn obey(&mut self, orders: &Orders) {
        let Some(order) = orders.take_document() else { return };
        match order {
            // What is shown stays; where nothing is shown there is nothing to hold, and it goes on looking.
            DocumentOrder::Hold if self.steady.place().is_none() => return,
            DocumentOrder::Find if matches!(self.mode, DocumentOrder::Corners { .. }) => self.forget(),
            DocumentOrder::Off => self.forget(),
            _ => {}
        }
        self.mode = order;
        self.stale = self.finder.as_ref().is_some_and(Finder::is_busy);
    }

    /// What is made of a picture of blue, green, red, in this size; nothing where the whole picture is to be shown.
    pub(crate) fn run(&mut self, picture: &Video, canvas: PictureSize, taken_us: u64) -> Result<Option<Video>, Failure> {
        let aspect = picture.width() as f32 / picture.height().max(1) as f32;
        match self.mode {
            DocumentOrder::Off => {}
            DocumentOrder::Find => self.look(picture, aspect, taken_us)?,
            DocumentOrder::Hold => {}
            DocumentOrder::Corners { corners } => {
                if self.steady.place() != Some(Quad(corners)) {
                    self.steady.put(Quad(corners), aspect);
                }
            }
        }
        let shown = self.steady.next();
        self.tell(aspect, taken_us);
        let Some((quad, ratio)) = shown else {
            self.straightener.forget();
            return Ok(None);
        };
        self.straightener.run(picture, &quad, ratio, canvas).map(Some)
    }

    fn look(&mut self, picture: &Video, aspect: f32, taken_us: u64) -> Result<(), Failure> {
        let finder = match &mut self.finder {
            Some(finder) => finder,
            none => none.insert(Finder::start()?),
        };
        if let Some((seen_us, looked)) = finder.answer()?
            && !std::mem::take(&mut self.stale)
        {
            self.steady.saw(seen_us, &looked, aspect);
        }
        if !finder.is_busy() && taken_us >= self.looked_us + LOOK_EVERY_US {
            self.looked_us = taken_us;
            let long = picture.width().max(picture.height());
            // Even, so that it can be halved.
            let edge = |v: u32| (v * LOOK_EDGE.min(long) / long / 2 * 2).max(2);
            let (width, height) = (edge(picture.width()), edge(picture.height()));
            let small = reduced(&mat(picture)?, width as i32, height as i32)?;
            let bytes = small.data_bytes().map_err(|e| Failure::internal("reduce a picture", e))?;
            finder.ask(Planes::from_bgr(bytes, width as usize, height as usize), self.steady.place(), taken_us)?;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.steady.forget();
        self.straightener.forget();
    }

    /// Tells where the sheet is, when that is news.
    fn tell(&mut self, aspect: f32, now_us: u64) {
        let place = self.steady.place();
        let state = match (self.mode, place) {
            (DocumentOrder::Off, _) => SheetState::Off,
            (_, None) => SheetState::Missing,
            (DocumentOrder::Find, _) => SheetState::Found,
            (DocumentOrder::Hold, _) => SheetState::Held,
            (DocumentOrder::Corners { .. }, _) => SheetState::Given,
        };
        let is_news = match &self.told {
            None => state != SheetState::Off,
            Some((told, _)) if *told != state => true,
            Some((_, Some(told))) => place.is_some_and(|p| p.distance(told, aspect) > TELL) && now_us >= self.told_us + TELL_EVERY_US,
            Some((_, None)) => false,
        };
        if is_news {
            self.told = Some((state, place));
            self.told_us = now_us;
            self.outlet.tell(&News::Sheet { state, corners: place.map(|p| p.0) });
        }
    }
}
