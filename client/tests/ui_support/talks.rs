//! The class's chat, as the test says it is.

use std::sync::Arc;

use lectern::chat::{ChatError, ChatState};
use lectern::class::Changed;
use lectern::ui::backend::Talks;
use lectern::ui::chat::{PrivateWish, TalkOutcome, TalkWish, Talking, Writing};

use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use lectern::ui::window::Window;

use super::{Call, Fake};

impl Fake {
    /// What was asked of room chat since the last time.
    pub fn talk_wishes(&self) -> Vec<TalkWish> {
        self.take().into_iter().filter_map(|c| if let Call::Chat(wish) = c { Some(wish) } else { None }).collect()
    }

    /// The same of private chat.
    pub fn private_wishes(&self) -> Vec<PrivateWish> {
        self.take().into_iter().filter_map(|c| if let Call::Private(wish) = c { Some(wish) } else { None }).collect()
    }
}

/// A message or an entry of the list of conversations whose label fits.
pub fn list_item<'a>(harness: &'a Harness<'static, Option<Window>>, what: &'a str, fits: impl Fn(&str) -> bool) -> Node<'a> {
    let mut items = harness.query_all_by_role(Seen::ListItem);
    items.find(|n| n.accesskit_node().label().is_some_and(|l| fits(&l))).unwrap_or_else(|| panic!("no `{what}`"))
}

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
