//! Looks for the sheet on a thread of its own, now and then, in a reduced picture: what is shown never waits for it.

use super::find::{Looked, look};
use super::planes::Planes;
use super::quad::Quad;
use crate::make::failure::Failure;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

/// Where is looked, and where the sheet was.
struct Question {
    planes: Planes,
    before: Option<Quad>,
    taken_us: u64,
}

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Finder {
    questions: SyncSender<Question>,
    answers: Receiver<(u64, Looked)>,
    is_busy: bool,
}

impl Finder {
    pub(super) fn start() -> Result<Self, Failure> {
        // One question at a time.
        let (questions, asked) = sync_channel::<Question>(1);
        let (answer, answers) = sync_channel(1);
        let work = move || {
            for question in asked {
                if answer.send((question.taken_us, look(&question.planes, question.before.as_ref()))).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("sheet".to_owned()).spawn(work).map_err(|e| Failure::internal("start a thread", e))?;
        Ok(Self { questions, answers, is_busy: false })
    }

    /// What was seen in the picture that was given last, and when that was taken; nothing while it is looked at.
    pub(super) fn answer(&mut self) -> Result<Option<(u64, Looked)>, Failure> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.is_busy = false;
                Ok(Some(answer))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(gone()),
        }
    }

    /// Whether the last picture is still looked at.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Gives a picture to look at.
    pub(super) fn ask(&mut self, planes: Planes, before: Option<Quad>, taken_us: u64) -> Result<(), Failure> {
        match self.questions.try_send(Question { planes, before, taken_us }) {
            Ok(()) => self.is_busy = true,
            Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return Err(gone()),
        }
        Ok(())
    }
}

fn gone() -> Failure {
    Failure::internal("look for the sheet", "the thread that does so has ended")
}
