//! The publisher's side of a media connection: pieces become units and go to the hub.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lectern_proto::limits::LIVE_UNIT_MAX;
use lectern_proto::live::record::NumbersUsedUp;
use lectern_proto::media::Piece;
use tokio::sync::watch;

use super::{Stream, Track};
use crate::media::EpochKey;

/// Why a publisher is not heard any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("a unit of a live stream is {0} bytes long; that is too long")]
    Length(usize),
    #[error("a piece of a live stream does not fit to the one before it")]
    Order,
    #[error("a live stream has no such track")]
    NoTrack,
    #[error("a live stream was captured in the future")]
    Future,
    #[error(transparent)]
    Numbers(#[from] NumbersUsedUp),
}

/// A publisher's clock is estimated: so much it may be ahead.
const AHEAD_MAX: Duration = Duration::from_millis(250);

/// A stream that is fed by one connection.
#[derive(Debug)]
pub(crate) struct Publishing {
    stream: Arc<Stream>,
    keyframes: Option<watch::Receiver<u64>>,
    /// A unit that is still coming, by track.
    parts: [Part; 2],
}

#[derive(Debug, Default)]
struct Part {
    data: BytesMut,
    rest: u32,
}

impl Publishing {
    /// Takes the stream's place of a feeder; none when another connection has it.
    pub(crate) fn start(stream: Arc<Stream>) -> Option<Self> {
        let keyframes = stream.video.as_ref().map(|video| video.keyframe_wishes());
        stream.feed().then(|| Self { stream, keyframes, parts: Default::default() })
    }

    /// Takes a piece; a unit that is whole goes to its viewers.
    pub(crate) fn take(&mut self, now: Duration, key: &EpochKey, piece: Piece) -> Result<(), PublishError> {
        let track: &Arc<Track> = match piece.track {
            0 => self.stream.video.as_ref(),
            1 => self.stream.sound.as_ref(),
            _ => None,
        }
        .ok_or(PublishError::NoTrack)?;
        let now_us = u64::try_from((now + AHEAD_MAX).as_micros()).unwrap_or(u64::MAX);
        if piece.capture_us > now_us {
            return Err(PublishError::Future);
        }
        let part = &mut self.parts[usize::from(piece.track)];
        if part.rest > 0 && part.rest as usize != piece.data.len() + piece.rest as usize {
            return Err(PublishError::Order);
        }
        let whole = part.data.len() + piece.data.len() + piece.rest as usize;
        if whole > LIVE_UNIT_MAX {
            return Err(PublishError::Length(whole));
        }
        part.rest = piece.rest;
        let data: Bytes = if piece.rest > 0 {
            part.data.extend_from_slice(&piece.data);
            return Ok(());
        } else if part.data.is_empty() {
            piece.data
        } else {
            part.data.extend_from_slice(&piece.data);
            part.data.split().freeze()
        };
        if self.stream.over.is_cancelled() {
            return Ok(());
        }
        Ok(track.push(now, key, piece.capture_us, piece.keyframe, data)?)
    }

    /// Waits until a viewer needs a keyframe.
    pub(crate) async fn keyframe_wanted(&mut self) {
        let wished = match &mut self.keyframes {
            Some(keyframes) => keyframes.changed().await.is_ok(),
            None => false,
        };
        if !wished {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        self.stream.feed_ended();
    }
}
