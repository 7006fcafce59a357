//! What a message says, once it is open.

use serde::{Deserialize, Serialize};

use super::stamp::Evidence;

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
        }
    }

    /// The name of what is sent until it has arrived; marks have none.
    #[must_use]
    pub fn id(&self) -> Option<MessageId> {
        match self {
            Self::Text { id, .. } | Self::Report { id, .. } => Some(*id),
            Self::Delivered(_) | Self::Read(_) | Self::Typing => None,
        }
    }
}
