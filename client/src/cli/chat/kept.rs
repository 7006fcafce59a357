//! What this computer keeps of conversations for an account: printed, and let go.

use std::collections::HashSet;

use lectern_proto::chat::content::MessageId;
use serde::Serialize;

use super::super::{Failure, print};
use super::files;
use crate::chat::{Chat, ChatState, ItemState, Keeping};

/// A message from before this program.
#[derive(Debug, Serialize)]
struct Line<'a> {
    kind: &'static str,
    /// Whom the conversation is with.
    with: &'a str,
    /// Written by this account.
    own: bool,
    /// None for a file.
    text: Option<&'a str>,
    /// By its writer's calendar, milliseconds since 1970.
    sent_ms: i64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<files::Printed>,
}

fn state(state: ItemState) -> &'static str {
    match state {
        ItemState::Waiting => "waiting",
        ItemState::Sent => "sent",
        ItemState::Kept => "kept",
        ItemState::Delivered => "delivered",
        ItemState::Read => "read",
        ItemState::Unconfirmed => "unconfirmed",
        ItemState::Refused(_) => "refused",
        ItemState::FalseKeys => "false_keys",
        ItemState::Received => "received",
    }
}

/// Prints what is kept of all conversations, each oldest first; gives the messages that were printed.
pub(super) async fn history(chat: &Chat) -> Result<HashSet<MessageId>, Failure> {
    let shown = chat.wait_for(|s| s.own.is_some()).await?;
    if shown.keeping != Keeping::Account {
        eprintln!("nothing is kept: {}.", why(&shown));
    }
    let mut printed = HashSet::new();
    for (person, name) in &*shown.kept {
        for item in shown.conversations.get(person).into_iter().flat_map(|c| &c.items) {
            let file = item.file.as_ref().map(|file| files::Printed::new(&file.info, None));
            let text = file.is_none().then_some(&*item.text);
            print(&Line { kind: "kept", with: name, own: item.own, text, sent_ms: item.sent_ms, state: state(item.state), file })?;
            printed.insert(item.id);
        }
        chat.seen(*person);
    }
    Ok(printed)
}

/// Lets go what is kept of the conversation with somebody, or of all.
pub(super) async fn forget(chat: &Chat, name: Option<&str>) -> Result<(), Failure> {
    let shown = chat.wait_for(|s| s.own.is_some()).await?;
    if shown.keeping != Keeping::Account {
        return Err(Failure::Other(format!("nothing is kept: {}. Log in with --account.", why(&shown))));
    }
    let whom = match name {
        None => None,
        Some(name) => Some(*shown.kept.iter().rev().find(|(_, kept)| *kept == name).map(|(person, _)| person).ok_or_else(|| {
            let kept = shown.kept.values().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let kept = if kept.is_empty() { "of none".to_owned() } else { format!("of those with {kept}") };
            Failure::Other(format!("nothing is kept of a conversation with `{name}`; something is {kept}."))
        })?),
    };
    let forgotten = chat.forget(whom).await?;
    print(&serde_json::json!({ "forgotten": forgotten }))
}

fn why(shown: &ChatState) -> &'static str {
    match shown.keeping {
        Keeping::Lesson => "you entered without an account",
        _ => "the keys of your account are not there",
    }
}
