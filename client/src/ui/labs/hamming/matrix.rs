//! The parity-check matrix and the syndrome beside it: the column that is equal to it is the bit that looks wrong.

use egui::accesskit::Role;
use egui::{Align2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::lab::hamming::Verdict;

use super::super::super::command::Cx;
use super::super::super::tokens::{Type, colors};
use super::super::super::widgets::{say, say_line};
use super::model::Lab;
use super::tiles::{self, Tile};

const CELL: f32 = 26.0;
const NAMES: f32 = 32.0;

pub(super) fn matrix_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let Some(passed) = lab.here().copied() else { return };
    let code = &lab.made().code;
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.text("labs-matrix"));
        say_line(ui, Type::MonoSmall, c.t3, "H·r = s");
    });
    let steps = code.steps(&passed.received);
    let found = match passed.decoded.verdict {
        Verdict::Corrected(at) => Some(at),
        Verdict::Clean | Verdict::Uncorrectable => None,
    };
    let (n, rows) = (code.n(), code.rows());
    ScrollArea::horizontal().id_salt("labs-matrix").auto_shrink([false, true]).show(ui, |ui| {
        let whole = vec2(NAMES + CELL * n as f32 + 12.0 + CELL, 18.0 + CELL * rows as f32);
        let (area, response) = ui.allocate_exact_size(whole, Sense::hover());
        let painter = ui.painter();
        let x = |at: usize| area.left() + NAMES + CELL * at as f32;
        for at in 0..n {
            let ink = if found == Some(at) { c.bad } else { c.t3 };
            painter.text(pos2(x(at) + CELL / 2.0, area.top() + 7.0), Align2::CENTER_CENTER, code.number(at), Type::Plot.font(), ink);
        }
        for (row, check) in steps.checks.iter().enumerate() {
            let top = area.top() + 18.0 + CELL * row as f32;
            painter.text(pos2(area.left(), top + CELL / 2.0), Align2::LEFT_CENTER, &check.name, Type::MonoSmall.font(), c.t2);
            for at in 0..n {
                let cell = Rect::from_min_size(pos2(x(at), top), vec2(CELL, CELL)).shrink(2.0);
                let digit = code.columns()[at] >> row & 1 == 1;
                match (found == Some(at), digit) {
                    (true, _) => tiles::paint(painter, cell, digit, Tile::Flipped, c),
                    (false, true) => tiles::paint(painter, cell, true, if lab.row == Some(row) { Tile::Lit } else { Tile::Plain }, c),
                    (false, false) => tiles::write(painter, cell, false, c.t3),
                }
            }
            let cell = Rect::from_min_size(pos2(x(n) + 12.0, top), vec2(CELL, CELL)).shrink(2.0);
            tiles::write(painter, cell, check.is_odd, if check.is_odd { c.bad } else { c.good });
        }
        painter.vline(x(n) + 6.0, area.top() + 18.0..=area.bottom(), Stroke::new(1.0, c.line_strong));
        let row = |row: usize| code.columns().iter().map(|column| if column >> row & 1 == 1 { '1' } else { '0' }).collect::<String>();
        let said = (0..rows).map(|i| format!("{} {}", steps.checks[i].name, row(i))).collect::<Vec<_>>().join(", ");
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("H: {said}")));
    });
    // As it stands beside the matrix, from above.
    let syndrome: String = steps.checks.iter().map(|check| if check.is_odd { "1 " } else { "0 " }).collect();
    let text = match (found, steps.syndrome) {
        (Some(at), _) => cx.strings.format("labs-matrix-column", &[("syndrome", syndrome.trim_end().into()), ("bit", code.number(at).into())]),
        (None, 0) => cx.text("labs-matrix-zero"),
        (None, _) => cx.strings.format("labs-matrix-none", &[("syndrome", syndrome.trim_end().into())]),
    };
    say(ui, Type::Small, c.t2, text);
}
