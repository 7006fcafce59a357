//! The left side: protocol, packets, channel, time-out, seed.

use std::time::Duration;

use egui::{Id, Ui, vec2};
use lectern_proto::arq::{Protocol, Space, Timeout};

use super::super::super::backend::{LabFile, Pick};
use super::super::super::command::{Command, Cx};
use super::super::super::icons::Icon;

use super::super::super::tokens::{Type, colors, space};
use super::super::super::widgets::{Field, Look, Push, Tone, notice_ui, say, slider_ui};
use super::super::segments::segments_ui;
use super::model::Lab;

/// Rates of the line, in bits a second, that its slider has.
const RATES: [u64; 10] = [64_000, 128_000, 341_000, 512_000, 1_000_000, 2_000_000, 10_000_000, 100_000_000, 1_000_000_000, 0];
/// Bits of sequence numbers.
const BITS: [u8; 6] = [1, 2, 3, 4, 8, 32];

impl Lab {
    pub(in super::super) fn parameters_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        self.protocol_ui(ui, cx);
        ui.add_space(space::S);
        self.channel_ui(ui, cx);
        ui.add_space(space::S);
        self.timeout_ui(ui, cx);
        ui.add_space(space::S);
        let c = colors(ui);
        let problem = self.seed.trim().parse::<u64>().is_err().then(|| cx.text("labs-bad-seed"));
        Field::new(Id::unique("labs-arq-seed"), &cx.text("labs-seed")).limit(20).problem(problem.as_deref()).show(ui, &mut self.seed);
        if let Some(problem) = &self.problem {
            notice_ui(ui, Tone::Warn, Icon::Warning, problem);
        }
        let width = ui.available_width();
        if ui.add(Push::text(Look::Primary, &cx.text("arq-other-seed")).with_icon(Icon::Replay).width(width)).clicked() {
            self.next_seed();
        }
        if ui.add(Push::text(Look::Plain, &cx.text("arq-load")).with_icon(Icon::Sheet).width(width)).clicked() {
            cx.push(Command::Pick(Pick::Lab(LabFile::Run)));
        }
        say(ui, Type::Small, c.t3, cx.text("arq-choose-hint"));
    }

    fn protocol_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        say(ui, Type::Small, c.t2, cx.text("arq-protocol"));
        for protocol in Protocol::ALL {
            let label = cx.text(name(protocol));
            if ui.add(Push::text(Look::Plain, &label).width(width).selected(self.scenario.arq.protocol == protocol)).clicked() {
                self.scenario.arq.protocol = protocol;
            }
        }
        if self.scenario.arq.protocol != Protocol::StopAndWait {
            let window = self.scenario.arq.window;
            if let Some(window) = slider(ui, cx, "arq-window", &window.to_string(), window as f32, (1.0, 16.0, 1.0)) {
                self.scenario.arq.window = window as u32;
            }
        }
        let at = BITS.iter().position(|bits| *bits >= self.scenario.arq.space.bits()).unwrap_or(BITS.len() - 1);
        if let Some(at) = slider(ui, cx, "arq-bits", &self.scenario.arq.space.bits().to_string(), at as f32, (0.0, BITS.len() as f32 - 1.0, 1.0)) {
            self.scenario.arq.space = BITS.get(at as usize).copied().and_then(Space::new).unwrap_or(Space::WIDEST);
        }
        if self.scenario.arq.is_unsafe() || self.scenario.arq.unsafe_window {
            let label = cx.text("arq-unsafe");
            if ui.add(Push::text(Look::Plain, &label).width(width).selected(self.scenario.arq.unsafe_window)).clicked() {
                self.scenario.arq.unsafe_window = !self.scenario.arq.unsafe_window;
            }
        }
        let payload = self.scenario.payload;
        if let Some(bytes) = slider(ui, cx, "arq-packet", &format!("{payload} B"), f32::from(payload), (64.0, 1_472.0, 64.0)) {
            self.set_payload(bytes as u16);
        }
        if let Some(packets) = slider(ui, cx, "arq-packets", &self.packets.to_string(), self.packets as f32, (1.0, 60.0, 1.0)) {
            self.set_packets(packets as u32);
        }
    }

    fn channel_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let before = self.scenario.data;
        say(ui, Type::Small, colors(ui).t2, cx.text("arq-channel"));
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        let data = &mut self.scenario.data;
        for (key, place, most) in [
            ("arq-loss", &mut data.loss, 0.9),
            ("arq-ack-loss", &mut self.scenario.acks.loss, 0.9),
            ("arq-damage", &mut data.damage, 0.5),
            ("arq-duplicate", &mut data.duplicate, 0.5),
            ("arq-reorder", &mut data.reorder, 0.5),
        ] {
            if let Some(share) = slider(ui, cx, key, &percent(*place), *place as f32, (0.0, most, 0.01)) {
                *place = (f64::from(share) * 100.0).round() / 100.0;
            }
        }
        for (key, place, most) in [("arq-delay", &mut data.delay, 200.0), ("arq-jitter", &mut data.jitter, 50.0)] {
            let ms = place.as_secs_f64() * 1e3;
            if let Some(ms) = slider(ui, cx, key, &format!("{ms:.0} ms"), ms as f32, (0.0, most, 1.0)) {
                *place = Duration::from_millis(ms as u64);
            }
        }
        let at = RATES.iter().position(|rate| *rate == data.rate_bps).unwrap_or(2);
        if let Some(at) = slider(ui, cx, "arq-rate", &rate(data.rate_bps, cx), at as f32, (0.0, RATES.len() as f32 - 1.0, 1.0)) {
            data.rate_bps = RATES.get(at as usize).copied().unwrap_or_default();
        }
        if *data != before {
            data.detour = data.delay.max(Duration::from_millis(10));
            self.mirror();
        }
    }

    fn timeout_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let width = ui.available_width();
        let about = cx.text("arq-timeout");
        say(ui, Type::Small, colors(ui).t2, about.as_str());
        let is_fixed = matches!(self.scenario.arq.timeout, Timeout::Fixed(_));
        let fixed = cx.strings.format("arq-timeout-fixed", &[("ms", format!("{:.0}", self.fixed_ms).into())]);
        if let Some(is_fixed) = segments_ui(ui, &about, &[(true, fixed), (false, "RFC 6298".to_owned())], is_fixed, Some(width)) {
            self.set_timeout(is_fixed);
        }
        if is_fixed && let Some(ms) = slider(ui, cx, "arq-timeout", &format!("{:.0} ms", self.fixed_ms), self.fixed_ms, (5.0, 500.0, 5.0)) {
            self.fixed_ms = ms;
            self.set_timeout(true);
        }
        let label = cx.text("arq-overtaken");
        if ui.add(Push::text(Look::Plain, &label).width(width).selected(self.scenario.arq.overtaken.is_some())).clicked() {
            self.scenario.arq.overtaken = if self.scenario.arq.overtaken.is_some() { None } else { Some(3) };
        }
    }
}

/// The string of a protocol's name.
pub(in super::super) const fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::StopAndWait => "arq-sw",
        Protocol::GoBackN => "arq-gbn",
        Protocol::SelectiveRepeat => "arq-sr",
    }
}

fn rate(bps: u64, cx: &Cx<'_>) -> String {
    match bps {
        0 => cx.text("arq-no-rate"),
        bps if bps >= 1_000_000_000 => format!("{} Gbit/s", bps / 1_000_000_000),
        bps if bps >= 1_000_000 => format!("{} Mbit/s", bps / 1_000_000),
        bps => format!("{} kbit/s", bps / 1_000),
    }
}

/// A name, the value on its right, and the slider; gives what was chosen.
pub(in super::super) fn slider(ui: &mut Ui, cx: &Cx<'_>, key: &str, told: &str, value: f32, (low, high, step): (f32, f32, f32)) -> Option<f32> {
    let (c, label, width) = (colors(ui), cx.text(key), ui.available_width());
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            say(ui, Type::Small, c.t1, label.as_str());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| say(ui, Type::MonoSmall, c.t1, told));
        });
        slider_ui(ui, width, &label, value, low..=high, step)
    })
    .inner
}
