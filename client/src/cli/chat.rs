//! `lectern chat`: private messages, one to one, that the server cannot read; and what the room reads.

mod conduct;
mod files;
mod kept;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use lectern_proto::chat::IdentityId;
use lectern_proto::chat::content::MessageId;
use lectern_proto::chat::verify::fingerprint_line;
use lectern_proto::control::PersonId;
use serde::Serialize;

use super::talk::{Printed, RoomArgs, catch_up, room};
use super::watch::interrupted;
use super::{Failure, join, print, talk};
use crate::chat::files::load;
use crate::chat::{Chat, ChatError, ChatNews, Keeping, history};
use crate::class::{Class, ClassState, JoinRequest};

/// How long somebody may take who has just entered and makes keys.
const KEYS_WAIT: Duration = Duration::from_secs(10);
/// How long a message may take to arrive.
const DELIVERY_WAIT: Duration = Duration::from_secs(10);
/// How long the other may take to fetch a file.
const FETCH_WAIT: Duration = Duration::from_secs(60);
/// What `read` waits for without `--follow`.
const READ_FOR: Duration = Duration::from_secs(5);

const OWN_FALSE: &str = "the server tells others another key than yours, or none: who writes to you writes to somebody else. Tell your instructor, and do \
                         not use private chat here.";

pub(super) const HELP: &str = "\
Examples:
  lectern chat send --to Ben 'see you at ten' --join LINK --name Ana --password P
  lectern chat send --to Ben --file notes.pdf --join LINK --name Ana --password P
  lectern chat read --follow --save DIR --join LINK --name Ben --password P
  lectern chat read --history --join LINK --account Ben
  lectern chat forget Ana --join LINK --account Ben
  lectern chat verify Ben --join LINK --name Ana --password P
  lectern chat reports --follow --join INSTRUCTOR_LINK --name 'Ms Kim'

Messages are encrypted from this program to the other one; the server passes them on and cannot read them. Where both have accounts, a
message to who is away waits at the server, unread, and conversations between accounts are kept on this computer, encrypted; with a name alone the
keys last for one run and nothing is kept. What is written to the room (`lectern chat room`) is not encrypted so:
everybody in it reads it, and the server too.";

#[derive(Debug, Clone, Args)]
pub(super) struct ChatArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Writes to somebody, or offers a file, and waits until it arrived, or waits at the server for who is away; prints that as JSON
    #[command(
        after_help = "Examples:\n  lectern chat send --to Ben 'see you at ten' --join LINK --name Ana --password P\n  lectern chat send --to Ben --file notes.pdf --join LINK --name Ana --password P\n\nA file goes to the other when they fetch it, which is waited for 60 s."
    )]
    Send {
        /// The name that the room shows
        #[arg(long, value_name = "NAME")]
        to: String,
        /// 1 to 65536 bytes
        #[arg(required_unless_present = "file")]
        text: Option<String>,
        /// Offers this file, after the text
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
    },
    /// Writes to the room, prints what was written there, searches it, changes it; everybody in the room reads it, and the server
    #[command(after_help = talk::HELP)]
    Room(RoomArgs),
    /// Prints what comes, private messages and those of the room, one JSON line each, for 5 s
    #[command(after_help = conduct::READ_HELP)]
    Read {
        /// Until Ctrl-C
        #[arg(long)]
        follow: bool,
        /// Prints before it what this computer keeps of the account's conversations
        #[arg(long)]
        history: bool,
        /// Fetches files that are offered and writes them to this folder
        #[arg(long, value_name = "DIR", requires = "follow")]
        save: Option<PathBuf>,
        /// Takes lines like `block NAME` on standard input
        #[arg(long, requires = "follow")]
        commands: bool,
    },
    /// Deletes what this computer keeps of the account's conversation with somebody, or of all; prints how many messages that were, as JSON
    #[command(
        after_help = "Examples:\n  lectern chat forget Ben --join LINK --account Ana\n  lectern chat forget --join LINK --account Ana\n\nWhat the others keep stays with them, and so does what is on other computers."
    )]
    Forget {
        /// The name that was shown; without it, everybody
        #[arg(value_name = "NAME")]
        with: Option<String>,
    },
    /// Prints what others report to you, an instructor, one JSON line each, for 5 s
    #[command(after_help = "Example:\n  lectern chat reports --follow --join INSTRUCTOR_LINK --name 'Ms Kim'")]
    Reports {
        /// Until Ctrl-C
        #[arg(long)]
        follow: bool,
    },
    /// Prints the safety number that both read out to each other, as JSON: with the same digits on both sides nobody is between
    #[command(after_help = "Example:\n  lectern chat verify Ben --join LINK --name Ana --password P")]
    Verify {
        /// The name that the room shows
        #[arg(value_name = "NAME")]
        with: String,
        /// Shows the digits as a QR code too, on standard error
        #[arg(long)]
        qr: bool,
    },
}

#[derive(Debug, Serialize)]
struct Sent<'a> {
    to: &'a str,
    delivered: bool,
    /// It waits at the server until the other is there.
    kept: bool,
    /// What the other has fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<files::Printed>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    kind: &'static str,
    from: &'a str,
    /// None where it could not be read, or is a file.
    text: Option<&'a str>,
    /// By the sender's calendar, milliseconds since 1970.
    sent_ms: Option<i64>,
    /// Messages before it that did not come.
    missing: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<files::Printed>,
}

impl<'a> Line<'a> {
    fn private(from: &'a str, text: Option<&'a str>, sent_ms: Option<i64>, missing: u64) -> Self {
        Self { kind: "private", from, text, sent_ms, missing, file: None }
    }

    fn file(from: &'a str, file: files::Printed, sent_ms: Option<i64>, missing: u64) -> Self {
        Self { kind: "file", from, text: None, sent_ms, missing, file: Some(file) }
    }
}

#[derive(Debug, Serialize)]
struct Verified<'a> {
    with: &'a str,
    /// 60 digits, the same on both sides.
    safety_number: String,
    /// Six words of all keys in the room, the same for everybody.
    fingerprint_line: String,
}

pub(super) async fn run(request: JoinRequest, args: ChatArgs) -> Result<(), Failure> {
    let (class, _) = join(request).await?;
    if let What::Room(args) = args.what {
        let done = room(&class, args).await;
        class.left().await;
        return done;
    }
    let mut chat =
        Chat::start_keeping(&class, history::folder(), std::sync::Arc::new(|| {})).ok_or_else(|| Failure::Other("this class has a chat already".into()))?;
    let done = match args.what {
        What::Send { to, text, file } => send(&class, &mut chat, &to, text, file).await,
        What::Read { follow, history, save, commands } => {
            let printed = if history { kept::history(&chat).await } else { Ok(HashSet::new()) };
            match printed {
                Ok(printed) => read(&class, &mut chat, (follow, &printed), files::Saving::into(save), conduct::commands(commands)).await,
                Err(failure) => Err(failure),
            }
        }
        What::Forget { with } => kept::forget(&chat, with.as_deref()).await,
        What::Reports { follow } => {
            let ended = async { if follow { std::future::pending().await } else { tokio::time::sleep(READ_FOR).await } };
            conduct::reports(&class, &mut chat, ended).await
        }
        What::Verify { with, qr } => verify(&class, &mut chat, &with, qr).await,
        What::Room(_) => Ok(()),
    };
    class.left().await;
    done
}

/// Somebody of this name who can be written to.
async fn find(class: &Class, name: &str) -> Result<(PersonId, IdentityId), Failure> {
    let found = |s: &ClassState| {
        let me = s.me.as_ref().map(|m| m.id);
        let Some(person) = s.people.iter().find(|p| p.name == name && Some(p.id) != me) else {
            let owner = s.mailboxes.values().find(|o| o.name == name && Some(o.person) != me)?;
            return Some((owner.person, owner.identity));
        };
        Some((person.id, *s.identities.get(&person.id)?))
    };
    let state = match tokio::time::timeout(KEYS_WAIT, class.wait_for(|s| found(s).is_some())).await {
        Ok(state) => state?,
        Err(_) => class.state(),
    };
    found(&state).ok_or_else(|| {
        let people: Vec<_> = state.people.iter().map(|p| format!("`{}`", p.name)).collect();
        match state.people.iter().any(|p| p.name == name) {
            true => Failure::Other(format!("`{name}` cannot be written to: their program has offered no keys. They have to open the chat.")),
            false => Failure::Other(format!("nobody is called `{name}` here; there are {}.", people.join(", "))),
        }
    })
}

async fn send(class: &Class, chat: &mut Chat, to: &str, text: Option<String>, file: Option<PathBuf>) -> Result<(), Failure> {
    let (person, _) = find(class, to).await?;
    let is_away = || class.state().people.iter().all(|p| p.id != person || !p.connected);
    let keeping = chat.wait_for(|s| s.keeping != Keeping::Unknown).await?.keeping;
    if is_away() && keeping != Keeping::Account {
        let why = if keeping == Keeping::Lesson { "you entered without an account" } else { "your account's keys are not there" };
        return Err(Failure::Other(format!("`{to}` is away, and {why}, so that nothing can wait; write when both are in the class, or use --account.")));
    }
    if is_away() && file.is_some() {
        return Err(Failure::Other(format!("`{to}` is away, and a file can be fetched only while both are there; send it then.")));
    }
    // What cannot be read is said before anything goes.
    let file = match &file {
        Some(path) => Some(load(path, class.state().attachment_max).await?),
        None => None,
    };
    let mut delivered = true;
    if let Some(text) = text {
        let id = chat.write(person, text).await?;
        delivered = arrived(chat, (person, to), id).await?;
    }
    let Some((name, bytes)) = file else { return print(&Sent { to, delivered, kept: !delivered, file: None }) };
    let id = chat.attach(person, name, bytes).await?;
    arrived(chat, (person, to), id).await?;
    let printed = chat.state().item(person, id).and_then(|i| i.file.as_ref()).map(|f| files::Printed::new(&f.info, None));
    if !files::fetched(chat, person, id, FETCH_WAIT).await {
        return Err(Failure::Other(format!(
            "the file was offered, but `{to}` has not fetched it within {} s; it can be fetched only while this program runs, so send it again when they are ready.",
            FETCH_WAIT.as_secs()
        )));
    }
    print(&Sent { to, delivered: true, kept: false, file: printed })
}

/// Waits until the other says that they have it, or the server that it waits there: false then.
async fn arrived(chat: &mut Chat, (person, to): (PersonId, &str), id: MessageId) -> Result<bool, Failure> {
    let arrived = async {
        while let Some(news) = chat.next().await {
            match news {
                ChatNews::Delivered { to, ids } if to == person && ids.contains(&id) => return Some(true),
                ChatNews::Kept { id: kept, .. } if kept == id => return Some(false),
                _ => {}
            }
        }
        None
    };
    match tokio::time::timeout(DELIVERY_WAIT, arrived).await {
        Ok(Some(delivered)) => Ok(delivered),
        _ => Err(Failure::Other(format!(
            "the message was passed on, but `{to}` has not confirmed it within {} s; ask them, or send it again.",
            DELIVERY_WAIT.as_secs()
        ))),
    }
}

async fn read(
    class: &Class,
    chat: &mut Chat,
    (follow, printed): (bool, &HashSet<MessageId>),
    mut saving: files::Saving,
    mut commands: tokio::sync::mpsc::Receiver<String>,
) -> Result<(), Failure> {
    let (deadline, interrupted) = (tokio::time::sleep(READ_FOR), interrupted());
    tokio::pin!(deadline, interrupted);
    let (mut states, mut names) = (class.states(), conduct::Names::default());
    states.mark_changed();
    let mut room = Printed::up_to(&class.wait_for(|s| s.talk.loaded).await?.talk);
    loop {
        let news = tokio::select! {
            biased;
            () = &mut interrupted => return Ok(()),
            Ok(()) = states.changed() => {
                names.learn(&states.borrow_and_update());
                catch_up(class, &room).await?;
                room.news(&states.borrow_and_update().clone())?;
                continue;
            }
            news = chat.next() => news,
            () = &mut deadline, if !follow => return Ok(()),
            Some(line) = commands.recv() => {
                conduct::obey(class, chat, &names, &line).await;
                continue;
            }
        };
        let Some(news) = news else {
            // It ends with the class: why is known there.
            return Err(class.wait_for(|_| false).await.map_or_else(Failure::Join, |_| Failure::Other("the chat has ended".into())));
        };
        let name = |id: PersonId| names.of(id);
        match &news {
            ChatNews::Text { id, .. } | ChatNews::File { id, .. } if printed.contains(id) => {}
            ChatNews::Text { from, sent_ms, text, missing, .. } => {
                print(&Line::private(name(*from), Some(text), Some(*sent_ms), *missing))?;
                chat.seen(*from);
            }
            ChatNews::Unreadable { from } => print(&Line::private(name(*from), None, None, 0))?,
            ChatNews::File { from, id, sent_ms, info, missing } => {
                if !saving.offered(chat, *from, *id, info).await {
                    print(&Line::file(name(*from), files::Printed::new(info, None), Some(*sent_ms), *missing))?;
                }
                chat.seen(*from);
            }
            ChatNews::Came { from, id, .. } => {
                if let Some(file) = saving.came(chat, *from, *id).await {
                    print(&Line::file(name(*from), file, None, 0))?;
                }
            }
            ChatNews::Changed { person } => {
                let name = name(*person);
                eprintln!("the server gives another identity for `{name}` than before: nothing of theirs is opened. Compare `lectern chat verify {name}`.");
            }
            ChatNews::OwnKeys { right: false } => eprintln!("{OWN_FALSE}"),
            ChatNews::FalseKeys { to, .. } => eprintln!("`{}` cannot be read: {}", name(*to), ChatError::FalseKeys),
            _ => {}
        }
    }
}

async fn verify(class: &Class, chat: &mut Chat, with: &str, qr: bool) -> Result<(), Failure> {
    let (_, identity) = find(class, with).await?;
    let number = chat.safety_number(identity).await?;
    let own = chat.identity().await?;
    let own_is_told = |s: &ClassState| s.me.as_ref().is_some_and(|me| s.identities.get(&me.id) == Some(&own));
    let Ok(state) = tokio::time::timeout(KEYS_WAIT, class.wait_for(own_is_told)).await else { return Err(Failure::Other(OWN_FALSE.into())) };
    let state = state?;
    if qr {
        eprintln!("{}", code(number.digits())?);
    }
    let line = fingerprint_line(state.identities.values().copied());
    print(&Verified { with, safety_number: number.to_string(), fingerprint_line: line.join(" ") })
}

/// A QR code for a terminal: two rows of it in each line.
fn code(digits: &str) -> Result<String, Failure> {
    let code = qrcode::QrCode::with_error_correction_level(digits, qrcode::EcLevel::M).map_err(|e| Failure::Other(format!("the code cannot be drawn: {e}")))?;
    Ok(code
        .render::<qrcode::render::unicode::Dense1x2>()
        .dark_color(qrcode::render::unicode::Dense1x2::Light)
        .light_color(qrcode::render::unicode::Dense1x2::Dark)
        .build())
}
