//! What there is to capture on a machine: the media worker writes it as JSON (`lectern-media live --list`), and who lets a person choose
//! reads it. What is new in it is left out by an older reader.

use serde::{Deserialize, Serialize};

use super::pipe::Trouble;

/// Cameras, screens, microphones and windows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Devices {
    pub cameras: Vec<Device>,
    pub screens: Vec<Monitor>,
    /// Why there are no screens, if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screens_missing: Option<Trouble>,
    pub microphones: Vec<Device>,
    /// What `--window` takes; the one in front last.
    pub windows: Vec<Device>,
}

/// A camera, a microphone or a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What the worker takes to open it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The system's choice.
    pub default: bool,
}

/// A monitor: its place on the screen in pixels, as `--region` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub default: bool,
}

#[cfg(test)]
mod tests {
    use super::super::pipe::TroubleCode;
    use super::*;

    #[test]
    fn the_list_is_read_back_and_what_is_new_in_it_left_out() {
        let missing = Trouble { code: TroubleCode::ScreenNone, name: String::new(), why: "There is no screen.".into() };
        let camera = Device { id: "0".into(), name: "USB camera".into(), default: true };
        let devices = Devices { cameras: vec![camera], screens_missing: Some(missing), ..Devices::default() };
        let text = serde_json::to_string(&devices).expect("JSON");
        assert_eq!(serde_json::from_str::<Devices>(&text).expect("a list"), devices);
        let newer = text.replacen('{', r#"{"lamps": [1], "#, 1).replace("screen_none", "screen_on_fire");
        let read: Devices = serde_json::from_str(&newer).expect("a list of a newer worker");
        assert_eq!((read.cameras, read.screens_missing.map(|t| t.code)), (devices.cameras, Some(TroubleCode::Other)));
        assert_eq!(serde_json::from_str::<Devices>("{}").expect("nothing"), Devices::default());
    }
}
