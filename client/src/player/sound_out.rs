//! Where a person hears: on which device, and how much later than others each device is heard.

use std::collections::BTreeMap;

use lectern_media::speaker::{AudioSink, SilentSpeaker, Speaker, SpeakerError, Watch, when_connected};

/// What a person chose for what is heard on this machine, live or stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoundOut {
    /// The device by its name or id; none: the system's choice.
    pub device: Option<String>,
    /// The trim of whatever device plays, in milliseconds, instead of those below: of the command line.
    pub trim_ms: Option<i32>,
    /// How much later than others each device is heard, by its name, in milliseconds.
    pub trims_ms: BTreeMap<String, i32>,
}

/// A device that was opened, or silence in its place.
pub(crate) struct Opened {
    pub(crate) sink: Box<dyn AudioSink>,
    /// The name of the device that plays; none: nothing does.
    pub(crate) device: Option<String>,
    /// Why it is another one than was chosen, or none.
    pub(crate) why: Option<SpeakerError>,
    /// Looks, for as long as it is kept, whether the one that was chosen is connected.
    pub(crate) watch: Option<Watch>,
}

impl SoundOut {
    /// Largest trim either way, in milliseconds.
    pub const MOST_MS: i32 = 200;

    /// The trim of a device, in microseconds; positive: it is heard later.
    #[must_use]
    pub fn trim_us(&self, device: Option<&str>) -> i64 {
        let ms = self.trim_ms.or_else(|| self.trims_ms.get(device.unwrap_or_default()).copied()).unwrap_or(0);
        i64::from(ms.clamp(-Self::MOST_MS, Self::MOST_MS)) * 1_000
    }

    /// Opens the device that was chosen; where it is not connected or does not play, the system's choice. Takes seconds where the sound
    /// system hangs. `on_lost` is called on a thread of the sound system; `on_there` when the device that was not connected is, on a
    /// thread of its own: then it is to be opened again.
    pub(crate) fn open(&self, on_lost: impl FnMut(SpeakerError) + Clone + Send + 'static, on_there: impl FnOnce() + Send + 'static) -> Opened {
        let chosen = Speaker::open(self.device.as_deref(), on_lost.clone());
        let (opened, why) = match chosen {
            Err(why) if self.device.is_some() && why != SpeakerError::NoDevice => (Speaker::open(None, on_lost), Some(why)),
            opened => (opened, None),
        };
        // One that is connected and does not play would be tried for ever.
        let watch = match &why {
            Some(SpeakerError::NotConnected { device }) => when_connected(device, on_there),
            _ => None,
        };
        match opened {
            Ok(speaker) => {
                let device = Some(speaker.name().to_owned());
                Opened { sink: Box::new(speaker), device, why, watch }
            }
            Err(why) => Opened { watch, ..Opened::silent(Some(why)) },
        }
    }
}

impl Opened {
    /// Nothing is heard.
    pub(crate) fn silent(why: Option<SpeakerError>) -> Self {
        Self { sink: Box::new(SilentSpeaker::new()), device: None, why, watch: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_has_its_trim_and_the_command_line_goes_before() {
        let mut out = SoundOut { trims_ms: [("Headphones".to_owned(), -120), ("Hall".to_owned(), 900)].into(), ..SoundOut::default() };
        let of = |out: &SoundOut| [None, Some("Headphones"), Some("Hall"), Some("New")].map(|device| out.trim_us(device));
        assert_eq!(of(&out), [0, -120_000, 200_000, 0]);
        out.trim_ms = Some(7);
        assert_eq!(of(&out), [7_000; 4]);
    }
}
