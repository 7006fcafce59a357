//! The left side: message, code, channel, and what happened in all.

use egui::{Align, Id, Layout, Popup, Ui, vec2};
use lectern_proto::lab::hamming::{Order, Outcome};

use super::super::super::backend::{LabFile, Pick};
use super::super::super::command::{Command, Cx};
use super::super::super::icons::Icon;
use super::super::super::tokens::{Type, colors, size, space};
use super::super::super::widgets::{Choice, Field, Look, Push, icon_ui, say, say_line, slider_ui};
use super::super::segments::segments_ui;
use super::model::{BYTES_MAX, DATA_BITS, Input, Lab, Way};
use super::tiles;

/// Powers of ten of the error rates to choose from: 0.0001 to a half.
const LEAST: f32 = -4.0;
const MOST: f32 = -0.301;

impl Lab {
    pub(in super::super) fn parameters_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S - 2.0);
        self.input_ui(ui, cx);
        ui.add_space(space::XS);
        self.code_ui(ui, cx);
        ui.add_space(space::XS);
        self.channel_ui(ui, cx);
        ui.add_space(space::S);
        self.happened_ui(ui, cx);
    }

    fn input_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        let about = cx.text("labs-input");
        say(ui, Type::Small, c.t2, about.as_str());
        let kinds = [(Input::Text, "labs-input-text"), (Input::Hex, "labs-input-hex"), (Input::File, "labs-input-file")].map(|(i, key)| (i, cx.text(key)));
        if let Some(input) = segments_ui(ui, &about, &kinds, self.input, Some(width)) {
            self.input = input;
        }
        match self.input {
            Input::Text => {
                Field::new(Id::unique("labs-text"), &cx.text("labs-message")).limit(BYTES_MAX).show(ui, &mut self.text);
            }
            Input::Hex => {
                let problem = self.message().err().map(|_| cx.text("labs-bad-hex"));
                let label = cx.text("labs-digits");
                Field::new(Id::unique("labs-hex"), &label).limit(3 * BYTES_MAX).problem(problem.as_deref()).show(ui, &mut self.hex);
            }
            Input::File => {
                if ui.add(Push::text(Look::Plain, &cx.text("labs-choose-file")).with_icon(Icon::Sheet)).clicked() {
                    cx.push(Command::Pick(Pick::Lab(LabFile::Message)));
                }
                let name = self.file.as_ref().map_or_else(|| cx.text("labs-no-file"), |(name, _)| name.clone());
                say_line(ui, Type::Small, c.t2, lectern_proto::text::line(&name).into_owned());
                say(ui, Type::Small, c.t3, cx.strings.format("labs-file-first", &[("n", BYTES_MAX.into())]));
            }
        }
        let made = self.made();
        let words = [("bytes", made.bytes.len().into()), ("bits", (made.bytes.len() * 8).into()), ("blocks", made.blocks.len().into())];
        say(ui, Type::Small, c.t3, cx.strings.format("labs-size", &words));
    }

    fn code_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        say(ui, Type::Small, c.t2, cx.text("labs-code"));
        let name = |k: usize| {
            let n = (2usize..).map(|r| ((1 << r) - 1, r)).find(|(n, r)| *n >= k + r).map_or(k, |(n, _)| n);
            format!("Hamming ({n},{k})")
        };
        let id = Id::unique("labs-code");
        let chosen = name(self.k);
        let said = format!("{}: {chosen}", cx.text("labs-code"));
        let button = ui.add(Push::text(Look::Plain, &chosen).named(&said).width(width).selected(Popup::is_id_open(ui.ctx(), id)));
        Popup::menu(&button).id(id).width(width).show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for k in DATA_BITS {
                if (Choice { name: &name(k), note: "", right: "", chosen: k == self.k, mono: true }).show(ui) {
                    self.k = k;
                }
            }
        });
        if ui.add(Push::text(Look::Plain, &cx.text("labs-secded")).width(width).selected(self.secded)).clicked() {
            self.secded = !self.secded;
        }
        let orders = [(Order::Classic, "labs-classic"), (Order::Systematic, "labs-systematic")].map(|(order, key)| (order, cx.text(key)));
        if let Some(order) = segments_ui(ui, &cx.text("labs-order"), &orders, self.order, Some(width)) {
            self.order = order;
        }
        let source = if self.order == Order::Classic { "labs-classic-source" } else { "labs-systematic-source" };
        say(ui, Type::Small, c.t3, cx.text(source));
    }

    fn channel_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (c, width) = (colors(ui), ui.available_width());
        let about = cx.text("labs-channel");
        say(ui, Type::Small, c.t2, about.as_str());
        let ways = [(Way::Hand, "labs-by-hand"), (Way::Random, "labs-random"), (Way::Burst, "labs-burst")].map(|(way, key)| (way, cx.text(key)));
        if let Some(way) = segments_ui(ui, &about, &ways, self.way, Some(width)) {
            self.way = way;
        }
        let value_ui = |ui: &mut Ui, name: &str, value: String| {
            ui.horizontal(|ui| {
                say(ui, Type::Small, c.t2, name);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| say(ui, Type::MonoSmall, c.t1, value));
            });
        };
        match self.way {
            Way::Hand => {
                say(ui, Type::Small, c.t3, cx.text("labs-hand-hint"));
            }
            Way::Random => {
                let label = cx.text("labs-error-rate");
                value_ui(ui, &label, format!("{:.4}", self.rate()));
                if let Some(above) = slider_ui(ui, width, &label, self.power - LEAST, 0.0..=MOST - LEAST, 0.05) {
                    self.power = LEAST + above;
                }
            }
            Way::Burst => {
                let label = cx.text("labs-burst-length");
                value_ui(ui, &label, format!("{:.0}", self.burst));
                if let Some(burst) = slider_ui(ui, width, &label, self.burst, 1.0..=32.0, 1.0) {
                    self.burst = burst;
                }
            }
        }
        let (seed, next) = (cx.text("labs-seed"), cx.text("labs-next-seed"));
        let problem = self.seed.trim().parse::<u64>().is_err().then(|| cx.text("labs-bad-seed"));
        let field = Field::new(Id::unique("labs-seed"), &seed).limit(20).problem(problem.as_deref());
        if field.show_with_button(ui, &mut self.seed, Push::icon(Icon::Replay, &next)).1.clicked() {
            self.next_seed();
            if self.way != Way::Hand {
                self.let_channel();
            }
        }
        let is_hand = self.way == Way::Hand;
        let (key, icon) = if is_hand { ("labs-undo-flips", Icon::Rewind) } else { ("labs-flip", Icon::Bolt) };
        if ui.add(Push::text(Look::Plain, &cx.text(key)).with_icon(icon).width(width).enabled(!is_hand || !self.flips.is_empty())).clicked() {
            self.let_channel();
        }
    }

    fn happened_ui(&self, ui: &mut Ui, cx: &Cx<'_>) {
        let c = colors(ui);
        let report = self.made().report;
        // Lines of text, not of buttons.
        ui.spacing_mut().interact_size.y = Type::Body.line();
        say(ui, Type::Small, c.t2, cx.strings.format("labs-happened", &[("n", report.tally.blocks().into())]));
        for outcome in Outcome::ALL {
            let (icon, ink, key) = tiles::outcome(outcome, c);
            ui.horizontal(|ui| {
                icon_ui(ui, icon, size::ICON_SMALL, ink);
                let word = cx.text(key);
                say(ui, Type::Body, c.t1, word.as_str());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let count = report.tally.of(outcome).to_string();
                    let said = format!("{word}: {count}");
                    let response = say(ui, Type::MonoSmall, c.t1, count);
                    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &said));
                });
            });
        }
        say(ui, Type::Small, c.t3, cx.strings.format("labs-wrong-bits", &[("n", report.wrong_bits.into()), ("unnoticed", report.unnoticed_bits.into())]));
    }
}
