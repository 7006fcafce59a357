//! Getting to know the server at an address: its certificate is learned, its words are computed, and nothing is sent.
//!
//! What comes out is to be shown to people; only a link that is pinned to the fingerprint leads on to a login.

use std::net::SocketAddr;
use std::time::Duration;

use lectern_proto::address::ServerAddress;
use lectern_proto::beacon::{BEACON_PORT, Beacon, Rooms};
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::words::CheckWords;

use super::dial::dial_hosts;
use super::known::{self, KnownServers, Trust};
use super::trouble::Trouble;
use crate::class::JoinError;
use crate::discover::probe::Prober;

/// How long the beacon has to tell the server's name and room.
const NAME_WAIT: Duration = Duration::from_millis(500);

/// A server that has shown its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    pub address: ServerAddress,
    pub fingerprint: Fingerprint,
    pub words: CheckWords,
    /// As its beacon says; empty where it says nothing.
    pub name: String,
    /// As the address or its beacon says.
    pub room: Option<String>,
    /// As its beacon says; none where it says nothing.
    pub rooms: Option<Rooms>,
}

impl Introduction {
    /// What is known of it.
    #[must_use]
    pub fn trust(&self, known: &KnownServers) -> Trust {
        known.trust(&self.name, &known::addresses(&self.address.hosts, self.address.port), &self.fingerprint)
    }

    /// The link to a room of this server and no other.
    #[must_use]
    pub fn link(&self, room: &str) -> JoinLink {
        self.address.pinned(room, self.fingerprint)
    }
}

/// Connects, looks at the certificate, and hangs up.
///
/// # Errors
/// [`JoinError::Unreachable`].
pub async fn introduce(address: ServerAddress) -> Result<Introduction, JoinError> {
    let dialled = dial_hosts(&address.hosts, address.port, None).await?;
    let (fingerprint, at) = (dialled.fingerprint, dialled.address);
    // Closed without a word: the server has learned nothing but that somebody looked.
    drop(dialled);
    let broken = |why: String| JoinError::Unreachable { hosts: address.hosts.join(", "), port: address.port, trouble: Trouble::Internal(why) };
    let words = tokio::task::spawn_blocking(move || CheckWords::of(&fingerprint));
    let (words, beacon) = tokio::join!(words, named(at, fingerprint));
    let words = words.map_err(|e| broken(e.to_string()))?.map_err(|e| broken(e.to_string()))?;
    let (name, rooms) = beacon.map(|b| (b.name, b.rooms)).unzip();
    let room = address.room.clone().or_else(|| rooms.as_ref().map(|r| r.first().to_owned()));
    Ok(Introduction { address, fingerprint, words, name: name.unwrap_or_default(), room, rooms })
}

/// What the beacon of this server says, if it speaks for this certificate.
async fn named(mut at: SocketAddr, fingerprint: Fingerprint) -> Option<Beacon> {
    let mut prober = Prober::open().await.ok()?;
    at.set_port(BEACON_PORT);
    prober.ask(&[], [at]).await;
    let told = async {
        loop {
            let about = prober.answer().await.about;
            if about.fingerprint == fingerprint {
                return about;
            }
        }
    };
    tokio::time::timeout(NAME_WAIT, told).await.ok()
}
