//! Group commit: writes that wait at the same time are one transaction.
//!
//! Flow: [`Store::change`] → queue → the writer task → commit → answers. While one transaction reaches the disk the next ones gather, so
//! a class that writes at once waits for a few commits, not for a thousand. Nobody is answered before the commit. A change that fails
//! takes back what it did, not what the others did.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use lectern_proto::limits::{STORE_GROUP, STORE_QUEUE};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Connection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Store, StoreError};

/// What a change is while it is made.
pub(super) type Changing<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

type Job = Box<dyn Write>;

/// The way to the writer task.
#[derive(Clone)]
pub(super) struct Group {
    jobs: mpsc::Sender<Job>,
    stop: CancellationToken,
    task: TaskTracker,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Group(..)")
    }
}

impl Group {
    /// Starts the writer task; it owns the connection that writes.
    pub(super) fn start(writer: AnyPool) -> Self {
        let (jobs, queue) = mpsc::channel(STORE_QUEUE);
        let (stop, task) = (CancellationToken::new(), TaskTracker::new());
        task.spawn(write_all(writer, queue, stop.clone()));
        task.close();
        Self { jobs, stop, task }
    }

    /// Takes nothing new, and returns when what waits is written.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.task.wait().await;
    }
}

impl Store {
    /// One statement; gives the rows that it returns.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub(super) async fn write(&self, query: Query<'static, Any, AnyArguments>) -> Result<Vec<AnyRow>, StoreError> {
        self.change(|at| Box::pin(async move { Ok(query.fetch_all(at).await?) })).await
    }

    /// One statement; gives how many rows it changed.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub(super) async fn write_count(&self, query: Query<'static, Any, AnyArguments>) -> Result<u64, StoreError> {
        self.change(|at| Box::pin(async move { Ok(query.execute(at).await?.rows_affected()) })).await
    }

    /// Several statements as one; returns after the commit.
    ///
    /// # Errors
    /// [`StoreError`], that of `change` included; nothing was kept then.
    pub(super) async fn change<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> Changing<'c, T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Change { change: Some(change), made: None, answer });
        self.group.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// A change whose kind of answer is its own affair.
trait Write: Send {
    fn make<'c>(&'c mut self, at: &'c mut AnyConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'c>>;
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>);
}

struct Change<T, F> {
    change: Option<F>,
    made: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Write for Change<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut AnyConnection) -> Changing<'c, T> + Send,
{
    /// Whether it is to be kept.
    fn make<'c>(&'c mut self, at: &'c mut AnyConnection) -> Pin<Box<dyn Future<Output = bool> + Send + 'c>> {
        Box::pin(async move {
            let Some(change) = self.change.take() else { return false };
            let made = change(at).await;
            let good = made.is_ok();
            self.made = Some(made);
            good
        })
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>) {
        let made = match (self.made, committed) {
            // Its own error says more than that of the commit.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(made)), Ok(())) => Ok(made),
            (_, Err(error)) => Err(error.clone()),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        let _ = self.answer.send(made);
    }
}

async fn write_all(writer: AnyPool, mut queue: mpsc::Receiver<Job>, stop: CancellationToken) {
    let mut group = Vec::new();
    loop {
        tokio::select! {
            // What waits is written before it ends.
            () = stop.cancelled(), if !queue.is_closed() => queue.close(),
            taken = queue.recv_many(&mut group, STORE_GROUP) => {
                if taken == 0 {
                    break;
                }
                let committed = write(&writer, &mut group).await;
                group.drain(..).for_each(|job| job.answer(&committed));
            }
        }
    }
    writer.close().await;
}

/// One transaction; each of several changes in a savepoint of its own.
async fn write(writer: &AnyPool, group: &mut [Job]) -> Result<(), StoreError> {
    let mut transaction = writer.begin().await?;
    let alone = group.len() == 1;
    for job in group {
        if alone {
            if !job.make(&mut transaction).await {
                return Ok(transaction.rollback().await?);
            }
            continue;
        }
        let mut savepoint = transaction.begin().await?;
        if job.make(&mut savepoint).await {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
    }
    Ok(transaction.commit().await?)
}
