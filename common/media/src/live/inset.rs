//! A camera in a corner of other pictures: the screen with its teacher, a film with its commentator.
//!
//! It wraps the main source and is never in its way: the newest picture of the camera is laid over each of the main's; while the camera
//! gives none, the main's are sent as they are, and why is told.

use super::camera::Fit;
use super::capture::{self, Device, Slot, Wish};
use super::orders::Orders;
use super::outlet::{INSET, Outlet};
use super::pictures::{Pictures, Taken};
use crate::make::failure::Failure;
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;
use std::time::Duration;

/// A camera that gave nothing for so long is not shown any more.
const SILENT_US: u64 = 2_000_000;
/// Between it and the edges, as a part of the picture's height; and its frame, in pixels.
const MARGIN: u32 = 36;
const FRAME: usize = 2;
/// Brightness of the frame, in limited range.
const LIGHT: u8 = 210;

/// Where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// Another source with a camera in its corner.
pub(crate) struct Inset<'a> {
    main: Box<dyn Pictures + 'a>,
    slot: Slot,
    corner: Corner,
    /// Of the picture's width and height, in hundredths.
    percent: u32,
    outlet: Outlet,
    /// For pictures of the main source of this size.
    fit: Option<(PictureSize, Fit)>,
    shown: Option<Video>,
    came_us: u64,
    current: Option<Video>,
}

impl<'a> Inset<'a> {
    /// Begins to capture beside another source.
    pub(crate) fn over(
        main: Box<dyn Pictures + 'a>,
        device: Device,
        (corner, percent): (Corner, u32),
        wish: Wish,
        orders: &Orders,
        outlet: &Outlet,
    ) -> Result<Self, Failure> {
        let slot = Slot::default();
        let (theirs, listener) = (slot.clone(), orders.clone());
        let work = move || capture::run(&device, &wish, &listener, &theirs);
        std::thread::Builder::new().name("inset".to_owned()).spawn(work).map_err(|e| Failure::internal("start a thread", e))?;
        Ok(Self { main, slot, corner, percent, outlet: outlet.clone(), fit: None, shown: None, came_us: 0, current: None })
    }

    /// Takes what the camera gave since.
    fn attend(&mut self, size: PictureSize, now_us: u64) -> Result<(), Failure> {
        let held = self.slot.wait(Duration::ZERO);
        if let Some((picture, _)) = held.newest {
            let fit = match &mut self.fit {
                Some((of, fit)) if *of == size => fit,
                other => &mut other.insert((size, Fit::new(part(size, self.percent)))).1,
            };
            self.shown = Some(fit.run(&picture)?);
            self.came_us = now_us;
            self.outlet.trouble(INSET, None);
        } else if held.ended || now_us > self.came_us + SILENT_US {
            self.shown = None;
        }
        if let Some(why) = held.trouble {
            self.shown = None;
            self.outlet.trouble(INSET, Some(&why));
        }
        Ok(())
    }
}

impl Pictures for Inset<'_> {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        let Some(Taken { picture, capture_us }) = self.main.next(orders)? else { return Ok(None) };
        // A source may give the same picture again: it stays as it is.
        let mut picture = picture.clone();
        let size = PictureSize { width: picture.width(), height: picture.height() };
        self.attend(size, orders.now_us())?;
        if let Some(shown) = &self.shown {
            lay(shown, &mut picture, self.corner);
        }
        Ok(Some(Taken { picture: self.current.insert(picture), capture_us }))
    }
}

/// The box that it is fitted into.
fn part(size: PictureSize, percent: u32) -> PictureSize {
    let even = |edge: u32| (edge * percent / 100 / 2 * 2).max(16);
    PictureSize { width: even(size.width), height: even(size.height) }
}

/// Lays a 4:2:0 picture into a corner of a larger one, with a thin light frame; one that does not fit is left out.
fn lay(small: &Video, large: &mut Video, corner: Corner) {
    let margin = (large.height() / MARGIN / 2 * 2).max(2);
    let (Some(right), Some(bottom)) = (large.width().checked_sub(small.width() + margin), large.height().checked_sub(small.height() + margin)) else {
        return;
    };
    if large.format() != Pixel::YUV420P || small.format() != Pixel::YUV420P || right < margin || bottom < margin {
        return;
    }
    let (left, top) = match corner {
        Corner::TopLeft => (margin, margin),
        Corner::TopRight => (right, margin),
        Corner::BottomLeft => (margin, bottom),
        Corner::BottomRight => (right, bottom),
    };
    for plane in 0..3 {
        let shift = u32::from(plane > 0);
        let (left, top) = ((left / 2 * 2 >> shift) as usize, (top / 2 * 2 >> shift) as usize);
        let (width, height) = (small.plane_width(plane) as usize, small.plane_height(plane) as usize);
        let (stride, from) = (large.stride(plane), small.stride(plane));
        let frame = if plane == 0 { FRAME } else { FRAME / 2 };
        for (y, (to, row)) in large.data_mut(plane).chunks_mut(stride).skip(top).zip(small.data(plane).chunks(from).take(height)).enumerate() {
            let to = &mut to[left..left + width];
            to.copy_from_slice(&row[..width]);
            let light = if plane == 0 { LIGHT } else { 128 };
            if y < frame || y + frame >= height {
                to.fill(light);
            } else {
                to[..frame].fill(light);
                to[width - frame..].fill(light);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, level: u8) -> Video {
        let mut picture = Video::new(Pixel::YUV420P, width, height);
        (0..3).for_each(|plane| picture.data_mut(plane).fill(level));
        picture
    }

    #[test]
    fn it_lies_in_its_corner_and_only_there() {
        for (corner, (x, y)) in [(Corner::TopLeft, (20, 20)), (Corner::TopRight, (300, 20)), (Corner::BottomLeft, (20, 160)), (Corner::BottomRight, (300, 160))]
        {
            let mut large = grey(320, 180, 60);
            lay(&grey(80, 44, 150), &mut large, corner);
            let at = |x: usize, y: usize| large.data(0)[y * large.stride(0) + x];
            assert_eq!(at(x, y), 150, "{corner:?}");
            let inside = (0..180).flat_map(|y| (0..320).map(move |x| (x, y))).filter(|(x, y)| at(*x, *y) != 60).count();
            assert_eq!(inside, 80 * 44, "{corner:?}");
        }
    }

    #[test]
    fn one_that_does_not_fit_is_left_out() {
        for (width, height) in [(320, 180), (318, 10), (10, 180), (400, 300)] {
            let mut large = grey(320, 180, 60);
            lay(&grey(width, height, 150), &mut large, Corner::TopLeft);
            assert!(large.data(0).iter().all(|v| *v != 150), "{width}x{height}");
        }
    }
}
