//! Forms that lie over a class: its rooms, who was there and its accounts for instructors, and one's own account.
//!
//! What is asked goes to the class as a [`ManageWish`]; what is typed stays until it was done or the forms are closed. What the server
//! does not allow is not offered; what it refuses stands with the reason below what was asked.

mod accounts;
mod mine;
mod rooms;

use std::fmt;
use std::path::PathBuf;

use egui::{Align, Frame, Id, Key, Layout, Margin, ScrollArea, Ui, vec2};
use lectern_proto::control::{AccountInfo, Role, RoomInfo};
use lectern_proto::link::JoinLink;
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::reasons;
use super::tokens::{Type, colors, space};
use super::widgets::{Look, Push, Tone, notice_ui, say};
use crate::account::AccountError;
use crate::class::{ClassState, StreamError};
use crate::system::SystemError;

/// Width of the card.
const WIDTH: f32 = 560.0;

/// What the card shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Rooms,
    Accounts,
    /// One's own account.
    Mine,
}

/// Something that is asked of the server.
#[derive(Clone, PartialEq, Eq)]
pub enum ManageWish {
    Rooms,
    OpenRoom {
        name: String,
        password: String,
        /// Whoever is new waits there from the first moment on.
        waiting_room: bool,
    },
    CloseRoom(String),
    Accounts,
    SetRole {
        account: String,
        role: Role,
    },
    /// Write who was there into a file, as a table.
    Attendance(PathBuf),
    ChangePassword {
        old: String,
        new: String,
    },
    LogOut {
        everywhere: bool,
    },
}

impl fmt::Debug for ManageWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rooms => f.write_str("Rooms"),
            Self::OpenRoom { name, .. } => write!(f, "OpenRoom({name:?}, ..)"),
            Self::CloseRoom(name) => write!(f, "CloseRoom({name:?})"),
            Self::Accounts => f.write_str("Accounts"),
            Self::SetRole { account, role } => write!(f, "SetRole({account:?}, {role:?})"),
            Self::Attendance(path) => write!(f, "Attendance({path:?})"),
            Self::ChangePassword { .. } => f.write_str("ChangePassword(..)"),
            Self::LogOut { everywhere } => write!(f, "LogOut({everywhere})"),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed {
    Done,
    Rooms(Vec<RoomInfo>),
    Accounts(Vec<AccountInfo>),
}

/// Why it was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManageError {
    Room(StreamError),
    Account(AccountError),
    /// The table cannot be written.
    File {
        path: PathBuf,
        why: SystemError,
    },
    /// The session has ended, but this computer cannot forget it.
    NotForgotten(SystemError),
}

/// A wish that is under way; dropped, its answer is not waited for.
pub trait Managing {
    /// None until it is answered.
    fn outcome(&self) -> Option<Result<Managed, ManageError>>;
}

/// What these views may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManageCommand {
    Show(Page),
    Close,
    Ask(ManageWish),
}

/// What was done, to be said.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Opened(String),
    Written(PathBuf),
    PasswordChanged,
}

/// What the window remembers of the forms.
#[derive(Default)]
pub(crate) struct Manage {
    page: Option<Page>,
    pending: Vec<(ManageWish, Box<dyn Managing>)>,
    problem: Option<(ManageWish, ManageError)>,
    told: Option<Told>,
    rooms: Option<Vec<RoomInfo>>,
    accounts: Option<Vec<AccountInfo>>,
    /// The room that is asked about, whether it is to be closed.
    closing: Option<String>,
    room: rooms::Form,
    /// Accounts that are looked for.
    words: String,
    mine: mine::Form,
}

impl Manage {
    pub(crate) fn is_shown(&self) -> bool {
        self.page.is_some()
    }

    /// Shows a page; gives what is to be asked for it.
    pub(crate) fn show(&mut self, page: Page) -> Option<ManageWish> {
        (self.problem, self.told, self.closing) = (None, None, None);
        self.page = Some(page);
        match page {
            Page::Rooms => Some(ManageWish::Rooms),
            Page::Accounts => Some(ManageWish::Accounts),
            Page::Mine => None,
        }
    }

    /// Lets go of everything, also of what undoing would bring back.
    pub(crate) fn close(&mut self, ctx: &egui::Context) {
        *self = Self::default();
        for id in rooms::field_ids().into_iter().chain(mine::field_ids()) {
            egui::TextEdit::store_state(ctx, id, egui::text_edit::TextEditState::default());
        }
    }

    /// A wish is under way.
    pub(crate) fn wait(&mut self, wish: ManageWish, managing: Box<dyn Managing>) {
        // The lists are asked for again by themselves.
        if !matches!(wish, ManageWish::Rooms | ManageWish::Accounts) {
            (self.problem, self.told) = (None, None);
        }
        self.pending.push((wish, managing));
    }

    /// Takes the answers that have come. Gives what is to be asked next, and whether this computer is logged out.
    pub(crate) fn follow(&mut self) -> (Vec<ManageWish>, bool) {
        let mut answered = Vec::new();
        self.pending.retain(|(wish, managing)| match managing.outcome() {
            None => true,
            Some(outcome) => {
                answered.push((wish.clone(), outcome));
                false
            }
        });
        let (mut next, mut is_out) = (Vec::new(), false);
        for (wish, outcome) in answered {
            match (wish, outcome) {
                (_, Ok(Managed::Rooms(rooms))) => self.rooms = Some(rooms),
                (_, Ok(Managed::Accounts(accounts))) => self.accounts = Some(accounts),
                (ManageWish::OpenRoom { name, .. }, Ok(Managed::Done)) => {
                    self.room = rooms::Form::default();
                    self.told = Some(Told::Opened(name));
                    next.push(ManageWish::Rooms);
                }
                (ManageWish::CloseRoom(_), Ok(Managed::Done)) => next.push(ManageWish::Rooms),
                (ManageWish::SetRole { .. }, Ok(Managed::Done)) => next.push(ManageWish::Accounts),
                (ManageWish::Attendance(path), Ok(Managed::Done)) => self.told = Some(Told::Written(path)),
                (ManageWish::ChangePassword { .. }, Ok(Managed::Done)) => {
                    self.mine = mine::Form::default();
                    self.told = Some(Told::PasswordChanged);
                }
                (ManageWish::LogOut { .. }, Ok(Managed::Done)) => is_out = true,
                (ManageWish::Rooms | ManageWish::Accounts, Ok(Managed::Done)) => {}
                (wish, Err(why)) => self.problem = Some((wish, why)),
            }
        }
        (next, is_out)
    }

    fn is_waiting(&self, which: impl Fn(&ManageWish) -> bool) -> bool {
        self.pending.iter().any(|(wish, _)| which(wish))
    }

    /// Says why something of these was not done, where that is so.
    fn problem_ui(&self, ui: &mut Ui, which: impl Fn(&ManageWish) -> bool, cx: &Cx<'_>) {
        if let Some((_, why)) = self.problem.as_ref().filter(|(wish, _)| which(wish)) {
            notice_ui(ui, Tone::Bad, Icon::Octagon, &reasons::manage_error(cx.strings, why));
        }
    }

    /// Says what was done, where it is one of these.
    fn told_ui(&self, ui: &mut Ui, which: impl Fn(&Told) -> bool, cx: &Cx<'_>) {
        let Some(told) = self.told.as_ref().filter(|told| which(told)) else { return };
        let words = match told {
            Told::Opened(room) => cx.strings.format("manage-room-opened", &[("room", room.as_str().into())]),
            Told::Written(path) => cx.strings.format("manage-attendance-written", &[("path", path.display().to_string().into())]),
            Told::PasswordChanged => cx.text("manage-password-changed"),
        };
        notice_ui(ui, Tone::Good, Icon::Check, &words);
    }

    /// Draws the card over whatever is shown; nothing while it is closed.
    pub(crate) fn ui(&mut self, ui: &mut Ui, state: &ClassState, link: &JoinLink, cx: &mut Cx<'_>) {
        let Some(page) = self.page else { return };
        let (administers, has_account) = (state.may(Action::Administer), state.account.is_some());
        let pages: Vec<_> =
            [(Page::Rooms, "manage-rooms", administers), (Page::Accounts, "manage-accounts", administers), (Page::Mine, "manage-mine", has_account)]
                .into_iter()
                .filter(|(.., offered)| *offered)
                .collect();
        if !pages.iter().any(|(other, ..)| *other == page) {
            // The right to it is gone.
            return push(cx, ManageCommand::Close);
        }
        let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::L as i8));
        let window = ui.ctx().content_rect().size() - vec2(space::XXXL, space::XXXL);
        let response = egui::Modal::new(Id::unique("manage")).frame(frame).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(window.x));
            // Else a dialog of egui is no taller than 400 points.
            ui.set_max_height(window.y);
            ui.horizontal(|ui| {
                for (other, key, _) in &pages {
                    let is_here = *other == page;
                    if ui.add(Push::text(if is_here { Look::Plain } else { Look::Bare }, &cx.text(key)).selected(is_here)).clicked() && !is_here {
                        push(cx, ManageCommand::Show(*other));
                    }
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Push::icon(Icon::Close, &cx.text("common-close"))).clicked() {
                        push(cx, ManageCommand::Close);
                    }
                });
            });
            ui.add_space(space::S);
            ui.spacing_mut().item_spacing.y = space::M;
            if page == Page::Accounts {
                return accounts::accounts_ui(ui, self, cx);
            }
            ScrollArea::vertical().auto_shrink([false, true]).max_height((window.y - 88.0).max(96.0)).show(ui, |ui| match page {
                Page::Mine => mine::mine_ui(ui, self, state, cx),
                _ => rooms::rooms_ui(ui, self, state, link, cx),
            });
        });
        let escaped = !egui::Popup::is_any_open(ui.ctx()) && ui.input(|i| i.key_pressed(Key::Escape));
        if response.backdrop_response.clicked() || escaped {
            push(cx, ManageCommand::Close);
        }
    }
}

fn push(cx: &mut Cx<'_>, command: ManageCommand) {
    cx.push(Command::Manage(command));
}

/// The name of a part of a page.
fn title_ui(ui: &mut Ui, key: &str, cx: &Cx<'_>) {
    say(ui, Type::Title, colors(ui).t1, cx.text(key));
}

/// Key of a role's name.
fn role_key(role: Role) -> &'static str {
    match role {
        Role::Guest => "people-guest",
        Role::Student => "private-student",
        Role::Assistant => "people-assistant",
        Role::Instructor => "people-instructor",
    }
}
