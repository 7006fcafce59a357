//! One block on a grid, so that a column reads as one bit: sent, received, each check, decoded; above it all blocks of the message.

use egui::accesskit::Role;
use egui::{Align, Align2, CursorIcon, EventFilter, Key, Layout, Modifiers, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::lab::hamming::channel::Passed;
use lectern_proto::lab::hamming::{Code, Outcome, Role as Bit, Verdict};

use super::super::super::command::Cx;
use super::super::super::icons::Icon;
use super::super::super::tokens::{Type, colors, radius, size, space};
use super::super::super::widgets::{Look, Push, Tone, focus_ring, notice_ui, say, say_line};
use super::model::Lab;
use super::tiles::{self, Tile};

/// Width of the names of rows, and of what stands at their ends.
const NAMES: f32 = 84.0;
const ENDS: f32 = 76.0;
const ROW: f32 = 30.0;
/// Blocks that have a tile; the arrows reach the others.
const TILES: usize = 96;

pub(super) fn block_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let Some(passed) = lab.here().copied() else {
        say(ui, Type::Body, colors(ui).t2, cx.text("labs-empty"));
        return;
    };
    head_ui(ui, lab, &passed, cx);
    blocks_ui(ui, lab, cx);
    let code = lab.made().code.clone();
    let pitch = ((ui.available_width() - NAMES - ENDS) / code.n() as f32).clamp(28.0, 48.0);
    ScrollArea::horizontal().id_salt("labs-grid").auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.set_width(NAMES + pitch * code.n() as f32 + ENDS);
        rows_ui(ui, lab, &code, &passed, pitch, cx);
    });
    verdict_ui(ui, &code, &passed, cx);
}

fn head_ui(ui: &mut Ui, lab: &mut Lab, passed: &Passed, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let count = lab.made().blocks.len();
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.strings.format("labs-block", &[("i", (lab.block + 1).into()), ("n", count.into())]));
        let data = lab.made().code.data_of(&passed.sent).digits(lab.made().code.k().min(32));
        say_line(ui, Type::Mono, c.t3, data);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::icon(Icon::Arrow, &cx.text("labs-next")).small().enabled(lab.block + 1 < count)).clicked() {
                lab.block += 1;
            }
            if ui.add(Push::icon(Icon::Back, &cx.text("labs-previous")).small().enabled(lab.block > 0)).clicked() {
                lab.block -= 1;
            }
        });
    });
}

/// A tile for each block: its data as a hexadecimal digit where it is one, else its number, and what happened to it.
fn blocks_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let k = lab.made().code.k();
    let mut clicked = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        for (i, passed) in lab.made().blocks.iter().enumerate().take(TILES) {
            let data = lab.made().code.data_of(&passed.sent);
            let name = if k == 4 { format!("{:X}", (data.low() as u8).reverse_bits() >> 4) } else { (i + 1).to_string() };
            let (icon, ink, key) = tiles::outcome(passed.outcome, c);
            let label = cx.strings.format("labs-block-is", &[("i", (i + 1).into()), ("data", data.digits(k).into()), ("what", cx.text(key).into())]);
            let push = Push::text(Look::Plain, &name).mono().small().with_icon(icon).icon_edge(12.0).named(&label).selected(i == lab.block);
            if ui.add(if i == lab.block { push } else { push.ink(ink) }).clicked() {
                clicked = Some(i);
            }
        }
    });
    lab.block = clicked.unwrap_or(lab.block);
}

fn rows_ui(ui: &mut Ui, lab: &mut Lab, code: &Code, passed: &Passed, pitch: f32, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let tile = |row: Rect, at: usize| {
        let left = row.left() + NAMES + pitch * at as f32;
        Rect::from_min_max(pos2(left, row.top()), pos2(left + pitch - 4.0, row.bottom()))
    };
    let row_of = |ui: &mut Ui, height: f32| ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let name = |ui: &Ui, row: Rect, name: &str, note: &str| {
        let painter = ui.painter();
        let at = if note.is_empty() { row.center().y } else { row.center().y - 7.0 };
        painter.text(pos2(row.left(), at), Align2::LEFT_CENTER, name, Type::Control.font(), c.t1);
        painter.text(pos2(row.left(), at + 15.0), Align2::LEFT_CENTER, note, Type::Plot.font(), c.t3);
    };
    let n = code.n();
    let is_lit = |at: usize| lab.row.is_some_and(|row| code.columns()[at] >> row & 1 == 1);

    let (row, _) = row_of(ui, ROW);
    name(ui, row, &cx.text("labs-position"), "");
    for at in 0..n {
        let place = tile(row, at);
        let role = code.role(at).map(|role| role.to_string()).unwrap_or_default();
        ui.painter().text(place.center() - vec2(0.0, 7.0), Align2::CENTER_CENTER, code.number(at), Type::Plot.font(), c.t3);
        ui.painter().text(place.center() + vec2(0.0, 7.0), Align2::CENTER_CENTER, role, Type::Plot.font(), c.t2);
    }
    let (row, _) = row_of(ui, ROW);
    name(ui, row, &cx.text("labs-sent"), "");
    (0..n).for_each(|at| tiles::paint(ui.painter(), tile(row, at), passed.sent.get(at), if is_data(code, at) { Tile::Plain } else { Tile::Faint }, c));

    let (row, _) = row_of(ui, 40.0);
    name(ui, row, &cx.text("labs-received"), &cx.text("labs-click"));
    let flipped = passed.sent.xor(&passed.received);
    let mut turned = None;
    for at in 0..n {
        let look = if flipped.get(at) {
            Tile::Flipped
        } else if is_lit(at) {
            Tile::Lit
        } else {
            Tile::Raised
        };
        if bit_ui(ui, tile(row, at), (code, passed, at), look, n, cx) {
            turned = Some(at);
        }
    }

    let mut pointed = None;
    for (i, check) in code.steps(&passed.received).checks.into_iter().enumerate() {
        let (row, response) = row_of(ui, 28.0);
        let covers: Vec<_> = check.bits.iter().map(|(at, _)| code.number(*at).to_string()).collect();
        let note = if check.bits.len() == n { cx.text("labs-all-bits") } else { covers.join(" ") };
        let note = if note.len() > 16 { format!("{}…", note.split_at(13).0) } else { note };
        name(ui, row, &check.name, &note);
        for (at, bit) in &check.bits {
            tiles::paint(ui.painter(), tile(row, *at).shrink2(vec2(0.0, 3.0)), *bit, if lab.row == Some(i) { Tile::Lit } else { Tile::Plain }, c);
        }
        let (icon, ink, key, digit) = if check.is_odd { (Icon::Octagon, c.bad, "labs-odd", "1") } else { (Icon::Check, c.good, "labs-even", "0") };
        let x = row.left() + NAMES + pitch * n as f32 + space::XS;
        icon.paint(ui.painter(), Rect::from_center_size(pos2(x + 7.0, row.center().y), egui::Vec2::splat(size::ICON_SMALL)), ink);
        ui.painter().text(pos2(x + 18.0, row.center().y), Align2::LEFT_CENTER, format!("{} {digit}", cx.text(key)), Type::Small.font(), ink);
        let said = format!("{}: {}, {}", check.name, covers.join(" "), cx.text(key));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        if response.hovered() {
            pointed = Some(i);
        }
    }
    let (row, _) = row_of(ui, ROW);
    name(ui, row, &cx.text("labs-result"), "");
    for at in 0..n {
        let look = match passed.decoded.verdict {
            Verdict::Corrected(mended) if mended == at => Tile::Mended,
            _ if is_data(code, at) => Tile::Plain,
            _ => Tile::Faint,
        };
        tiles::paint(ui.painter(), tile(row, at), passed.decoded.block.get(at), look, c);
    }
    if lab.row != pointed {
        lab.row = pointed;
        ui.ctx().request_repaint();
    }
    turned.into_iter().for_each(|at| lab.flip(at));
}

fn is_data(code: &Code, at: usize) -> bool {
    matches!(code.role(at), Some(Bit::Data(_)))
}

/// A received bit: a click or Space turns it, arrows go to its neighbours.
fn bit_ui(ui: &Ui, rect: Rect, (code, passed, at): (&Code, &Passed, usize), look: Tile, n: usize, cx: &Cx<'_>) -> bool {
    let id = |at: usize| egui::Id::unique(("labs-bit", at));
    let response = ui.interact(rect, id(at), Sense::click());
    tiles::paint(ui.painter(), rect, passed.received.get(at), look, colors(ui));
    focus_ring(ui, rect, radius::CHIP, &response);
    let is_flipped = look == Tile::Flipped;
    let key = if is_flipped { "labs-bit-flipped" } else { "labs-bit" };
    let role = code.role(at).map(|role| role.to_string()).unwrap_or_default();
    let value = usize::from(passed.received.get(at));
    let label = cx.strings.format(key, &[("number", code.number(at).into()), ("role", role.into()), ("value", value.into())]);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_flipped, &label));
    if response.has_focus() {
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, EventFilter { horizontal_arrows: true, ..EventFilter::default() }));
        let (left, right) = ui.input_mut(|i| (i.consume_key(Modifiers::NONE, Key::ArrowLeft), i.consume_key(Modifiers::NONE, Key::ArrowRight)));
        let next = if right { at + 1 } else { at.wrapping_sub(usize::from(left)) };
        if next != at && next < n {
            ui.memory_mut(|m| m.request_focus(id(next)));
        }
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

/// What the receiver says, and whether it is true.
fn verdict_ui(ui: &mut Ui, code: &Code, passed: &Passed, cx: &Cx<'_>) {
    let syndrome = code.syndrome_digits(passed.decoded.syndrome);
    let says = match passed.decoded.verdict {
        Verdict::Clean => cx.text("labs-says-clean"),
        Verdict::Corrected(at) => cx.strings.format("labs-says-corrected", &[("bit", code.number(at).into()), ("syndrome", syndrome.into())]),
        Verdict::Uncorrectable => cx.strings.format("labs-says-uncorrectable", &[("syndrome", syndrome.into())]),
    };
    let (tone, truth) = match passed.outcome {
        Outcome::NoError => (Tone::Good, "labs-true-no-error"),
        Outcome::Corrected => (Tone::Accent, "labs-true-corrected"),
        Outcome::Detected => (Tone::Warn, "labs-true-detected"),
        Outcome::Miscorrected => (Tone::Bad, "labs-true-miscorrected"),
        Outcome::Undetected => (Tone::Bad, "labs-true-undetected"),
    };
    let icon = tiles::outcome(passed.outcome, colors(ui)).0;
    notice_ui(ui, tone, icon, &format!("{says} {}", cx.text(truth)));
}
