//! Writes a live stream that is watched into a Matroska file: the pictures as the viewer takes them, the sound over a connection of its
//! own, neither decoded nor coded anew.
//!
//! ```text
//! viewer ─ pictures ┐
//! sound connection ─┴→ writer (a blocking task) → file, finished when the viewer ends
//! ```

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use lectern_proto::control::{LiveSound, LiveVideo, StreamInfo};
use lectern_proto::live::Unit;
use lectern_proto::live::receive::Content;
use lectern_proto::matroska::Writer;
use tokio::sync::{mpsc, watch};

use super::connection::{Ask, Heard, LiveConnection, Port, Transport};
use super::in_class::InClass;
use crate::keep_file::{KeepError, KeepFile};

/// Units that wait for the disk: some seconds. Full: what comes is left out up to the next keyframe.
const WAITING: usize = 512;

/// What is to be written.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// How the pictures are decoded; before the first of them.
    Form(LiveVideo),
    Picture(Unit),
    Sound(Unit),
}

/// The way to the writer, and how it ends.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    /// Null while nothing is; then how it ended.
    pub(super) done: watch::Receiver<Option<Result<(), KeepError>>>,
}

/// Begins to write; the file is finished when the sender is gone.
///
/// # Errors
/// [`KeepError::File`] when it cannot be made.
pub(super) fn start(
    runtime: &tokio::runtime::Handle,
    in_class: &InClass,
    stream: &StreamInfo,
    transport: Transport,
    path: &Path,
) -> Result<(mpsc::Sender<Kept>, Keeping), KeepError> {
    let file = KeepFile::create(path)?;
    let (kept, inbox) = mpsc::channel(WAITING);
    let (told, done) = watch::channel(None);
    let sound = stream.sound();
    let form = sound.map(|(_, form)| form);
    runtime.spawn_blocking(move || told.send_replace(Some(file.fill(|file| write(file, form, inbox)))));
    if let Some((track, _)) = sound {
        let (connection, heard) = LiveConnection::open(runtime, in_class.route.clone(), transport, Port::Audio);
        let ask = Ask::Subscribe { stream: stream.id, track, content: Content::Sound };
        runtime.spawn(hear(connection, heard, ask, kept.downgrade()));
    }
    Ok((kept, Keeping { done }))
}

/// Passes the sound on as long as the viewer is there.
async fn hear(connection: LiveConnection, mut heard: mpsc::Receiver<Heard>, ask: Ask, kept: mpsc::WeakSender<Kept>) {
    if connection.asks.send(ask).await.is_err() {
        return;
    }
    while let Some(heard) = heard.recv().await {
        let Some(kept) = kept.upgrade() else { return };
        match heard {
            // A disk that does not keep up has a gap.
            Heard::Unit { unit, .. } => _ = kept.try_send(Kept::Sound(unit)),
            Heard::Over { .. } | Heard::NotWithinShare { .. } => return,
            Heard::Missing { .. } | Heard::Lost(_) | Heard::Publishing { .. } | Heard::KeyframeWanted => {}
        }
    }
}

/// Writes what comes until there is no more.
fn write(file: &mut File, sound: Option<LiveSound>, mut inbox: mpsc::Receiver<Kept>) -> io::Result<()> {
    let (mut writer, mut next) = (None, None);
    while let Some(kept) = inbox.blocking_recv() {
        let (is_picture, unit) = match kept {
            Kept::Form(video) => {
                // A file has pictures of one form.
                if writer.is_none() {
                    let (begun, head) = Writer::new(Some(&video), sound);
                    file.write_all(&head)?;
                    writer = Some(begun);
                }
                continue;
            }
            Kept::Picture(unit) => (true, unit),
            Kept::Sound(unit) => (false, unit),
        };
        if is_picture {
            // After a gap pictures are whole again with a keyframe.
            if !unit.keyframe && next != Some(unit.sequence) {
                next = None;
                continue;
            }
            next = Some(unit.sequence.wrapping_add(1));
        }
        if let Some(writer) = &mut writer {
            file.write_all(&writer.push(is_picture, &unit))?;
        }
    }
    writer.map_or(Ok(()), |mut writer| file.write_all(&writer.close()))
}
