//! Takes the pictures in `docs/screenshots`: a real server with real videos, real members, and a real window that is
//! driven by keys and mouse through every screen, at two sizes, dark and light. `make screenshots` calls it.
//!
//! Usage: `screenshots [DIRECTORY [live|studio|chat|forms|labs]]`: `labs` takes those of the labs alone, `chat` those of chat alone, `forms` those of rooms and accounts, `live` takes those of live streams alone, `studio` those of who shows something. Nothing here checks anything: people look at what comes out.

mod chat;
mod forms;
mod found;
mod hand;
mod labs;
mod live;
mod own;
mod private;
mod room;
mod studio;
mod tour;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lectern_tests::stack::{Stack, root};

/// Width and height of the screens.
const SIZES: [(u32, u32); 2] = [(1280, 800), (1920, 1080)];

fn main() -> Result<()> {
    let out = std::env::args_os().nth(1).map_or_else(|| root().join("docs/screenshots"), PathBuf::from);
    std::fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    if std::env::args().nth(2).is_some_and(|part| part == "studio") {
        let stack = Stack::start(&[])?;
        return each(&out, |size, light, name| studio::take(&stack, size, light, name));
    }
    if std::env::args().nth(2).is_some_and(|part| part == "chat") {
        let stack = Stack::start(&[])?;
        each(&out, |size, light, name| chat::take(&stack, size, light, name))?;
        return each(&out, |size, light, name| private::take(&stack, size, light, name));
    }
    if std::env::args().nth(2).is_some_and(|part| part == "forms") {
        let stack = Stack::start(&[])?;
        return each(&out, |size, light, name| forms::take(&stack, size, light, name));
    }
    if std::env::args().nth(2).is_some_and(|part| part == "labs") {
        let stack = Stack::start(&[])?;
        return each(&out, |size, light, name| labs::take(&stack, size, light, name));
    }
    if std::env::args().nth(2).is_some_and(|part| part == "live") {
        let stack = Stack::start(&[])?;
        each(&out, |size, light, name| live::take(&stack, size, light, name))?;
        return each(&out, |size, light, name| studio::take(&stack, size, light, name));
    }
    // Before there is a class, so that the cards are those of this tour.
    let known = found::Known::start()?;
    each(&out, |size, light, name| found::take(&known, size, light, name))?;
    drop(known);
    let mut room = room::Room::open()?;
    each(&out, |size, light, name| own::take(&room, size, light, name))?;
    each(&out, |(width, height), light, name| tour::take(&mut room, width, height, light, name))?;
    each(&out, |size, light, name| live::take(&room.stack, size, light, name))?;
    each(&out, |size, light, name| studio::take(&room.stack, size, light, name))?;
    each(&out, |size, light, name| chat::take(&room.stack, size, light, name))?;
    each(&out, |size, light, name| private::take(&room.stack, size, light, name))?;
    each(&out, |size, light, name| forms::take(&room.stack, size, light, name))?;
    each(&out, |size, light, name| labs::take(&room.stack, size, light, name))?;
    eprintln!("{}", out.display());
    Ok(())
}

/// Goes through a tour at every size, dark and light.
fn each(out: &Path, mut tour: impl FnMut((u32, u32), bool, &dyn Fn(&str) -> PathBuf) -> Result<()>) -> Result<()> {
    for (width, height) in SIZES {
        for light in [false, true] {
            let theme = if light { "light" } else { "dark" };
            eprintln!("{width}x{height}, {theme}");
            tour((width, height), light, &|screen| out.join(format!("{screen}-{width}x{height}-{theme}.png")))?;
        }
    }
    Ok(())
}
