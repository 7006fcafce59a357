//! The room's task, as far as mailboxes go: what is left goes to the disk before anybody is answered, and from there to who takes it.

use lectern_proto::chat::stamp::Stamped;
use lectern_proto::control::{ChatEvent, Event, MailboxOwner, Person, PersonId, Refusal};
use lectern_proto::limits::{MAIL_PAGE, MAILBOXES_MAX, NAME_MAX, SERVER_MESSAGE_MAX};
use tokio::sync::oneshot;

use super::super::Message;
use super::super::mail::{MailMessage, Post};
use super::RoomTask;
use crate::store::{AccountId, Mailbox, NewParcel, StoreError};

/// All mailboxes of a room fit into one message.
const _: () = assert!(MAILBOXES_MAX * (NAME_MAX + 64) < SERVER_MESSAGE_MAX);

impl RoomTask {
    pub(super) async fn recall_mailboxes(&mut self) {
        match self.store.mailboxes(&self.name, MAILBOXES_MAX).await {
            Ok(owners) => self.post = Post::new(owners),
            Err(error) => tracing::error!(room = %self.name, %error, "who can be written to while away is not known until they come again"),
        }
    }

    pub(super) fn mail(&mut self, message: MailMessage) {
        match message {
            MailMessage::Open { by, connection, identity, bundle, reply } => {
                let (Some(id), Some(_)) = (AccountId::of(by), self.roster.person(by)) else { return answer_to(reply, Err(Refusal::NoMailbox)) };
                if self.post.is_full(by) {
                    return answer_to(reply, Err(Refusal::MailboxFull));
                }
                let (store, room, now) = (self.store.clone(), self.name.clone(), self.clock.unix_seconds());
                self.report_back(async move {
                    let opened = told(store.open_mailbox(id, &room, identity, &bundle, now).await);
                    let known = if opened == Ok(true) { told(store.mailbox(id, &room).await) } else { opened.map(|_| None) };
                    let done = known.and_then(|mailbox| mailbox.ok_or(Refusal::NoMailbox));
                    let (message, answer) = match done {
                        Ok(mailbox) => (Some(MailMessage::Opened { connection, mailbox: Box::new(mailbox) }), Ok(())),
                        Err(why) => (None, Err(why)),
                    };
                    (message, move || answer_to(reply, answer))
                });
            }
            MailMessage::Opened { connection, mailbox } => {
                let owner = mailbox.owner.clone();
                if self.is_current(owner.person, connection) {
                    self.post.begin(owner.person, connection);
                    self.hand_over(owner.person);
                }
                if self.post.put(*mailbox) {
                    self.tell(Event::Chat(ChatEvent::Mailboxes(vec![owner])));
                }
            }
            MailMessage::Leave { by, to, parcel, reply } => match self.may_leave(by, to) {
                Ok(None) => answer_to(reply, Ok(())),
                Err(why) => answer_to(reply, Err(why)),
                Ok(Some((from, recipient))) => {
                    let (own, theirs) = (&from.owner, &recipient);
                    let (commitment, at_ms) = (parcel.message.commitment, self.clock.unix_ms());
                    let stamped = Stamped { from: by, sender: own.identity, to, recipient: theirs.identity, commitment, at_ms };
                    let stamp = self.chat.stamps().stamp(&stamped);
                    let (Some(from_id), Some(to_id)) = (AccountId::of(by), AccountId::of(to)) else { return answer_to(reply, Err(Refusal::NoMailbox)) };
                    let now = self.clock.unix_seconds();
                    let expires_at = now.saturating_add(i64::from(self.mail_days) * 24 * 3600);
                    let new = NewParcel { from: from_id, to: to_id, bundle: from.bundle.clone(), parcel, stamp, now, expires_at };
                    let store = self.store.clone();
                    self.report_back(async move {
                        let kept = told(store.keep_parcel(new).await).and_then(|kept| kept);
                        (kept.is_ok().then_some(MailMessage::Left { to }), move || answer_to(reply, kept))
                    });
                }
            },
            MailMessage::Left { to } => {
                self.post.arrived(to);
                self.hand_over(to);
            }
            MailMessage::Found { person, connection, mail } => {
                for mail in self.post.found(person, connection, mail) {
                    let number = mail.number;
                    if self.put(person, ChatEvent::Mail(Box::new(mail))).is_err() {
                        // Not before something of it is taken.
                        return self.post.kept_back(person, number);
                    }
                }
                self.hand_over(person);
            }
            MailMessage::Taken { by, connection, numbers } => {
                self.post.taken(by, connection, &numbers);
                if let Some(id) = AccountId::of(by).filter(|_| self.is_current(by, connection)) {
                    let store = self.store.clone();
                    self.report_back(async move {
                        // What could not be forgotten is handed over once more, and taken once more.
                        let _ = told(store.take_parcels(id, numbers).await);
                        (Some(MailMessage::Left { to: by }), || ())
                    });
                }
            }
            MailMessage::Known { person, mailbox: Some(mailbox) } => {
                if self.post.of(person).is_some() && self.post.put(*mailbox) {
                    self.tell(Event::Chat(ChatEvent::Mailboxes(self.post.of(person).map(|m| m.owner.clone()).into_iter().collect())));
                }
            }
            MailMessage::Known { person, mailbox: None } => {
                if self.post.remove(person) {
                    self.tell(Event::Chat(ChatEvent::MailboxGone(person)));
                }
            }
        }
    }

    /// Whether one may leave something for the other: the sender's mailbox and the recipient's owner. None where nothing is kept, unsaid.
    fn may_leave(&self, by: PersonId, to: PersonId) -> Result<Option<(&Mailbox, MailboxOwner)>, Refusal> {
        let from = self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        let own = self.post.of(by).ok_or(Refusal::NoMailbox)?;
        let owner = self.post.of(to).map(|m| m.owner.clone()).ok_or(Refusal::NoMailbox)?;
        let role = self.roster.person(to).map_or(owner.role, |p| p.role);
        let recipient = Person { id: to, name: owner.name.clone(), role, connected: false };
        self.chat.may_write(from, &recipient, self.floor.is_quiet())?;
        Ok((!self.chat.is_blocked(to, by)).then_some((own, owner)))
    }

    /// Asks the disk for what waits next, where the person has taken most of what came before.
    fn hand_over(&mut self, person: PersonId) {
        let Some(id) = AccountId::of(person) else { return };
        if let Some((connection, after)) = self.post.ask(person) {
            let (store, now) = (self.store.clone(), self.clock.unix_seconds());
            self.report_back(async move {
                let mail = told(store.parcels(id, after, now, MAIL_PAGE).await).ok();
                (Some(MailMessage::Found { person, connection, mail }), || ())
            });
        }
    }

    /// Looks at the disk again: the account was ended, or is another role's.
    pub(super) fn look_at_mailbox(&self, person: PersonId) {
        if let Some(id) = AccountId::of(person).filter(|_| self.post.of(person).is_some()) {
            let (store, room) = (self.store.clone(), self.name.clone());
            self.report_back(async move {
                let known = told(store.mailbox(id, &room).await).ok();
                (known.map(|mailbox| MailMessage::Known { person, mailbox: mailbox.map(Box::new) }), || ())
            });
        }
    }

    /// Does something that waits for the disk, tells the room what came of it, and then whoever waits for it.
    fn report_back<A: FnOnce() + Send + 'static>(&self, done: impl Future<Output = (Option<MailMessage>, A)> + Send + 'static) {
        let mailbox = self.mailbox.clone();
        self.tasks.spawn(async move {
            let (message, answer) = done.await;
            // Where the room is ending, the disk has it all the same.
            if let (Some(message), Some(mailbox)) = (message, mailbox.upgrade()) {
                let _ = mailbox.send(Message::Mail(message)).await;
            }
            answer();
        });
    }

    /// A new connection: keys that were offered on the one before may be of a program that has ended.
    pub(super) fn expect_keys(&mut self, person: PersonId) {
        self.post.end(person);
        self.chat.leave_out(person);
    }
}

/// Whoever has gone away meanwhile needs no answer.
fn answer_to(reply: oneshot::Sender<Result<(), Refusal>>, with: Result<(), Refusal>) {
    let _ = reply.send(with);
}

/// Tells the operator when the database failed.
fn told<T>(result: Result<T, StoreError>) -> Result<T, Refusal> {
    result.map_err(|error| {
        tracing::error!(%error, "private messages for people who are away cannot be kept or found; is the disk full?");
        Refusal::NotKept
    })
}
