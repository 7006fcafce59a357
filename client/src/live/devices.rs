//! What there is to capture on this machine, as the media worker lists it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;

/// A sound system that hangs does not answer; nobody waits longer.
const ANSWER: Duration = Duration::from_secs(10);

/// Cameras, screens and microphones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Devices {
    pub cameras: Vec<Device>,
    pub screens: Vec<Monitor>,
    /// Why there are no screens, in the worker's words.
    pub screens_missing: Option<String>,
    pub microphones: Vec<Device>,
}

/// A camera or microphone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// What the worker takes to open it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The system's choice.
    pub default: bool,
}

/// A screen: its place among all, in pixels.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Monitor {
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub default: bool,
}

impl Devices {
    /// Asks the worker.
    ///
    /// # Errors
    /// Why it does not say, as a sentence for people.
    pub async fn now(worker: &Path) -> Result<Self, String> {
        let mut command = tokio::process::Command::new(worker);
        command.args(["live", "--list"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(ANSWER, command.output()).await;
        let output = output.map_err(|_| "the media worker does not say which devices there are: the sound system or a camera hangs; restart it.".to_owned())?;
        let output = output.map_err(|e| format!("the media worker {} cannot be started: {e}", worker.display()))?;
        serde_json::from_slice(&output.stdout).map_err(|e| format!("the media worker's list of devices cannot be read: {e}; install Lectern anew."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workers_list_is_read_and_what_is_new_in_it_left_out() {
        let text = r#"{"cameras": [{"id": "0", "name": "USB camera", "default": true}], "screens": [], "screens_missing": "no display", "lamps": [1],
            "microphones": [{"id": "alsa:x", "name": "Mic", "default": false, "channels": 2}]}"#;
        let devices: Devices = serde_json::from_str(text).expect("a list");
        assert_eq!((devices.cameras[0].id.as_str(), devices.microphones[0].name.as_str()), ("0", "Mic"));
        assert_eq!(devices.screens_missing.as_deref(), Some("no display"));
        assert_eq!(serde_json::from_str::<Devices>("{}").expect("nothing"), Devices::default());
    }
}
