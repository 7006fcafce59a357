//! What there is to capture on this machine: cameras, screens, windows and microphones, as JSON for whoever lets a person choose.

use super::screen;
use crate::speaker::input_devices;
use lectern_proto::live::devices::{Device, Devices};

/// Looks now.
#[must_use]
pub fn now() -> Devices {
    let microphones = input_devices().into_iter().map(|d| Device { id: d.id, name: d.name, default: d.is_default });
    let (screens, screens_missing) = match screen::monitors() {
        Ok(screens) => (screens, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Devices { cameras: cameras(), screens, screens_missing, microphones: microphones.collect(), windows: screen::windows() }
}

/// The cameras that the kernel knows, by their numbers; a camera may have further nodes, which give no pictures.
#[cfg(target_os = "linux")]
fn cameras() -> Vec<Device> {
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
    found.into_iter().enumerate().map(|(i, (number, name))| Device { id: number.to_string(), name, default: i == 0 }).collect()
}

/// The cameras that open; their names are not known here.
#[cfg(not(target_os = "linux"))]
fn cameras() -> Vec<Device> {
    use opencv::prelude::VideoCaptureTraitConst;
    /// Numbers that are tried.
    const NUMBERS: std::ops::Range<i32> = 0..4;
    let opens = |number: &i32| opencv::videoio::VideoCapture::new(*number, opencv::videoio::CAP_ANY).is_ok_and(|c| c.is_opened().unwrap_or(false));
    NUMBERS.filter(opens).map(|number| Device { id: number.to_string(), name: format!("Camera {}", number + 1), default: number == 0 }).collect()
}
