//! What outlives a program of what it has shown: it is shown again by the next, until somebody lets it go.

use super::super::history::{Kept, Stage};
use super::Messenger;
use crate::control::PersonId;
use crate::limits::CHAT_CONVERSATIONS_MAX;

impl Messenger {
    /// Shows what was shown of the conversation with somebody before, oldest first; after [`Messenger::recall`], before anything else. What of
    /// it was not looked at is unread, and what the other sends once more is not shown once more.
    pub fn restore(&mut self, person: PersonId, all: &[&Kept]) {
        if self.conversations.len() >= CHAT_CONVERSATIONS_MAX {
            return;
        }
        let conversation = self.conversation(person);
        for kept in all {
            if kept.stage == Stage::New {
                conversation.unread.push(kept.id);
            }
            conversation.show(kept.item());
        }
        if let Some(identity) = conversation.identity {
            let known = self.known.entry(identity).or_default();
            for kept in all.iter().filter(|kept| !kept.own) {
                known.recent.is_new(kept.id);
            }
        }
    }

    /// Lets everything go that is shown of the conversation with somebody. Who they are stays known, and what is on its way goes on.
    pub fn forget(&mut self, person: PersonId) {
        self.forget_files(person);
        if let Some(conversation) = self.conversations.get_mut(&person) {
            conversation.items.clear();
            conversation.unread.clear();
            conversation.unreadable = 0;
        }
    }
}
