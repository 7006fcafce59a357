//! Private chat in the list of conversations: whom one may write to, what stands below a name, and what the window asks for.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use egui::Ui;
use lectern_proto::chat::content::MessageId;
use lectern_proto::control::{Person, PersonId, PrivateChat, Role};
use lectern_proto::rights::Action;
use lectern_proto::text;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{icon_ui, say};
use super::conversations::{Badge, Row, row_ui};
use super::{ChatCommand, Chats, Toast, Whom, push, toast};
use crate::chat::{ChatError, ItemState, Keeping, Shown};
use crate::class::ClassState;

/// Something that is asked of private chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateWish {
    Write {
        to: PersonId,
        text: String,
    },
    /// Offer a file of this computer.
    Attach {
        to: PersonId,
        path: PathBuf,
        max: u64,
    },
    /// Fetch the file of a message of theirs, and write it to the folder of downloads.
    Download {
        of: PersonId,
        id: MessageId,
    },
    /// What they wrote is in sight.
    Seen(PersonId),
    /// Something is being written to them.
    Typing(PersonId),
    /// Find out who they are.
    Meet(PersonId),
    /// Their new identity was looked at.
    Accept(PersonId),
    /// The safety numbers are the same, or were not.
    Verified(PersonId, bool),
    Block(PersonId, bool),
    /// Let go what is kept and shown of the conversation with them.
    Forget(PersonId),
    /// Show these messages of theirs to an instructor.
    Report {
        of: PersonId,
        ids: Vec<MessageId>,
        to: PersonId,
    },
}

impl PrivateWish {
    pub(super) fn whom(&self) -> PersonId {
        match self {
            Self::Write { to, .. } | Self::Attach { to, .. } => *to,
            Self::Report { of, .. } | Self::Download { of, .. } => *of,
            Self::Seen(person) | Self::Typing(person) | Self::Meet(person) | Self::Accept(person) => *person,
            Self::Verified(person, _) | Self::Block(person, _) | Self::Forget(person) => *person,
        }
    }
}

/// Something asked of private chat that is under way; dropped, its answer is not waited for.
pub trait Writing {
    /// None until it is answered.
    fn outcome(&self) -> Option<Result<(), ChatError>>;
}

impl Chats {
    /// What is known of the conversation with somebody.
    pub(super) fn with(&self, person: PersonId) -> Option<&Shown> {
        self.private.conversations.get(&person).map(|shown| &**shown)
    }

    /// Somebody's name, also when they are gone.
    pub(super) fn name_of(&self, person: PersonId) -> &str {
        self.names.get(&person).map_or("?", String::as_str)
    }

    /// Whether the server still lets this member write to somebody.
    pub(super) fn may_write(state: &ClassState, to: &Person) -> bool {
        state.me.as_ref().is_some_and(|me| state.private_chat.allows(me.role, to.role))
    }

    /// Takes answers, and what was written since. Gives what is to be asked by itself: `looks` is the person whose messages are in sight.
    pub(crate) fn follow_private(&mut self, state: &ClassState, looks: Option<PersonId>, is_busy: bool, now: Instant) -> Vec<PrivateWish> {
        for person in &state.people {
            if self.names.get(&person.id) != Some(&person.name) {
                self.names.insert(person.id, person.name.clone());
            }
        }
        for (person, name) in self.private.kept.iter().filter(|(_, name)| !name.is_empty()) {
            self.names.entry(*person).or_insert_with(|| name.clone());
        }
        let wrote = state.wrote.iter().map(|(person, name)| (*person, name.as_str())).filter(|(person, _)| state.people.iter().all(|p| p.id != *person));
        for (person, name) in wrote.chain(state.away()) {
            if self.names.get(&person).is_none_or(|known| known != name) {
                self.names.insert(person, name.to_owned());
            }
        }
        self.take_answers();
        let mut wishes = Vec::new();
        let mut unread = HashSet::new();
        for (person, shown) in &self.private.conversations {
            let is_seen = looks == Some(*person) && shown.changed.is_none();
            let mut is_new = false;
            for item in shown.items.iter().filter(|item| shown.unread.contains(&item.id)) {
                unread.insert(item.id);
                if self.told_private.contains(&item.id) {
                    continue;
                }
                is_new = true;
                if !is_seen && !is_busy && !self.muted.contains(person) {
                    let (name, text) = (self.names.get(person).cloned().unwrap_or_default(), text::block(&item.text).into_owned());
                    self.toasts.push(Toast { from: Whom::Person(*person), name, text, until: now + toast::SHOWN });
                }
            }
            if is_seen && !shown.unread.is_empty() && (is_new || self.looked != Some(*person)) {
                wishes.push(PrivateWish::Seen(*person));
            }
        }
        self.told_private = unread;
        self.looked = looks;
        if let Some(person) = looks {
            self.toasts.retain(|toast| toast.from != Whom::Person(person));
            if self.private.own.is_some() && self.with(person).is_none_or(|shown| shown.identity.is_none()) && self.met.insert(person) {
                wishes.push(PrivateWish::Meet(person));
            }
        }
        wishes
    }

    fn take_answers(&mut self) {
        let Self { pending_private, refused_private, drafts, .. } = self;
        pending_private.retain(|(wish, writing)| match writing.outcome() {
            None => true,
            Some(Ok(())) => false,
            Some(Err(why)) => {
                // What was not even taken can be sent again; what was stands in the conversation, with its reason.
                if let (PrivateWish::Write { to, text }, ChatError::Write(_) | ChatError::NoKeys | ChatError::Ended) = (wish, &why) {
                    let draft = drafts.entry(Whom::Person(*to)).or_default();
                    if draft.text.is_empty() {
                        draft.text.clone_from(text);
                    }
                }
                *refused_private = Some((wish.whom(), why));
                false
            }
        });
    }

    /// A request is under way.
    pub(crate) fn wait_private(&mut self, wish: PrivateWish, writing: Box<dyn Writing>) {
        use PrivateWish::{Attach, Download, Forget, Report, Write};
        if matches!(wish, Write { .. } | Report { .. } | Attach { .. } | Download { .. } | Forget(_)) {
            self.refused_private = None;
        }
        self.pending_private.push((wish, writing));
    }

    /// Everybody with whom there is a conversation, the newest first, then who else may be written to.
    fn people(&self, state: &ClassState) -> Vec<PersonId> {
        let me = state.me.as_ref().map(|me| me.id);
        let last = |person: &PersonId| self.with(*person).and_then(|shown| shown.items.back()).map(|item| item.sent_ms);
        let has = |person: &PersonId| self.with(*person).is_some_and(|shown| !shown.items.is_empty() || shown.unreadable > 0 || shown.changed.is_some());
        let mut with: Vec<_> = self.private.conversations.keys().copied().filter(has).collect();
        with.sort_by_key(|person| std::cmp::Reverse(last(person)));
        let mut others: Vec<_> = state
            .people
            .iter()
            .filter(|p| Some(p.id) != me && !with.contains(&p.id) && Self::may_write(state, p))
            .map(|p| (p.name.to_lowercase(), p.id))
            .collect();
        others.sort();
        // Whoever is away comes last.
        let may_write = |person: &PersonId| {
            let owner = state.mailboxes.get(person);
            self.private.keeping == Keeping::Account && owner.is_some_and(|o| state.me.as_ref().is_some_and(|me| state.private_chat.allows(me.role, o.role)))
        };
        let away = state.away().filter(|(id, _)| Some(*id) != me && !with.contains(id) && may_write(id));
        let mut away: Vec<_> = away.map(|(id, name)| (name.to_lowercase(), id)).collect();
        away.sort();
        with.extend(others.into_iter().chain(away).map(|(_, id)| id));
        with
    }
}

/// Rows of people, below the room's.
pub(super) fn rows_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let words = chats.words.trim().to_lowercase();
    for id in chats.people(state) {
        let (name, shown) = (chats.name_of(id), chats.with(id));
        let has = |text: &str| text.to_lowercase().contains(&words);
        if !words.is_empty() && !has(name) && !shown.is_some_and(|s| s.items.iter().any(|item| has(&item.text))) {
            continue;
        }
        let (line, badge) = line_of(chats, state, id, cx);
        let row = Row {
            whom: Whom::Person(id),
            name,
            line,
            at_ms: shown.and_then(|s| s.items.back()).map(|item| item.sent_ms),
            unread: shown.map_or(0, |s| s.unread.len()),
            verified: shown.is_some_and(is_verified),
            badge,
        };
        if row_ui(ui, &row, chats.open == Some(Whom::Person(id)), badge == Badge::Loud, cx) {
            push(cx, ChatCommand::Open(Whom::Person(id)));
        }
    }
}

/// Whether the safety number was compared, and is still the one.
pub(super) fn is_verified(shown: &Shown) -> bool {
    shown.verified && shown.changed.is_none()
}

/// The newest of it, or what is wrong.
fn line_of(chats: &Chats, state: &ClassState, id: PersonId, cx: &Cx<'_>) -> (String, Badge) {
    let name = || text::isolated(chats.name_of(id)).into_owned();
    let Some(shown) = chats.with(id) else { return (presence(state, id, cx), Badge::None) };
    if shown.blocked {
        return (cx.text("private-blocked"), Badge::None);
    }
    if shown.changed.is_some() {
        return (cx.text("private-key-changed-short"), Badge::Warn);
    }
    if chats.private.is_typing(id) {
        return (cx.strings.format("private-writes", &[("name", name().into())]), Badge::Loud);
    }
    let Some(item) = shown.items.back() else { return (presence(state, id, cx), Badge::None) };
    if item.own && matches!(item.state, ItemState::Waiting | ItemState::Kept) {
        let key = if item.state == ItemState::Kept { "private-kept" } else { "private-waits-for" };
        return (cx.strings.format(key, &[("name", name().into())]), Badge::Clock);
    }
    let first = text::block(&item.text).lines().next().unwrap_or_default().to_owned();
    let line = if item.own { cx.strings.format("private-you", &[("text", first.into())]) } else { first };
    (line, if matches!(item.state, ItemState::Refused(_) | ItemState::FalseKeys | ItemState::Unconfirmed) { Badge::Warn } else { Badge::None })
}

fn presence(state: &ClassState, id: PersonId, cx: &Cx<'_>) -> String {
    match state.people.iter().find(|p| p.id == id) {
        None if state.mailboxes.contains_key(&id) => cx.text("private-away"),
        None => cx.text("private-gone"),
        Some(p) if !p.connected => cx.text("people-reconnecting"),
        Some(p) if p.role == Role::Instructor => cx.text("people-instructor"),
        Some(p) if p.role == Role::Assistant => cx.text("people-assistant"),
        Some(_) => cx.text("private-write-to"),
    }
}

/// Key of what the room's setting means for this member.
pub(super) fn setting_key(state: &ClassState) -> &'static str {
    match state.private_chat {
        PrivateChat::Off if state.may(Action::PrivateChat) => "private-off-staff",
        PrivateChat::Off => "private-off",
        PrivateChat::Instructor => "private-instructor",
        PrivateChat::All => "private-all",
    }
}

/// Who reads it, at the foot of the list.
pub(super) fn foot_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, cx: &Cx<'_>) {
    let c = colors(ui);
    let (icon, ink, key) = match (chats.private.own_right, state.private_chat) {
        (Some(false), _) => (Icon::Octagon, c.bad, "private-own-wrong"),
        (_, PrivateChat::Off) => (Icon::Lock, c.t3, setting_key(state)),
        (_, _) => (Icon::Lock, c.good, setting_key(state)),
    };
    let ready = chats.private.own.is_some() || state.private_chat == PrivateChat::Off;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        icon_ui(ui, icon, size::ICON, ink);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            say(ui, Type::Small, if ink == c.bad { c.bad } else { c.t2 }, cx.text(key));
            if !ready {
                say(ui, Type::Small, c.t3, cx.text("private-keys-made"));
            }
            let about = match chats.private.keeping {
                Keeping::Unknown | Keeping::Account => None,
                Keeping::Lesson => Some((c.t3, "private-lesson-only")),
                Keeping::Unopened => Some((c.warn, "private-unopened")),
                Keeping::Older => Some((c.bad, "private-older")),
            };
            if let Some((ink, key)) = about {
                say(ui, Type::Small, ink, cx.text(key));
            }
        });
    });
}
