//! The Chat view and the room's chat beside other screens: what was written on the left or above, bubbles, a field to write in.
//!
//! What is shown comes from the class's snapshot; what is typed, chosen and scrolled to is kept here. Views push [`ChatCommand`]s, the
//! window carries them out and hands the answers back.

mod bubble;
mod composer;
mod conversations;
mod details;
mod file;
mod named;
mod person;
mod private;
mod search;
mod side;
mod stream;
mod text;
mod toast;
mod verify;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use egui::{Frame, Panel, Ui};
use lectern_proto::chat::content::MessageId;
use lectern_proto::control::{PersonId, Reaction, TalkId, TalkMessage, TalkPage};
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::tokens::{colors, size};
use crate::chat::{ChatError, ChatState};
use crate::class::{ClassState, TalkError};

pub use private::{PrivateWish, Writing};
pub use side::Side;
pub(crate) use side::{badge, side_tabs_ui};
pub(crate) use stream::room_ui;
pub(crate) use toast::toasts_ui;

/// Width of the list of conversations, and of what is known of the one that is open.
const LIST: f32 = 280.0;
const DETAILS: f32 = 256.0;
/// Below this width of the view, what is known of a conversation lies over it instead of beside it.
const ROOMY: f32 = 860.0;

/// Whom a conversation is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whom {
    Room,
    Person(PersonId),
}

/// Something that is asked of the class about room chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TalkWish {
    Say { text: String, reply: Option<TalkId> },
    Edit { id: TalkId, text: String },
    Delete(TalkId),
    React { id: TalkId, reaction: Reaction, on: bool },
    Older,
    Search { words: String },
    Slow(u16),
}

/// A request about room chat that is under way; dropped, its answer is not waited for.
pub trait Talking {
    /// None until it is answered.
    fn outcome(&self) -> Option<TalkOutcome>;
}

/// What came of it; what was found, for a search.
pub type TalkOutcome = Result<Option<TalkPage>, TalkError>;

/// What a view of chat may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatCommand {
    /// Show or hide the view.
    Show(bool),
    /// Show a conversation in it.
    Open(Whom),
    Talk(TalkWish),
    Private(PrivateWish),
    /// Choose a file for somebody.
    PickFile(PersonId),
    /// Show where a file that came was written.
    ShowFile(PathBuf),
    /// Show the list where there is no room for it beside.
    List,
    /// The sentence of a refusal was read.
    PutAway,
    /// Of the panel beside other screens.
    Side(Side),
}

/// What is being written to one conversation.
#[derive(Debug, Clone, Default)]
struct Draft {
    text: String,
    /// The message that is answered.
    reply: Option<TalkId>,
    /// The message that is changed.
    edits: Option<TalkId>,
}

/// What a search has found.
#[derive(Debug, Clone)]
struct Found {
    words: String,
    page: TalkPage,
}

/// A message that somebody wrote while nobody looked.
#[derive(Debug, Clone)]
struct Toast {
    from: Whom,
    name: String,
    text: String,
    until: Instant,
}

/// What this window knows of chat beside the class.
#[derive(Default)]
pub(crate) struct Chats {
    pub(crate) is_shown: bool,
    pub(crate) side: Side,
    open: Option<Whom>,
    drafts: HashMap<Whom, Draft>,
    words: String,
    found: Option<Found>,
    /// A message that is scrolled to.
    wanted: Option<TalkId>,
    details: bool,
    /// Up to here the room's messages were seen; none before the first page.
    seen: Option<TalkId>,
    /// Up to here they were told of.
    told: Option<TalkId>,
    toasts: Vec<Toast>,
    pending: Vec<(TalkWish, Box<dyn Talking>)>,
    refused: Option<TalkError>,
    heights: stream::Heights,
    /// The field gets the focus when it is drawn next.
    wants_focus: bool,
    /// Where the list has no room beside a conversation: it stands alone.
    list_alone: bool,
    /// Private chat as it is now.
    pub(crate) private: Arc<ChatState>,
    /// Names of everybody who was seen.
    names: HashMap<PersonId, String>,
    pending_private: Vec<(PrivateWish, Box<dyn Writing>)>,
    refused_private: Option<(PersonId, ChatError)>,
    /// Unread messages that were told of.
    told_private: HashSet<MessageId>,
    /// Whose messages were in sight the last time.
    looked: Option<PersonId>,
    /// Whose identity was asked for.
    met: HashSet<PersonId>,
    /// Who is not told of.
    muted: HashSet<PersonId>,
    number: Option<verify::Number>,
    /// Messages of somebody that are chosen for a report.
    reporting: Option<(PersonId, BTreeSet<MessageId>)>,
    /// The code of the safety number is shown.
    code_shown: bool,
    /// It is asked whether this person's conversation is to be deleted.
    forgetting: Option<PersonId>,
}

impl Chats {
    /// Messages of both kinds that were not seen.
    pub(crate) fn unread(&self, state: &ClassState) -> usize {
        self.unread_room(state) + self.private.unread()
    }

    /// The person whose conversation is open.
    pub(crate) fn open_person(&self) -> Option<PersonId> {
        match self.open {
            Some(Whom::Person(person)) => Some(person),
            Some(Whom::Room) | None => None,
        }
    }

    /// Messages of the room that were not seen.
    pub(crate) fn unread_room(&self, state: &ClassState) -> usize {
        state.talk.messages().rev().take_while(|m| self.seen.is_some_and(|seen| m.id > seen)).filter(|m| is_news(m, state)).count()
    }

    /// Whether one of them names this member.
    fn is_named(&self, state: &ClassState) -> bool {
        state.talk.messages().rev().take_while(|m| self.seen.is_some_and(|seen| m.id > seen)).any(|m| names_me(m, state))
    }

    /// A request is under way.
    pub(crate) fn wait(&mut self, wish: TalkWish, talking: Box<dyn Talking>) {
        self.refused = None;
        self.pending.push((wish, talking));
    }

    fn is_waiting(&self, wish: &TalkWish) -> bool {
        self.pending.iter().any(|(other, _)| other == wish)
    }

    /// Takes answers, and what was written since. `looks`: the room's messages are in sight; `is_busy`: the stage is, and nothing lies
    /// over it.
    pub(crate) fn follow(&mut self, state: &ClassState, looks: bool, is_busy: bool, now: Instant) {
        let Self { pending, refused, found, drafts, .. } = self;
        pending.retain(|(wish, talking)| match talking.outcome() {
            None => true,
            Some(Ok(page)) => {
                if let (TalkWish::Search { words }, Some(page)) = (wish, page) {
                    *found = Some(Found { words: words.clone(), page });
                }
                false
            }
            Some(Err(why)) => {
                *refused = Some(why);
                // What was not taken can be sent again.
                if let TalkWish::Say { text, reply } = wish {
                    let draft = drafts.entry(Whom::Room).or_default();
                    if draft.text.is_empty() {
                        (draft.text, draft.reply) = (text.clone(), *reply);
                    }
                }
                false
            }
        });
        self.toasts.retain(|toast| toast.until > now);
        let Some(newest) = state.talk.newest().or(state.talk.loaded.then_some(TalkId(0))) else { return };
        // What stood there before this member came is no news.
        let (seen, told) = (self.seen.get_or_insert(newest), self.told.get_or_insert(newest));
        if looks {
            *seen = newest;
        }
        let since = std::mem::replace(told, newest);
        if !looks && !is_busy {
            let news = state.talk.messages().rev().take_while(|m| m.id > since).filter(|m| is_news(m, state) && names_me(m, state));
            self.toasts.extend(news.map(|m| Toast { from: Whom::Room, name: m.name.clone(), text: m.text.clone(), until: now + toast::SHOWN }));
        }
        if looks {
            self.toasts.retain(|toast| toast.from != Whom::Room);
        }
    }

    /// Shows the view, ready to be written in, or hides it.
    pub(crate) fn show(&mut self, shown: bool) {
        (self.is_shown, self.wants_focus) = (shown, shown);
    }

    /// Shows a conversation.
    pub(crate) fn open(&mut self, whom: Whom) {
        self.open = Some(whom);
        self.show(true);
        self.list_alone = false;
        self.code_shown = false;
        self.forgetting = None;
        self.put_away();
    }

    /// Shows the list alone.
    pub(crate) fn list(&mut self) {
        self.list_alone = true;
    }

    pub(crate) fn put_away(&mut self) {
        self.refused = None;
        self.refused_private = None;
    }
}

/// Whether a message is news to this member.
fn is_news(message: &TalkMessage, state: &ClassState) -> bool {
    message.taken.is_none() && state.me.as_ref().is_none_or(|me| me.id != message.from)
}

fn names_me(message: &TalkMessage, state: &ClassState) -> bool {
    let me = state.me.as_ref().map(|me| me.id);
    message.mentions.iter().any(|m| Some(m.person) == me)
}

/// Whether this member takes away what others wrote.
fn moderates(state: &ClassState) -> bool {
    state.may(Action::Moderate)
}

fn push(cx: &mut Cx<'_>, command: ChatCommand) {
    cx.push(Command::Chat(command));
}

/// The whole view: conversations, the open one, what is known of it.
pub(crate) fn chat_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let whom = *chats.open.get_or_insert(Whom::Room);
    let roomy = ui.available_width() >= ROOMY;
    let narrow = ui.ctx().content_rect().width() < size::NARROW_WINDOW;
    if narrow && chats.list_alone {
        let frame = Frame::new().fill(c.panel);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| conversations::list_ui(ui, chats, state, cx));
        return;
    }
    if !narrow {
        let frame = Frame::new().fill(c.panel);
        Panel::left("chat-list").exact_size(LIST).resizable(false).frame(frame).show(ui, |ui| conversations::list_ui(ui, chats, state, cx));
    }
    if chats.details && roomy {
        let frame = Frame::new().fill(c.panel);
        Panel::right("chat-details").exact_size(DETAILS).resizable(false).frame(frame).show(ui, |ui| details::details_ui(ui, chats, whom, state, cx));
    }
    stream::head_ui(ui, chats, whom, (roomy, narrow), cx);
    if chats.details && !roomy {
        return details::details_ui(ui, chats, whom, state, cx);
    }
    match whom {
        Whom::Room => room_ui(ui, chats, state, "chat", cx),
        Whom::Person(person) => person::person_ui(ui, chats, person, state, cx),
    }
}
