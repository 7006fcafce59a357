//! Who is heard in a stream of his or her own, as its publisher says. Pure; telling is the task's.

use std::collections::BTreeSet;

use lectern_proto::control::{PersonId, RoomEvent, StreamId};

/// The voices of a room.
#[derive(Debug, Default)]
pub(super) struct Voices {
    /// In which streams somebody is heard: at most as many as there are streams.
    heard: BTreeSet<(PersonId, StreamId)>,
    /// Who is heard, as everybody was told last.
    told: BTreeSet<PersonId>,
}

impl Voices {
    /// Somebody is heard in a stream, or not any more.
    pub(super) fn set(&mut self, person: PersonId, stream: StreamId, speaking: bool) {
        if speaking {
            self.heard.insert((person, stream));
        } else {
            self.heard.remove(&(person, stream));
        }
    }

    /// A stream has ended.
    pub(super) fn end(&mut self, stream: StreamId) {
        self.heard.retain(|(_, heard)| *heard != stream);
    }

    fn now(&self) -> BTreeSet<PersonId> {
        self.heard.iter().map(|(person, _)| *person).collect()
    }

    /// Whether [`Self::news`] has something.
    pub(super) fn has_news(&self) -> bool {
        self.now() != self.told
    }

    /// What is new since this was asked: what began and ended in between is nothing.
    pub(super) fn news(&mut self) -> Option<RoomEvent> {
        let now = self.now();
        let before = std::mem::replace(&mut self.told, now);
        let began: Vec<_> = self.told.difference(&before).copied().collect();
        let ended: Vec<_> = before.difference(&self.told).copied().collect();
        (!began.is_empty() || !ended.is_empty()).then_some(RoomEvent::Speaking { began, ended })
    }

    /// What somebody is told who has just entered: as the others know it, so that the news go on from there.
    pub(super) fn greeting(&self) -> Option<RoomEvent> {
        let began: Vec<_> = self.told.iter().copied().collect();
        (!began.is_empty()).then_some(RoomEvent::Speaking { began, ended: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);

    fn stream(n: u8) -> StreamId {
        StreamId([n; 16])
    }

    fn told(began: &[PersonId], ended: &[PersonId]) -> Option<RoomEvent> {
        Some(RoomEvent::Speaking { began: began.to_vec(), ended: ended.to_vec() })
    }

    #[test]
    fn only_what_has_changed_is_told_and_once() {
        let mut voices = Voices::default();
        voices.set(ANA, stream(1), true);
        voices.set(ANA, stream(2), true);
        voices.set(BEN, stream(3), true);
        assert!(voices.has_news() && voices.greeting().is_none(), "who enters now is told with the others");
        assert_eq!(voices.news(), told(&[ANA, BEN], &[]));
        assert_eq!((voices.has_news(), voices.news(), voices.greeting()), (false, None, told(&[ANA, BEN], &[])));
        voices.set(ANA, stream(1), false);
        assert!(!voices.has_news(), "she is still heard in the other");
        voices.end(stream(2));
        voices.set(BEN, stream(3), false);
        voices.set(BEN, stream(3), true);
        assert_eq!(voices.greeting(), told(&[ANA, BEN], &[]), "the end comes with the news");
        assert_eq!(voices.news(), told(&[], &[ANA]));
        voices.end(stream(3));
        assert_eq!((voices.news(), voices.greeting(), voices.news()), (told(&[], &[BEN]), None, None));
    }
}
