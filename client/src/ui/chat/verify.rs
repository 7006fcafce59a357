//! The safety number of two people: digits in groups, a code to hold beside the other's screen, and what follows from comparing them.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align, Color32, CornerRadius, Frame, Layout, Margin, Rect, Sense, Stroke, Ui, WidgetInfo, vec2};
use lectern_proto::chat::IdentityId;
use lectern_proto::chat::verify::SafetyNumber;
use lectern_proto::control::PersonId;
use lectern_proto::text;

use super::super::board::{Code, paint_code};
use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, icon_ui, say};
use super::private::PrivateWish;
use super::{ChatCommand, Chats, push};

/// Edge of the code.
const CODE: f32 = 166.0;
/// Groups in a line.
const COLUMNS: usize = 4;

/// The number of one pair, reckoned once.
pub(super) struct Number {
    pair: (IdentityId, IdentityId),
    number: SafetyNumber,
    code: Option<Arc<Code>>,
}

impl Number {
    /// In groups of five, as it is read out.
    pub(super) fn digits(&self) -> String {
        self.number.to_string()
    }
}

impl Chats {
    /// The number that this member and `other` compare; none while this member has no identity.
    pub(super) fn number(&mut self, other: IdentityId) -> Option<&Number> {
        let pair = (self.private.own?, other);
        if self.number.as_ref().is_none_or(|known| known.pair != pair) {
            let number = SafetyNumber::of(pair.0, pair.1);
            let code = Code::of(number.digits()).map(Arc::new);
            self.number = Some(Number { pair, number, code });
        }
        self.number.as_ref()
    }
}

/// The digits in groups of five.
pub(super) fn digits_ui(ui: &mut Ui, number: &Number, large: bool, cx: &Cx<'_>) {
    let c = colors(ui);
    let gap = if large { 6.0 } else { space::XS };
    let wide = (ui.available_width() - gap * (COLUMNS - 1) as f32) / COLUMNS as f32;
    let tall = if large { 32.0 } else { 24.0 };
    let digits = number.digits();
    let groups: Vec<_> = digits.split(' ').collect();
    let rows = groups.len().div_ceil(COLUMNS) as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), rows * (tall + gap) - gap), Sense::hover());
    for (i, group) in groups.iter().enumerate() {
        let at = rect.min + vec2((i % COLUMNS) as f32 * (wide + gap), (i / COLUMNS) as f32 * (tall + gap));
        let tile = Rect::from_min_size(at, vec2(wide, tall));
        ui.painter().rect_filled(tile, f32::from(radius::CHIP), c.hover);
        let font = if large { egui::FontId { size: 17.0, ..Type::Mono.font() } } else { Type::Mono.font() };
        ui.painter().text(tile.center(), egui::Align2::CENTER_CENTER, group, font, c.t1);
    }
    let label = format!("{}: {digits}", cx.text("private-number"));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
}

/// The code of the digits, on white in both themes.
pub(super) fn code_ui(ui: &mut Ui, number: &Number, cx: &Cx<'_>) {
    let (rect, response) = ui.allocate_exact_size(vec2(CODE, CODE), Sense::hover());
    ui.painter().rect(rect, f32::from(radius::CONTROL), Color32::WHITE, Stroke::new(1.0, colors(ui).line_strong), egui::StrokeKind::Inside);
    if let Some(code) = &number.code {
        paint_code(ui, rect, code);
    }
    let label = cx.text("private-code");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
}

/// In the flow of messages: the server gives another identity for this person than before. Nothing is sent until somebody has decided.
pub(super) fn changed_ui(ui: &mut Ui, chats: &mut Chats, person: PersonId, now: IdentityId, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let name = text::isolated(chats.name_of(person)).into_owned();
    let named = |key: &str| cx.strings.format(key, &[("name", name.as_str().into())]);
    let (title, about, of, read) = (named("private-changed"), named("private-changed-about"), named("private-number-of"), named("private-read-out"));
    let mut wish = None;
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.warn_line)).corner_radius(CornerRadius::same(radius::CARD));
    let shown = frame.inner_margin(Margin::same(20)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = space::S;
        ui.horizontal_top(|ui| {
            icon_ui(ui, Icon::Warning, 22.0, c.warn);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                say(ui, Type::Title, c.t1, title);
                say(ui, Type::Body, c.t2, about);
            });
        });
        ui.add_space(space::XS);
        let beside = ui.available_width() > 480.0;
        if let Some(number) = chats.number(now) {
            let numbers = |ui: &mut Ui| {
                ui.vertical(|ui| {
                    say(ui, Type::Small, c.t2, of);
                    digits_ui(ui, number, beside, cx);
                    say(ui, Type::Small, c.t2, read);
                });
            };
            if beside {
                ui.horizontal_top(|ui| {
                    code_ui(ui, number, cx);
                    ui.add_space(space::L);
                    numbers(ui);
                });
            } else {
                numbers(ui);
                code_ui(ui, number, cx);
            }
        }
        ui.add_space(space::XS);
        ui.horizontal(|ui| {
            if ui.add(Push::text(Look::Primary, &cx.text("private-match")).with_icon(Icon::Seal)).clicked() {
                wish = Some(vec![PrivateWish::Accept(person), PrivateWish::Verified(person, true)]);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("private-go-on"))).clicked() {
                wish = Some(vec![PrivateWish::Accept(person)]);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Push::text(Look::Danger, &cx.text("private-differ")).with_icon(Icon::Prohibit)).clicked() {
                    wish = Some(vec![PrivateWish::Block(person, true)]);
                }
            });
        });
    });
    // The thick edge of the design.
    let rect = shown.response.rect;
    ui.painter().vline(rect.left() + 1.5, (rect.top() + 4.0)..=(rect.bottom() - 4.0), Stroke::new(3.0, c.warn));
    for wish in wish.into_iter().flatten() {
        push(cx, ChatCommand::Private(wish));
    }
    ui.add_space(size::SMALL / 2.0);
}
