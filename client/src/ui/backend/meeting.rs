//! A server whose address was typed, while it is asked who it is.

use lectern_proto::address::ServerAddress;
use tokio::sync::watch;

use crate::class::{Changed, JoinError};
use crate::connect::introduce::{Introduction, introduce};

/// A question at an address; dropped, it is given up.
pub trait Meeting {
    /// None until it is answered.
    fn outcome(&self) -> Option<Result<Introduction, JoinError>>;
}

pub(super) struct LiveMeeting {
    outcome: watch::Receiver<Option<Result<Introduction, JoinError>>>,
    task: tokio::task::AbortHandle,
}

impl LiveMeeting {
    pub(super) fn begin(runtime: &tokio::runtime::Handle, address: ServerAddress, changed: Changed) -> Self {
        let (told, outcome) = watch::channel(None);
        let task = runtime.spawn(async move {
            told.send_replace(Some(introduce(address).await));
            changed();
        });
        Self { outcome, task: task.abort_handle() }
    }
}

impl Meeting for LiveMeeting {
    fn outcome(&self) -> Option<Result<Introduction, JoinError>> {
        self.outcome.borrow().clone()
    }
}

impl Drop for LiveMeeting {
    fn drop(&mut self) {
        self.task.abort();
    }
}
