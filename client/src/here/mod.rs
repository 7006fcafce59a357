//! A server of one's own: the programs beside this one, started for one file or for a class that is held here, and ended with it.
//!
//! ```text
//! wish → programs → child (lectern-server, told by its input that this program lives) → Ready: links and password → class
//! ```
//! There is one data path: what starts here is joined and played like every other server. Nothing here plays, draws or waits on
//! the window's thread.

mod child;
mod class;
pub mod folder;
pub(crate) mod programs;
mod trouble;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lectern_proto::link::JoinLink;

use crate::class::Changed;
use crate::folders;
use child::Server;
pub use trouble::{FileTrouble, HereError};

/// How long the end of the window waits for the end of its server.
const END_WAIT: Duration = Duration::from_secs(2);
/// The address of this machine that is there without a network.
const LOOPBACK: &str = "127.0.0.1";

/// What a server is started for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To play this file to this window and nobody else.
    File(PathBuf),
    /// To hold a class.
    Class {
        /// The folder of its videos; made if it is missing.
        videos: PathBuf,
        /// Under which the class is found; empty: as its configuration has it.
        name: String,
    },
}

/// A server that is ready.
#[derive(Clone, PartialEq)]
pub struct Ready {
    /// The instructor's link, as others reach this machine.
    pub link: JoinLink,
    /// The room's.
    pub password: String,
    /// The usual control port, where another program had it and the link names another one in its place.
    pub control_taken: Option<u16>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("port", &self.link.port).finish_non_exhaustive()
    }
}

impl Ready {
    /// The instructor's link as this machine reaches itself, also when its network goes.
    #[must_use]
    pub fn own_link(&self) -> JoinLink {
        let mut link = self.link.clone();
        if !link.hosts.iter().any(|h| h == LOOPBACK) {
            link.hosts.insert(0, LOOPBACK.to_owned());
        }
        link
    }
}

/// How a start goes.
#[derive(Debug, Clone, PartialEq)]
pub enum HereState {
    Starting,
    Ready(Ready),
    /// It did not start, or has ended by itself.
    Failed(HereError),
}

/// A server that is being started or runs; dropped, it ends.
#[derive(Debug)]
pub struct Here(Arc<Mutex<Stage>>);

#[derive(Debug)]
enum Stage {
    Starting,
    Running(Ready, Server),
    Failed(HereError),
}

impl Here {
    /// Begins to start it and returns at once; `changed` tells when there is news.
    #[must_use]
    pub fn start(wish: Wish, changed: Changed) -> Self {
        let stage = Arc::new(Mutex::new(Stage::Starting));
        let told = Arc::downgrade(&stage);
        let work = move || {
            let outcome = begin(&wish);
            tell(&told, outcome);
            changed();
        };
        if let Err(error) = std::thread::Builder::new().name("here".into()).spawn(work) {
            *lock(&stage) = Stage::Failed(HereError::Unstartable(error.into()));
        }
        Self(stage)
    }

    /// How it goes now.
    #[must_use]
    pub fn state(&self) -> HereState {
        let mut stage = lock(&self.0);
        if let Stage::Running(_, server) = &mut *stage
            && let Some(error) = server.ended()
        {
            *stage = Stage::Failed(error);
        }
        match &*stage {
            Stage::Starting => HereState::Starting,
            Stage::Running(ready, _) => HereState::Ready(ready.clone()),
            Stage::Failed(error) => HereState::Failed(error.clone()),
        }
    }

    /// Ends it and waits for that, for a moment at most.
    pub fn end(self) {
        let stage = std::mem::replace(&mut *lock(&self.0), Stage::Starting);
        if let Stage::Running(_, server) = stage {
            server.end(END_WAIT);
        }
    }
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands the outcome over; when nobody waits any more, the server is dropped and ends.
fn tell(told: &Weak<Mutex<Stage>>, outcome: Result<(Ready, Server), HereError>) {
    if let Some(stage) = told.upgrade() {
        *lock(&stage) = match outcome {
            Ok((ready, server)) => Stage::Running(ready, server),
            Err(error) => Stage::Failed(error),
        };
    }
}

/// Whether this wish can be begun at all: a file that is there, programs that are there. Looks at disks only.
///
/// # Errors
/// [`HereError`] says what is missing.
pub fn check(wish: &Wish) -> Result<(), HereError> {
    if let Wish::File(path) = wish {
        trouble::look_at(path).map_err(|why| HereError::File { path: path.clone(), why })?;
    }
    programs::server().map(drop)
}

/// Starts the server and waits until it is ready or has failed.
fn begin(wish: &Wish) -> Result<(Ready, Server), HereError> {
    check(wish)?;
    let program = programs::server()?;
    match wish {
        Wish::File(path) => {
            let mut command = Command::new(program);
            command.arg("serve-file").arg("--log").arg("warn");
            if let Some(folder) = folders::cache("playing") {
                command.arg("--below").arg(folder);
            }
            // Behind it, a name that begins with a dash is a name.
            command.arg("--").arg(path);
            let (announced, server) = Server::start(&mut command).map_err(child::Failure::explain)?;
            Ok((announced.ready(None), server))
        }
        Wish::Class { videos, name } => class::start(&program, videos, name),
    }
}
