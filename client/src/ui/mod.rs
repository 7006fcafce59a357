//! The window, drawn with egui: join, catalogue, stage, people.
//!
//! ```text
//! class and player snapshots → views (`*_ui`) → commands → class and player
//! ```
//! [`window::Window`] is all of it over any [`backend::Backend`]; [`run`] puts it into an eframe window. Views read
//! snapshots and push [`command::Command`]s; none of them waits, opens a socket or decodes. The window repaints when
//! something changed, when the next picture is due, or when a clock on it moves on, and sleeps otherwise.

mod appearance;
pub mod backend;
mod board;
mod cards;
pub mod catalogue;
pub mod chat;
mod code_card;
pub mod command;
mod consent;
mod dates;
mod floor;
mod fonts;
pub mod format;
mod graphics;
mod icons;
mod join;
mod keys_list;
pub mod labs;
pub mod manage;
mod member;
mod on_air;
mod own;
mod people;
mod playing;
pub mod podcast;
mod poll;
mod projector;
mod prose;
mod reasons;
pub mod settings;
mod settings_page;
mod shell;
mod stage;
mod status;
pub mod strings;
mod strip;
pub mod studio;
mod talk;
mod thumbnails;
pub mod tokens;
mod tools;
mod truth;
mod typing;
pub mod video;
mod ways;
mod widgets;
pub mod window;
mod wishes;

use std::sync::{Arc, OnceLock};

use eframe::{NativeOptions, glow};
use egui::{IconData, ViewportBuilder};
use lectern_proto::link::JoinLink;

use crate::here::{Here, Wish};
use settings::{STORED_AS, Settings};
use typing::Typing;
use window::{Start, Window};

/// With what the window opens.
#[derive(Debug)]
pub struct WindowOptions {
    /// Fills the form; joined at once when the name and what the link needs beside it are given too.
    pub join: Option<JoinLink>,
    /// Stands in the field for link or address.
    pub typed: Option<String>,
    pub name: Option<String>,
    pub password: Option<String>,
    /// A file of this computer to begin with.
    pub play: Option<PlayFile>,
    pub appearance: FirstLook,
    pub runtime: tokio::runtime::Handle,
}

/// A file that plays when the window opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayFile {
    pub path: std::path::PathBuf,
    /// Media time in microseconds.
    pub start_us: u64,
}

/// How the window looks when it opens.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FirstLook {
    /// Width and height in points; none: the usual ones.
    pub size: Option<[f32; 2]>,
    pub full_screen: bool,
}

/// Opens the window and returns when it was closed. Call it from the main thread.
///
/// # Errors
/// When there is no display or no OpenGL.
pub fn run(options: WindowOptions) -> anyhow::Result<()> {
    let WindowOptions { join, typed, name, password, play, appearance, runtime } = options;
    let backend = Box::new(backend::Live::new(runtime));
    // Its server starts while the window opens.
    let opened = Arc::new(OnceLock::<egui::Context>::new());
    let played = play.map(|play| {
        let (wish, opened) = (Wish::File(play.path), Arc::clone(&opened));
        let host = Here::start(wish.clone(), Arc::new(move || opened.get().into_iter().for_each(egui::Context::request_repaint)));
        (wish, Box::new(host), play.start_us)
    });
    show_as(appearance, |ctx, settings| {
        let _ = opened.set(ctx.clone());
        let mut window = Window::new(ctx, backend, settings, Start { join, name, password });
        if let Some((wish, host, start_us)) = played {
            window.adopt(wish, host, start_us);
        }
        if let Some(text) = typed {
            window.type_address(text);
        }
        window
    })
}

/// Where this program keeps what it remembers of a person; none where the system has no such place.
#[must_use]
pub fn storage_folder() -> Option<std::path::PathBuf> {
    eframe::storage_dir("lectern")
}

/// Opens a window that `make` has made of egui's context and what was remembered.
///
/// # Errors
/// When there is no display or no OpenGL.
pub fn show(make: impl FnOnce(&egui::Context, Settings) -> Window) -> anyhow::Result<()> {
    show_as(FirstLook::default(), make)
}

fn show_as(appearance: FirstLook, make: impl FnOnce(&egui::Context, Settings) -> Window) -> anyhow::Result<()> {
    let viewport = ViewportBuilder::default()
        .with_app_id("lectern")
        .with_title("Lectern")
        .with_icon(icon())
        .with_inner_size(appearance.size.unwrap_or([1280.0, 800.0]))
        .with_fullscreen(appearance.full_screen)
        .with_min_inner_size([480.0, 400.0]);
    let native = NativeOptions { viewport, ..NativeOptions::default() };
    let create = |cc: &eframe::CreationContext<'_>| {
        tokens::install(&cc.egui_ctx);
        let settings = cc.storage.and_then(|s| eframe::get_value(s, STORED_AS)).unwrap_or_default();
        Ok(Box::new(App { window: make(&cc.egui_ctx, settings), typing: Typing::default() }) as Box<dyn eframe::App>)
    };
    let shown = eframe::run_native("lectern", native, Box::new(create));
    shown.map_err(|e| graphics::explain(&e))
}

/// The window in eframe.
struct App {
    window: Window,
    typing: Typing,
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        if let Some(seconds) = frame.info().cpu_usage {
            self.window.note_paint_time(std::time::Duration::from_secs_f32(seconds));
        }
        self.window.ui(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, STORED_AS, self.window.settings());
    }

    fn on_exit(&mut self, gl: Option<&glow::Context>) {
        self.window.close();
        if let Some(gl) = gl {
            self.window.release(gl);
        }
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        if self.typing.one_focus_a_pass(&mut input.events) {
            ctx.request_repaint();
        }
    }

    /// Text that was typed stays out of it.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// The mark of the program for the task bar.
fn icon() -> IconData {
    const EDGE: u32 = 64;
    let (desk, body) = ([0x74, 0xB1, 0xFF, 0xFF], [0xEC, 0xEE, 0xF1, 0xFF]);
    let pixel = |x: u32, y: u32| {
        let (x, y) = ((f64::from(x) + 0.5) * 24.0 / f64::from(EDGE), (f64::from(y) + 0.5) * 24.0 / f64::from(EDGE));
        let inset = 5.0 + 2.4 * (y - 9.4) / 8.2;
        match y {
            y if (3.0..7.6).contains(&y) && (1.5..22.5).contains(&x) => desk,
            y if (9.4..17.6).contains(&y) && (inset..24.0 - inset).contains(&x) => body,
            y if (19.2..22.0).contains(&y) && (5.5..18.5).contains(&x) => body,
            _ => [0; 4],
        }
    };
    let rgba = (0..EDGE * EDGE).flat_map(|i| pixel(i % EDGE, i / EDGE)).collect();
    IconData { rgba, width: EDGE, height: EDGE }
}
