//! What came of a run over the network, as a table.

use egui::{Grid, Ui, vec2};

use super::super::super::backend::{LabFile, Pick};
use super::super::super::command::{Command, Cx};
use super::super::super::icons::Icon;
use super::super::super::reasons::file_size;
use super::super::super::tokens::{Type, colors, space};
use super::super::super::widgets::{Look, Push, Tone, notice_ui, say};
use crate::lab::report::{ReceiveReport, SendReport};

/// Digits of a hash that people compare.
const DIGITS: usize = 16;

type Row = (&'static str, String);

fn path(path: &str, cx: &Cx<'_>) -> String {
    cx.text(if path == "direct" { "net-direct" } else { "net-by-server" })
}

fn goodput(bps: f64) -> String {
    if bps >= 1e6 { format!("{:.2} Mbit/s", bps / 1e6) } else { format!("{:.1} kbit/s", bps / 1e3) }
}

/// Writes the packets of a run into a file for Wireshark: they were written down on the way, which needs no rights.
fn capture_ui(ui: &mut Ui, file: LabFile, cx: &mut Cx<'_>) {
    let (label, named) = (cx.text("net-capture"), cx.text(if file == LabFile::SentCapture { "net-capture-sent" } else { "net-capture-taken" }));
    if ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Export).small().named(&named)).clicked() {
        cx.push(Command::Pick(Pick::Lab(file)));
    }
}

pub(super) fn sent_ui(ui: &mut Ui, report: &SendReport, cx: &mut Cx<'_>) {
    let words = [("file", report.sent.as_str().into()), ("size", file_size(cx.strings, report.bytes).into())];
    let (tone, icon, key) = if report.same { (Tone::Good, Icon::Check, "net-same") } else { (Tone::Bad, Icon::Warning, "net-differs") };
    notice_ui(ui, tone, icon, &cx.strings.format(key, &words));
    let theory = report.theory;
    let mut rows: Vec<Row> = vec![
        ("net-path", path(report.path, cx)),
        ("net-hash", report.sha256[..DIGITS.min(report.sha256.len())].to_owned()),
        ("net-packets", report.packets.to_string()),
        ("net-again", report.retransmissions.to_string()),
        ("net-data-lost", report.outgoing.data_lost.to_string()),
        ("net-acks-lost", report.incoming.lost.to_string()),
        ("net-needless", report.duplicates.to_string()),
        ("net-time", format!("{:.3} s", report.time_s)),
        ("net-goodput", goodput(report.goodput_bps)),
        ("net-efficiency", format!("{:.3}", report.efficiency)),
    ];
    rows.extend(theory.map(|theory| ("net-theory-efficiency", format!("{:.3}", theory.efficiency))));
    rows.extend(theory.map(|theory| ("net-theory-packets", format!("{:.1}", theory.packets))));
    rows.extend(theory.and_then(|theory| theory.least_time_s).map(|time| ("net-theory-time", format!("{time:.3} s"))));
    rows.extend(report.round_trip_ms.map(|ms| ("net-round-trip", format!("{ms:.2} ms"))));
    table(ui, "net-sent", &rows, cx);
    capture_ui(ui, LabFile::SentCapture, cx);
}

pub(super) fn taken_ui(ui: &mut Ui, report: &ReceiveReport, cx: &mut Cx<'_>) {
    let words = [("path", report.kept_as.as_str().into()), ("size", file_size(cx.strings, report.bytes).into())];
    notice_ui(ui, Tone::Good, Icon::Check, &cx.strings.format("net-kept", &words));
    let rows = [
        ("net-path", path(report.path, cx)),
        ("net-hash", report.sha256[..DIGITS.min(report.sha256.len())].to_owned()),
        ("net-came", report.packets.to_string()),
        ("net-needless", report.duplicates.to_string()),
        ("net-out-of-order", report.kept.to_string()),
        ("net-time", format!("{:.3} s", report.time_s)),
        ("net-goodput", goodput(report.goodput_bps)),
    ];
    table(ui, "net-taken", &rows, cx);
    capture_ui(ui, LabFile::TakenCapture, cx);
}

fn table(ui: &mut Ui, id: &str, rows: &[Row], cx: &Cx<'_>) {
    let c = colors(ui);
    Grid::new(id).num_columns(4).spacing(vec2(space::L, space::XS)).show(ui, |ui| {
        for pair in rows.chunks(2) {
            for (key, value) in pair {
                let name = cx.text(key);
                say(ui, Type::Small, c.t2, name.as_str());
                let response = say(ui, Type::MonoSmall, c.t1, value.as_str());
                response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, format!("{name}: {value}")));
            }
            ui.end_row();
        }
    });
}
