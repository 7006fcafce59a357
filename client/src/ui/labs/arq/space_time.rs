//! The space-time diagram, and what can be done to the packet that is chosen in it.

use egui::accesskit::Role;
use egui::{Align2, Color32, Event, Key, Modifiers, Painter, Pos2, Rect, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::lab::arq::diagram::svg::{arrow_head, time};
use lectern_proto::lab::arq::diagram::{At, Figure, Ink, Note, Which, figures, step};
use lectern_proto::lab::arq::{Action, Direction, Fate, Passage};

use super::super::super::command::Cx;
use super::super::super::icons::Icon;
use super::super::super::tokens::{Colors, Type, colors, size, space};
use super::super::super::widgets::{Look, Push, focus_ring, icon_ui, say, say_line};
use super::millis;
use super::model::Lab;

/// From the left edge to the sender, and from the receiver to the right one.
const LEFT: f32 = 118.0;
const RIGHT: f32 = 118.0;
/// Above time 0.
const TOP: f32 = 30.0;
/// Least height of a packet that takes time on the line.
const PACKET: f32 = 11.0;
/// How near to a packet a click is meant for it.
const NEAR: f32 = 6.0;
/// What is not yet there shows so much.
const DIM: f32 = 0.28;

/// The chosen packet in words, and its buttons.
pub(super) fn chosen_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        let Some(passage) = lab.passage().cloned() else {
            say_line(ui, Type::Small, c.t3, cx.text("arq-none-chosen"));
            return;
        };
        let lost = passage.by_hand == Some(Action::Kill) || matches!(passage.way.fate, Fate::Lost | Fate::Dropped);
        let (icon, ink) = if lost { (Icon::Close, c.bad) } else { (Icon::Forward, c.accent) };
        icon_ui(ui, icon, size::ICON_SMALL, ink);
        say(ui, Type::Control, ink, packet_name(&passage, cx));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if passage.by_hand.is_some() && ui.add(Push::text(Look::Plain, &cx.text("arq-to-chance")).with_icon(Icon::Replay)).clicked() {
                lab.intervene(None);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("arq-delay-it")).with_icon(Icon::Clock)).clicked() {
                let more = lab.more_delay();
                lab.intervene(Some(Action::Delay(more)));
            }
            let (key, icon, action) = if lost { ("arq-let-through", Icon::Check, Action::LetThrough) } else { ("arq-kill", Icon::Close, Action::Kill) };
            if ui.add(Push::text(Look::Plain, &cx.text(key)).with_icon(icon)).clicked() {
                lab.intervene(Some(action));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| say_line(ui, Type::Small, c.t2, fate(&passage, cx)));
        });
    });
}

fn packet_name(passage: &Passage, cx: &Cx<'_>) -> String {
    let key = match passage.direction {
        Direction::Data => "arq-data-n",
        Direction::Acks => "arq-ack-n",
    };
    cx.strings.format(key, &[("n", passage.sequence.0.into())])
}

/// What became of a packet, in words.
fn fate(passage: &Passage, cx: &Cx<'_>) -> String {
    let key = match (passage.by_hand, passage.way.fate) {
        (Some(Action::Kill), _) => "arq-fate-killed",
        (Some(Action::LetThrough), _) => "arq-fate-let-through",
        (Some(Action::Delay(_)), _) => "arq-fate-delayed",
        (None, Fate::Arrives) => "arq-fate-arrives",
        (None, Fate::Damaged) => "arq-fate-damaged",
        (None, Fate::Dropped) => "arq-fate-dropped",
        (None, Fate::Lost | Fate::Killed) => "arq-fate-lost",
    };
    let what = cx.strings.format(key, &[("from", millis(passage.way.begins).into()), ("to", millis(passage.way.arrives).into())]);
    if passage.again && passage.direction == Direction::Data { format!("{}, {what}", cx.text("arq-again")) } else { what }
}

/// What the colours mean.
pub(super) fn legend_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for (key, ink) in
            [("arq-data", Ink::Data), ("arq-data-again", Ink::Again), ("arq-ack", Ink::Ack), ("arq-lost", Ink::Lost), ("arq-timeout", Ink::TimeOut)]
        {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 10.0), Sense::hover());
            let line = [rect.left_center(), rect.right_center()];
            match ink {
                Ink::Data | Ink::Again => _ = ui.painter().rect(rect, 2.0, tint(ink, c), Stroke::new(1.0, colour(ink, c)), egui::StrokeKind::Inside),
                Ink::Ack => _ = ui.painter().line_segment(line, Stroke::new(1.5, colour(ink, c))),
                Ink::Lost => cross(ui.painter(), rect.center(), c.bad),
                Ink::TimeOut => ui.painter().extend(Shape::dashed_line(&line, Stroke::new(1.0, colour(ink, c)), 2.0, 2.0)),
            }
            say(ui, Type::Small, c.t2, cx.text(key));
            ui.add_space(space::S);
        }
    });
}

const fn colour(ink: Ink, c: &Colors) -> Color32 {
    match ink {
        Ink::Data => c.accent,
        Ink::Again | Ink::TimeOut => c.warn,
        Ink::Ack => c.good,
        Ink::Lost => c.bad,
    }
}

const fn tint(ink: Ink, c: &Colors) -> Color32 {
    match ink {
        Ink::Data => c.accent_tint,
        Ink::Again | Ink::TimeOut => c.warn_tint,
        Ink::Ack => c.good_tint,
        Ink::Lost => c.bad_tint,
    }
}

/// Where things lie on the screen.
struct Scale {
    sender: f32,
    receiver: f32,
    top: f32,
    /// Points a second.
    down: f32,
}

impl Scale {
    fn at(&self, at: At) -> Pos2 {
        pos2(self.sender + (self.receiver - self.sender) * at.x as f32, self.y(at.t))
    }

    fn y(&self, seconds: f64) -> f32 {
        self.top + (seconds * f64::from(self.down)) as f32
    }
}

/// The diagram, `height` high, to be scrolled where the run is longer.
pub(super) fn space_time_ui(ui: &mut Ui, lab: &mut Lab, height: f32, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let width = ui.available_width();
    ScrollArea::vertical().id_salt("arq-diagram").auto_shrink(false).max_height(height).show_viewport(ui, |ui, sight| {
        let end = lab.made().end.as_secs_f64();
        let packet = lab.scenario.packet_time().as_secs_f64();
        let fits = (height - TOP - space::L) / end as f32;
        let down = if packet > 0.0 { fits.max(PACKET / packet as f32) } else { fits.max(30.0 / lab.scenario.cycle().as_secs_f64().max(end / 40.0) as f32) };
        // A very long run is as long as can be scrolled by hand.
        let down = down.min(60_000.0 / end as f32);
        let tall = TOP + end as f32 * down + space::L;
        let (area, response) = ui.allocate_exact_size(vec2(width, tall.max(height)), Sense::click());
        let scale = Scale { sender: area.left() + LEFT, receiver: area.right() - RIGHT, top: area.top() + TOP, down };
        let moment = |y: f32| std::time::Duration::from_secs_f64((f64::from(y - TOP) / f64::from(down)).max(0.0));
        let all = figures(&lab.made().trace, moment(sight.top() - TOP), moment(sight.bottom() + TOP));
        let said = lab.passage().map_or_else(|| cx.text("arq-none-chosen"), |p| format!("{}: {}", packet_name(p, cx), fate(p, cx)));
        let label = format!("{}. {said}", cx.text("arq-diagram"));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        grid(ui, &scale, area, end, sight, cx);
        let now = lab.time.as_secs_f64();
        for figure in &all {
            draw(ui.painter(), &scale, figure, now, lab.chosen, c, cx);
        }
        let y = scale.y(now);
        ui.painter().hline(area.left() + 58.0..=area.right(), y, Stroke::new(1.5, c.accent));
        let flag = Rect::from_center_size(pos2(area.left() + 30.0, y), vec2(58.0, 20.0));
        ui.painter().rect_filled(flag, 4.0, c.accent_fill);
        ui.painter().text(flag.center(), Align2::CENTER_CENTER, format!("{} ms", millis(lab.time)), Type::MonoSmall.font(), c.on_fill);
        focus_ring(ui, area.shrink(3.0), 4, &response);
        if response.clicked()
            && let Some(at) = response.interact_pointer_pos()
        {
            lab.chosen = nearest(&all, &scale, at);
        }
        if response.has_focus() {
            keys(ui, lab, response.id);
        }
    });
}

/// Up and down choose among packets; Delete loses the chosen one.
fn keys(ui: &Ui, lab: &mut Lab, id: egui::Id) {
    ui.memory_mut(|m| m.set_focus_lock_filter(id, egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() }));
    let (on, back, kills) = ui.input_mut(|i| {
        let mut count = |key| i.count_and_consume_key(Modifiers::NONE, key);
        (count(Key::ArrowDown), count(Key::ArrowUp), count(Key::Delete) > 0)
    });
    (0..on).for_each(|_| lab.choose_next(false));
    (0..back).for_each(|_| lab.choose_next(true));
    if kills {
        lab.intervene(Some(Action::Kill));
    }
    // Nothing else is typed here.
    ui.input_mut(|i| i.events.retain(|event| !matches!(event, Event::Key { key: Key::ArrowDown | Key::ArrowUp, .. })));
}

fn grid(ui: &Ui, scale: &Scale, area: Rect, end: f64, sight: Rect, cx: &Cx<'_>) {
    let c = colors(ui);
    let painter = ui.painter();
    let every = step(f64::from(sight.height() / scale.down), (sight.height() / 70.0) as u32);
    let seen = (f64::from((sight.top() - TOP) / scale.down) / every).floor().max(0.0) as u64;
    for nth in (seen..seen + 40).take_while(|nth| *nth as f64 * every <= end) {
        let t = nth as f64 * every;
        let y = scale.y(t);
        painter.hline(scale.sender..=scale.receiver, y, Stroke::new(1.0, c.line));
        painter.text(pos2(area.left() + 50.0, y), Align2::RIGHT_CENTER, time(t, every), Type::Plot.font(), c.t3);
    }
    for (x, key) in [(scale.sender, "arq-sender"), (scale.receiver, "arq-receiver")] {
        painter.vline(x, scale.top - 6.0..=scale.y(end), Stroke::new(2.0, c.control));
        painter.text(pos2(x, scale.top - 17.0), Align2::CENTER_CENTER, cx.text(key), Type::Caption.font(), c.t1);
    }
}

fn cross(painter: &Painter, at: Pos2, ink: Color32) {
    for corner in [vec2(4.0, 4.0), vec2(4.0, -4.0)] {
        painter.line_segment([at - corner, at + corner], Stroke::new(2.0, ink));
    }
}

fn draw(painter: &Painter, scale: &Scale, figure: &Figure, now: f64, chosen: Option<Which>, c: &Colors, cx: &Cx<'_>) {
    // What begins later than now is there, but faint.
    let shade = |color: Color32, from: f64| if from <= now { color } else { color.gamma_multiply(DIM) };
    match figure {
        Figure::Band { corners, ink, which } => {
            let from = corners[0].t;
            let points: Vec<Pos2> = corners.iter().map(|at| scale.at(*at)).collect();
            let is_chosen = chosen == Some(*which);
            let line = shade(colour(*ink, c), from);
            painter.add(Shape::convex_polygon(
                points.clone(),
                shade(if is_chosen { colour(*ink, c).gamma_multiply(0.4) } else { tint(*ink, c) }, from),
                Stroke::NONE,
            ));
            let around = [&points[..], &points[..1]].concat();
            let stroke = Stroke::new(if is_chosen { 2.0 } else { 1.0 }, line);
            if *ink == Ink::Again { painter.extend(Shape::dashed_line(&around, stroke, 5.0, 3.0)) } else { _ = painter.add(Shape::line(around, stroke)) }
        }
        Figure::Arrow { from, to, ink, head, which } => {
            let line = shade(colour(*ink, c), from.t);
            let (a, b) = (scale.at(*from), scale.at(*to));
            painter.line_segment([a, b], Stroke::new(if chosen == Some(*which) { 3.0 } else { 1.5 }, line));
            if *head {
                let both = |p: Pos2| [f64::from(p.x), f64::from(p.y)];
                let (left, right) = arrow_head(both(a), both(b), 8.0);
                let corner = |[x, y]: [f64; 2]| pos2(x as f32, y as f32);
                painter.add(Shape::convex_polygon(vec![b, corner(left), corner(right)], line, Stroke::NONE));
            }
        }
        Figure::Cross { at, .. } => cross(painter, scale.at(*at), shade(c.bad, at.t)),
        Figure::Wait { from, to, lane, .. } => {
            let (top, bottom) = (scale.y(*from), scale.y(*to));
            let x = (scale.sender - 12.0 - 10.0 * *lane as f32).max(scale.sender - 56.0);
            let stroke = Stroke::new(1.0, shade(colour(Ink::TimeOut, c), *from));
            let line = [pos2(scale.sender, top), pos2(x, top), pos2(x, bottom), pos2(scale.sender, bottom)];
            painter.extend(Shape::dashed_line(&line, stroke, 2.0, 2.0));
            painter.circle_filled(pos2(scale.sender, bottom), 3.0, shade(colour(Ink::TimeOut, c), *to));
        }
        Figure::Number { at, number, .. } => {
            painter.text(scale.at(*at), Align2::CENTER_CENTER, number.to_string(), Type::MonoSmall.font(), shade(c.t1, at.t));
        }
        Figure::Note { t, note } => {
            painter.text(pos2(scale.receiver + 10.0, scale.y(*t)), Align2::LEFT_CENTER, words(*note, cx), Type::Plot.font(), shade(c.t2, *t));
        }
    }
}

fn words(note: Note, cx: &Cx<'_>) -> String {
    let (key, nth) = match note {
        Note::Deliver { from, count } if count > 1 => {
            return cx.strings.format("arq-note-delivers", &[("from", from.into()), ("to", (from + count - 1).into())]);
        }
        Note::Deliver { from, .. } => ("arq-note-deliver", from),
        Note::Keep(nth) => ("arq-note-keep", nth),
        Note::Discard(nth) => ("arq-note-discard", nth),
        Note::Duplicate(nth) => ("arq-note-duplicate", nth),
        Note::Damaged(nth) => ("arq-note-damaged", nth),
    };
    cx.strings.format(key, &[("n", nth.into())])
}

/// The packet that a click is meant for: the last drawn of those that are near.
fn nearest(figures: &[Figure], scale: &Scale, at: Pos2) -> Option<Which> {
    let near = |figure: &&Figure| match figure {
        Figure::Band { corners, .. } => is_inside(&corners.map(|corner| scale.at(corner)), at),
        Figure::Arrow { from, to, .. } => to_line(scale.at(*from), scale.at(*to), at) <= NEAR,
        Figure::Cross { at: place, .. } => scale.at(*place).distance(at) <= 2.0 * NEAR,
        Figure::Wait { .. } | Figure::Number { .. } | Figure::Note { .. } => false,
    };
    // Arrows cross bands and are thinner: they come first.
    let is_arrow = |figure: &&Figure| !matches!(figure, Figure::Band { .. });
    let which = |figure: &Figure| match figure {
        Figure::Band { which, .. } | Figure::Arrow { which, .. } | Figure::Cross { which, .. } => Some(*which),
        _ => None,
    };
    let mut hits = figures.iter().filter(near);
    let hits: Vec<&Figure> = hits.by_ref().collect();
    hits.iter().rev().copied().find(is_arrow).or_else(|| hits.last().copied()).and_then(which)
}

fn to_line(a: Pos2, b: Pos2, at: Pos2) -> f32 {
    let along = b - a;
    let share = ((at - a).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (a + along * share).distance(at)
}

/// Whether a place lies in a convex figure: on the same side of all its edges.
fn is_inside(corners: &[Pos2; 4], at: Pos2) -> bool {
    let sides = (0..4).map(|i| {
        let (a, b) = (corners[i], corners[(i + 1) % 4]);
        (b.x - a.x) * (at.y - a.y) - (b.y - a.y) * (at.x - a.x)
    });
    let sides: Vec<f32> = sides.collect();
    sides.iter().all(|side| *side >= 0.0) || sides.iter().all(|side| *side <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_for_what_is_near() {
        let scale = Scale { sender: 100.0, receiver: 300.0, top: 0.0, down: 100.0 };
        let at = |x: f64, t: f64| At { x, t };
        let band = Figure::Band { corners: [at(0.0, 0.0), at(1.0, 0.5), at(1.0, 0.8), at(0.0, 0.3)], ink: Ink::Data, which: (Direction::Data, 4) };
        let arrow = Figure::Arrow { from: at(1.0, 0.8), to: at(0.0, 1.2), ink: Ink::Ack, head: true, which: (Direction::Acks, 2) };
        let figures = [band, arrow];
        let check = |x: f32, y: f32, want| assert_eq!(nearest(&figures, &scale, pos2(x, y)), want, "{x}, {y}");
        check(200.0, 40.0, Some((Direction::Data, 4)));
        check(200.0, 100.0, Some((Direction::Acks, 2)));
        check(200.0, 103.0, Some((Direction::Acks, 2)));
        check(200.0, 70.0, None);
        check(120.0, 2.0, None);
    }
}
