//! Why a source gives nothing: what the media worker says by a code, in the language of the window.

use lectern_proto::live::pipe::{Trouble, TroubleCode};

use super::super::strings::Strings;

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
