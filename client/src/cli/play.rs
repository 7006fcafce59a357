//! `lectern play FILE`: the window with one file on its stage.
//!
//! The server that it takes is started beside it by [`crate::here`] and ends with the window; nobody has to know of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Failure;
use super::watch::seconds;
use crate::here::{self, Wish};
use crate::ui::{FirstLook, PlayFile, WindowOptions};

pub(super) const HELP: &str = "\
Examples:
  lectern play film.mkv
  lectern play lecture.mp4 --start 600 --window 1600x900

A window opens and the file starts with its first seconds; seeking, pictures above the seek bar, volume and full screen are those of \
the stage in a class (`?` lists the keys). What is prepared of the file lies in Lectern's own folder of the cache and is deleted when \
the window is closed. lectern-server and lectern-media must lie beside this program or in the search path.

Exit codes: 0 the window was closed, 1 the file or the programs are not there, or no window can be opened, 2 wrong usage.";

#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// A video or a recording, in any form that FFmpeg reads
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Start at this second
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    start: Duration,
    /// Size of the window in points, from 480x400 to 16384x16384
    #[arg(long, value_name = "WxH", value_parser = window_size)]
    window: Option<[f32; 2]>,
    /// Fill the screen
    #[arg(long, conflicts_with = "window")]
    full_screen: bool,
}

/// `1280x800`
fn window_size(text: &str) -> Result<[f32; 2], String> {
    let edges = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse::<u16>().ok()?, h.parse::<u16>().ok()?)));
    match edges {
        Some((w @ 480..=16_384, h @ 400..=16_384)) => Ok([f32::from(w), f32::from(h)]),
        _ => Err("a size such as 1280x800, from 480x400 to 16384x16384".to_owned()),
    }
}

pub(super) fn run(name: Option<String>, args: PlayArgs, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    let PlayArgs { file, start, window, full_screen } = args;
    // What is missing is said here, where it was asked for, and not by a window.
    here::check(&Wish::File(file.clone()))?;
    let start_us = u64::try_from(start.as_micros()).unwrap_or(u64::MAX);
    let options = WindowOptions {
        join: None,
        typed: None,
        name,
        password: None,
        play: Some(PlayFile { path: file, start_us }),
        appearance: FirstLook { size: window, full_screen },
        runtime: runtime.handle().clone(),
    };
    crate::ui::run(options).map_err(|e| Failure::Other(format!("{e:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked() {
        assert_eq!(window_size("1280x800"), Ok([1280.0, 800.0]));
        for wrong in ["", "1280", "0x0", "1280x399", "99999x800", "1280x800x3", "-1x800"] {
            assert!(window_size(wrong).is_err(), "{wrong}");
        }
    }
}
