//! Why a run of the labs did not come to its end.

use lectern_proto::arq::transfer::Failure;

use super::super::strings::Strings;
use super::{because, system};
use crate::lab::LabError;
use crate::system::SystemError;

/// Why, and what to do.
#[must_use]
pub(crate) fn lab_error(strings: &Strings, error: &LabError) -> String {
    let file = |key: &str, path: &std::path::Path, error: &std::io::Error| {
        let why = system(strings, &SystemError::from(error));
        strings.format(key, &[("path", path.display().to_string().into()), ("why", why.into())])
    };
    strings.text(match error {
        LabError::Read { path, error } => return file("lab-read", path, error),
        LabError::Write { path, error } => return file("lab-write", path, error),
        LabError::Class(why) => return strings.format("lab-refused", &[("why", because(strings, *why).into())]),
        LabError::Changed(_) => "lab-changed",
        LabError::Listen { .. } => "lab-listen",
        LabError::Settings(_) | LabError::Failed(Failure::Settings | Failure::TooLarge) => "lab-settings",
        LabError::Failed(Failure::Silent) | LabError::NotSent { .. } => "lab-silent",
        LabError::Failed(Failure::Busy) => "lab-busy",
        LabError::Failed(Failure::Unwanted) | LabError::Declined => "lab-declined",
        LabError::Differs(_) => "lab-differs",
        LabError::Stopped => "lab-stopped",
        LabError::NoWay => "lab-no-way",
        LabError::Ended => "lab-ended",
        LabError::Gone => "lab-gone",
        LabError::NotTaken => "lab-not-taken",
    })
}
