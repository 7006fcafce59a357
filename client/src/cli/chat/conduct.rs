//! What somebody does about what others write: blocks, reports, accepts a changed identity; and what instructors see of reports.

use std::collections::BTreeMap;
use std::io::BufRead;

use lectern_proto::control::{PersonId, Role};
use serde::Serialize;
use tokio::sync::mpsc;

use super::super::watch::interrupted;
use super::super::{Failure, print};
use crate::chat::{Chat, ChatNews, Reported};
use crate::class::{Class, ClassState};

pub(super) const READ_HELP: &str = "\
Example:
  lectern chat read --follow --join LINK --name Ben --password P

With --commands, lines on standard input say what to do meanwhile:
  block NAME        opens nothing of theirs any more, and has the server hand nothing on; they are not told
  unblock NAME
  report NAME [N]   shows the last message of theirs (or the last N) to an instructor who is there, with proof, and nothing else
  accept NAME       believes the identity that the server gives for them now, after you have compared `lectern chat verify NAME`";

/// What people are called, also those who have left.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<PersonId, String>);

impl Names {
    pub(super) fn learn(&mut self, state: &ClassState) {
        self.0.extend(state.wrote.iter().map(|(person, name)| (*person, name.clone())));
        self.0.extend(state.mailboxes.values().map(|owner| (owner.person, owner.name.clone())));
        self.0.extend(state.people.iter().map(|p| (p.id, p.name.clone())));
    }

    pub(super) fn of(&self, person: PersonId) -> &str {
        self.0.get(&person).map_or("", String::as_str)
    }

    /// Who is called so: the one who came last.
    fn find(&self, name: &str) -> Option<PersonId> {
        self.0.iter().rev().find(|(_, n)| *n == name).map(|(person, _)| *person)
    }
}

/// Lines of standard input; none ever come without `--commands`.
pub(super) fn commands(wanted: bool) -> mpsc::Receiver<String> {
    let (out, lines) = mpsc::channel(8);
    if wanted {
        // It ends with its input or with the program.
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if out.blocking_send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// Does what a line says; tells in words what came of it.
pub(super) async fn obey(class: &Class, chat: &Chat, names: &Names, line: &str) {
    let state = class.state();
    let (what, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let (name, count) = match rest.rsplit_once(' ').and_then(|(name, n)| Some((name, n.parse().ok()?))) {
        Some((name, count)) if what == "report" => (name.trim(), count),
        _ => (rest.trim(), 1),
    };
    let Some(person) = names.find(name) else {
        return eprintln!("nobody is called `{name}` here; say `block NAME`, `unblock NAME`, `report NAME [N]` or `accept NAME`.");
    };
    match what {
        "block" | "unblock" => {
            chat.block(person, what == "block");
            eprintln!("`{name}` is {what}ed.");
        }
        "accept" => {
            chat.accept(person);
            eprintln!("the identity of `{name}` is accepted.");
        }
        "report" => match report(&state, chat, person, count).await {
            Ok((told, count)) => eprintln!("{count} of what `{name}` wrote goes to `{told}`."),
            Err(why) => eprintln!("nothing was reported: {why}"),
        },
        _ => eprintln!("`{what}` is no command; say `block NAME`, `unblock NAME`, `report NAME [N]` or `accept NAME`."),
    }
}

async fn report(state: &ClassState, chat: &Chat, of: PersonId, count: usize) -> Result<(String, usize), String> {
    let is_there = |p: &&lectern_proto::control::Person| p.role == Role::Instructor && p.connected && p.id != of && state.identities.contains_key(&p.id);
    let Some(instructor) = state.people.iter().find(is_there) else {
        return Err("no instructor is there who reads private chat; say it again when one is.".into());
    };
    let shown = chat.state();
    let theirs = shown.conversations.get(&of).into_iter().flat_map(|c| c.items.iter().rev().filter(|i| !i.own));
    let ids: Vec<_> = theirs.take(count).map(|i| i.id).collect();
    if ids.is_empty() {
        return Err("nothing of theirs has come since this program runs.".into());
    }
    let sent = chat.report(of, ids, instructor.id).await.map_err(|error| error.to_string())?;
    Ok((instructor.name.clone(), sent.len()))
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Who wrote it, by the server's stamp.
    wrote: &'a str,
    /// Who reports it.
    by: &'a str,
    text: &'a str,
    /// When the server relayed it, milliseconds since 1970.
    at_ms: i64,
    /// False: it was not written so, or not under this server. None: the server did not say.
    proven: Option<bool>,
}

/// Prints reports as they come, until `ended`.
pub(super) async fn reports(class: &Class, chat: &mut Chat, ended: impl Future<Output = ()>) -> Result<(), Failure> {
    let interrupted = interrupted();
    tokio::pin!(ended, interrupted);
    let (mut states, mut names) = (class.states(), Names::default());
    states.mark_changed();
    loop {
        let news = tokio::select! {
            biased;
            () = &mut interrupted => return Ok(()),
            Ok(()) = states.changed() => {
                names.learn(&states.borrow_and_update());
                continue;
            }
            news = chat.next() => news,
            () = &mut ended => return Ok(()),
        };
        let Some(news) = news else { return Err(Failure::Other("the chat has ended".into())) };
        let ChatNews::Reported(reported) = news else { continue };
        let Reported { by, wrote, at_ms, text, proven, .. } = &*reported;
        print(&Line { wrote: names.of(*wrote), by: names.of(*by), text, at_ms: *at_ms, proven: *proven })?;
    }
}
