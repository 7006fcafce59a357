//! What the window remembers from one start to the next. Never a password, never an instructor key.

use lectern_proto::link::JoinLink;
use serde::{Deserialize, Serialize};

use super::catalogue::Order;
use super::strings::Language;
use crate::player::SoundOut;

/// The key under which eframe stores it.
pub(super) const STORED_AS: &str = "lectern";

/// Remembered choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Of the last join.
    pub name: String,
    /// The link of the last class, without its secrets.
    pub last_link: Option<String>,
    /// None: as the system has it.
    pub dark: Option<bool>,
    /// None: as the system has it.
    pub language: Option<Language>,
    /// 0 to 1.
    pub volume: f32,
    pub muted: bool,
    pub people_open: bool,
    /// The rung that was chosen last, `auto` or `thirds`; none is `auto`.
    pub quality: Option<String>,
    /// Of the catalogue.
    pub order: Order,
    /// Enlargement of everything; 1 is none.
    pub scale: f32,
    /// Whether nothing moves by itself. None: as the system has it.
    pub still: Option<bool>,
    /// The videos of a class that is held here. None: where they lie by themselves.
    pub videos_folder: Option<std::path::PathBuf>,
    /// The device that plays, by its name. None: the system's choice.
    pub output: Option<String>,
    /// How much later than others each device that was heard here is heard, in milliseconds.
    pub trims_ms: std::collections::BTreeMap<String, i32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            last_link: None,
            dark: None,
            language: None,
            volume: 1.0,
            muted: false,
            people_open: true,
            quality: None,
            order: Order::default(),
            scale: 1.0,
            still: None,
            videos_folder: None,
            output: None,
            trims_ms: Default::default(),
        }
    }
}

impl Settings {
    /// Where this person hears.
    #[must_use]
    pub fn sound_out(&self) -> SoundOut {
        SoundOut { device: self.output.clone(), trim_ms: None, trims_ms: self.trims_ms.clone() }
    }

    /// A device that was heard stands in the settings from then on.
    pub fn note_device(&mut self, device: Option<String>) {
        if let Some(device) = device {
            self.trims_ms.entry(device).or_insert(0);
        }
    }

    /// Notes a class that was joined.
    pub fn note_class(&mut self, link: &JoinLink, name: &str) {
        let plain = JoinLink { code: None, video: None, key: None, ..link.clone() };
        self.last_link = Some(plain.to_string());
        name.clone_into(&mut self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::link::{Fingerprint, InstructorKey};

    #[test]
    fn no_secret_is_kept() {
        let link = JoinLink {
            hosts: vec!["10.0.0.1".into()],
            port: 5511,
            room: "net-2b".into(),
            code: Some("code".into()),
            video: None,
            key: Some(InstructorKey([9; 16])),
            fingerprint: Fingerprint([1; 32]),
        };
        let mut settings = Settings::default();
        settings.note_class(&link, "Ana");
        let kept = serde_json::to_string(&settings).expect("settings are plain data");
        assert!(!kept.contains(&InstructorKey([9; 16]).reveal()), "{kept}");
        assert!(!kept.contains("code="), "{kept}");
        assert!(kept.contains("net-2b"), "{kept}");
    }
}
