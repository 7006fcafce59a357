//! The control plane over TCP and TLS: accept, prove, talk.
//!
//! Flow: listener → `session` (one task a connection, around the sans-IO core) → `entrance` (who may come in, with
//! `passwords`) → the room. Everything a stranger can make grow is counted before it is allocated.

mod entrance;
mod passwords;
mod session;

use std::sync::Arc;

use lectern_proto::limits::{CONTROL_CONNECTIONS_MAX, UNAUTHENTICATED_MAX, UNAUTHENTICATED_PER_ADDRESS};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::handout::HandOut;
use crate::library::Wants;
use crate::media::Media;
use crate::net::{Unproven, accept_loop};
use crate::rooms::Rooms;

pub(crate) use entrance::{Entrance, EntranceParts};
pub(crate) use passwords::PasswordGate;

/// What every control session shares.
pub(crate) struct Control {
    pub(crate) tls: TlsAcceptor,
    pub(crate) server_name: String,
    pub(crate) boot_id: u64,
    pub(crate) clock: Clock,
    pub(crate) entrance: Entrance,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) accounts: Arc<Accounts>,
    /// For clients that reach the media port through this one.
    pub(crate) media: Arc<Media>,
    pub(crate) wants: Wants,
    pub(crate) handout: HandOut,
}

/// This program, as it names itself to clients.
const AGENT: &str = concat!("lectern-server ", env!("CARGO_PKG_VERSION"));

/// Serves the control port until `stop`.
pub(crate) async fn serve(listener: TcpListener, control: Arc<Control>, tasks: TaskTracker, stop: CancellationToken) {
    let unproven = Unproven::new(UNAUTHENTICATED_MAX, UNAUTHENTICATED_PER_ADDRESS);
    let permits = Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX));
    accept_loop(listener, permits, tasks, stop.clone(), |stream, peer, permit| {
        let (control, unproven, stop) = (Arc::clone(&control), unproven.clone(), stop.clone());
        async move {
            let Some(guard) = unproven.admit(peer.into()) else {
                tracing::debug!(%peer, "control connection refused: too many that have not logged in");
                return;
            };
            session::serve(stream, peer.into(), control, (guard, permit), stop).await;
        }
    })
    .await;
}
