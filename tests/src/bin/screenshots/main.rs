//! Takes the pictures in `docs/screenshots`: a real server with real videos, real members, and a real window that is
//! driven by keys and mouse through every screen, at two sizes, dark and light. `make screenshots` calls it.
//!
//! Usage: `screenshots [DIRECTORY]`. Nothing here checks anything: people look at what comes out.

mod room;
mod tour;

use std::path::PathBuf;

use anyhow::{Context, Result};
use lectern_tests::stack::root;

/// Width and height of the screens.
const SIZES: [(u32, u32); 2] = [(1280, 800), (1920, 1080)];

fn main() -> Result<()> {
    let out = std::env::args_os().nth(1).map_or_else(|| root().join("docs/screenshots"), PathBuf::from);
    std::fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let mut room = room::Room::open()?;
    for (width, height) in SIZES {
        for light in [false, true] {
            let theme = if light { "light" } else { "dark" };
            eprintln!("{width}x{height}, {theme}");
            let name = |screen: &str| out.join(format!("{screen}-{width}x{height}-{theme}.png"));
            tour::take(&mut room, width, height, light, &name)?;
        }
    }
    eprintln!("{}", out.display());
    Ok(())
}
