//! Why a video does not open, does not play, or is not heard.

use lectern_media::speaker::SpeakerError;
use lectern_media::video_decoder::DecodeError;
use lectern_proto::control::{FailureKind, FailureReason};
use lectern_proto::quality::QualityError;

use super::super::strings::Strings;
use super::system;
use crate::fetch::FetchError;
use crate::player::{PlayError, PlayTrouble, Silence};

/// Why a video cannot be opened.
#[must_use]
pub(crate) fn play_error(strings: &Strings, error: &PlayError) -> String {
    match error {
        PlayError::NoSuchVideo(_) => strings.text("play-gone"),
        PlayError::NotReady(_) => strings.text("play-not-ready"),
        PlayError::Failed { reason, .. } => strings.format("play-failed", &[("reason", preparing(strings, reason).into())]),
        PlayError::Quality(why) => quality(strings, why),
        PlayError::NotKept(why) => super::not_kept(strings, why),
    }
}

/// Why a video could not be prepared.
#[must_use]
pub(crate) fn preparing(strings: &Strings, reason: &FailureReason) -> String {
    let key = match reason.kind {
        // A newer server knows more kinds, and every server says it in its own words.
        FailureKind::Other => return reason.sentence.clone(),
        FailureKind::Empty => "failed-empty",
        FailureKind::Truncated => "failed-truncated",
        FailureKind::Unreadable => "failed-unreadable",
        FailureKind::NoMedia => "failed-no-media",
        FailureKind::ZeroDuration => "failed-zero-duration",
        FailureKind::Io => "failed-io",
        FailureKind::NoSpace => "failed-no-space",
        FailureKind::Busy => "failed-busy",
        FailureKind::Internal => "failed-internal",
        FailureKind::Damaged => "failed-damaged",
        FailureKind::Unsupported => "failed-unsupported",
        FailureKind::NoMemory => "failed-no-memory",
        FailureKind::NoWorker => "failed-no-worker",
        FailureKind::TooSlow => "failed-too-slow",
        FailureKind::Crashed => "failed-crashed",
        FailureKind::Prepared => "failed-prepared",
    };
    strings.text(key)
}

/// What the server itself said of it, where that holds more than the kind: numbers, names, what went wrong in which program.
#[must_use]
pub(crate) fn preparing_details(strings: &Strings, reason: &FailureReason) -> Option<String> {
    use FailureKind::{Crashed, Damaged, Internal, Io, NoMemory, NoWorker, Prepared, TooSlow, Unsupported};
    let more = matches!(reason.kind, Crashed | Damaged | Internal | Io | NoMemory | NoWorker | Prepared | TooSlow | Unsupported);
    more.then(|| strings.format("failed-said", &[("said", reason.sentence.as_str().into())]))
}

/// Why one that was open plays no more.
#[must_use]
pub(crate) fn play_trouble(strings: &Strings, trouble: &PlayTrouble) -> String {
    match trouble {
        PlayTrouble::Fetch(why) => strings.text(match why {
            FetchError::NotFound => "fetch-not-found",
            FetchError::Unreadable => "fetch-unreadable",
            FetchError::Mismatch => "fetch-mismatch",
            FetchError::Gone => "fetch-gone",
        }),
        PlayTrouble::Manifest(_) => strings.text("play-manifest"),
        PlayTrouble::Segment(_) => strings.text("play-segment"),
        PlayTrouble::NotPrepared => strings.text("play-not-prepared"),
        PlayTrouble::Replaced => strings.text("play-replaced"),
        PlayTrouble::Quality(why) => quality(strings, why),
        PlayTrouble::Decode(why) => decode(strings, why),
        PlayTrouble::Thread(why) => strings.format("play-thread", &[("why", system(strings, why).into())]),
    }
}

/// Why nothing is heard.
#[must_use]
pub(crate) fn silence(strings: &Strings, why: &Silence) -> String {
    match why {
        Silence::NotWanted => strings.text("silence-not-wanted"),
        Silence::Speaker(why) => speaker(strings, why),
        Silence::Decode(why) => strings.format("silence-decode", &[("why", decode(strings, why).into())]),
    }
}

/// Why another device plays than was chosen, or none.
#[must_use]
pub(crate) fn speaker(strings: &Strings, why: &SpeakerError) -> String {
    match why {
        SpeakerError::NoDevice => strings.text("silence-no-device"),
        SpeakerError::NotConnected { device } => strings.format("silence-not-connected", &[("device", device.as_str().into())]),
        SpeakerError::Unsupported { device, .. } => strings.format("silence-unsupported", &[("device", device.as_str().into())]),
        SpeakerError::Lost(_) => strings.text("silence-lost"),
    }
}

fn quality(strings: &Strings, error: &QualityError) -> String {
    match error {
        QualityError::UnknownRung { .. } => strings.text("play-quality"),
        QualityError::NoVideo => strings.text("play-no-picture"),
    }
}

pub(super) fn decode(strings: &Strings, error: &DecodeError) -> String {
    match error {
        DecodeError::NoDecoder(codec) => strings.format("decode-none", &[("codec", (*codec).into())]),
        DecodeError::Configuration(_) => strings.text("decode-configuration"),
        DecodeError::Damaged(_) => strings.text("decode-damaged"),
        DecodeError::Format => strings.text("decode-format"),
        DecodeError::Memory => strings.text("decode-memory"),
    }
}
