//! What is chosen to be published, and how the media worker is told.

use std::path::PathBuf;

use lectern_proto::control::StreamKind;
use lectern_proto::rung::RungSpec;

use super::publish::{PUSH_TO_TALK, Source};

/// What a document camera is asked for: there is more to cut the sheet from than in what is sent.
const DOCUMENT_SIZE: &str = "1920x1080";

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pictures {
    /// By what the worker calls it: a number, a device file, an address, or a video file that stands for one.
    Camera(String),
    /// A camera that looks at a sheet or board: that is found, straightened and made evenly light.
    Document(String),
    /// A part of the screen: left, top, width and height in pixels; none: all of it.
    Screen(Option<[i64; 4]>),
    /// The stamped test pattern.
    Pattern,
    /// A video file, as if it were live, with its own sound.
    File(PathBuf),
}

/// Where sound comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// By its id or a part of its name; none: the system's choice.
    Microphone(Option<String>),
    /// The test pattern's tone.
    Tone,
}

impl Pictures {
    /// The camera that they come from.
    #[must_use]
    pub fn camera(&self) -> Option<&str> {
        match self {
            Self::Camera(camera) | Self::Document(camera) => Some(camera),
            Self::Screen(_) | Self::Pattern | Self::File(_) => None,
        }
    }
}

/// A camera in a corner of the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inset {
    /// As [`Pictures::Camera`] has it.
    pub camera: String,
    pub corner: Corner,
    /// Its part of the pictures' width and height, in hundredths: 10 to 50.
    pub percent: u32,
}

/// A corner of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Corner {
    /// All four.
    pub const ALL: [Self; 4] = [Self::TopLeft, Self::TopRight, Self::BottomLeft, Self::BottomRight];

    /// What the media worker calls it.
    #[must_use]
    pub fn argument(self) -> &'static str {
        match self {
            Self::TopLeft => "top-left",
            Self::TopRight => "top-right",
            Self::BottomLeft => "bottom-left",
            Self::BottomRight => "bottom-right",
        }
    }
}

/// What is published. At least one of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub pictures: Option<Pictures>,
    /// A camera in their corner.
    pub inset: Option<Inset>,
    pub sound: Option<Sound>,
    /// A microphone is heard only while it is told that somebody talks.
    pub push_to_talk: bool,
    /// The rung that the pictures are coded in.
    pub rung: RungSpec,
    /// Pictures a second.
    pub rate: u32,
}

impl Choice {
    /// Its kind, which names it where nobody does.
    #[must_use]
    pub fn kind(&self) -> StreamKind {
        match &self.pictures {
            Some(Pictures::Camera(_) | Pictures::Document(_)) => StreamKind::Camera,
            Some(Pictures::Screen(_)) => StreamKind::Screen,
            Some(Pictures::Pattern) => StreamKind::Pattern,
            Some(Pictures::File(_)) => StreamKind::File,
            None => StreamKind::Microphone,
        }
    }

    /// The arguments of the media worker.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let mut args = vec!["live".to_owned()];
        let mut add = |parts: &[&str]| args.extend(parts.iter().map(|p| (*p).to_owned()));
        match &self.pictures {
            Some(Pictures::Camera(camera)) => add(&["--camera", camera]),
            Some(Pictures::Document(camera)) => add(&["--camera", camera, "--document", "--camera-size", DOCUMENT_SIZE]),
            Some(Pictures::Screen(None)) => add(&["--screen", "--cursor"]),
            Some(Pictures::Screen(Some(region))) => add(&["--screen", "--cursor", &format!("--region={}", region.map(|n| n.to_string()).join(","))]),
            Some(Pictures::Pattern) => add(&["--pattern"]),
            Some(Pictures::File(path)) => add(&["--file", &path.to_string_lossy()]),
            None => {}
        }
        // Sound has no corners, and a camera is open once.
        let main = self.pictures.as_ref().map(Pictures::camera);
        if let Some(inset) = self.inset.as_ref().filter(|inset| main.is_some_and(|camera| camera != Some(inset.camera.as_str()))) {
            add(&["--inset-camera", &inset.camera, "--inset-corner", inset.corner.argument(), "--inset-size", &inset.percent.to_string()]);
        }
        // A file brings its own sound.
        match self.sound.as_ref().filter(|_| !matches!(self.pictures, Some(Pictures::File(_)))) {
            Some(Sound::Microphone(None)) => add(&["--microphone"]),
            Some(Sound::Microphone(Some(device))) => add(&["--microphone", device]),
            Some(Sound::Tone) => add(&["--sound"]),
            None => {}
        }
        if self.push_to_talk && args.iter().any(|arg| arg == "--microphone") {
            args.push(PUSH_TO_TALK.to_owned());
        }
        let mut add = |parts: &[&str]| args.extend(parts.iter().map(|p| (*p).to_owned()));
        if self.pictures.is_some() {
            let RungSpec { box_width, box_height, bitrate_bps, .. } = &self.rung;
            for (name, value) in [("--width", *box_width), ("--height", *box_height), ("--fps", self.rate), ("--bitrate", *bitrate_bps)] {
                add(&[name, &value.to_string()]);
            }
        }
        args
    }

    /// As a publisher takes it, by this worker.
    #[must_use]
    pub fn source(&self, program: PathBuf, name: Option<String>) -> Source {
        Source { name, kind: self.kind(), program, args: self.args(), rung: self.rung.name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_told_what_was_chosen() {
        let rung = RungSpec { name: "360p".into(), box_width: 640, box_height: 360, bitrate_bps: 700_000 };
        let args = |pictures, sound| Choice { pictures, inset: None, sound, push_to_talk: false, rung: rung.clone(), rate: 25 }.args().join(" ");
        let size = "--width 640 --height 360 --fps 25 --bitrate 700000";
        assert_eq!(args(Some(Pictures::Pattern), Some(Sound::Tone)), format!("live --pattern --sound {size}"));
        assert_eq!(args(Some(Pictures::Screen(Some([-8, 0, 640, 400]))), None), format!("live --screen --cursor --region=-8,0,640,400 {size}"));
        assert_eq!(args(None, Some(Sound::Microphone(None))), "live --microphone");
        let held = |sound| Choice { pictures: None, inset: None, sound: Some(sound), push_to_talk: true, rung: rung.clone(), rate: 25 }.args().join(" ");
        assert_eq!(held(Sound::Microphone(Some("usb".into()))), "live --microphone usb --push-to-talk");
        assert_eq!(held(Sound::Tone), "live --sound", "nobody talks there");
        assert_eq!(args(Some(Pictures::Document("2".into())), None), format!("live --camera 2 --document --camera-size 1920x1080 {size}"));
        let inset = |pictures| {
            let inset = Inset { camera: "2".into(), corner: Corner::TopRight, percent: 25 };
            Choice { pictures, inset: Some(inset), sound: None, push_to_talk: false, rung: rung.clone(), rate: 25 }.args().join(" ")
        };
        assert_eq!(inset(Some(Pictures::Pattern)), format!("live --pattern --inset-camera 2 --inset-corner top-right --inset-size 25 {size}"));
        assert_eq!(inset(Some(Pictures::Camera("2".into()))), format!("live --camera 2 {size}"), "a camera is open once");
        assert_eq!(inset(None), "live");
        let file = args(Some(Pictures::File("/a b.mp4".into())), Some(Sound::Microphone(None)));
        assert_eq!(file, format!("live --file /a b.mp4 {size}"), "a file brings its own sound");
    }
}
