//! The window over a made-up class, for looking at screens and translations without a server:
//! `cargo run -p lectern --example window_gallery`. Any password is right; nothing plays.

#[path = "../tests/ui_support/mod.rs"]
mod ui_support;

use lectern::ui::settings::Settings;
use lectern::ui::window::{Start, Window};
use lectern_proto::control::Role;

fn main() -> anyhow::Result<()> {
    let fake = ui_support::Fake::joined(Role::Instructor);
    fake.lock().make_up_more();
    let link = ui_support::link(false, None);
    println!("a link to paste: {link}");
    lectern::ui::show(move |ctx, settings: Settings| Window::new(ctx, Box::new(fake), settings, Start::default()))
}
