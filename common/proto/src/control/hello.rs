//! The first message of each side of a control connection: whether both speak this protocol, and which version of it.

use serde::{Deserialize, Serialize};

/// First bytes of a hello, so that a stranger's protocol is told apart at once.
pub const MAGIC: [u8; 8] = *b"LECTERN\0";
/// The version this program speaks. A server speaks it and the one before it.
pub const VERSION: u16 = 1;
/// The oldest version this program speaks; there is none before the first.
pub const VERSION_MIN: u16 = 1;

/// First message of a client. A later version may only add to its end, which an older server does not look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloRequest {
    pub magic: [u8; 8],
    /// Oldest and newest version that the client speaks.
    pub version_min: u16,
    pub version_max: u16,
    /// Program and version, for the log and the refusal.
    pub agent: String,
}

/// Answer to a hello.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HelloReply {
    Welcome(Welcome),
    /// No common version, or not our protocol; the connection is closed.
    Refused {
        version_min: u16,
        version_max: u16,
        agent: String,
    },
}

/// The server's side of the hello.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version that both speak from here on.
    pub version: u16,
    /// `[server] name`.
    pub server_name: String,
    pub agent: String,
    /// Random at each start: a change tells that the server's clock and media keys began anew.
    pub boot_id: u64,
}
