//! What there is to capture on this machine: cameras, screens, windows and microphones, as JSON for whoever lets a person choose.

use super::screen;
use crate::speaker::input_devices;
use serde::Serialize;

/// Everything that can be captured.
#[derive(Debug, Serialize)]
pub struct Sources {
    pub cameras: Vec<Named>,
    pub screens: Vec<ScreenArea>,
    /// Why there are no screens, if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screens_missing: Option<String>,
    pub microphones: Vec<Named>,
    /// What `--window` takes; the one in front last.
    pub windows: Vec<Named>,
}

/// A device: what `--camera` or `--microphone` takes, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub id: String,
    pub name: String,
    /// The system's choice.
    pub default: bool,
}

/// A monitor: its place on the screen, as `--region` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScreenArea {
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub default: bool,
}

impl Sources {
    /// Looks now.
    #[must_use]
    pub fn now() -> Self {
        let microphones = input_devices().into_iter().map(|d| Named { id: d.id, name: d.name, default: d.is_default });
        let (screens, screens_missing) = match screen::monitors() {
            Ok(screens) => (screens, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { cameras: cameras(), screens, screens_missing, microphones: microphones.collect(), windows: screen::windows() }
    }
}

/// The cameras that the kernel knows, by their numbers; a camera may have further nodes, which give no pictures.
#[cfg(target_os = "linux")]
fn cameras() -> Vec<Named> {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let nodes = std::fs::read_dir("/sys/class/video4linux").into_iter().flatten().flatten();
    let mut found: Vec<(u32, String)> = nodes
        .filter_map(|node| {
            let number = node.file_name().to_string_lossy().strip_prefix("video")?.parse().ok()?;
            let first = read(node.path().join("index")).is_none_or(|index| index == "0");
            first.then(|| (number, read(node.path().join("name")).unwrap_or_else(|| format!("Camera {number}"))))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().enumerate().map(|(i, (number, name))| Named { id: number.to_string(), name, default: i == 0 }).collect()
}

/// The cameras that open; their names are not known here.
#[cfg(not(target_os = "linux"))]
fn cameras() -> Vec<Named> {
    use opencv::prelude::VideoCaptureTraitConst;
    /// Numbers that are tried.
    const NUMBERS: std::ops::Range<i32> = 0..4;
    let opens = |number: &i32| opencv::videoio::VideoCapture::new(*number, opencv::videoio::CAP_ANY).is_ok_and(|c| c.is_opened().unwrap_or(false));
    NUMBERS.filter(opens).map(|number| Named { id: number.to_string(), name: format!("Camera {}", number + 1), default: number == 0 }).collect()
}
