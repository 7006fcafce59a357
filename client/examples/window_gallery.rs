//! The window over a made-up class, for looking at screens and translations without a server; nothing plays.
//!
//! `cargo run -p lectern --example window_gallery -- [join] [stage] [light] [de] [student]`: on the join screen (any
//! password is right) or past it, on the stage, in light colours, in German, as a student.

#[path = "../tests/ui_support/mod.rs"]
mod ui_support;

use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::{Start, Window};
use lectern_proto::control::Role;

fn main() -> anyhow::Result<()> {
    let wishes: Vec<String> = std::env::args().skip(1).collect();
    let wished = |wish: &str| wishes.iter().any(|w| w == wish);
    let fake = ui_support::Fake::joined(if wished("student") { Role::Student } else { Role::Instructor });
    fake.lock().make_up_more();
    let link = ui_support::link(false, wished("stage").then_some("r"));
    println!("a link to paste: {link}");
    let start = match wished("join") {
        true => Start::default(),
        false => Start { join: Some(link), name: Some("Ana".into()), password: Some("any".into()) },
    };
    let language = if wished("de") { Language::German } else { Language::English };
    let dark = Some(!wished("light"));
    lectern::ui::show(move |ctx, settings: Settings| Window::new(ctx, Box::new(fake), Settings { dark, language: Some(language), ..settings }, start))
}
