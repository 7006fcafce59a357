//! The window's part of showing something to the class: which source is chosen and open, on air or not, and that nobody leaves unasked
//! who is on air.

use std::sync::Arc;
use std::time::Instant;

use egui::{Ui, ViewportCommand};
use lectern_proto::rights::Action;
use lectern_proto::rung::RungSpec;

use super::super::backend::{Looking, Pick, Publish};
use super::super::command::{Command, Cx};
use super::super::reasons;
use super::super::strip::{Strip, StripView};
use super::super::studio::{Chosen, StudioCommand, StudioView, question_ui, seen_by, studio_ui};
use super::super::video::VideoScreen;
use super::super::wishes::{Wish, Wishes};
use super::Window;
use super::document::Moving;
use crate::class::ClassState;
use crate::live::{Choice, Devices, DevicesError, Pictures, Published, Publishing, Sound};

/// Pictures a second.
const RATE: u32 = 30;
/// The highest rung that is chosen by itself.
const USUAL_HEIGHT: u32 = 720;

/// What belongs to it.
#[derive(Default)]
pub(super) struct Studio {
    /// The Class view is on the screen.
    pub(super) shown: bool,
    looking: Option<Box<dyn Looking>>,
    devices: Option<Result<Arc<Devices>, DevicesError>>,
    chosen: Chosen,
    /// Somebody chose, or it was chosen for somebody, once.
    has_chosen: bool,
    open: Option<Result<Box<dyn Publish>, String>>,
    /// How it stood at the last look.
    state: Option<Publishing>,
    pub(super) screen: Arc<VideoScreen>,
    question: Option<Then>,
    /// Corners of the document camera that somebody moves.
    pub(super) moving: Option<Moving>,
    strip: Option<Strip>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Leave,
    Close,
}

impl Studio {
    /// Whether the class sees or hears it.
    pub(super) fn is_live(&self) -> bool {
        self.state.as_ref().is_some_and(Publishing::is_live)
    }

    /// Whether the class could hear its microphone.
    pub(super) fn is_microphone_live(&self) -> bool {
        let brings_its_own = matches!(self.chosen.pictures, Some(Pictures::File(_)));
        self.is_live() && !brings_its_own && matches!(self.chosen.sound, Some(Sound::Microphone(_)))
    }

    /// Whether the microphone is heard, where that is only while a key is held.
    pub(super) fn talk(&self, is_heard: bool) {
        if let Some(Ok(open)) = &self.open {
            open.talk(is_heard);
        }
    }

    /// Whether its pictures stand still on purpose.
    pub(super) fn is_frozen(&self) -> bool {
        self.state.as_ref().is_some_and(|p| p.frozen)
    }

    /// Whether it is on air or to be so.
    pub(super) fn is_wanted(&self) -> bool {
        self.state.as_ref().is_some_and(|p| matches!(p.stage, Published::Live(_) | Published::Opening))
    }

    /// The rung that pictures are coded in: the one that was chosen, else the highest usual one.
    fn rung<'a>(&self, class: &'a ClassState) -> Option<&'a RungSpec> {
        let chosen = self.chosen.rung.as_ref().and_then(|name| class.live_ladder.iter().find(|r| r.name == *name));
        chosen.or_else(|| class.live_ladder.iter().rfind(|r| r.box_height <= USUAL_HEIGHT)).or(class.live_ladder.first())
    }

    /// Draws the Class view.
    pub(super) fn ui(&self, ui: &mut Ui, class: &ClassState, wishes: &Wishes, now: Instant, cx: &mut Cx<'_>) {
        let view = StudioView {
            class,
            devices: self.devices.as_ref().map(|d| d.as_ref().map(AsRef::as_ref)),
            chosen: &self.chosen,
            rung: self.rung(class).map_or("", |r| &r.name),
            publishing: match (&self.open, &self.state) {
                (Some(Err(why)), _) => Some(Err(why.as_str())),
                (Some(Ok(_)), Some(state)) => Some(Ok(state)),
                _ => None,
            },
            screen: &self.screen,
            has_strip: self.strip.is_some(),
            wishes,
            sheet: self.open_source().map(|open| open.sheet()),
            corners: self.moving.map(|moving| moving.corners),
            now,
        };
        studio_ui(ui, &view, cx);
    }

    /// The source that is open.
    pub(super) fn open_source(&self) -> Option<&dyn Publish> {
        self.open.as_ref()?.as_deref().ok()
    }

    fn close_source(&mut self) {
        (self.open, self.state, self.moving) = (None, None, None);
        self.screen.show(None);
    }
}

impl Window {
    /// Follows devices, the source that is open, and the wish to close the window.
    pub(super) fn follow_studio(&mut self, class: Option<&ClassState>) {
        let Some(class) = class else {
            self.studio = Studio { screen: Arc::clone(&self.studio.screen), ..Studio::default() };
            self.studio.screen.show(None);
            return;
        };
        let studio = &mut self.studio;
        if let Some(devices) = studio.looking.as_ref().and_then(|l| l.outcome()) {
            studio.looking = None;
            studio.devices = Some(devices);
            self.choose_first();
        }
        let studio = &mut self.studio;
        if let Some(Ok(open)) = &studio.open {
            if let Some(picture) = open.picture() {
                studio.screen.show(Some(picture));
                if let Some(projector) = &self.projector {
                    projector.repaint(&self.ctx);
                }
            }
            studio.state = Some(open.state());
        }
        // Who had the stage and has it no more has nothing to show either.
        if !class.may_publish() && class.needs_stage() && class.me.as_ref().is_some_and(|me| !class.floor.stage.contains(&me.id)) {
            studio.shown = false;
            studio.close_source();
        }
        if self.ctx.input(|i| i.viewport().close_requested()) && self.is_on_air() && self.studio.question != Some(Then::Close) {
            self.ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.studio.question = Some(Then::Close);
        }
    }

    /// Whether the class sees or hears something from here, or is to.
    fn is_on_air(&self) -> bool {
        self.studio.is_wanted() || self.podcasts.is_sending()
    }

    /// Leaving is asked about by who is on air. Says whether it was.
    pub(super) fn asks_before_leaving(&mut self) -> bool {
        let asks = self.is_on_air() && self.studio.question.is_none();
        if asks {
            self.studio.question = Some(Then::Leave);
        }
        asks
    }

    /// The camera and the microphone that the system prefers, when nobody has chosen yet.
    fn choose_first(&mut self) {
        let Some(Ok(devices)) = self.studio.devices.clone().filter(|_| !self.studio.has_chosen && self.studio.shown) else { return };
        self.studio.has_chosen = true;
        let preferred = devices.cameras.iter().find(|d| d.default).or(devices.cameras.first());
        let Some(camera) = preferred else { return };
        let sound = (!devices.microphones.is_empty()).then_some(Sound::Microphone(None));
        self.studio.chosen = Chosen { pictures: Some(Pictures::Camera(camera.id.clone())), sound, ..self.studio.chosen.clone() };
        self.reopen();
    }

    /// Opens what is chosen, on air if what it replaces is.
    fn reopen(&mut self) {
        let on_air = self.studio.is_wanted();
        self.studio.close_source();
        let changed = self.changed();
        let Some(member) = &self.seat else { return };
        let class = member.seat.state();
        let Some(rung) = self.studio.rung(&class).cloned() else { return };
        let push_to_talk = class.needs_stage();
        if !self.studio.chosen.is_something() {
            return;
        }
        let Chosen { pictures, inset, sound, .. } = self.studio.chosen.clone();
        let open = member.seat.publish(&Choice { pictures, inset, sound, push_to_talk, rung, rate: RATE }, changed);
        if let Ok(open) = &open {
            self.studio.state = Some(open.state());
            if on_air {
                open.set_on_air(true);
            }
        }
        self.studio.open = Some(open.map_err(|why| reasons::here_error(&self.strings, &why)));
    }

    /// What lies over or beside everything else: the question, and the strip.
    pub(super) fn studio_over_ui(&mut self, ui: &Ui, class: &ClassState, now: Instant, out: &mut Vec<Command>) {
        if self.studio.question.is_some() {
            question_ui(ui, self.studio.is_wanted(), &mut Cx { strings: &self.strings, out });
        }
        let Some(strip) = &mut self.studio.strip else { return };
        let me = class.me.as_ref().map(|me| me.id);
        let view = StripView {
            publishing: self.studio.state.clone(),
            pictures: self.studio.chosen.pictures.clone(),
            others: class.people.iter().filter(|p| p.connected && Some(p.id) != me).count(),
            seen: seen_by(class, self.studio.state.as_ref()),
            quiet: class.may(Action::Moderate).then_some(class.floor.quiet),
            language: self.strings.language(),
        };
        match strip.show(&self.ctx, view, now) {
            Some(commands) => out.extend(commands.into_iter().map(Command::Studio)),
            None => self.studio.strip = None,
        }
    }

    /// Carries out what was asked for.
    pub(super) fn carry_out_studio(&mut self, command: StudioCommand) {
        match command {
            StudioCommand::Show => self.show_studio(),
            StudioCommand::Hide => self.hide_studio(),
            StudioCommand::LookAgain => self.look_for_devices(),
            StudioCommand::Pictures(pictures) => {
                self.studio.has_chosen = true;
                // Only the pattern has a tone of its own.
                let sound = self.studio.chosen.sound.take().filter(|s| *s != Sound::Tone || pictures == Some(Pictures::Pattern));
                let chosen = &mut self.studio.chosen;
                // A camera is open once.
                let camera = pictures.as_ref().and_then(Pictures::camera);
                chosen.inset = chosen.inset.take().filter(|inset| camera != Some(inset.camera.as_str()));
                (chosen.pictures, chosen.sound) = (pictures, sound);
                self.reopen();
            }
            StudioCommand::PickFile => self.pick(Pick::Shown),
            StudioCommand::Sound(sound) => {
                self.studio.chosen.sound = sound;
                self.reopen();
            }
            StudioCommand::Inset(inset) => {
                self.studio.chosen.inset = inset;
                self.reopen();
            }
            StudioCommand::Document(wish) => self.document_wish(wish),
            StudioCommand::Rung(rung) => {
                self.studio.chosen.rung = Some(rung);
                self.reopen();
            }
            StudioCommand::OnAir(on_air) => self.publishing(|open| open.set_on_air(on_air)),
            StudioCommand::Freeze(frozen) => self.publishing(|open| open.set_frozen(frozen)),
            StudioCommand::Quiet(quiet) => self.wish(Wish::Quiet(quiet)),
            StudioCommand::Record(stream, recorded) => self.wish(Wish::Record(stream, recorded)),
            StudioCommand::AllowRecording(stream, allowed) => self.wish(Wish::AllowRecording(stream, allowed)),
            StudioCommand::GiveStage(person, given) => self.wish(Wish::Stage(person, given)),
            StudioCommand::Projector => self.toggle_projector(false),
            StudioCommand::Strip => self.studio.strip = self.studio.strip.is_none().then(Strip::default),
            StudioCommand::Stay => self.studio.question = None,
            StudioCommand::EndAndLeave => {
                let then = self.studio.question;
                self.publishing(|open| open.set_on_air(false));
                self.studio.close_source();
                self.podcasts.stop_sending();
                if then == Some(Then::Close) {
                    self.ctx.send_viewport_cmd(ViewportCommand::Close);
                } else {
                    self.leave();
                }
            }
        }
    }

    /// A video file was chosen in the system's dialog.
    pub(super) fn show_file(&mut self, path: std::path::PathBuf) {
        self.carry_out_studio(StudioCommand::Pictures(Some(Pictures::File(path))));
    }

    /// On air, as it was.
    pub(super) fn put_on_air(&self) {
        self.publishing(|open| open.set_on_air(true));
    }

    pub(super) fn publishing(&self, act: impl Fn(&dyn Publish)) {
        self.studio.open_source().into_iter().for_each(act);
    }

    fn show_studio(&mut self) {
        self.carry_out(Command::CloseStage, None);
        self.studio.shown = true;
        self.podcasts.is_shown = false;
        match &self.studio.devices {
            None => self.look_for_devices(),
            Some(_) if self.studio.open.is_none() => {
                self.choose_first();
                if self.studio.open.is_none() {
                    self.reopen();
                }
            }
            Some(_) => {}
        }
    }

    /// Away from the Class view: what nobody sees is not captured either.
    pub(super) fn hide_studio(&mut self) {
        self.studio.shown = false;
        if !self.studio.is_wanted() {
            self.studio.close_source();
        }
    }

    fn look_for_devices(&mut self) {
        self.studio.devices = None;
        self.studio.looking = Some(self.backend.devices(self.changed()));
    }

    /// What the projector shows of one's own: what is on air.
    pub(super) fn own_screen(&self) -> Option<Arc<VideoScreen>> {
        (self.studio.is_live() && self.studio.chosen.pictures.is_some()).then(|| Arc::clone(&self.studio.screen))
    }
}
