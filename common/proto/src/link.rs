//! The join link: `lectern://HOST[,HOST...]:PORT/ROOM[?code=..][&video=..][&key=..]#FINGERPRINT`.
//!
//! Parsing and printing only. The fingerprint is SHA-256 of the server's certificate (DER) in base64url without padding;
//! the instructor key is 16 random bytes in the same alphabet; ROOM and VIDEO are percent-encoded UTF-8.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::limits::ROOM_NAME_MAX;

/// What a link begins with.
pub(crate) const SCHEME: &str = "lectern://";
/// Most addresses in one link: a laptop with LAN, Wi-Fi, VPN and their IPv6 twins has fewer.
pub const LINK_HOSTS_MAX: usize = 16;
/// Longest link that is looked at.
pub const LINK_MAX: usize = 2_048;
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// 128 random bits that make their bearer the instructor.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct InstructorKey(pub [u8; 16]);

/// Everything that a client needs to find and trust a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    /// Names or addresses of the server's machine, tried in parallel; IPv6 without brackets.
    pub hosts: Vec<String>,
    pub port: u16,
    pub room: String,
    pub code: Option<String>,
    pub video: Option<String>,
    pub key: Option<InstructorKey>,
    pub fingerprint: Fingerprint,
}

/// Why a text is not a join link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("this is not a join link; one starts with lectern://")]
    Scheme,
    #[error("the join link is longer than {LINK_MAX} characters")]
    Length,
    #[error("the join link names no address; copy it again, whole")]
    Hosts,
    #[error("the join link has no port between 1 and 65535 after its address")]
    Port,
    #[error("the join link names no room, or one that is not UTF-8 of at most {ROOM_NAME_MAX} bytes")]
    Room,
    #[error("the join link ends without the server's fingerprint (43 characters after #); it was probably cut off: copy it again, whole")]
    Fingerprint,
    #[error("the part `{0}` of the join link is not known or not readable")]
    Parameter(String),
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = LinkError;
    fn from_str(s: &str) -> Result<Self, LinkError> {
        let bytes = URL_SAFE_NO_PAD.decode(s).map_err(|_| LinkError::Fingerprint)?;
        bytes.try_into().map(Self).map_err(|_| LinkError::Fingerprint)
    }
}

impl InstructorKey {
    /// The key as it stands in a link.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads a key as it stands in a link.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for InstructorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstructorKey(..)")
    }
}

impl JoinLink {
    /// To another room of the same server, as everybody may have it: without code, video and key.
    #[must_use]
    pub fn of_room(&self, room: &str) -> Self {
        Self { room: room.to_owned(), code: None, video: None, key: None, ..self.clone() }
    }
}

impl fmt::Display for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        for (i, host) in self.hosts.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if host.contains(':') { write!(f, "{comma}[{host}]")? } else { write!(f, "{comma}{host}")? }
        }
        write!(f, ":{}/{}", self.port, utf8_percent_encode(&self.room, KEPT))?;
        let mut separator = '?';
        let mut parameter = |f: &mut fmt::Formatter<'_>, name: &str, value: &str| {
            let written = write!(f, "{separator}{name}={}", utf8_percent_encode(value, KEPT));
            separator = '&';
            written
        };
        if let Some(code) = &self.code {
            parameter(f, "code", code)?;
        }
        if let Some(video) = &self.video {
            parameter(f, "video", video)?;
        }
        if let Some(key) = &self.key {
            parameter(f, "key", &key.reveal())?;
        }
        write!(f, "#{}", self.fingerprint)
    }
}

impl FromStr for JoinLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > LINK_MAX {
            return Err(LinkError::Length);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(LinkError::Scheme)?;
        let (rest, fingerprint) = rest.rsplit_once('#').ok_or(LinkError::Fingerprint)?;
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(a, b)| (a, b));
        let (authority, room) = rest.split_once('/').ok_or(LinkError::Room)?;
        let (hosts, port) = authority.rsplit_once(':').ok_or(LinkError::Port)?;
        let mut link = Self {
            hosts: hosts.split(',').map(host).collect::<Option<_>>().ok_or(LinkError::Hosts)?,
            port: port.parse().ok().filter(|p| *p != 0).ok_or(LinkError::Port)?,
            room: self::room(room).ok_or(LinkError::Room)?,
            code: None,
            video: None,
            key: None,
            fingerprint: fingerprint.parse()?,
        };
        if link.hosts.len() > LINK_HOSTS_MAX {
            return Err(LinkError::Hosts);
        }
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let unknown = || LinkError::Parameter(pair.split('=').next().unwrap_or_default().to_owned());
            let (name, value) = pair.split_once('=').ok_or_else(unknown)?;
            let value = unescape(value).ok_or_else(unknown)?;
            match name {
                "code" => link.code = Some(value),
                "video" => link.video = Some(value),
                "key" => link.key = Some(InstructorKey::parse(&value).ok_or_else(unknown)?),
                _ => return Err(unknown()),
            }
        }
        Ok(link)
    }
}

/// One host of a link, without brackets.
pub(crate) fn host(text: &str) -> Option<String> {
    if let Some(v6) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        // A link-local address is good only with the interface that it is on (RFC 4007, 11).
        let (address, zone) = v6.split_once('%').unwrap_or((v6, "0"));
        let good_zone = (1..=16).contains(&zone.len()) && zone.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        return (good_zone && address.parse::<Ipv6Addr>().is_ok()).then(|| v6.to_owned());
    }
    let good = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    (!text.is_empty() && text.len() <= 253 && text.chars().all(good)).then(|| text.to_owned())
}

/// A room's name as it stands in a link.
pub(crate) fn room(text: &str) -> Option<String> {
    unescape(text).filter(|r| !r.is_empty() && r.len() <= ROOM_NAME_MAX)
}

/// A text as it stands in a link.
pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

fn unescape(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link() -> JoinLink {
        JoinLink {
            hosts: vec!["192.168.1.4".into(), "fe80::1%wlan0".into(), "lab.local".into()],
            port: 5511,
            room: "Net 2b/ü".into(),
            code: None,
            video: Some("a&b".into()),
            key: Some(InstructorKey([7; 16])),
            fingerprint: Fingerprint([3; 32]),
        }
    }

    #[test]
    fn prints_and_parses() {
        let text = link().to_string();
        assert!(text.starts_with("lectern://192.168.1.4,[fe80::1%wlan0],lab.local:5511/Net%202b%2F%C3%BC?video=a%26b&key="), "{text}");
        assert_eq!(text.parse(), Ok(link()));
    }

    #[test]
    fn says_what_is_missing() {
        let good = link().to_string();
        let cut = &good[..good.len() - 1];
        let check = |text: &str, want: LinkError| assert_eq!(text.parse::<JoinLink>(), Err(want), "{text}");
        check("http://x", LinkError::Scheme);
        check(cut, LinkError::Fingerprint);
        check(good.split('#').next().expect("first part"), LinkError::Fingerprint);
        check(&good.replace(":5511", ":0"), LinkError::Port);
        check(&good.replace("video", "vidoe"), LinkError::Parameter("vidoe".into()));
        check(&good.replace("Net%202b%2F%C3%BC", "%0a"), LinkError::Room);
    }

    proptest! {
        #[test]
        fn noise_never_panics(text in "\\PC{0,80}") {
            let _ = text.parse::<JoinLink>();
            let _ = format!("lectern://{text}").parse::<JoinLink>();
        }
    }
}
