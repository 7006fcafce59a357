//! Accounts: who may make one, what proves one, what is asked about them.
//!
//! Between the entrance and the sessions on one side and the store on the other. The password never comes here: the client sends what it
//! and the salt give ([`lectern_proto::account`]), so an entry costs the server two fast hashes and a look into the database. A name without an
//! account has a salt too, made by a key that the server keeps, and takes the same way to the same answer.

mod attempts;
mod name;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lectern_proto::account::{AccountSalt, LoginSecret, SessionToken};
use lectern_proto::control::{AccountAnswer, AccountRefusal, AccountRequest, LoginRefusal, PersonId, Role, Session, WrappedIdentity, YourAccount};
use lectern_proto::limits::{ACCOUNT_IDENTITY_MAX, ACCOUNTS_MAX};
use lectern_proto::rights::Action;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::clock::Clock;
use crate::config::{AccountSettings, Register};
use crate::net::Origin;
use crate::store::{Account, AccountId, Changed, NewAccount, Store, StoreError, secret_hash};
use attempts::Attempts;
use name::AccountName;

/// The accounts of this server.
#[derive(Debug)]
pub(crate) struct Accounts {
    store: Store,
    salt_key: [u8; 16],
    settings: AccountSettings,
    clock: Clock,
    attempts: Mutex<Attempts>,
}

/// Somebody whose account was proven.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: AccountId,
    pub(crate) role: Role,
    pub(crate) secret_hash: [u8; 32],
    /// Without a session yet.
    pub(crate) you: YourAccount,
    /// Whether a session begins with this entry.
    pub(crate) begins: bool,
}

/// Who asks about accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) person: PersonId,
    /// What the person entered as; an account's is looked up anew.
    pub(crate) role: Role,
    pub(crate) origin: Origin,
}

/// What came of it, and who is to be put out of the room.
pub(crate) type Outcome = Result<(AccountAnswer, Option<PersonId>), AccountRefusal>;

impl Accounts {
    pub(crate) fn new(store: Store, salt_key: [u8; 16], settings: AccountSettings, clock: Clock) -> Self {
        Self { store, salt_key, settings, clock, attempts: Mutex::default() }
    }

    /// The salt of a name, whether it has an account or not.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn salt(&self, name: &str) -> Result<AccountSalt, AccountRefusal> {
        let name = AccountName::parse(name).map_err(AccountRefusal::BadName)?;
        let made = self.made_salt(&name.skeleton);
        Ok(self.find(&name).await?.map_or(made, |account| account.salt))
    }

    /// Knows somebody by what the password gave.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn log_in(&self, origin: Origin, name: &str, secret: &LoginSecret) -> Result<Known, LoginRefusal> {
        let refused = LoginRefusal::Account;
        let name = AccountName::parse(name).map_err(|_| refused(AccountRefusal::WrongAccountOrPassword))?;
        let account = self.prove(origin, &name.skeleton, secret, self.find(&name).await.map_err(refused)?).await?;
        Ok(known(account, true))
    }

    /// Knows somebody by a session.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn resume(&self, token: &SessionToken) -> Result<Known, AccountRefusal> {
        let account = kept(self.store.session(token, self.clock.unix_seconds()).await)?.ok_or(AccountRefusal::SessionUnknown)?;
        Ok(known(account, false))
    }

    /// Whether somebody who proved nothing, or knows the room's password, may make an account.
    ///
    /// # Errors
    /// [`AccountRefusal::NoRegistration`].
    pub(crate) fn may_register(&self, knows_password: bool) -> Result<(), AccountRefusal> {
        let may = match self.settings.register {
            Register::Off => false,
            Register::Password => knows_password,
            Register::Open => true,
        };
        may.then_some(()).ok_or(AccountRefusal::NoRegistration)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn register(&self, name: &str, secret: &LoginSecret, role: Role) -> Result<Known, AccountRefusal> {
        let account = self.make(name, secret, role).await?;
        Ok(known(account, true))
    }

    /// Does what a member asks.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn answer(&self, asking: Asking, what: AccountRequest) -> Outcome {
        let own = match AccountId::of(asking.person) {
            Some(id) => Some(kept(self.store.account_of(id).await)?.ok_or(AccountRefusal::NoAccount)?),
            None => None,
        };
        // Rights that were lost are gone at once; those that were given hold from the next entry on.
        let may_administer = [asking.role, own.as_ref().map_or(asking.role, |a| a.role)].iter().all(|role| role.may(Action::Administer));
        let own = own.ok_or(AccountRefusal::NoAccount);
        let done = |()| (AccountAnswer::Done, None);
        match what {
            AccountRequest::LogOut { session } => kept(self.store.end_sessions(own?.id, session.as_ref()).await).map(done),
            AccountRequest::Salt => Ok((AccountAnswer::Salt(own?.salt), None)),
            AccountRequest::ChangePassword { old, new, identity } => self.change_password(asking.origin, own?, &old, &new, identity).await.map(done),
            AccountRequest::Identity => Ok((AccountAnswer::Identity(kept(self.store.identity(own?.id).await)?), None)),
            AccountRequest::KeepIdentity(wrapped) => {
                let fits = wrapped.bytes.len() <= ACCOUNT_IDENTITY_MAX;
                let id = own?.id;
                let is_next = fits.then_some(()).ok_or(AccountRefusal::TooLong).map(|()| self.store.keep_identity(id, wrapped))?;
                kept(is_next.await)?.then_some(()).ok_or(AccountRefusal::OtherVersion).map(done)
            }
            _ if !may_administer => Err(AccountRefusal::NotAllowed),
            AccountRequest::List { after } => {
                let after = after.and_then(|name| AccountName::parse(&name).ok()).map(|n| n.skeleton).unwrap_or_default();
                Ok((AccountAnswer::Accounts(kept(self.store.accounts(&after, self.clock.unix_seconds()).await)?), None))
            }
            AccountRequest::SaltOf { account } => Ok((AccountAnswer::Salt(self.salt(&account).await?), None)),
            AccountRequest::Make { account, secret, role } => self.make(&account, &secret, role).await.map(|_| done(())),
            AccountRequest::SetRole { account, role } => {
                let account = self.named(&account).await?;
                may_have(role)?;
                changed(kept(self.store.set_role(account.id, role).await)?)?;
                let loses = Action::ALL.into_iter().any(|action| account.role.may(action) && !role.may(action));
                Ok((AccountAnswer::Done, loses.then(|| account.id.person())))
            }
            AccountRequest::Reset { account, secret } => {
                let account = self.named(&account).await?;
                kept(self.store.set_secret(account.id, secret_hash(&secret), None).await)?;
                Ok((AccountAnswer::Done, Some(account.id.person())))
            }
            AccountRequest::Remove { account } => {
                let account = self.named(&account).await?;
                changed(kept(self.store.remove_account(account.id).await)?)?;
                Ok((AccountAnswer::Done, Some(account.id.person())))
            }
        }
    }

    async fn change_password(
        &self,
        origin: Origin,
        own: Account,
        old: &LoginSecret,
        new: &LoginSecret,
        identity: Option<WrappedIdentity>,
    ) -> Result<(), AccountRefusal> {
        if identity.as_ref().is_some_and(|wrapped| wrapped.bytes.len() > ACCOUNT_IDENTITY_MAX) {
            return Err(AccountRefusal::TooLong);
        }
        let skeleton = AccountName::parse(&own.name).map(|n| n.skeleton).unwrap_or_default();
        let own = self.prove(origin, &skeleton, old, Some(own)).await.map_err(|_| AccountRefusal::WrongAccountOrPassword)?;
        // What nobody could open any more is not left behind unsaid.
        if identity.is_none() && kept(self.store.identity(own.id).await)?.is_some() {
            return Err(AccountRefusal::OtherVersion);
        }
        kept(self.store.set_secret(own.id, secret_hash(new), identity).await)?.then_some(()).ok_or(AccountRefusal::OtherVersion)
    }

    /// One way for every name: the same look-ups, hashes and answers, whether there is such an account or not.
    async fn prove(&self, origin: Origin, skeleton: &str, secret: &LoginSecret, found: Option<Account>) -> Result<Account, LoginRefusal> {
        let now = self.clock.now();
        let wait = self.attempts.lock().unwrap_or_else(PoisonError::into_inner).wait(skeleton, origin, now);
        if !wait.is_zero() {
            return Err(too_many(wait));
        }
        let expected = found.as_ref().map_or([0; 32], |account| account.secret_hash);
        let is_right = bool::from(expected.ct_eq(&secret_hash(secret)));
        match found {
            Some(account) if is_right => Ok(account),
            _ => {
                self.attempts.lock().unwrap_or_else(PoisonError::into_inner).failed(skeleton, origin, now);
                Err(LoginRefusal::Account(AccountRefusal::WrongAccountOrPassword))
            }
        }
    }

    async fn make(&self, name: &str, secret: &LoginSecret, role: Role) -> Result<Account, AccountRefusal> {
        may_have(role)?;
        let name = AccountName::parse(name).map_err(AccountRefusal::BadName)?;
        let salt = self.made_salt(&name.skeleton);
        let new =
            NewAccount { name: name.shown.clone(), skeleton: name.skeleton, role, salt, secret_hash: secret_hash(secret), made_at: self.clock.unix_seconds() };
        let secret_hash = new.secret_hash;
        let id = match self.store.new_account(new, ACCOUNTS_MAX).await {
            Err(StoreError::Taken) => return Err(AccountRefusal::NameTaken),
            made => kept(made)?.ok_or(AccountRefusal::TooMany)?,
        };
        tracing::info!(account = id.0, ?role, "an account was made");
        Ok(Account { id, name: name.shown, role, salt, secret_hash })
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn begin(&self, id: AccountId) -> Result<Session, AccountRefusal> {
        let now = self.clock.unix_seconds();
        let expires_at = now.saturating_add(i64::from(self.settings.session_days) * 24 * 3600);
        let token = SessionToken(rand::random());
        kept(self.store.new_session(id, &token, now, expires_at).await)?;
        Ok(Session { token, expires_at })
    }

    async fn find(&self, name: &AccountName) -> Result<Option<Account>, AccountRefusal> {
        kept(self.store.account(&name.skeleton).await)
    }

    async fn named(&self, name: &str) -> Result<Account, AccountRefusal> {
        let name = AccountName::parse(name).map_err(|_| AccountRefusal::NoSuchAccount)?;
        self.find(&name).await?.ok_or(AccountRefusal::NoSuchAccount)
    }

    /// The salt that this server gives to a name: nobody else can compute it, and it is the same at every time.
    fn made_salt(&self, skeleton: &str) -> AccountSalt {
        let mut salt = [0; 16];
        // Any key length is good for HMAC.
        if let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.salt_key) {
            mac.update(b"lectern account salt 1");
            mac.update(skeleton.as_bytes());
            salt.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        AccountSalt(salt)
    }
}

fn known(account: Account, begins: bool) -> Known {
    let Account { id, role, secret_hash, .. } = account;
    Known { id, role, secret_hash, you: YourAccount { name: account.name, session: None, salt: account.salt }, begins }
}

fn too_many(wait: Duration) -> LoginRefusal {
    LoginRefusal::TooManyFailures { retry_after_ms: u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1) }
}

/// Codes make guests; accounts are people's.
fn may_have(role: Role) -> Result<(), AccountRefusal> {
    (role != Role::Guest).then_some(()).ok_or(AccountRefusal::BadRole)
}

fn changed(changed: Changed) -> Result<(), AccountRefusal> {
    match changed {
        Changed::Done => Ok(()),
        Changed::NoSuchAccount => Err(AccountRefusal::NoSuchAccount),
        Changed::LastInstructor => Err(AccountRefusal::LastInstructor),
    }
}

/// Tells the operator when the database failed.
fn kept<T>(result: Result<T, StoreError>) -> Result<T, AccountRefusal> {
    result.map_err(|error| {
        tracing::error!(%error, "an account could not be kept or found");
        AccountRefusal::Unavailable
    })
}
