//! The screen on systems where it cannot be captured yet.

use super::{GrabError, Wanted};
use crate::live::list::{Named, ScreenArea};
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;

/// Never open.
#[derive(Debug)]
pub(super) enum Grabber {}

impl Grabber {
    pub(super) fn open(_wanted: &Wanted) -> Result<Self, GrabError> {
        Err(missing())
    }

    pub(super) fn grab(&mut self) -> Result<Option<&Video>, GrabError> {
        match *self {}
    }
}

pub(super) fn monitors() -> Result<Vec<ScreenArea>, GrabError> {
    Err(missing())
}

pub(super) fn windows() -> Result<Vec<Named>, GrabError> {
    Err(missing())
}

fn missing() -> GrabError {
    GrabError::Never("The screen cannot be captured on this system yet, only on Linux with X11. Send a camera or a file instead.".to_owned())
}
