//! What a message says, once it is open.

use serde::{Deserialize, Serialize};

use super::file_name;
use super::stamp::Evidence;
use crate::limits::{CHAT_ATTACHMENT_MAX, CHAT_PIECE};

/// Longest text in bytes.
pub const TEXT_MAX: usize = 64 * 1024;
/// Most messages that one mark names.
pub const MARKED_MAX: usize = 256;

/// Names a message for both: random, chosen by its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId(pub [u8; 16]);

/// What is sealed: something that is said, and what tells the other whether anything before it did not come, whatever key it went under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Random: one program's contents to one person.
    pub series: u64,
    /// Counts the contents with a name in the series from 1, the same when it is sent again; of a mark that of the newest before it.
    pub number: u64,
    pub content: Content,
}

/// What one person says to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    Text {
        id: MessageId,
        /// By the sender's calendar, in milliseconds since 1970: shown, not believed.
        sent_ms: i64,
        text: String,
    },
    /// These were opened on the other's machine.
    Delivered(Vec<MessageId>),
    /// These were shown to the other.
    Read(Vec<MessageId>),
    /// The other writes at this moment.
    Typing,
    /// To an instructor: somebody else wrote this, and here is what proves it.
    Report { id: MessageId, evidence: Box<Evidence> },
    /// A file that the other may have, while this program runs.
    File { id: MessageId, sent_ms: i64, file: FileInfo },
    /// The file of this message of the other is wanted.
    Fetch { id: MessageId, file: MessageId },
    /// Bytes of the file of one's own message, from `index` times [`CHAT_PIECE`] on.
    Piece { id: MessageId, file: MessageId, index: u32, bytes: Vec<u8> },
    /// The file of that message is not here any more.
    Unavailable { id: MessageId, file: MessageId },
}

/// What is said of a file before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Without a folder: see [`file_name::is_fit`].
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of all of it.
    pub digest: [u8; 32],
}

impl FileInfo {
    /// In how many pieces it comes; an empty file is one empty piece.
    #[must_use]
    pub fn pieces(&self) -> u32 {
        u32::try_from(self.size.div_ceil(CHAT_PIECE as u64).max(1)).unwrap_or(u32::MAX)
    }

    /// How long a piece is.
    #[must_use]
    pub fn piece_len(&self, index: u32) -> usize {
        let rest = self.size.saturating_sub(u64::from(index) * CHAT_PIECE as u64);
        rest.min(CHAT_PIECE as u64) as usize
    }
}

impl Content {
    /// Whether its parts have lengths that are allowed.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        match self {
            Self::Text { text, .. } => !text.is_empty() && text.len() <= TEXT_MAX,
            Self::Delivered(ids) | Self::Read(ids) => !ids.is_empty() && ids.len() <= MARKED_MAX,
            Self::Typing => true,
            Self::Report { evidence, .. } => !evidence.text.is_empty() && evidence.text.len() <= TEXT_MAX,
            Self::File { file, .. } => file_name::is_fit(&file.name) && file.size <= CHAT_ATTACHMENT_MAX,
            Self::Fetch { .. } | Self::Unavailable { .. } => true,
            Self::Piece { bytes, .. } => bytes.len() <= CHAT_PIECE,
        }
    }

    /// Whether a person said it; else one program tells it to the other.
    #[must_use]
    pub fn is_said(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Report { .. } | Self::File { .. })
    }

    /// Whether it may wait at the server until the other is there: a file comes only from a program that runs.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Report { .. } | Self::Delivered(_) | Self::Read(_))
    }

    /// The name of what is sent until it has arrived; marks have none.
    #[must_use]
    pub fn id(&self) -> Option<MessageId> {
        match self {
            Self::Text { id, .. }
            | Self::Report { id, .. }
            | Self::File { id, .. }
            | Self::Fetch { id, .. }
            | Self::Piece { id, .. }
            | Self::Unavailable { id, .. } => Some(*id),
            Self::Delivered(_) | Self::Read(_) | Self::Typing => None,
        }
    }
}
