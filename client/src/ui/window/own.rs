//! The window's part in what is started on this computer: a file that is played, a class that is held. It follows the server's start,
//! joins it like any other, and ends it.

use std::path::{Path, PathBuf};

use egui::{Key, Modifiers, Ui, ViewportCommand};
use lectern_proto::control::VideoState;
use lectern_proto::limits::NAME_MAX;

use super::super::backend::{Host, LabFile, Pick, Picking};
use super::super::command::{Command, Cx};
use super::super::manage::ManageWish;
use super::super::member::Member;
use super::super::own::{OpeningView, opening_ui, question_ui, strip_ui};
use super::super::reasons;
use super::super::ways::drop_ui;
use super::Window;
use crate::class::{ClassState, JoinRequest};
use crate::here::{HereError, HereState, Ready, Wish};

/// What belongs to servers of this computer.
pub(super) struct Own {
    /// The server that is being started or runs.
    server: Option<Started>,
    /// Why the last one does not run.
    pub(super) problem: Option<HereError>,
    /// The dialog of the system that is open.
    picking: Option<(Pick, Box<dyn Picking>)>,
    /// Where videos lie unless somebody chose otherwise.
    default_videos: PathBuf,
}

impl Own {
    pub(super) fn new(default_videos: PathBuf) -> Self {
        Self { server: None, problem: None, picking: None, default_videos }
    }
}

struct Started {
    host: Box<dyn Host>,
    wish: Wish,
    ready: Option<Ready>,
    /// In egui's seconds.
    began: f64,
    /// Where a file begins, until it is on the stage.
    start_us: Option<u64>,
    /// The question whether the class ends, and whether the window then closes.
    question: Option<Then>,
    /// Why something that was asked for did not happen.
    told: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Leave,
    Close,
}

impl Window {
    /// Plays a file of this computer, from a position on.
    pub fn play_file(&mut self, path: PathBuf, start_us: u64) {
        let wish = Wish::File(path);
        let host = self.backend.host(wish.clone(), self.changed());
        self.adopt(wish, host, start_us);
    }

    /// Takes a server that is being started already.
    pub fn adopt(&mut self, wish: Wish, host: Box<dyn Host>, start_us: u64) {
        self.leave();
        self.own.problem = None;
        let began = self.ctx.input(|i| i.time);
        self.own.server = Some(Started { host, wish, ready: None, began, start_us: Some(start_us), question: None, told: None });
    }

    /// Whether the stage is a file's: no class is around it.
    pub(super) fn plays_file(&self) -> bool {
        self.own.server.as_ref().is_some_and(|s| matches!(s.wish, Wish::File(_)))
    }

    /// Whether the class is of this computer, and not one to be found again.
    pub(super) fn is_own(&self) -> bool {
        self.own.server.is_some()
    }

    /// Follows the server of this computer, dialogs, dropped files, and the wish to close the window.
    pub(super) fn follow_own(&mut self) {
        self.follow_picking();
        let dropped = self.ctx.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_owned()));
        match dropped {
            Some(path) if self.takes_files() => self.play_file(path, 0),
            Some(path) => self.attach_dropped(path),
            None => {}
        }
        if self.ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Q)) {
            self.ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        let others = self.others();
        let closes = self.ctx.input(|i| i.viewport().close_requested());
        let Some(server) = &mut self.own.server else { return };
        if closes && others > 0 && server.question != Some(Then::Close) {
            self.ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            server.question = Some(Then::Close);
        }
        match server.host.state() {
            HereState::Starting => {}
            HereState::Ready(ready) if server.ready.is_none() => {
                server.ready = Some(ready.clone());
                self.enter(ready);
            }
            HereState::Ready(_) => {}
            HereState::Failed(error) => {
                self.leave();
                self.own.problem = Some(error);
            }
        }
    }

    /// Files may be dropped where no class would be left by it.
    fn takes_files(&self) -> bool {
        self.seat.is_none() && self.own.server.is_none() || self.plays_file()
    }

    fn follow_picking(&mut self) {
        let Some((what, chosen)) = self.own.picking.as_ref().and_then(|(what, p)| Some((*what, p.outcome()?))) else { return };
        self.own.picking = None;
        match (what, chosen) {
            (Pick::File, Some(path)) if self.takes_files() => self.play_file(path, 0),
            (Pick::Folder, Some(path)) => self.settings.videos_folder = Some(path),
            (Pick::Shown, Some(path)) => self.show_file(path),
            (Pick::Attendance, Some(path)) => self.manage(ManageWish::Attendance(path)),
            (Pick::Attached(to), Some(path)) => self.attach(to, path),
            (Pick::Lab(file), Some(path)) => self.lab_picked(file, &path),
            _ => {}
        }
    }

    /// Joins the server of this computer as its instructor.
    fn enter(&mut self, ready: Ready) {
        let name = Some(self.own_name()).filter(|n| !n.is_empty()).unwrap_or_else(|| self.strings.text("own-instructor"));
        let request = JoinRequest { link: ready.own_link(), name: name.clone(), password: None, account: None, store: None };
        let seat = self.backend.join_own(request, self.changed());
        let began = self.ctx.input(|i| i.time);
        self.seat = Some(Member::new(seat, ready.link, name, began));
    }

    /// The name of the person at this window, as far as a server takes it; empty if it is not known.
    fn own_name(&self) -> String {
        let mut name: String = self.form.name.trim().chars().filter(|c| !c.is_control()).collect();
        name.truncate(name.floor_char_boundary(NAME_MAX));
        name.trim_end().to_owned()
    }

    /// Puts the file on the stage as soon as there is something of it to see, or to say.
    pub(super) fn open_own_file(&mut self, state: &ClassState) {
        if !self.plays_file() || self.playing.is_some() {
            return;
        }
        let is_there = |s: &VideoState| s.manifest().is_some() || matches!(s, VideoState::Failed { .. });
        let Some(entry) = state.videos.iter().find(|v| is_there(&v.state)) else { return };
        let Some(start_us) = self.own.server.as_mut().and_then(|s| s.start_us.take()) else { return };
        self.open(entry.id.clone());
        if let Some(Ok(playback)) = self.playing.as_ref().map(|p| p.playback.as_ref()).filter(|_| start_us > 0) {
            playback.seek(start_us);
        }
    }

    /// Draws the page that stands until the class or the file is there; whether it does.
    pub(super) fn opening_ui(&self, ui: &mut Ui, state: Option<&ClassState>, out: &mut Vec<Command>) -> bool {
        let Some(server) = &self.own.server else { return false };
        let is_there = state.is_some() && (self.playing.is_some() || !self.plays_file());
        if !is_there {
            let permille = state.and_then(|s| s.videos.first()).and_then(|v| match v.state {
                VideoState::Preparing { permille, .. } => Some(permille),
                _ => None,
            });
            let view = OpeningView { wish: &server.wish, permille, waited: self.ctx.input(|i| i.time) - server.began };
            opening_ui(ui, &view, &mut Cx { strings: &self.strings, out });
        }
        !is_there
    }

    /// What lies over or beside everything else: the question, and a file that is held over the window.
    pub(super) fn own_over_ui(&self, ui: &Ui, out: &mut Vec<Command>) {
        let mut cx = Cx { strings: &self.strings, out };
        if self.own.server.as_ref().is_some_and(|s| s.question.is_some()) {
            question_ui(ui, self.others(), &mut cx);
        }
        if self.takes_files() && ui.input(|i| !i.raw.hovered_files.is_empty()) {
            drop_ui(ui, &cx);
        }
    }

    /// The strip of a class that is held here.
    pub(super) fn own_strip_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(Started { wish: Wish::Class { videos, .. }, ready: Some(ready), told, .. }) = &self.own.server {
            strip_ui(ui, ready, videos, told.as_deref(), cx);
        }
    }

    /// Carries out what was asked of a server of this computer.
    pub(super) fn carry_out_own(&mut self, command: Command) {
        match command {
            Command::PlayFile(path) => self.play_file(path, 0),
            Command::Pick(what) => self.pick(what),
            Command::StartClass => {
                let wish = Wish::Class { videos: self.videos_folder().to_owned(), name: self.own_name() };
                let host = self.backend.host(wish.clone(), self.changed());
                self.adopt(wish, host, 0);
            }
            Command::Leave if self.others() > 0 => self.ask(Then::Leave),
            Command::EndOwn => {
                let then = self.own.server.as_ref().and_then(|s| s.question);
                self.leave();
                if then == Some(Then::Close) {
                    self.ctx.send_viewport_cmd(ViewportCommand::Close);
                }
            }
            Command::KeepOwn => self.set_question(None),
            Command::ShowFolder => self.show_folder(),
            Command::SetVideosFolder(folder) => self.settings.videos_folder = folder,
            Command::Copy(text) => self.ctx.copy_text(text),
            // Leaving what nobody else is in, and closing the file.
            _ => self.leave(),
        }
    }

    /// Opens the system's dialog.
    pub(super) fn pick(&mut self, what: Pick) {
        let key = match what {
            Pick::Folder => "ways-pick-folder",
            Pick::Attached(_) => "private-attach",
            Pick::Attendance => "manage-attendance-pick",
            Pick::Lab(LabFile::Message) => "labs-choose-file",
            Pick::Lab(LabFile::Run) => "arq-load",
            Pick::Lab(LabFile::Sent | LabFile::Exercise) => "net-choose-file",
            Pick::Lab(LabFile::Kept(_)) => "net-keep",
            Pick::Lab(_) => "labs-export",
            Pick::File | Pick::Shown => "ways-pick-file",
        };
        self.own.picking = Some((what, self.backend.pick(what, &self.strings.text(key), self.changed())));
    }

    fn ask(&mut self, then: Then) {
        self.set_question(Some(then));
    }

    fn set_question(&mut self, question: Option<Then>) {
        if let Some(server) = &mut self.own.server {
            server.question = question;
        }
    }

    fn show_folder(&mut self) {
        let Some(Started { wish: Wish::Class { videos, .. }, told, .. }) = &mut self.own.server else { return };
        *told = self.backend.show_folder(videos).err().map(|why| {
            let words = [("why", reasons::system(&self.strings, &why).into()), ("path", videos.display().to_string().into())];
            self.strings.format("own-folder-failed", &words)
        });
    }

    /// The videos of the next class that is held here.
    pub(super) fn videos_folder(&self) -> &Path {
        self.settings.videos_folder.as_deref().unwrap_or(&self.own.default_videos)
    }

    /// People besides the one at this window whose class ends with this window.
    fn others(&self) -> usize {
        let (Some(Started { wish: Wish::Class { .. }, .. }), Some(member)) = (&self.own.server, &self.seat) else { return 0 };
        let state = member.seat.state();
        let me = state.me.as_ref().map(|m| m.id);
        state.people.iter().filter(|p| p.connected && Some(p.id) != me).count()
    }

    /// Lets go of the server of this computer; it ends by itself.
    pub(super) fn drop_own(&mut self) {
        self.own.server = None;
    }

    /// Ends the server of this computer and waits for that: the window is closing.
    pub(super) fn end_own_now(&mut self) {
        if let Some(server) = self.own.server.take() {
            server.host.end_now();
        }
    }
}
