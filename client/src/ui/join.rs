//! The first screen: a server of this network, a link or an address; a name, a password, and one button. What failed stands
//! beside its field.

mod account;
pub(crate) mod chosen;
mod found;
mod told;

use std::time::Duration;

use egui::{Align, Frame, Id, Key, Layout, Margin, Panel, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};
use lectern_proto::address::ServerAddress;
use lectern_proto::limits::{NAME_MAX, PASSWORD_MAX};
use lectern_proto::link::{JoinLink, LINK_MAX, LinkError};

use super::command::{Command, Cx};
use super::format;
use super::icons::{Icon, paint_logo};
use super::reasons::{self, Place};
use super::tokens::{Type, colors, radius, size, space};
use super::ways::{CARD, ways_ui};
use super::widgets::{Field, Look, Push, Tone, focus_ring, icon_ui, notice_ui, say, say_line, spinner_ui};
use crate::account::KeptSessions;
use crate::class::JoinError;
use crate::connect::known::KnownServers;
use crate::discover::Seen;
use crate::here::HereError;
use chosen::Chosen;

/// Width that the scroll bar has to itself.
const BAR: f32 = 14.0;
/// From this height of the column on the other two ways stand at its foot.
const WAYS_PINNED: f32 = 560.0;

/// What the person has typed.
#[derive(Default)]
pub(crate) struct JoinForm {
    pub(crate) link: String,
    /// A server without a link; the next change of the link's field lets go of it.
    pub(crate) chosen: Option<Chosen>,
    /// The room of that server.
    pub(crate) room: String,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) show_password: bool,
    /// Name and password are those of an account.
    pub(crate) with_account: bool,
    /// The account is to be made, by the room's password where the link has no key.
    pub(crate) registers: bool,
    pub(crate) room_password: String,
    /// The accounts that this computer is logged in with.
    pub(crate) sessions: KeptSessions,
    /// Why the last attempt failed; gone with the next change.
    pub(crate) problem: Option<JoinError>,
    /// Whether the field to begin with has been focused.
    pub(super) focused: bool,
}

impl std::fmt::Debug for JoinForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JoinForm({:?}, ..)", self.name)
    }
}

impl JoinForm {
    /// The link, if it is one.
    ///
    /// # Errors
    /// [`LinkError`] says what is wrong with it.
    pub(crate) fn parsed(&self) -> Result<JoinLink, LinkError> {
        match &self.chosen {
            Some(chosen) => Ok(chosen.link(&self.room)),
            None => self.link.parse(),
        }
    }

    /// The address that was typed, if it is one and its server was not asked yet.
    pub(crate) fn address(&self) -> Option<ServerAddress> {
        self.link.parse().ok().filter(|_| self.chosen.is_none())
    }

    /// Takes a server.
    pub(crate) fn choose(&mut self, chosen: Chosen) {
        self.room = chosen.address.room.clone().unwrap_or_default();
        self.chosen = Some(chosen);
        self.problem = None;
    }

    /// Lets go of the password, also of what undoing would bring back.
    pub(crate) fn forget_password(&mut self, ctx: &egui::Context) {
        self.password.clear();
        self.room_password.clear();
        self.show_password = false;
        for id in [password_id(), account::room_password_id()] {
            egui::TextEdit::store_state(ctx, id, egui::text_edit::TextEditState::default());
        }
    }

    /// Key of the sentence that says what is missing; none when it can be sent.
    #[must_use]
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let Ok(link) = self.parsed() else { return Some(if self.address().is_some() { "join-missing-ask" } else { "join-missing-link" }) };
        if let Some(chosen) = &self.chosen {
            let no_room = link.room.is_empty().then_some("join-missing-room");
            if let Some(missing) = chosen.missing().or(no_room) {
                return Some(missing);
            }
        }
        let name = self.name.trim();
        if name.is_empty() {
            return Some("join-missing-name");
        }
        if name.len() > NAME_MAX || name.chars().any(char::is_control) {
            return Some("error-bad-name");
        }
        if self.with_account {
            return self.missing_of_account(&link);
        }
        (link.key.is_none() && self.password.is_empty()).then_some("join-missing-password")
    }
}

/// What the screen shows beside the form.
#[derive(Debug)]
pub(crate) struct JoinView<'a> {
    /// Asking the server.
    pub(crate) connecting: bool,
    /// For long enough that it is worth showing.
    pub(crate) waiting: bool,
    /// For how long this person has waited to be let in.
    pub(crate) at_door: Option<Duration>,
    /// Asking at a typed address.
    pub(crate) asking: bool,
    pub(crate) seen: &'a Seen,
    pub(crate) known: &'a KnownServers,
    /// The class of last time.
    pub(crate) last: Option<&'a JoinLink>,
    /// Why nothing was started on this computer.
    pub(crate) own: Option<&'a HereError>,
    pub(crate) dark: bool,
}

/// Draws the screen.
pub(crate) fn join_ui(ui: &mut Ui, form: &mut JoinForm, view: &JoinView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    foot_ui(ui, view.seen, cx);
    let area = ui.available_rect_before_wrap();
    let wide = area.width() >= size::NARROW_WINDOW;
    let (left, right) = area.split_left_right_at_x(if wide { area.right() - size::JOIN_PANEL } else { area.right() });
    let link = form.parsed();
    let mut changed = false;
    ui.painter().rect_filled(area, 0.0, c.window);
    // In the order in which they are filled in, which is the order of the keyboard.
    let inner = Rect::from_min_max(left.min + vec2(space::XXXL, space::XL), left.max - vec2(space::XXXL, space::S));
    // At the foot where there is height for it, as tall as it was the last time; else behind everything else.
    let pinned = wide && inner.height() >= WAYS_PINNED;
    let ways = ui.data(|d| d.get_temp(ways_id())).unwrap_or(CARD);
    let (list, foot) = inner.split_top_bottom_at_y(if pinned { inner.bottom() - ways } else { inner.bottom() });
    // What is scrolled does not touch the foot.
    let list = list.with_max_y(list.bottom() - if pinned { space::M } else { 0.0 });
    ui.scope_builder(UiBuilder::new().id_salt("join-left").max_rect(list), |ui| {
        brand_ui(ui, view, cx);
        ui.add_space(space::XL);
        // The bar stands beside what it scrolls.
        ui.set_max_width(list.width() + BAR);
        let beside_bar = Margin { left: 0, right: BAR as i8, top: 0, bottom: 8 };
        ScrollArea::vertical().auto_shrink(false).content_margin(beside_bar).show(ui, |ui| {
            say(ui, Type::Display, c.t1, cx.text("join-title"));
            say(ui, Type::Body, c.t2, cx.text("join-subtitle"));
            ui.add_space(space::M);
            changed |= link_ui(ui, form, &link, view, cx);
            ui.add_space(space::M);
            if !wide {
                changed |= ui.vertical(|ui| form_ui(ui, form, &link, view, cx)).inner;
                ui.add_space(space::XL);
            }
            match &link {
                Ok(link) if form.chosen.is_none() => told::target_ui(ui, link, cx),
                _ => {
                    found::found_ui(ui, view.seen, view.known, form.chosen.as_ref(), cx);
                    if let Some(last) = view.last {
                        last_ui(ui, form, last, cx);
                    }
                    told::help_ui(ui, cx);
                }
            }
            if !pinned {
                ui.add_space(space::M);
                ways_ui(ui, view.own, cx);
            }
        });
    });
    if wide {
        ui.painter().rect_filled(right, 0.0, c.panel);
        ui.painter().vline(right.left(), right.y_range(), Stroke::new(1.0, c.line));
        let builder = UiBuilder::new().id_salt("join-right").max_rect(right.shrink(space::XXL));
        ui.scope_builder(builder, |ui| ScrollArea::vertical().show(ui, |ui| changed |= form_ui(ui, form, &link, view, cx)));
    }
    if pinned {
        let drawn = ui.scope_builder(UiBuilder::new().id_salt("join-ways").max_rect(foot), |ui| ways_ui(ui, view.own, cx)).response.rect.height();
        if (drawn - ways).abs() > 0.5 {
            ui.data_mut(|d| d.insert_temp(ways_id(), drawn));
            ui.request_repaint();
        }
    }
    if changed {
        form.problem = None;
    }
    begin_in_the_right_field(ui, form);
}

fn ways_id() -> Id {
    Id::unique("join-ways-height")
}

fn link_id() -> Id {
    Id::unique("join-link")
}

fn name_id() -> Id {
    Id::unique("join-name")
}

fn password_id() -> Id {
    Id::unique("join-password")
}

fn begin_in_the_right_field(ui: &Ui, form: &mut JoinForm) {
    if std::mem::replace(&mut form.focused, true) {
        return;
    }
    let id = if form.link.is_empty() {
        link_id()
    } else if form.name.is_empty() {
        name_id()
    } else {
        password_id()
    };
    ui.memory_mut(|m| m.request_focus(id));
}

fn brand_ui(ui: &mut Ui, view: &JoinView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(28.0, 28.0), Sense::hover());
        paint_logo(ui.painter(), rect, c.t1, c.accent);
        say(ui, Type::Heading, c.t1, "Lectern");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| preferences_ui(ui, view.dark, cx));
    });
}

/// Settings, theme and language.
pub(super) fn preferences_ui(ui: &mut Ui, dark: bool, cx: &mut Cx<'_>) {
    if ui.add(Push::icon(Icon::Gear, &cx.text("settings-title")).shortcut("Ctrl ,")).clicked() {
        cx.push(Command::ToggleSettings);
    }
    let (icon, key) = if dark { (Icon::Sun, "common-light") } else { (Icon::Moon, "common-dark") };
    if ui.add(Push::icon(icon, &cx.text(key))).clicked() {
        cx.push(Command::ToggleTheme);
    }
    if ui.add(Push::icon(Icon::Language, &cx.text("common-language"))).clicked() {
        cx.push(Command::ToggleLanguage);
    }
}

/// The link's field; true when it was changed.
fn link_ui(ui: &mut Ui, form: &mut JoinForm, link: &Result<JoinLink, LinkError>, view: &JoinView<'_>, cx: &mut Cx<'_>) -> bool {
    let c = colors(ui);
    let failed = form.problem.as_ref().filter(|p| reasons::place(p) == Place::Link).map(|p| reasons::join_error(cx.strings, p));
    let typed = match link {
        Err(error) if !form.link.trim().is_empty() && form.address().is_none() => Some(reasons::link_error(cx.strings, error)),
        _ => None,
    };
    let problem = typed.or(failed);
    let (label, hint) = (cx.text("join-link"), cx.text("join-link-hint"));
    let field = Field::new(link_id(), &label).hint(&hint).icon(Icon::Link).limit(LINK_MAX).problem(problem.as_deref());
    // The instructor's key is not left standing on a screen that others may see.
    let mut masked = link.as_ref().ok().filter(|l| l.key.is_some() && !ui.memory(|m| m.has_focus(link_id()))).map(without_key);
    let shown = masked.as_mut().unwrap_or(&mut form.link);
    let response = ui.add_enabled_ui(!view.connecting, |ui| field.show(ui, shown)).inner;
    if let Some(set) = masked.filter(|_| response.changed()) {
        form.link = set;
    }
    if response.changed() {
        form.chosen = None;
    }
    if let Some(address) = form.address() {
        let asked = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if view.asking {
            say(ui, Type::Small, c.t3, cx.strings.format("join-connecting", &[("host", address.to_string().into())]));
        } else if ui.add(Push::text(Look::Plain, &cx.text("join-ask"))).clicked() || asked {
            cx.push(Command::Meet(address));
        }
    } else if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) && link.is_ok() {
        let next = if form.name.is_empty() { name_id() } else { password_id() };
        if form.missing().is_none() { cx.push(Command::Join) } else { ui.memory_mut(|m| m.request_focus(next)) }
    }
    response.changed()
}

fn without_key(link: &JoinLink) -> String {
    let whole = link.to_string();
    match &link.key {
        Some(key) => whole.replace(&key.reveal(), "…"),
        None => whole,
    }
}

/// Name, room, password and the button; true when something was changed.
fn form_ui(ui: &mut Ui, form: &mut JoinForm, link: &Result<JoinLink, LinkError>, view: &JoinView<'_>, cx: &mut Cx<'_>) -> bool {
    let c = colors(ui);
    let link = link.as_ref().ok();
    let mut changed = false;
    ui.spacing_mut().item_spacing.y = space::L;
    head_ui(ui, link, form.chosen.as_ref(), cx);
    ui.add_space(space::S);
    if let Some(problem) = form.problem.as_ref().filter(|p| reasons::place(p) == Place::Form) {
        let tone = if matches!(problem, JoinError::Left) { Tone::Plain } else { Tone::Warn };
        notice_ui(ui, tone, Icon::Warning, &reasons::join_error(cx.strings, problem));
    }
    if let Some(chosen) = &mut form.chosen {
        chosen::words_ui(ui, chosen, cx);
    }
    let told = |place| form.problem.as_ref().filter(|p| reasons::place(p) == place).map(|p| reasons::join_error(cx.strings, p));
    let (about_name, about_password) = (told(Place::Name), told(Place::Password).filter(|_| !form.is_about_room()));
    let mut submit = false;
    let labels = form.labels();
    let label = cx.text(labels[0]);
    ui.add_enabled_ui(!view.connecting, |ui| {
        let response = Field::new(name_id(), &label).limit(NAME_MAX).problem(about_name.as_deref()).show(ui, &mut form.name);
        changed |= response.changed();
        submit |= response.lost_focus();
        if let Some(chosen) = &form.chosen {
            changed |= chosen::room_ui(ui, chosen, &mut form.room, cx);
        }
        if link.is_some_and(|l| l.key.is_some()) && !form.with_account {
            notice_ui(ui, Tone::Accent, Icon::Key, &cx.text("join-instructor"));
        } else {
            let (label, eye) = (cx.text(labels[1]), cx.text("join-show-password"));
            let field = Field::new(password_id(), &label).limit(PASSWORD_MAX).problem(about_password.as_deref());
            let response = field.show_secret(ui, &mut form.password, &mut form.show_password, &eye);
            changed |= response.changed();
            submit |= response.lost_focus();
        }
        changed |= account::account_ui(ui, form, link, &mut submit, cx);
    });
    submit &= ui.input(|i| i.key_pressed(Key::Enter));
    let missing = form.missing();
    if view.connecting {
        connecting_ui(ui, link, view, cx);
        return changed;
    }
    let text = match link {
        Some(link) => cx.strings.format("join-button-room", &[("room", link.room.as_str().into())]),
        None => cx.text("join-button"),
    };
    let button = Push::text(Look::Primary, &text).height(size::PRIMARY).width(ui.available_width()).enabled(missing.is_none());
    if ui.add(button).clicked() || (submit && missing.is_none()) {
        cx.push(Command::Join);
    }
    if let Some(key) = missing {
        say(ui, Type::Small, c.t3, cx.text(key));
    }
    changed
}

/// Who is going to be joined.
fn head_ui(ui: &mut Ui, link: Option<&JoinLink>, chosen: Option<&Chosen>, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (rect, _) = ui.allocate_exact_size(vec2(40.0, 40.0), Sense::hover());
        let (fill, ink) = if link.is_some() { (c.accent_fill, c.on_fill) } else { (c.active, c.t2) };
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
        Icon::Server.paint(ui.painter(), rect.shrink(10.0), ink);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            match link {
                Some(link) => {
                    let room = || cx.strings.format("join-room", &[("room", link.room.as_str().into())]);
                    let name = chosen.map(|c| c.name.clone()).filter(|n| !n.is_empty());
                    say_line(ui, Type::Title, c.t1, name.unwrap_or_else(room));
                    say_line(ui, Type::Small, c.t2, address(link, cx));
                }
                None => {
                    say_line(ui, Type::Title, c.t1, cx.text("join-no-class"));
                    say_line(ui, Type::Small, c.t2, cx.text("join-no-class-hint"));
                }
            }
        });
    });
}

fn address(link: &JoinLink, cx: &Cx<'_>) -> String {
    cx.strings.format("join-address", &[("hosts", link.hosts.join(", ").into()), ("port", link.port.to_string().into())])
}

fn connecting_ui(ui: &mut Ui, link: Option<&JoinLink>, view: &JoinView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::PRIMARY);
        if view.waiting {
            spinner_ui(ui, size::ICON, c.accent);
        }
        let host = link.and_then(|l| l.hosts.first()).cloned().unwrap_or_default();
        let words = match view.at_door {
            Some(time) => cx.strings.format("join-at-door", &[("for", format::clock(time.as_micros() as u64).into())]),
            None => cx.strings.format("join-connecting", &[("host", host.into())]),
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::text(Look::Plain, &cx.text("common-cancel"))).clicked() {
                cx.push(Command::CancelJoin);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                say_line(ui, Type::Body, c.t2, words);
            });
        });
    });
}

/// The class of last time, one click away.
fn last_ui(ui: &mut Ui, form: &mut JoinForm, last: &JoinLink, cx: &Cx<'_>) {
    let c = colors(ui);
    say(ui, Type::Control, c.t1, cx.text("join-last"));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 72.0), Sense::click());
    let fill = if response.hovered() { c.hover } else { c.panel };
    ui.painter().rect(rect, f32::from(radius::CARD), fill, Stroke::new(1.0, c.line), StrokeKind::Inside);
    focus_ring(ui, rect, radius::CARD, &response);
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink(space::L)).layout(Layout::left_to_right(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        icon_ui(ui, Icon::Server, 24.0, c.t2);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            icon_ui(ui, Icon::Arrow, size::ICON, c.t3);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                say_line(ui, Type::Title, c.t1, cx.strings.format("join-room", &[("room", last.room.as_str().into())]));
                say_line(ui, Type::Small, c.t2, address(last, cx));
            });
        });
    });
    let label = cx.strings.format("join-again", &[("room", last.room.as_str().into())]);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label));
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        form.link = last.to_string();
        form.chosen = None;
        form.problem = None;
        ui.memory_mut(|m| m.request_focus(if form.name.is_empty() { name_id() } else { password_id() }));
    }
    ui.add_space(space::M);
}

fn foot_ui(ui: &mut Ui, seen: &Seen, cx: &Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(space::M as i8, 0));
    Panel::bottom("join-foot").exact_size(size::STATUS).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            found::networks_ui(ui, seen, cx);
            say(ui, Type::Small, c.t3, cx.text("join-no-internet"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                say(ui, Type::Small, c.t3, concat!("Lectern ", env!("CARGO_PKG_VERSION")));
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::KeptSession;
    use lectern_proto::account::{SessionToken, WrappingKey};
    use lectern_proto::link::{Fingerprint, InstructorKey};

    fn link(key: bool) -> String {
        let key = key.then_some(InstructorKey([1; 16]));
        JoinLink { hosts: vec!["h".into()], port: 1, room: "r".into(), code: None, video: None, key, fingerprint: Fingerprint([2; 32]) }.to_string()
    }

    #[test]
    fn says_what_is_missing() {
        let check = |link: String, name: &str, password: &str, want| {
            let form = JoinForm { link, name: name.into(), password: password.into(), ..JoinForm::default() };
            assert_eq!(form.missing(), want, "{form:?}");
        };
        check(String::new(), "Ana", "x", Some("join-missing-link"));
        check("lectern://".into(), "Ana", "x", Some("join-missing-link"));
        check(link(false), "  ", "x", Some("join-missing-name"));
        check(link(false), "A\nb", "x", Some("error-bad-name"));
        check(link(false), "Ana", "", Some("join-missing-password"));
        check(link(false), "Ana", "x", None);
        check(link(true), "Ana", "", None);
        let mut form = JoinForm { link: link(false), name: "Ana".into(), with_account: true, ..JoinForm::default() };
        assert_eq!(form.missing(), Some("join-missing-account-password"));
        let (token, key) = (SessionToken([1; 32]), WrappingKey([2; 32]));
        form.sessions.keep(KeptSession::new(&Fingerprint([2; 32]), "Ana", &token, &key, 100));
        assert_eq!(form.missing(), None, "logged in here");
    }
}
