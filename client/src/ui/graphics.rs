//! What happens when the window cannot be drawn: once more with software, then a sentence that says what to do.
//!
//! There is one renderer, OpenGL by glow. A second one (wgpu) would be a second way to draw every picture, which must then
//! be kept and tested; Mesa's software driver draws on every machine instead, if it is asked for.

use super::strings::{Language, Strings};

/// What makes Mesa draw with the processor, and glvnd take Mesa.
#[cfg(target_os = "linux")]
const SOFTWARE: [(&str, &str); 3] = [("LIBGL_ALWAYS_SOFTWARE", "1"), ("__GLX_VENDOR_LIBRARY_NAME", "mesa"), ("GALLIUM_DRIVER", "llvmpipe")];

/// A window that did not open, as a sentence. Where drawing by software has not been tried, this program is begun once more
/// with it, and the function does not return.
pub(super) fn explain(error: &eframe::Error) -> anyhow::Error {
    let key = match error {
        eframe::Error::Glutin(_) | eframe::Error::NoGlutinConfigs(..) | eframe::Error::OpenGL(_) => {
            begin_again_with_software();
            "window-no-graphics"
        }
        _ => "window-no-display",
    };
    let whole = match error {
        eframe::Error::NoGlutinConfigs(_, why) => why.to_string(),
        other => other.to_string(),
    };
    // Behind where in which library it went wrong stands what went wrong.
    let why = whole.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default().trim_end_matches('.').to_owned();
    anyhow::anyhow!(Strings::new(Language::of_system()).format(key, &[("why", why.into())]))
}

/// Puts this program in its own place with the software driver. It comes back only when that cannot be done, or was done.
#[cfg(target_os = "linux")]
fn begin_again_with_software() {
    use std::os::unix::process::CommandExt;
    let (name, value) = SOFTWARE[0];
    if std::env::var_os(name).is_some_and(|v| v == value) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    tracing::warn!("OpenGL does not work here; trying again with the software driver");
    let why = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(SOFTWARE).exec();
    tracing::warn!("this program could not be begun again: {why}");
}

#[cfg(not(target_os = "linux"))]
fn begin_again_with_software() {}
