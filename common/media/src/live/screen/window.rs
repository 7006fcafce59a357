//! The windows of an X server's screen: which there are, and the one that somebody means by its number or its title.

use super::GrabError;
use crate::live::outlet::trouble;
use lectern_proto::live::devices::Device;
use lectern_proto::live::pipe::TroubleCode;
use x11rb::protocol::xproto::{self, AtomEnum, MapState, Window};
use x11rb::rust_connection::RustConnection;

/// Windows that are listed.
const WINDOWS_MAX: usize = 200;
/// A title is read up to so many units of four bytes.
const TITLE_MAX: u32 = 64;

/// The windows that can be sent, the one in front last.
pub(super) fn all(connection: &RustConnection, root: Window) -> Result<Vec<Device>, GrabError> {
    let windows = managed(connection, root)?;
    let windows = if windows.is_empty() { xproto::query_tree(connection, root)?.reply()?.children } else { windows };
    let mut found = Vec::new();
    for window in windows.into_iter().rev().take(WINDOWS_MAX).rev() {
        // A window may go while the others are asked.
        let seen = xproto::get_window_attributes(connection, window)?.reply().is_ok_and(|a| a.map_state == MapState::VIEWABLE);
        if let Some(name) = title(connection, window)?.filter(|_| seen) {
            found.push(Device { id: format!("{window:#x}"), name, default: false });
        }
    }
    Ok(found)
}

/// The window of this number (decimal, or hexadecimal after `0x`), title, or part of a title.
pub(super) fn find(connection: &RustConnection, root: Window, wanted: &str) -> Result<Window, GrabError> {
    let number = wanted.strip_prefix("0x").map_or_else(|| wanted.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok());
    if let Some(number) = number
        && xproto::get_window_attributes(connection, number)?.reply().is_ok()
    {
        return Ok(number);
    }
    let windows = all(connection, root)?;
    let lower = wanted.to_lowercase();
    let place = windows.iter().rposition(|w| w.name == wanted).or_else(|| windows.iter().rposition(|w| w.name.to_lowercase().contains(&lower)));
    let number = place.and_then(|i| u32::from_str_radix(windows[i].id.strip_prefix("0x")?, 16).ok());
    let why = || format!("There is no window named {wanted}. Open it, or choose another one; it is tried again each second.");
    number.ok_or_else(|| GrabError::Now(trouble(TroubleCode::WindowMissing, wanted, why())))
}

/// The windows that a window manager knows (EWMH 1.5, `_NET_CLIENT_LIST_STACKING`); none without one.
fn managed(connection: &RustConnection, root: Window) -> Result<Vec<Window>, GrabError> {
    let atom = xproto::intern_atom(connection, false, b"_NET_CLIENT_LIST_STACKING")?.reply()?.atom;
    let reply = xproto::get_property(connection, false, root, atom, AtomEnum::WINDOW, 0, 4 * WINDOWS_MAX as u32)?.reply()?;
    Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
}

/// What a window calls itself: in UTF-8 (EWMH 1.5, `_NET_WM_NAME`), or as of old.
fn title(connection: &RustConnection, window: Window) -> Result<Option<String>, GrabError> {
    let name = xproto::intern_atom(connection, false, b"_NET_WM_NAME")?.reply()?.atom;
    for (property, kind) in [(name, AtomEnum::ANY), (AtomEnum::WM_NAME.into(), AtomEnum::ANY)] {
        let Ok(reply) = xproto::get_property(connection, false, window, property, kind, 0, TITLE_MAX)?.reply() else { return Ok(None) };
        let text = String::from_utf8_lossy(&reply.value).trim().to_owned();
        if !text.is_empty() {
            return Ok(Some(text));
        }
    }
    Ok(None)
}
