//! The room's task, as far as access codes go: makes, lists and ends them, and says what their guests see.

use lectern_proto::code::AccessCode;
use lectern_proto::control::{CatalogueEntry, CodeInfo, Event, PersonId, Refusal, RoomAnswer, VideoId};
use lectern_proto::limits::{CATALOGUE_PAGE, CODE_LIFE_S, CODE_USES, CODES_MAX};

use super::RoomTask;
use crate::store::StoreError;

/// Random bytes for one code: more than it takes, some are left out.
const RANDOM: usize = 64;

impl RoomTask {
    pub(super) async fn make_code(&mut self, for_s: u32, uses: u32, video: Option<VideoId>) -> Result<RoomAnswer, Refusal> {
        (CODE_LIFE_S.contains(&for_s) && CODE_USES.contains(&uses)).then_some(()).ok_or(Refusal::BadCode)?;
        video.as_ref().is_none_or(|v| self.told.contains_key(v)).then_some(()).ok_or(Refusal::NoSuchVideo)?;
        (self.codes().await?.len() < CODES_MAX).then_some(()).ok_or(Refusal::TooMany)?;
        let random: [u8; RANDOM] = rand::random();
        let code = AccessCode::draw(random).ok_or(Refusal::TooMany)?;
        let made_s = self.clock.unix_seconds();
        let info = CodeInfo { code: 0, video, uses, used: 0, made_s, expires_s: made_s.saturating_add(for_s.into()) };
        let info = self.store.new_code(&self.name, &code, info).await.map_err(failed)?;
        tracing::info!(room = %self.name, code = info.code, uses, for_s, "an access code");
        Ok(RoomAnswer::Code { code: code.reveal(), info })
    }

    pub(super) async fn codes(&self) -> Result<Vec<CodeInfo>, Refusal> {
        self.store.codes(&self.name, self.clock.unix_seconds()).await.map_err(failed)
    }

    pub(super) async fn revoke_code(&self, code: u64) -> Result<(), Refusal> {
        self.store.revoke_code(&self.name, code).await.map_err(failed)?.then_some(()).ok_or(Refusal::BadCode)
    }

    /// Somebody is removed: the code that let that person in ends, and the next guest waits.
    pub(super) async fn end_code_of(&mut self, person: PersonId) {
        let Some(used) = self.door.codes.get(&person) else { return };
        // Whether it was not good any more makes no difference.
        let _ = self.revoke_code(used.code).await;
        let changed = self.door.door.let_guests_wait();
        self.door_changed(changed).await;
    }

    /// The one video that somebody sees; none: all.
    fn only(&self, person: PersonId) -> Option<&VideoId> {
        self.door.codes.get(&person).and_then(|used| used.video.as_ref())
    }

    /// The catalogue for somebody who has just entered.
    pub(super) fn catalogue_events(&self, person: PersonId) -> Vec<Event> {
        let only = self.only(person);
        let videos: Vec<_> = self.told.values().filter(|e| only.is_none_or(|id| *id == e.id)).collect();
        videos.chunks(CATALOGUE_PAGE).map(|page| Event::Videos(page.iter().map(|e| CatalogueEntry::clone(e)).collect())).collect()
    }

    /// Tells everybody what has changed of what they see.
    pub(super) fn tell_videos(&mut self, changed: &[CatalogueEntry]) {
        let bound: Vec<_> = self.door.codes.iter().filter_map(|(person, used)| Some((*person, used.video.clone()?))).collect();
        for page in changed.chunks(CATALOGUE_PAGE) {
            self.tell_some(Event::Videos(page.to_vec()), |person| bound.iter().all(|(p, _)| *p != person));
        }
        for (person, video) in bound {
            if let Some(entry) = changed.iter().find(|e| e.id == video) {
                self.tell_some(Event::Videos(vec![entry.clone()]), |p| p == person);
            }
        }
    }
}

/// Tells the operator; the person who asked may try again.
fn failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "access codes could not be kept or found; is the disk full?");
    Refusal::Full
}
