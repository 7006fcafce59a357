//! What lies above or over every screen of a class: polls, access codes, the forms of rooms and accounts.

use egui::Ui;
use lectern_proto::link::JoinLink;

use super::code_card::CodeCard;
use super::command::Cx;
use super::manage::Manage;
use super::poll::PollCard;
use super::wishes::Wishes;
use crate::class::ClassState;

/// All of them.
#[derive(Default)]
pub(super) struct Cards {
    pub(super) poll: PollCard,
    pub(super) code: CodeCard,
    pub(super) manage: Manage,
}

impl Cards {
    /// Draws those that stand below the header.
    pub(super) fn ui(&mut self, ui: &mut Ui, state: &ClassState, (link, wishes): (&JoinLink, &Wishes), cx: &mut Cx<'_>) {
        self.poll.ui(ui, state, wishes, cx);
        self.code.ui(ui, state, link, cx);
    }
}
