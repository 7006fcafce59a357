//! What the window needs to show something to the class: the devices of this machine, and a publishing with its preview.

use std::sync::Arc;

use lectern_media::picture::Picture;
use tokio::sync::watch;

use crate::live::{Devices, Publisher, Publishing};

/// A look for devices that is under way; dropped, its answer is not waited for.
pub trait Looking {
    /// None while they are looked for; then what there is, or why that is not known.
    fn outcome(&self) -> Option<Result<Arc<Devices>, String>>;
}

/// A source that is open: its publisher sees it, and on air the class does. Dropped, it ends.
pub trait Publish {
    fn state(&self) -> Publishing;
    /// The newest picture of its own, once.
    fn picture(&self) -> Option<Arc<Picture>>;
    fn set_on_air(&self, on_air: bool);
    /// The pictures stand still, or go on.
    fn set_frozen(&self, frozen: bool);
}

impl Looking for watch::Receiver<Option<Result<Arc<Devices>, String>>> {
    fn outcome(&self) -> Option<Result<Arc<Devices>, String>> {
        self.borrow().clone()
    }
}

impl Publish for Publisher {
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
}
