//! The class's chat, as the test says it is.

use std::sync::Arc;

use lectern::chat::{ChatError, ChatState};
use lectern::class::Changed;
use lectern::ui::backend::Talks;
use lectern::ui::chat::{PrivateWish, TalkOutcome, TalkWish, Talking, Writing};

use super::{Call, Fake};

impl Talking for Fake {
    fn outcome(&self) -> Option<TalkOutcome> {
        self.shared.lock().unwrap().talked.clone()
    }
}

impl Writing for Fake {
    fn outcome(&self) -> Option<Result<(), ChatError>> {
        self.shared.lock().unwrap().written.clone()
    }
}

impl Talks for Fake {
    fn talk(&self, wish: TalkWish, _changed: Changed) -> Box<dyn Talking> {
        self.note(Call::Chat(wish));
        Box::new(self.clone())
    }

    fn private(&self) -> Arc<ChatState> {
        Arc::new(self.shared.lock().unwrap().private.clone())
    }

    fn privately(&self, wish: PrivateWish, _changed: Changed) -> Option<Box<dyn Writing>> {
        self.note(Call::Private(wish));
        Some(Box::new(self.clone()))
    }
}
