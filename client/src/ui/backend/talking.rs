//! Requests about chat of both kinds, on the runtime.

use std::sync::Arc;

use tokio::sync::watch;

use super::super::chat::{PrivateWish, TalkOutcome, TalkWish, Talking, Writing};
use super::LiveSeat;
use crate::chat::{Chat, ChatError, ChatState, files};
use crate::class::{Changed, Class};

/// What a membership does about chat.
pub trait Talks {
    /// Asks the class something about room chat.
    fn talk(&self, wish: TalkWish, changed: Changed) -> Box<dyn Talking>;
    /// Private chat as it is now.
    fn private(&self) -> Arc<ChatState>;
    /// Asks something of private chat; none where nothing is answered.
    fn privately(&self, wish: PrivateWish, changed: Changed) -> Option<Box<dyn Writing>>;
}

impl Talks for LiveSeat {
    fn talk(&self, wish: TalkWish, changed: Changed) -> Box<dyn Talking> {
        talk(&self.runtime, self.class.clone(), wish, changed)
    }

    fn private(&self) -> Arc<ChatState> {
        self.chat.as_ref().map(|chat| chat.state()).unwrap_or_default()
    }

    fn privately(&self, wish: PrivateWish, changed: Changed) -> Option<Box<dyn Writing>> {
        privately(&self.runtime, self.chat.as_ref()?, wish, changed)
    }
}

impl Talking for watch::Receiver<Option<TalkOutcome>> {
    fn outcome(&self) -> Option<TalkOutcome> {
        self.borrow().clone()
    }
}

/// Asks; `changed` is called with the answer.
fn talk(runtime: &tokio::runtime::Handle, class: Class, wish: TalkWish, changed: Changed) -> Box<dyn Talking> {
    let (told, outcome) = watch::channel(None);
    runtime.spawn(async move {
        let done = match wish {
            TalkWish::Say { text, reply } => class.say(text, reply).await.map(|_| None),
            TalkWish::Edit { id, text } => class.edit(id, text).await.map(|()| None),
            TalkWish::Delete(id) => class.delete(id).await.map(|()| None),
            TalkWish::React { id, reaction, on } => class.react(id, reaction, on).await.map(|()| None),
            TalkWish::Older => class.older().await.map(|_| None),
            TalkWish::Search { words } => class.search(words, None).await.map(Some),
            TalkWish::Slow(seconds) => class.slow(seconds).await.map(|()| None),
        };
        told.send_replace(Some(done));
        changed();
    });
    Box::new(outcome)
}

impl Writing for watch::Receiver<Option<Result<(), ChatError>>> {
    fn outcome(&self) -> Option<Result<(), ChatError>> {
        self.borrow().clone()
    }
}

/// The same of private chat: what is only told it is not answered.
fn privately(runtime: &tokio::runtime::Handle, chat: &Arc<Chat>, wish: PrivateWish, changed: Changed) -> Option<Box<dyn Writing>> {
    match wish {
        PrivateWish::Seen(person) => chat.seen(person),
        PrivateWish::Typing(person) => chat.typing(person),
        PrivateWish::Meet(person) => chat.meet(person),
        PrivateWish::Accept(person) => chat.accept(person),
        PrivateWish::Verified(person, same) => chat.verified(person, same),
        PrivateWish::Block(person, blocked) => chat.block(person, blocked),
        PrivateWish::Write { .. } | PrivateWish::Report { .. } | PrivateWish::Attach { .. } | PrivateWish::Download { .. } | PrivateWish::Forget(_) => {
            let (told, outcome) = watch::channel(None);
            let chat = chat.clone();
            runtime.spawn(async move {
                let done = match wish {
                    PrivateWish::Write { to, text } => chat.write(to, text).await.map(drop),
                    PrivateWish::Report { of, ids, to } => chat.report(of, ids, to).await.map(drop),
                    PrivateWish::Attach { to, path, max } => chat.attach_file(to, &path, max).await.map(drop),
                    PrivateWish::Forget(person) => chat.forget(Some(person)).await.map(drop),
                    PrivateWish::Download { of, id } => match files::downloads() {
                        Some(folder) => chat.download(of, id, folder).await.map(drop),
                        None => Err(ChatError::NoFolder),
                    },
                    _ => Ok(()),
                };
                told.send_replace(Some(done));
                changed();
            });
            return Some(Box::new(outcome));
        }
    }
    None
}
