//! A viewer inside the test: the client's own library, with every presented picture looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern::class::{Class, JoinRequest};
use lectern::player::{PlayState, Player, PlayerOptions, Presented, SoundOut};
use lectern_proto::control::VideoId;
use lectern_proto::quality::Quality;
use lectern_proto::rung::PictureSize;
use lectern_proto::stamp;

use crate::stack::{PASSWORD, Stack};

/// A presented picture, as a camera before the screen would know it.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The frame number in the picture.
    pub stamp: Option<u32>,
    pub pts_us: i64,
    pub size: PictureSize,
    /// Media position by the player's clock when it was presented.
    pub position_us: u64,
    pub at: Instant,
}

/// Joins as a student.
pub async fn join(stack: &Stack, name: &str) -> Result<Class> {
    join_link(stack.link()?, name).await
}

/// Joins by any link.
pub async fn join_link(link: lectern_proto::link::JoinLink, name: &str) -> Result<Class> {
    let request = JoinRequest { link, name: name.to_owned(), password: Some(PASSWORD.to_owned()), account: None, store: None };
    let class = Class::join(&tokio::runtime::Handle::current(), request, Arc::new(|| {}));
    class.joined().await?;
    Ok(class)
}

/// Options of a viewer in a test.
#[must_use]
pub fn options(quality: Quality, start_us: u64) -> PlayerOptions {
    PlayerOptions { quality, start_us, sound: false, out: SoundOut::default(), paused: false, record: None, decoder_threads: 2, changed: Arc::new(|| {}) }
}

/// A rung by name.
#[must_use]
pub fn rung(name: &str) -> Quality {
    Quality::Rung(name.to_owned())
}

/// Opens a video.
pub fn open(class: &Class, video: &str, options: PlayerOptions) -> Result<Player> {
    Ok(class.open(&VideoId(video.to_owned()), options)?)
}

/// Takes pictures as they become due, until `done` or the end.
pub fn watch(player: &Player, limit: Duration, mut done: impl FnMut(&Seen) -> bool) -> Result<Vec<Seen>> {
    let begun = Instant::now();
    let mut seen = Vec::new();
    loop {
        ensure!(begun.elapsed() < limit, "playback is not done after {limit:?}: {:?}", player.status());
        let now = Instant::now();
        let Presented { picture, next_at } = player.present(now);
        if let Some(picture) = picture {
            let y = picture.planes()[0];
            let stamp = stamp::read(y.data, y.stride, y.width, y.height);
            let one = Seen { stamp, pts_us: picture.pts_us, size: picture.size(), position_us: player.status().position_us, at: now };
            seen.push(one);
            if done(&one) {
                return Ok(seen);
            }
        }
        match player.state() {
            PlayState::Ended => return Ok(seen),
            PlayState::Failed(why) => anyhow::bail!("playback failed: {why}"),
            _ => {}
        }
        let wait = next_at.map_or(Duration::from_millis(2), |at| at.saturating_duration_since(Instant::now()));
        std::thread::sleep(wait.min(Duration::from_millis(5)));
    }
}

/// The first picture after opening or a jump.
pub fn first(player: &Player) -> Result<Seen> {
    watch(player, Duration::from_secs(20), |_| true)?.pop().context("no picture came")
}
