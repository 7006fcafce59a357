//! The column of controls: on air, sound, what goes wrong, freeze, projector, quiet.

use egui::accesskit::Role;
use egui::{Align2, Color32, CornerRadius, CursorIcon, Frame, Margin, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use lectern_proto::rights::Action;

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::on_air::record_button;
use super::super::reasons;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, focus_ring, notice_ui, paint_spinner};
use super::super::wishes::Wish;
use super::{StudioCommand, StudioView, document, inset, sound};
use crate::live::{Published, Publishing};

/// Height of the button.
const BUTTON: f32 = 64.0;

/// Draws the column.
pub(super) fn controls_ui(ui: &mut Ui, view: &StudioView<'_>, width: f32, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CARD)).inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_width(width - 24.0);
        ui.spacing_mut().item_spacing = vec2(space::S, space::M);
        button_ui(ui, view, cx);
        trouble_ui(ui, view, cx);
        sound::sound_ui(ui, view, cx);
        if view.chosen.pictures.is_some() {
            rung_ui(ui, view, cx);
            inset::inset_ui(ui, view, cx);
            document::controls_ui(ui, view, cx);
        }
        separator(ui);
        ui.horizontal(|ui| {
            let half = (ui.available_width() - space::S) / 2.0;
            let frozen = view.open().is_some_and(|p| p.frozen);
            let can_freeze = view.open().is_some_and(|p| p.pictures.is_some());
            let freeze = cx.text(if frozen { "studio-unfreeze" } else { "studio-freeze" });
            if ui.add(Push::text(Look::Plain, &freeze).with_icon(Icon::Snow).selected(frozen).enabled(can_freeze).width(half)).clicked() {
                cx.push(Command::Studio(StudioCommand::Freeze(!frozen)));
            }
            let strip = cx.text("studio-strip");
            if ui.add(Push::text(Look::Plain, &strip).with_icon(Icon::Strip).selected(view.has_strip).width(half)).clicked() {
                cx.push(Command::Studio(StudioCommand::Strip));
            }
        });
        if view.class.may(Action::Administer) {
            record_ui(ui, view, cx);
        }
        if view.class.may(Action::Moderate) {
            quiet_ui(ui, view.class.floor.quiet, cx);
        }
    });
}

pub(super) fn separator(ui: &mut Ui) {
    let (_, line) = ui.allocate_space(vec2(ui.available_width(), 1.0));
    ui.painter().hline(line.x_range(), line.center().y, Stroke::new(1.0, colors(ui).line));
}

/// What the button says.
enum Button {
    /// Nothing to show is open yet.
    Off(&'static str),
    Ready,
    Opening,
    Live,
}

/// The one big button: one press, and the class sees it; another, and it does not.
fn button_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let button = match view.open().map(|p| &p.stage) {
        Some(Published::Live(_)) => Button::Live,
        Some(Published::Opening) => Button::Opening,
        Some(Published::Ready) => Button::Ready,
        Some(_) => Button::Off("studio-opening-source"),
        None => Button::Off("studio-choose-first"),
    };
    let (title, hint) = match button {
        Button::Off(why) => ("studio-go", why),
        Button::Ready => ("studio-go", "studio-go-hint"),
        Button::Opening => ("studio-going", "studio-stop-hint"),
        Button::Live => ("studio-on-air", "studio-stop-hint"),
    };
    let (title, hint) = (cx.text(title), cx.text(hint));
    let enabled = !matches!(button, Button::Off(_));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BUTTON), if enabled { Sense::click() } else { Sense::hover() });
    let pressed = response.is_pointer_button_down_on();
    let (fill, line, ink) = match button {
        Button::Live => (c.live_fill, c.live_fill, c.on_fill),
        Button::Off(_) => (c.panel, c.line, c.t3),
        _ if pressed => (c.active, c.line_strong, c.t1),
        _ if response.hovered() => (c.hover, c.line_strong, c.t1),
        _ => (c.raised, c.line_strong, c.t1),
    };
    let corner = CornerRadius::same(radius::CARD);
    ui.painter().rect(rect, corner, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let icon = Rect::from_center_size(pos2(rect.left() + 30.0, rect.center().y), Vec2::splat(24.0));
    if matches!(button, Button::Opening) {
        paint_spinner(ui, icon, ink);
    } else {
        let mark = if matches!(button, Button::Ready) { c.live } else { ink };
        Icon::Broadcast.paint(ui.painter(), icon, mark);
    }
    let left = rect.left() + 54.0;
    ui.painter().text(pos2(left, rect.center().y - 10.0), Align2::LEFT_CENTER, &title, Type::Title.font(), ink);
    let hint_ink = if matches!(button, Button::Live) { ink } else { c.t3 };
    ui.painter().text(pos2(left, rect.center().y + 11.0), Align2::LEFT_CENTER, &hint, Type::Small.font(), hint_ink);
    if let Some(time) = view.open().and_then(|p| timer(ui, p, view.now)) {
        ui.painter().text(pos2(rect.right() - space::L, rect.center().y), Align2::RIGHT_CENTER, time, egui::FontId { size: 17.0, ..Type::Mono.font() }, ink);
    }
    focus_ring(ui, rect, radius::CARD, &response);
    let label = format!("{title}: {hint}");
    let selected = matches!(button, Button::Live);
    response.widget_info(|| WidgetInfo { selected: Some(selected), ..WidgetInfo::labeled(Role::Button, enabled, &label) });
    let response = if enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    if response.clicked() {
        cx.push(Command::Studio(StudioCommand::OnAir(matches!(button, Button::Ready))));
    }
}

/// How long it is on air; asks for the next second.
pub(in crate::ui) fn timer(ui: &Ui, publishing: &Publishing, now: std::time::Instant) -> Option<String> {
    let on = now.saturating_duration_since(publishing.since?);
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(1_000 - u64::from(on.subsec_millis())));
    Some(format::clock(on.as_micros() as u64))
}

/// What goes wrong, as sentences where it does.
fn trouble_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &Cx<'_>) {
    let failed = match view.publishing {
        Some(Err(why)) => Some(why.to_owned()),
        Some(Ok(Publishing { stage: Published::Failed(why), .. })) => Some(reasons::stopped(cx.strings, why)),
        _ => None,
    };
    if let Some(why) = failed {
        notice_ui(ui, Tone::Bad, Icon::Octagon, &cx.strings.format("studio-failed", &[("why", why.into())]));
    }
    if let Some(Ok(publishing)) = view.publishing {
        if publishing.stage == Published::Ended {
            notice_ui(ui, Tone::Plain, Icon::Film, &cx.text("studio-ended"));
        }
        for trouble in &publishing.troubles {
            notice_ui(ui, Tone::Warn, Icon::Warning, &reasons::source_trouble(cx.strings, trouble));
        }
        if let Some(why) = publishing.trouble.as_ref().filter(|_| publishing.troubles.is_empty()) {
            notice_ui(ui, Tone::Warn, Icon::Warning, &cx.strings.format("studio-trouble", &[("why", why.as_str().into())]));
        }
        if let Some(why) = &publishing.off_air {
            notice_ui(ui, Tone::Warn, Icon::Warning, &reasons::off_air(cx.strings, why));
        }
    }
}

/// The resolution in which it is coded.
fn rung_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let label = cx.strings.format("studio-quality-now", &[("rung", view.rung.into())]);
    let button = ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Down).width(ui.available_width()));
    let mut rungs = view.class.live_ladder.iter().rev().map(|r| {
        let about = format!("{} × {}", r.box_width, r.box_height);
        (r.name.clone(), about, format::bitrate(r.bitrate_bps), r.name == view.rung)
    });
    sound::menu_ui(&button, &cx.text("stage-quality"), |ui| {
        for (name, note, right, chosen) in rungs.by_ref() {
            if (super::super::widgets::Choice { name: &name, note: &note, right: &right, chosen, mono: true }).show(ui) {
                cx.push(Command::Studio(StudioCommand::Rung(name)));
            }
        }
    });
}

/// The key that ends what students show. It asks nothing, and can be taken back where everybody reads that it is quiet.
fn quiet_ui(ui: &mut Ui, is_quiet: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::PRIMARY), Sense::click());
    let fill = if response.hovered() { c.hover } else { c.warn_tint };
    ui.painter().rect(rect, f32::from(radius::CONTROL), fill, Stroke::new(1.0, c.warn_line), StrokeKind::Inside);
    let (title, hint) = if is_quiet { ("studio-quiet-end", "") } else { ("studio-quiet", "studio-quiet-hint") };
    let title = cx.text(title);
    let hint = if hint.is_empty() { String::new() } else { cx.text(hint) };
    let head = ui.painter().layout_no_wrap(title.clone(), Type::Control.font(), c.warn);
    let tail = ui.painter().layout_no_wrap(hint.clone(), Type::Small.font(), c.t2);
    let gap = if hint.is_empty() { 0.0 } else { space::S };
    let whole = 26.0 + head.size().x + gap + tail.size().x;
    let mut x = rect.center().x - whole / 2.0;
    Icon::Hand.paint(ui.painter(), Rect::from_center_size(pos2(x + 9.0, rect.center().y), Vec2::splat(18.0)), c.warn);
    x += 26.0;
    let place = |galley: &egui::Galley, x: f32| pos2(x, rect.center().y - galley.size().y / 2.0);
    let (at_head, at_tail) = (place(&head, x), place(&tail, x + head.size().x + gap));
    ui.painter().galley(at_head, head, c.warn);
    ui.painter().galley(at_tail, tail, c.t2);
    focus_ring(ui, rect, radius::CONTROL, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_quiet, &title));
    if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{title} (Q)")).clicked() {
        cx.push(Command::Studio(StudioCommand::Quiet(!is_quiet)));
    }
}

/// Records what is on air, or ends that; and why not.
fn record_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let Some(Published::Live(stream)) = view.open().map(|p| p.stage.clone()) else { return };
    let (key, look, recorded) = record_button(view.class, stream);
    if ui.add(Push::text(look, &cx.text(key)).with_icon(Icon::Record).width(ui.available_width())).clicked() {
        cx.push(Command::Studio(StudioCommand::Record(stream, recorded)));
    }
    view.wishes.refusals_ui(ui, view.class, |wish| matches!(wish, Wish::Record(of, _) if of == stream), cx);
}

/// "ON AIR" in white on red with its left upper corner at `at`.
pub(in crate::ui) fn badge_ui(ui: &Ui, at: Pos2, text: &str) {
    let c = colors(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), egui::FontId { size: 12.0, ..Type::Title.font() }, Color32::WHITE);
    let rect = Rect::from_min_size(at, vec2(galley.size().x + 34.0, 24.0));
    ui.painter().rect_filled(rect, f32::from(radius::CHIP), c.live_fill);
    Icon::Broadcast.paint(ui.painter(), Rect::from_center_size(pos2(rect.left() + 14.0, rect.center().y), Vec2::splat(14.0)), c.on_fill);
    ui.painter().galley(pos2(rect.left() + 26.0, rect.center().y - galley.size().y / 2.0), galley, Color32::WHITE);
}
