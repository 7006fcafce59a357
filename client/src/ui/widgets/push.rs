//! Buttons: with a word, with an icon, or both.

use egui::accesskit::Role;
use egui::{Align2, Color32, CursorIcon, FontId, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo, pos2, vec2};

use super::super::icons::Icon;
use super::super::tokens::{Colors, Type, colors, radius, size, space};
use super::focus_ring;

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one thing to do here.
    Primary,
    Plain,
    /// Plain, in the colour of what cannot be undone.
    Danger,
    /// Without a frame until it is pointed at.
    Bare,
}

/// A button. Its label is what a screen reader says and what a tooltip of an icon shows.
#[derive(Debug)]
#[must_use = "add it to a ui"]
pub(crate) struct Push<'a> {
    look: Look,
    label: &'a str,
    show_text: bool,
    icon: Option<Icon>,
    icon_edge: f32,
    height: f32,
    width: Option<f32>,
    selected: bool,
    enabled: bool,
    mono: bool,
    shortcut: Option<&'a str>,
    named: Option<&'a str>,
    ink: Option<Color32>,
}

impl<'a> Push<'a> {
    /// A button with a word.
    pub(crate) fn text(look: Look, label: &'a str) -> Self {
        Self {
            look,
            label,
            show_text: true,
            icon: None,
            icon_edge: size::ICON,
            height: size::CONTROL,
            width: None,
            selected: false,
            enabled: true,
            mono: false,
            shortcut: None,
            named: None,
            ink: None,
        }
    }

    /// A square button with an icon alone; the label is its tooltip.
    pub(crate) fn icon(icon: Icon, label: &'a str) -> Self {
        Self { show_text: false, icon: Some(icon), width: Some(size::CONTROL), ..Self::text(Look::Bare, label) }
    }

    /// An icon before the word.
    pub(crate) fn with_icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    pub(crate) fn icon_edge(mut self, edge: f32) -> Self {
        self.icon_edge = edge;
        self
    }

    pub(crate) fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    pub(crate) fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// As small as fits beside text.
    pub(crate) fn small(mut self) -> Self {
        self.height = size::SMALL;
        self.icon_edge = size::ICON_SMALL;
        if !self.show_text {
            self.width = Some(size::SMALL);
        }
        self
    }

    /// Switched on, as a screen reader also says.
    pub(crate) fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    pub(crate) fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Digits that do not jump.
    pub(crate) fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    /// The key that does the same, for the tooltip.
    pub(crate) fn shortcut(mut self, key: &'a str) -> Self {
        self.shortcut = Some(key);
        self
    }

    /// What a screen reader says instead of the word on it.
    pub(crate) fn named(mut self, name: &'a str) -> Self {
        self.named = Some(name);
        self
    }

    /// The colour of its icon and word, while it can be pressed.
    pub(crate) fn ink(mut self, ink: Color32) -> Self {
        self.ink = Some(ink);
        self
    }

    fn font(&self) -> FontId {
        match (self.mono, self.height <= size::SMALL) {
            (true, _) => Type::MonoSmall.font(),
            (false, true) => FontId { size: 12.0, ..Type::Control.font() },
            (false, false) => Type::Control.font(),
        }
    }
}

impl Widget for Push<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let c = colors(ui);
        let galley = self.show_text.then(|| ui.painter().layout_no_wrap(self.label.to_owned(), self.font(), Color32::PLACEHOLDER));
        let text_width = galley.as_ref().map_or(0.0, |g| g.size().x);
        let gap = if self.icon.is_some() && self.show_text { space::S } else { 0.0 };
        let icon_width = if self.icon.is_some() { self.icon_edge } else { 0.0 };
        let padding = if self.height <= size::SMALL { space::S } else { space::M };
        let content = icon_width + gap + text_width;
        let width = self.width.unwrap_or(content + 2.0 * padding).min(ui.available_width().max(size::SMALL));
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, self.height), sense);
        if ui.is_rect_visible(rect) {
            let radius = if self.height <= size::SMALL { radius::CHIP } else { radius::CONTROL };
            let mut paint = Paint::of(&self, &response, c);
            if let Some(ink) = self.ink.filter(|_| self.enabled) {
                paint.ink = ink;
            }
            ui.painter().rect(rect, f32::from(radius), paint.fill, Stroke::new(1.0, paint.line), StrokeKind::Inside);
            let mut x = rect.center().x - content / 2.0;
            if let Some(icon) = self.icon {
                let at = pos2(x + icon_width / 2.0, rect.center().y);
                icon.paint(ui.painter(), Rect::from_center_size(at, Vec2::splat(self.icon_edge)), paint.ink);
                x += icon_width + gap;
            }
            if let Some(galley) = galley {
                let clip = ui.painter().with_clip_rect(rect.shrink2(vec2(4.0, 0.0)).intersect(ui.clip_rect()));
                let at = Align2::LEFT_CENTER.anchor_size(pos2(x, rect.center().y), galley.size()).min;
                clip.galley(at, galley, paint.ink);
            }
            focus_ring(ui, rect, radius, &response);
        }
        let selected = self.selected.then_some(true);
        response.widget_info(|| WidgetInfo { selected, ..WidgetInfo::labeled(Role::Button, self.enabled, self.named.unwrap_or(self.label)) });
        let tip = match (self.show_text, self.shortcut) {
            (true, None) => None,
            (true, Some(key)) => Some(key.to_owned()),
            (false, None) => Some(self.label.to_owned()),
            (false, Some(key)) => Some(format!("{} ({key})", self.label)),
        };
        match tip {
            Some(tip) if self.enabled => response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tip),
            _ if self.enabled => response.on_hover_cursor(CursorIcon::PointingHand),
            _ => response,
        }
    }
}

/// What a button looks like now.
struct Paint {
    fill: Color32,
    line: Color32,
    ink: Color32,
}

impl Paint {
    fn of(push: &Push<'_>, response: &Response, c: &Colors) -> Self {
        let clear = Color32::TRANSPARENT;
        let pressed = response.is_pointer_button_down_on();
        let hovered = response.hovered();
        if !push.enabled {
            return Self { fill: clear, line: if push.look == Look::Bare { clear } else { c.line }, ink: c.t3 };
        }
        let fill = |rest| {
            if pressed {
                c.active
            } else if hovered {
                c.hover
            } else {
                rest
            }
        };
        match push.look {
            Look::Primary if pressed => Self { fill: c.accent_fill_pressed, line: clear, ink: c.on_fill },
            Look::Primary if hovered => Self { fill: c.accent_fill_hover, line: clear, ink: c.on_fill },
            Look::Primary => Self { fill: c.accent_fill, line: clear, ink: c.on_fill },
            Look::Plain if push.selected => Self { fill: c.accent_tint, line: c.accent_line, ink: c.accent },
            Look::Plain => Self { fill: fill(c.raised), line: c.line_strong, ink: c.t1 },
            Look::Danger => Self { fill: fill(c.raised), line: c.line_strong, ink: c.bad },
            Look::Bare if push.selected => Self { fill: c.active, line: clear, ink: c.t1 },
            Look::Bare => Self { fill: fill(clear), line: clear, ink: if hovered || pressed { c.t1 } else { c.t2 } },
        }
    }
}
