//! Labs: the codes and protocols of a networking course, run in this window. They need no class and no server.
//!
//! Each lab is a folder of its own: its state and what it computes apart from its drawing. `Tab` lists those that work.

mod arq;
pub mod class_run;
mod exercise;
mod hamming;
mod network;
mod segments;
mod show;

use std::path::Path;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, Popup, RectAlign, ScrollArea, Ui};

use super::backend::{LabFile, Pick};
use super::command::{Command, Cx};
use super::icons::Icon;
use super::reasons;
use super::tokens::{Type, colors, size, space};
use super::widgets::{Choice, Look, Push, Tone, notice_ui, say_line};
use crate::class::{Changed, ClassState};
use crate::lab::work::WorkState;
use segments::segments_ui;

/// Width of the choice between simulation and network.
const SWITCH: f32 = 236.0;
/// Width of the parameters on the left, with their margin.
const PARAMETERS: f32 = 256.0;

/// The labs that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tab {
    #[default]
    Hamming,
    Arq,
    /// In a class.
    ClassRun,
}

impl Tab {
    const ALL: [(Self, &str); 3] = [(Self::Hamming, "labs-hamming"), (Self::Arq, "labs-arq"), (Self::ClassRun, "classrun-tab")];
}

/// What the labs hold.
#[derive(Debug, Default)]
pub(crate) struct Labs {
    pub(crate) is_shown: bool,
    tab: Tab,
    hamming: hamming::Lab,
    arq: arq::Lab,
    /// Repeat request runs over the real network.
    is_real: bool,
    network: network::Network,
    show: show::Watching,
    exercises: exercise::Exercises,
    /// What became of the last export.
    told: Option<(Tone, String)>,
}

/// The class that the labs are in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InClass<'a> {
    pub(crate) state: &'a ClassState,
    pub(crate) work: &'a WorkState,
}

impl Labs {
    /// Takes what was chosen in the system's dialog: a message to read, or a place to write to.
    pub(crate) fn picked(&mut self, file: LabFile, path: &Path, strings: &super::strings::Strings) {
        let named = |key: &str| strings.format(key, &[("path", path.display().to_string().into())]);
        let done = match file {
            LabFile::Message => self.hamming.read(path),
            LabFile::PlotPicture => std::fs::write(path, self.hamming.picture(strings)),
            LabFile::PlotPoints => std::fs::write(path, self.hamming.points()),
            LabFile::Blocks => std::fs::write(path, self.hamming.to_json()),
            LabFile::Run => self.arq.load(path),
            LabFile::Sent => {
                self.network.file = Some(path.to_owned());
                Ok(())
            }
            LabFile::Exercise => self.exercises.open(path),
            LabFile::ExerciseText | LabFile::AnswersTable | LabFile::AnswersRecord => self.exercises.write(file, path),
            // Taken before.
            LabFile::Kept(_) | LabFile::SentCapture | LabFile::TakenCapture => Ok(()),
            LabFile::RunPicture => std::fs::write(path, self.arq.picture()),
            LabFile::RunTable => std::fs::write(path, self.arq.table()),
            LabFile::RunRecord => self.arq.to_json().and_then(|json| std::fs::write(path, json)),
        };
        self.told = match done {
            Ok(()) if matches!(file, LabFile::Message | LabFile::Run | LabFile::Sent | LabFile::Exercise) => None,
            Ok(()) => Some((Tone::Good, named("labs-exported"))),
            Err(why) => Some((Tone::Warn, format!("{} {}", named("labs-file-failed"), reasons::system(strings, &why.into())))),
        };
    }
}

/// Draws the labs: header, status line, the lab. `in_class`: beside the rail of a class, else with a way back to the first screen.
pub(crate) fn page_ui(ui: &mut Ui, labs: &mut Labs, class: Option<InClass<'_>>, changed: &Changed, cx: &mut Cx<'_>) {
    let (c, in_class) = (colors(ui), class.is_some());
    let real = class.filter(|_| labs.is_real && labs.tab == Tab::Arq);
    if class.is_none() && labs.tab == Tab::ClassRun {
        labs.tab = Tab::Hamming;
    }
    if let Some(class) = class {
        labs.exercises.follow(class);
    }
    labs.show.follow(ui, &mut labs.arq, class, cx);
    match labs.tab {
        Tab::Hamming => labs.hamming.follow(changed),
        Tab::Arq => labs.arq.follow(changed),
        Tab::ClassRun => {}
    }
    header_ui(ui, labs, in_class, cx);
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(space::M as i8, 0));
    Panel::bottom("labs-status").exact_size(size::STATUS).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| match labs.tab {
            Tab::Hamming => labs.hamming.status_ui(ui, cx),
            Tab::Arq if real.is_some() => network::status_ui(ui, cx),
            Tab::Arq => labs.arq.status_ui(ui, cx),
            Tab::ClassRun => labs.exercises.status_ui(ui, cx),
        });
    });
    if let Some(class) = class.filter(|_| labs.tab == Tab::ClassRun) {
        let frame = Frame::new().fill(c.window).inner_margin(Margin::same(space::L as i8));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            if let Some((tone, told)) = &labs.told {
                notice_ui(ui, *tone, if *tone == Tone::Good { Icon::Check } else { Icon::Warning }, told);
            }
            labs.exercises.ui(ui, class, cx);
        });
        return;
    }
    // The bars of what is scrolled stand in the margin.
    let outer = Margin { left: space::L as i8, right: 2, top: space::M as i8, bottom: 0 };
    let beside_bar = Margin { left: 0, right: space::L as i8 - 2, top: 0, bottom: space::M as i8 };
    let frame = Frame::new().fill(c.panel).inner_margin(outer);
    Panel::left("labs-parameters").exact_size(PARAMETERS).resizable(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).content_margin(beside_bar).show(ui, |ui| match labs.tab {
            Tab::Hamming => labs.hamming.parameters_ui(ui, cx),
            Tab::Arq => match real {
                Some(class) => labs.network.parameters_ui(ui, class, cx),
                None => labs.arq.parameters_ui(ui, cx),
            },
            // Drawn above.
            Tab::ClassRun => {}
        });
    });
    CentralPanel::default().frame(Frame::new().fill(c.window).inner_margin(outer)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).content_margin(beside_bar).show(ui, |ui| {
            if let Some((tone, told)) = &labs.told {
                notice_ui(ui, *tone, if *tone == Tone::Good { Icon::Check } else { Icon::Warning }, told);
            }
            match labs.tab {
                Tab::Hamming => labs.hamming.ui(ui, cx),
                Tab::Arq => match real {
                    Some(class) => labs.network.ui(ui, class, cx),
                    None => {
                        if let Some(class) = class {
                            labs.show.ui(ui, &labs.arq, class, cx);
                        }
                        labs.arq.ui(ui, cx);
                    }
                },
                Tab::ClassRun => {}
            }
        });
    });
}

fn header_ui(ui: &mut Ui, labs: &mut Labs, in_class: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.window).inner_margin(Margin::symmetric(space::L as i8 - 4, 0));
    Panel::top("labs-header").exact_size(size::HEADER).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            if !in_class && ui.add(Push::icon(Icon::Back, &cx.text("labs-close"))).clicked() {
                cx.push(Command::ShowLabs(false));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !in_class && ui.add(Push::icon(Icon::Gear, &cx.text("settings-title")).shortcut("Ctrl ,")).clicked() {
                    cx.push(Command::ToggleSettings);
                }
                if labs.tab != Tab::ClassRun {
                    // It keeps its place, so that what is beside it does.
                    let is_there = labs.tab == Tab::Hamming || !(labs.is_real && in_class);
                    export_ui(ui, labs.tab, is_there, cx);
                }
                if labs.tab == Tab::Arq && in_class {
                    let choices = [(false, cx.text("net-simulation")), (true, cx.text("net-real"))];
                    // Laid out from the right: the widgets of a frame stand from the left again.
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let room = ui.available_width() - SWITCH;
                        left_ui(ui, labs, (room, true), cx);
                        if let Some(is_real) = segments_ui(ui, "", &choices, labs.is_real, None) {
                            labs.is_real = is_real;
                        }
                    });
                    return;
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| left_ui(ui, labs, (0.0, in_class), cx));
            });
        });
    });
}

/// The name and the tabs, and nothing behind them up to so much from the left.
fn left_ui(ui: &mut Ui, labs: &mut Labs, (width, in_class): (f32, bool), cx: &Cx<'_>) {
    let (c, begin) = (colors(ui), ui.cursor().left());
    ui.add_space(space::S);
    say_line(ui, Type::Title, c.t1, cx.text("rail-labs"));
    ui.add_space(space::S);
    let tabs: Vec<_> = Tab::ALL.iter().filter(|(tab, _)| in_class || *tab != Tab::ClassRun).map(|(tab, key)| (*tab, cx.text(key))).collect();
    if let Some(tab) = segments_ui(ui, "", &tabs, labs.tab, None) {
        labs.tab = tab;
    }
    ui.add_space((width - (ui.cursor().left() - begin)).max(0.0));
}

fn export_ui(ui: &mut Ui, tab: Tab, is_there: bool, cx: &mut Cx<'_>) {
    let label = cx.text("labs-export");
    let id = egui::Id::unique("labs-export");
    let button = ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Export).enabled(is_there).selected(Popup::is_id_open(ui.ctx(), id)));
    Popup::menu(&button).id(id).align(RectAlign::BOTTOM_END).gap(space::XS).width(232.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let files = match tab {
            Tab::Hamming => [(LabFile::PlotPicture, "labs-export-svg"), (LabFile::PlotPoints, "labs-export-csv"), (LabFile::Blocks, "labs-export-json")],
            Tab::Arq | Tab::ClassRun => {
                [(LabFile::RunPicture, "arq-export-svg"), (LabFile::RunTable, "arq-export-csv"), (LabFile::RunRecord, "arq-export-json")]
            }
        };
        for (file, key) in files {
            if (Choice { name: &cx.text(key), note: "", right: "", chosen: false, mono: false }).show(ui) {
                cx.push(Command::Pick(Pick::Lab(file)));
            }
        }
    });
}
