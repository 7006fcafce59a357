//! The window: holds what the screens show, lays them out, and carries out what they ask for.
//!
//! It draws into any egui `Ui`, knows nothing of eframe, and reaches the class through [`Backend`], so a test drives it
//! over plain data. A pass reads snapshots, draws, then carries out commands; nothing in it waits.

mod cards;
mod chat;
mod document;
mod labs;
mod live;
mod looks;
mod membership;
mod own;
mod podcast;
mod projecting;
mod sound;
mod stored;
mod studio;
mod talk;
mod wishing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::load::SizedTexture;
use egui::{CentralPanel, Context, Frame, Panel, Rect, Theme, Ui, UiBuilder, ViewportCommand, pos2};
use lectern_proto::control::{PersonId, Role};
use lectern_proto::link::JoinLink;

use super::appearance::{self, SystemMotion};
use super::backend::{Backend, Meeting};
use super::cards::Cards;
use super::catalogue::{self, CatalogueState, catalogue_ui};
use super::chat::{Chats, Side, chat_ui, room_ui, side_tabs_ui};
use super::command::{Command, Cx};
use super::consent::consent_ui;
use super::floor::{self, FloorView};
use super::join::JoinForm;
use super::keys_list::{handle_list_keys, keys_list_ui};
use super::labs::Labs;
use super::member::Member;
use super::on_air::{self, OnAirView, Watching};
use super::people::people_ui;
use super::playing::Playing;
use super::projector::Projector;
use super::reasons;
use super::settings::Settings;
use super::settings_page::handle_settings_keys;
use super::shell::{self, Place};
use super::stage::{self, StageView};
use super::status::status_ui;
use super::strings::{Language, Strings};
use super::thumbnails::Thumbnails;
use super::tokens::{colors, size};
use super::video::{VideoScreen, picture_area};
use super::wishes::Wishes;
use crate::class::{Changed, ClassState};
use crate::player::PlayerStatus;
use own::Own;
use podcast::{Around, Podcasts};
use studio::Studio;
use wishing::{Quieted, Recorded};

/// The shortest wait that egui answers with one repaint instead of two.
const SOON: Duration = Duration::from_millis(1);

/// With what the window opens.
#[derive(Debug, Default)]
pub struct Start {
    pub join: Option<JoinLink>,
    pub name: Option<String>,
    pub password: Option<String>,
}

/// Everything the window holds.
pub struct Window {
    ctx: Context,
    backend: Box<dyn Backend>,
    settings: Settings,
    strings: Strings,
    form: JoinForm,
    /// Who is at a typed address, while it is not known.
    meeting: Option<Box<dyn Meeting>>,
    seat: Option<Member>,
    /// Whether servers are looked for.
    looks: bool,
    playing: Option<Playing>,
    /// The live stream on the stage; then nothing else is.
    watching: Option<Watching>,
    /// The projector's window, while it is open.
    projector: Option<Projector>,
    studio: Studio,
    wishes: Wishes,
    cards: Cards,
    quieted: Quieted,
    recorded: Recorded,
    /// Live streams that open by themselves.
    opening: live::Opening,
    own: Own,
    podcasts: Podcasts,
    chats: Chats,
    labs: Labs,
    screen: Arc<VideoScreen>,
    /// Draws the picture above the seek bar.
    preview: Arc<VideoScreen>,
    thumbnails: Thumbnails,
    catalogue: CatalogueState,
    asked: Option<PersonId>,
    /// The class hears the microphone because a key or the button is held.
    talks: bool,
    fullscreen: bool,
    keys_shown: bool,
    settings_shown: bool,
    system_motion: SystemMotion,
    /// Whether the people lie over a narrow window.
    people_over: bool,
    /// A running mean.
    paint_time: Duration,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").field("joined", &self.seat.as_ref().is_some_and(|m| m.joined)).finish_non_exhaustive()
    }
}

impl Window {
    /// A window that joins at once when it has all that it needs. [`super::tokens::install`] comes before.
    #[must_use]
    pub fn new(ctx: &Context, backend: Box<dyn Backend>, settings: Settings, start: Start) -> Self {
        let language = settings.language.unwrap_or_else(Language::of_system);
        let given = start.name.is_some();
        let own = Own::new(backend.videos_folder());
        let form = JoinForm {
            link: start.join.as_ref().map(ToString::to_string).unwrap_or_default(),
            name: start.name.unwrap_or_else(|| settings.name.clone()),
            password: start.password.unwrap_or_default(),
            ..JoinForm::default()
        };
        let mut window = Self {
            ctx: ctx.clone(),
            backend,
            strings: Strings::new(language),
            settings,
            form,
            meeting: None,
            seat: None,
            looks: false,
            playing: None,
            watching: None,
            projector: None,
            studio: Studio::default(),
            wishes: Wishes::default(),
            cards: Cards::default(),
            quieted: Quieted::default(),
            recorded: Recorded::default(),
            opening: live::Opening::default(),
            own,
            podcasts: Podcasts::default(),
            chats: Chats::default(),
            labs: Labs::default(),
            screen: Arc::new(VideoScreen::default()),
            preview: Arc::new(VideoScreen::default()),
            thumbnails: Thumbnails::default(),
            catalogue: CatalogueState::default(),
            asked: None,
            talks: false,
            fullscreen: false,
            keys_shown: false,
            settings_shown: false,
            system_motion: SystemMotion::default(),
            people_over: false,
            paint_time: Duration::ZERO,
        };
        appearance::start(ctx, &window.settings, &window.system_motion);
        if given && window.form.missing().is_none() {
            window.join();
        }
        window
    }

    /// Puts an address into the form, as if it had been typed.
    pub fn type_address(&mut self, text: String) {
        self.form.link = text;
    }

    /// What to remember.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Frees what the GPU holds, before the OpenGL context goes.
    pub fn release(&self, gl: &eframe::glow::Context) {
        self.screen.release(gl);
        self.preview.release(gl);
        self.studio.screen.release(gl);
    }

    /// Stops what plays and gives the seat up.
    pub fn close(&mut self) {
        self.playing = None;
        self.watching = None;
        self.podcasts = Podcasts::default();
        if let Some(member) = self.seat.take() {
            member.seat.leave_now();
        }
        self.end_own_now();
    }

    /// One pass.
    pub fn ui(&mut self, ui: &mut Ui) {
        let now = Instant::now();
        if let Some(fullscreen) = ui.input(|i| i.viewport().fullscreen) {
            self.fullscreen = fullscreen;
        }
        appearance::apply(&self.ctx, &mut self.settings, &self.system_motion);
        self.follow_own();
        let state = self.follow_membership().filter(|s| s.me.is_some());
        let status = self.follow_player(now);
        self.follow_live(state.as_deref(), now);
        self.follow_podcasts(state.as_deref());
        self.follow_studio(state.as_deref());
        self.follow_sound();
        self.follow_floor(state.as_deref(), now);
        self.follow_chat(state.as_deref(), now);
        self.follow_cards(state.as_deref());
        let mut out = Vec::new();
        match state {
            state if self.opening_ui(ui, state.as_deref(), &mut out) => {}
            Some(state) => {
                self.projector_ui(&state);
                if self.shows_labs() {
                    self.labs_ui(ui, Some(&state), &mut out);
                } else {
                    self.class_ui(ui, &state, status.as_ref(), now, &mut out);
                }
                self.studio_over_ui(ui, &state, now, &mut out);
                self.follow_talk(&state);
                self.chat_over_ui(now, &mut out);
                self.manage_ui(ui, &state, &mut out);
            }
            None if self.shows_labs() => self.labs_ui(ui, None, &mut out),
            None => self.join_ui(ui, &mut out),
        }
        handle_settings_keys(&self.ctx, self.settings_shown, &mut out);
        if self.settings_shown {
            self.show_settings(ui, &mut out);
        }
        self.own_over_ui(ui, &mut out);
        for command in out {
            self.carry_out(command, status.as_ref());
        }
    }

    fn class_ui(&mut self, ui: &mut Ui, state: &ClassState, status: Option<&PlayerStatus>, now: Instant, out: &mut Vec<Command>) {
        let Some(member) = &self.seat else { return };
        let c = colors(ui);
        let on_stage = self.playing.is_some() || self.watching.is_some();
        let place = match (on_stage, self.studio.shown, self.podcasts.is_shown) {
            (true, ..) => Place::Stage,
            (false, true, _) => Place::Studio,
            (false, false, true) => Place::Podcast,
            (false, false, false) if self.chats.is_shown => Place::Chat,
            (false, false, false) => Place::Catalogue,
        };
        let takes_keys = !self.settings_shown && !self.keys_shown && !self.cards.manage.is_shown();
        if place == Place::Catalogue && takes_keys {
            catalogue::handle_keys(ui.ctx());
        }
        if takes_keys && !self.plays_file() {
            floor::handle_keys(ui.ctx(), state, self.undo_left(now).is_some(), out);
        }
        if !self.settings_shown && !self.cards.manage.is_shown() {
            handle_list_keys(ui.ctx(), self.keys_shown, out);
        }
        if self.watching.is_some() && takes_keys {
            on_air::handle_keys(ui.ctx(), self.fullscreen, out);
        }
        if self.playing.is_some()
            && !self.settings_shown
            && !self.cards.manage.is_shown()
            && stage::handle_keys(ui.ctx(), status, self.keys_shown, self.fullscreen, out)
            && let Some(playing) = &mut self.playing
        {
            playing.state.touch(&self.ctx);
        }
        if self.asked.is_some() && ui.input(|i| i.key_pressed(egui::Key::Escape)) {
            out.push(Command::CancelRemove);
        }
        let (is_muted_by_room, changed) = (self.is_muted_by_room(state), self.changed());
        let recording = self.recording(now);
        let mut cx = Cx { strings: &self.strings, out };
        let narrow = self.narrow();
        let (bare, alone) = (on_stage && self.fullscreen, self.plays_file());
        let people = !bare && !alone && !matches!(place, Place::Podcast | Place::Chat) && if narrow { self.people_over } else { self.settings.people_open };
        if !bare {
            status_ui(ui, state, status, now, alone, &cx);
            if !alone {
                let may_show = state.may_publish() || self.studio.is_live();
                shell::rail_ui(ui, state.me.as_ref(), place, may_show, self.studio.is_live(), self.chats.unread(state), &mut cx);
            }
            match &self.playing {
                Some(playing) if alone => shell::file_header_ui(ui, &playing.title, &mut cx),
                Some(playing) => shell::stage_header_ui(ui, &playing.title, people, recording, &mut cx),
                None => match &self.watching {
                    Some(watching) => shell::stage_header_ui(ui, &watching.title, people, recording, &mut cx),
                    None if place == Place::Podcast => shell::podcast_header_ui(ui, super::podcast::channels(state).count(), recording, &mut cx),
                    None if place == Place::Studio => shell::studio_header_ui(ui, state, people, self.projector.is_some(), recording, &mut cx),
                    None if place == Place::Chat => {}
                    None => shell::catalogue_header_ui(ui, state, &mut self.catalogue, people, recording, &mut cx),
                },
            }
            if !alone {
                consent_ui(ui, state, &self.wishes, &mut cx);
                let undo = self.undo_left(now);
                floor::floor_ui(ui, &FloorView { class: state, in_studio: place == Place::Studio, wishes: &self.wishes, undo }, &mut cx);
                self.cards.ui(ui, state, (&member.link, &self.wishes), &mut cx);
            }
            if !on_stage {
                self.own_strip_ui(ui, &mut cx);
            }
        }
        if people && !narrow {
            let frame = Frame::new().fill(c.panel);
            Panel::right("people").exact_size(size::PANEL).resizable(false).frame(frame).show(ui, |ui| {
                side_tabs_ui(ui, &self.chats, state, &mut cx);
                match self.chats.side {
                    Side::People => people_ui(ui, state, self.asked, &self.wishes, &mut cx),
                    Side::Room => room_ui(ui, &mut self.chats, state, "side", &mut cx),
                }
            });
        }
        let area = CentralPanel::default().frame(Frame::new().fill(c.window)).show(ui, |ui| match &mut self.playing {
            Some(playing) => {
                let failed = playing.playback.as_ref().err().map(|e| reasons::play_error(cx.strings, e));
                let player = match (&failed, status) {
                    (Some(reason), _) => Err(reason.as_str()),
                    (None, Some(status)) => Ok(status),
                    (None, None) => return,
                };
                let preview = playing.playback.as_ref().map(|p| p.preview(playing.state.pointed_us())).unwrap_or_default();
                let cover = status.and_then(|s| playing.cover(ui.ctx(), s, member.seat.as_ref(), state, &mut self.thumbnails));
                let view = StageView {
                    player,
                    title: &playing.title,
                    cover: cover.as_ref().map(SizedTexture::from_handle),
                    screen: &self.screen,
                    preview: &preview,
                    preview_screen: &self.preview,
                    round_trip: state.round_trip,
                    phase: &state.phase,
                    ladder: &state.ladder,
                    thirds: &state.thirds,
                    fullscreen: self.fullscreen,
                    now,
                };
                if let Ok(playback) = &playing.playback {
                    playback.set_area(picture_area(ui, self.fullscreen));
                }
                stage::stage_ui(ui, &mut playing.state, &view, &mut cx);
            }
            None if self.watching.is_some() => {
                let view = self.watching.as_ref().map(|watching| OnAirView {
                    watching,
                    screen: &self.screen,
                    muted: self.settings.muted,
                    is_muted_by_room,
                    fullscreen: self.fullscreen,
                    frozen: state.floor.frozen.contains(&watching.stream),
                    recorded: state.floor.recorded.contains(&watching.stream),
                    class: state,
                    wishes: &self.wishes,
                    may_record: state.me.as_ref().is_some_and(|me| me.role == Role::Instructor),
                    info: state.streams.iter().find(|s| s.id == watching.stream),
                });
                view.into_iter().for_each(|view| on_air::stage_ui(ui, &view, &mut cx));
            }
            None if place == Place::Podcast => {
                let around = Around { backend: self.backend.as_ref(), settings: &self.settings, changed: changed.clone(), is_muted_by_room, takes_keys };
                self.podcasts.ui(ui, state, around, &mut cx);
            }
            None if place == Place::Chat => chat_ui(ui, &mut self.chats, state, &mut cx),
            None if self.studio.shown => self.studio.ui(ui, state, &self.wishes, now, &mut cx),
            None => {
                let waited = ui.input(|i| i.time) - member.began;
                catalogue_ui(ui, &mut self.catalogue, state, member.seat.as_ref(), &mut self.thumbnails, waited, &mut cx);
            }
        });
        if people && narrow {
            let area = area.response.rect;
            let place = Rect::from_min_max(pos2((area.right() - size::PANEL).max(area.left()), area.top()), area.max);
            let mut over = ui.new_child(UiBuilder::new().id_salt("people-over").max_rect(place).sense(egui::Sense::click()));
            side_tabs_ui(&mut over, &self.chats, state, &mut cx);
            match self.chats.side {
                Side::People => people_ui(&mut over, state, self.asked, &self.wishes, &mut cx),
                Side::Room => room_ui(&mut over, &mut self.chats, state, "side", &mut cx),
            }
            ui.painter().vline(place.left(), place.y_range(), egui::Stroke::new(1.0, c.line_strong));
        }
        if self.keys_shown {
            keys_list_ui(ui, on_stage, &mut cx);
        }
    }

    fn carry_out(&mut self, command: Command, status: Option<&PlayerStatus>) {
        match command {
            Command::Join => self.join(),
            Command::Choose(chosen) => {
                self.form.link.clear();
                self.meeting = None;
                self.form.choose(*chosen);
            }
            Command::Meet(address) => {
                self.form.problem = None;
                self.meeting = Some(self.backend.meet(address, self.changed()));
            }
            Command::Leave if self.asks_before_leaving() => {}
            Command::ShowLabs(shown) => self.labs.is_shown = shown,
            Command::Lab(wish) => self.lab_wish(wish),
            Command::PutAway(wish) => self.wishes.put_away(wish),
            Command::Tool(what) => self.use_tool(what),
            Command::NewPoll(_) | Command::PutPollAway(_) | Command::Codes(_) | Command::PutCodeAway(_) => self.carry_out_cards(command),
            Command::Manage(_) => self.carry_out_cards(command),
            Command::Studio(command) => self.carry_out_studio(command),
            Command::Chat(command) => self.carry_out_chat(command),
            Command::Leave if self.is_own() => self.carry_out_own(command),
            Command::CloseStage if self.plays_file() => self.carry_out_own(command),
            Command::CancelJoin | Command::Leave => self.leave(),
            Command::Open(video) => {
                self.hide_studio();
                self.open(video);
            }
            Command::Watch(stream) => self.watch(stream),
            Command::CloseStage => {
                self.playing = None;
                self.dismiss_live();
                self.asked = None;
                self.keys_shown = false;
                self.screen.show(None);
                self.leave_fullscreen();
            }
            Command::Retry => {
                if let Some(playing) = self.playing.take() {
                    self.open(playing.video);
                }
            }
            Command::ToggleFullscreen => {
                self.fullscreen = !self.fullscreen;
                self.ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.fullscreen));
            }
            Command::LeaveFullscreen => self.leave_fullscreen(),
            Command::TogglePeople if self.narrow() => self.people_over = !self.people_over,
            Command::TogglePeople => self.settings.people_open = !self.settings.people_open,
            Command::ToggleBoard => self.toggle_projector(true),
            Command::ToggleKeys => self.keys_shown = !self.keys_shown,
            Command::AskRemove(person) => self.asked = Some(person),
            Command::CancelRemove => self.asked = None,
            Command::Remove(person) => {
                self.asked = None;
                if let Some(member) = &self.seat {
                    member.seat.remove(person);
                }
            }
            Command::FetchAhead(lesson) => {
                if let Some(member) = &self.seat {
                    member.seat.fetch_ahead(lesson);
                }
            }
            Command::SetOrder(order) => self.settings.order = order,
            Command::ToggleSettings => self.settings_shown = !self.settings_shown,
            Command::SetTheme(dark) => self.settings.dark = dark,
            Command::ToggleTheme => self.settings.dark = Some(self.ctx.theme() == Theme::Light),
            Command::SetLanguage(language) => self.speak(language),
            Command::ToggleLanguage => self.speak(Some(self.strings.language().next())),
            Command::SetScale(scale) => self.ctx.set_zoom_factor(scale),
            Command::SetStill(still) => self.settings.still = still,
            Command::SetName(name) => self.settings.name = name,
            Command::SetOutput(output) => self.settings.output = output,
            Command::PlayFile(_) | Command::Pick(_) | Command::StartClass | Command::EndOwn | Command::KeepOwn => self.carry_out_own(command),
            Command::ShowFolder | Command::SetVideosFolder(_) | Command::Copy(_) => self.carry_out_own(command),
            Command::Podcast(wish) => self.podcast_wish(wish),
            other if self.podcast_volume(&other) => {}
            other if self.live_command(&other) => {}
            other => self.play_command(other, status),
        }
        self.ctx.request_repaint();
    }

    fn changed(&self) -> Changed {
        let ctx = self.ctx.clone();
        Arc::new(move || ctx.request_repaint_after(SOON))
    }
}
