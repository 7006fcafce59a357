//! Why a player shows or sounds nothing: facts, for the command line in English, for the window in its language.

use lectern_media::speaker::SpeakerError;
use lectern_media::video_decoder::DecodeError;
use lectern_proto::fmp4::Fmp4Error;
use lectern_proto::manifest::ManifestError;
use lectern_proto::quality::QualityError;

use crate::fetch::FetchError;
use crate::system::SystemError;

/// Why playback ended for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlayTrouble {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The manifest is not one that this program reads: why.
    #[error("{0}")]
    Manifest(String),
    #[error("a part of the video is damaged ({0}). Ask the instructor to let the server prepare it again.")]
    Segment(#[from] Fmp4Error),
    #[error("this part of the video is not prepared yet; try again when the catalogue shows it as ready")]
    NotPrepared,
    #[error("the file of this video was replaced before all of the old one was prepared, and its rest will not come. Open the video again to see the new one.")]
    Replaced,
    #[error(transparent)]
    Quality(#[from] QualityError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("this machine cannot start another thread ({0}); close other programs and open the video again")]
    Thread(SystemError),
}

impl From<ManifestError> for PlayTrouble {
    fn from(error: ManifestError) -> Self {
        Self::Manifest(error.to_string())
    }
}

impl PlayTrouble {
    /// Whether a manifest that was asked for is not there: replaced by a newer one, if the video is being prepared.
    pub(super) fn is_superseded(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::NotFound | FetchError::Unreadable))
    }
}

/// Why the sound goes nowhere while the video plays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    #[error("this viewer was opened without sound")]
    NotWanted,
    #[error(transparent)]
    Speaker(#[from] SpeakerError),
    #[error("the sound cannot be decoded, so the video plays silently: {0}")]
    Decode(#[from] DecodeError),
}
