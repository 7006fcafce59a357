//! The screen on systems where it cannot be captured yet.

use super::{GrabError, Wanted};
use crate::make::failure::FailureKind;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::devices::{Device, Monitor};

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

pub(super) fn monitors() -> Result<Vec<Monitor>, GrabError> {
    Err(missing())
}

pub(super) fn windows() -> Result<Vec<Device>, GrabError> {
    Err(missing())
}

fn missing() -> GrabError {
    let why = "The screen cannot be captured on this system yet, only on Linux with X11. Send a camera or a file instead.";
    GrabError::Never(FailureKind::ScreenUnsupported, why.to_owned())
}
