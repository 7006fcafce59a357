//! The room's task, as far as the catalogue goes: members are told what of it is new, changed or gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use lectern_proto::control::{CatalogueEntry, Event, VideoId};
use lectern_proto::limits::CATALOGUE_EVERY;

use super::{GONE_AT_ONCE, RoomTask};
use crate::library::Catalogue;

impl RoomTask {
    pub(super) fn tell_catalogue(&mut self) {
        let mut now = self.catalogue.borrow_and_update().clone();
        let (changed, mut removed) = difference(&self.told, &now);
        let later = removed.split_off(removed.len().min(GONE_AT_ONCE));
        if !later.is_empty() {
            // These stand there until it is their turn.
            let kept = later.iter().filter_map(|id| self.told.get_key_value(id)).map(|(id, entry)| (id.clone(), Arc::clone(entry)));
            Arc::make_mut(&mut now).extend(kept);
            self.catalogue_at = Some(self.catalogue_told_at + CATALOGUE_EVERY);
        }
        self.told = now;
        self.tell_videos(&changed);
        if self.ahead.as_ref().is_some_and(|a| removed.contains(&a.lesson.video)) {
            self.ahead = None;
            self.tell(Event::FetchAhead(None));
        }
        for id in removed {
            self.tell(Event::VideoRemoved(id));
        }
    }
}

/// What is new or changed in `after`, and what is not in it any more.
fn difference(before: &Catalogue, after: &Catalogue) -> (Vec<CatalogueEntry>, Vec<VideoId>) {
    let same = |a: &BTreeMap<VideoId, Arc<CatalogueEntry>>, id: &VideoId, e: &Arc<CatalogueEntry>| a.get(id).is_some_and(|b| Arc::ptr_eq(b, e) || b == e);
    let changed = after.iter().filter(|(id, e)| !same(before, id, e)).map(|(_, e)| CatalogueEntry::clone(e)).collect();
    let removed = before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
    (changed, removed)
}
