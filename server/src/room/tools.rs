//! What is asked of a class and what it answers: hands, who is muted, attention, a poll. Pure; telling is the task's.

use std::collections::{BTreeMap, BTreeSet};

use lectern_proto::control::{PersonId, Poll, Refusal, RoomEvent};
use lectern_proto::limits::{POLL_ANSWERS_MAX, POLL_TEXT_MAX};

/// The tools of a room.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// In the order in which they were raised.
    hands: Vec<PersonId>,
    /// Whose hands went up or down since that was told.
    moved: BTreeSet<PersonId>,
    muted: BTreeSet<PersonId>,
    attention: bool,
    poll: Option<Voting>,
    polls: u32,
}

/// A poll that is open.
#[derive(Debug)]
struct Voting {
    poll: Poll,
    /// Of people who are in the room: who leaves takes the answer along, so that nobody comes twice to answer twice.
    votes: BTreeMap<PersonId, u8>,
    /// Answers came that staff was not told of.
    is_news: bool,
}

impl Tools {
    /// Raises a hand or lowers it; a hand that is up keeps its place.
    pub(super) fn hand(&mut self, person: PersonId, raised: bool) {
        if self.hands.contains(&person) != raised {
            if raised {
                self.hands.push(person)
            } else {
                self.hands.retain(|p| *p != person)
            }
            self.moved.insert(person);
        }
    }

    /// Says whether that changed anything.
    pub(super) fn mute(&mut self, person: PersonId, muted: bool) -> bool {
        if muted { self.muted.insert(person) } else { self.muted.remove(&person) }
    }

    pub(super) fn is_muted(&self, person: PersonId) -> bool {
        self.muted.contains(&person)
    }

    pub(super) fn muted(&self) -> Vec<PersonId> {
        self.muted.iter().copied().collect()
    }

    /// Says whether that changed anything.
    pub(super) fn set_attention(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.attention, on) != on
    }

    /// Somebody is gone for good. That a hand goes along is known to everybody; whether somebody was muted is said.
    pub(super) fn forget(&mut self, person: PersonId) -> bool {
        self.hands.retain(|p| *p != person);
        self.moved.remove(&person);
        if let Some(voting) = &mut self.poll {
            voting.is_news |= voting.votes.remove(&person).is_some();
        }
        self.muted.remove(&person)
    }

    /// Opens a poll; the one before is over.
    pub(super) fn open(&mut self, question: String, answers: Vec<String>) -> Result<Poll, Refusal> {
        let is_good = |text: &String| !text.trim().is_empty() && text.len() <= POLL_TEXT_MAX && !text.contains(char::is_control);
        if !is_good(&question) || !(2..=POLL_ANSWERS_MAX).contains(&answers.len()) || !answers.iter().all(is_good) {
            return Err(Refusal::BadPoll);
        }
        self.polls = self.polls.wrapping_add(1);
        let poll = Poll { id: self.polls, question, answers };
        self.poll = Some(Voting { poll: poll.clone(), votes: BTreeMap::new(), is_news: true });
        Ok(poll)
    }

    /// One person's answer; the last counts.
    pub(super) fn vote(&mut self, person: PersonId, poll: u32, answer: Option<u8>) -> Result<(), Refusal> {
        let voting = self.poll.as_mut().filter(|v| v.poll.id == poll).ok_or(Refusal::NoSuchPoll)?;
        let before = match answer {
            Some(answer) if usize::from(answer) < voting.poll.answers.len() => voting.votes.insert(person, answer),
            Some(_) => return Err(Refusal::NoSuchPoll),
            None => voting.votes.remove(&person),
        };
        voting.is_news |= before != answer;
        Ok(())
    }

    /// Ends the poll; gives what everybody is told.
    pub(super) fn close(&mut self, poll: u32) -> Result<RoomEvent, Refusal> {
        let voting = self.poll.take_if(|v| v.poll.id == poll).ok_or(Refusal::NoSuchPoll)?;
        Ok(RoomEvent::PollClosed { poll, counts: voting.counts() })
    }

    /// Whether [`Self::hands_news`] or [`Self::counts_news`] has something.
    pub(super) fn has_news(&self) -> bool {
        !self.moved.is_empty() || self.poll.as_ref().is_some_and(|v| v.is_news)
    }

    /// Hands that moved since this was asked.
    pub(super) fn hands_news(&mut self) -> Option<RoomEvent> {
        let moved = std::mem::take(&mut self.moved);
        let raised: Vec<_> = self.hands.iter().copied().filter(|p| moved.contains(p)).collect();
        let lowered = moved.into_iter().filter(|p| !self.hands.contains(p)).collect::<Vec<_>>();
        (!raised.is_empty() || !lowered.is_empty()).then_some(RoomEvent::Hands { raised, lowered })
    }

    /// What staff is to be told of the poll, if answers came since this was asked.
    pub(super) fn counts_news(&mut self) -> Option<RoomEvent> {
        let voting = self.poll.as_mut().filter(|v| v.is_news)?;
        voting.is_news = false;
        self.counts()
    }

    fn counts(&self) -> Option<RoomEvent> {
        self.poll.as_ref().map(|v| RoomEvent::Counts { poll: v.poll.id, counts: v.counts() })
    }

    /// What somebody is told who has just entered.
    pub(super) fn greeting(&self, person: PersonId, is_staff: bool) -> Vec<RoomEvent> {
        let hands = (!self.hands.is_empty()).then(|| RoomEvent::Hands { raised: self.hands.clone(), lowered: Vec::new() });
        let muted = (!self.muted.is_empty()).then(|| RoomEvent::Muted(self.muted()));
        let attention = self.attention.then_some(RoomEvent::Attention(true));
        let poll = self.poll.as_ref().map(|v| RoomEvent::Poll { poll: v.poll.clone(), yours: v.votes.get(&person).copied() });
        [hands, muted, attention, poll, self.counts().filter(|_| is_staff)].into_iter().flatten().collect()
    }
}

impl Voting {
    fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.poll.answers.len()];
        for answer in self.votes.values() {
            if let Some(count) = counts.get_mut(usize::from(*answer)) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);
    const EVE: PersonId = PersonId(3);

    #[test]
    fn hands_stand_in_their_order_and_are_told_once() {
        let mut tools = Tools::default();
        tools.hand(BEN, true);
        tools.hand(ANA, true);
        tools.hand(BEN, true);
        assert_eq!(tools.hands_news(), Some(RoomEvent::Hands { raised: vec![BEN, ANA], lowered: vec![] }));
        assert!(!tools.has_news() && tools.hands_news().is_none());
        tools.hand(BEN, false);
        tools.hand(EVE, true);
        tools.forget(ANA);
        assert_eq!(tools.hands_news(), Some(RoomEvent::Hands { raised: vec![EVE], lowered: vec![BEN] }));
        assert_eq!(tools.greeting(ANA, false), [RoomEvent::Hands { raised: vec![EVE], lowered: vec![] }]);
    }

    #[test]
    fn one_person_has_one_answer_until_the_poll_is_closed() {
        let mut tools = Tools::default();
        let poll = tools.open("Clear?".into(), vec!["Yes".into(), "No".into()]).expect("a poll").id;
        for (person, answer) in [(ANA, Some(0)), (ANA, Some(1)), (BEN, Some(1)), (EVE, Some(0)), (EVE, None)] {
            assert_eq!(tools.vote(person, poll, answer), Ok(()));
        }
        assert_eq!(tools.vote(ANA, poll, Some(2)), Err(Refusal::NoSuchPoll));
        assert_eq!(tools.vote(ANA, poll + 1, Some(0)), Err(Refusal::NoSuchPoll));
        assert_eq!(tools.counts_news(), Some(RoomEvent::Counts { poll, counts: vec![0, 2] }));
        assert!(tools.vote(ANA, poll, Some(1)).is_ok() && tools.counts_news().is_none(), "nothing new");
        tools.forget(BEN);
        assert_eq!(tools.close(poll), Ok(RoomEvent::PollClosed { poll, counts: vec![0, 1] }));
        assert_eq!((tools.close(poll), tools.vote(ANA, poll, Some(0))), (Err(Refusal::NoSuchPoll), Err(Refusal::NoSuchPoll)));
    }

    #[test]
    fn what_is_no_poll() {
        let mut tools = Tools::default();
        let texts = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        let long = "x".repeat(POLL_TEXT_MAX + 1);
        for (question, answers) in
            [("", texts(2)), ("?", texts(1)), ("?", texts(POLL_ANSWERS_MAX + 1)), (long.as_str(), texts(2)), ("?", vec!["a\nb".into(), "c".into()])]
        {
            assert_eq!(tools.open(question.into(), answers).err(), Some(Refusal::BadPoll), "{question}");
        }
    }
}
