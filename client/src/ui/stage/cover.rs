//! What stands on the stage while only sound plays: its cover, or a note, and its title.

use egui::load::SizedTexture;
use egui::{Align, Image, Layout, Rect, Ui, UiBuilder, Vec2, pos2, vec2};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{DARK, Type, colors, radius, space};
use super::super::widgets::rich;

/// Edge of the square that stands for a cover.
const EMPTY: f32 = 160.0;
/// Largest part of the stage's height that the cover takes, and its largest edge.
const SHARE: f32 = 0.55;
const LARGEST: f32 = 560.0;
/// What title and words below it take.
const WORDS: f32 = 64.0;

/// Draws it into the middle of the stage, above the controls.
pub(super) fn cover_ui(ui: &mut Ui, area: Rect, cover: Option<SizedTexture>, title: &str, cx: &Cx<'_>) {
    let edge = (area.height() * SHARE).min(area.width() - 2.0 * space::L).clamp(24.0, LARGEST);
    let size = cover.map_or(Vec2::splat(EMPTY.min(edge)), |texture| fit(texture.size, edge));
    let middle = area.center() - vec2(0.0, WORDS / 2.0);
    let place = Rect::from_center_size(middle, size);
    let corner = f32::from(radius::CARD);
    match cover {
        Some(texture) => Image::new(texture).corner_radius(corner).paint_at(ui, place),
        None => {
            ui.painter().rect_filled(place, corner, DARK.panel);
            Icon::Note.paint(ui.painter(), Rect::from_center_size(middle, Vec2::splat((size.y * 0.4).min(64.0))), DARK.t3);
        }
    }
    let c = colors(ui);
    let words = Rect::from_min_max(pos2(area.left() + space::L, place.bottom() + space::M), pos2(area.right() - space::L, place.bottom() + space::M + WORDS));
    let mut ui = ui.new_child(UiBuilder::new().id_salt("cover").max_rect(words).layout(Layout::top_down(Align::Center)));
    ui.spacing_mut().item_spacing.y = space::XS;
    ui.add(egui::Label::new(rich(Type::Heading, c.t1, title)).truncate());
    ui.add(egui::Label::new(rich(Type::Small, c.t2, cx.text("card-sound-only"))));
}

/// A size inside a square, as large as it can be but no more than twice its own.
fn fit(size: Vec2, edge: f32) -> Vec2 {
    let longest = size.x.max(size.y).max(1.0);
    size * (edge / longest).min(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_keep_their_shape() {
        assert_eq!(fit(vec2(640.0, 320.0), 320.0), vec2(320.0, 160.0));
        assert_eq!(fit(vec2(50.0, 100.0), 560.0), vec2(100.0, 200.0));
        assert_eq!(fit(vec2(0.0, 0.0), 100.0), vec2(0.0, 0.0));
    }
}
