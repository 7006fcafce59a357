//! Colours, type and measures: the one file that knows a hex value. Drawing code names roles.
//!
//! [`install`] makes an egui style for each theme from them. The stage and what lies on it are always dark: [`on_stage`].
//! Every text colour is at least 4.5:1 on the surfaces that it stands on, which a test computes.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Visuals, vec2};

use super::fonts;

/// Colours by role.
#[derive(Debug, PartialEq, Eq)]
pub struct Colors {
    /// Stage and letterbox.
    pub well: Color32,
    /// The ground.
    pub window: Color32,
    /// Rail, side panels, cards.
    pub panel: Color32,
    /// Buttons and menus.
    pub raised: Color32,
    pub hover: Color32,
    /// Pressed, selected, tracks.
    pub active: Color32,
    /// Inputs.
    pub field: Color32,
    /// Separators and cards.
    pub line: Color32,
    /// Buttons and menus.
    pub line_strong: Color32,
    /// Inputs and switches.
    pub control: Color32,
    /// Text, secondary text, hints.
    pub t1: Color32,
    pub t2: Color32,
    pub t3: Color32,
    /// Links, focus, the mark of a selection.
    pub accent: Color32,
    /// The primary button under [`Colors::on_fill`].
    pub accent_fill: Color32,
    pub accent_fill_hover: Color32,
    pub accent_fill_pressed: Color32,
    pub accent_tint: Color32,
    pub accent_line: Color32,
    pub good: Color32,
    pub good_tint: Color32,
    pub good_line: Color32,
    pub warn: Color32,
    pub warn_tint: Color32,
    pub warn_line: Color32,
    pub bad: Color32,
    pub bad_tint: Color32,
    pub bad_line: Color32,
    /// The fourth series of a plot; accent, warn and good are the others.
    pub violet: Color32,
    /// On air: text and icon, the fill under [`Colors::on_fill`], a tint and its line.
    pub live: Color32,
    pub live_fill: Color32,
    pub live_tint: Color32,
    pub live_line: Color32,
    /// Text on a fill.
    pub on_fill: Color32,
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

pub static DARK: Colors = Colors {
    well: hex(0x05_06_07),
    window: hex(0x10_12_15),
    panel: hex(0x16_19_1D),
    raised: hex(0x1D_21_26),
    hover: hex(0x26_2B_31),
    active: hex(0x2F_35_3C),
    field: hex(0x0B_0D_0F),
    line: hex(0x26_2B_31),
    line_strong: hex(0x3B_42_4B),
    control: hex(0x68_72_7E),
    t1: hex(0xEC_EE_F1),
    t2: hex(0xB1_B8_C1),
    t3: hex(0x8E_97_A3),
    accent: hex(0x74_B1_FF),
    accent_fill: hex(0x2A_6D_D2),
    accent_fill_hover: hex(0x2F_72_D8),
    accent_fill_pressed: hex(0x22_5C_B4),
    accent_tint: hex(0x16_26_3D),
    accent_line: hex(0x2F_5A_93),
    good: hex(0x4F_C4_8C),
    good_tint: hex(0x12_2A_22),
    good_line: hex(0x2A_6B_4E),
    warn: hex(0xED_B6_4A),
    warn_tint: hex(0x2D_24_10),
    warn_line: hex(0x75_59_1C),
    bad: hex(0xFF_8A_A0),
    bad_tint: hex(0x33_17_22),
    bad_line: hex(0x85_37_4B),
    violet: hex(0xBF_A3_FF),
    live: hex(0xFF_7A_6B),
    live_fill: hex(0xD0_35_2A),
    live_tint: hex(0x0033_1816),
    live_line: hex(0x7A_2F_28),
    on_fill: hex(0xFF_FF_FF),
};

pub static LIGHT: Colors = Colors {
    well: hex(0x05_06_07),
    window: hex(0xF1_F3_F5),
    panel: hex(0xF8_F9_FA),
    raised: hex(0xFF_FF_FF),
    hover: hex(0xE8_EB_EE),
    active: hex(0xDC_E0_E5),
    field: hex(0xFF_FF_FF),
    line: hex(0xDE_E2_E6),
    line_strong: hex(0xC3_C9_D0),
    control: hex(0x7F_88_93),
    t1: hex(0x14_17_1A),
    t2: hex(0x45_4D_57),
    t3: hex(0x5F_68_73),
    accent: hex(0x1A_5B_BF),
    accent_fill: hex(0x1F_62_C8),
    accent_fill_hover: hex(0x2A_6F_D6),
    accent_fill_pressed: hex(0x18_4F_9F),
    accent_tint: hex(0xE4_EE_FB),
    accent_line: hex(0x9D_BF_EC),
    good: hex(0x17_71_4A),
    good_tint: hex(0xE3_F4_EB),
    good_line: hex(0x93_CC_B0),
    warn: hex(0x7F_53_00),
    warn_tint: hex(0xFB_F1_DA),
    warn_line: hex(0xDD_BE_78),
    bad: hex(0xAE_1F_4A),
    bad_tint: hex(0xFB_E7_ED),
    bad_line: hex(0xE3_A3_B6),
    violet: hex(0x6A_43_C2),
    live: hex(0xBD_2A_1F),
    live_fill: hex(0xC8_30_1F),
    live_tint: hex(0xFC_E9_E7),
    live_line: hex(0xE7_A8_A2),
    on_fill: hex(0xFF_FF_FF),
};

/// The colours of where `ui` stands.
#[must_use]
pub fn colors(ui: &egui::Ui) -> &'static Colors {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Sizes and weights of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Display,
    Heading,
    Title,
    /// A paragraph.
    Body,
    /// A button, a name in a list.
    Control,
    Small,
    Caption,
    /// A number or an address in a line of body text.
    Mono,
    /// The same in small text.
    MonoSmall,
    /// A label on an axis.
    Plot,
}

impl Type {
    /// The font of this role.
    #[must_use]
    pub fn font(self) -> FontId {
        let named = |name: &str| FontFamily::Name(name.into());
        match self {
            Self::Display => FontId::new(24.0, named(fonts::SEMIBOLD)),
            Self::Heading => FontId::new(18.0, named(fonts::SEMIBOLD)),
            Self::Title => FontId::new(15.0, named(fonts::SEMIBOLD)),
            Self::Body => FontId::new(13.0, FontFamily::Proportional),
            Self::Control => FontId::new(13.0, named(fonts::MEDIUM)),
            Self::Small => FontId::new(12.0, FontFamily::Proportional),
            Self::Caption => FontId::new(11.0, named(fonts::MEDIUM)),
            Self::Mono => FontId::new(13.0, FontFamily::Monospace),
            Self::Plot => FontId::new(10.5, FontFamily::Proportional),
            Self::MonoSmall => FontId::new(12.0, named(fonts::MONO_STRONG)),
        }
    }

    /// Height of a line, in points.
    #[must_use]
    pub fn line(self) -> f32 {
        match self {
            Self::Display => 32.0,
            Self::Heading => 24.0,
            Self::Title => 20.0,
            Self::Body | Self::Control | Self::Mono => 18.0,
            Self::Small | Self::Caption | Self::MonoSmall => 16.0,
            Self::Plot => 14.0,
        }
    }
}

/// Distances, in points.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
    pub const XXL: f32 = 32.0;
    pub const XXXL: f32 = 48.0;
}

/// Corner radii, in points.
pub mod radius {
    /// Chips and small buttons.
    pub const CHIP: u8 = 4;
    pub const CONTROL: u8 = 6;
    /// Cards and menus.
    pub const CARD: u8 = 8;
}

/// Heights and widths, in points.
pub mod size {
    pub const SMALL: f32 = 24.0;
    pub const CONTROL: f32 = 32.0;
    pub const PRIMARY: f32 = 40.0;
    pub const LIST_ROW: f32 = 32.0;
    pub const RAIL: f32 = 72.0;
    pub const RAIL_NARROW: f32 = 48.0;
    pub const HEADER: f32 = 48.0;
    pub const STATUS: f32 = 28.0;
    pub const PANEL: f32 = 288.0;
    pub const JOIN_PANEL: f32 = 400.0;
    pub const CARD_MIN: f32 = 260.0;
    pub const ICON: f32 = 18.0;
    pub const ICON_SMALL: f32 = 14.0;
    pub const ICON_RAIL: f32 = 20.0;
    pub const ICON_EMPTY: f32 = 32.0;
    /// Below this width of the window, the right panel lies over the stage and the rail is narrow.
    pub const NARROW_WINDOW: f32 = 1000.0;
}

/// Durations, in seconds.
pub mod motion {
    pub const HOVER: f32 = 0.08;
    pub const CONTROLS_IN: f32 = 0.12;
    pub const CONTROLS_OUT: f32 = 0.24;
    /// Without movement, the controls of the stage go.
    pub const CONTROLS_STAY: f64 = 2.5;
    /// What takes shorter shows no sign of waiting.
    pub const WAIT_SHOWN: f64 = 0.1;
    /// Repaints a second of a spinner, and of one where little is to move.
    pub const SPINNER_RATE: f32 = 15.0;
    pub const SPINNER_RATE_STILL: f32 = 1.0;

    /// Whether nothing is to move by itself: egui's own animation time is none then.
    #[must_use]
    pub fn is_still(ctx: &egui::Context) -> bool {
        ctx.style_of(ctx.theme()).animation_time <= 0.0
    }
}

/// Fonts and both styles, before the first pass.
pub fn install(ctx: &egui::Context) {
    fonts::install(ctx);
    ctx.set_style_of(Theme::Dark, style(Theme::Dark));
    ctx.set_style_of(Theme::Light, style(Theme::Light));
}

/// Makes everything in `ui` dark, as on the stage.
pub fn on_stage(ui: &mut egui::Ui) {
    let dark = ui.ctx().style_of(Theme::Dark);
    ui.set_style(dark);
}

fn style(theme: Theme) -> Style {
    let c = if theme == Theme::Dark { &DARK } else { &LIGHT };
    let mut style = Style { visuals: visuals(theme, c), animation_time: motion::HOVER, ..Style::default() };
    style.text_styles = [
        (TextStyle::Heading, Type::Heading.font()),
        (TextStyle::Body, Type::Body.font()),
        (TextStyle::Button, Type::Control.font()),
        (TextStyle::Monospace, Type::Mono.font()),
        (TextStyle::Small, Type::Small.font()),
    ]
    .into();
    style.spacing.item_spacing = vec2(space::S, space::S);
    style.spacing.interact_size = vec2(size::SMALL, size::CONTROL);
    style.spacing.button_padding = vec2(space::M, space::XS);
    style.spacing.menu_margin = Margin::same(4);
    style.spacing.tooltip_width = 320.0;
    style.spacing.scroll.bar_width = 8.0;
    style.spacing.scroll.floating_width = 4.0;
    style.spacing.scroll.dormant_handle_opacity = 0.5;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style
}

fn visuals(theme: Theme, c: &Colors) -> Visuals {
    let mut v = if theme == Theme::Dark { Visuals::dark() } else { Visuals::light() };
    let corner = CornerRadius::same(radius::CONTROL);
    let states = [
        (&mut v.widgets.noninteractive, c.panel, c.line, c.t1),
        (&mut v.widgets.inactive, c.raised, c.line_strong, c.t1),
        (&mut v.widgets.hovered, c.hover, c.line_strong, c.t1),
        (&mut v.widgets.active, c.active, c.line_strong, c.t1),
        (&mut v.widgets.open, c.active, c.line_strong, c.t1),
    ];
    for (widget, fill, line, text) in states {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = corner;
        widget.expansion = 0.0;
    }
    let shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: Color32::from_black_alpha(102) };
    v.panel_fill = c.window;
    v.window_fill = c.raised;
    v.window_stroke = Stroke::new(1.0, c.line_strong);
    v.window_corner_radius = CornerRadius::same(radius::CARD);
    v.menu_corner_radius = CornerRadius::same(radius::CARD);
    v.window_shadow = shadow;
    v.popup_shadow = shadow;
    v.faint_bg_color = c.panel;
    v.extreme_bg_color = c.field;
    v.text_edit_bg_color = Some(c.field);
    v.code_bg_color = c.hover;
    v.hyperlink_color = c.accent;
    v.warn_fg_color = c.warn;
    v.error_fg_color = c.bad;
    v.weak_text_color = Some(c.t3);
    v.selection.bg_fill = if theme == Theme::Dark { c.accent_line } else { c.accent_line.gamma_multiply(0.7) };
    v.selection.stroke = Stroke::new(1.0, c.t1);
    v.text_cursor.stroke = Stroke::new(1.5, c.accent);
    // A blinking cursor would wake an idle window twice a second.
    v.text_cursor.blink = false;
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast ratio, WCAG 2.2, 1.4.3.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c: Color32| {
            let channel = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable() {
        for (theme, c) in [("dark", &DARK), ("light", &LIGHT)] {
            let check = |name: &str, text, ground, least: f64| {
                let got = contrast(text, ground);
                assert!(got >= least, "{theme}, {name}: {got:.2} is below {least}");
            };
            for ground in [c.window, c.panel, c.raised, c.hover, c.field] {
                for (name, text) in [("t1", c.t1), ("t2", c.t2), ("t3", c.t3), ("accent", c.accent), ("good", c.good), ("warn", c.warn), ("bad", c.bad)] {
                    check(name, text, ground, 4.5);
                }
            }
            check("t1 on active", c.t1, c.active, 4.5);
            for fill in [c.accent_fill, c.accent_fill_hover, c.accent_fill_pressed, c.live_fill] {
                check("on fill", c.on_fill, fill, 4.5);
            }
            check("accent tint", c.accent, c.accent_tint, 4.5);
            check("good tint", c.good, c.good_tint, 4.5);
            check("warn tint", c.warn, c.warn_tint, 4.5);
            check("bad tint", c.bad, c.bad_tint, 4.5);
            check("live tint", c.live, c.live_tint, 4.5);
            check("live", c.live, c.panel, 4.5);
            check("t1 on tint", c.t1, c.warn_tint, 4.5);
            check("control", c.control, c.field, 3.0);
        }
    }
}
