//! An address as people type it: `192.168.10.4`, `lab.local:5512`, `[2001:db8::7]`, `lectern://HOST[,HOST...]:PORT[/ROOM]`.
//!
//! It says where a server may be, not which one it is: without a fingerprint nothing secret may be sent there before
//! people have compared its check-words.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::link::{Fingerprint, JoinLink, LINK_HOSTS_MAX, LINK_MAX, LinkError, SCHEME, host, room};

/// The control port where none is named.
pub const CONTROL_PORT: u16 = 5511;

/// Where a server may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// Names or addresses of one machine; IPv6 without brackets.
    pub hosts: Vec<String>,
    pub port: u16,
    pub room: Option<String>,
}

impl ServerAddress {
    /// The link to a room of this server, once its fingerprint is known and believed.
    #[must_use]
    pub fn pinned(&self, room: &str, fingerprint: Fingerprint) -> JoinLink {
        let hosts = self.hosts.clone();
        JoinLink { hosts, port: self.port, room: room.to_owned(), code: None, video: None, key: None, fingerprint }
    }
}

impl ServerAddress {
    /// `lectern://HOST:PORT/ROOM` without a fingerprint: whoever uses it compares the check-words.
    #[must_use]
    pub fn unpinned_link(&self) -> String {
        let room = self.room.as_deref().map(crate::link::escape).unwrap_or_default();
        format!("{SCHEME}{self}/{room}")
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, host) in self.hosts.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if host.contains(':') { write!(f, "{comma}[{host}]")? } else { write!(f, "{comma}{host}")? }
        }
        write!(f, ":{}", self.port)
    }
}

impl FromStr for ServerAddress {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > LINK_MAX {
            return Err(LinkError::Length);
        }
        let is_link = text.starts_with(SCHEME);
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        // What has more than an address is a link that was cut off; its key must not go to a server that is not known.
        if rest.contains(['#', '?']) {
            return Err(if is_link { LinkError::Fingerprint } else { LinkError::Scheme });
        }
        let (authority, room_text) = rest.split_once('/').map_or((rest, None), |(a, r)| (a, Some(r)));
        let (hosts, port) = split_port(authority)?;
        let hosts: Vec<String> = hosts.split(',').map(host).collect::<Option<_>>().ok_or(if is_link { LinkError::Hosts } else { LinkError::Scheme })?;
        if hosts.len() > LINK_HOSTS_MAX {
            return Err(LinkError::Hosts);
        }
        let room = room_text.filter(|r| !r.is_empty()).map(|r| room(r).ok_or(LinkError::Room)).transpose()?;
        Ok(Self { hosts, port, room })
    }
}

/// Hosts, with brackets where the link has them, and the port.
fn split_port(authority: &str) -> Result<(String, u16), LinkError> {
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Ok((format!("[{authority}]"), CONTROL_PORT));
    }
    let behind_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[behind_brackets..].rfind(':') else { return Ok((authority.to_owned(), CONTROL_PORT)) };
    let (hosts, port) = authority.split_at(behind_brackets + colon);
    let port = port[1..].parse().ok().filter(|p| *p != 0).ok_or(LinkError::Port)?;
    Ok((hosts.to_owned(), port))
}

/// What leads to a class: a link, which names the certificate, or an address, which does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Link(Box<JoinLink>),
    Address(ServerAddress),
}

impl FromStr for Target {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        if text.contains('#') || text.contains('?') {
            return text.parse().map(|link| Self::Link(Box::new(link)));
        }
        text.parse().map(Self::Address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let check = |text: &str, hosts: &[&str], port: u16, room: Option<&str>| {
            let got: ServerAddress = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            let hosts: Vec<_> = hosts.iter().map(|h| (*h).to_owned()).collect();
            assert_eq!((got.hosts, got.port, got.room), (hosts, port, room.map(str::to_owned)), "{text}");
        };
        check("192.168.10.4", &["192.168.10.4"], 5511, None);
        check(" lab.local:5512 ", &["lab.local"], 5512, None);
        check("2001:db8::7", &["2001:db8::7"], 5511, None);
        check("[2001:db8::7]", &["2001:db8::7"], 5511, None);
        check("[fe80::1%2]:5512", &["fe80::1%2"], 5512, None);
        check("lectern://192.0.2.7:5511/net%202b", &["192.0.2.7"], 5511, Some("net 2b"));
        check("lectern://192.0.2.7,[2001:db8::7]:5511/x", &["192.0.2.7", "2001:db8::7"], 5511, Some("x"));
        check("lectern://192.0.2.7/", &["192.0.2.7"], 5511, None);
    }

    #[test]
    fn what_is_no_address_is_told() {
        let check = |text: &str, want: LinkError| assert_eq!(text.parse::<ServerAddress>(), Err(want), "{text}");
        check("", LinkError::Scheme);
        check("two words", LinkError::Scheme);
        check("https://example.org", LinkError::Port);
        check("192.168.10.4:0", LinkError::Port);
        check("192.168.10.4:http", LinkError::Port);
        check("lectern://h:5511/r?key=HBwcHBwcHBwcHBwcHBwcHA", LinkError::Fingerprint);
        check("lectern://:5511/r", LinkError::Hosts);
        assert_eq!("lectern://h:5511/r?key=HBwcHBwcHBwcHBwcHBwcHA".parse::<Target>(), Err(LinkError::Fingerprint));
        assert!(matches!("h".parse::<Target>(), Ok(Target::Address(_))));
    }

    proptest! {
        #[test]
        fn noise_never_panics(text in "\\PC{0,80}") {
            let _ = text.parse::<Target>();
            let _ = format!("lectern://{text}").parse::<Target>();
        }

        #[test]
        fn what_is_shown_is_read_again(port in 1..=u16::MAX, v6 in any::<u128>(), name in "[a-z][a-z0-9-]{0,20}") {
            let address = ServerAddress { hosts: vec![name, Ipv6Addr::from(v6).to_string()], port, room: None };
            prop_assert_eq!(address.to_string().parse::<ServerAddress>(), Ok(address));
        }
    }
}
