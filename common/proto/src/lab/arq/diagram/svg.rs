//! The diagram as a picture file: SVG 1.1 with the colours of print.

use std::fmt::Write as _;
use std::time::Duration;

use super::{At, Figure, Ink, Note, figures, step};
use crate::lab::arq::scenario::Scenario;
use crate::lab::arq::trace::Trace;

/// Pixels: the whole width, the two axes, and from the upper edge to time 0.
const WIDTH: f64 = 720.0;
const SENDER: f64 = 170.0;
const RECEIVER: f64 = 520.0;
const TOP: f64 = 70.0;
const TALL: f64 = 2_400.0;

struct Scale {
    down: f64,
}

impl Scale {
    fn x(&self, x: f64) -> f64 {
        SENDER + (RECEIVER - SENDER) * x
    }

    fn y(&self, t: f64) -> f64 {
        TOP + t * self.down
    }

    fn point(&self, at: At) -> String {
        format!("{:.1},{:.1}", self.x(at.x), self.y(at.t))
    }
}

const fn colour(ink: Ink) -> &'static str {
    match ink {
        Ink::Data => "#1f5fbf",
        Ink::Again => "#b36b00",
        Ink::Ack => "#1a8a4a",
        Ink::Lost => "#c5283d",
        Ink::TimeOut => "#b36b00",
    }
}

/// The whole diagram, with what was set above it.
#[must_use]
pub fn svg(scenario: &Scenario, trace: &Trace) -> String {
    let end = trace.end().as_secs_f64().max(1e-6);
    // A packet that takes its time should be high enough for its number; yet the picture does not grow without end.
    let packet = scenario.packet_time().as_secs_f64();
    let down = (if packet > 0.0 { 22.0 / packet } else { 700.0 / end }).min(TALL / end).max(260.0 / end);
    let scale = Scale { down };
    let height = scale.y(end) + 40.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let title = format!(
        "{}, window {}, loss {:.1}% / {:.1}%, seed {}",
        scenario.arq.protocol,
        scenario.arq.window,
        scenario.data.loss * 100.0,
        scenario.acks.loss * 100.0,
        scenario.seed
    );
    text(&mut out, WIDTH / 2.0, 22.0, "middle", "#111111", &title);
    text(&mut out, SENDER, 50.0, "middle", "#111111", "Sender");
    text(&mut out, RECEIVER, 50.0, "middle", "#111111", "Receiver");
    grid(&mut out, &scale, end);
    for figure in figures(trace, Duration::ZERO, Duration::MAX) {
        draw(&mut out, &scale, &figure);
    }
    for x in [SENDER, RECEIVER] {
        let _ = writeln!(out, "<line x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{:.1}\" stroke=\"#333333\" stroke-width=\"2\"/>", scale.y(end));
    }
    out.push_str("</svg>\n");
    out
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, colour: &str, words: &str) {
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>");
}

fn grid(out: &mut String, scale: &Scale, end: f64) {
    let lines = (end * scale.down / 60.0).clamp(1.0, 60.0) as u32;
    let every = step(end, lines);
    let mut nth = 0_u32;
    while f64::from(nth) * every <= end * (1.0 + 1e-9) {
        let t = f64::from(nth) * every;
        let y = scale.y(t);
        let _ = writeln!(out, "<line x1=\"{SENDER}\" y1=\"{y:.1}\" x2=\"{RECEIVER}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>");
        text(out, 60.0, y + 4.0, "end", "#555555", &time(t, every));
        nth += 1;
    }
}

/// A moment in the unit that suits the scale.
#[must_use]
pub fn time(seconds: f64, every: f64) -> String {
    match every {
        every if every >= 1.0 => format!("{seconds:.0} s"),
        every if every >= 0.001 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{:.0} µs", seconds * 1e6),
    }
}

fn draw(out: &mut String, scale: &Scale, figure: &Figure) {
    let _ = match figure {
        Figure::Band { corners, ink, .. } => {
            let points: Vec<String> = corners.iter().map(|at| scale.point(*at)).collect();
            let dashes = if *ink == Ink::Again { " stroke-dasharray=\"4 3\"" } else { "" };
            writeln!(out, "<polygon points=\"{}\" fill=\"{1}\" fill-opacity=\"0.18\" stroke=\"{1}\"{dashes}/>", points.join(" "), colour(*ink))
        }
        Figure::Arrow { from, to, ink, head, .. } => {
            let ink = colour(*ink);
            let (x1, y1, x2, y2) = (scale.x(from.x), scale.y(from.t), scale.x(to.x), scale.y(to.t));
            let _ = writeln!(out, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{ink}\" stroke-width=\"1.5\"/>");
            match head {
                true => {
                    let ([ax, ay], [bx, by]) = arrow_head([x1, y1], [x2, y2], 8.0);
                    writeln!(out, "<polygon points=\"{x2:.1},{y2:.1} {ax:.1},{ay:.1} {bx:.1},{by:.1}\" fill=\"{ink}\"/>")
                }
                false => Ok(()),
            }
        }
        Figure::Cross { at, .. } => {
            let (x, y, ink) = (scale.x(at.x), scale.y(at.t), colour(Ink::Lost));
            let (a, b, c, d) = (x - 4.0, y - 4.0, x + 4.0, y + 4.0);
            writeln!(out, "<path d=\"M{a:.1} {b:.1}L{c:.1} {d:.1}M{c:.1} {b:.1}L{a:.1} {d:.1}\" stroke=\"{ink}\" stroke-width=\"2\"/>")
        }
        Figure::Wait { from, to, lane, .. } => {
            let (x, top, bottom) = ((SENDER - 14.0 - 12.0 * *lane as f64).max(70.0), scale.y(*from), scale.y(*to));
            let ink = colour(Ink::TimeOut);
            writeln!(out, "<path d=\"M{SENDER} {top:.1}H{x:.1}V{bottom:.1}H{SENDER}\" fill=\"none\" stroke=\"{ink}\" stroke-dasharray=\"2 3\"/>")
        }
        Figure::Number { at, ink, number, .. } => {
            text(out, scale.x(at.x), scale.y(at.t) + 4.0, "middle", colour(*ink), &number.to_string());
            Ok(())
        }
        Figure::Note { t, note } => {
            text(out, RECEIVER + 12.0, scale.y(*t) + 4.0, "start", "#333333", &words(*note));
            Ok(())
        }
    };
}

/// The two back corners of an arrow's head of this length.
#[must_use]
pub fn arrow_head(from: [f64; 2], to: [f64; 2], length: f64) -> ([f64; 2], [f64; 2]) {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let far = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / far * length, dy / far * length);
    let back = [to[0] - ux, to[1] - uy];
    ([back[0] - uy * 0.4, back[1] + ux * 0.4], [back[0] + uy * 0.4, back[1] - ux * 0.4])
}

fn words(note: Note) -> String {
    match note {
        Note::Deliver { from, count: 1 } => format!("deliver {from}"),
        Note::Deliver { from, count } => format!("deliver {from}–{}", from + count - 1),
        Note::Keep(nth) => format!("keep {nth}"),
        Note::Discard(nth) => format!("discard {nth}"),
        Note::Duplicate(nth) => format!("has {nth}"),
        Note::Damaged(nth) => format!("{nth} damaged"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::arq::Simulation;

    #[test]
    fn the_picture_has_all_figures_and_is_closed() {
        for scenario in [Scenario::example(), Scenario::earlier()] {
            let mut run = Simulation::new(&scenario, true).expect("a run");
            let outcome = run.finish();
            let trace = run.trace().expect("traced");
            let svg = svg(&scenario, trace);
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert_eq!(svg.matches("<path d=\"M").count() as u64, outcome.data_lost + outcome.acks_lost + outcome.timeouts);
            assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        }
    }

    #[test]
    fn a_head_points_where_the_arrow_goes() {
        let (a, b) = arrow_head([0.0, 0.0], [10.0, 0.0], 5.0);
        assert_eq!((a, b), ([5.0, 2.0], [5.0, -2.0]));
    }
}
