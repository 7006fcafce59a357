//! Requests to the class whose answer reaches the person who asked.

use tokio::sync::watch;

use crate::class::{Changed, StreamError};

/// A request that is under way; dropped, its answer is not waited for.
pub trait Asking {
    /// None until it is answered.
    fn outcome(&self) -> Option<Result<(), StreamError>>;
}

impl Asking for watch::Receiver<Option<Result<(), StreamError>>> {
    fn outcome(&self) -> Option<Result<(), StreamError>> {
        *self.borrow()
    }
}

/// Asks on the runtime; `changed` is called with the answer.
pub(super) fn ask(
    runtime: &tokio::runtime::Handle,
    changed: Changed,
    request: impl Future<Output = Result<(), StreamError>> + Send + 'static,
) -> Box<dyn Asking> {
    let (told, outcome) = watch::channel(None);
    runtime.spawn(async move {
        told.send_replace(Some(request.await));
        changed();
    });
    Box::new(outcome)
}
