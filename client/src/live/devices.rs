//! What there is to capture on this machine, as the media worker lists it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lectern_proto::live::devices::Devices;

use crate::system::SystemError;

/// A sound system that hangs does not answer; nobody waits longer.
const ANSWER: Duration = Duration::from_secs(10);

/// Why it is not known what there is to capture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DevicesError {
    #[error("the media worker was not found. Install Lectern whole, or name the program in LECTERN_MEDIA.")]
    NoWorker,
    #[error("the media worker does not say which devices there are: the sound system or a camera hangs. Restart it, or unplug the camera.")]
    Hangs,
    #[error("the media worker {} cannot be started ({why}). Install Lectern anew.", .program.display())]
    Unstartable { program: PathBuf, why: SystemError },
    #[error("the media worker's list of devices cannot be read: it is of another version. Install Lectern anew.")]
    OtherVersion,
}

/// Asks the worker.
///
/// # Errors
/// Why it does not say.
pub async fn devices_now(worker: &Path) -> Result<Devices, DevicesError> {
    let mut command = tokio::process::Command::new(worker);
    command.args(["live", "--list"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(ANSWER, command.output()).await.map_err(|_| DevicesError::Hangs)?;
    let output = output.map_err(|e| DevicesError::Unstartable { program: worker.to_owned(), why: e.into() })?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        tracing::debug!(%error, "the media worker's list of devices");
        DevicesError::OtherVersion
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_that_does_not_say_is_told_apart() {
        let missing = devices_now(Path::new("/nowhere/lectern-media")).await;
        assert!(matches!(missing, Err(DevicesError::Unstartable { why, .. }) if why.kind == std::io::ErrorKind::NotFound));
        // A program that says something else.
        assert_eq!(devices_now(Path::new("/bin/echo")).await, Err(DevicesError::OtherVersion));
    }
}
