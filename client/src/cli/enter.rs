//! From what was given on the command line to a request to join: a link as it stands, an address after its words were compared.
//!
//! Nothing secret leaves this machine before the certificate is known by the link, by an earlier confirmation, or by the words.

use std::io::{BufRead, IsTerminal};

use lectern_proto::address::{ServerAddress, Target};
use lectern_proto::link::JoinLink;

use super::{Entry, Failure};
use crate::account::{AccountEntry, KeptSessions};
use crate::class::{JoinError, JoinRequest};
use crate::connect::introduce::{Introduction, introduce};
use crate::connect::known::{KnownServers, Trust};

/// `with_password`: the account's password is asked for, whatever session this computer keeps.
pub(super) async fn request(mut entry: Entry, with_password: bool) -> Result<JoinRequest, Failure> {
    let (name, password) = (entry.name.take(), entry.password.take());
    let (account, account_password) = (entry.account.take(), entry.account_password.take());
    let link = link(entry).await?;
    let account = match account {
        Some(account) => Some(self::account(account, account_password, with_password, &link)?),
        None => None,
    };
    let name = name.or_else(|| account.as_ref().map(|a| a.account().to_owned()));
    let name = name.ok_or_else(|| Failure::Usage("no name is given: add --name NAME, or set LECTERN_NAME".to_owned()))?;
    Ok(JoinRequest { link, name, password, account, store: None })
}

/// By its password, or by the session that this computer keeps.
fn account(account: String, password: Option<String>, with_password: bool, link: &JoinLink) -> Result<AccountEntry, Failure> {
    if let Some(password) = password {
        return Ok(AccountEntry::Password { account, password });
    }
    if with_password {
        let password = super::account::secret(None, "the account's password")?;
        return Ok(AccountEntry::Password { account, password });
    }
    let kept = KeptSessions::load().find(&link.fingerprint, Some(&account)).map(AccountEntry::Session);
    kept.ok_or_else(|| Failure::Usage(format!("this computer is not logged in as `{account}` there: give --account-password, or use `lectern account login`")))
}

/// The link alone: for what needs no seat.
pub(super) async fn link(entry: Entry) -> Result<JoinLink, Failure> {
    let target = entry.join.ok_or_else(|| {
        Failure::Usage(
            "no class is named: give --join with the link that the server printed or its address, or set LECTERN_JOIN; `lectern discover` finds servers"
                .to_owned(),
        )
    })?;
    match target {
        Target::Link(link) => Ok(*link),
        Target::Address(address) => confirmed(address, entry.words.as_deref()).await,
    }
}

/// The link to the server at an address, once somebody or something vouches for its certificate.
async fn confirmed(address: ServerAddress, words: Option<&str>) -> Result<JoinLink, Failure> {
    let server = introduce(address).await?;
    let room = server.room.clone().ok_or_else(|| {
        Failure::Usage(format!("the room is not known: write it behind the address, --join {}/ROOM", server.address.unpinned_link().trim_end_matches('/')))
    })?;
    let mut known = KnownServers::load();
    match (server.trust(&known), words) {
        (_, Some(words)) if !server.words.matches(words) => {
            return Err(Failure::OtherWords { address: server.address.to_string(), shown: server.words.to_string() });
        }
        (Trust::Changed { .. }, _) => return Err(JoinError::ChangedCertificate { host: server.address.to_string() }.into()),
        (Trust::Known { .. }, _) | (Trust::New, Some(_)) => {}
        (Trust::New, None) => ask(&server)?,
    }
    let link = server.link(&room);
    if known.note(&server.name, &link)
        && let Err(error) = known.store()
    {
        eprintln!("lectern: the server cannot be remembered ({error}); its words will be asked for again.");
    }
    Ok(link)
}

/// Asks the person at the terminal.
fn ask(server: &Introduction) -> Result<(), Failure> {
    let shown = format!("the server at {} shows the words: {}", server.address, server.words);
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{shown}. They must be compared with those in the room before a password is sent: add --words with the words that stand there, or use the join link"
        )));
    }
    eprint!("lectern: {shown}\nDo the same three words stand in the room? [y/N] ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| Failure::Other(format!("the answer cannot be read: {e}")))?;
    if matches!(line.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja") {
        return Ok(());
    }
    Err(Failure::Other("not joined, and no password was sent: only the server whose words stand in the room is the right one".to_owned()))
}
