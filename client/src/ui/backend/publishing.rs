//! What the window needs to show something to the class: the devices of this machine, and a publishing with its preview.

use std::sync::Arc;

use lectern_media::picture::Picture;
use lectern_proto::live::pipe::DocumentOrder;
use tokio::sync::watch;

use crate::live::{Devices, DevicesError, Publisher, Publishing, Sheet};

/// A look for devices that is under way; dropped, its answer is not waited for.
pub trait Looking {
    /// None while they are looked for; then what there is, or why that is not known.
    fn outcome(&self) -> Option<Result<Arc<Devices>, DevicesError>>;
}

/// A source that is open: its publisher sees it, and on air the class does. Dropped, it ends.
pub trait Publish {
    fn state(&self) -> Publishing;
    /// The newest picture of its own, once.
    fn picture(&self) -> Option<Arc<Picture>>;
    fn set_on_air(&self, on_air: bool);
    /// The pictures stand still, or go on.
    fn set_frozen(&self, frozen: bool);
    /// Whether somebody talks, where a microphone is heard only then.
    fn talk(&self, is_heard: bool);
    /// Where its document camera sees the sheet.
    fn sheet(&self) -> Sheet;
    /// Tells the document camera what to do; other sources leave it alone.
    fn order_document(&self, order: DocumentOrder);
}

impl Looking for watch::Receiver<Option<Result<Arc<Devices>, DevicesError>>> {
    fn outcome(&self) -> Option<Result<Arc<Devices>, DevicesError>> {
        self.borrow().clone()
    }
}

impl Publish for Publisher {
    fn talk(&self, is_heard: bool) {
        self.talk_key().hold(is_heard);
    }

    fn state(&self) -> Publishing {
        Self::state(self)
    }

    fn picture(&self) -> Option<Arc<Picture>> {
        self.own_pictures().take()
    }

    fn set_on_air(&self, on_air: bool) {
        Self::set_on_air(self, on_air);
    }

    fn set_frozen(&self, frozen: bool) {
        Self::set_frozen(self, frozen);
    }

    fn sheet(&self) -> Sheet {
        self.document().sheet()
    }

    fn order_document(&self, order: DocumentOrder) {
        // One that is not taken comes too late, or after too many; the next press is another.
        self.document().order(order);
    }
}
