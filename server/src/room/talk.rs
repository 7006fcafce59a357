//! Room chat: who may write and how fast, and who is named in a message. Pure: time is an argument; keeping is the [`super::keeper`]'s.

use std::collections::HashMap;
use std::time::Duration;

use lectern_proto::control::{Mention, Person, PersonId, Role, TalkRefusal, TalkRules};
use lectern_proto::limits::{
    TALK_BURST, TALK_MENTIONS_MAX, TALK_PER_S, TALK_READS_BURST, TALK_READS_PER_S, TALK_ROOM_BURST, TALK_ROOM_PER_S, TALK_SEARCH_MAX, TALK_SLOW_MAX_S,
    TALK_TEXT_MAX,
};
use lectern_proto::rate::TokenBucket;
use lectern_proto::rights::Action;
use lectern_proto::text;

/// What the room knows of its chat.
#[derive(Debug)]
pub(super) struct Talk {
    rules: TalkRules,
    people: HashMap<PersonId, Pace>,
    room: TokenBucket,
}

/// How fast somebody writes and reads.
#[derive(Debug)]
struct Pace {
    writes: TokenBucket,
    reads: TokenBucket,
    said_at: Option<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { writes: TokenBucket::new(TALK_PER_S, TALK_BURST), reads: TokenBucket::new(TALK_READS_PER_S, TALK_READS_BURST), said_at: None }
    }
}

/// Whether a role may take away what others wrote, and writes while it is quiet.
pub(super) fn moderates(role: Role) -> bool {
    role.may(Action::Moderate)
}

impl Talk {
    pub(super) fn new(on: bool) -> Self {
        Self { rules: TalkRules { on, slow_s: 0 }, people: HashMap::new(), room: TokenBucket::new(TALK_ROOM_PER_S, TALK_ROOM_BURST) }
    }

    pub(super) fn rules(&self) -> TalkRules {
        self.rules
    }

    /// Somebody is gone for good.
    pub(super) fn forget(&mut self, person: PersonId) {
        self.people.remove(&person);
    }

    /// Whether somebody may write a message now; then it counts.
    pub(super) fn may_say(&mut self, now: Duration, by: &Person, quiet: bool) -> Result<(), TalkRefusal> {
        self.may_change(now, by, quiet)?;
        let slow = Duration::from_secs(self.rules.slow_s.into());
        let pace = self.people.entry(by.id).or_default();
        if !moderates(by.role)
            && let Some(wait) = pace.said_at.map(|at| (at + slow).saturating_sub(now)).filter(|wait| !wait.is_zero())
        {
            return Err(TalkRefusal::Slow { wait_ms: milliseconds(wait) });
        }
        pace.said_at = Some(now);
        Ok(())
    }

    /// Whether somebody may change something now; then it counts.
    pub(super) fn may_change(&mut self, now: Duration, by: &Person, quiet: bool) -> Result<(), TalkRefusal> {
        if !self.rules.on {
            return Err(TalkRefusal::Off);
        }
        if quiet && !moderates(by.role) {
            return Err(TalkRefusal::Quiet);
        }
        let bucket = &mut self.people.entry(by.id).or_default().writes;
        let wait = bucket.wait(now).max(self.room.wait(now));
        if !wait.is_zero() {
            return Err(TalkRefusal::TooFast { wait_ms: milliseconds(wait) });
        }
        // Both are there.
        let _ = (bucket.take(now), self.room.take(now));
        Ok(())
    }

    /// Whether somebody may look something up now; then it counts. What was written may be read while nobody may write.
    pub(super) fn may_read(&mut self, now: Duration, by: &Person) -> Result<(), TalkRefusal> {
        let bucket = &mut self.people.entry(by.id).or_default().reads;
        if bucket.take(now) { Ok(()) } else { Err(TalkRefusal::TooFast { wait_ms: milliseconds(bucket.wait(now)) }) }
    }

    /// Slows the room, or does not any more; says whether that changed anything.
    pub(super) fn slow(&mut self, by: &Person, seconds: u16) -> Result<bool, TalkRefusal> {
        if !moderates(by.role) {
            return Err(TalkRefusal::NotAllowed);
        }
        let seconds = seconds.min(TALK_SLOW_MAX_S);
        Ok(std::mem::replace(&mut self.rules.slow_s, seconds) != seconds)
    }
}

fn milliseconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1)
}

/// A message in the form in which it is kept and told.
pub(super) fn fit(written: &str) -> Result<String, TalkRefusal> {
    // What is far too long is not looked through.
    if written.len() > TALK_TEXT_MAX {
        return Err(TalkRefusal::Length);
    }
    let plain = text::block(written);
    let plain = plain.trim_end().trim_start_matches('\n');
    if plain.trim().is_empty() || plain.len() > TALK_TEXT_MAX { Err(TalkRefusal::Length) } else { Ok(plain.to_owned()) }
}

/// The words of a search.
pub(super) fn words(search: &str) -> Result<Vec<String>, TalkRefusal> {
    let words: Vec<_> = search.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() || search.len() > TALK_SEARCH_MAX { Err(TalkRefusal::Length) } else { Ok(words) }
}

/// Who is named with an `@` in a text: the longest name that stands there, in whatever case, and not as the beginning of a word.
pub(super) fn mentions<'a>(text: &str, people: impl Iterator<Item = &'a Person>) -> Vec<Mention> {
    if !text.contains('@') {
        return Vec::new();
    }
    let people: Vec<_> = people.collect();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('@').map(|at| from + at) {
        from = at + 1;
        let before = text[..at].chars().next_back();
        if found.len() == TALK_MENTIONS_MAX || before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let after = &text[from..];
        let longest = people.iter().filter_map(|p| Some((p.id, prefix(after, &p.name)?))).max_by_key(|(_, length)| *length);
        if let Some((person, length)) = longest {
            let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            found.push(Mention { person, start: position(at), end: position(from + length) });
            from += length;
        }
    }
    found
}

/// How many bytes of `text` are this name, when it begins with it and no word goes on.
fn prefix(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    for wanted in name.chars() {
        let there = rest.next()?;
        if there != wanted && !there.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    let rest = rest.as_str();
    let goes_on = rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    (!name.is_empty() && !goes_on).then_some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: u64, name: &str, role: Role) -> Person {
        Person { id: PersonId(id), name: name.into(), role, connected: true }
    }

    fn s(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn who_may_write_and_how_fast() {
        let (kim, ana) = (person(1, "Kim", Role::Instructor), person(2, "Ana", Role::Student));
        assert_eq!(Talk::new(false).may_say(s(0.0), &kim, false), Err(TalkRefusal::Off));
        let mut talk = Talk::new(true);
        assert_eq!(talk.may_say(s(0.0), &ana, true), Err(TalkRefusal::Quiet));
        assert_eq!(talk.may_say(s(0.0), &kim, true), Ok(()));
        for _ in 0..TALK_BURST {
            assert_eq!(talk.may_say(s(1.0), &ana, false), Ok(()));
        }
        assert_eq!(talk.may_say(s(1.25), &ana, false), Err(TalkRefusal::TooFast { wait_ms: 750 }));
        assert_eq!(talk.may_say(s(2.0), &ana, false), Ok(()));
        // Slowed.
        assert_eq!(talk.slow(&ana, 30), Err(TalkRefusal::NotAllowed));
        assert_eq!((talk.slow(&kim, 30), talk.slow(&kim, 30)), (Ok(true), Ok(false)));
        assert_eq!(talk.may_say(s(12.0), &ana, false), Err(TalkRefusal::Slow { wait_ms: 20_000 }));
        assert_eq!(talk.may_change(s(12.0), &ana, false), Ok(()), "changes are not slowed");
        assert_eq!(talk.may_say(s(32.0), &ana, false), Ok(()));
        assert_eq!((talk.may_say(s(32.0), &kim, false), talk.may_say(s(32.0), &kim, false)), (Ok(()), Ok(())));
        assert_eq!((talk.slow(&kim, u16::MAX), talk.rules().slow_s), (Ok(true), TALK_SLOW_MAX_S));
    }

    #[test]
    fn one_room_takes_so_much_from_all_together() {
        let mut talk = Talk::new(true);
        let taken = (0..1_000).filter(|id| talk.may_say(s(0.0), &person(*id, "x", Role::Student), false).is_ok()).count();
        assert_eq!(taken, TALK_ROOM_BURST as usize);
        assert!(matches!(talk.may_say(s(0.0), &person(9_999, "x", Role::Student), false), Err(TalkRefusal::TooFast { wait_ms: 25 })));
        let reads = (0..1_000).filter(|_| talk.may_read(s(0.0), &person(1, "x", Role::Student)).is_ok()).count();
        assert_eq!(reads, TALK_READS_BURST as usize);
    }

    #[test]
    fn a_message_is_text_of_a_length() {
        assert_eq!(fit("  a\u{202E}b \n").as_deref(), Ok("  a\u{FFFD}b"));
        for wrong in ["", " \n\t", "\u{200B}", &"x".repeat(TALK_TEXT_MAX + 1), &"\u{1}".repeat(TALK_TEXT_MAX)] {
            assert_eq!(fit(wrong), Err(TalkRefusal::Length));
        }
        assert!(fit(&"x".repeat(TALK_TEXT_MAX)).is_ok());
        assert_eq!(words(" Zwei  WÖRTER "), Ok(vec!["zwei".to_owned(), "wörter".to_owned()]));
        assert_eq!(words(" "), Err(TalkRefusal::Length));
    }

    #[test]
    fn the_longest_name_is_meant() {
        let people =
            [person(1, "Ana", Role::Student), person(2, "Ana (2)", Role::Student), person(3, "Ms Kim", Role::Instructor), person(4, "علي", Role::Student)];
        let check = |text: &str, want: &[(u64, &str)]| {
            let found = mentions(text, people.iter());
            let found: Vec<_> = found.iter().map(|m| (m.person.0, &text[m.start as usize..m.end as usize])).collect();
            assert_eq!(found, want, "{text:?}");
        };
        check("@Ana look", &[(1, "@Ana")]);
        check("@ana (2), and @ms kim!", &[(2, "@ana (2)"), (3, "@ms kim")]);
        check("@Anabel, mail@Ana, @", &[]);
        check("(@علي)", &[(4, "@علي")]);
        assert_eq!(mentions(&"@Ana ".repeat(100), people.iter()).len(), TALK_MENTIONS_MAX);
    }
}
