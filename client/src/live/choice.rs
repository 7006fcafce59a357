//! What is chosen to be published, and how the media worker is told.

use std::path::PathBuf;

use lectern_proto::control::StreamKind;
use lectern_proto::rung::RungSpec;

use super::publish::Source;

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pictures {
    /// By what the worker calls it: a number, a device file, an address, or a video file that stands for one.
    Camera(String),
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

/// What is published. At least one of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub pictures: Option<Pictures>,
    pub sound: Option<Sound>,
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
            Some(Pictures::Camera(_)) => StreamKind::Camera,
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
            Some(Pictures::Screen(None)) => add(&["--screen", "--cursor"]),
            Some(Pictures::Screen(Some(region))) => add(&["--screen", "--cursor", &format!("--region={}", region.map(|n| n.to_string()).join(","))]),
            Some(Pictures::Pattern) => add(&["--pattern"]),
            Some(Pictures::File(path)) => add(&["--file", &path.to_string_lossy()]),
            None => {}
        }
        // A file brings its own sound.
        match self.sound.as_ref().filter(|_| !matches!(self.pictures, Some(Pictures::File(_)))) {
            Some(Sound::Microphone(None)) => add(&["--microphone"]),
            Some(Sound::Microphone(Some(device))) => add(&["--microphone", device]),
            Some(Sound::Tone) => add(&["--sound"]),
            None => {}
        }
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
        let args = |pictures, sound| Choice { pictures, sound, rung: rung.clone(), rate: 25 }.args().join(" ");
        let size = "--width 640 --height 360 --fps 25 --bitrate 700000";
        assert_eq!(args(Some(Pictures::Pattern), Some(Sound::Tone)), format!("live --pattern --sound {size}"));
        assert_eq!(args(Some(Pictures::Screen(Some([-8, 0, 640, 400]))), None), format!("live --screen --cursor --region=-8,0,640,400 {size}"));
        assert_eq!(args(None, Some(Sound::Microphone(None))), "live --microphone");
        let file = args(Some(Pictures::File("/a b.mp4".into())), Some(Sound::Microphone(None)));
        assert_eq!(file, format!("live --file /a b.mp4 {size}"), "a file brings its own sound");
    }
}
