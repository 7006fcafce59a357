//! `lectern account`: makes accounts, logs in and out, and what instructors do with accounts.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand, ValueEnum};
use lectern_proto::account::check_new_password;
use lectern_proto::control::{AccountInfo, RegisterBy, Role};
use serde::Serialize;

use super::{Failure, join, print};
use crate::account::{self, AccountEntry, AccountError, KeptSession, KeptSessions};
use crate::class::{Class, ClassState, JoinRequest};

pub(super) const HELP: &str = "\
Examples:
  lectern account register --account Ana --account-password P --join LINK --password ROOM-PASSWORD
  lectern account login --account Ana --account-password P --join LINK
  lectern videos --account Ana --join LINK
  lectern account role Ben assistant --account Kim --join LINK
  lectern account logout --account Ana --join LINK

The password never leaves this computer: the server gets what Argon2id makes of it. After `register` and `login` this computer keeps a
session, and --account NAME alone is enough, for every command, until it expires or `logout`. Who registers with the instructor's link is an
instructor.";

#[derive(Debug, Clone, Args)]
pub(super) struct AccountArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Makes an account and logs in, by the room's password or the instructor's link; prints it as JSON
    #[command(after_help = "Example:\n  lectern account register --account Ana --account-password P --join LINK --password ROOM-PASSWORD")]
    Register,
    /// Logs in and keeps the session on this computer; prints it as JSON
    #[command(after_help = "Example:\n  lectern account login --account Ana --account-password P --join LINK")]
    Login,
    /// Ends the session of this computer
    #[command(after_help = "Example:\n  lectern account logout --everywhere --account Ana --join LINK")]
    Logout {
        /// On all computers
        #[arg(long)]
        everywhere: bool,
    },
    /// Another password; ends all sessions, so log in again. The old one is --account-password
    #[command(after_help = "Example:\n  lectern account password --new Q --account Ana --account-password P --join LINK")]
    Password {
        /// The new password, at least 8 characters; asked for where it is not given
        #[arg(long, env = "LECTERN_NEW_PASSWORD", hide_env_values = true)]
        new: Option<String>,
    },
    /// For instructors: all accounts, as JSON
    #[command(after_help = "Example:\n  lectern account list --account Kim --join LINK")]
    List,
    /// For instructors: makes an account for somebody, who should then change the password
    #[command(after_help = "Example:\n  lectern account make Ben --new Q --role student --account Kim --join LINK")]
    Make {
        #[arg(id = "whose", value_name = "NAME")]
        name: String,
        #[arg(long, env = "LECTERN_NEW_PASSWORD", hide_env_values = true)]
        new: Option<String>,
        #[arg(long, default_value = "student")]
        role: RoleName,
    },
    /// For instructors: another role for somebody's account
    #[command(after_help = "Example:\n  lectern account role Ben assistant --account Kim --join LINK")]
    Role {
        #[arg(id = "whose", value_name = "NAME")]
        name: String,
        role: RoleName,
    },
    /// For instructors: another password for somebody who forgot theirs; old private messages cannot be read with it
    #[command(after_help = "Example:\n  lectern account reset Ben --new Q --account Kim --join LINK")]
    Reset {
        #[arg(id = "whose", value_name = "NAME")]
        name: String,
        #[arg(long, env = "LECTERN_NEW_PASSWORD", hide_env_values = true)]
        new: Option<String>,
    },
    /// For instructors: ends an account with all that is kept of it
    #[command(after_help = "Example:\n  lectern account remove Ben --account Kim --join LINK")]
    Remove {
        #[arg(id = "whose", value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Student,
    Assistant,
    Instructor,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Student => Self::Student,
            RoleName::Assistant => Self::Assistant,
            RoleName::Instructor => Self::Instructor,
        }
    }
}

#[derive(Debug, Serialize)]
struct Entered<'a> {
    account: &'a str,
    role: Role,
    /// Until when this computer stays logged in, in seconds since 1970; none where it was not.
    session_until: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Listed<'a> {
    account: &'a str,
    role: Role,
    made_at: i64,
    sessions: u32,
}

#[derive(Debug, Serialize)]
struct Done {
    done: bool,
}

impl AccountArgs {
    /// Whether it enters with the account's password, whatever this computer keeps.
    pub(super) fn needs_password(&self) -> bool {
        matches!(self.what, What::Register | What::Login | What::Password { .. })
    }
}

pub(super) async fn run(mut request: JoinRequest, args: AccountArgs) -> Result<(), Failure> {
    if let What::Register = args.what {
        request = registering(request)?;
    }
    let entry = request.account.clone();
    let server = request.link.fingerprint;
    let (class, state) = join(request).await?;
    let done = match args.what {
        What::Register | What::Login => keep(&state, &server),
        What::Logout { everywhere } => log_out(&class, &state, entry.as_ref(), everywhere, &server).await,
        What::Password { new } => change(&class, &state, entry.as_ref(), new, &server).await,
        What::List => list(&class.accounts().await?),
        What::Make { name, new, role } => {
            class.make_account(&name, &secret(new, "the new password")?, role.into()).await.map_err(Failure::from).and_then(|()| told())
        }
        What::Role { name, role } => class.set_role(&name, role.into()).await.map_err(Failure::from).and_then(|()| told()),
        What::Reset { name, new } => class.reset_account(&name, &secret(new, "the new password")?).await.map_err(Failure::from).and_then(|()| told()),
        What::Remove { name } => class.remove_account(&name).await.map_err(Failure::from).and_then(|()| told()),
    };
    class.left().await;
    done
}

/// The same with what entitles to an account.
fn registering(request: JoinRequest) -> Result<JoinRequest, Failure> {
    let Some(AccountEntry::Password { account, password }) = request.account else { return Err(no_account()) };
    check_new_password(&password).map_err(AccountError::from)?;
    let by = match (&request.link.key, &request.password) {
        (Some(key), _) => RegisterBy::InstructorKey(key.0),
        (None, Some(password)) => RegisterBy::Password(password.clone()),
        (None, None) => RegisterBy::Nothing,
    };
    Ok(JoinRequest { account: Some(AccountEntry::Register { account, password, by }), ..request })
}

fn no_account() -> Failure {
    Failure::Usage("no account is named: add --account NAME, or set LECTERN_ACCOUNT".to_owned())
}

fn role(state: &ClassState) -> Role {
    state.me.as_ref().map_or(Role::Guest, |me| me.role)
}

/// Keeps the session that this entry began.
fn keep(state: &ClassState, server: &lectern_proto::link::Fingerprint) -> Result<(), Failure> {
    let mine = state.account.as_ref().ok_or_else(no_account)?;
    if let Some(session) = KeptSession::of(server, mine) {
        let mut kept = KeptSessions::load();
        kept.keep(session);
        kept.store().map_err(|e| Failure::Other(format!("you are logged in, but this computer cannot keep it ({e}): give the password each time")))?;
    }
    print(&Entered { account: &mine.name, role: role(state), session_until: mine.session.as_ref().map(|s| s.expires_at) })
}

async fn log_out(
    class: &Class,
    state: &ClassState,
    entry: Option<&AccountEntry>,
    everywhere: bool,
    server: &lectern_proto::link::Fingerprint,
) -> Result<(), Failure> {
    let mine = state.account.as_ref().ok_or_else(no_account)?;
    let kept = match entry {
        Some(AccountEntry::Session(kept)) => kept.token(),
        _ => mine.session.as_ref().map(|s| s.token.clone()),
    };
    class.log_out(everywhere, kept).await?;
    forget(server, &mine.name)?;
    told()
}

fn forget(server: &lectern_proto::link::Fingerprint, account: &str) -> Result<(), Failure> {
    account::forget(server, account)
        .map(drop)
        .map_err(|e| Failure::Other(format!("the server has ended the session, but this computer cannot forget it ({e})")))
}

async fn change(
    class: &Class,
    state: &ClassState,
    entry: Option<&AccountEntry>,
    new: Option<String>,
    server: &lectern_proto::link::Fingerprint,
) -> Result<(), Failure> {
    let mine = state.account.as_ref().ok_or_else(no_account)?;
    let Some(AccountEntry::Password { password, .. }) = entry else { return Err(no_account()) };
    let new = secret(new, "the new password")?;
    class.change_password(password, &new, crate::chat::rewrap).await?;
    forget(server, &mine.name)?;
    told()
}

fn list(accounts: &[AccountInfo]) -> Result<(), Failure> {
    let listed: Vec<_> = accounts.iter().map(|a| Listed { account: &a.name, role: a.role, made_at: a.made_at, sessions: a.sessions }).collect();
    print(&serde_json::json!({ "accounts": listed }))
}

fn told() -> Result<(), Failure> {
    print(&Done { done: true })
}

/// A secret that was given, or is asked for: one line of standard input.
pub(super) fn secret(given: Option<String>, what: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    if std::io::stdin().is_terminal() {
        eprint!("lectern: type {what} (it is shown): ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| Failure::Other(format!("{what} cannot be read: {e}")))?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() { Err(Failure::Usage(format!("{what} is not given"))) } else { Ok(line) }
}
