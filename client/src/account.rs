//! Accounts on this side: what a password becomes, off every thread that others wait for, and the sessions that this computer keeps.
//!
//! A session stands for the account at one server until it expires or is revoked, and with it lies the key that opens what the account keeps
//! there. Both are in one file of the window and the command line, `sessions.json`, readable by its owner alone.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::account::{PasswordError, SessionToken, WrappingKey};
use lectern_proto::control::{AccountRefusal, NameFault, RegisterBy};
use lectern_proto::hex;
use lectern_proto::link::Fingerprint;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::class::{ClassState, MyAccount, Phase};
use crate::folders;

/// Sessions that are kept. Full: the oldest goes.
const SESSIONS_MAX: usize = 100;
/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// By what somebody enters who has an account, or makes one.
#[derive(Clone)]
pub enum AccountEntry {
    Password { account: String, password: String },
    Session(KeptSession),
    Register { account: String, password: String, by: RegisterBy },
}

impl fmt::Debug for AccountEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountEntry({:?}, ..)", self.account())
    }
}

impl AccountEntry {
    /// The account's name, as it was given.
    #[must_use]
    pub fn account(&self) -> &str {
        match self {
            Self::Password { account, .. } | Self::Register { account, .. } => account,
            Self::Session(kept) => &kept.account,
        }
    }

    pub(crate) fn password(&self) -> Option<&str> {
        match self {
            Self::Password { password, .. } | Self::Register { password, .. } => Some(password),
            Self::Session(_) => None,
        }
    }
}

/// Why something about an account could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("{}", refusal(*.0))]
    Refused(AccountRefusal),
    #[error("{0}; choose another.")]
    Password(#[from] PasswordError),
    #[error("the connection to the class is lost; try again when it is back.")]
    NotConnected,
}

/// What happened, why, and what to do.
#[must_use]
pub fn refusal(refusal: AccountRefusal) -> &'static str {
    match refusal {
        AccountRefusal::WrongAccountOrPassword => "the account or its password is wrong. Try again, or ask an instructor for a new password.",
        AccountRefusal::SessionUnknown => "you are not logged in here any more: the session has expired or was ended. Log in with the password.",
        AccountRefusal::NoRegistration => "this server does not let you make an account so. Ask an instructor to make one for you.",
        AccountRefusal::NameTaken => "an account of this name, or of one that looks like it, is there already. Choose another.",
        AccountRefusal::BadName(NameFault::Empty) => "the name of an account cannot be empty.",
        AccountRefusal::BadName(NameFault::Long) => "the name of an account has at most 64 bytes; choose a shorter one.",
        AccountRefusal::BadName(NameFault::Characters) => "the name of an account is made of letters, digits, spaces and - _ . '; choose another.",
        AccountRefusal::BadName(NameFault::MixedScripts) => "the letters of this name are of several scripts, some of which look alike; choose those of one.",
        AccountRefusal::NotAllowed => "only instructors may do this with accounts.",
        AccountRefusal::NoSuchAccount => "there is no such account.",
        AccountRefusal::NoAccount => "you entered without an account; log in with it.",
        AccountRefusal::OtherVersion => "the account's keys were changed from another computer meanwhile; try again.",
        AccountRefusal::TooLong => "the server does not keep so much for an account.",
        AccountRefusal::BadRole => "an account is a student's, an assistant's or an instructor's.",
        AccountRefusal::LastInstructor => "this is the last instructor's account; make another instructor first.",
        AccountRefusal::TooMany => "the server has as many accounts as it keeps; remove some first.",
        AccountRefusal::Unavailable => "the server's database does not answer or is full, so nothing was changed; try again, and tell whoever runs the server.",
    }
}

/// A session of this computer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSession {
    /// The server's certificate.
    server: String,
    pub account: String,
    token: String,
    wrapping_key: String,
    /// Seconds since 1970-01-01.
    expires_at: i64,
}

impl fmt::Debug for KeptSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptSession({:?}, ..)", self.account)
    }
}

impl KeptSession {
    #[must_use]
    pub fn new(server: &Fingerprint, account: &str, token: &SessionToken, wrapping: &WrappingKey, expires_at: i64) -> Self {
        let (token, wrapping_key) = (hex::write(&token.0), hex::write(&wrapping.0));
        Self { server: server.to_string(), account: account.to_owned(), token, wrapping_key, expires_at }
    }

    /// Of an entry that began one.
    #[must_use]
    pub fn of(server: &Fingerprint, mine: &MyAccount) -> Option<Self> {
        let (session, wrapping) = (mine.session.as_ref()?, mine.wrapping.as_ref()?);
        Some(Self::new(server, &mine.name, &session.token, wrapping, session.expires_at))
    }

    pub(crate) fn token(&self) -> Option<SessionToken> {
        hex::read(&self.token)?.try_into().ok().map(SessionToken)
    }

    pub(crate) fn wrapping(&self) -> Option<WrappingKey> {
        hex::read(&self.wrapping_key)?.try_into().ok().map(WrappingKey)
    }
}

/// The sessions that this computer keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptSessions {
    sessions: Vec<KeptSession>,
}

impl KeptSessions {
    /// Reads the file; what cannot be read counts as empty, and the log says so.
    #[must_use]
    pub fn load() -> Self {
        path().map(|path| Self::read(&path)).unwrap_or_default()
    }

    fn read(path: &Path) -> Self {
        folders::read_private(path, FILE_MAX, "the sessions cannot be read: accounts will be logged in anew")
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn store(&self) -> io::Result<()> {
        self.write(&path().ok_or(io::ErrorKind::NotFound)?)
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        folders::write_private(path, &serde_json::to_vec_pretty(self)?)
    }

    /// Keeps a session in place of the one before it of the same account and server.
    pub fn keep(&mut self, session: KeptSession) {
        self.sessions.retain(|s| !(s.server == session.server && s.account == session.account));
        self.sessions.push(session);
        if self.sessions.len() > SESSIONS_MAX {
            self.sessions.remove(0);
        }
    }

    /// Forgets the session of an account.
    pub fn forget(&mut self, server: &Fingerprint, account: &str) {
        let server = server.to_string();
        self.sessions.retain(|s| s.server != server || !same(&s.account, account));
    }

    /// The session of an account at a server; of any account there, the last one that logged in.
    #[must_use]
    pub fn find(&self, server: &Fingerprint, account: Option<&str>) -> Option<KeptSession> {
        let server = server.to_string();
        self.sessions.iter().rev().find(|s| s.server == server && account.is_none_or(|a| same(&s.account, a))).cloned()
    }
}

/// Keeps the session of a membership that enters with a password, on the disk and in what the window shows of it; ends with the membership.
pub(crate) async fn keep(mut states: watch::Receiver<Arc<ClassState>>, server: Fingerprint, shown: Arc<Mutex<KeptSessions>>) {
    let Ok(state) = states.wait_for(|s| s.account.is_some() || matches!(s.phase, Phase::Ended(_))).await.map(|s| Arc::clone(&s)) else { return };
    let Some(session) = state.account.as_ref().and_then(|mine| KeptSession::of(&server, mine)) else { return };
    // Another program may have written meanwhile.
    let mut kept = KeptSessions::load();
    kept.keep(session);
    if let Err(error) = kept.store() {
        tracing::warn!(%error, "the session cannot be kept: the password will be asked for again");
    }
    *shown.lock().unwrap_or_else(PoisonError::into_inner) = kept;
}

/// Forgets the session of an account on the disk; gives those that are left.
///
/// # Errors
/// Those of the file system.
pub fn forget(server: &Fingerprint, account: &str) -> io::Result<KeptSessions> {
    // Another program may have written meanwhile.
    let mut kept = KeptSessions::load();
    kept.forget(server, account);
    kept.store()?;
    Ok(kept)
}

/// As a person would take them for the same; the server compares more.
fn same(one: &str, two: &str) -> bool {
    one.trim().to_lowercase() == two.trim().to_lowercase()
}

fn path() -> Option<PathBuf> {
    crate::ui::storage_folder().map(|folder| folder.join("sessions.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_kept_by_server_and_account_and_the_file_is_private() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a").join("sessions.json");
        let server = |n| Fingerprint([n; 32]);
        let session = |n, account: &str, token| KeptSession::new(&server(n), account, &SessionToken([token; 32]), &WrappingKey([9; 32]), 100);
        let mut kept = KeptSessions::default();
        kept.keep(session(1, "Ana", 1));
        kept.keep(session(2, "Ana", 2));
        kept.keep(session(1, "Ben", 3));
        kept.keep(session(1, "Ana", 4));
        kept.write(&path).expect("written");
        assert_eq!(KeptSessions::read(&path), kept);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("there").permissions()) & 0o777, 0o600);
        let token = |server: &Fingerprint, account: Option<&str>| kept.find(server, account).and_then(|s| s.token());
        assert_eq!(token(&server(1), Some("ana")), Some(SessionToken([4; 32])));
        assert_eq!(token(&server(2), Some("Ana")), Some(SessionToken([2; 32])));
        assert_eq!(token(&server(1), Some("Ben")), Some(SessionToken([3; 32])));
        assert_eq!(token(&server(1), None), Some(SessionToken([4; 32])), "the last");
        assert_eq!(token(&server(3), None), None);
        assert_eq!(kept.find(&server(1), None).and_then(|s| s.wrapping()), Some(WrappingKey([9; 32])));
        kept.forget(&server(1), "ANA");
        assert_eq!(kept.find(&server(1), Some("Ana")), None);
        assert!(!format!("{kept:?}").contains("0909"), "secrets do not reach a log");
        std::fs::write(&path, b"{ broken").expect("writable");
        assert_eq!(KeptSessions::read(&path), KeptSessions::default());
    }
}
