//! What a membership carries for accounts: entering with one, and what is asked about them.

use std::sync::Arc;

use lectern_proto::account::{AccountKeys, AccountSalt, PasswordError, WrappingKey};
use lectern_proto::control::{
    AccountAnswer, AccountEvent, AccountInfo, AccountProof, AccountRequest, LoginRefusal, Proof, Request, Role, Session, WrappedIdentity,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::membership::{Asked, Membership};
use super::{Class, Command};
use crate::account::{AccountEntry, AccountError};

/// The account that a member entered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyAccount {
    pub name: String,
    /// Begun by this entry.
    pub session: Option<Session>,
    /// Of the password.
    pub salt: AccountSalt,
    /// Opens what the account keeps at the server.
    pub wrapping: Option<Arc<WrappingKey>>,
}

#[derive(Debug)]
pub(super) struct AccountCommand {
    what: AccountRequest,
    reply: oneshot::Sender<Result<AccountAnswer, AccountError>>,
}

/// How far an entry with an account is.
#[derive(Debug, Default)]
pub(super) struct Entering {
    keys: Option<Arc<AccountKeys>>,
    /// Once there is one, the password is not needed any more.
    session: Option<Session>,
    deriving: Option<JoinHandle<Result<AccountKeys, PasswordError>>>,
}

/// Argon2id on a thread of its own.
async fn derive(password: String, salt: AccountSalt) -> Result<AccountKeys, PasswordError> {
    let done = tokio::task::spawn_blocking(move || AccountKeys::derive(&password, &salt)).await;
    done.unwrap_or_else(|error| Err(PasswordError::Hash(error.to_string())))
}

impl Entering {
    /// The next thing to say.
    pub(super) fn proof(&self, entry: &AccountEntry) -> Proof {
        let account = entry.account().to_owned();
        Proof::Account(match (&self.session, &self.keys, entry) {
            (Some(session), ..) => AccountProof::Session(session.token.clone()),
            (None, _, AccountEntry::Session(kept)) => match kept.token() {
                Some(token) => AccountProof::Session(token),
                None => AccountProof::Named { account },
            },
            (None, None, _) => AccountProof::Named { account },
            (None, Some(keys), AccountEntry::Password { .. }) => AccountProof::Secret { account, secret: keys.login.clone() },
            (None, Some(keys), AccountEntry::Register { by, .. }) => AccountProof::Register { account, secret: keys.login.clone(), by: by.clone() },
        })
    }

    /// The server has told the salt.
    pub(super) fn challenged(&mut self, entry: &AccountEntry, salt: AccountSalt) -> bool {
        let password = entry.password().map(str::to_owned);
        self.deriving = password.map(|password| tokio::spawn(derive(password, salt)));
        self.deriving.is_some()
    }

    /// Waits for the keys that are computed; for ever when there are none.
    pub(super) async fn derived(&mut self) -> Result<(), PasswordError> {
        let Some(deriving) = &mut self.deriving else { return std::future::pending().await };
        let keys = deriving.await.unwrap_or_else(|error| Err(PasswordError::Hash(error.to_string())));
        self.deriving = None;
        self.keys = Some(Arc::new(keys?));
        Ok(())
    }

    fn wrapping(&self, entry: Option<&AccountEntry>) -> Option<WrappingKey> {
        match (&self.keys, entry) {
            (Some(keys), _) => Some(keys.wrapping.clone()),
            (None, Some(AccountEntry::Session(kept))) => kept.wrapping(),
            _ => None,
        }
    }

    /// Whether a session was refused that another proof can take the place of.
    pub(super) fn session_is_over(&mut self, refusal: &LoginRefusal) -> bool {
        matches!(refusal, LoginRefusal::Account(lectern_proto::control::AccountRefusal::SessionUnknown)) && self.session.take().is_some()
    }
}

impl Membership {
    pub(super) fn account_request(&mut self, command: AccountCommand) -> Request {
        Request::Account { request: self.ask(Asked::Account(command.reply)), what: command.what }
    }

    pub(super) fn account_event(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::You(you) => {
                let wrapping = self.entering.wrapping(self.request.account.as_ref()).map(Arc::new);
                self.entering.session = you.session.clone().or(self.entering.session.take());
                self.state.account = Some(MyAccount { name: you.name, session: you.session, salt: you.salt, wrapping });
            }
            AccountEvent::Answer { request, result } => {
                if let Some(Asked::Account(reply)) = self.asked.remove(&request) {
                    let _ = reply.send(result.map_err(AccountError::Refused));
                }
            }
        }
    }
}

impl Class {
    async fn ask_account(&self, what: AccountRequest) -> Result<AccountAnswer, AccountError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.commands.send(Command::Account(AccountCommand { what, reply })).await.is_ok();
        match (sent, answer.await) {
            (true, Ok(result)) => result,
            _ => Err(AccountError::NotConnected),
        }
    }

    /// Ends this entry's session, or all of the account's.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn log_out(&self, everywhere: bool, session: Option<lectern_proto::account::SessionToken>) -> Result<(), AccountError> {
        self.ask_account(AccountRequest::LogOut { session: session.filter(|_| !everywhere) }).await.map(drop)
    }

    /// Another password for one's own account. `rewrap` gets the wrapped identity, if there is one, with the old and the new key, and gives
    /// what takes its place.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn change_password(
        &self,
        old: &str,
        new: &str,
        rewrap: impl FnOnce(&WrappedIdentity, &WrappingKey, &WrappingKey) -> Option<Vec<u8>>,
    ) -> Result<WrappingKey, AccountError> {
        lectern_proto::account::check_new_password(new)?;
        let AccountAnswer::Salt(salt) = self.ask_account(AccountRequest::Salt).await? else { return Err(AccountError::NotConnected) };
        let (old, new) = (derive(old.to_owned(), salt).await?, derive(new.to_owned(), salt).await?);
        let wrapped = self.wrapped_identity().await?;
        let identity = wrapped.and_then(|w| Some(WrappedIdentity { version: w.version + 1, bytes: rewrap(&w, &old.wrapping, &new.wrapping)? }));
        self.ask_account(AccountRequest::ChangePassword { old: old.login, new: new.login, identity }).await?;
        Ok(new.wrapping)
    }

    /// What the account keeps at the server under its wrapping key.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn wrapped_identity(&self) -> Result<Option<WrappedIdentity>, AccountError> {
        match self.ask_account(AccountRequest::Identity).await? {
            AccountAnswer::Identity(wrapped) => Ok(wrapped),
            _ => Err(AccountError::NotConnected),
        }
    }

    /// Keeps it in place of the version before it.
    ///
    /// # Errors
    /// [`AccountError`]; [`lectern_proto::control::AccountRefusal::OtherVersion`] when another computer was first.
    pub async fn keep_identity(&self, wrapped: WrappedIdentity) -> Result<(), AccountError> {
        self.ask_account(AccountRequest::KeepIdentity(wrapped)).await.map(drop)
    }

    /// All accounts; the server tells instructors alone.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, AccountError> {
        let mut all: Vec<AccountInfo> = Vec::new();
        loop {
            let after = all.last().map(|a| a.name.clone());
            match self.ask_account(AccountRequest::List { after }).await? {
                AccountAnswer::Accounts(page) if !page.is_empty() => all.extend(page),
                _ => return Ok(all),
            }
        }
    }

    /// Makes an account for somebody; the server lets instructors alone.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn make_account(&self, account: &str, password: &str, role: Role) -> Result<(), AccountError> {
        let secret = self.secret_of(account, password).await?;
        self.ask_account(AccountRequest::Make { account: account.to_owned(), secret, role }).await.map(drop)
    }

    /// Another password for somebody who forgot theirs; the server lets instructors alone.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn reset_account(&self, account: &str, password: &str) -> Result<(), AccountError> {
        let secret = self.secret_of(account, password).await?;
        self.ask_account(AccountRequest::Reset { account: account.to_owned(), secret }).await.map(drop)
    }

    /// Another role for somebody's account; the server lets instructors alone.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn set_role(&self, account: &str, role: Role) -> Result<(), AccountError> {
        self.ask_account(AccountRequest::SetRole { account: account.to_owned(), role }).await.map(drop)
    }

    /// Ends an account; the server lets instructors alone.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn remove_account(&self, account: &str) -> Result<(), AccountError> {
        self.ask_account(AccountRequest::Remove { account: account.to_owned() }).await.map(drop)
    }

    async fn secret_of(&self, account: &str, password: &str) -> Result<lectern_proto::account::LoginSecret, AccountError> {
        lectern_proto::account::check_new_password(password)?;
        match self.ask_account(AccountRequest::SaltOf { account: account.to_owned() }).await? {
            AccountAnswer::Salt(salt) => Ok(derive(password.to_owned(), salt).await?.login),
            _ => Err(AccountError::NotConnected),
        }
    }
}
