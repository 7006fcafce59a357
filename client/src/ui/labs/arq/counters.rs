//! What it cost until the moment that is looked at.

use egui::{Grid, Ui, vec2};

use super::super::super::command::Cx;
use super::super::super::tokens::{Type, colors, space};
use super::super::super::widgets::{say, say_line};
use super::millis;
use super::model::Lab;

pub(super) fn counters_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.text("arq-counters"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            say_line(ui, Type::Small, c.t3, cx.strings.format("arq-until", &[("ms", millis(lab.time).into())]));
        });
    });
    let outcome = lab.shown().outcome();
    let [data_lost, acks_lost] = lab.lost();
    let timeout = lab.shown().sender().round_trip().timeout();
    let efficiency = outcome.efficiency.map_or_else(|| "–".to_owned(), |share| format!("{share:.2}"));
    let goodput = match outcome.goodput_bps {
        bps if bps >= 1e6 => format!("{:.2} Mbit/s", bps / 1e6),
        bps => format!("{:.0} kbit/s", bps / 1e3),
    };
    let of = cx.strings.format("arq-of", &[("n", outcome.delivered.into()), ("all", outcome.packets.into())]);
    let rows = [
        [("arq-sent", outcome.sent.to_string(), c.t1), ("arq-delivered", of, c.t1)],
        [("arq-sent-again", outcome.again.to_string(), c.warn), ("arq-goodput", goodput, c.t1)],
        [("arq-data-lost", data_lost.to_string(), c.bad), ("arq-efficiency", efficiency, c.t1)],
        [("arq-acks-lost", acks_lost.to_string(), c.bad), ("arq-needless", outcome.needless.to_string(), c.t1)],
        [("arq-timeouts", outcome.timeouts.to_string(), c.warn), ("arq-timeout-now", format!("{} ms", millis(timeout)), c.t1)],
    ];
    Grid::new("arq-counters").num_columns(4).spacing(vec2(space::M, space::XS)).min_col_width(44.0).show(ui, |ui| {
        for row in rows {
            for (key, value, ink) in row {
                let name = cx.text(key);
                say(ui, Type::Small, c.t2, name.as_str());
                let response = say(ui, Type::MonoSmall, ink, value.as_str());
                response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, format!("{name}: {value}")));
            }
            ui.end_row();
        }
    });
}
