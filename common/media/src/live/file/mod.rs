//! A video file as a live source: one reader ([`split`]) for its pictures and its sound, one pace ([`timeline`]) for both, so that lips
//! and words stay together however busy the machine is.

mod pictures;
mod split;
mod timeline;

use super::podcast::Podcast;
use crate::make::events::Reporter;
use crate::make::failure::Failure;
use crate::make::frames::Frames;
use crate::make::pcm::Pcm;
use crate::make::source::Source;
use lectern_proto::rung::PictureSize;
use pictures::FilePictures;
use split::split;
use std::path::Path;
use timeline::Timeline;

pub(super) use timeline::Seat;

/// A file that is open.
pub(super) struct File {
    pub(super) pictures: Option<FilePictures>,
    pub(super) sound: Option<Podcast>,
}

impl File {
    /// Opens a file: what it has of pictures and sound.
    ///
    /// # Errors
    /// [`Failure`] with a sentence for people.
    pub(super) fn open(path: &Path, bounds: PictureSize, rate_milli: u32) -> Result<Self, Failure> {
        let reporter = Reporter::mute();
        let source = Source::open(path)?;
        let (video, audio) = (source.video, source.audio.first().copied());
        let timeline = Timeline::default();
        let Some(stream) = video else {
            let sound = Podcast::open(path, 0.0)?;
            return Ok(Self { pictures: None, sound: Some(sound) });
        };
        let (_, decoder) = Frames::decoder(&source)?;
        let sound = audio.map(|index| Ok::<_, Failure>((index, source.decoder(index)?))).transpose()?;
        let (shown, heard) = split(source, stream.index, audio, &reporter)?;
        let frames = Frames::over(shown, stream, decoder, &reporter)?;
        let seat = timeline.seat();
        let sound = match (sound, heard) {
            (Some((_, decoder)), Some(packets)) => Some(Podcast::over(Pcm::over(packets, decoder, &reporter), path, timeline.seat())?),
            _ => None,
        };
        Ok(Self { pictures: Some(FilePictures::new(frames, seat, bounds, rate_milli)), sound })
    }
}
