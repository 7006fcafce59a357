//! Every setting by section and key with its text and the place it comes from, and the table of known keys.
//!
//! Built from the file, `--set` and the defaults; [`super::Config`] gives the texts their types.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::ini::{self, shortened};

/// A key of `config.ini` with its default. What is allowed is said by the readers of `super::typed`.
struct Known {
    section: &'static str,
    key: &'static str,
    default: &'static str,
}

const fn known(section: &'static str, key: &'static str, default: &'static str) -> Known {
    Known { section, key, default }
}

/// The sections whose keys are names of rungs: of stored videos, and of live streams.
pub(super) const LADDER: &str = "resolutions";
pub(super) const LIVE_LADDER: &str = "live";

/// All keys besides those of ladders, in the order of the shipped file.
const KNOWN: &[Known] = &[
    known("server", "name", "Lectern"),
    known("server", "bind", "any"),
    known("server", "control_port", "5511"),
    known("server", "video_port", "9000"),
    known("server", "audio_port", "5858"),
    known("server", "discovery", "on"),
    known("quality", "thirds", "144p, 720p, 1440p"),
    known("paths", "videos", "videos"),
    known("paths", "chunks", "chunks"),
    known("paths", "data", "data"),
    known("paths", "dist", "dist"),
    known("rooms", "name", "class"),
    known("rooms", "password", ""),
    known("rooms", "together", "on"),
    known("rooms", "private_chat", "all"),
    known("rooms", "room_chat", "on"),
    known("store", "url", "sqlite:lectern.db"),
    known("privacy", "keep_days", "365"),
    known("chat", "keep_days", "14"),
    known("accounts", "register", "password"),
    known("accounts", "session_days", "30"),
    known("limits", "people", "300"),
    known("limits", "chunk_cache", "64 MiB"),
    known("limits", "worker_memory", "2 GiB"),
    known("limits", "worker_time", "30"),
    known("limits", "room_bandwidth", "none"),
    known("limits", "parity", "50"),
    known("limits", "attachment", "20 MiB"),
];

/// The ladders of a file without their sections.
const DEFAULT_LADDERS: &[(&str, &str, &str)] = &[
    (LADDER, "144p", "256x144 150k"),
    (LADDER, "360p", "640x360 700k"),
    (LADDER, "720p", "1280x720 2500k"),
    (LADDER, "1440p", "2560x1440 8000k"),
    (LIVE_LADDER, "180p", "320x180 200k"),
    (LIVE_LADDER, "360p", "640x360 700k"),
    (LIVE_LADDER, "720p", "1280x720 2500k"),
    (LIVE_LADDER, "1080p", "1920x1080 5000k"),
];

fn is_ladder(section: &str) -> bool {
    [LADDER, LIVE_LADDER].contains(&section)
}

/// Where a setting stands, as people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of the file, whose path is as it was given.
    File { path: Arc<str>, line: u32 },
    /// `--set` on the command line.
    Set,
    /// Another option of the command line.
    Option(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Set => f.write_str("--set"),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong with the configuration: `config.ini:LINE: [section] key: what is wrong; what is allowed`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    pub place: Place,
    pub section: Option<String>,
    pub key: Option<String>,
    pub what: String,
    pub allowed: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match (&self.section, &self.key) {
            (Some(section), Some(key)) => write!(f, "[{}] {}: ", shortened(section), shortened(key))?,
            (Some(section), None) => write!(f, "[{}]: ", shortened(section))?,
            (None, Some(key)) => write!(f, "{}: ", shortened(key))?,
            (None, None) => {}
        }
        write!(f, "{}; {}", self.what, self.allowed)
    }
}

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) value: String,
    pub(super) place: Place,
    /// Whether the value is the default; `place` is then where the key would stand.
    pub(super) is_default: bool,
}

/// All settings in force.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    map: BTreeMap<(String, String), Setting>,
    path: Arc<str>,
    sections: BTreeMap<String, u32>,
}

impl Settings {
    /// Puts a file's lines over the defaults.
    pub(super) fn read(path: &Path, bytes: &[u8], problems: &mut Vec<Problem>) -> Self {
        let path: Arc<str> = path.display().to_string().into();
        let at = |line| Place::File { path: Arc::clone(&path), line };
        let file = ini::parse(bytes);
        problems.extend(file.bad.into_iter().map(|b| Problem { place: at(b.line), section: b.section, key: b.key, what: b.what, allowed: b.allowed }));
        for (section, line) in &file.sections {
            if !is_section(section) {
                let what = "there is no such section".to_owned();
                problems.push(Problem { place: at(*line), section: Some(section.clone()), key: None, what, allowed: format!("known are {}", section_names()) });
            }
        }
        let mut settings = Self { map: BTreeMap::new(), path: Arc::clone(&path), sections: file.sections.iter().map(|(s, l)| (s.clone(), *l)).collect() };
        settings.defaults(|section| file.sections.contains_key(section));
        for entry in file.entries.into_iter().filter(|e| is_section(&e.section)) {
            settings.put(&entry.section, &entry.key, entry.value, at(entry.line), problems);
        }
        settings
    }

    fn defaults(&mut self, file_has: impl Fn(&str) -> bool) {
        let ladders = DEFAULT_LADDERS.iter().filter(|(section, ..)| !file_has(section)).copied();
        for (section, key, default) in KNOWN.iter().map(|k| (k.section, k.key, k.default)).chain(ladders) {
            let place = self.section_place(section);
            self.map.insert((section.to_owned(), key.to_owned()), Setting { value: default.to_owned(), place, is_default: true });
        }
    }

    /// Where a key of this section would be added: at the section's header, or at the top of the file.
    pub(super) fn section_place(&self, section: &str) -> Place {
        Place::File { path: Arc::clone(&self.path), line: self.sections.get(section).copied().unwrap_or(1) }
    }

    /// Puts one `section.key=value` of the command line over what there is. An empty value of a rung removes it.
    pub(super) fn set(&mut self, text: &str, problems: &mut Vec<Problem>) {
        let form = || Problem {
            place: Place::Set,
            section: None,
            key: None,
            what: format!("`{}` is not a setting", shortened(text)),
            allowed: "write section.key=value, for example server.video_port=9001".into(),
        };
        let Some((section, key, value)) = text.split_once('=').and_then(|(name, value)| name.split_once('.').map(|(s, k)| (s.trim(), k.trim(), value.trim())))
        else {
            problems.push(form());
            return;
        };
        if !is_section(section) {
            let allowed = format!("known are {}", section_names());
            problems.push(Problem { place: Place::Set, section: Some(section.into()), key: None, what: "there is no such section".into(), allowed });
        } else if is_ladder(section) && value.is_empty() {
            self.map.remove(&(section.to_owned(), key.to_owned()));
        } else {
            self.put(section, key, value.to_owned(), Place::Set, problems);
        }
    }

    /// Puts a value that has its own option on the command line over what there is.
    pub(super) fn put_option(&mut self, section: &str, key: &str, value: String, option: &'static str) {
        self.map.insert((section.to_owned(), key.to_owned()), Setting { value, place: Place::Option(option), is_default: false });
    }

    fn put(&mut self, section: &str, key: &str, value: String, place: Place, problems: &mut Vec<Problem>) {
        if !is_ladder(section) && !KNOWN.iter().any(|k| k.section == section && k.key == key) {
            let keys: Vec<_> = KNOWN.iter().filter(|k| k.section == section).map(|k| k.key).collect();
            let allowed = format!("[{section}] has {}", keys.join(", "));
            problems.push(Problem { place, section: Some(section.into()), key: Some(key.into()), what: "there is no such key".into(), allowed });
            return;
        }
        self.map.insert((section.to_owned(), key.to_owned()), Setting { value, place, is_default: false });
    }

    /// A known key's setting.
    pub(super) fn of(&self, section: &str, key: &str) -> Setting {
        self.map.get(&(section.to_owned(), key.to_owned())).cloned().unwrap_or_else(|| {
            let default = KNOWN.iter().find(|k| k.section == section && k.key == key).map_or("", |k| k.default);
            Setting { value: default.to_owned(), place: self.section_place(section), is_default: true }
        })
    }

    /// All settings of a section.
    pub(super) fn section<'a>(&'a self, section: &'a str) -> impl Iterator<Item = (&'a str, &'a Setting)> {
        self.map.iter().filter(move |((s, _), _)| s == section).map(|((_, k), setting)| (k.as_str(), setting))
    }

    /// All settings, in the order of the sections of the shipped file.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, &Setting)> {
        section_list()
            .into_iter()
            .flat_map(move |wanted| self.map.iter().filter(move |((s, _), _)| s == wanted))
            .map(|((s, k), setting)| (s.as_str(), k.as_str(), setting))
    }
}

fn section_list() -> Vec<&'static str> {
    let mut list: Vec<&'static str> = Vec::new();
    for k in KNOWN {
        if !list.contains(&k.section) {
            list.push(k.section);
        }
    }
    list.insert(1, LADDER);
    list.insert(2, LIVE_LADDER);
    list
}

fn section_names() -> String {
    section_list().iter().map(|s| format!("[{s}]")).collect::<Vec<_>>().join(", ")
}

fn is_section(name: &str) -> bool {
    section_list().contains(&name)
}

/// The keys that the shipped file must explain.
#[cfg(test)]
pub(super) fn known_keys() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    KNOWN.iter().map(|k| (k.section, k.key, k.default)).chain(DEFAULT_LADDERS.iter().copied())
}
