//! The screen of an X server, or one of its windows: pixels through shared memory, and the damage extension, which says whether anything
//! changed. A window is taken from its own pixels (composite extension), so what lies over it is not sent.

use super::cursor::{self, Look};
use super::shared::Shared;
use super::{GrabError, Region, Wanted, window};
use crate::live::outlet::trouble;
use crate::make::failure::FailureKind;
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::devices::{Device, Monitor};
use lectern_proto::live::pipe::TroubleCode;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{self, ChangeWindowAttributesAux, EventMask, ImageFormat, ImageOrder};
use x11rb::protocol::{Event, composite, damage, randr, shm, xfixes};
use x11rb::rust_connection::RustConnection;

/// All bits of each pixel.
const ALL_PLANES: u32 = !0;
/// Bytes of a pixel; no screen that is used today has others.
const PIXEL: usize = 4;

/// A screen that is open.
pub(super) struct Grabber {
    connection: RustConnection,
    root: xproto::Window,
    /// The window that is sent, with its size; none for the screen.
    window: Option<(xproto::Window, u16, u16)>,
    /// Where the pixels are.
    source: xproto::Drawable,
    area: Region,
    way: Way,
    damage: Option<damage::Damage>,
    cursor: bool,
    look: Option<Look>,
    frame: Video,
    /// Nothing was grabbed yet.
    fresh: bool,
}

/// How pixels come.
enum Way {
    Shared {
        segment: shm::Seg,
        memory: Shared,
    },
    /// Through the socket, from a server on another machine.
    Socket,
}

fn gone(e: impl std::fmt::Display) -> GrabError {
    let why = format!("The screen cannot be read ({e}). It is tried again each second; if that does not help, send it again.");
    GrabError::Now(trouble(TroubleCode::ScreenLost, "", why))
}

impl From<ConnectionError> for GrabError {
    fn from(e: ConnectionError) -> Self {
        gone(e)
    }
}

impl From<ReplyError> for GrabError {
    fn from(e: ReplyError) -> Self {
        gone(e)
    }
}

impl From<ReplyOrIdError> for GrabError {
    fn from(e: ReplyOrIdError) -> Self {
        gone(e)
    }
}

/// Connects to the X server, and gives the number of its screen.
fn connect() -> Result<(RustConnection, usize), GrabError> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let wayland = "This desktop is Wayland, whose screen cannot be captured yet. Log out, choose the desktop on X11 (Xorg) on the login screen, and \
                   send the screen from there; or send a camera or a file.";
    if !set("DISPLAY") {
        let none = "There is no screen here: DISPLAY is not set. Start this from a desktop on X11; or send a camera or a file.";
        let (kind, why) = if set("WAYLAND_DISPLAY") { (FailureKind::ScreenWayland, wayland) } else { (FailureKind::ScreenNone, none) };
        return Err(GrabError::Never(kind, why.to_owned()));
    }
    let (connection, screen) = RustConnection::connect(None).map_err(gone)?;
    // The X server inside Wayland shows X programs alone; its screen stays black.
    if xproto::query_extension(&connection, b"XWAYLAND")?.reply()?.present {
        return Err(GrabError::Never(FailureKind::ScreenWayland, wayland.to_owned()));
    }
    Ok((connection, screen))
}

/// The monitors that make up the screen.
pub(super) fn monitors() -> Result<Vec<Monitor>, GrabError> {
    let (connection, number) = connect()?;
    let Some(screen) = connection.setup().roots.get(number) else { return Err(gone("the server has no such screen")) };
    let whole = Monitor { name: "Screen".to_owned(), x: 0, y: 0, width: screen.width_in_pixels.into(), height: screen.height_in_pixels.into(), default: true };
    let Ok(Ok(reply)) = randr::get_monitors(&connection, screen.root, true).map(|cookie| cookie.reply()) else { return Ok(vec![whole]) };
    let mut found = Vec::new();
    for monitor in reply.monitors {
        let name = xproto::get_atom_name(&connection, monitor.name)?.reply()?.name;
        let (x, y) = (monitor.x.into(), monitor.y.into());
        let name = String::from_utf8_lossy(&name).into_owned();
        found.push(Monitor { name, x, y, width: monitor.width.into(), height: monitor.height.into(), default: monitor.primary });
    }
    Ok(if found.is_empty() { vec![whole] } else { found })
}

/// The windows on the screen.
pub(super) fn windows() -> Result<Vec<Device>, GrabError> {
    let (connection, number) = connect()?;
    let Some(screen) = connection.setup().roots.get(number) else { return Err(gone("the server has no such screen")) };
    let root = screen.root;
    window::all(&connection, root)
}

impl Grabber {
    pub(super) fn open(wanted: &Wanted) -> Result<Self, GrabError> {
        let (connection, number) = connect()?;
        let setup = connection.setup();
        let Some(screen) = setup.roots.get(number) else { return Err(gone("the server has no such screen")) };
        let root = screen.root;
        let window = wanted.window.as_ref().map(|name| window::find(&connection, root, name)).transpose()?;
        let source = window.map_or(Ok(root), |window| pixels(&connection, window))?;
        let geometry = xproto::get_geometry(&connection, source)?.reply()?;
        let depth = geometry.depth;
        let bits = setup.pixmap_formats.iter().find(|f| f.depth == depth).map(|f| f.bits_per_pixel);
        if !matches!(depth, 24 | 32) || bits != Some(32) || setup.image_byte_order != ImageOrder::LSB_FIRST {
            let why = format!("This screen has {depth} bits of colour in a form that cannot be sent. Set it to 24 bits of colour.");
            return Err(GrabError::Never(FailureKind::ScreenForm, why));
        }
        let area = clip(wanted.region, geometry.width, geometry.height).ok_or_else(|| {
            let size = format!("{}x{}", geometry.width, geometry.height);
            GrabError::Now(trouble(
                TroubleCode::ScreenRegion,
                &size,
                format!("The region lies outside of the screen, which has {size} pixels. Choose another one."),
            ))
        })?;
        // A screen that changes its size is opened anew.
        let watched = window.unwrap_or(root);
        xproto::change_window_attributes(&connection, watched, &ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY))?.check()?;
        let way = share(&connection, area).unwrap_or(Way::Socket);
        let damage = watch(&connection, watched).ok();
        let cursor = wanted.cursor && xfixes::query_version(&connection, 5, 0)?.reply().is_ok();
        let frame = Video::new(Pixel::BGRZ, area.width.into(), area.height.into());
        let window = window.map(|window| (window, geometry.width, geometry.height));
        Ok(Self { connection, root, window, source, area, way, damage, cursor, look: None, frame, fresh: true })
    }

    /// The picture, when it is another than the last.
    pub(super) fn grab(&mut self) -> Result<Option<&Video>, GrabError> {
        let mut changed = self.fresh || self.damage.is_none();
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::DamageNotify(_) => changed = true,
                Event::ConfigureNotify(event) if event.window == self.root => return Err(GrabError::Resized),
                Event::ConfigureNotify(event) => {
                    let border = 2 * event.border_width;
                    if self.window.is_some_and(|w| w == (event.window, w.1, w.2) && (event.width + border, event.height + border) != (w.1, w.2)) {
                        return Err(GrabError::Resized);
                    }
                }
                Event::UnmapNotify(event) if self.window.is_some_and(|w| w.0 == event.window) => return Err(hidden()),
                Event::DestroyNotify(event) if self.window.is_some_and(|w| w.0 == event.window) => return Err(closed()),
                _ => {}
            }
        }
        let corner = self.corner()?;
        let pointer = if self.cursor { Some(xfixes::get_cursor_image(&self.connection)?.reply()?) } else { None };
        let look = pointer.as_ref().map(Look::of);
        changed |= look != self.look;
        if !changed {
            return Ok(None);
        }
        if let Some(damage) = self.damage {
            // Before the pixels are taken: what changes from now on is told again.
            damage::subtract(&self.connection, damage, x11rb::NONE, x11rb::NONE)?;
        }
        let copied = self.copy()?;
        // Without damage only a comparison says whether it is another picture.
        if !copied && look == self.look && !self.fresh {
            return Ok(None);
        }
        (self.look, self.fresh) = (look, false);
        if let Some(pointer) = pointer {
            let (stride, width) = (self.frame.stride(0), usize::from(self.area.width));
            cursor::draw(&pointer, self.frame.data_mut(0), stride, width, corner);
        }
        Ok(Some(&self.frame))
    }

    /// Which pixel of the screen the picture begins with.
    fn corner(&self) -> Result<(i32, i32), GrabError> {
        let (x, y) = (i32::from(self.area.x), i32::from(self.area.y));
        Ok(match self.window.filter(|_| self.cursor) {
            Some((window, ..)) => {
                let origin = xproto::translate_coordinates(&self.connection, window, self.root, 0, 0)?.reply()?;
                (x + i32::from(origin.dst_x), y + i32::from(origin.dst_y))
            }
            None => (x, y),
        })
    }

    /// Copies the pixels into the frame; whether they are others than those that are there.
    fn copy(&mut self) -> Result<bool, GrabError> {
        let Region { x, y, width, height } = self.area;
        // Screens have at most 32,767 pixels an edge.
        let (left, top) = (x as i16, y as i16);
        let row = usize::from(width) * PIXEL;
        match &self.way {
            Way::Shared { segment, memory } => {
                shm::get_image(&self.connection, self.source, left, top, width, height, ALL_PLANES, ImageFormat::Z_PIXMAP.into(), *segment, 0)?.reply()?;
                Ok(rows(&mut self.frame, memory.bytes(), row))
            }
            Way::Socket => {
                let image = xproto::get_image(&self.connection, ImageFormat::Z_PIXMAP, self.source, left, top, width, height, ALL_PLANES)?.reply()?;
                Ok(rows(&mut self.frame, &image.data, row))
            }
        }
    }
}

/// Copies rows without padding; whether any differs from what was there.
fn rows(frame: &mut Video, pixels: &[u8], row: usize) -> bool {
    let (stride, height) = (frame.stride(0), frame.height() as usize);
    let mut differs = false;
    for (to, from) in frame.data_mut(0).chunks_mut(stride).take(height).zip(pixels.chunks_exact(row)) {
        let to = &mut to[..row];
        differs |= to != from;
        to.copy_from_slice(from);
    }
    differs
}

/// The part of the region that is on the screen.
fn clip(region: Option<Region>, width: u16, height: u16) -> Option<Region> {
    let whole = Region { x: 0, y: 0, width, height };
    let wanted = region.unwrap_or(whole);
    let inside = Region { width: wanted.width.min(width.saturating_sub(wanted.x)), height: wanted.height.min(height.saturating_sub(wanted.y)), ..wanted };
    (inside.width >= 2 && inside.height >= 2).then_some(inside)
}

/// Shares memory with the server; it refuses when it is on another machine.
fn share(connection: &RustConnection, area: Region) -> Result<Way, GrabError> {
    if connection.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
        return Ok(Way::Socket);
    }
    let memory = Shared::new(usize::from(area.width) * usize::from(area.height) * PIXEL).map_err(gone)?;
    let segment = connection.generate_id()?;
    shm::attach_fd(connection, segment, memory.descriptor().map_err(gone)?, false)?.check()?;
    Ok(Way::Shared { segment, memory })
}

/// The pixels of a window alone.
fn pixels(connection: &RustConnection, window: xproto::Window) -> Result<xproto::Drawable, GrabError> {
    let attributes = xproto::get_window_attributes(connection, window)?.reply()?;
    if attributes.map_state != xproto::MapState::VIEWABLE {
        return Err(hidden());
    }
    let missing = || "This X server does not give the pixels of single windows. Send the screen or a region of it instead.";
    if connection.extension_information(composite::X11_EXTENSION_NAME)?.is_none() {
        return Err(GrabError::Never(FailureKind::Internal, missing().to_owned()));
    }
    composite::query_version(connection, 0, 4)?.reply()?;
    composite::redirect_window(connection, window, composite::Redirect::AUTOMATIC)?.check()?;
    let pixmap = connection.generate_id()?;
    composite::name_window_pixmap(connection, window, pixmap)?.check()?;
    Ok(pixmap)
}

fn hidden() -> GrabError {
    let why = "The window is minimised, so nothing of it can be seen. Show it again; it is tried again each second.";
    GrabError::Now(trouble(TroubleCode::WindowHidden, "", why))
}

fn closed() -> GrabError {
    let why = "The window was closed. Open it again, or choose another one; it is tried again each second.";
    GrabError::Now(trouble(TroubleCode::WindowClosed, "", why))
}

/// Has the server tell that something changed, once until it is taken note of.
fn watch(connection: &RustConnection, root: xproto::Window) -> Result<damage::Damage, GrabError> {
    damage::query_version(connection, 1, 1)?.reply()?;
    let id = connection.generate_id()?;
    damage::create(connection, id, root, damage::ReportLevel::NON_EMPTY)?.check()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_cut_at_the_edges_of_the_screen() {
        let region = |x, y, width, height| Region { x, y, width, height };
        assert_eq!(clip(None, 800, 600), Some(region(0, 0, 800, 600)));
        assert_eq!(clip(Some(region(700, 500, 300, 300)), 800, 600), Some(region(700, 500, 100, 100)));
        assert_eq!(clip(Some(region(800, 0, 300, 300)), 800, 600), None);
        assert_eq!(clip(Some(region(u16::MAX, u16::MAX, u16::MAX, u16::MAX)), 800, 600), None);
    }
}
