//! The rooms of the server: which there are, another one, the end of one; and who was in this one.

use egui::{Align, Id, Layout, ScrollArea, Ui};
use lectern_proto::control::RoomInfo;
use lectern_proto::limits::{PASSWORD_MAX, ROOM_NAME_MAX};
use lectern_proto::link::JoinLink;

use super::super::backend::Pick;
use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Field, Look, Push, rich, say, say_line, spinner_ui};
use super::{Manage, ManageCommand, ManageWish, Told, push, title_ui};
use crate::class::ClassState;

/// The list is no higher; it is scrolled then.
const LIST: f32 = 200.0;

/// A room that is to be opened.
#[derive(Default)]
pub(super) struct Form {
    name: String,
    password: String,
    is_shown: bool,
    waiting_room: bool,
}

pub(super) fn field_ids() -> [Id; 2] {
    [Id::unique("manage-room-name"), Id::unique("manage-room-password")]
}

/// Draws the page.
pub(super) fn rooms_ui(ui: &mut Ui, manage: &mut Manage, state: &ClassState, link: &JoinLink, cx: &mut Cx<'_>) {
    let c = colors(ui);
    list_ui(ui, manage, state, link, cx);
    manage.problem_ui(ui, |wish| matches!(wish, ManageWish::Rooms | ManageWish::CloseRoom(_)), cx);
    ui.separator();
    form_ui(ui, manage, cx);
    ui.separator();
    title_ui(ui, "manage-attendance", cx);
    say(ui, Type::Small, c.t2, cx.strings.format("manage-attendance-about", &[("room", state.room.as_str().into())]));
    let waits = manage.is_waiting(|wish| matches!(wish, ManageWish::Attendance(_)));
    if ui.add(Push::text(Look::Plain, &cx.text("manage-attendance-save")).enabled(!waits)).clicked() {
        cx.push(Command::Pick(Pick::Attendance));
    }
    manage.problem_ui(ui, |wish| matches!(wish, ManageWish::Attendance(_)), cx);
    manage.told_ui(ui, |told| matches!(told, Told::Written(_)), cx);
}

fn list_ui(ui: &mut Ui, manage: &mut Manage, state: &ClassState, link: &JoinLink, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let Some(rooms) = &manage.rooms else {
        if manage.is_waiting(|wish| *wish == ManageWish::Rooms) {
            ui.horizontal(|ui| {
                spinner_ui(ui, size::ICON, c.accent);
                say(ui, Type::Body, c.t2, cx.text("manage-asking"));
            });
        }
        return;
    };
    let closing = &mut manage.closing;
    ScrollArea::vertical().id_salt("rooms").auto_shrink([false, true]).max_height(LIST).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for room in rooms {
            ui.push_id(&room.name, |ui| {
                ui.horizontal(|ui| {
                    ui.set_min_height(size::PRIMARY);
                    if closing.as_ref() == Some(&room.name) { question_ui(ui, room, closing, cx) } else { room_ui(ui, room, state, link, closing, cx) }
                });
            });
        }
    });
}

fn room_ui(ui: &mut Ui, room: &RoomInfo, state: &ClassState, link: &JoinLink, closing: &mut Option<String>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let named = |key: &str| cx.strings.format(key, &[("room", room.name.as_str().into())]);
        let (close, copy) = (named("manage-room-close"), named("manage-room-copy"));
        if ui.add(Push::text(Look::Plain, &cx.text("manage-room-close-short")).small().named(&close)).clicked() {
            *closing = Some(room.name.clone());
        }
        if ui.add(Push::icon(Icon::Link, &copy).small()).clicked() {
            cx.push(Command::Copy(link.of_room(&room.name).to_string()));
        }
        let mut people = cx.strings.format("manage-room-people", &[("n", room.people.into())]);
        if room.name == state.room {
            people = format!("{} · {people}", cx.text("manage-room-here"));
        }
        say(ui, Type::Small, c.t3, people);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, room.name.as_str()));
    });
}

fn question_ui(ui: &mut Ui, room: &RoomInfo, closing: &mut Option<String>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let named = |key: &str| cx.strings.format(key, &[("room", room.name.as_str().into()), ("n", room.people.into())]);
        if ui.add(Push::text(Look::Plain, &cx.text("common-cancel")).small()).clicked() {
            *closing = None;
        }
        if ui.add(Push::text(Look::Danger, &cx.text("manage-room-close-yes")).small()).clicked() {
            *closing = None;
            push(cx, ManageCommand::Ask(ManageWish::CloseRoom(room.name.clone())));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, named("manage-room-close-question")));
    });
}

/// Another room. What was typed stays when it is refused.
fn form_ui(ui: &mut Ui, manage: &mut Manage, cx: &mut Cx<'_>) {
    let is_opening = |wish: &ManageWish| matches!(wish, ManageWish::OpenRoom { .. });
    let waits = manage.is_waiting(is_opening);
    title_ui(ui, "manage-room-new", cx);
    let (name, password, eye) = (cx.text("manage-room-name"), cx.text("manage-room-password"), cx.text("join-show-password"));
    let [name_id, password_id] = field_ids();
    let mut submit = false;
    ui.add_enabled_ui(!waits, |ui| {
        let form = &mut manage.room;
        submit |= Field::new(name_id, &name).limit(ROOM_NAME_MAX).show(ui, &mut form.name).lost_focus();
        submit |= Field::new(password_id, &password).limit(PASSWORD_MAX).show_secret(ui, &mut form.password, &mut form.is_shown, &eye).lost_focus();
        ui.checkbox(&mut form.waiting_room, rich(Type::Body, colors(ui).t1, cx.text("manage-room-waiting")));
    });
    let form = &manage.room;
    let missing = match (form.name.trim().is_empty(), form.password.is_empty()) {
        (true, _) => Some("manage-room-no-name"),
        (false, true) => Some("manage-room-no-password"),
        (false, false) => None,
    };
    submit &= missing.is_none() && !waits && ui.input(|i| i.key_pressed(egui::Key::Enter));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let open = cx.text("manage-room-open");
        if ui.add(Push::text(Look::Primary, &open).enabled(missing.is_none() && !waits)).clicked() || submit {
            let (name, password, waiting_room) = (form.name.trim().to_owned(), form.password.clone(), form.waiting_room);
            push(cx, ManageCommand::Ask(ManageWish::OpenRoom { name, password, waiting_room }));
        }
        let words = missing.unwrap_or("manage-room-about");
        say(ui, Type::Small, colors(ui).t3, cx.text(words));
    });
    manage.problem_ui(ui, is_opening, cx);
    manage.told_ui(ui, |told| matches!(told, Told::Opened(_)), cx);
}
