//! The Class view of an instructor at a machine with devices.

use std::sync::Arc;

use egui::accesskit::Role as Seen;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use lectern::live::{Device, Devices, Monitor, Published};
use lectern::ui::window::Window;
use lectern_proto::control::Role;

use super::{Fake, enter};

pub type Screen = Harness<'static, Option<Window>>;

pub fn device(id: &str, name: &str, default: bool) -> Device {
    Device { id: id.into(), name: name.into(), default }
}

/// An instructor at a machine with a camera, two screens and a microphone.
pub fn instructor() -> Fake {
    let fake = Fake::joined(Role::Instructor);
    let screen = |name: &str, x| Monitor { name: name.into(), x, y: 0, width: 1920, height: 1080, default: x == 0 };
    let devices = Devices {
        cameras: vec![device("2", "Desk camera", false), device("0", "USB camera", true)],
        screens: vec![screen("HDMI-1", 0), screen("HDMI-2", 1920)],
        screens_missing: None,
        windows: Vec::new(),
        microphones: vec![device("usb", "USB microphone", true)],
    };
    fake.lock().devices = Some(Ok(Arc::new(devices)));
    fake
}

pub fn press(harness: &mut Screen, label: &str) {
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_steps(4);
}

/// The Class view with the camera that was chosen by itself.
pub fn studio(fake: &Fake) -> Screen {
    let mut harness = enter(fake);
    press(&mut harness, "Class");
    harness.run_steps(4);
    fake.lock().publishing.stage = Published::Ready;
    fake.lock().publishing.pictures = Some((1280, 720, 30_000));
    harness.run_steps(2);
    harness
}
