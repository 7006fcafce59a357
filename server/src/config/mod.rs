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

use lectern_proto::control::PrivateChat;
use lectern_proto::rung::RungSpec;

pub use self::settings::{Place, Problem};
pub use crate::store::StoreUrl;

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
    /// Whether the server answers clients that look for servers on the network.
    pub discovery: bool,
    /// Of stored videos: lowest rung first, at least one.
    pub ladder: Vec<RungSpec>,
    /// Of live streams: lowest rung first, at least one.
    pub live_ladder: Vec<RungSpec>,
    /// Names of rungs for the first, second and last third.
    pub thirds: [String; 3],
    pub paths: Paths,
    pub room: RoomSettings,
    pub store: StoreUrl,
    pub accounts: AccountSettings,
    pub limits: Limits,
    /// Days for which it is kept who was there.
    pub keep_days: u32,
    /// Days for which a private message waits for who is away.
    pub mail_days: u32,
    /// Only this file of the directory of videos, for a server that plays one and keeps nothing; none: all.
    pub alone: Option<std::ffi::OsString>,
    /// The media worker's program: `LECTERN_MEDIA`, or `lectern-media` beside this program, or in the search path.
    pub media_worker: PathBuf,
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
            std::io::ErrorKind::AddrInUse => {
                (format!("port {number} is in use by another program"), "end that program, or choose another port (0 means any free one)".to_owned())
            }
            std::io::ErrorKind::PermissionDenied => (format!("port {number} may not be opened by this user"), "choose a port above 1023".to_owned()),
            _ => (
                format!("port {number} of {address} cannot be opened ({error})"),
                "choose an address of this machine for [server] bind and a free port".to_owned(),
            ),
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
    /// Need not exist.
    pub dist: PathBuf,
}

/// The first room.
#[derive(Clone)]
pub struct RoomSettings {
    pub name: String,
    /// Generated at the first start when there is none.
    pub password: Option<String>,
    /// Everybody sits in one room: students' speakers start silent. The instructor can switch it.
    pub together: bool,
    /// Who may write to whom, one to one.
    pub private_chat: PrivateChat,
    /// Whether there is a chat that everybody in the room reads.
    pub room_chat: bool,
}

impl std::fmt::Debug for RoomSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoomSettings {{ name: {:?}, .. }}", self.name)
    }
}

/// Who makes accounts, and how long one stays logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSettings {
    pub register: Register,
    pub session_days: u32,
}

/// Who may make an account for himself or herself. Instructors always may, and for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    Off,
    /// Who knows the room's password.
    Password,
    /// Everybody who reaches the server.
    Open,
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
    /// What a room may send in all, in bits per second; none: as fast as the network takes it.
    pub room_bandwidth_bps: Option<u64>,
    /// Most parity that a viewer of a live stream gets, in percent of what it is sent.
    pub parity_percent: u8,
    /// Largest attachment of private chat in bytes; 0: none.
    pub attachment_bytes: u64,
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

/// Finds the media worker.
fn media_worker() -> PathBuf {
    let name = format!("lectern-media{}", std::env::consts::EXE_SUFFIX);
    let beside = |exe: PathBuf| Some(exe.parent()?.join(&name)).filter(|p| p.is_file());
    let found = std::env::var_os("LECTERN_MEDIA").map(PathBuf::from).or_else(|| beside(std::env::current_exe().ok()?));
    found.unwrap_or_else(|| PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../config.ini");

    fn sources(set: &[&str]) -> Sources {
        Sources { file: "class/config.ini".into(), set: set.iter().map(|s| (*s).to_owned()).collect(), data_dir: None }
    }

    fn parse(text: &str, set: &[&str]) -> Result<Config, Vec<Problem>> {
        Config::parse(&sources(set), text.as_bytes())
    }

    #[test]
    fn the_shipped_file_explains_every_key_and_is_the_default() {
        let shipped = parse(SHIPPED, &[]).expect("the shipped file");
        let empty = parse("", &[]).expect("an empty file");
        assert_eq!((shipped.ladder, shipped.live_ladder, shipped.thirds, shipped.bind), (empty.ladder, empty.live_ladder, empty.thirds, empty.bind));
        for (section, key, default) in settings::known_keys() {
            let part = SHIPPED.split(&format!("[{section}]")).nth(1).expect("the section").split("\n[").next().expect("its text");
            let line =
                part.lines().find(|l| l.split('=').next().is_some_and(|k| k.trim() == key)).unwrap_or_else(|| panic!("[{section}] {key} is not in the file"));
            assert_eq!(line.split_once('=').expect("a value").1.trim(), default, "[{section}] {key}");
        }
    }

    /// One wrong line each; the message is the whole of what people see.
    #[test]
    fn what_is_wrong_is_said_with_its_line_and_what_is_allowed() {
        let check = |text: &str, want: &str| {
            let problems = parse(text, &[]).expect_err(text);
            assert_eq!(problems[0].to_string(), want, "{text}");
        };
        check(
            "[server]\ncontrol_port = 70000",
            "class/config.ini:2: [server] control_port: `70000` is not a port; a whole number from 0 to 65535 is allowed, 0 means any free port",
        );
        check(
            "[server]\n\nvideo_porrt = 9000",
            "class/config.ini:3: [server] video_porrt: there is no such key; [server] has name, bind, control_port, video_port, audio_port, discovery",
        );
        check(
            "[nonsense]\nx = 1",
            "class/config.ini:1: [nonsense]: there is no such section; known are [server], [resolutions], [live], [quality], [paths], [rooms], [store], [privacy], [chat], [accounts], [limits]",
        );
        check(
            "[resolutions]\n720p = 1280by720",
            "class/config.ini:2: [resolutions] 720p: `1280by720` is not a rung; write WIDTHxHEIGHT RATEk, for example 1280x720 2500k",
        );
        check("[resolutions]\n720p = 1281x720 1M", "class/config.ini:2: [resolutions] 720p: the box 1281x720 has an odd edge; H.264 4:2:0 needs even ones");
        check(
            "[resolutions]\nx = 8x8 1M",
            "class/config.ini:2: [resolutions] x: the box 8x8 is outside 16 to 4096 pixels an edge; 16 to 4096 pixels an edge and 20k to 100M are allowed, for example 1280x720 2500k",
        );
        check(
            "[resolutions]\n",
            "class/config.ini:1: [resolutions]: there is no rung; 1 to 16 rungs are allowed, one a line, for example 720p = 1280x720 2500k",
        );
        check(
            "[resolutions]\na = 16x16 1M\n[quality]\nthirds = a, b, a",
            "class/config.ini:4: [quality] thirds: `b` is not a rung of [resolutions]; three of a are allowed, separated by commas",
        );
        check(
            "[quality]\nthirds = 144p, 720p",
            "class/config.ini:2: [quality] thirds: 2 names stand here; three of 144p, 360p, 720p, 1440p are allowed, separated by commas",
        );
        check(
            "[server]\nbind = localhost",
            "class/config.ini:2: [server] bind: `localhost` is not an address; `any` or one IPv4 or IPv6 address of this machine is allowed",
        );
        check("[server]\nname =", "class/config.ini:2: [server] name: the value is empty; 1 to 64 bytes are allowed");
        check(
            "[server]\nvideo_port = 1\naudio_port = 1",
            "class/config.ini:3: [server] audio_port: port 1 is that of video_port already; three different ports are allowed, 0 means any free one",
        );
        check(
            "[store]\nurl = postgres://u:secret@h:port/d",
            "class/config.ini:2: [store] url: the value is not the URL of a store; sqlite:FILE (relative to [paths] data) or postgres://USER:PASSWORD@HOST:PORT/DATABASE is allowed",
        );
        check(
            "[store]\nurl = secret",
            "class/config.ini:2: [store] url: the value is not the URL of a store; sqlite:FILE (relative to [paths] data) or postgres://USER:PASSWORD@HOST:PORT/DATABASE is allowed",
        );
        check(
            "[limits]\nchunk_cache = 1 MiB",
            "class/config.ini:2: [limits] chunk_cache: `1 MiB` is not such a size; 4 MiB to 65536 MiB is allowed, written like 64 MiB or 2 GiB",
        );
        check("[accounts]\nregister = yes", "class/config.ini:2: [accounts] register: `yes` is none of them; `off`, `password` or `open` is allowed");
        check("[limits]\npeople = 0", "class/config.ini:2: [limits] people: `0` is not such a number; 1 to 1000 is allowed");
        check("[limits]\npeople = 1\npeople = 2", "class/config.ini:3: [limits] people: the key stands twice, first in line 2; keep one of them");
        check("people = 1", "class/config.ini:1: people: the key stands before the first section; put it below its [section]");
    }

    #[test]
    fn all_problems_are_found_in_one_pass() {
        let problems = parse("[server]\nbind = x\naudio_port = y\n[z]", &["limits.people=none"]).expect_err("four problems");
        let places: Vec<_> = problems.iter().map(|p| p.place.to_string()).collect();
        assert_eq!(places, ["class/config.ini:2", "class/config.ini:3", "class/config.ini:4", "--set"]);
    }

    #[test]
    fn settings_of_the_command_line_go_over_the_file() {
        let config =
            parse("[server]\nvideo_port = 1", &["server.video_port=2", "resolutions.360p=", "resolutions.4k=3840x2160 20M", "paths.videos=v"]).expect("good");
        assert_eq!((config.video_port.number, config.video_port.place.to_string().as_str()), (2, "--set"));
        assert_eq!(config.ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["144p", "720p", "1440p", "4k"]);
        assert_eq!((config.paths.videos, config.paths.chunks), ("v".into(), "class/chunks".into()));
        for (set, want) in [
            ("nonsense", "--set: `nonsense` is not a setting; write section.key=value, for example server.video_port=9001"),
            ("server.x=1", "--set: [server] x: there is no such key; [server] has name, bind, control_port, video_port, audio_port, discovery"),
            ("server.video_port=x", "--set: [server] video_port: `x` is not a port; a whole number from 0 to 65535 is allowed, 0 means any free port"),
        ] {
            assert_eq!(parse("", &[set]).expect_err(set)[0].to_string(), want);
        }
    }

    #[test]
    fn a_ladder_of_ones_own_has_thirds_of_its_own() {
        let config = parse("[resolutions]\nlow = 64x48 50k\nhigh = 640x480 1M", &[]).expect("good");
        assert_eq!(config.thirds, ["low", "high", "high"]);
    }

    #[test]
    fn a_port_that_is_taken_names_its_line_or_where_it_would_stand() {
        let taken = |text: &str| {
            let config = parse(text, &[]).expect("good");
            config.video_port.problem(config.bind.address(), &std::io::ErrorKind::AddrInUse.into()).to_string()
        };
        let rest = "[server] video_port: port 9000 is in use by another program; end that program, or choose another port (0 means any free one)";
        assert_eq!(taken("\n[server]\nvideo_port = 9000"), format!("class/config.ini:3: {rest}"));
        assert_eq!(taken("\n[server]\n"), format!("class/config.ini:2: {rest}"));
        assert_eq!(taken(""), format!("class/config.ini:1: {rest}"));
    }

    #[test]
    fn what_is_shown_has_no_password() {
        let shown = parse("[rooms]\npassword = geheim", &["server.name=X"]).expect("good").to_json();
        assert!(!shown.to_string().contains("geheim"));
        let of = |key: &str| shown["settings"].as_array().expect("a list").iter().find(|s| s["key"] == key).expect(key).clone();
        assert_eq!((&of("password")["value"], &of("password")["source"]), (&"(set)".into(), &"class/config.ini:2".into()));
        assert_eq!((&of("name")["source"], &of("bind")["source"]), (&"--set".into(), &"default".into()));
        for url in ["postgres://u:geheim@h/d", "postgresql://u@h/d?password=geheim&sslmode=require"] {
            let shown = parse("", &[&format!("store.url={url}")]).expect("good").to_json().to_string();
            assert!(shown.contains("postgres://u@h:5432/d") && !shown.contains("geheim"), "{shown}");
        }
    }

    #[test]
    fn directories_that_cannot_be_made_are_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        std::fs::write(&file, b"x").expect("writable");
        let sources = Sources { file: dir.path().join("config.ini"), set: vec![format!("paths.data={}", file.join("data").display())], data_dir: None };
        let config = Config::parse(&sources, b"[paths]\nchunks = file").expect("good");
        for problems in [config.check_directories().expect_err("two"), config.make_directories().expect_err("two")] {
            let places: Vec<_> = problems.iter().map(|p| p.to_string()).collect();
            assert_eq!(places.len(), 2, "{places:?}");
            assert!(places[0].contains("config.ini:2: [paths] chunks: the directory "), "{places:?}");
            assert!(places[1].starts_with("--set: [paths] data: the directory "), "{places:?}");
        }
    }
}
