//! The left side: to whom, which file, protocol, what is spoiled on purpose, seed.

use egui::{Id, Ui, vec2};
use lectern_proto::arq::Protocol;
use lectern_proto::control::PersonId;
use lectern_proto::limits::LAB_PAYLOAD_MAX;

use super::super::super::backend::{LabFile, Pick};
use super::super::super::command::{Command, Cx};
use super::super::super::icons::Icon;
use super::super::super::tokens::{Type, colors, space};
use super::super::super::widgets::{Field, Look, Push, say};
use super::super::InClass;
use super::super::arq::{protocol_name, slider};
use super::Network;
use crate::lab::class::{Partner, Spoiling};
use crate::lab::line::Impairment;
use crate::lab::work::LabWish;

impl Network {
    pub(in super::super) fn parameters_ui(&mut self, ui: &mut Ui, class: InClass<'_>, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        self.partner_ui(ui, class, cx);
        ui.add_space(space::S);
        self.file_ui(ui, cx);
        let problem = self.seed.trim().parse::<u64>().is_err().then(|| cx.text("labs-bad-seed"));
        self.send_ui(ui, class, problem.is_none(), cx);
        ui.add_space(space::S);
        self.how_ui(ui, cx);
        Field::new(Id::unique("labs-net-seed"), &cx.text("labs-seed")).limit(20).problem(problem.as_deref()).show(ui, &mut self.seed);
        say(ui, Type::Small, colors(ui).t3, cx.text("net-hint"));
    }

    fn send_ui(&mut self, ui: &mut Ui, class: InClass<'_>, is_possible: bool, cx: &mut Cx<'_>) {
        let (width, is_free) = (ui.available_width(), !class.work.sending.is_under_way());
        let label = cx.text("net-send");
        let send = Push::text(Look::Primary, &label).with_icon(Icon::Export).width(width).enabled(is_free && self.to.is_some() && is_possible);
        if ui.add(send).clicked()
            && let Some(to) = self.to
        {
            let one = |loss| Impairment { loss, ..self.data };
            let seed = self.seed.trim().parse().unwrap_or_default();
            let spoiling = Spoiling { data: self.data, acks: one(self.ack_loss), seed, capture: None };
            let (file, settings, size) = (self.file.clone(), self.settings(), self.payload);
            cx.push(Command::Lab(LabWish::Send { to, file, settings, size, spoiling }));
        }
    }

    fn partner_ui(&mut self, ui: &mut Ui, class: InClass<'_>, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        say(ui, Type::Small, c.t2, cx.text("net-to"));
        let me = class.state.me.as_ref().map(|me| me.id);
        let others: Vec<(PersonId, &str)> = class.state.people.iter().filter(|p| p.connected && Some(p.id) != me).map(|p| (p.id, p.name.as_str())).collect();
        if let Some(Partner::Person(person)) = self.to
            && !others.iter().any(|(id, _)| *id == person)
        {
            self.to = None;
        }
        let server = cx.text("net-server");
        let choices = others.iter().map(|(id, name)| (Partner::Person(*id), *name)).chain([(Partner::Server, server.as_str())]);
        egui::ScrollArea::vertical().id_salt("net-partners").max_height(160.0).show(ui, |ui| {
            for (partner, name) in choices {
                if ui.add(Push::text(Look::Plain, name).width(width - space::S).selected(self.to == Some(partner))).clicked() {
                    self.to = Some(partner);
                }
            }
        });
    }

    fn file_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        let name = self.file.as_ref().and_then(|file| file.file_name()).map_or_else(|| cx.text("net-sample"), |name| name.to_string_lossy().into_owned());
        say(ui, Type::Small, c.t2, cx.text("net-file"));
        say(ui, Type::Body, c.t1, name);
        if ui.add(Push::text(Look::Plain, &cx.text("net-choose-file")).with_icon(Icon::Sheet).width(width)).clicked() {
            cx.push(Command::Pick(Pick::Lab(LabFile::Sent)));
        }
    }

    fn how_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        say(ui, Type::Small, c.t2, cx.text("arq-protocol"));
        for protocol in Protocol::ALL {
            if ui.add(Push::text(Look::Plain, &cx.text(protocol_name(protocol))).width(width).selected(self.protocol == protocol)).clicked() {
                self.protocol = protocol;
            }
        }
        if self.protocol != Protocol::StopAndWait
            && let Some(window) = slider(ui, cx, "arq-window", &self.window.to_string(), self.window as f32, (1.0, 256.0, 1.0))
        {
            self.window = window as u32;
        }
        let most = f32::from(LAB_PAYLOAD_MAX);
        if let Some(bytes) = slider(ui, cx, "arq-packet", &format!("{} B", self.payload), f32::from(self.payload), (64.0, most, 4.0)) {
            self.payload = bytes as u16;
        }
        say(ui, Type::Small, c.t2, cx.text("net-spoil"));
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        for (key, place, most) in [
            ("arq-loss", &mut self.data.loss, 0.9),
            ("arq-ack-loss", &mut self.ack_loss, 0.9),
            ("arq-damage", &mut self.data.corrupt, 0.5),
            ("arq-duplicate", &mut self.data.duplicate, 0.5),
        ] {
            if let Some(share) = slider(ui, cx, key, &percent(*place), *place as f32, (0.0, most, 0.01)) {
                *place = (f64::from(share) * 100.0).round() / 100.0;
            }
        }
    }
}
