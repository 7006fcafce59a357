//! The sound devices of this machine, by their names.

use super::{SpeakerError, device::usable_host};
use cpal::traits::{DeviceTrait, HostTrait};
use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

/// How often it is looked whether a device is still there.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A device that plays or hears.
pub(crate) struct SoundDevice {
    /// What names it for as long as it is connected.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    pub(crate) is_default: bool,
    /// Whether PulseAudio brings it.
    pub(crate) is_pulse: bool,
    pub(crate) device: cpal::Device,
}

/// The one that is called so: by its name, by its id with or without its sound system, or by a part of its name.
pub(crate) fn called(all: Vec<SoundDevice>, wanted: &str) -> Option<SoundDevice> {
    let is_called = |d: &SoundDevice| d.name == wanted || d.id == wanted || d.id.split_once(':').is_some_and(|(_, own)| own == wanted);
    let part = wanted.to_lowercase();
    let place = all.iter().position(is_called).or_else(|| all.iter().position(|d| d.name.to_lowercase().contains(&part)));
    place.and_then(|i| all.into_iter().nth(i))
}

/// All that hear; none without a sound system.
#[cfg(feature = "make")]
pub(crate) fn input_devices() -> Vec<SoundDevice> {
    usable_host().map_or_else(Vec::new, |host| listed(&host, host.input_devices().into_iter().flatten(), host.default_input_device()))
}

fn output_devices() -> Vec<SoundDevice> {
    usable_host().map_or_else(Vec::new, |host| listed(&host, host.output_devices().into_iter().flatten(), host.default_output_device()))
}

fn listed(host: &cpal::Host, all: impl Iterator<Item = cpal::Device>, default: Option<cpal::Device>) -> Vec<SoundDevice> {
    #[cfg(target_os = "linux")]
    let is_pulse = host.id() == cpal::HostId::PulseAudio;
    #[cfg(not(target_os = "linux"))]
    let is_pulse = {
        let _ = host;
        false
    };
    let default_id = default.as_ref().and_then(|d| d.id().ok());
    let described = |device: cpal::Device| {
        let id = device.id().ok()?;
        let name = name_of(&device).unwrap_or_else(|| id.to_string());
        Some(SoundDevice { is_default: default_id.as_ref() == Some(&id), is_pulse, id: id.to_string(), name, device })
    };
    let mut all: Vec<_> = all.filter_map(described).collect();
    // A default that does not stand in the list is one all the same.
    if !all.iter().any(|d| d.is_default) {
        all.extend(default.and_then(described).map(|d| SoundDevice { is_default: true, ..d }));
    }
    all
}

/// What people call a device.
pub(super) fn name_of(device: &cpal::Device) -> Option<String> {
    device.description().ok().map(|d| d.name().to_owned())
}

/// A device that can be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What names it for as long as it is connected.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The system's choice.
    pub is_default: bool,
}

/// The devices that can be heard; none without a sound system. It asks the sound system, which may take seconds where that hangs.
#[must_use]
pub fn outputs() -> Vec<Output> {
    output_devices().into_iter().map(|d| Output { id: d.id, name: d.name, is_default: d.is_default }).collect()
}

/// Whether one of them is called so: by its name or a part of it, or by its id.
#[must_use]
pub fn has_output(wanted: &str) -> bool {
    called(output_devices(), wanted).is_some()
}

/// A device to be opened, and what has to be watched for to know when it is gone.
pub(super) struct Chosen {
    pub(super) device: cpal::Device,
    watched: Option<String>,
}

/// One of them by its name or id; without one, the system's choice.
pub(super) fn output(wanted: Option<&str>) -> Result<Chosen, SpeakerError> {
    let Some(wanted) = wanted else {
        let device = usable_host().and_then(|host| host.default_output_device()).ok_or(SpeakerError::NoDevice)?;
        return Ok(Chosen { device, watched: None });
    };
    let all = output_devices();
    if all.is_empty() {
        return Err(SpeakerError::NoDevice);
    }
    let found = called(all, wanted).ok_or_else(|| SpeakerError::NotConnected { device: wanted.to_owned() })?;
    Ok(Chosen { watched: found.is_pulse.then_some(found.id), device: found.device })
}

impl Chosen {
    /// Calls `gone` once when a device that was chosen by its name is not there any more, until the sender is dropped: PulseAudio moves
    /// what plays to another one and says nothing. Other systems report it by themselves.
    pub(super) fn watch(&self, gone: impl FnOnce() + Send + 'static) -> Option<Watch> {
        let id = self.watched.clone()?;
        let host = usable_host()?;
        let is_gone = move || {
            // A sound server that is gone is reported by the stream itself.
            let mut all = host.output_devices().ok()?;
            Some(!all.any(|d| d.id().is_ok_and(|other| other.to_string() == id)))
        };
        Watch::until(is_gone, gone)
    }
}

/// Calls `there` once when a device is called so, by its name or a part of it or by its id, until the watch is dropped.
#[must_use]
pub fn when_connected(wanted: &str, there: impl FnOnce() + Send + 'static) -> Option<Watch> {
    let wanted = wanted.to_owned();
    Watch::until(move || Some(has_output(&wanted)), there)
}

/// A look at the sound devices every two seconds, for as long as this is kept.
#[derive(Debug)]
pub struct Watch {
    _keep: Sender<()>,
}

impl Watch {
    /// Calls `then` once after `is_so`; nothing more is looked at when that says none. Nobody waits for its thread: a sound system that
    /// hangs would hold up who closes the device.
    fn until(mut is_so: impl FnMut() -> Option<bool> + Send + 'static, then: impl FnOnce() + Send + 'static) -> Option<Self> {
        let (keep, kept) = channel();
        let watch = move || {
            while kept.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                match is_so() {
                    None => return,
                    Some(true) if kept.try_recv() == Err(TryRecvError::Empty) => return then(),
                    Some(_) => {}
                }
            }
        };
        std::thread::Builder::new().name("sound device".into()).spawn(watch).ok().map(|_| Self { _keep: keep })
    }
}
