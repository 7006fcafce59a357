//! The room's tools in the list of people: one's own hand, who waits at the door, what staff does with the room and with each person.

use egui::{Align, Frame, Layout, Margin, Popup, RectAlign, Ui};
use lectern_proto::control::{Person, PersonId, RoomRequest};
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::manage::{ManageCommand, Page};
use super::tokens::{Type, colors, radius, size, space};
use super::widgets::{Choice, Look, Push, avatar_ui, icon_ui, say, say_line};
use crate::class::ClassState;

/// Width of the menus.
const WIDTH: f32 = 248.0;
/// Of those who wait so many have a row; the others are counted.
const LISTED: usize = 5;

/// Whether this member has staff's tools.
pub(super) fn is_staff(state: &ClassState) -> bool {
    state.may(Action::Moderate)
}

/// At the right end of the panel's head: one's own hand, and for staff the room's menu.
pub(super) fn head_ui(ui: &mut Ui, state: &ClassState, cx: &mut Cx<'_>) {
    let Some(me) = &state.me else { return };
    if is_staff(state) {
        room_menu_ui(ui, state, cx);
        return;
    }
    let is_up = state.tools.hands.contains(&me.id);
    let label = cx.text(if is_up { "hand-lower" } else { "hand-raise" });
    if ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Hand).small().selected(is_up)).clicked() {
        cx.push(Command::Tool(RoomRequest::Hand { raised: !is_up }));
    }
}

/// Who comes in, what everybody looks at, and a question to all.
fn room_menu_ui(ui: &mut Ui, state: &ClassState, cx: &mut Cx<'_>) {
    let id = ui.scope_id().with("room-menu");
    let button = ui.add(Push::icon(Icon::More, &cx.text("room-menu")).small().selected(Popup::is_id_open(ui.ctx(), id)));
    let tools = &state.tools;
    let door = tools.door;
    let choices = [
        ("room-lock", Action::Moderate, door.locked, Command::Tool(RoomRequest::Lock { locked: !door.locked })),
        ("room-waiting", Action::Administer, door.waiting_room, Command::Tool(RoomRequest::WaitingRoom { on: !door.waiting_room })),
        ("room-attention", Action::Moderate, tools.attention, Command::Tool(RoomRequest::Attention { on: !tools.attention })),
        ("room-poll", Action::Moderate, false, Command::NewPoll(true)),
        ("room-code", Action::Administer, false, Command::Codes(true)),
        ("room-manage", Action::Administer, false, Command::Manage(ManageCommand::Show(Page::Rooms))),
        ("room-accounts", Action::Administer, false, Command::Manage(ManageCommand::Show(Page::Accounts))),
    ];
    menu(&button, id, |ui| {
        for (key, needed, chosen, command) in choices {
            if state.may(needed) && choice(ui, &cx.text(key), chosen) {
                cx.push(command);
            }
        }
        for name in &tools.banned {
            if choice(ui, &cx.strings.format("room-pardon", &[("name", name.as_str().into())]), false) {
                cx.push(Command::Tool(RoomRequest::Pardon { name: name.clone() }));
            }
        }
    });
}

fn menu(button: &egui::Response, id: egui::Id, content: impl FnOnce(&mut Ui)) {
    Popup::menu(button).id(id).align(RectAlign::BOTTOM_END).gap(space::XS).width(WIDTH).show(|ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        content(ui);
    });
}

fn choice(ui: &mut Ui, name: &str, chosen: bool) -> bool {
    let clicked = Choice { name, note: "", right: "", chosen, mono: false }.show(ui);
    if clicked {
        // A click closes it by itself, a key does not.
        ui.close();
    }
    clicked
}

/// Above the people, for staff: who waits to be let in, longest first.
pub(super) fn door_ui(ui: &mut Ui, state: &ClassState, cx: &mut Cx<'_>) {
    let waiting = &state.tools.waiting;
    if waiting.is_empty() || !is_staff(state) {
        return;
    }
    let c = colors(ui);
    let frame = Frame::new().fill(c.accent_tint).corner_radius(egui::CornerRadius::same(radius::CONTROL)).inner_margin(Margin::same(space::S as i8));
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal(|ui| {
            icon_ui(ui, Icon::Clock, size::ICON_SMALL, c.accent);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if waiting.len() > 1 && ui.add(Push::text(Look::Plain, &cx.text("door-admit-all")).small()).clicked() {
                    cx.push(Command::Tool(RoomRequest::Admit { person: None }));
                }
                let words = cx.strings.format("door-waiting", &[("n", waiting.len().into())]);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, words));
            });
        });
        for who in waiting.iter().take(LISTED) {
            ui.push_id(who.person, |ui| ui.horizontal(|ui| waiting_ui(ui, who.person, &who.name, cx)));
        }
        if waiting.len() > LISTED {
            say(ui, Type::Small, c.t2, cx.strings.format("door-more", &[("n", (waiting.len() - LISTED).into())]));
        }
    });
    ui.add_space(space::S);
}

fn waiting_ui(ui: &mut Ui, person: PersonId, name: &str, cx: &mut Cx<'_>) {
    let c = colors(ui);
    avatar_ui(ui, name, 24.0, false);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let label = cx.strings.format("door-turn-away", &[("name", name.into())]);
        if ui.add(Push::icon(Icon::Close, &label).small()).clicked() {
            cx.push(Command::Tool(RoomRequest::TurnAway { person }));
        }
        let label = cx.strings.format("door-admit", &[("name", name.into())]);
        if ui.add(Push::icon(Icon::Check, &label).small()).clicked() {
            cx.push(Command::Tool(RoomRequest::Admit { person: Some(person) }));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, name));
    });
}

/// What a row shows of a person's hand and voice.
pub(super) fn marks_ui(ui: &mut Ui, person: &Person, state: &ClassState, cx: &Cx<'_>) {
    let c = colors(ui);
    if let Some(at) = state.tools.hands.iter().position(|p| *p == person.id) {
        say(ui, Type::MonoSmall, c.warn, (at + 1).to_string());
        let label = cx.strings.format("hand-place", &[("n", (at + 1).into())]);
        let mark = icon_ui(ui, Icon::Hand, size::ICON, c.warn).on_hover_text(&label);
        mark.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &label));
    }
    if state.tools.speaking.contains(&person.id) {
        let label = cx.text("people-speaking");
        let mark = icon_ui(ui, Icon::Microphone, size::ICON, c.good).on_hover_text(&label);
        mark.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &label));
    }
    if state.tools.muted.contains(&person.id) {
        let label = cx.text("people-muted");
        let mark = icon_ui(ui, Icon::Muted, size::ICON_SMALL, c.t3).on_hover_text(&label);
        mark.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &label));
    }
}

/// For staff: what is done with one student.
pub(super) fn person_menu_ui(ui: &mut Ui, person: &Person, state: &ClassState, cx: &mut Cx<'_>) {
    let id = ui.scope_id().with("person-menu");
    let label = cx.strings.format("people-menu", &[("name", person.name.as_str().into())]);
    let button = ui.add(Push::icon(Icon::More, &label).small().selected(Popup::is_id_open(ui.ctx(), id)));
    let muted = state.tools.muted.contains(&person.id);
    let who = person.id;
    menu(&button, id, |ui| {
        if state.tools.hands.contains(&who) && choice(ui, &cx.text("hand-lower"), false) {
            cx.push(Command::Tool(RoomRequest::LowerHand { person: who }));
        }
        if choice(ui, &cx.text("people-mute"), muted) {
            cx.push(Command::Tool(RoomRequest::Mute { person: who, muted: !muted }));
        }
        if choice(ui, &cx.text("people-ban"), false) {
            cx.push(Command::Tool(RoomRequest::Ban { person: who }));
        }
    });
}

/// People in the order of the list: hands first, in their order; then as the class has them.
pub(super) fn in_order(state: &ClassState) -> Vec<&Person> {
    let hands = state.tools.hands.iter().filter_map(|id| state.people.iter().find(|p| p.id == *id));
    let raised: std::collections::BTreeSet<_> = state.tools.hands.iter().collect();
    hands.chain(state.people.iter().filter(|p| !raised.contains(&p.id))).collect()
}
