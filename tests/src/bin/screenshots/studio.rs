//! The Class view at work: a document camera whose corners are set, the strip, Quiet, and the projector's window.
//!
//! The camera is a film of a sheet on a desk: a script stands before the media worker and lists it as a camera.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lectern_tests::clip;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{Stack, bin};

use crate::hand::{PEOPLE, wait};
use crate::live::enter;

/// Measures of the Class view, in points: the rail, the column of controls and the gaps around it, a card and the gap behind it.
const RAIL: u32 = 72;
const CONTROLS: u32 = 284;
const GAP: u32 = 16;
const CARD: u32 = 160;
/// The entry of the rail, and how far down things stand in the column of controls.
const CLASS: (u32, u32) = (36, 74);
const ON_AIR: u32 = 109;
const STRIP: u32 = 450;
const CORNERS: u32 = 393;
const STRAIGHTEN: u32 = 398;

/// A desk with a sheet on it, as a camera sees it, for two minutes.
fn film(stack: &Stack) -> Result<PathBuf> {
    let (picture, film) = (stack.path("desk.png"), stack.path("desk.mp4"));
    if film.exists() {
        return Ok(film);
    }
    let font = Command::new("fc-match").args(["-f", "%{file}", "sans"]).output().context("fontconfig is not installed")?;
    let mut draw = Command::new("convert");
    draw.args(["-size", "900x1200", "xc:#f4f1ea", "-font", &String::from_utf8_lossy(&font.stdout), "-fill", "#222a36", "-gravity", "north"]);
    for (line, size, y) in [("Shannon's limit", 64, 90), ("C = B log2(1 + S/N)", 44, 240), ("B = 3.1 kHz, S/N = 30 dB", 44, 340), ("C = 30.9 kbit/s", 44, 420)]
    {
        draw.args(["-pointsize", &format!("{size}"), "-annotate", &format!("+0+{y}"), line]);
    }
    draw.args(["-stroke", "#2a6dd2", "-strokewidth", "6", "-fill", "none", "-gravity", "northwest"]);
    for line in ["150,1050 250,800", "250,800 400,690", "400,690 600,630", "600,630 780,605", "150,1050 800,1050", "150,1050 150,560"] {
        draw.args(["-draw", &format!("line {line}")]);
    }
    draw.args(["-alpha", "set", "-virtual-pixel", "transparent", "-background", "none", "-define", "distort:viewport=1920x1080+0+0"]);
    draw.args(["-distort", "Perspective", "0,0 620,120 900,0 1420,180 900,1200 1350,1000 0,1200 420,900"]);
    draw.args(["-background", "#5b4636", "-flatten"]).arg(&picture);
    let status = draw.status().context("imagemagick is not installed; run `make deps-test`")?;
    ensure!(status.success(), "the sheet was not drawn");
    // A camera is read at 30 pictures a second, whatever a film says.
    let look = ["-loop", "1", "-framerate", "30", "-i", &picture.to_string_lossy(), "-t", "120"];
    clip::ffmpeg(&[&look[..], &["-pix_fmt", "yuv420p", "-preset", "ultrafast"]].concat(), &film)?;
    Ok(film)
}

/// The worker, with the film as its only camera.
fn worker(stack: &Stack, film: &Path) -> Result<PathBuf> {
    let path = stack.path("lectern-media-with-a-camera");
    let camera = serde_json::json!({ "id": film, "name": "Desk camera", "default": true });
    let list = serde_json::json!({ "cameras": [camera], "screens": [{ "name": "Screen", "x": 0, "y": 0, "width": 1280, "height": 800, "default": true }] });
    let script = format!("#!/bin/sh\n[ \"$2\" = --list ] && echo '{list}' && exit\nexec '{}' \"$@\"\n", bin("lectern-media").display());
    std::fs::write(&path, script)?;
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(path)
}

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let worker = worker(stack, &film(stack)?)?;
    let desk = Desk::new(size.0, size.1, false)?;
    let _window = desk.window_with(&[], &[("LECTERN_MEDIA", &worker)])?;
    let hand = enter(&desk, size, light, name, &stack.instructor(), "Ms Novak")?;
    let column = size.0 - PEOPLE - GAP - CONTROLS;
    let below = 48 + GAP;
    // The row of cards below the picture, which is as wide as its column or as high as leaves the cards in sight.
    let left = column - GAP - RAIL - GAP;
    let picture = (left * 9 / 16).min(size.1 - 320) + 32;
    let cards = below + picture + 16 + 32 + 16 + 58;
    hand.click(CLASS.0, CLASS.1)?;
    hand.rest()?;
    wait(4_000);
    // The third card: the sheet before that camera.
    hand.click(RAIL + GAP + 2 * CARD + CARD / 2, cards)?;
    wait(4_000);
    hand.rest()?;
    hand.shot("30-document")?;
    hand.click(column + 74, CORNERS)?;
    wait(2_000);
    hand.rest()?;
    hand.shot("31-document-corners")?;
    hand.click(column + 74, STRAIGHTEN)?;
    hand.click(column + CONTROLS / 2, ON_AIR)?;
    wait(3_000);
    hand.click(column + CONTROLS - 72, STRIP)?;
    wait(2_000);
    hand.place("Lectern: on air", size.0 / 2 - 325, size.1 - 120)?;
    hand.keys(&["q"])?;
    wait(600);
    hand.shot("32-quiet-and-strip")?;
    hand.keys(&["q", "F5"])?;
    wait(2_000);
    hand.place("Lectern: projector", 0, 0)?;
    wait(1_000);
    hand.shot("33-projector")?;
    hand.keys(&["F5"])?;
    wait(500);
    Ok(())
}
