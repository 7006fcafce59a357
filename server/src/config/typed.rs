//! Gives the settings their types and ranges.
//!
//! One reader for each kind of value; a bad value becomes a [`Problem`] and the reader's fallback, so that all problems
//! of a file are found in one pass.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lectern_proto::control::PrivateChat;
use lectern_proto::limits::{
    CHAT_ATTACHMENT_MAX, CHUNK_CACHE_MIB, KEEP_DAYS, MAIL_KEEP_DAYS, NAME_MAX, PARITY_PERCENT_MAX, PASSWORD_MAX, ROOM_BANDWIDTH_BPS, ROOM_NAME_MAX,
    ROOM_PEOPLE_MAX, RUNGS_MAX, SESSION_DAYS, WORKER_MEMORY_MIB, WORKER_TIME,
};
use lectern_proto::rung::{RungSpec, parse_bitrate};

use super::ini::shortened;
use super::settings::{LADDER, LIVE_LADDER, Setting, Settings};
use super::{AccountSettings, Bind, Config, Limits, Paths, Place, Port, Problem, Register, RoomSettings, Shown, StoreUrl};

struct Reader<'a> {
    settings: &'a Settings,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn bad(&mut self, section: &str, key: &str, place: Place, what: impl Into<String>, allowed: impl Into<String>) {
        self.problems.push(Problem { place, section: Some(section.into()), key: Some(key.into()), what: what.into(), allowed: allowed.into() });
    }

    fn text(&mut self, section: &str, key: &str, max: usize) -> String {
        let Setting { value, place, .. } = self.settings.of(section, key);
        if value.is_empty() || value.len() > max || value.contains(char::is_control) {
            let what = if value.is_empty() { "the value is empty".to_owned() } else { format!("`{}` is {} bytes long", shortened(&value), value.len()) };
            self.bad(section, key, place, what, format!("1 to {max} bytes are allowed"));
        }
        value
    }

    fn number(&mut self, section: &str, key: &str, range: std::ops::RangeInclusive<u32>) -> u32 {
        let Setting { value, place, .. } = self.settings.of(section, key);
        let number = value.parse().ok().filter(|n| range.contains(n));
        number.unwrap_or_else(|| {
            self.bad(section, key, place, format!("`{}` is not such a number", shortened(&value)), format!("{} to {} is allowed", range.start(), range.end()));
            *range.start()
        })
    }

    fn port(&mut self, key: &'static str) -> Port {
        let Setting { value, place, .. } = self.settings.of("server", key);
        let number = value.parse().unwrap_or_else(|_| {
            self.bad(
                "server",
                key,
                place.clone(),
                format!("`{}` is not a port", shortened(&value)),
                "a whole number from 0 to 65535 is allowed, 0 means any free port",
            );
            0
        });
        Port { number, key, place }
    }

    fn mebibytes(&mut self, key: &str, range: std::ops::RangeInclusive<u32>) -> u64 {
        let Setting { value, place, .. } = self.settings.of("limits", key);
        let (digits, unit) = value.strip_suffix("GiB").map_or_else(|| (value.strip_suffix("MiB").unwrap_or(&value), 1), |digits| (digits, 1024));
        let number = digits.trim().parse::<u32>().ok().and_then(|n| n.checked_mul(unit)).filter(|n| range.contains(n));
        let number = number.unwrap_or_else(|| {
            let allowed = format!("{} MiB to {} MiB is allowed, written like 64 MiB or 2 GiB", range.start(), range.end());
            self.bad("limits", key, place, format!("`{}` is not such a size", shortened(&value)), allowed);
            *range.start()
        });
        u64::from(number) << 20
    }

    fn bandwidth(&mut self) -> Option<u64> {
        let Setting { value, place, .. } = self.settings.of("limits", "room_bandwidth");
        if value == "none" {
            return None;
        }
        let bps = parse_bitrate(&value).filter(|bps| ROOM_BANDWIDTH_BPS.contains(bps));
        if bps.is_none() {
            let what = format!("`{}` is not such a rate", shortened(&value));
            self.bad("limits", "room_bandwidth", place, what, "none, or 100k to 100000M bits per second are allowed, written like 40M");
        }
        bps
    }

    fn bind(&mut self) -> Bind {
        let Setting { value, place, .. } = self.settings.of("server", "bind");
        if value == "any" {
            return Bind::Any;
        }
        match value.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() && address.is_ipv6() => Bind::Any,
            Ok(address) => Bind::One(address),
            Err(_) => {
                self.bad(
                    "server",
                    "bind",
                    place,
                    format!("`{}` is not an address", shortened(&value)),
                    "`any` or one IPv4 or IPv6 address of this machine is allowed",
                );
                Bind::Any
            }
        }
    }

    fn switch(&mut self, section: &str, key: &str) -> bool {
        let Setting { value, place, .. } = self.settings.of(section, key);
        match value.as_str() {
            "on" => true,
            "off" => false,
            _ => {
                self.bad(section, key, place, format!("`{}` is neither on nor off", shortened(&value)), "`on` or `off` is allowed");
                false
            }
        }
    }

    fn private_chat(&mut self) -> PrivateChat {
        let Setting { value, place, .. } = self.settings.of("rooms", "private_chat");
        match value.as_str() {
            "off" => PrivateChat::Off,
            "instructor" => PrivateChat::Instructor,
            "all" => PrivateChat::All,
            _ => {
                self.bad("rooms", "private_chat", place, format!("`{}` is none of them", shortened(&value)), "`off`, `instructor` or `all` is allowed");
                PrivateChat::Off
            }
        }
    }

    fn register(&mut self) -> Register {
        let Setting { value, place, .. } = self.settings.of("accounts", "register");
        match value.as_str() {
            "off" => Register::Off,
            "password" => Register::Password,
            "open" => Register::Open,
            _ => {
                self.bad("accounts", "register", place, format!("`{}` is none of them", shortened(&value)), "`off`, `password` or `open` is allowed");
                Register::Off
            }
        }
    }

    fn path(&mut self, key: &str, base: Option<&Path>) -> PathBuf {
        let Setting { value, place, .. } = self.settings.of("paths", key);
        if value.is_empty() {
            self.bad("paths", key, place.clone(), "the value is empty", "the path of a directory is allowed");
        }
        // What stands in the file is relative to the file; what stands on the command line to where that was typed.
        match (base, place) {
            (Some(base), Place::File { .. }) => base.join(value),
            _ => PathBuf::from(value),
        }
    }

    fn ladder(&mut self, section: &str) -> Vec<RungSpec> {
        let mut ladder = Vec::new();
        let settings = self.settings;
        for (name, setting) in settings.section(section) {
            match RungSpec::parse(name, &setting.value) {
                Ok(rung) => ladder.push(rung),
                Err(error) => {
                    let text = error.to_string();
                    let (what, allowed) =
                        text.split_once("; ").unwrap_or((&text, "16 to 4096 pixels an edge and 20k to 100M are allowed, for example 1280x720 2500k"));
                    self.bad(section, name, setting.place.clone(), what, allowed);
                }
            }
        }
        if self.settings.section(section).count() == 0 {
            self.problems.push(Problem {
                place: self.settings.section_place(section),
                section: Some(section.into()),
                key: None,
                what: "there is no rung".into(),
                allowed: format!("1 to {RUNGS_MAX} rungs are allowed, one a line, for example 720p = 1280x720 2500k"),
            });
        }
        if let Some((name, setting)) = self.settings.section(section).nth(RUNGS_MAX) {
            self.bad(section, name, setting.place.clone(), "there are too many rungs", format!("1 to {RUNGS_MAX} rungs are allowed"));
        }
        ladder.sort_by_key(|r| (u64::from(r.box_width) * u64::from(r.box_height), r.bitrate_bps));
        ladder
    }

    fn thirds(&mut self, ladder: &[RungSpec]) -> [String; 3] {
        let Setting { value, place, is_default } = self.settings.of("quality", "thirds");
        let names: Vec<_> = value.split(',').map(|n| n.trim().to_owned()).collect();
        let known = ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ");
        if let Some(unknown) = names.iter().find(|n| !ladder.iter().any(|r| r.name == **n)) {
            if is_default && !ladder.is_empty() {
                return [0, ladder.len() / 2, ladder.len() - 1].map(|i| ladder[i].name.clone());
            }
            self.bad(
                "quality",
                "thirds",
                place,
                format!("`{}` is not a rung of [{LADDER}]", shortened(unknown)),
                format!("three of {known} are allowed, separated by commas"),
            );
            return Default::default();
        }
        names.try_into().unwrap_or_else(|names: Vec<String>| {
            self.bad("quality", "thirds", place, format!("{} names stand here", names.len()), format!("three of {known} are allowed, separated by commas"));
            Default::default()
        })
    }

    fn store(&mut self, data: &Path) -> StoreUrl {
        let Setting { value, place, .. } = self.settings.of("store", "url");
        StoreUrl::parse(&value, data).unwrap_or_else(|| {
            // A URL may hold a password: its text is not repeated.
            let allowed = "sqlite:FILE (relative to [paths] data) or postgres://USER:PASSWORD@HOST:PORT/DATABASE is allowed";
            self.bad("store", "url", place, "the value is not the URL of a store", allowed);
            StoreUrl::Sqlite(data.join("lectern.db"))
        })
    }
}

/// The typed configuration, if there is no new problem.
pub(super) fn config(settings: &Settings, base: Option<&Path>, data_dir: Option<&Path>, problems: &mut Vec<Problem>) -> Option<Config> {
    let before = problems.len();
    let mut r = Reader { settings, problems };
    let (ladder, live_ladder) = (r.ladder(LADDER), r.ladder(LIVE_LADDER));
    let thirds = if ladder.is_empty() { Default::default() } else { r.thirds(&ladder) };
    let data = data_dir.map_or_else(|| r.path("data", base), Path::to_owned);
    let paths = Paths { videos: r.path("videos", base), chunks: r.path("chunks", base), data, dist: r.path("dist", base) };
    let people_max = u32::try_from(ROOM_PEOPLE_MAX).unwrap_or(u32::MAX);
    let config = Config {
        name: r.text("server", "name", NAME_MAX),
        bind: r.bind(),
        control_port: r.port("control_port"),
        video_port: r.port("video_port"),
        audio_port: r.port("audio_port"),
        discovery: r.switch("server", "discovery"),
        ladder,
        live_ladder,
        thirds,
        store: r.store(&paths.data),
        accounts: AccountSettings { register: r.register(), session_days: r.number("accounts", "session_days", SESSION_DAYS) },
        paths,
        room: RoomSettings {
            name: r.text("rooms", "name", ROOM_NAME_MAX),
            password: password(&mut r),
            together: r.switch("rooms", "together"),
            private_chat: r.private_chat(),
            room_chat: r.switch("rooms", "room_chat"),
        },
        limits: Limits {
            people: r.number("limits", "people", 1..=people_max) as usize,
            chunk_cache_bytes: r.mebibytes("chunk_cache", CHUNK_CACHE_MIB),
            worker_memory_bytes: r.mebibytes("worker_memory", WORKER_MEMORY_MIB),
            worker_time: r.number("limits", "worker_time", WORKER_TIME),
            room_bandwidth_bps: r.bandwidth(),
            // At most the limit.
            parity_percent: r.number("limits", "parity", 0..=u32::from(PARITY_PERCENT_MAX)) as u8,
            attachment_bytes: r.mebibytes("attachment", 0..=(CHAT_ATTACHMENT_MAX >> 20) as u32),
        },
        keep_days: r.number("privacy", "keep_days", KEEP_DAYS),
        mail_days: r.number("chat", "keep_days", MAIL_KEEP_DAYS),
        alone: None,
        media_worker: super::media_worker(),
        shown: shown(settings),
    };
    same_ports(&mut r, [&config.control_port, &config.video_port, &config.audio_port]);
    (problems.len() == before).then_some(config)
}

fn password(r: &mut Reader<'_>) -> Option<String> {
    let Setting { value, place, .. } = r.settings.of("rooms", "password");
    if value.len() > PASSWORD_MAX {
        r.bad(
            "rooms",
            "password",
            place,
            format!("the password is {} bytes long", value.len()),
            format!("up to {PASSWORD_MAX} bytes are allowed, empty means one is generated"),
        );
    }
    (!value.is_empty()).then_some(value)
}

fn same_ports(r: &mut Reader<'_>, ports: [&Port; 3]) {
    for (i, port) in ports.iter().enumerate() {
        if let Some(first) = ports[..i].iter().find(|p| p.number == port.number && port.number != 0) {
            r.bad(
                "server",
                port.key,
                port.place.clone(),
                format!("port {} is that of {} already", port.number, first.key),
                "three different ports are allowed, 0 means any free one",
            );
        }
    }
}

fn shown(settings: &Settings) -> Vec<Shown> {
    let value = |section: &str, key: &str, value: &str| match (section, key, value) {
        ("rooms", "password", "") => "(generated)".to_owned(),
        ("rooms", "password", _) => "(set)".to_owned(),
        ("store", "url", _) => match StoreUrl::parse(value, Path::new("")) {
            Some(StoreUrl::Sqlite(_)) => value.to_owned(),
            // Without its password.
            Some(url) => url.to_string(),
            None => "(not a URL)".to_owned(),
        },
        _ => value.to_owned(),
    };
    let show = |(section, key, s): (&str, &str, &Setting)| Shown {
        section: section.to_owned(),
        key: key.to_owned(),
        value: value(section, key, &s.value),
        source: if s.is_default { "default".to_owned() } else { s.place.to_string() },
        place: s.place.clone(),
    };
    settings.all().map(show).collect()
}

/// The place of a setting in force.
pub(super) fn place_of(shown: &[Shown], section: &str, key: &str) -> Place {
    shown.iter().find(|s| s.section == section && s.key == key).map_or(Place::Set, |s| s.place.clone())
}
