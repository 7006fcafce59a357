//! A rung that the room has no place for in this viewer's share of its bandwidth: a lower one is taken, and why is kept for the report.

use lectern_proto::live::choice::Limit;

use super::Watching;

impl Watching {
    /// A track does not come, or comes no more, because the share of so many bits per second does not allow it; says whether it goes on.
    pub(super) async fn not_within_share(&mut self, track: u16, bps: u64) -> bool {
        let Some(place) = self.place(track) else { return true };
        let is_coming = self.coming.take_if(|c| c.track == track).is_some();
        if track != self.viewer.track && !is_coming {
            return true;
        }
        // A lower one is on its way already.
        if !is_coming && self.coming.is_some() {
            return true;
        }
        let other = match self.viewer.is_auto {
            true => self.choice.refused(self.started.elapsed(), place),
            // What was asked for is the highest that may come.
            false => place.checked_sub(1),
        };
        {
            let mut state = self.viewer.shared.lock();
            (state.limit, state.lowered, state.share_bps) = (Some(Limit::Share), Some(Limit::Share), Some(bps));
        }
        tracing::debug!(track, bps, "not within the share");
        match other.and_then(|rung| self.track_at(rung)) {
            Some(other) if other == self.viewer.track => true,
            Some(other) => self.change(other).await,
            None => false,
        }
    }
}
