//! A membership that the window seeks or holds, and the video that is waited for in it.
//!
//! The seat itself is behind [`Seat`]; nothing is drawn here.

use egui::Context;
use lectern_proto::control::{VideoId, VideoState};
use lectern_proto::limits::WISH_EVERY;
use lectern_proto::link::JoinLink;

use super::backend::Seat;
use crate::class::ClassState;

pub(super) struct Member {
    pub(super) seat: Box<dyn Seat>,
    pub(super) link: JoinLink,
    pub(super) name: String,
    /// In egui's seconds.
    pub(super) began: f64,
    pub(super) joined: bool,
    /// The link's video, or one that was asked for before it could be watched; until it has been opened.
    pub(super) wanted: Option<VideoId>,
    /// When the server was told last that it is waited for, in egui's seconds.
    told: f64,
}

impl Member {
    /// A seat that is being sought since `now`, in egui's seconds.
    pub(super) fn new(seat: Box<dyn Seat>, link: JoinLink, name: String, now: f64) -> Self {
        let wanted = link.video.clone().map(VideoId);
        Self { seat, link, name, began: now, joined: false, wanted, told: f64::NEG_INFINITY }
    }

    /// Tells the server, again and again, which video somebody waits for: it is prepared before others. Gives that video.
    pub(super) fn wait(&mut self, state: &ClassState, ctx: &Context) -> Option<VideoId> {
        let waits =
            |id: &&VideoId| state.videos.iter().any(|v| v.id == **id && matches!(v.state, VideoState::Waiting | VideoState::Preparing { manifest: None, .. }));
        let video = self.wanted.as_ref().filter(|_| self.joined).filter(waits)?;
        let now = ctx.input(|i| i.time);
        let every = WISH_EVERY.as_secs_f64();
        if now - self.told >= every {
            self.told = now;
            self.seat.want(video);
        }
        ctx.request_repaint_after_secs((self.told + every - now) as f32);
        Some(video.clone())
    }

    /// The video that was waited for and can be watched now, once.
    pub(super) fn arrived(&mut self, state: &ClassState) -> Option<VideoId> {
        self.wanted.take_if(|id| state.videos.iter().any(|v| v.id == *id && v.state.manifest().is_some()))
    }
}
