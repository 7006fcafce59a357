//! Which of a video's sound tracks is heard: what there is to choose from, and how a wish becomes a choice.
//!
//! Pure: the player keeps the wish and asks here once the manifest is known.

use lectern_proto::manifest::{Manifest, TrackKind};

/// A sound track as a viewer chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundTrack {
    /// ISO 639-2 code, or `und`.
    pub language: String,
    /// What the file calls it.
    pub title: Option<String>,
}

/// What a viewer wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundChoice {
    /// The nth track of the video, from 0.
    Number(usize),
    /// The first track in this language, an ISO 639-2 code.
    Language(String),
}

impl std::str::FromStr for SoundChoice {
    type Err = String;

    /// A number from 1, or a code of three letters.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<usize>() {
            Ok(number @ 1..) => Ok(Self::Number(number - 1)),
            Err(_) if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) => Ok(Self::Language(text.to_ascii_lowercase())),
            _ => Err("a number from 1, or a language of three letters such as eng".to_owned()),
        }
    }
}

/// The sound tracks of a video in its order.
pub(super) fn of(manifest: &Manifest) -> Vec<SoundTrack> {
    let track = |kind: &TrackKind| match kind {
        TrackKind::Audio { language, title, .. } => Some(SoundTrack { language: language.clone(), title: title.clone() }),
        TrackKind::Video { .. } => None,
    };
    manifest.tracks.iter().filter_map(|t| track(&t.kind)).collect()
}

/// Which of them a wish means; without a wish, or when there is no such track, the first.
pub(super) fn choose(manifest: &Manifest, wish: Option<&SoundChoice>) -> Option<usize> {
    let tracks: Vec<_> = manifest.audio_tracks().map(|(i, _)| i).collect();
    let number = match wish {
        Some(SoundChoice::Number(n)) => Some(*n),
        Some(SoundChoice::Language(code)) => of(manifest).iter().position(|t| t.language == *code),
        None => None,
    };
    number.and_then(|n| tracks.get(n)).or(tracks.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::manifest::{ChunkHash, Details, MANIFEST_VERSION, Track};

    #[test]
    fn a_wish_that_cannot_be_met_is_the_first_track() {
        let track = |language: &str| Track {
            kind: TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: language.into(), title: None },
            codec: "mp4a.40.2".into(),
            timescale: 48_000,
            init: ChunkHash([0; 32]),
            init_bytes: 1,
            segments: Vec::new(),
        };
        let video = Track {
            kind: TrackKind::Video { rung: "r".into(), size: lectern_proto::rung::PictureSize { width: 2, height: 2 }, bitrate_bps: 1 },
            ..track("und")
        };
        let tracks = vec![video, track("ger"), track("eng")];
        let manifest = Manifest { version: MANIFEST_VERSION, duration_us: 1, tracks, details: Details::default() };
        let check = |wish: &str, want| assert_eq!(choose(&manifest, wish.parse().ok().as_ref()), Some(want), "{wish}");
        check("", 1);
        check("1", 1);
        check("2", 2);
        check("3", 1);
        check("eng", 2);
        check("ENG", 2);
        check("fra", 1);
        for wrong in ["0", "-1", "english", "e1g", ""] {
            assert!(wrong.parse::<SoundChoice>().is_err(), "{wrong}");
        }
    }
}
