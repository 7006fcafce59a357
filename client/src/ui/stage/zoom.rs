//! Zoom and pan, for who sits far from the screen: which part of the stage's picture is shown, and how that is moved.
//!
//! [`Zoom`] is geometry alone; [`zoom_ui`] turns wheel, pinch and drag into it. The picture never leaves the stage: it
//! covers what it can cover.

use egui::{Context, CursorIcon, Event, Key, Modifiers, Pos2, Rect, Response, Ui, Vec2, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::widgets::{Look, Push};

/// Largest enlargement: a letter of 144p then is as tall as a hand.
const MOST: f32 = 8.0;
/// One press of a key, and one notch of a wheel of 50 points.
const STEP: f32 = 1.25;
const NOTCH: f32 = 50.0;
/// One press of a pan key, as a share of the stage.
const PAN: f32 = 0.1;

/// How the picture lies on the stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Zoom {
    /// 1: as large as fits.
    scale: f32,
    /// The middle of the stage, measured from the middle of the picture in shares of its fitted size.
    centre: Vec2,
}

impl Default for Zoom {
    fn default() -> Self {
        Self { scale: 1.0, centre: Vec2::ZERO }
    }
}

impl Zoom {
    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.scale <= 1.0
    }

    /// Where the whole picture lies, of which `fitted` is the place without zoom, on a stage of `area`.
    #[must_use]
    pub(crate) fn place(&self, area: Rect, fitted: Rect) -> Rect {
        if self.is_whole() {
            return fitted;
        }
        let size = fitted.size() * self.scale;
        Rect::from_center_size(area.center() - self.centre * size, size)
    }

    /// Enlarges by a factor; what lies under `at` stays there.
    fn by(&mut self, factor: f32, at: Pos2, area: Rect, fitted: Rect) {
        let before = self.place(area, fitted);
        let scale = (self.scale * factor).clamp(1.0, MOST);
        if !factor.is_finite() || fitted.width() <= 0.0 || fitted.height() <= 0.0 {
            return;
        }
        // Where in the picture the pointer is, from its middle.
        let share = (at - before.center()) / before.size();
        let size = fitted.size() * scale;
        self.scale = scale;
        self.centre = share - (at - area.center()) / size;
        self.hold(area, fitted);
    }

    /// Moves the picture by so many points.
    fn pan(&mut self, by: Vec2, area: Rect, fitted: Rect) {
        self.centre -= by / (fitted.size() * self.scale).max(Vec2::splat(1.0));
        self.hold(area, fitted);
    }

    /// Keeps the picture where it may lie after the stage has changed its size.
    pub(super) fn fit(&mut self, area: Rect, fitted: Rect) {
        if !self.is_whole() {
            self.hold(area, fitted);
        }
    }

    /// No edge of the picture comes inside the stage, unless the picture is smaller than that.
    fn hold(&mut self, area: Rect, fitted: Rect) {
        let size = (fitted.size() * self.scale).max(Vec2::splat(1.0));
        let free = ((size - area.size()) / (2.0 * size)).max(Vec2::ZERO);
        self.centre = self.centre.clamp(-free, free);
        if self.is_whole() {
            *self = Self::default();
        }
    }
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZoomKey {
    In,
    Out,
    /// The whole picture again.
    Whole,
    /// By shares of the stage, towards where the arrow points.
    Pan(Vec2),
}

/// Keys of zoom and pan that were pressed, taken away from everything else.
pub(crate) fn zoom_keys(ctx: &Context) -> Vec<ZoomKey> {
    let plain = [(Key::Plus, ZoomKey::In), (Key::Equals, ZoomKey::In), (Key::Minus, ZoomKey::Out), (Key::Z, ZoomKey::Whole)];
    let shift = [(Key::ArrowLeft, vec2(-PAN, 0.0)), (Key::ArrowRight, vec2(PAN, 0.0)), (Key::ArrowUp, vec2(0.0, -PAN)), (Key::ArrowDown, vec2(0.0, PAN))];
    ctx.input_mut(|i| {
        // Those of the event: Ctrl, with which they scale the whole window, may already be up again.
        let is_plain = |m: &Modifiers| !m.command && !m.ctrl && !m.alt;
        let of_event = |e: &Event| match e {
            Event::Key { key, pressed: true, modifiers, .. } if is_plain(modifiers) => plain.iter().find(|(k, _)| k == key).map(|(_, asked)| *asked),
            _ => None,
        };
        let mut keys: Vec<_> = i.events.iter().filter_map(of_event).collect();
        keys.extend(shift.into_iter().filter(|(key, _)| i.consume_key(Modifiers::SHIFT, *key)).map(|(_, by)| ZoomKey::Pan(by)));
        keys
    })
}

/// Applies a key.
pub(super) fn apply(zoom: &mut Zoom, key: ZoomKey, area: Rect, fitted: Rect) {
    match key {
        ZoomKey::In => zoom.by(STEP, area.center(), area, fitted),
        ZoomKey::Out => zoom.by(1.0 / STEP, area.center(), area, fitted),
        ZoomKey::Whole => *zoom = Zoom::default(),
        ZoomKey::Pan(by) => zoom.pan(-by * area.size(), area, fitted),
    }
}

/// Wheel, pinch and drag on the picture.
pub(super) fn zoom_ui(ui: &Ui, background: &Response, zoom: &mut Zoom, area: Rect, fitted: Rect) {
    if let Some(at) = background.hover_pos() {
        let (pinch, wheel) = ui.input(|i| (i.zoom_delta(), i.smooth_scroll_delta().y));
        let factor = pinch * STEP.powf(wheel / NOTCH);
        if factor != 1.0 {
            zoom.by(factor, at, area, fitted);
        }
    }
    if zoom.is_whole() {
        return;
    }
    if background.dragged() {
        zoom.pan(background.drag_delta(), area, fitted);
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    } else if background.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::Grab);
    }
}

/// How large it is, and the way back, in the row of the controls.
pub(super) fn whole_ui(ui: &mut Ui, zoom: Zoom, cx: &mut Cx<'_>) {
    if zoom.is_whole() {
        return;
    }
    let shown = format!("{:.1}×", zoom.scale());
    let label = cx.strings.format("stage-zoom-whole", &[("scale", shown.as_str().into())]);
    if ui.add(Push::text(Look::Plain, &shown).with_icon(Icon::Close).mono().shortcut("Z").named(&label)).clicked() {
        cx.push(Command::Zoom(ZoomKey::Whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    /// A stage of 1000x800 with a picture of 16:9 on it.
    fn stage() -> (Rect, Rect) {
        let area = Rect::from_min_size(pos2(100.0, 50.0), vec2(1000.0, 800.0));
        (area, Rect::from_center_size(area.center(), vec2(1000.0, 562.5)))
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let (area, fitted) = stage();
        let at = pos2(400.0, 420.0);
        let mut zoom = Zoom::default();
        zoom.by(4.0, at, area, fitted);
        let share = |place: Rect| (at - place.min) / place.size();
        let (before, after) = (share(fitted), share(zoom.place(area, fitted)));
        assert!((before - after).length() < 1e-3, "{before} {after}");
        zoom.by(0.5, at, area, fitted);
        assert!((share(zoom.place(area, fitted)) - before).length() < 1e-3);
    }

    #[test]
    fn the_picture_covers_what_it_can() {
        let (area, fitted) = stage();
        let mut zoom = Zoom::default();
        zoom.by(1.2, area.center(), area, fitted);
        zoom.pan(vec2(1e6, 1e6), area, fitted);
        let place = zoom.place(area, fitted);
        // 1200 wide on 1000: at its end. 675 high on 800: in the middle.
        assert!((place.left() - area.left()).abs() < 1e-2, "{place}");
        assert!((place.center().y - area.center().y).abs() < 1e-2, "{place}");
    }

    #[test]
    fn it_ends_at_whole_and_at_most() {
        let (area, fitted) = stage();
        let mut zoom = Zoom::default();
        for _ in 0..40 {
            apply(&mut zoom, ZoomKey::In, area, fitted);
        }
        assert!((zoom.scale() - MOST).abs() < 1e-3);
        apply(&mut zoom, ZoomKey::Pan(vec2(-0.1, 0.0)), area, fitted);
        assert!(zoom.place(area, fitted).center().x > area.center().x, "left shows what is on the left");
        for _ in 0..40 {
            apply(&mut zoom, ZoomKey::Out, area, fitted);
        }
        assert_eq!(zoom, Zoom::default());
        zoom.by(f32::NAN, area.center(), area, fitted);
        zoom.by(2.0, area.center(), area, Rect::ZERO);
        assert_eq!(zoom, Zoom::default());
    }
}
