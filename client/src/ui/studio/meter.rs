//! The level of a microphone: bars from -60 to 0 dB that fall by 20 dB a second, and the highest of the last one and a half seconds.

use egui::accesskit::Role;
use egui::{Id, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::tokens::{Colors, colors};

/// What the left end stands for, in dB below full scale.
const LEAST_DB: f32 = -60.0;
/// From here on a voice is too loud, and from there it is cut.
const WARN_DB: f32 = -12.0;
const BAD_DB: f32 = -3.0;
const FALL_DB_PER_S: f64 = 20.0;
const HOLD_S: f64 = 1.5;
/// Width of a bar and the gap behind it.
const BAR: f32 = 4.0;
const STEP: f32 = 6.0;

/// What a meter shows; in egui's seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Needle {
    level_db: f32,
    at: f64,
    peak_db: f32,
    peak_at: f64,
}

impl Needle {
    /// What it shows at `now`, when `heard_db` is what was heard last.
    fn follow(before: Option<Self>, heard_db: f32, now: f64) -> Self {
        let heard_db = if heard_db.is_finite() { heard_db.clamp(LEAST_DB, 0.0) } else { LEAST_DB };
        let Some(before) = before else { return Self { level_db: heard_db, at: now, peak_db: heard_db, peak_at: now } };
        let fallen = before.level_db - ((now - before.at).max(0.0) * FALL_DB_PER_S) as f32;
        let level_db = heard_db.max(fallen).max(LEAST_DB);
        let keeps = before.peak_db >= level_db && now - before.peak_at < HOLD_S;
        let (peak_db, peak_at) = if keeps { (before.peak_db, before.peak_at) } else { (level_db, now) };
        Self { level_db, at: now, peak_db, peak_at }
    }
}

/// Draws it as wide and high as given; `peak_db` is none where there is no sound.
pub(crate) fn meter_ui(ui: &mut Ui, id: Id, width: f32, height: f32, peak_db: Option<f32>, label: &str) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let now = ui.input(|i| i.time);
    let needle = peak_db.map(|heard| Needle::follow(ui.data(|d| d.get_temp::<Needle>(id)), heard, now));
    ui.data_mut(|d| match needle {
        Some(needle) => drop(d.insert_temp(id, needle)),
        None => d.remove::<Needle>(id),
    });
    let bars = (width / STEP).floor().max(1.0) as usize;
    let db = |bar: usize| LEAST_DB * (1.0 - (bar as f32 + 0.5) / bars as f32);
    let peak = needle.filter(|n| n.peak_db > LEAST_DB).map(|n| ((1.0 - n.peak_db / LEAST_DB) * bars as f32) as usize);
    for bar in 0..bars {
        let place = Rect::from_min_size(pos2(rect.left() + STEP * bar as f32, rect.top()), vec2(BAR, height));
        let is_on = needle.is_some_and(|n| n.level_db > db(bar));
        let color = if is_on || peak == Some(bar) { ink(db(bar), is_on, c) } else { c.active };
        ui.painter().rect_filled(place, 1.0, color);
    }
    let value = peak_db.map(|db| f64::from(db.max(LEAST_DB)).round());
    response.widget_info(|| WidgetInfo { value, ..WidgetInfo::labeled(Role::Meter, true, label) });
}

fn ink(db: f32, is_on: bool, c: &Colors) -> egui::Color32 {
    match db {
        db if db >= BAD_DB => c.bad,
        db if db >= WARN_DB => c.warn,
        _ if is_on => c.good,
        // The mark of the peak.
        _ => c.t1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_at_once_falls_slowly_and_holds_the_peak() {
        let mut needle = Needle::follow(None, -40.0, 0.0);
        let mut check = |heard, now, want: (f32, f32)| {
            needle = Needle::follow(Some(needle), heard, now);
            assert!((needle.level_db - want.0).abs() < 0.01 && (needle.peak_db - want.1).abs() < 0.01, "{now}: {needle:?}");
        };
        check(-10.0, 0.1, (-10.0, -10.0));
        check(-60.0, 0.6, (-20.0, -10.0));
        check(-60.0, 1.5, (-38.0, -10.0));
        check(-60.0, 1.7, (-42.0, -42.0));
        check(-60.0, 99.0, (-60.0, -60.0));
        check(f32::NAN, 100.0, (-60.0, -60.0));
        check(7.0, 100.1, (0.0, 0.0));
    }
}
