//! Servers whose certificate a person has confirmed: names and addresses with the fingerprint that belongs to them.
//!
//! One file of the window and the command line, `known_servers.json`, readable by its owner alone. It decides nothing by itself:
//! a name that is known with another certificate gets no password.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lectern_proto::link::{Fingerprint, JoinLink};
use serde::{Deserialize, Serialize};

use crate::folders;

/// Servers that are remembered. Full: the oldest goes.
const KNOWN_MAX: usize = 200;
/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;
/// The name of a server to which nobody gave one; it tells nothing apart.
const UNNAMED: &str = "Lectern";

/// The remembered servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownServers {
    servers: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    name: String,
    /// With their ports, as `HOST:PORT`, and `[HOST]:PORT` for IPv6.
    addresses: Vec<String>,
    fingerprint: String,
    /// Seconds since 1970-01-01; none where nobody wrote it down.
    #[serde(default)]
    since: Option<u64>,
}

/// What is known of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Its words are to be compared.
    New,
    /// Confirmed at this time, in seconds since 1970-01-01, as far as it was written down.
    Known { since: Option<u64> },
    /// Its name or address belongs to another certificate, confirmed at this time.
    Changed { since: Option<u64> },
}

impl KnownServers {
    /// Reads the file; what cannot be read counts as empty, and the log says so.
    #[must_use]
    pub fn load() -> Self {
        path().map(|path| Self::read(&path)).unwrap_or_default()
    }

    fn read(path: &Path) -> Self {
        folders::read_private(path, FILE_MAX, "the known servers cannot be read: their words will be asked for again")
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn store(&self) -> io::Result<()> {
        let path = path().ok_or(io::ErrorKind::NotFound)?;
        self.write(&path)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        folders::write_private(path, &serde_json::to_vec_pretty(self)?)
    }

    /// What is known of a server of this name (empty: not known), reached at these addresses, that shows this certificate.
    #[must_use]
    pub fn trust(&self, name: &str, addresses: &[String], fingerprint: &Fingerprint) -> Trust {
        let print = fingerprint.to_string();
        if let Some(known) = self.servers.iter().find(|k| k.fingerprint == print) {
            return Trust::Known { since: known.since };
        }
        let is_name = |k: &Known| !name.is_empty() && name != UNNAMED && k.name == name;
        let is_address = |k: &Known| k.addresses.iter().any(|a| addresses.contains(a));
        match self.servers.iter().find(|k| is_name(k) || is_address(k)) {
            Some(known) => Trust::Changed { since: known.since },
            None => Trust::New,
        }
    }

    /// Remembers a server that a person has confirmed, or whose link was given. Another one with its name or an address of it
    /// is forgotten. Says whether anything changed.
    pub fn note(&mut self, name: &str, link: &JoinLink) -> bool {
        let addresses = addresses(&link.hosts, link.port);
        let print = link.fingerprint.to_string();
        let before = self.clone();
        let since = self.servers.iter().find(|k| k.fingerprint == print).map_or_else(now, |k| k.since);
        let other_name = |k: &Known| name.is_empty() || name == UNNAMED || k.name != name;
        self.servers.retain(|k| k.fingerprint != print && other_name(k) && !k.addresses.iter().any(|a| addresses.contains(a)));
        self.servers.push(Known { name: name.to_owned(), addresses, fingerprint: print, since });
        if self.servers.len() > KNOWN_MAX {
            self.servers.remove(0);
        }
        *self != before
    }

    /// Hosts of the known servers.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let host = |a: &String| a.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']).to_owned());
        self.servers.iter().flat_map(|k| &k.addresses).filter_map(host).collect()
    }
}

/// Hosts with their port, as they are remembered.
#[must_use]
pub fn addresses(hosts: &[String], port: u16) -> Vec<String> {
    hosts.iter().map(|h| if h.contains(':') { format!("[{h}]:{port}") } else { format!("{h}:{port}") }).collect()
}

fn path() -> Option<PathBuf> {
    crate::ui::storage_folder().map(|folder| folder.join("known_servers.json"))
}

fn now() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(host: &str, print: u8) -> JoinLink {
        JoinLink { hosts: vec![host.into()], port: 5511, room: "r".into(), code: None, video: None, key: None, fingerprint: Fingerprint([print; 32]) }
    }

    #[test]
    fn a_name_or_address_with_another_certificate_is_noticed() {
        let mut known = KnownServers::default();
        assert!(known.note("Physics hall", &link("10.0.0.1", 1)));
        let check = |name: &str, address: &str, print: u8| known.trust(name, &[address.to_owned()], &Fingerprint([print; 32]));
        assert!(matches!(check("anything", "10.9.9.9:1", 1), Trust::Known { .. }));
        assert!(matches!(check("Physics hall", "10.9.9.9:1", 2), Trust::Changed { .. }));
        assert!(matches!(check("", "10.0.0.1:5511", 2), Trust::Changed { .. }));
        assert_eq!(check("", "10.0.0.1:5512", 2), Trust::New);
        assert_eq!(check("Lab", "10.9.9.9:1", 2), Trust::New);
    }

    #[test]
    fn servers_that_nobody_named_are_not_taken_for_one_another() {
        let mut known = KnownServers::default();
        known.note(UNNAMED, &link("10.0.0.1", 1));
        known.note(UNNAMED, &link("10.0.0.2", 2));
        for print in [1, 2] {
            assert!(matches!(known.trust(UNNAMED, &[], &Fingerprint([print; 32])), Trust::Known { .. }));
        }
        assert_eq!(known.trust(UNNAMED, &[], &Fingerprint([3; 32])), Trust::New);
    }

    #[test]
    fn a_new_link_takes_the_place_of_the_old_certificate() {
        let mut known = KnownServers::default();
        known.note("Physics hall", &link("10.0.0.1", 1));
        known.note("Physics hall", &link("10.0.0.1", 2));
        assert!(matches!(known.trust("Physics hall", &[], &Fingerprint([2; 32])), Trust::Known { .. }));
        assert!(matches!(known.trust("Physics hall", &[], &Fingerprint([1; 32])), Trust::Changed { .. }));
        assert!(!known.note("Physics hall", &link("10.0.0.1", 2)), "nothing new");
        assert_eq!(known.hosts(), ["10.0.0.1"]);
    }

    #[test]
    fn the_file_is_private_bounded_and_read_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a").join("known_servers.json");
        let mut known = KnownServers::default();
        for n in 0..=KNOWN_MAX {
            let mut fingerprint = Fingerprint([0; 32]);
            fingerprint.0[..2].copy_from_slice(&(n as u16).to_be_bytes());
            known.note("", &JoinLink { fingerprint, ..link(&format!("10.0.{}.{}", n / 250, n % 250), 0) });
        }
        assert_eq!(known.servers.len(), KNOWN_MAX);
        known.write(&path).expect("written");
        assert_eq!(KnownServers::read(&path), known);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("there").permissions()) & 0o777, 0o600);
        let undated = format!(r#"{{"servers":[{{"name":"Lab","addresses":[],"fingerprint":"{}"}}]}}"#, Fingerprint([9; 32]));
        std::fs::write(&path, undated).expect("writable");
        assert_eq!(KnownServers::read(&path).trust("", &[], &Fingerprint([9; 32])), Trust::Known { since: None });
        std::fs::write(&path, b"{ broken").expect("writable");
        assert_eq!(KnownServers::read(&path), KnownServers::default());
    }
}
