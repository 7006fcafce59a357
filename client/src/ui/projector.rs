//! The projector: a second window with the stage alone, or the join board. Never the roster, a message or the instructor's key.
//!
//! It shows what it is given and goes on with that whatever the other window shows meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::accesskit::Role;
use egui::{Key, Sense, Ui, ViewportBuilder, ViewportCommand, ViewportId, WidgetInfo};
use lectern_proto::link::JoinLink;

use super::board::{BoardView, Code, board_ui};
use super::strings::Strings;
use super::studio::frozen_badge;
use super::tokens::{DARK, on_stage};
use super::video::VideoScreen;

/// Its size when it opens, in points.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// What it shows.
#[derive(Debug, Clone)]
pub(super) struct Projected {
    pub(super) board: BoardView,
    /// What is on the stage; none: nothing is, and the board stands in its place.
    pub(super) screen: Option<Arc<VideoScreen>>,
    /// The picture stands still on purpose.
    pub(super) frozen: bool,
}

impl PartialEq for Projected {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.screen, &other.screen) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same && self.board == other.board && self.frozen == other.frozen
    }
}

/// The window, while it is open.
#[derive(Debug, Default)]
pub(super) struct Projector {
    closed: Arc<AtomicBool>,
    /// The board, also while there is something on the stage.
    board: bool,
    code: Option<(JoinLink, Arc<Code>)>,
    strings: Option<Arc<Strings>>,
    shown: Option<(Projected, bool)>,
}

impl Projector {
    /// With the board, or with the stage.
    pub(super) fn new(board: bool) -> Self {
        Self { board, ..Self::default() }
    }

    pub(super) fn shows_board(&self) -> bool {
        self.board
    }

    pub(super) fn set_board(&mut self, board: bool) {
        self.board = board;
    }

    fn id() -> ViewportId {
        ViewportId::from_hash_of("projector")
    }

    /// There is another picture.
    pub(super) fn repaint(&self, ctx: &egui::Context) {
        ctx.request_repaint_of(Self::id());
    }

    /// Shows it in a window of its own; false when the person has closed that.
    pub(super) fn show(&mut self, ctx: &egui::Context, view: Projected) -> bool {
        if self.closed.load(Ordering::Relaxed) {
            return false;
        }
        if self.code.as_ref().is_none_or(|(link, _)| *link != view.board.link) {
            self.code = Code::of(&view.board.link.to_string()).map(|code| (view.board.link.clone(), Arc::new(code)));
        }
        let (code, closed) = (self.code.as_ref().map(|(_, code)| Arc::clone(code)), Arc::clone(&self.closed));
        let language = view.board.language;
        let strings = self.strings.take().filter(|s| s.language() == language).unwrap_or_else(|| Arc::new(Strings::new(language)));
        self.strings = Some(Arc::clone(&strings));
        let screen = view.screen.clone().filter(|_| !self.board);
        let title = strings.text(if screen.is_some() { "projector-title" } else { "board-title" });
        let builder = ViewportBuilder::default().with_app_id("lectern").with_title(title).with_inner_size(SIZE);
        let (main, id) = (ctx.viewport_id(), Self::id());
        // It paints when what it shows has changed, not whenever the class does.
        let now = (view, self.board);
        if self.shown.as_ref() != Some(&now) {
            self.shown = Some(now.clone());
            ctx.request_repaint_of(id);
        }
        let (view, _) = now;
        ctx.show_viewport_deferred(id, builder, move |ui, _| {
            match &screen {
                Some(screen) => stage_ui(ui, screen, view.frozen, &strings),
                None => board_ui(ui, &view.board, code.as_deref(), &strings),
            }
            if ui.input(|i| i.viewport().close_requested() || i.key_pressed(Key::Escape) || i.key_pressed(Key::F5)) {
                closed.store(true, Ordering::Relaxed);
                ui.ctx().request_repaint_of(main);
            }
            if ui.input(|i| i.key_pressed(Key::F)) {
                let full = ui.input(|i| i.viewport().fullscreen.unwrap_or(false));
                ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(!full));
            }
        });
        true
    }
}

/// The picture alone, as large as fits.
fn stage_ui(ui: &mut Ui, screen: &Arc<VideoScreen>, frozen: bool, strings: &Strings) {
    on_stage(ui);
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::click());
    ui.painter().rect_filled(area, 0.0, DARK.well);
    let label = strings.text("stage-picture");
    response.widget_info(|| WidgetInfo::labeled(Role::Video, true, &label));
    if let Some(place) = screen.fitted(ui, area) {
        screen.paint(ui, place, area);
        if frozen {
            frozen_badge(ui, place, &strings.text("live-frozen"));
        }
    }
    if response.double_clicked() {
        let full = ui.input(|i| i.viewport().fullscreen.unwrap_or(false));
        ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(!full));
    }
}
