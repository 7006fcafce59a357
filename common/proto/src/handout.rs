//! Handing out the viewer: how a client of any version gets the one that fits the server, before it logs in.
//!
//! On a control connection of its own, the first message is a [`HandOutRequest`] instead of a hello; one reply comes back,
//! and after [`HandOutReply::Begins`] the file's bytes, then the server closes. The form of these messages never changes:
//! programs of different versions must understand each other here. Golden bytes: `common/proto/vectors/handout.txt`.

use serde::{Deserialize, Serialize};

use crate::limits::{AGENT_MAX, HANDOUT_FILE_MAX, HANDOUT_FILES_MAX, HANDOUT_NAME_MAX};
use crate::wire::{self, WireError};

/// First bytes of a request; a hello has others.
pub const HANDOUT_MAGIC: [u8; 8] = *b"LECTDIST";

/// The only message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOutRequest {
    pub magic: [u8; 8],
    pub ask: Ask,
}

/// What a client wants to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// The files that there are.
    List,
    /// The file with this SHA-256. A client never names a path.
    Get { sha256: [u8; 32] },
}

/// The only message of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandOutReply {
    /// At most [`HANDOUT_FILES_MAX`].
    Files(Vec<HandOutFile>),
    /// So many bytes follow, without frames.
    Begins {
        bytes: u64,
    },
    Refused(HandOutRefusal),
}

/// One file that a server hands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOutFile {
    /// 1 to [`HANDOUT_NAME_MAX`] bytes of letters, digits and `.`, `-`, `_`, `+`, `~`; does not begin with a dot.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// Of the client inside, as its `--version` says.
    pub version: String,
    /// `linux-x86_64`, `windows-x86_64`, `macos-aarch64`, ... for an archive; `debian-amd64`, ... for a package.
    pub platform: String,
}

/// Why a file does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandOutRefusal {
    /// It was there and is not any more.
    NotFound,
    /// Others are being served.
    Busy { retry_after_ms: u32 },
}

impl HandOutRequest {
    /// A request in the form that is sent.
    #[must_use]
    pub fn new(ask: Ask) -> Self {
        Self { magic: HANDOUT_MAGIC, ask }
    }

    /// Reads the first message of a connection; none when it is not of this kind.
    ///
    /// # Errors
    /// [`WireError`] when it begins like one and goes on otherwise.
    pub fn read(body: &[u8]) -> Result<Option<Self>, WireError> {
        if body.starts_with(&HANDOUT_MAGIC) { wire::decode_prefix(body).map(Some) } else { Ok(None) }
    }
}

impl HandOutFile {
    /// Whether a client may believe it and write a file of this name.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let text = |t: &str| !t.is_empty() && t.len() <= AGENT_MAX && t.chars().all(|c| c.is_ascii_graphic());
        is_file_name(&self.name) && (1..=HANDOUT_FILE_MAX).contains(&self.bytes) && text(&self.version) && text(&self.platform)
    }
}

impl HandOutReply {
    /// Reads a reply and checks what it lists.
    ///
    /// # Errors
    /// [`WireError`] when it is not a reply, or lists too much or what no server hands out.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let reply: Self = wire::decode(body)?;
        match &reply {
            Self::Files(files) if files.len() > HANDOUT_FILES_MAX || !files.iter().all(HandOutFile::is_plausible) => {
                Err(WireError::Form("a list of files that cannot be".to_owned()))
            }
            Self::Begins { bytes } if *bytes > HANDOUT_FILE_MAX => Err(WireError::Form(format!("a file of {bytes} bytes"))),
            _ => Ok(reply),
        }
    }
}

/// Whether a name is that of a file in the very folder: no separator, no dot in front, nothing that a shell would read.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-+~".contains(&b);
    (1..=HANDOUT_NAME_MAX).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with(['.', '-'])
}

/// Version and platform of a viewer by its file name: `lectern_0.1.0_amd64.deb`, `lectern-0.1.0-linux-x86_64.tar.xz`. None
/// for files that are no viewer.
#[must_use]
pub fn viewer_of(name: &str) -> Option<(&str, String)> {
    const ARCHIVES: [&str; 6] = [".tar.xz", ".tar.gz", ".zip", ".dmg", ".msi", ".exe"];
    if !is_file_name(name) {
        return None;
    }
    let (version, platform) = match name.strip_prefix("lectern_").and_then(|rest| rest.strip_suffix(".deb")) {
        Some(package) => package.split_once('_').map(|(version, arch)| (version, format!("debian-{arch}")))?,
        None => {
            let rest = name.strip_prefix("lectern-")?;
            let stem = ARCHIVES.iter().find_map(|a| rest.strip_suffix(a))?;
            stem.split_once('-').map(|(version, platform)| (version, platform.to_owned()))?
        }
    };
    let good = version.starts_with(|c: char| c.is_ascii_digit()) && platform.split_once('-').is_some_and(|(os, arch)| !os.is_empty() && !arch.is_empty());
    (good && version.len() <= AGENT_MAX && platform.len() <= AGENT_MAX).then_some((version, platform))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn viewers_are_known_by_their_names() {
        let check = |name: &str, want: Option<(&str, &str)>| assert_eq!(viewer_of(name), want.map(|(v, p)| (v, p.to_owned())), "{name}");
        check("lectern_0.1.0_amd64.deb", Some(("0.1.0", "debian-amd64")));
        check("lectern-0.1.0-linux-x86_64.tar.xz", Some(("0.1.0", "linux-x86_64")));
        check("lectern-2.0.0-windows-x86_64.zip", Some(("2.0.0", "windows-x86_64")));
        check("lectern-2.0.0-macos-aarch64.tar.gz", Some(("2.0.0", "macos-aarch64")));
        for other in
            ["lectern-server_0.1.0_amd64.deb", "lectern", "lectern-.zip", "lectern-0.1.0.zip", "x.deb", "lectern_0.1.0.deb", "lectern-0.1.0-linux-.zip"]
        {
            check(other, None);
        }
    }

    #[test]
    fn names_lead_nowhere_else() {
        for name in
            ["", ".", "..", ".x", "-rf", "a/b", "a\\b", "../lectern-0.1.0-linux-x86_64.tar.xz", "a b", "a\0", "ä", "c:d", &"x".repeat(HANDOUT_NAME_MAX + 1)]
        {
            assert!(!is_file_name(name), "{name:?}");
        }
        assert!(is_file_name("lectern-0.1.0-linux-x86_64.tar.xz") && is_file_name("lectern_0.1.0~rc1+b2_amd64.deb"));
    }

    #[test]
    fn a_list_that_cannot_be_is_refused() {
        let file = |name: &str, bytes| HandOutFile { name: name.into(), bytes, sha256: [0; 32], version: "1".into(), platform: "linux-x".into() };
        let read = |files: Vec<HandOutFile>| HandOutReply::read(&wire::encode(&HandOutReply::Files(files))).is_ok();
        assert!(read(vec![file("a", 1)]) && read(Vec::new()));
        assert!(!read(vec![file("../a", 1)]) && !read(vec![file("a", HANDOUT_FILE_MAX + 1)]) && !read(vec![file("a", 0)]));
        assert!(!read(vec![file("a", 1); HANDOUT_FILES_MAX + 1]));
        assert!(HandOutReply::read(&wire::encode(&HandOutReply::Begins { bytes: u64::MAX })).is_err());
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes: Vec<u8>, name: String) {
            let _ = HandOutRequest::read(&[&HANDOUT_MAGIC[..], &bytes].concat());
            let _ = HandOutReply::read(&bytes);
            let _ = viewer_of(&name);
        }
    }
}
