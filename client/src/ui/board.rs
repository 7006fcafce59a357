//! The join board: what the projector shows so that somebody at the back can join.
//!
//! Addresses, code, room and words; never the instructor's key, the roster or a message. It is light whatever the theme is, because
//! a projector cannot show black in a bright room, and the words are the largest thing on it.

use egui::{Align, Align2, Color32, CornerRadius, FontId, Frame, Layout, Margin, Rect, Sense, Stroke, StrokeKind, Theme, Ui, UiBuilder, Vec2, pos2, vec2};
use lectern_proto::chat::IdentityId;
use lectern_proto::chat::verify::fingerprint_line;
use lectern_proto::link::JoinLink;
use lectern_proto::words::CheckWords;

use super::icons::{Icon, paint_logo};
use super::strings::{Language, Strings};
use super::tokens::{Type, colors, radius, space};

/// Sizes that are read from the last row, in points at a height of 800.
const HINT: f32 = 22.0;
const TITLE: f32 = 32.0;
const VALUE: f32 = 40.0;
const WORD: f32 = 68.0;
/// The height that the sizes are for; the board grows with its window.
const HEIGHT: f32 = 800.0;
/// White around the code, in its modules (ISO/IEC 18004, 6.3.8).
const QUIET: f32 = 4.0;

/// What the board shows.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardView {
    pub server_name: String,
    /// Without the instructor's key.
    pub(super) link: JoinLink,
    /// None while they are computed.
    pub words: Option<CheckWords>,
    /// People who are connected.
    pub joined: usize,
    /// One line of all keys of private chat in the room; none while fewer than two people have one.
    pub line: Option<String>,
    pub language: Language,
}

impl BoardView {
    /// The board of a class; the link's secrets stay out of it.
    #[must_use]
    pub fn new(server_name: &str, link: &JoinLink, words: Option<CheckWords>, joined: usize, language: Language) -> Self {
        let link = JoinLink { key: None, code: None, ..link.clone() };
        Self { server_name: server_name.to_owned(), link, words, joined, line: None, language }
    }

    /// With the line that everybody in the room compares.
    #[must_use]
    pub fn with_keys(self, identities: impl ExactSizeIterator<Item = IdentityId>) -> Self {
        let line = (identities.len() > 1).then(|| fingerprint_line(identities).join(" "));
        Self { line, ..self }
    }
}

/// A QR code: dark modules by row.
#[derive(Debug)]
pub(super) struct Code {
    width: usize,
    dark: Vec<bool>,
}

impl Code {
    /// The code of a text; none when it is too long for any.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
        let dark = code.to_colors().iter().map(|c| *c == qrcode::Color::Dark).collect();
        Some(Self { width: code.width(), dark })
    }
}

/// Draws the board into whatever there is.
pub(super) fn board_ui(ui: &mut Ui, view: &BoardView, code: Option<&Code>, strings: &Strings) {
    ui.set_style(ui.ctx().style_of(Theme::Light));
    let c = colors(ui);
    let area = ui.available_rect_before_wrap();
    ui.painter().rect_filled(area, 0.0, c.window);
    let k = (area.height() / HEIGHT).min(area.width() / 1280.0);
    let whole = Rect::from_center_size(area.center(), vec2(1280.0, HEIGHT) * k).shrink(64.0 * k);
    let at = |x: f32, y: f32| whole.min + vec2(x, y) * k;
    let text = |ui: &mut Ui, x: f32, y: f32, size: f32, role: Type, color: Color32, text: &str| {
        let place = Rect::from_min_max(at(x, y), pos2(whole.right(), at(x, y + size * 1.4).y));
        let label = egui::Label::new(egui::RichText::new(text).font(FontId::new(size * k, role.font().family)).color(color)).truncate();
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Min)), |ui| ui.add(label));
    };
    paint_logo(ui.painter(), Rect::from_min_size(at(0.0, -8.0), Vec2::splat(40.0 * k)), c.t1, c.accent);
    text(ui, 56.0, -10.0, TITLE, Type::Title, c.t1, &view.server_name);
    let joined = strings.format("board-joined", &[("n", view.joined.into())]);
    ui.painter().text(pos2(whole.right(), at(0.0, 0.0).y), Align2::RIGHT_TOP, joined, FontId::new(HINT * k, Type::Body.font().family), c.t2);
    code_ui(ui, Rect::from_min_size(at(0.0, 60.0), Vec2::splat(384.0 * k)), code, strings);
    let (first, others) = view.link.hosts.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let port = strings.format("board-port", &[("port", view.link.port.to_string().into())]);
    let others = others.iter().take(2).cloned().chain([port]).collect::<Vec<_>>().join(" · ");
    let choose = strings.format("board-choose", &[("name", view.server_name.as_str().into())]);
    let steps = [(strings.text("board-network"), strings.text("board-same-network"), None), (choose, first.to_owned(), Some(others))];
    let last = (strings.text("board-room"), view.link.room.clone(), None);
    for (n, (hint, value, more)) in steps.into_iter().chain([last]).enumerate() {
        let y = 60.0 + 150.0 * n as f32;
        ui.painter().circle_filled(at(464.0, y + 28.0), 24.0 * k, c.accent_fill);
        ui.painter().text(at(464.0, y + 28.0), Align2::CENTER_CENTER, (n + 1).to_string(), FontId::new(HINT * k, Type::Title.font().family), c.on_fill);
        text(ui, 508.0, y, HINT, Type::Body, c.t2, &hint);
        text(ui, 508.0, y + 34.0, VALUE, if n == 0 { Type::Title } else { Type::Mono }, c.t1, &value);
        if let Some(more) = more {
            text(ui, 508.0, y + 90.0, HINT, Type::Mono, c.t3, &more);
        }
    }
    text(ui, 0.0, 524.0, HINT, Type::Body, c.t2, &strings.text("board-words"));
    let words = view.words.map_or_else(|| ["…"; 3], |w| w.words());
    let height = if view.line.is_some() { 92.0 } else { 128.0 };
    for (n, word) in words.into_iter().enumerate() {
        let width = (whole.width() / k - 2.0 * space::L) / 3.0;
        let tile = Rect::from_min_size(at((width + space::L) * n as f32, 564.0), vec2(width, height) * k);
        ui.painter().rect(tile, f32::from(radius::CARD), c.raised, Stroke::new(2.0 * k, c.t1), StrokeKind::Inside);
        let label = egui::RichText::new(word).font(FontId::new(WORD * k, Type::Mono.font().family)).strong().color(c.t1);
        ui.scope_builder(UiBuilder::new().max_rect(tile).layout(Layout::centered_and_justified(egui::Direction::TopDown)), |ui| {
            ui.add(egui::Label::new(label))
        });
    }
    if let Some(line) = &view.line {
        text(ui, 0.0, 668.0, HINT, Type::Mono, c.t1, &strings.format("board-line", &[("words", line.as_str().into())]));
    }
}

/// Draws a code on white, with what readers need around it.
pub(super) fn code_ui(ui: &mut Ui, place: Rect, code: Option<&Code>, strings: &Strings) {
    let c = colors(ui);
    let builder = UiBuilder::new().max_rect(place);
    ui.scope_builder(builder, |ui| {
        let frame = Frame::new().fill(Color32::WHITE).stroke(Stroke::new(1.0, c.line_strong)).corner_radius(CornerRadius::same(radius::CARD));
        frame.inner_margin(Margin::ZERO).show(ui, |ui| {
            let (rect, response) = ui.allocate_exact_size(place.size(), Sense::hover());
            let label = strings.text("board-code");
            response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &label));
            let Some(code) = code else { return Icon::Link.paint(ui.painter(), rect.shrink(rect.width() * 0.4), c.t3) };
            paint_code(ui, rect, code);
        });
    });
}

/// Paints a code into the middle of a white square.
pub(super) fn paint_code(ui: &Ui, rect: Rect, code: &Code) {
    // Whole pixels: a module that is blurred is hard to read from the last row.
    let pixel = ui.pixels_per_point();
    let module = (rect.width() * pixel / (code.width as f32 + 2.0 * QUIET)).floor().max(1.0) / pixel;
    let origin = rect.center() - Vec2::splat(module * code.width as f32 / 2.0);
    let origin = pos2((origin.x * pixel).round() / pixel, (origin.y * pixel).round() / pixel);
    for (i, _) in code.dark.iter().enumerate().filter(|(_, dark)| **dark) {
        let corner = origin + vec2((i % code.width) as f32, (i / code.width) as f32) * module;
        ui.painter().rect_filled(Rect::from_min_size(corner, Vec2::splat(module)), 0.0, Color32::BLACK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::link::{Fingerprint, InstructorKey};

    #[test]
    fn the_code_holds_no_key_and_fits_the_longest_usual_link() {
        let hosts = (0..16).map(|n| format!("2001:db8:ffff:ffff:ffff:ffff:ffff:{n:x}")).collect();
        let key = Some(InstructorKey([7; 16]));
        let link = JoinLink { hosts, port: 5511, room: "ü".repeat(32), code: Some("secret".into()), video: None, key, fingerprint: Fingerprint([3; 32]) };
        let view = BoardView::new("Lab", &link, None, 3, Language::English);
        let text = view.link.to_string();
        assert!(!text.contains(&InstructorKey([7; 16]).reveal()) && !text.contains("secret"), "{text}");
        assert!(Code::of(&text).is_some(), "{} bytes", text.len());
        assert!(Code::of(&"x".repeat(10_000)).is_none());
        let ids = [IdentityId([0x0a; 32]), IdentityId([0x0b; 32])];
        assert_eq!(view.clone().with_keys(ids[..1].iter().copied()).line, None, "nobody to compare with");
        assert_eq!(view.with_keys(ids.into_iter()).line.as_deref(), Some("device decide theme dignity gold sense"));
    }
}
