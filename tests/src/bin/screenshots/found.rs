//! The first screen among servers of this network: one that is known, one that is new, and one that only has the first one's name.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::stack::Stack;

use crate::hand::{Hand, wait};

/// The name that two servers have.
const NAME: &str = "server.name=Physics hall";
/// So long ago the known one was joined.
const KNOWN_FOR: Duration = Duration::from_secs(14 * 24 * 3600);
/// A server that has just started is heard of by the next probe.
const HEARD_MS: u64 = 3_500;
/// The middle of the first card, and from one to the next, in points.
const CARD: u32 = 324;
const NEXT: u32 = 80;

/// The known server, which was there before.
pub(crate) struct Known(Stack);

impl Known {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self(Stack::start(&[NAME, "rooms.name=mechanics"])?))
    }

    /// What a program remembers that was in its class.
    fn remembered(&self) -> Result<String> {
        let since = (SystemTime::now() - KNOWN_FOR).duration_since(UNIX_EPOCH)?.as_secs();
        let fingerprint = self.0.link()?.fingerprint.to_string();
        let known = serde_json::json!({ "servers": [{ "name": "Physics hall", "addresses": [], "fingerprint": fingerprint, "since": since }] });
        Ok(known.to_string())
    }
}

/// The others come one after the other, so that the cards stand in this order.
pub(crate) fn take(known: &Known, (width, height): (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(width, height, false)?;
    let memory = desk.home().join(".local/share/lectern");
    std::fs::create_dir_all(&memory)?;
    std::fs::write(memory.join("known_servers.json"), known.remembered()?)?;
    let _window = desk.window(&[])?;
    let hand = Hand::at(&desk, (width, height), name)?;
    if light {
        hand.lighten()?;
    }
    wait(HEARD_MS);
    let _new = Stack::start(&["server.name=Lab 2.14", "rooms.name=net-2b"])?;
    wait(HEARD_MS);
    let _other = Stack::start(&[NAME, "rooms.name=mechanics"])?;
    wait(HEARD_MS);
    hand.rest()?;
    hand.shot("19-join-found")?;
    hand.click(width / 4, CARD + NEXT)?;
    hand.rest()?;
    hand.shot("20-join-compare")?;
    hand.click(width / 4, CARD + 2 * NEXT)?;
    hand.rest()?;
    hand.shot("21-join-other-certificate")
}
