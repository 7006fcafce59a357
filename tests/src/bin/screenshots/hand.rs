//! Keys, mouse and camera: what every tour does to a window.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lectern_tests::desk::Desk;

/// Widths of the people beside a class and of the form beside the first screen, in points.
pub(crate) const PEOPLE: u32 = 288;
const FORM: u32 = 400;

/// The hand of a person at one window that fills its screen.
pub(crate) struct Hand<'a> {
    desk: &'a Desk,
    window: String,
    width: u32,
    height: u32,
    name: &'a dyn Fn(&str) -> PathBuf,
}

impl<'a> Hand<'a> {
    /// Takes the window that is open; `name` is the file of a picture.
    pub(crate) fn at(desk: &'a Desk, (width, height): (u32, u32), name: &'a dyn Fn(&str) -> PathBuf) -> Result<Self> {
        let found = desk.command("xdotool").args(["search", "--onlyvisible", "--name", "Lectern"]).output()?;
        let window = String::from_utf8_lossy(&found.stdout).lines().next().context("the window is gone")?.to_owned();
        let hand = Self { desk, window, width, height, name };
        hand.xdotool(&["windowmove", &hand.window, "0", "0", "windowsize", &hand.window, &width.to_string(), &height.to_string()])?;
        hand.xdotool(&["windowfocus", &hand.window])?;
        wait(1_000);
        Ok(hand)
    }

    /// Takes a picture.
    pub(crate) fn shot(&self, screen: &str) -> Result<()> {
        wait(400);
        let picture = (self.name)(screen);
        self.desk.screenshot(&picture)?;
        shrink(self.desk, &picture)
    }

    /// Light colours, from the first screen.
    pub(crate) fn lighten(&self) -> Result<()> {
        // Between the language and the settings.
        self.click(self.width - FORM - 104, 40)
    }

    fn xdotool(&self, args: &[&str]) -> Result<()> {
        let status = self.desk.command("xdotool").args(args).status().context("xdotool is not installed; run `make deps-test`")?;
        ensure!(status.success(), "xdotool {args:?}");
        Ok(())
    }

    pub(crate) fn keys(&self, keys: &[&str]) -> Result<()> {
        for key in keys {
            self.xdotool(&["key", "--window", &self.window, key])?;
            wait(120);
        }
        Ok(())
    }

    pub(crate) fn write(&self, text: &str) -> Result<()> {
        self.xdotool(&["type", "--delay", "4", text])?;
        wait(200);
        Ok(())
    }

    pub(crate) fn point(&self, x: u32, y: u32) -> Result<()> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()])?;
        wait(250);
        Ok(())
    }

    pub(crate) fn click(&self, x: u32, y: u32) -> Result<()> {
        self.point(x, y)?;
        self.xdotool(&["click", "1"])?;
        wait(400);
        Ok(())
    }

    /// Puts another window of the program somewhere, above the others.
    pub(crate) fn place(&self, title: &str, x: u32, y: u32) -> Result<()> {
        let found = self.desk.command("xdotool").args(["search", "--onlyvisible", "--name", title]).output()?;
        let window = String::from_utf8_lossy(&found.stdout).lines().next().with_context(|| format!("there is no window {title}"))?.to_owned();
        self.xdotool(&["windowmove", &window, &x.to_string(), &y.to_string(), "windowraise", &window])
    }

    /// Where nothing lights up under the pointer.
    pub(crate) fn rest(&self) -> Result<()> {
        self.point(self.width - PEOPLE / 2, self.height - 120)
    }
}

/// Lets the window do what it was told.
pub(crate) fn wait(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// A palette makes a picture a third as large, which a repository keeps for ever.
fn shrink(desk: &Desk, picture: &Path) -> Result<()> {
    let mut convert = desk.command("mogrify");
    let status = convert.args(["+dither", "-colors", "255", "-strip", "-format", "png"]).arg(picture).status().context("imagemagick is not installed")?;
    ensure!(status.success(), "{}", picture.display());
    Ok(())
}
