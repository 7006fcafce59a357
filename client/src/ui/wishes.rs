//! What an instructor asked of the class and what came of it: a refusal stands where the wish was pressed, until it is wished anew or put
//! away.

use lectern_proto::control::{PersonId, StreamId};

use super::backend::Asking;
use super::command::{Command, Cx};
use super::icons::Icon;
use super::reasons;
use super::widgets::{Push, Tone, notice_with_ui};
use crate::class::{ClassState, StreamError};

/// Something that is asked of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A student gets the stage, or has it no more.
    Stage(PersonId, bool),
    /// No student publishes, or they may again.
    Quiet(bool),
    /// A stream is recorded, or no more.
    Record(StreamId, bool),
    /// One's own stream may be recorded, or not.
    AllowRecording(StreamId, bool),
    /// One of the room's tools.
    Tool,
}

impl Wish {
    /// Whether both are about the same thing.
    fn is_about(self, other: Self) -> bool {
        match (self, other) {
            (Self::Stage(a, _), Self::Stage(b, _)) => a == b,
            (Self::Quiet(_), Self::Quiet(_)) | (Self::Tool, Self::Tool) => true,
            (Self::Record(a, _), Self::Record(b, _)) | (Self::AllowRecording(a, _), Self::AllowRecording(b, _)) => a == b,
            _ => false,
        }
    }

    /// Whether what it is about is still there.
    fn is_current(self, class: &ClassState) -> bool {
        match self {
            Self::Stage(person, _) => class.people.iter().any(|p| p.id == person),
            Self::Quiet(_) | Self::Tool => true,
            Self::Record(stream, _) | Self::AllowRecording(stream, _) => class.streams.iter().any(|s| s.id == stream),
        }
    }
}

/// Wishes that are under way, and those that were refused.
#[derive(Default)]
pub(super) struct Wishes {
    waiting: Vec<(Wish, Box<dyn Asking>)>,
    refused: Vec<(Wish, StreamError)>,
}

impl Wishes {
    /// Waits for the answer to a wish; what was said of the same thing before is over.
    pub(super) fn wait(&mut self, wish: Wish, asking: Box<dyn Asking>) {
        self.put_away(wish);
        self.waiting.push((wish, asking));
    }

    /// It was read.
    pub(super) fn put_away(&mut self, wish: Wish) {
        self.refused.retain(|(other, _)| !wish.is_about(*other));
    }

    /// Takes the answers that have come; what is about somebody or something that is gone goes too.
    pub(super) fn follow(&mut self, class: &ClassState) {
        let refused = &mut self.refused;
        self.waiting.retain(|(wish, asking)| match asking.outcome() {
            None => true,
            Some(Ok(())) => false,
            Some(Err(why)) => {
                refused.push((*wish, why));
                false
            }
        });
        self.refused.retain(|(wish, _)| wish.is_current(class));
    }

    /// Draws the refusals of these wishes, each with a button that puts it away.
    pub(super) fn refusals_ui(&self, ui: &mut egui::Ui, class: &ClassState, which: impl Fn(Wish) -> bool, cx: &mut Cx<'_>) {
        for (wish, why) in self.refused.iter().filter(|(wish, _)| which(*wish)) {
            let text = reasons::refused(cx.strings, class, *wish, *why);
            let close = cx.text("refused-put-away");
            let closed = notice_with_ui(ui, Tone::Bad, Icon::Octagon, &text, |ui| ui.add(Push::icon(Icon::Close, &close).small()).clicked());
            if closed {
                cx.push(Command::PutAway(*wish));
            }
        }
    }

    /// Whether there is any of these.
    pub(super) fn has(&self, which: impl Fn(Wish) -> bool) -> bool {
        self.refused.iter().any(|(wish, _)| which(*wish))
    }
}
