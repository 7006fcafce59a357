//! Why a source gives nothing: what the media worker says by a code, in the language of the window.

use lectern_proto::live::pipe::{Trouble, TroubleCode};

use super::super::strings::Strings;
use super::playing::decode;
use super::refused::off_air;
use super::system;
use crate::live::{DevicesError, LiveEnd, LiveError, Stopped};

/// What is wrong with a source, and what to do. What this program does not know yet is said in the worker's own words.
#[must_use]
pub(crate) fn source_trouble(strings: &Strings, trouble: &Trouble) -> String {
    let key = match trouble.code {
        TroubleCode::CameraMissing => "source-camera-missing",
        TroubleCode::CameraBusy => "source-camera-busy",
        TroubleCode::CameraForbidden => "source-camera-forbidden",
        TroubleCode::CameraUnreachable => "source-camera-unreachable",
        TroubleCode::CameraForm => "source-camera-form",
        TroubleCode::CameraLost => "source-camera-lost",
        TroubleCode::CameraSilent => "source-camera-silent",
        TroubleCode::ScreenLost => "source-screen-lost",
        TroubleCode::ScreenRegion => "source-screen-region",
        TroubleCode::ScreenNone => "source-screen-none",
        TroubleCode::ScreenWayland => "source-screen-wayland",
        TroubleCode::ScreenUnsupported => "source-screen-unsupported",
        TroubleCode::ScreenForm => "source-screen-form",
        TroubleCode::FileUnreadable => "source-file-unreadable",
        TroubleCode::FileDamaged => "source-file-damaged",
        TroubleCode::FileUnsupported => "source-file-unsupported",
        TroubleCode::FileEmpty => "source-file-empty",
        TroubleCode::NoMemory => "source-no-memory",
        TroubleCode::Fault => "source-fault",
        TroubleCode::WindowMissing => "source-window-missing",
        TroubleCode::WindowHidden => "source-window-hidden",
        TroubleCode::WindowClosed => "source-window-closed",
        TroubleCode::MicrophoneNone => "source-microphone-none",
        TroubleCode::MicrophoneMissing => "source-microphone-missing",
        TroubleCode::MicrophoneUnusable => "source-microphone-unusable",
        TroubleCode::MicrophoneLost => "source-microphone-lost",
        TroubleCode::Other => return trouble.why.clone(),
    };
    strings.format(key, &[("name", trouble.name.as_str().into())])
}

/// Why it is not known what there is to capture.
#[must_use]
pub(crate) fn devices_error(strings: &Strings, error: &DevicesError) -> String {
    match error {
        DevicesError::NoWorker => strings.text("worker-missing"),
        DevicesError::Hangs => strings.text("worker-hangs"),
        DevicesError::Unstartable { program, why } => {
            strings.format("worker-unstartable", &[("program", program.display().to_string().into()), ("why", system(strings, why).into())])
        }
        DevicesError::OtherVersion => strings.text("worker-other-version"),
    }
}

/// Why what is published does not go on.
#[must_use]
pub(crate) fn stopped(strings: &Strings, why: &Stopped) -> String {
    match why {
        Stopped::Source(trouble) => source_trouble(strings, trouble),
        Stopped::NoWorker { program, why } => {
            strings.format("worker-unstartable", &[("program", program.display().to_string().into()), ("why", system(strings, why).into())])
        }
        Stopped::Died(said) if said.is_empty() => strings.text("worker-died"),
        Stopped::Died(said) => strings.format("worker-died-saying", &[("said", said.as_str().into())]),
        Stopped::OffAir(why) => off_air(strings, why),
    }
}

/// Why a live stream is not shown any more.
#[must_use]
pub(crate) fn live_end(strings: &Strings, why: &LiveEnd) -> String {
    match why {
        LiveEnd::Gone => strings.text("live-end-gone"),
        LiveEnd::Decode(why) => decode(strings, why),
        LiveEnd::Sound(said) => said.clone(),
    }
}

/// Why a live stream cannot be shown.
#[must_use]
pub(crate) fn live_error(strings: &Strings, why: &LiveError) -> String {
    match why {
        LiveError::NoSuchStream { .. } => strings.text("live-error-gone"),
        LiveError::NoPictures(_) | LiveError::NoSound(_) => strings.text("live-error-empty"),
        LiveError::NotKept(why) => super::not_kept(strings, why),
        LiveError::NoThread(said) => strings.format("live-error-thread", &[("said", said.as_str().into())]),
    }
}
