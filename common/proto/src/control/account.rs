//! Accounts over the control plane: how one enters with one, and what is asked about them.

use serde::{Deserialize, Serialize};

use super::messages::Role;
use crate::account::{AccountSalt, LoginSecret, SessionToken};

/// By what somebody enters who has an account, or makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountProof {
    /// Asks for the salt of this name. Refused with [`super::LoginRefusal::Challenge`], whether there is such an account or not.
    Named { account: String },
    /// The secret that password and salt give.
    Secret { account: String, secret: LoginSecret },
    /// The token of an earlier entry.
    Session(SessionToken),
    /// Makes the account, with the salt of the challenge, and enters.
    Register { account: String, secret: LoginSecret, by: RegisterBy },
}

/// What entitles somebody to make an account: `[accounts] register` says which.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegisterBy {
    Nothing,
    /// The room's: a student.
    Password(String),
    /// An instructor.
    InstructorKey([u8; 16]),
}

/// Secrets do not reach a log.
impl std::fmt::Debug for RegisterBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Password(_) => "Password(..)",
            Self::InstructorKey(_) => "InstructorKey(..)",
        })
    }
}

/// What a joined client asks about accounts; each is answered with [`AccountEvent::Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountRequest {
    /// Ends one session of one's own account, or all of them.
    LogOut { session: Option<SessionToken> },
    /// One's own salt: what a password is changed with.
    Salt,
    /// Another password, and what the old one had wrapped, wrapped anew. All sessions end.
    ChangePassword { old: LoginSecret, new: LoginSecret, identity: Option<WrappedIdentity> },
    /// One's own wrapped identity. Answered with [`AccountAnswer::Identity`].
    Identity,
    /// Keeps one's own wrapped identity in place of the version before it.
    KeepIdentity(WrappedIdentity),
    /// Instructor: accounts in the order of their names, those after this one. Answered with [`AccountAnswer::Accounts`].
    List { after: Option<String> },
    /// Instructor: the salt that a new account of this name gets. Answered with [`AccountAnswer::Salt`].
    SaltOf { account: String },
    /// Instructor: makes an account for somebody.
    Make { account: String, secret: LoginSecret, role: Role },
    /// Instructor: another role, from the next entry on; who loses rights is put out at once.
    SetRole { account: String, role: Role },
    /// Instructor: another password for somebody who forgot theirs. What the old one had wrapped is gone. All sessions end.
    Reset { account: String, secret: LoginSecret },
    /// Instructor: ends an account with all that is kept of it.
    Remove { account: String },
}

/// What only the account's owner can open, in one blob; the server keeps it and cannot read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedIdentity {
    /// 1 for the first; each that is kept has the next.
    pub version: u64,
    /// At most [`crate::limits::ACCOUNT_IDENTITY_MAX`].
    pub bytes: Vec<u8>,
}

/// What a server says about accounts to a joined client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    /// Follows joining with an account.
    You(YourAccount),
    Answer {
        request: u32,
        result: Result<AccountAnswer, AccountRefusal>,
    },
}

/// The account that somebody entered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YourAccount {
    pub name: String,
    /// A new session, for who entered with a password; none for who entered with a session or a seat.
    pub session: Option<Session>,
    /// The salt of the password.
    pub salt: AccountSalt,
}

/// A session that begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub token: SessionToken,
    /// Seconds since 1970-01-01.
    pub expires_at: i64,
}

/// What an account request brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountAnswer {
    Done,
    Salt(AccountSalt),
    /// At most [`crate::limits::ACCOUNTS_PAGE`].
    Accounts(Vec<AccountInfo>),
    /// None until one was kept.
    Identity(Option<WrappedIdentity>),
}

/// One account, as instructors see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountInfo {
    pub name: String,
    pub role: Role,
    /// Seconds since 1970-01-01.
    pub made_at: i64,
    /// Sessions that have not expired.
    pub sessions: u32,
}

/// Why an account was not entered with, made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountRefusal {
    /// One answer for both, so that accounts cannot be searched for.
    WrongAccountOrPassword,
    /// The session has expired or was revoked.
    SessionUnknown,
    /// `[accounts] register` does not allow it by this.
    NoRegistration,
    /// The name, or one that looks like it, is somebody's.
    NameTaken,
    BadName(NameFault),
    /// For instructors alone.
    NotAllowed,
    NoSuchAccount,
    /// Who asked entered without an account.
    NoAccount,
    /// Another version was kept meanwhile: read it first.
    OtherVersion,
    /// The blob is too long.
    TooLong,
    /// The role is none that an account has.
    BadRole,
    /// There would be no instructor's account any more.
    LastInstructor,
    /// As many accounts as the server keeps.
    TooMany,
    /// The database does not answer, or is full.
    Unavailable,
}

/// What is wrong with the name of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NameFault {
    Empty,
    /// More than [`crate::limits::NAME_MAX`] bytes.
    Long,
    /// Something else than letters, digits, single spaces and `- _ . '`.
    Characters,
    /// Letters of several scripts, which look like others.
    MixedScripts,
}
