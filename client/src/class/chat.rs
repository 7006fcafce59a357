//! What a membership carries for private chat: keys and parcels to the server, and what comes for this member.

use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::messenger::Token;
use lectern_proto::chat::stamp::{Stamp, Stamped};
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{ChatEvent, ChatRequest, Mail, PersonId, Refusal};
use lectern_proto::limits::MAILBOXES_MAX;
use tokio::sync::{mpsc, oneshot};

use super::membership::{Asked, Membership};
use super::{Class, Command, StreamError};

/// What may wait for whoever reads it. Full: it is dropped, and its sender is never told that it arrived.
pub(super) const LETTERS: usize = 256;

/// What came for this member alone.
#[derive(Debug)]
pub(crate) enum Letter {
    Parcel {
        from: PersonId,
        identity: IdentityId,
        parcel: Box<Parcel>,
        stamp: Stamp,
    },
    /// Somebody cannot read what was sent.
    Unread {
        by: PersonId,
    },
    /// What the server says of a parcel.
    Answered {
        token: Token,
        result: Result<(), Refusal>,
    },
    Keys {
        token: Token,
        result: Result<Box<Bundle>, Refusal>,
    },
    Checked {
        token: Token,
        is_own: Option<bool>,
    },
    /// Something has waited for this member.
    Mail(Box<Mail>),
    /// Somebody has offered keys.
    NewKeys {
        person: PersonId,
    },
}

#[derive(Debug)]
pub(crate) enum ChatCommand {
    Keys { bundle: Box<Bundle>, reply: oneshot::Sender<Result<(), StreamError>> },
    Block { person: PersonId, blocked: bool, reply: oneshot::Sender<Result<(), StreamError>> },
    KeysOf { token: Token, person: PersonId },
    Send { token: Token, to: PersonId, parcel: Box<Parcel> },
    Check { token: Token, stamped: Box<Stamped>, mac: [u8; 32] },
    Unread { from: PersonId },
    Mailbox { bundle: Box<Bundle>, reply: oneshot::Sender<Result<(), StreamError>> },
    Leave { token: Token, to: PersonId, parcel: Box<Parcel> },
    Taken { numbers: Vec<u64> },
}

impl Class {
    /// What comes for this member; once.
    pub(crate) fn take_letters(&self) -> Option<mpsc::Receiver<Letter>> {
        self.0.letters.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    pub(crate) async fn offer_keys(&self, bundle: Box<Bundle>) -> Result<(), StreamError> {
        self.ask(|reply| Command::Chat(ChatCommand::Keys { bundle, reply })).await
    }

    pub(crate) async fn block(&self, person: PersonId, blocked: bool) -> Result<(), StreamError> {
        self.ask(|reply| Command::Chat(ChatCommand::Block { person, blocked, reply })).await
    }

    /// Has the account's mailbox opened by these keys.
    pub(crate) async fn open_mailbox(&self, bundle: Box<Bundle>) -> Result<(), StreamError> {
        self.ask(|reply| Command::Chat(ChatCommand::Mailbox { bundle, reply })).await
    }

    /// In the order of the calls; answers come among the letters, and none comes when the connection is lost first.
    pub(crate) async fn chat(&self, command: ChatCommand) {
        let _ = self.0.commands.send(Command::Chat(command)).await;
    }
}

impl Membership {
    pub(super) fn chat_request(&mut self, command: ChatCommand) -> ChatRequest {
        match command {
            ChatCommand::Keys { bundle, reply } => ChatRequest::Keys { request: self.ask(Asked::Done(reply)), bundle },
            ChatCommand::Block { person, blocked, reply } => ChatRequest::Block { request: self.ask(Asked::Done(reply)), person, blocked },
            ChatCommand::KeysOf { token, person } => ChatRequest::KeysOf { request: self.ask(Asked::Chat(token)), person },
            ChatCommand::Send { token, to, parcel } => ChatRequest::Send { request: self.ask(Asked::Chat(token)), to, parcel },
            ChatCommand::Check { token, stamped, mac } => ChatRequest::Check { request: self.ask(Asked::Chat(token)), stamped, mac },
            ChatCommand::Unread { from } => ChatRequest::Unread { from },
            ChatCommand::Mailbox { bundle, reply } => ChatRequest::Mailbox { request: self.ask(Asked::Done(reply)), bundle },
            ChatCommand::Leave { token, to, parcel } => ChatRequest::Leave { request: self.ask(Asked::Chat(token)), to, parcel },
            ChatCommand::Taken { numbers } => ChatRequest::Taken { numbers },
        }
    }

    pub(super) fn chat_event(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Identities(identities) => {
                for (person, identity) in identities {
                    self.state.identities.insert(person, identity);
                    // Those of everybody who was there are asked for when they are needed.
                    if self.state.synchronised {
                        self.letter(Letter::NewKeys { person });
                    }
                }
            }
            ChatEvent::Mailboxes(owners) => {
                for mut owner in owners {
                    // Whatever the server sent.
                    owner.name = lectern_proto::text::line(&owner.name).into_owned();
                    self.state.mailboxes.insert(owner.person, owner);
                }
            }
            ChatEvent::MailboxGone(person) => _ = self.state.mailboxes.remove(&person),
            ChatEvent::Mail(mail) => {
                // As many as are handed over at once, again and again: a class is no larger.
                if self.state.wrote.len() < MAILBOXES_MAX {
                    self.state.wrote.insert(mail.from, lectern_proto::text::line(&mail.name).into_owned());
                }
                self.letter(Letter::Mail(mail));
            }
            ChatEvent::PrivateChat(setting) => self.state.private_chat = setting,
            ChatEvent::AttachmentMax(bytes) => self.state.attachment_max = bytes,
            ChatEvent::KeysOf { request, result } => self.chat_answer(request, |token| Letter::Keys { token, result }),
            ChatEvent::Checked { request, result } => self.chat_answer(request, |token| Letter::Checked { token, is_own: result.ok() }),
            ChatEvent::Received { from, identity, parcel, stamp } => self.letter(Letter::Parcel { from, identity, parcel, stamp }),
            ChatEvent::Unread { by } => self.letter(Letter::Unread { by }),
        }
    }

    fn chat_answer(&mut self, request: u32, letter: impl FnOnce(Token) -> Letter) {
        if let Some(Asked::Chat(token)) = self.asked.remove(&request) {
            self.letter(letter(token));
        }
    }

    pub(super) fn letter(&self, letter: Letter) {
        // What does not fit is sent again, or asked again.
        let _ = self.letters.try_send(letter);
    }
}
