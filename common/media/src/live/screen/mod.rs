//! The screen as a source of pictures: what changed since the last, at the pace that was asked for; a still screen costs little.
//!
//! What grabs is one type with a form for each system ([`x11`] so far). While it gives nothing, a slate says why.

#[cfg(target_os = "linux")]
mod cursor;
#[cfg(target_os = "linux")]
mod shared;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(target_os = "linux")]
mod window;
#[cfg(target_os = "linux")]
mod x11;

#[cfg(not(target_os = "linux"))]
use unsupported as system;
#[cfg(target_os = "linux")]
use x11 as system;

use super::camera::Fit;
use super::orders::Orders;
use super::outlet::{Outlet, PICTURES, trouble};
use super::pace::Pace;
use super::pictures::{Pictures, Taken};
use super::slate::Slate;
use crate::make::failure::{Failure, FailureKind};
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::devices::{Device, Monitor};
use lectern_proto::live::pipe::{Trouble, TroubleCode};
use lectern_proto::rung::PictureSize;
use system::Grabber;

/// After a change so many pictures follow at full pace, in microseconds: the encoder makes text sharp in them.
const SETTLE_US: u64 = 500_000;
/// A still screen is sent again so often, which shows that the stream is alive.
const STILL_US: u64 = 500_000;
/// Between two attempts to reach the screen.
const AGAIN_US: u64 = 1_000_000;

/// The monitors of this screen.
///
/// # Errors
/// Why there are none.
pub(crate) fn monitors() -> Result<Vec<Monitor>, Trouble> {
    system::monitors().map_err(GrabError::into_trouble)
}

/// The windows on this screen; none where they are not known.
pub(crate) fn windows() -> Vec<Device> {
    system::windows().unwrap_or_default()
}

/// What is sent of the screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// A part of it; all without one.
    pub(crate) region: Option<Region>,
    /// One window instead, whatever lies over it: its number, its title, or a part of that.
    pub(crate) window: Option<String>,
    /// With the mouse pointer.
    pub(crate) cursor: bool,
    /// At full pace also while nothing changes, because something is shown over it.
    pub(crate) lively: bool,
}

/// A part of the screen in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

/// Reads `X,Y,WIDTH,HEIGHT`.
///
/// # Errors
/// What is to be written.
pub fn parse_region(text: &str) -> Result<Region, String> {
    let numbers: Vec<u16> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y, width, height] if width >= 16 && height >= 16 => Ok(Region { x, y, width, height }),
        _ => Err("write X,Y,WIDTH,HEIGHT in pixels, at least 16 by 16, for example 0,0,1280,720".to_owned()),
    }
}

/// Why a screen cannot be grabbed.
#[derive(Debug)]
enum GrabError {
    /// On this system it never can.
    Never(FailureKind, String),
    /// Trying again may help.
    Now(Trouble),
    /// It has another size now: it is opened again at once.
    Resized,
}

impl GrabError {
    fn into_trouble(self) -> Trouble {
        match self {
            Self::Never(kind, why) => Failure::new(kind, why).trouble(),
            Self::Now(why) => why,
            Self::Resized => trouble(TroubleCode::ScreenLost, "", "The screen has another size now. It is tried again each second."),
        }
    }
}

/// The screen.
pub(crate) struct Screen {
    wanted: Wanted,
    pace: Pace,
    fit: Fit,
    outlet: Outlet,
    slate: Slate,
    grabber: Option<Grabber>,
    tried_us: Option<u64>,
    why: String,
    current: Option<Video>,
    changed_us: u64,
    sent_us: u64,
}

impl Screen {
    /// Opens the screen.
    ///
    /// # Errors
    /// [`Failure`] when this system's screen cannot be captured at all.
    pub(crate) fn open(wanted: Wanted, bounds: PictureSize, rate_milli: u32, outlet: &Outlet) -> Result<Self, Failure> {
        let mut screen = Self {
            wanted,
            pace: Pace::new(rate_milli),
            fit: Fit::new(bounds),
            outlet: outlet.clone(),
            slate: Slate::default(),
            grabber: None,
            tried_us: None,
            why: String::new(),
            current: None,
            changed_us: 0,
            sent_us: 0,
        };
        screen.attend(0)?;
        Ok(screen)
    }

    /// Opens the screen when it is not open and it is time to try.
    fn attend(&mut self, now_us: u64) -> Result<(), Failure> {
        if self.grabber.is_some() || self.tried_us.is_some_and(|tried| now_us < tried + AGAIN_US) {
            return Ok(());
        }
        self.tried_us = Some(now_us);
        match Grabber::open(&self.wanted) {
            Ok(grabber) => {
                self.grabber = Some(grabber);
                self.why.clear();
                self.slate.over();
                self.outlet.trouble(PICTURES, None);
            }
            Err(GrabError::Never(kind, why)) => return Err(Failure::new(kind, why)),
            Err(why) => self.lost(why.into_trouble()),
        }
        Ok(())
    }

    fn lost(&mut self, why: Trouble) {
        self.grabber = None;
        self.outlet.trouble(PICTURES, Some(&why));
        self.why = why.why;
    }

    /// Grabs what changed; whether there is something to be sent.
    fn grab(&mut self, orders: &Orders, now_us: u64) -> Result<bool, Failure> {
        let Some(grabber) = &mut self.grabber else { return Ok(false) };
        match grabber.grab() {
            Ok(Some(picture)) => {
                self.current = Some(self.fit.run(picture)?);
                self.changed_us = now_us;
            }
            Ok(None) => {}
            Err(GrabError::Resized) => {
                (self.grabber, self.tried_us) = (None, None);
                return Ok(false);
            }
            Err(why) => {
                self.lost(why.into_trouble());
                return Ok(false);
            }
        }
        let lively = self.wanted.lively || now_us < self.changed_us + SETTLE_US || now_us >= self.sent_us + STILL_US;
        Ok(self.current.is_some() && (lively || orders.wants_keyframe()))
    }
}

impl Pictures for Screen {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        while let Some(capture_us) = self.pace.wait(orders) {
            self.attend(capture_us)?;
            if self.grab(orders, capture_us)? {
                self.sent_us = capture_us;
                return Ok(self.current.as_mut().map(|picture| Taken { picture, capture_us }));
            }
            if self.grabber.is_none() && !self.why.is_empty() && self.slate.is_due(capture_us) {
                let picture = self.slate.draw(&self.why, self.fit.size(), capture_us)?;
                return Ok(Some(Taken { picture, capture_us }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read() {
        assert_eq!(parse_region("1, 2,1280,720"), Ok(Region { x: 1, y: 2, width: 1280, height: 720 }));
        for wrong in ["", "1,2,3", "1,2,3,4", "-1,0,100,100", "0,0,100,100,9", "0,0,99999,100", "a,b,c,d"] {
            assert!(parse_region(wrong).is_err(), "{wrong}");
        }
    }
}
