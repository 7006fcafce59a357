//! How the window looks to this person: colours, size of everything, motion. Settings in, egui's options out.
//!
//! What a person has not chosen follows the system, where the system tells.

use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use egui::style::ScrollAnimation;
use egui::{Context, Theme, ThemePreference};

use super::settings::Settings;
use super::tokens::motion;

/// Enlargements that can be chosen, in percent.
pub(super) const SCALES: [u16; 8] = [80, 90, 100, 110, 125, 150, 175, 200];

/// What the system says about motion, once it has said it.
#[derive(Debug, Clone, Default)]
pub(super) struct SystemMotion(Arc<OnceLock<bool>>);

impl SystemMotion {
    /// Asks the system beside the window, which is repainted when the answer has come.
    pub(super) fn ask(&self, ctx: &Context) {
        let (answer, ctx) = (self.0.clone(), ctx.clone());
        // Without a thread nothing is known, as on a system that does not tell.
        let _ = std::thread::Builder::new().name("motion".into()).spawn(move || {
            if let Some(still) = ask_system() {
                let _ = answer.set(still);
                ctx.request_repaint();
            }
        });
    }

    /// Whether the system asks for little motion.
    fn is_still(&self) -> bool {
        self.0.get().copied().unwrap_or(false)
    }
}

/// Whether the desktop's animations are off: GNOME and what follows its settings.
#[cfg(target_os = "linux")]
fn ask_system() -> Option<bool> {
    Some(answer_of("gsettings", &["get", "org.gnome.desktop.interface", "enable-animations"])? == "false")
}

/// Whether Reduce Motion is on.
#[cfg(target_os = "macos")]
fn ask_system() -> Option<bool> {
    Some(answer_of("defaults", &["read", "com.apple.universalaccess", "reduceMotion"])? == "1")
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn ask_system() -> Option<bool> {
    None
}

/// The first line that a program of the system prints.
#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), expect(dead_code))]
fn answer_of(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// At the start: the size that was chosen, and a question to the system.
pub(super) fn start(ctx: &Context, settings: &Settings, system: &SystemMotion) {
    let (least, most) = (f32::from(SCALES[0]) / 100.0, f32::from(SCALES[SCALES.len() - 1]) / 100.0);
    if settings.scale.is_finite() {
        ctx.set_zoom_factor(settings.scale.clamp(least, most));
    }
    system.ask(ctx);
}

/// Puts the choices into force; cheap when nothing changed. The size may have been changed by keys and is noted.
pub(super) fn apply(ctx: &Context, settings: &mut Settings, system: &SystemMotion) {
    settings.scale = ctx.zoom_factor();
    let theme = match settings.dark {
        Some(true) => ThemePreference::Dark,
        Some(false) => ThemePreference::Light,
        None => ThemePreference::System,
    };
    if ctx.options(|o| o.theme_preference) != theme {
        ctx.set_theme(theme);
    }
    let still = settings.still.unwrap_or_else(|| system.is_still());
    if motion::is_still(ctx) != still {
        let time = if still { 0.0 } else { motion::HOVER };
        for theme in [Theme::Dark, Theme::Light] {
            ctx.style_mut_of(theme, |style| {
                style.animation_time = time;
                style.scroll_animation = if still { ScrollAnimation::none() } else { ScrollAnimation::default() };
            });
        }
    }
}
