//! A camera through OpenCV, on a thread of its own: opened, read, and tried again each second while it is not there. A video
//! file stands for a camera, at its own pace.
//!
//! The newest picture waits in a slot; one that nobody took in time is replaced.

use super::orders::Orders;
use super::outlet::trouble;
use crate::make::scale::from_bgr;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::pipe::{Trouble, TroubleCode};
use lectern_proto::rung::PictureSize;
use opencv::core::{CV_8UC3, Mat};
use opencv::prelude::*;
use opencv::videoio::{
    CAP_ANY, CAP_FFMPEG, CAP_PROP_BUFFERSIZE, CAP_PROP_FOURCC, CAP_PROP_FPS, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH, CAP_V4L2, VideoCapture, VideoWriter,
};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Between two attempts.
const AGAIN_US: u64 = 1_000_000;
/// Pictures a second of a file that does not say.
const FILE_RATE: f64 = 30.0;
/// Largest picture that is taken from a camera.
const PIXELS_MAX: i64 = 8192 * 8192;

/// What a camera is asked for; it gives what it has that is nearest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) size: PictureSize,
    /// Pictures in 1000 s.
    pub(crate) rate_milli: u32,
    pub(crate) form: Form,
}

/// The form of a camera's pictures on its cable, by its four letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form([u8; 4]);

impl Form {
    /// Compressed: more pictures go over USB.
    pub const MJPG: Self = Self(*b"MJPG");
}

/// Reads the four letters.
///
/// # Errors
/// What is to be written.
pub fn parse_form(text: &str) -> Result<Form, String> {
    let letters = <[u8; 4]>::try_from(text.as_bytes()).ok().filter(|l| l.iter().all(u8::is_ascii_graphic));
    letters.map(|l| Form(l.map(|l| l.to_ascii_uppercase()))).ok_or_else(|| "write four letters, for example MJPG or YUYV".to_owned())
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Device {
    /// A camera by its number.
    Number(i32),
    /// A camera of the network, or whatever else FFmpeg opens by an address.
    Address(String),
    /// A device file.
    Node(String),
    /// A video file that stands for a camera.
    File { path: String, again: bool },
}

impl Device {
    /// By what stands on the command line: a number, an address, a device file or a video file.
    pub(crate) fn parse(text: &str, again: bool) -> Self {
        match text.parse() {
            Ok(number) if number >= 0 => Self::Number(number),
            _ if text.contains("://") => Self::Address(text.to_owned()),
            _ if text.starts_with("/dev/") => Self::Node(text.to_owned()),
            _ => Self::File { path: text.to_owned(), again },
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Number(number) => format!("number {number}"),
            Self::Address(name) | Self::Node(name) | Self::File { path: name, .. } => name.clone(),
        }
    }

    /// The file that the system has for it, where it is known.
    fn node(&self) -> Option<PathBuf> {
        match self {
            Self::Number(number) if cfg!(target_os = "linux") => Some(PathBuf::from(format!("/dev/video{number}"))),
            Self::Node(path) | Self::File { path, .. } => Some(PathBuf::from(path)),
            Self::Number(_) | Self::Address(_) => None,
        }
    }

    /// Why it could not be opened.
    fn refusal(&self) -> Trouble {
        let name = self.name();
        let node = self.node();
        let opened = node.as_ref().map(|path| std::fs::OpenOptions::new().read(true).open(path).map_err(|e| e.kind()));
        let (code, why, help) = match (self, opened) {
            (_, Some(Err(ErrorKind::NotFound))) => (TroubleCode::CameraMissing, "it is not connected", "Connect it"),
            (_, Some(Err(ErrorKind::PermissionDenied))) => {
                (TroubleCode::CameraForbidden, "this user may not use it", "Allow it (on Linux: add the user to the group video)")
            }
            (Self::File { .. }, Some(_)) => (TroubleCode::CameraForm, "it is no video that can be read", "Choose another one"),
            (_, Some(_)) => (TroubleCode::CameraBusy, "another program uses it, or it is no camera", "Close the other program or choose another camera"),
            (Self::Address(_), None) => (TroubleCode::CameraUnreachable, "it does not answer", "Check its address and turn it on"),
            (_, None) => (TroubleCode::CameraMissing, "it is not connected, or another program uses it", "Connect it or close the other program"),
        };
        trouble(code, &name, format!("The camera {name} gives no pictures: {why}. {help}; it is tried again each second."))
    }

    fn open(&self, wish: &Wish) -> Result<VideoCapture, Trouble> {
        let opened = match self {
            _ if self.node().is_some_and(|path| !path.exists()) => None,
            Self::Number(number) => VideoCapture::new(*number, CAP_ANY).ok(),
            Self::Node(path) => VideoCapture::from_file(path, if cfg!(target_os = "linux") { CAP_V4L2 } else { CAP_ANY }).ok(),
            Self::Address(name) | Self::File { path: name, .. } => VideoCapture::from_file(name, CAP_FFMPEG).ok(),
        };
        let Some(mut camera) = opened.filter(|camera| camera.is_opened().unwrap_or(false)) else {
            return Err(self.refusal());
        };
        if matches!(self, Self::Number(_) | Self::Node(_)) {
            // Wishes: compressed pictures for more of them over USB, and no queue in the driver. A camera may refuse each.
            let [a, b, c, d] = wish.form.0.map(char::from);
            let form = VideoWriter::fourcc(a, b, c, d).unwrap_or(0);
            let wishes = [
                (CAP_PROP_FOURCC, f64::from(form)),
                (CAP_PROP_FRAME_WIDTH, f64::from(wish.size.width)),
                (CAP_PROP_FRAME_HEIGHT, f64::from(wish.size.height)),
                (CAP_PROP_FPS, f64::from(wish.rate_milli) / 1000.0),
                (CAP_PROP_BUFFERSIZE, 1.0),
            ];
            for (property, value) in wishes {
                let _ = camera.set(property, value);
            }
        }
        Ok(camera)
    }
}

/// Where the newest picture waits. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<(Mutex<Held>, Condvar)>);

/// What there is of a camera.
#[derive(Default)]
pub(crate) struct Held {
    /// Blue, green, red; and when it was taken, in microseconds of server time.
    pub(crate) newest: Option<(Video, u64)>,
    /// Why there is none.
    pub(crate) trouble: Option<Trouble>,
    /// There will be none.
    pub(crate) ended: bool,
}

impl Slot {
    /// What has come, after waiting for it for this long at most. The picture is taken out.
    pub(crate) fn wait(&self, most: Duration) -> Held {
        let (held, changed) = &*self.0;
        let held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |held: &mut Held| held.newest.is_none() && held.trouble.is_none() && !held.ended;
        let (mut held, _) = changed.wait_timeout_while(held, most, nothing).unwrap_or_else(PoisonError::into_inner);
        Held { newest: held.newest.take(), trouble: held.trouble.clone(), ended: held.ended }
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }
}

/// Captures into the slot until the orders end, or the file that stands for a camera.
pub(crate) fn run(device: &Device, wish: &Wish, orders: &Orders, slot: &Slot) {
    while !orders.has_ended() {
        let why = match device.open(wish) {
            Ok(mut camera) => match device {
                Device::File { again, .. } => {
                    play(&mut camera, orders, slot);
                    if *again {
                        continue;
                    }
                    return slot.change(|held| held.ended = true);
                }
                _ => read(&mut camera, &device.name(), orders, slot),
            },
            Err(why) => why,
        };
        slot.change(|held| held.trouble = Some(why));
        if !orders.sleep_until(orders.now_us() + AGAIN_US) {
            return;
        }
    }
}

/// Reads a camera as fast as it gives pictures; says why it no longer does.
fn read(camera: &mut VideoCapture, name: &str, orders: &Orders, slot: &Slot) -> Trouble {
    let mut picture = Mat::default();
    while !orders.has_ended() && camera.read(&mut picture).unwrap_or(false) {
        let taken_us = orders.now_us();
        let Some(frame) = frame(&picture) else {
            return trouble(TroubleCode::CameraForm, name, format!("The camera {name} gives pictures of a form that is not known. Choose another camera."));
        };
        slot.change(|held| (held.newest, held.trouble) = (Some((frame, taken_us)), None));
    }
    let why = format!("The camera {name} gives no more pictures: it was unplugged or turned off. Connect it; it is tried again each second.");
    trouble(TroubleCode::CameraLost, name, why)
}

/// Plays a file at its own pace.
fn play(camera: &mut VideoCapture, orders: &Orders, slot: &Slot) {
    let rate = camera.get(CAP_PROP_FPS).ok().filter(|r| (0.1..=1000.0).contains(r)).unwrap_or(FILE_RATE);
    let start = orders.now_us();
    let mut picture = Mat::default();
    let mut count = 0u64;
    while camera.read(&mut picture).unwrap_or(false) {
        let due = start + (count as f64 * 1e6 / rate) as u64;
        count += 1;
        if !orders.sleep_until(due) {
            return;
        }
        let Some(frame) = frame(&picture) else { return };
        let taken_us = orders.now_us();
        slot.change(|held| (held.newest, held.trouble) = (Some((frame, taken_us)), None));
    }
    if count == 0 {
        // A file without a picture, again and again, is no reason to be busy.
        let _ = orders.sleep_until(orders.now_us() + AGAIN_US);
    }
}

fn frame(picture: &Mat) -> Option<Video> {
    let (width, height) = (u32::try_from(picture.cols()).ok()?, u32::try_from(picture.rows()).ok()?);
    let good = picture.typ() == CV_8UC3 && width > 0 && height > 0 && i64::from(width) * i64::from(height) <= PIXELS_MAX;
    let size = PictureSize { width, height };
    good.then(|| picture.data_bytes().ok().map(|bytes| from_bgr(bytes, size))).flatten()
}
