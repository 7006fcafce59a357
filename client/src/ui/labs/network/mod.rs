//! Repeat request over the real network: a file goes to somebody of the class, who is asked first, or to the server; and what others offer.

mod parameters;
mod report;

use std::path::PathBuf;

use egui::{Ui, vec2};
use lectern_proto::arq::{Protocol, Settings};
use lectern_proto::control::LabRequest;

use super::super::backend::{LabFile, Pick};
use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::reasons::{self, file_size};
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Look, Push, Tone, icon_ui, notice_ui, say, say_line, spinner_ui};
use super::InClass;
use super::arq::{GAP, card, protocol_name};
use crate::class::Offered;
use crate::lab::LabError;
use crate::lab::class::Partner;
use crate::lab::line::Impairment;
use crate::lab::work::{Doing, LabWish};

/// What the next run will be.
#[derive(Debug)]
pub(super) struct Network {
    /// None: a text of this program's.
    pub(super) file: Option<PathBuf>,
    to: Option<Partner>,
    protocol: Protocol,
    window: u32,
    payload: u16,
    data: Impairment,
    ack_loss: f64,
    seed: String,
}

impl Default for Network {
    fn default() -> Self {
        let data = Impairment { loss: 0.2, ..Impairment::default() };
        Self { file: None, to: None, protocol: Protocol::SelectiveRepeat, window: 8, payload: 512, data, ack_loss: 0.1, seed: "1".into() }
    }
}

impl Network {
    fn settings(&self) -> Settings {
        let window = if self.protocol == Protocol::StopAndWait { 1 } else { self.window };
        Settings::new(self.protocol, window)
    }

    /// Draws what others offer, and what became of what was sent and taken.
    pub(super) fn ui(&mut self, ui: &mut Ui, class: InClass<'_>, cx: &mut Cx<'_>) {
        let width = ui.available_width().max(360.0);
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        if let Some(refused) = &class.work.refused {
            notice_ui(ui, Tone::Warn, Icon::Warning, &why(refused, cx));
        }
        for offered in class.state.labs.offers.iter().filter(|offered| !offered.class_run) {
            card(ui, width, 0.0, |ui| offered_ui(ui, offered, class, cx));
        }
        card(ui, width, 0.0, |ui| {
            say_line(ui, Type::Title, colors(ui).t1, cx.text("net-sent-title"));
            match &class.work.sending {
                Doing::Nothing => _ = say(ui, Type::Body, colors(ui).t2, cx.text("net-sent-none")),
                Doing::Asked => waiting_ui(ui, "net-asked", LabWish::StopSending, cx),
                Doing::Running => waiting_ui(ui, "net-running", LabWish::StopSending, cx),
                Doing::Done(done) => report::sent_ui(ui, done, cx),
                Doing::Failed(error) => _ = notice_ui(ui, Tone::Bad, Icon::Warning, &why(error, cx)),
            }
        });
        card(ui, width, 0.0, |ui| {
            say_line(ui, Type::Title, colors(ui).t1, cx.text("net-taken-title"));
            match &class.work.taking {
                Doing::Nothing => _ = say(ui, Type::Body, colors(ui).t2, cx.text("net-taken-none")),
                Doing::Asked | Doing::Running => waiting_ui(ui, "net-coming", LabWish::StopTaking, cx),
                Doing::Done(done) => report::taken_ui(ui, done, cx),
                Doing::Failed(error) => _ = notice_ui(ui, Tone::Bad, Icon::Warning, &why(error, cx)),
            }
        });
    }
}

fn waiting_ui(ui: &mut Ui, key: &str, stop: LabWish, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        spinner_ui(ui, size::ICON, c.accent);
        say(ui, Type::Body, c.t1, cx.text(key));
        if ui.add(Push::text(Look::Plain, &cx.text("net-stop")).small()).clicked() {
            cx.push(Command::Lab(stop));
        }
    });
}

/// What somebody would like to send: it is kept where this person says, or not taken.
fn offered_ui(ui: &mut Ui, offered: &Offered, class: InClass<'_>, cx: &mut Cx<'_>) {
    let (c, offer) = (colors(ui), &offered.offer);
    let percent = |ppm: u32| format!("{:.0}", f64::from(ppm) / 1e4);
    let words = [
        ("name", class.state.name_of(offered.from).unwrap_or("?").into()),
        ("file", lectern_proto::text::line(&offer.name).into_owned().into()),
        ("size", file_size(cx.strings, offer.bytes).into()),
        ("protocol", cx.text(protocol_name(offer.settings.protocol)).into()),
        ("window", offer.settings.window.into()),
        ("loss", percent(offer.loss_ppm).into()),
    ];
    ui.horizontal(|ui| {
        icon_ui(ui, Icon::Flask, size::ICON, c.accent);
        say_line(ui, Type::Title, c.t1, cx.strings.format("net-offer", &words));
    });
    say(ui, Type::Small, c.t2, cx.strings.format("net-offer-how", &words));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if ui.add(Push::text(Look::Primary, &cx.text("net-take"))).clicked() {
            cx.push(Command::Pick(Pick::Lab(LabFile::Kept(offered.run))));
        }
        if ui.add(Push::text(Look::Plain, &cx.text("net-decline"))).clicked() {
            cx.push(Command::Lab(LabWish::Ask(LabRequest::End { run: offered.run })));
        }
    });
}

/// Why a run did not come to its end, in the language of the window.
fn why(error: &LabError, cx: &Cx<'_>) -> String {
    reasons::lab_error(cx.strings, error)
}

/// The line at the foot of the window.
pub(super) fn status_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let c = colors(ui);
    icon_ui(ui, Icon::Flask, size::ICON_SMALL, c.t3);
    say_line(ui, Type::Small, c.t1, cx.text("net-status"));
}
