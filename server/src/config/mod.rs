//! The configuration: `config.ini`, `--set` and the defaults, checked and typed before anything is opened.
//!
//! Flow: [`Sources`] → lines (`ini`) → settings with their places (`settings`) → [`Config`] (`typed`) → the directories
//! and ports of the machine (`machine`). Every problem is a [`Problem`] that names its line and says what is allowed.

mod ini;
mod machine;
mod settings;
mod typed;

use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use lectern_proto::rung::RungSpec;

pub use self::settings::{Place, Problem};

/// Where the configuration comes from, in rising order of precedence.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The file; its relative paths are relative to its directory.
    pub file: PathBuf,
    /// `section.key=value` each.
    pub set: Vec<String>,
    /// Over `[paths] data`.
    pub data_dir: Option<PathBuf>,
}

/// Everything that a server is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Shown to clients, 1 to 64 bytes.
    pub name: String,
    pub bind: Bind,
    pub control_port: Port,
    pub video_port: Port,
    pub audio_port: Port,
    /// Lowest rung first, at least one.
    pub ladder: Vec<RungSpec>,
    /// Names of rungs for the first, second and last third.
    pub thirds: [String; 3],
    pub paths: Paths,
    pub room: RoomSettings,
    /// The SQLite file.
    pub store: PathBuf,
    pub limits: Limits,
    shown: Vec<Shown>,
}

/// The addresses that are listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// All of the machine, IPv6 and IPv4 where it has them.
    Any,
    One(IpAddr),
}

impl Bind {
    /// The address for a message.
    #[must_use]
    pub fn address(self) -> IpAddr {
        match self {
            Self::Any => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Self::One(address) => address,
        }
    }
}

/// A port with its place in the configuration, for the message when it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// 0 means any free port.
    pub number: u16,
    pub key: &'static str,
    pub place: Place,
}

impl Port {
    /// The problem that this port could not be opened.
    #[must_use]
    pub fn problem(&self, address: IpAddr, error: &std::io::Error) -> Problem {
        let number = self.number;
        let (what, allowed) = match error.kind() {
            std::io::ErrorKind::AddrInUse => (format!("port {number} is in use by another program"), "end that program, or choose another port (0 means any free one)".to_owned()),
            std::io::ErrorKind::PermissionDenied => (format!("port {number} may not be opened by this user"), "choose a port above 1023".to_owned()),
            _ => (format!("port {number} of {address} cannot be opened ({error})"), "choose an address of this machine for [server] bind and a free port".to_owned()),
        };
        Problem { place: self.place.clone(), section: Some("server".into()), key: Some(self.key.into()), what, allowed }
    }
}

/// Directories, absolute or relative to the working directory.
#[derive(Debug, Clone)]
pub struct Paths {
    pub videos: PathBuf,
    pub chunks: PathBuf,
    pub data: PathBuf,
}

/// The first room.
#[derive(Clone)]
pub struct RoomSettings {
    pub name: String,
    /// Generated at the first start when there is none.
    pub password: Option<String>,
}

impl std::fmt::Debug for RoomSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoomSettings {{ name: {:?}, .. }}", self.name)
    }
}

/// Numbers that an operator may change.
#[derive(Debug, Clone)]
pub struct Limits {
    /// People in the room, without instructors.
    pub people: usize,
    /// Bytes of sealed chunks that are kept in memory.
    pub chunk_cache_bytes: u64,
    /// Memory of a media worker in bytes.
    pub worker_memory_bytes: u64,
    /// Longest run of a media worker, in multiples of the video's duration.
    pub worker_time: u32,
}

/// A setting as `check` prints it.
#[derive(Debug, Clone, Serialize)]
struct Shown {
    section: String,
    key: String,
    value: String,
    source: String,
    #[serde(skip)]
    place: Place,
}

impl Config {
    /// Reads the file and everything that goes over it.
    ///
    /// # Errors
    /// Every [`Problem`] that was found, in the order of their lines.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let bytes = std::fs::read(&sources.file).map_err(|error| {
            let place = Place::File { path: sources.file.display().to_string().into(), line: 1 };
            let what = format!("the file cannot be read ({error})");
            vec![Problem { place, section: None, key: None, what, allowed: "name a configuration file with --config".into() }]
        })?;
        Self::parse(sources, &bytes)
    }

    /// As [`Self::load`], with the file's bytes given.
    ///
    /// # Errors
    /// Every [`Problem`] that was found.
    pub fn parse(sources: &Sources, bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut settings = settings::Settings::read(&sources.file, bytes, &mut problems);
        for text in &sources.set {
            settings.set(text, &mut problems);
        }
        if let Some(dir) = &sources.data_dir {
            settings.put_option("paths", "data", dir.display().to_string(), "--data-dir");
        }
        let base = sources.file.parent().filter(|p| !p.as_os_str().is_empty());
        let config = typed::config(&settings, base, sources.data_dir.as_deref(), &mut problems);
        problems.sort_by_key(|p| match &p.place {
            Place::File { line, .. } => *line,
            Place::Set | Place::Option(_) => u32::MAX,
        });
        config.filter(|_| problems.is_empty()).ok_or(problems)
    }

    /// Makes the directories that are missing and sees that they can be written.
    ///
    /// # Errors
    /// A [`Problem`] for each that cannot.
    pub fn make_directories(&self) -> Result<(), Vec<Problem>> {
        machine::make_directories(self)
    }

    /// As [`Self::make_directories`], without making anything.
    ///
    /// # Errors
    /// A [`Problem`] for each directory that could not be made or written.
    pub fn check_directories(&self) -> Result<(), Vec<Problem>> {
        machine::check_directories(self)
    }

    /// All settings in force with where each comes from, as JSON. Passwords are not in it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "settings": self.shown })
    }

    fn place_of(&self, section: &str, key: &str) -> Place {
        typed::place_of(&self.shown, section, key)
    }
}
