//! What stands above the cards: the search field and the order in the header, the states as pills below it.

use egui::{Align, Event, Frame, Id, Key, Layout, Margin, Modifiers, Popup, RectAlign, Ui};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Chip, Choice, End, Look, Push, Search, say_line};
use super::order::{Filter, Order};
use super::{CatalogueState, MARGIN};
use crate::class::ClassState;

/// Width of the search field, where there is space.
const SEARCH: f32 = 280.0;
/// The field keeps at least so much of it.
const SEARCH_LEAST: f32 = 96.0;
/// Most characters that are searched for.
const WORDS_MAX: usize = 120;

fn search_id() -> Id {
    Id::unique("catalogue-search")
}

/// Keys of the catalogue: `/` and Ctrl+F search.
pub(in crate::ui) fn handle_keys(ctx: &egui::Context) {
    if ctx.text_edit_focused() {
        return;
    }
    let asked = ctx.input_mut(|i| {
        let before = i.events.len();
        // Taken away, or the field would get it too.
        i.events.retain(|e| !matches!(e, Event::Text(text) if text == "/"));
        i.events.len() < before || i.consume_key(Modifiers::COMMAND, Key::F)
    });
    if asked {
        ctx.memory_mut(|m| m.request_focus(search_id()));
    }
}

/// Search and order, from the right; leaves the space on the left to the title.
pub(in crate::ui) fn tools_ui(ui: &mut Ui, memory: &mut CatalogueState, roomy: bool, cx: &mut Cx<'_>) {
    order_ui(ui, memory.order, roomy, cx);
    let width = if roomy { SEARCH } else { (ui.available_width() - 92.0).clamp(SEARCH_LEAST, SEARCH) };
    search_ui(ui, memory, width, cx);
}

fn order_ui(ui: &mut Ui, order: Order, roomy: bool, cx: &mut Cx<'_>) {
    let name = cx.text(order.key());
    let label = cx.strings.format("order-now", &[("order", name.as_str().into())]);
    let id = Id::unique("catalogue-order");
    let open = Popup::is_id_open(ui.ctx(), id);
    let push = if roomy { Push::text(Look::Plain, &name).with_icon(Icon::Sort) } else { Push::icon(Icon::Sort, &label) };
    let button = ui.add(push.selected(open).named(&label));
    Popup::menu(&button).id(id).align(RectAlign::BOTTOM_END).gap(space::XS).width(208.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for order_of in Order::ALL {
            if (Choice { name: &cx.text(order_of.key()), note: "", right: "", chosen: order == order_of, mono: false }).show(ui) {
                cx.push(Command::SetOrder(order_of));
            }
        }
    });
}

fn search_ui(ui: &mut Ui, memory: &mut CatalogueState, width: f32, cx: &Cx<'_>) {
    let (label, clear) = (cx.text("catalogue-search"), cx.text("catalogue-clear"));
    let end = if memory.words.is_empty() { End::Key("/") } else { End::Close(&clear) };
    let done = Search { id: search_id(), label: &label, width, limit: WORDS_MAX, end }.show(ui, &mut memory.words);
    let cleared = done.ended && !memory.words.is_empty();
    if cleared {
        memory.words.clear();
    }
    if done.entered {
        memory.to_first = true;
        memory.rewind = true;
        ui.ctx().request_repaint();
    }
    if done.changed || cleared {
        memory.wish_changed();
    }
}

/// The states as pills, each with its count, and what to know about new files.
pub(super) fn chips_ui(ui: &mut Ui, memory: &mut CatalogueState, state: &ClassState, cx: &Cx<'_>) {
    let frame = Frame::new().inner_margin(Margin { left: MARGIN as i8, right: MARGIN as i8, top: 12, bottom: 0 });
    frame.show(ui, |ui| {
        let hint = cx.text("catalogue-new-files");
        ui.horizontal_wrapped(|ui| {
            for (filter, count) in Filter::ALL.into_iter().zip(memory.counts) {
                let on = memory.filter == filter;
                let offered = filter == Filter::All || count > 0 || on;
                if offered && ui.add(Chip { label: &cx.text(filter.key()), count, on }).clicked() {
                    memory.filter = filter;
                    memory.wish_changed();
                }
            }
            let c = colors(ui);
            let instructor = state.me.as_ref().is_some_and(|me| me.role == lectern_proto::control::Role::Instructor);
            let width = ui.painter().layout_no_wrap(hint.clone(), Type::Small.font(), c.t3).size().x;
            if instructor && ui.available_size_before_wrap().x > width + space::L {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| say_line(ui, Type::Small, c.t3, hint));
            }
        });
    });
}
