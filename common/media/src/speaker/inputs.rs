//! The microphones of this machine.

use super::device::usable_host;
use cpal::traits::{DeviceTrait, HostTrait};

/// A device that hears.
pub(crate) struct InputDevice {
    /// What names it for as long as it is connected.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    pub(crate) is_default: bool,
    /// Whether PulseAudio brings it.
    pub(crate) is_pulse: bool,
    pub(crate) device: cpal::Device,
}

/// All of them; none without a sound system.
pub(crate) fn input_devices() -> Vec<InputDevice> {
    let Some(host) = usable_host() else { return Vec::new() };
    #[cfg(target_os = "linux")]
    let is_pulse = host.id() == cpal::HostId::PulseAudio;
    #[cfg(not(target_os = "linux"))]
    let is_pulse = false;
    let default = host.default_input_device().and_then(|d| d.id().ok());
    let described = |device: cpal::Device| {
        let id = device.id().ok()?;
        let name = device.description().map_or_else(|_| id.to_string(), |d| d.name().to_owned());
        Some(InputDevice { is_default: default.as_ref() == Some(&id), is_pulse, id: id.to_string(), name, device })
    };
    let mut all: Vec<_> = host.input_devices().into_iter().flatten().filter_map(described).collect();
    // A default that does not stand in the list is one all the same.
    if !all.iter().any(|d| d.is_default) {
        all.extend(host.default_input_device().and_then(described).map(|d| InputDevice { is_default: true, ..d }));
    }
    all
}
