//! The fonts of the window: Inter for words, JetBrains Mono for numbers that change, addresses and code.
//!
//! `build.rs` embeds what the system has; egui's own fonts stand behind them, and the system's behind those, for names in
//! other scripts. Weights are families of their own, because egui has no weight.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// Inter 500.
pub(super) const MEDIUM: &str = "medium";
/// Inter 600.
pub(super) const SEMIBOLD: &str = "semibold";
/// JetBrains Mono 500.
pub(super) const MONO_STRONG: &str = "mono-medium";

/// Gives the fonts to egui; they are in force from the next pass on.
pub(super) fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    let faces = [
        (FontFamily::Proportional, FontFamily::Proportional, INTER_REGULAR),
        (FontFamily::Name(MEDIUM.into()), FontFamily::Proportional, INTER_MEDIUM),
        (FontFamily::Name(SEMIBOLD.into()), FontFamily::Proportional, INTER_SEMIBOLD),
        (FontFamily::Monospace, FontFamily::Monospace, MONO_REGULAR),
        (FontFamily::Name(MONO_STRONG.into()), FontFamily::Monospace, MONO_MEDIUM),
    ];
    let own = FontDefinitions::default().families;
    for (family, fallback, face) in faces {
        let mut order = own.get(&fallback).cloned().unwrap_or_default();
        if let Some(bytes) = face {
            let name = format!("lectern-{family}");
            fonts.font_data.insert(name.clone(), Arc::new(FontData::from_static(bytes)));
            order.insert(0, name);
        }
        fonts.families.insert(family, order);
    }
    ctx.set_fonts(fonts);
}
