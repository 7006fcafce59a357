//! Recording the room's streams: what an instructor wants recorded, and what its publisher says to that. Nothing of somebody who did not
//! agree is written.

use lectern_proto::control::{PersonId, RecordingAsked, Refusal, StreamId};
use tokio::sync::mpsc;

use super::{Running, Streams};
use crate::live::Recorder;
use crate::room::Message;

/// Whether a stream may be recorded, as its publisher says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Consent {
    /// Nobody wants to record it.
    #[default]
    Unasked,
    /// An instructor wants to, and its publisher has not answered.
    Asked,
    /// Asked, and the publisher said no; or yes first, and no later.
    Declined,
    Agreed,
}

impl Streams {
    /// Begins to record a stream, asks its publisher where that needs consent, or ends both.
    pub(in crate::room) fn record(&mut self, id: StreamId, recorded: bool, needs_consent: bool, mailbox: &mpsc::WeakSender<Message>) -> Result<(), Refusal> {
        let running = self.running.get_mut(&id).ok_or(Refusal::NoSuchStream)?;
        if !recorded {
            running.recording = None;
            if running.consent != Consent::Agreed {
                running.consent = Consent::Unasked;
            }
            return Ok(());
        }
        if needs_consent && running.consent != Consent::Agreed {
            running.consent = Consent::Asked;
            return Ok(());
        }
        running.begin(&self.recorder, mailbox)
    }

    /// The publisher of a stream says whether it may be recorded.
    pub(in crate::room) fn allow_recording(&mut self, by: PersonId, id: StreamId, allowed: bool, mailbox: &mpsc::WeakSender<Message>) -> Result<(), Refusal> {
        let running = self.running.get_mut(&id).ok_or(Refusal::NoSuchStream)?;
        (running.info.publisher == by).then_some(()).ok_or(Refusal::NotAllowed)?;
        let was_wanted = running.recording.is_some() || matches!(running.consent, Consent::Asked | Consent::Declined);
        match (allowed, was_wanted) {
            (true, true) => running.begin(&self.recorder, mailbox)?,
            (true, false) => {}
            (false, _) => running.recording = None,
        }
        running.consent = match (allowed, was_wanted) {
            (true, _) => Consent::Agreed,
            (false, true) => Consent::Declined,
            (false, false) => Consent::Unasked,
        };
        Ok(())
    }

    /// A recording has ended; says whether it was one that ran.
    pub(in crate::room) fn recording_ended(&mut self, id: StreamId) -> bool {
        self.running.get_mut(&id).is_some_and(|running| running.recording.take().is_some())
    }

    pub(in crate::room) fn recorded(&self) -> Vec<StreamId> {
        self.running.values().filter(|r| r.recording.is_some()).map(|r| r.info.id).collect()
    }

    /// Those that are wanted and not allowed.
    pub(in crate::room) fn asked(&self) -> Vec<RecordingAsked> {
        let asked = |r: &Running| match r.consent {
            Consent::Asked => Some(RecordingAsked { stream: r.info.id, declined: false }),
            Consent::Declined => Some(RecordingAsked { stream: r.info.id, declined: true }),
            Consent::Unasked | Consent::Agreed => None,
        };
        self.running.values().filter_map(asked).collect()
    }
}

impl Running {
    /// Begins to record it, unless that runs already.
    fn begin(&mut self, recorder: &std::sync::Arc<Recorder>, mailbox: &mpsc::WeakSender<Message>) -> Result<(), Refusal> {
        if self.recording.is_some() {
            return Ok(());
        }
        let (mailbox, id) = (mailbox.clone(), self.info.id);
        let ended = move || {
            // A room that is busy sees it when the stream ends; a room that is gone needs nothing.
            mailbox.upgrade().into_iter().for_each(|mailbox| _ = mailbox.try_send(Message::RecordingEnded { stream: id }));
        };
        let video = self.info.videos().next_back().map(|(_, video)| video);
        let sound = self.info.sound().map(|(_, sound)| sound);
        let recording = recorder.start(&self.stream, &self.info.name, (video, sound), ended);
        let failed = |error| tracing::error!(%error, "a recording cannot be written where the videos are");
        self.recording = Some(recording.map_err(failed).map_err(|()| Refusal::Unwritable)?);
        Ok(())
    }
}
