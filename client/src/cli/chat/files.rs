//! Attachments on the command line: a file is offered and waited for until the other has it, or fetched and written to a folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lectern_proto::chat::content::{FileInfo, MessageId};
use lectern_proto::control::PersonId;
use lectern_proto::hex;
use serde::Serialize;

use crate::chat::files::save;
use crate::chat::{Chat, ChatError, ChatNews, FileState};

/// A file as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct Printed {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Where it was written; none: it was not fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) saved: Option<String>,
}

impl Printed {
    pub(super) fn new(info: &FileInfo, saved: Option<&Path>) -> Self {
        let saved = saved.map(|path| path.display().to_string());
        Self { name: info.name.clone(), bytes: info.size, sha256: hex::write(&info.digest), saved }
    }
}

/// Waits until the other has all of a file.
pub(super) async fn fetched(chat: &mut Chat, by: PersonId, file: MessageId, limit: Duration) -> bool {
    let fetched = async {
        while let Some(news) = chat.next().await {
            if matches!(&news, ChatNews::Fetched { by: who, id } if (*who, *id) == (by, file)) {
                return true;
            }
        }
        false
    };
    tokio::time::timeout(limit, fetched).await.unwrap_or(false)
}

/// Where files are written that others offer; those that are on their way.
#[derive(Debug, Default)]
pub(super) struct Saving {
    folder: Option<PathBuf>,
    coming: HashMap<MessageId, FileInfo>,
}

impl Saving {
    pub(super) fn into(folder: Option<PathBuf>) -> Self {
        Self { folder, coming: HashMap::new() }
    }

    /// Somebody offers a file. False: it is not fetched.
    pub(super) async fn offered(&mut self, chat: &Chat, from: PersonId, id: MessageId, info: &FileInfo) -> bool {
        if self.folder.is_none() {
            return false;
        }
        if let Err(why) = chat.fetch(from, id).await {
            eprintln!("`{}` is not fetched: {why}", info.name);
            return false;
        }
        self.coming.insert(id, info.clone());
        true
    }

    /// A file is here, or will not come. Gives it with the place that it was written to.
    pub(super) async fn came(&mut self, chat: &Chat, from: PersonId, id: MessageId) -> Option<Printed> {
        let (info, folder) = (self.coming.remove(&id)?, self.folder.clone()?);
        let state = chat.state().item(from, id)?.file.as_ref()?.state.clone();
        let saved = match state {
            FileState::Here(bytes) => save(folder, info.name.clone(), bytes).await,
            _ => Err(ChatError::NotFetched),
        };
        if let Err(why) = &saved {
            eprintln!("`{}`: {why}", info.name);
        }
        Some(Printed::new(&info, saved.ok().as_deref()))
    }
}
