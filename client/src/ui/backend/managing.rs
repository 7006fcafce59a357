//! What the forms over a class ask, on the runtime: rooms, accounts, who was there, one's own account.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::attendance;
use lectern_proto::control::{RoomAnswer, RoomRequest};
use lectern_proto::link::Fingerprint;
use tokio::sync::watch;

use super::super::manage::{ManageError, ManageWish, Managed, Managing};
use crate::account::{self, AccountError, KeptSessions};
use crate::class::{Changed, Class, StreamError, opening};
use crate::system::SystemError;

impl Managing for watch::Receiver<Option<Result<Managed, ManageError>>> {
    fn outcome(&self) -> Option<Result<Managed, ManageError>> {
        self.borrow().clone()
    }
}

/// What this computer keeps of accounts at a server.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) sessions: Arc<Mutex<KeptSessions>>,
    pub(super) server: Fingerprint,
}

/// Asks; `changed` is called with the answer.
pub(super) fn manage(runtime: &tokio::runtime::Handle, class: Class, kept: Kept, wish: ManageWish, changed: Changed) -> Box<dyn Managing> {
    let (told, outcome) = watch::channel(None);
    runtime.spawn(async move {
        told.send_replace(Some(done(&class, &kept, wish).await));
        changed();
    });
    Box::new(outcome)
}

async fn done(class: &Class, kept: &Kept, wish: ManageWish) -> Result<Managed, ManageError> {
    match wish {
        ManageWish::Rooms => match room(class, RoomRequest::Rooms).await? {
            RoomAnswer::Rooms(rooms) => Ok(Managed::Rooms(rooms)),
            _ => Err(ManageError::Room(StreamError::NotConnected)),
        },
        ManageWish::OpenRoom { name, password, waiting_room } => room(class, opening(name, password, waiting_room)).await.map(|_| Managed::Done),
        ManageWish::CloseRoom(name) => room(class, RoomRequest::CloseRoom { name }).await.map(|_| Managed::Done),
        ManageWish::Accounts => class.accounts().await.map(Managed::Accounts).map_err(ManageError::Account),
        ManageWish::SetRole { account, role } => class.set_role(&account, role).await.map(|()| Managed::Done).map_err(ManageError::Account),
        ManageWish::Attendance(path) => {
            let table = attendance::csv(&class.attendance().await.map_err(ManageError::Room)?);
            write(&path, table).await.map(|()| Managed::Done).map_err(|why| ManageError::File { path, why })
        }
        ManageWish::ChangePassword { old, new } => {
            class.change_password(&old, &new, crate::chat::rewrap).await.map_err(ManageError::Account)?;
            kept.forget(class).map(|()| Managed::Done)
        }
        ManageWish::LogOut { everywhere } => {
            let state = class.state();
            let mine = state.account.as_ref().ok_or(ManageError::Account(AccountError::NotConnected))?;
            let found = kept.sessions.lock().unwrap_or_else(PoisonError::into_inner).find(&kept.server, Some(&mine.name));
            let token = found.and_then(|session| session.token()).or_else(|| mine.session.as_ref().map(|session| session.token.clone()));
            class.log_out(everywhere, token).await.map_err(ManageError::Account)?;
            kept.forget(class).map(|()| Managed::Done)
        }
    }
}

async fn room(class: &Class, what: RoomRequest) -> Result<RoomAnswer, ManageError> {
    class.use_tool(what).await.map_err(ManageError::Room)
}

async fn write(path: &Path, table: String) -> Result<(), SystemError> {
    Ok(tokio::fs::write(path, table).await?)
}

impl Kept {
    /// The session of the account of this membership has ended: it is not kept any longer.
    fn forget(&self, class: &Class) -> Result<(), ManageError> {
        let state = class.state();
        let Some(mine) = &state.account else { return Ok(()) };
        let sessions = account::forget(&self.server, &mine.name).map_err(|why| ManageError::NotForgotten(why.into()))?;
        *self.sessions.lock().unwrap_or_else(PoisonError::into_inner) = sessions;
        Ok(())
    }
}
