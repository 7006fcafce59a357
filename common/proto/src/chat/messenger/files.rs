//! Attachments: a message offers a file, who wants it fetches it while the other's program runs, and it comes in pieces that are sealed and
//! numbered as every message is. Nothing of a file leaves before it was asked for, and nobody is sent one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::super::content::{Content, FileInfo, MessageId};
use super::super::file_name;
use super::{Item, Messenger, News, State, WriteError, new_id, new_series};
use crate::control::PersonId;
use crate::limits::{CHAT_ATTACHMENT_MAX, CHAT_ATTACHMENTS_MAX, CHAT_PIECE, CHAT_PIECES_AHEAD};

/// A file of a message that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub info: FileInfo,
    pub state: FileState,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Of one's own message: so many bytes of it have arrived at the other's, none before it was fetched.
    Offered { arrived: u64 },
    /// The other has it.
    Theirs,
    /// Of the other's message: it can be fetched.
    There,
    /// So many bytes of it are here.
    Coming { bytes: u64 },
    /// All of it is here, and is what the message said.
    Here(Arc<[u8]>),
    /// What came is not what the message said; it was let go.
    Damaged,
    /// The other's program does not have it any more.
    Unavailable,
}

/// What this member offers.
#[derive(Debug)]
struct Offer {
    to: PersonId,
    info: FileInfo,
    bytes: Arc<[u8]>,
    /// The next piece that goes; none: it was not fetched.
    next: Option<u32>,
    /// Pieces that have not arrived, by the name of their message.
    ahead: BTreeMap<MessageId, u32>,
}

/// What this member fetches.
#[derive(Debug)]
struct Fetching {
    from: PersonId,
    info: FileInfo,
    bytes: Vec<u8>,
    /// Came before one before them.
    early: BTreeMap<u32, Vec<u8>>,
}

/// The files of one member's program.
#[derive(Debug)]
pub(super) struct Files {
    max: u64,
    offers: BTreeMap<MessageId, Offer>,
    fetching: BTreeMap<MessageId, Fetching>,
    /// Bytes that came and are held.
    held: u64,
}

impl Default for Files {
    fn default() -> Self {
        Self { max: CHAT_ATTACHMENT_MAX, offers: BTreeMap::new(), fetching: BTreeMap::new(), held: 0 }
    }
}

impl Files {
    fn bytes(&self) -> u64 {
        let offered: u64 = self.offers.values().map(|o| o.info.size).sum();
        offered + self.held + self.fetching.values().map(|f| f.info.size).sum::<u64>()
    }
}

impl Messenger {
    /// The largest attachment that this class allows, in bytes; 0: none.
    pub fn allow_attachments(&mut self, max: u64) {
        self.files.max = max.min(CHAT_ATTACHMENT_MAX);
    }

    /// Offers a file to somebody. Its name is made fit for any system; an empty file is a file.
    ///
    /// # Errors
    /// [`WriteError`]; nothing was sent then.
    pub fn attach<R: CryptoRng + ?Sized>(
        &mut self,
        now: Duration,
        rng: &mut R,
        to: PersonId,
        sent_ms: i64,
        (name, bytes): (&str, Arc<[u8]>),
    ) -> Result<MessageId, WriteError> {
        let size = bytes.len() as u64;
        self.fits(size)?;
        let id = new_id(rng);
        let info = FileInfo { name: file_name::fit(name).into_owned(), size, digest: Sha256::digest(&bytes).into() };
        self.enqueue(rng, to, Content::File { id, sent_ms, file: info.clone() })?;
        let file = Some(Arc::new(Attachment { info: info.clone(), state: FileState::Offered { arrived: 0 } }));
        self.conversation(to).show(Item { id, own: true, sent_ms, text: info.name.as_str().into(), state: State::Waiting, proof: None, file });
        self.files.offers.insert(id, Offer { to, info, bytes, next: None, ahead: BTreeMap::new() });
        self.pump(now, rng, to);
        Ok(id)
    }

    fn fits(&self, size: u64) -> Result<(), WriteError> {
        match (size > self.files.max, self.files.bytes() + size > CHAT_ATTACHMENTS_MAX) {
            (true, _) => Err(WriteError::TooLarge { size, max: self.files.max }),
            (false, true) => Err(WriteError::TooManyFiles),
            (false, false) => Ok(()),
        }
    }

    /// Fetches the file of a message of the other, from its begin. What becomes of it stands in the conversation.
    ///
    /// # Errors
    /// [`WriteError`]; nothing was asked for then.
    pub fn fetch<R: CryptoRng + ?Sized>(&mut self, now: Duration, rng: &mut R, of: PersonId, file: MessageId) -> Result<(), WriteError> {
        let item = self.conversations.get(&of).and_then(|c| c.items.iter().find(|i| i.id == file && !i.own));
        let attachment = item.and_then(|i| i.file.clone()).ok_or(WriteError::NoSuchMessage)?;
        if matches!(attachment.state, FileState::Here(_)) {
            return Ok(());
        }
        self.files.fetching.remove(&file);
        self.fits(attachment.info.size)?;
        let id = new_id(rng);
        self.enqueue(rng, of, Content::Fetch { id, file })?;
        self.files.fetching.insert(file, Fetching { from: of, info: attachment.info.clone(), bytes: Vec::new(), early: BTreeMap::new() });
        self.conversation(of).set_file(file, FileState::Coming { bytes: 0 });
        self.pump(now, rng, of);
        Ok(())
    }

    /// The other offers a file.
    pub(super) fn offered(&mut self, from: PersonId, id: MessageId, sent_ms: i64, info: FileInfo, missing: u64) {
        let conversation = self.conversation(from);
        conversation.typing_until = None;
        conversation.unread.push(id);
        let file = Some(Arc::new(Attachment { info: info.clone(), state: FileState::There }));
        // Not to be reported: what a file holds is not in the message.
        conversation.show(Item { id, own: false, sent_ms, text: info.name.as_str().into(), state: State::Received, proof: None, file });
        self.outputs.push_back(super::Output::News(News::File { from, id, sent_ms, info, missing }));
    }

    /// The other wants a file, from its begin.
    pub(super) fn wanted<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, by: PersonId, file: MessageId) {
        match self.files.offers.get_mut(&file).filter(|o| o.to == by) {
            Some(offer) => {
                (offer.next, offer.ahead) = (Some(0), BTreeMap::new());
                self.feed(rng, file);
            }
            None => {
                let id = new_id(rng);
                let series = new_series(rng);
                self.conversation(by).enqueue(series, Content::Unavailable { id, file });
            }
        }
    }

    /// Lets the next pieces go.
    fn feed<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, file: MessageId) {
        let Some(offer) = self.files.offers.get_mut(&file) else { return };
        let Some(conversation) = self.conversations.get_mut(&offer.to) else { return };
        while let Some(index) = offer.next.filter(|next| *next < offer.info.pieces()) {
            // From the first that has not arrived, so that the other never holds more than so many early ones.
            let first = offer.ahead.values().min().copied().unwrap_or(index);
            if index - first >= CHAT_PIECES_AHEAD {
                return;
            }
            let at = index as usize * CHAT_PIECE;
            let bytes = offer.bytes.get(at..at + offer.info.piece_len(index)).unwrap_or_default().to_vec();
            let id = new_id(rng);
            conversation.enqueue(new_series(rng), Content::Piece { id, file, index, bytes });
            offer.ahead.insert(id, index);
            offer.next = Some(index + 1);
        }
    }

    /// These have arrived at the other's: what follows them may go.
    pub(super) fn pieces_arrived<R: CryptoRng + ?Sized>(&mut self, rng: &mut R, by: PersonId, ids: &[MessageId]) {
        let mut fed = Vec::new();
        for (file, offer) in self.files.offers.iter_mut().filter(|(_, o)| o.to == by) {
            let before = offer.ahead.len();
            offer.ahead.retain(|id, _| !ids.contains(id));
            if offer.ahead.len() < before {
                fed.push(*file);
            }
        }
        for file in fed {
            self.feed(rng, file);
            let Some(offer) = self.files.offers.get(&file) else { continue };
            let through = offer.ahead.values().min().copied().or(offer.next).unwrap_or(0);
            let arrived = (u64::from(through) * CHAT_PIECE as u64).min(offer.info.size);
            let is_all = offer.ahead.is_empty() && offer.next == Some(offer.info.pieces());
            self.conversation(by).set_file(file, if is_all { FileState::Theirs } else { FileState::Offered { arrived } });
            if is_all {
                self.outputs.push_back(super::Output::News(News::Fetched { by, id: file }));
            }
        }
    }

    /// A piece came.
    pub(super) fn piece(&mut self, from: PersonId, file: MessageId, index: u32, bytes: Vec<u8>) {
        let Some(fetching) = self.files.fetching.get_mut(&file).filter(|f| f.from == from) else { return };
        let next = u32::try_from(fetching.bytes.len().div_ceil(CHAT_PIECE)).unwrap_or(u32::MAX);
        let is_fit = index < fetching.info.pieces() && bytes.len() == fetching.info.piece_len(index);
        if !is_fit || index < next || index - next >= CHAT_PIECES_AHEAD {
            return;
        }
        fetching.early.insert(index, bytes);
        let mut next = next;
        while let Some(bytes) = fetching.early.remove(&next) {
            fetching.bytes.extend(bytes);
            next += 1;
        }
        let bytes = fetching.bytes.len() as u64;
        if next < fetching.info.pieces() {
            return self.conversation(from).set_file(file, FileState::Coming { bytes });
        }
        let Some(Fetching { info, bytes, .. }) = self.files.fetching.remove(&file) else { return };
        let is_right = <[u8; 32]>::from(Sha256::digest(&bytes)) == info.digest;
        if is_right {
            self.files.held += info.size;
        }
        self.conversation(from).set_file(file, if is_right { FileState::Here(bytes.into()) } else { FileState::Damaged });
        self.outputs.push_back(super::Output::News(News::Came { from, id: file, right: is_right }));
    }

    /// Nothing goes to this person or is waited for any more.
    pub(super) fn let_files_go(&mut self, person: PersonId) {
        self.files.offers.retain(|_, o| o.to != person);
        let waited: Vec<_> = self.files.fetching.iter().filter(|(_, f)| f.from == person).map(|(id, _)| *id).collect();
        for file in waited {
            self.unavailable(person, file);
        }
    }

    /// What came from this person is not held any more, and nothing of theirs is waited for.
    pub(super) fn forget_files(&mut self, person: PersonId) {
        let items = self.conversations.get(&person).into_iter().flat_map(|c| &c.items);
        let held: u64 = items.filter_map(|i| i.file.as_ref()).filter(|f| matches!(f.state, FileState::Here(_))).map(|f| f.info.size).sum();
        self.files.held = self.files.held.saturating_sub(held);
        self.files.fetching.retain(|_, f| f.from != person);
    }

    /// The other's program has it no more.
    pub(super) fn unavailable(&mut self, from: PersonId, file: MessageId) {
        if self.files.fetching.get(&file).is_some_and(|f| f.from == from) {
            self.files.fetching.remove(&file);
            self.conversation(from).set_file(file, FileState::Unavailable);
            self.outputs.push_back(super::Output::News(News::Came { from, id: file, right: false }));
        }
    }
}
