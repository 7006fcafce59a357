//! How people and scripts learn of a server that is ready: join links, ports, the file of `--announce`.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lectern_proto::link::{Fingerprint, InstructorKey, JoinLink, LINK_HOSTS_MAX};
use serde::Serialize;

use crate::config::Bind;
use crate::platform;

/// What `--announce` writes.
#[derive(Debug, Clone, Serialize)]
pub struct Announcement {
    pub join: String,
    /// The join link with the instructor's key: secret.
    pub instructor: String,
    /// The room's password, set or generated: secret.
    pub password: String,
    pub ports: Ports,
    pub pid: u32,
    pub version: &'static str,
}

/// The ports that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ports {
    pub control: u16,
    pub video: u16,
    pub audio: u16,
}

impl Announcement {
    /// The announcement of a server that listens on these ports.
    #[must_use]
    pub fn new(bind: Bind, ports: Ports, room: &str, fingerprint: Fingerprint, key: &InstructorKey, password: &str) -> Self {
        let hosts = hosts(bind, platform::addresses());
        let link = JoinLink { hosts, port: ports.control, room: room.to_owned(), code: None, video: None, key: None, fingerprint };
        let instructor = JoinLink { key: Some(key.clone()), ..link.clone() };
        Self {
            join: link.to_string(),
            instructor: instructor.to_string(),
            password: password.to_owned(),
            ports,
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// How a server that is ready is made known.
#[derive(Debug)]
pub enum Announced {
    File(AnnounceFile),
    /// One line was written to the pipe of whoever started this.
    Line,
}

impl Announced {
    /// Tells it as the option says: `-` is standard output, anything else a file.
    ///
    /// # Errors
    /// Those of the file system, or of a pipe whose reader is gone.
    pub fn tell(to: &Path, announcement: &Announcement) -> io::Result<Self> {
        if to != Path::new("-") {
            return AnnounceFile::write(to, announcement).map(Self::File);
        }
        let mut out = io::stdout().lock();
        out.write_all(&line(announcement)?).and_then(|()| out.flush()).map(|()| Self::Line)
    }
}

fn line(announcement: &Announcement) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec(announcement)?;
    json.push(b'\n');
    Ok(json)
}

fn hosts(bind: Bind, machine: Vec<IpAddr>) -> Vec<String> {
    match bind {
        Bind::One(address) if !address.is_unspecified() => vec![address.to_string()],
        Bind::One(_) => hosts(Bind::Any, machine.into_iter().filter(IpAddr::is_ipv4).collect()),
        // A machine without a network still serves itself.
        Bind::Any if machine.is_empty() => vec!["127.0.0.1".to_owned()],
        Bind::Any => machine.iter().take(LINK_HOSTS_MAX).map(IpAddr::to_string).collect(),
    }
}

/// The file of `--announce`; gone when this is dropped.
#[derive(Debug)]
pub struct AnnounceFile(PathBuf);

impl AnnounceFile {
    /// Writes the file in one step, readable by its owner alone.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(path: &Path, announcement: &Announcement) -> io::Result<Self> {
        platform::write_private(path, &line(announcement)?)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for AnnounceFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_what_is_listened_on() {
        let ip = |s: &str| s.parse::<IpAddr>().expect("an address");
        let check = |bind, machine: &[&str], want: &[&str]| assert_eq!(hosts(bind, machine.iter().map(|a| ip(a)).collect()), want, "{bind:?}");
        check(Bind::One(ip("127.0.0.1")), &["192.0.2.7"], &["127.0.0.1"]);
        check(Bind::One(ip("0.0.0.0")), &["192.0.2.7", "2001:db8::7"], &["192.0.2.7"]);
        check(Bind::Any, &["192.0.2.7", "2001:db8::7"], &["192.0.2.7", "2001:db8::7"]);
        check(Bind::Any, &[], &["127.0.0.1"]);
    }

    #[test]
    fn the_file_comes_and_goes_and_its_links_are_readable() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ready.json");
        let ports = Ports { control: 1, video: 2, audio: 3 };
        let announcement = Announcement::new(Bind::One(ip6()), ports, "Klasse 7b/ü", Fingerprint([7; 32]), &InstructorKey([1; 16]), "geheim");
        let file = AnnounceFile::write(&path, &announcement).expect("written");
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("there")).expect("JSON");
        assert_eq!((&json["ports"]["video"], &json["password"]), (&2.into(), &"geheim".into()));
        let link: JoinLink = json["instructor"].as_str().expect("text").parse().expect("a link");
        assert_eq!((link.room.as_str(), link.hosts[0].as_str(), link.key), ("Klasse 7b/ü", "2001:db8::1", Some(InstructorKey([1; 16]))));
        drop(file);
        assert!(!path.exists());
    }

    fn ip6() -> IpAddr {
        "2001:db8::1".parse().expect("an address")
    }
}
