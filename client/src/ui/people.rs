//! Who is in the room: the panel on the right. An instructor can remove a person, after one question in that person's row.

use egui::{Align, Frame, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder};
use lectern_proto::control::{Person, PersonId, Role};
use lectern_proto::rights::Action;

use super::command::{Command, Cx};
use super::icons::Icon;
use super::studio::StudioCommand;
use super::tokens::{Type, colors, size, space};
use super::tools;
use super::truth::viewers_ui;
use super::widgets::{Look, Push, avatar_ui, icon_ui, rows_ui, say, say_line};
use super::wishes::{Wish, Wishes};
use crate::class::ClassState;

/// Draws the panel into the space of `ui`. `asked` is the person whose removal is being asked about.
pub(crate) fn people_ui(ui: &mut Ui, state: &ClassState, asked: Option<PersonId>, wishes: &Wishes, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).inner_margin(Margin { left: space::M as i8, right: space::M as i8, top: 0, bottom: space::S as i8 });
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.horizontal(|ui| {
            ui.set_min_height(40.0);
            icon_ui(ui, Icon::People, size::ICON, c.t2);
            say(ui, Type::Control, c.t1, cx.text("people-title"));
            say(ui, Type::MonoSmall, c.t3, state.people.len().to_string());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| tools::head_ui(ui, state, cx));
        });
        wishes.refusals_ui(ui, state, |wish| matches!(wish, Wish::Stage(..)), cx);
        tools::door_ui(ui, state, cx);
        viewers_ui(ui, state, cx);
        let people = tools::in_order(state);
        ui.spacing_mut().item_spacing.y = 0.0;
        rows_ui(ui, ScrollArea::vertical(), size::LIST_ROW, 0.0, people.len(), |ui, i, place| {
            if let Some(person) = people.get(i) {
                row(ui, place, person, state, asked == Some(person.id), cx);
            }
        });
    });
}

fn row(ui: &mut Ui, rect: Rect, person: &Person, state: &ClassState, asked: bool, cx: &mut Cx<'_>) {
    let builder = UiBuilder::new().id_salt(person.id).max_rect(rect).layout(Layout::left_to_right(Align::Center));
    let mut ui = ui.new_child(builder);
    ui.spacing_mut().item_spacing.x = space::S;
    if asked { question_ui(&mut ui, person, cx) } else { person_ui(&mut ui, person, state, cx) }
}

fn person_ui(ui: &mut Ui, person: &Person, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let me = state.me.as_ref();
    let has_stage = state.floor.stage.contains(&person.id);
    let is_live = state.streams.iter().any(|s| s.publisher == person.id);
    let myself = me.is_some_and(|me| me.id == person.id);
    let may_remove = !myself && state.may(Action::Moderate) && (state.may(Action::Administer) || !person.role.may(Action::Administer));
    avatar_ui(ui, &person.name, 24.0, person.role == Role::Instructor);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if may_remove {
            let label = cx.strings.format("people-remove", &[("name", person.name.as_str().into())]);
            if ui.add(Push::icon(Icon::Close, &label).small()).clicked() {
                cx.push(Command::AskRemove(person.id));
            }
            if !person.role.may(Action::Publish) {
                let key = if has_stage { "people-take-stage" } else { "people-give-stage" };
                let label = cx.strings.format(key, &[("name", person.name.as_str().into())]);
                if ui.add(Push::icon(Icon::Projector, &label).small().selected(has_stage)).clicked() {
                    cx.push(Command::Studio(StudioCommand::GiveStage(person.id, !has_stage)));
                }
                tools::person_menu_ui(ui, person, state, cx);
            }
        }
        tools::marks_ui(ui, person, state, cx);
        if is_live {
            icon_ui(ui, Icon::Broadcast, size::ICON_SMALL, c.live).on_hover_text(cx.text("people-live"));
        }
        if !person.connected {
            icon_ui(ui, Icon::Unplugged, size::ICON, c.warn);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let notes: Vec<String> = [
                (person.role == Role::Instructor).then(|| cx.text("people-instructor")),
                (person.role == Role::Assistant).then(|| cx.text("people-assistant")),
                (person.role == Role::Guest).then(|| cx.text("people-guest")),
                myself.then(|| cx.text("people-you")),
                has_stage.then(|| cx.text("people-stage")),
                (!person.connected).then(|| cx.text("people-reconnecting")),
            ]
            .into_iter()
            .flatten()
            .collect();
            let note = notes.join(" · ");
            let color = if person.connected { c.t1 } else { c.t3 };
            let note_width = ui.painter().layout_no_wrap(note.clone(), Type::Caption.font(), c.t3).size().x;
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - note_width - space::S).max(48.0));
                say_line(ui, Type::Control, color, person.name.as_str());
            });
            say_line(ui, Type::Caption, if person.connected { c.t3 } else { c.warn }, note);
        });
    });
}

fn question_ui(ui: &mut Ui, person: &Person, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if ui.add(Push::text(Look::Plain, &cx.text("common-cancel")).small()).clicked() {
            cx.push(Command::CancelRemove);
        }
        if ui.add(Push::text(Look::Danger, &cx.text("people-remove-yes")).small()).clicked() {
            cx.push(Command::Remove(person.id));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            say_line(ui, Type::Control, c.t1, cx.strings.format("people-remove-question", &[("name", person.name.as_str().into())]));
        });
    });
}
