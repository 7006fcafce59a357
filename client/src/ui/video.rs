//! The picture on the stage: three planes go to the GPU as they are and become red, green and blue in a fragment shader.
//!
//! A [`VideoScreen`] lives as long as the window. The window gives it each new picture; the paint callback uploads a
//! picture once, into textures that are reused until the size changes, and draws them into the viewport of the callback.
//! [`VideoScreen::release`] frees them while the context is still there. Nothing here touches a sample on the CPU, except
//! to drop row padding where OpenGL ES 2 cannot skip it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eframe::egui_glow::{CallbackFn, ShaderVersion};
use eframe::glow::{self, HasContext as _};
use egui::{PaintCallback, Rect, Ui, vec2};
use lectern_media::picture::{Matrix, Picture, Plane, Range};
use lectern_proto::quality::auto::Area;
use lectern_proto::rung::PictureSize;

/// The space for the picture, in pixels of the screen.
pub(super) fn picture_area(ui: &Ui, full_screen: bool) -> Area {
    let size = ui.available_size() * ui.ctx().pixels_per_point();
    Area { size: PictureSize { width: size.x.max(1.0) as u32, height: size.y.max(1.0) as u32 }, full_screen }
}

/// The newest picture and what draws it.
#[derive(Default)]
pub struct VideoScreen {
    picture: Mutex<Option<Arc<Picture>>>,
    renderer: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Ready(Renderer),
    /// The reason has been logged; the stage stays black.
    Broken,
}

impl std::fmt::Debug for VideoScreen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VideoScreen({:?})", self.size())
    }
}

/// A panic elsewhere does not make a picture unusable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl VideoScreen {
    /// Shows this picture from the next paint on; none leaves the stage black.
    pub fn show(&self, picture: Option<Arc<Picture>>) {
        *lock(&self.picture) = picture;
    }

    /// Size of the picture that is shown.
    #[must_use]
    pub fn size(&self) -> Option<PictureSize> {
        lock(&self.picture).as_ref().map(|p| p.size())
    }

    /// Whether this machine's OpenGL cannot draw it.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        matches!(*lock(&self.renderer), State::Broken)
    }

    /// Where the picture lies in the middle of `area`, as large as fits, never stretched.
    #[must_use]
    pub fn fitted(&self, ui: &Ui, area: Rect) -> Option<Rect> {
        Some(letterbox(area, self.size()?, ui.pixels_per_point()))
    }

    /// Paints the whole picture into `place`, as far as that lies in `area`.
    pub fn paint(self: &Arc<Self>, ui: &Ui, place: Rect, area: Rect) {
        let Some((rect, part)) = cut(place, area) else { return };
        let screen = self.clone();
        let draw = CallbackFn::new(move |_info, painter| screen.draw(painter.gl(), part));
        ui.painter().add(PaintCallback { rect, callback: Arc::new(draw) });
    }

    fn draw(&self, gl: &glow::Context, part: Part) {
        let Some(picture) = lock(&self.picture).clone() else { return };
        let mut state = lock(&self.renderer);
        if matches!(*state, State::New) {
            *state = match Renderer::new(gl) {
                Ok(renderer) => State::Ready(renderer),
                Err(error) => {
                    tracing::error!("the picture cannot be drawn: {error}");
                    State::Broken
                }
            };
        }
        if let State::Ready(renderer) = &mut *state {
            renderer.draw(gl, &picture, part);
        }
    }

    /// Frees what the GPU holds.
    pub fn release(&self, gl: &glow::Context) {
        if let State::Ready(renderer) = std::mem::take(&mut *lock(&self.renderer)) {
            renderer.release(gl);
        }
    }
}

/// A part of a picture: left, top, width and height as shares of the whole.
type Part = [f32; 4];

/// What of `place` lies in `area`, and which part of the picture that is. Whatever a zoom does, the GPU never gets a
/// viewport that is larger than the screen.
fn cut(place: Rect, area: Rect) -> Option<(Rect, Part)> {
    // A picture that was snapped to whole pixels may be a hair larger than its area.
    if area.expand(1.0).contains_rect(place) {
        return Some((place, [0.0, 0.0, 1.0, 1.0]));
    }
    let seen = place.intersect(area);
    let size = place.size();
    let offset = (seen.min - place.min) / size;
    let share = seen.size() / size;
    (seen.is_positive() && place.is_finite()).then_some((seen, [offset.x, offset.y, share.x, share.y]))
}

/// The largest rectangle of the picture's shape in the middle of `area`, on whole pixels.
#[must_use]
pub fn letterbox(area: Rect, size: PictureSize, pixels_per_point: f32) -> Rect {
    let (w, h) = (size.width.max(1) as f32, size.height.max(1) as f32);
    let scale = (area.width() / w).min(area.height() / h);
    let snap = |v: f32| (v * pixels_per_point).round() / pixels_per_point;
    let fitted = vec2(snap(w * scale), snap(h * scale)).max(vec2(1.0, 1.0) / pixels_per_point);
    let min = area.center() - fitted / 2.0;
    Rect::from_min_size(egui::pos2(snap(min.x), snap(min.y)), fitted)
}

/// Red, green and blue from Y, Cb and Cr: `rgb = matrix * (ycbcr - offset)`, columns first, as OpenGL takes it.
///
/// From the luma weights of the matrix (ITU-R BT.601-7 2.5.1, BT.709-6 3) and the code ranges (BT.709-6 3.4).
#[must_use]
pub fn conversion(matrix: Matrix, range: Range) -> ([f32; 9], [f32; 3]) {
    let (kr, kb) = match matrix {
        Matrix::Bt601 => (0.299_f32, 0.114_f32),
        Matrix::Bt709 => (0.2126, 0.0722),
    };
    let kg = 1.0 - kr - kb;
    let (luma, chroma, black) = match range {
        Range::Limited => (255.0 / 219.0, 255.0 / 224.0, 16.0 / 255.0),
        Range::Full => (1.0, 1.0, 0.0),
    };
    let (red, blue) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
    let green = [-blue * kb / kg, -red * kr / kg];
    ([luma, luma, luma, 0.0, green[0], blue, red, green[1], 0.0], [black, 128.0 / 255.0, 128.0 / 255.0])
}

/// What the GPU holds.
struct Renderer {
    program: glow::Program,
    corners: glow::Buffer,
    array: Option<glow::VertexArray>,
    position: u32,
    planes: [Texture; 3],
    uniforms: Uniforms,
    formats: Formats,
    /// What lies in the textures; compared by identity.
    uploaded: Option<Arc<Picture>>,
    padding_free: Vec<u8>,
}

struct Texture {
    name: glow::Texture,
    size: (usize, usize),
}

struct Uniforms {
    matrix: Option<glow::UniformLocation>,
    offset: Option<glow::UniformLocation>,
    chroma_shift: Option<glow::UniformLocation>,
    part: Option<glow::UniformLocation>,
}

/// How one byte a sample is spelled here.
#[derive(Clone, Copy)]
struct Formats {
    internal: u32,
    external: u32,
    /// Whether rows may be longer than the picture is wide.
    row_length: bool,
}

const VERTEX: &str = r"
#if NEW
#define attribute in
#define varying out
#endif
attribute vec2 corner;
varying vec2 at;
uniform vec4 part;
void main() {
    at = part.xy + vec2(corner.x, 1.0 - corner.y) * part.zw;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
";

/// Chroma lies on every other luma sample of a row, not between two (H.264 annex E, chroma_sample_loc_type 0): the shift.
const FRAGMENT: &str = r"
#ifdef GL_ES
precision highp float;
#endif
#if NEW
#define varying in
#define texture2D texture
out vec4 colour;
#else
#define colour gl_FragColor
#endif
varying vec2 at;
uniform sampler2D luma, cb, cr;
uniform mat3 matrix;
uniform vec3 offset;
uniform float chroma_shift;
void main() {
    vec2 between = at + vec2(chroma_shift, 0.0);
    vec3 code = vec3(texture2D(luma, at).r, texture2D(cb, between).r, texture2D(cr, between).r);
    colour = vec4(clamp(matrix * (code - offset), 0.0, 1.0), 1.0);
}
";

impl Renderer {
    fn new(gl: &glow::Context) -> Result<Self, String> {
        let shading = ShaderVersion::get(gl);
        let modern = shading.is_new_shader_interface();
        let formats = match modern {
            true => Formats { internal: glow::R8, external: glow::RED, row_length: true },
            false => Formats { internal: glow::LUMINANCE, external: glow::LUMINANCE, row_length: !shading.is_embedded() },
        };
        let head = format!("{}#define NEW {}\n", shading.version_declaration(), i32::from(modern));
        // SAFETY: the context is current, as egui calls this from its painter; every name is used with it alone.
        unsafe {
            let program = link(gl, &head)?;
            let position = gl.get_attrib_location(program, "corner").ok_or("the vertex shader lost its input")?;
            let corners = gl.create_buffer()?;
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(corners));
            let strip: [f32; 8] = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
            let bytes: Vec<u8> = strip.iter().flat_map(|v| v.to_ne_bytes()).collect();
            gl.buffer_data_u8_slice(glow::ARRAY_BUFFER, &bytes, glow::STATIC_DRAW);
            let array = if modern { Some(gl.create_vertex_array()?) } else { None };
            let planes = [new_texture(gl)?, new_texture(gl)?, new_texture(gl)?];
            gl.use_program(Some(program));
            for (unit, name) in ["luma", "cb", "cr"].into_iter().enumerate() {
                gl.uniform_1_i32(gl.get_uniform_location(program, name).as_ref(), unit as i32);
            }
            let uniform = |name| gl.get_uniform_location(program, name);
            let uniforms = Uniforms { matrix: uniform("matrix"), offset: uniform("offset"), chroma_shift: uniform("chroma_shift"), part: uniform("part") };
            Ok(Self { program, corners, array, position, planes, uniforms, formats, uploaded: None, padding_free: Vec::new() })
        }
    }

    fn draw(&mut self, gl: &glow::Context, picture: &Arc<Picture>, part: Part) {
        if !self.uploaded.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, picture)) {
            self.upload(gl, picture);
        }
        let (matrix, offset) = conversion(picture.matrix(), picture.range());
        let shift = 0.25 / self.planes[1].size.0.max(1) as f32;
        // SAFETY: as in `new`; the painter restores its own state after a callback.
        unsafe {
            gl.use_program(Some(self.program));
            gl.uniform_matrix_3_f32_slice(self.uniforms.matrix.as_ref(), false, &matrix);
            gl.uniform_3_f32_slice(self.uniforms.offset.as_ref(), &offset);
            gl.uniform_1_f32(self.uniforms.chroma_shift.as_ref(), shift);
            gl.uniform_4_f32_slice(self.uniforms.part.as_ref(), &part);
            for (unit, plane) in self.planes.iter().enumerate() {
                gl.active_texture(glow::TEXTURE0 + unit as u32);
                gl.bind_texture(glow::TEXTURE_2D, Some(plane.name));
            }
            if self.array.is_some() {
                gl.bind_vertex_array(self.array);
            }
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(self.corners));
            gl.enable_vertex_attrib_array(self.position);
            gl.vertex_attrib_pointer_f32(self.position, 2, glow::FLOAT, false, 0, 0);
            gl.disable(glow::BLEND);
            gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
            gl.disable_vertex_attrib_array(self.position);
            gl.enable(glow::BLEND);
            if self.array.is_some() {
                gl.bind_vertex_array(None);
            }
            gl.active_texture(glow::TEXTURE0);
        }
    }

    fn upload(&mut self, gl: &glow::Context, picture: &Arc<Picture>) {
        for (texture, plane) in self.planes.iter_mut().zip(picture.planes()) {
            texture.fill(gl, &plane, self.formats, &mut self.padding_free);
        }
        self.uploaded = Some(picture.clone());
    }

    fn release(self, gl: &glow::Context) {
        // SAFETY: the names came from this context and are not used again.
        unsafe {
            gl.delete_program(self.program);
            gl.delete_buffer(self.corners);
            if let Some(array) = self.array {
                gl.delete_vertex_array(array);
            }
            for plane in self.planes {
                gl.delete_texture(plane.name);
            }
        }
    }
}

impl Texture {
    fn fill(&mut self, gl: &glow::Context, plane: &Plane<'_>, formats: Formats, scratch: &mut Vec<u8>) {
        let (width, height) = (plane.width, plane.height);
        let needed = plane.stride * height.saturating_sub(1) + width;
        if width == 0 || height == 0 || plane.stride < width || plane.data.len() < needed {
            return;
        }
        let (data, stride) = if formats.row_length || plane.stride == width {
            (plane.data, plane.stride)
        } else {
            scratch.clear();
            plane.data.chunks(plane.stride).take(height).for_each(|row| scratch.extend_from_slice(&row[..width]));
            (scratch.as_slice(), width)
        };
        let pixels = glow::PixelUnpackData::Slice(Some(data));
        let (w, h) = (width as i32, height as i32);
        // SAFETY: as in `Renderer::new`; OpenGL reads `stride * (height - 1) + width` bytes, which `data` was checked to have.
        unsafe {
            gl.active_texture(glow::TEXTURE0);
            gl.bind_texture(glow::TEXTURE_2D, Some(self.name));
            gl.pixel_store_i32(glow::UNPACK_ALIGNMENT, 1);
            if formats.row_length {
                gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, stride as i32);
            }
            if self.size == (width, height) {
                gl.tex_sub_image_2d(glow::TEXTURE_2D, 0, 0, 0, w, h, formats.external, glow::UNSIGNED_BYTE, pixels);
            } else {
                let internal = formats.internal as i32;
                gl.tex_image_2d(glow::TEXTURE_2D, 0, internal, w, h, 0, formats.external, glow::UNSIGNED_BYTE, pixels);
                self.size = (width, height);
            }
            if formats.row_length {
                gl.pixel_store_i32(glow::UNPACK_ROW_LENGTH, 0);
            }
            gl.pixel_store_i32(glow::UNPACK_ALIGNMENT, 4);
        }
    }
}

/// # Safety
/// The context is current.
unsafe fn new_texture(gl: &glow::Context) -> Result<Texture, String> {
    // SAFETY: passed on to the caller.
    unsafe {
        let name = gl.create_texture()?;
        gl.bind_texture(glow::TEXTURE_2D, Some(name));
        for (parameter, value) in [
            (glow::TEXTURE_MIN_FILTER, glow::LINEAR),
            (glow::TEXTURE_MAG_FILTER, glow::LINEAR),
            (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
            (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
        ] {
            gl.tex_parameter_i32(glow::TEXTURE_2D, parameter, value as i32);
        }
        Ok(Texture { name, size: (0, 0) })
    }
}

/// # Safety
/// The context is current.
unsafe fn link(gl: &glow::Context, head: &str) -> Result<glow::Program, String> {
    // SAFETY: passed on to the caller.
    unsafe {
        let program = gl.create_program()?;
        for (kind, body) in [(glow::VERTEX_SHADER, VERTEX), (glow::FRAGMENT_SHADER, FRAGMENT)] {
            let shader = gl.create_shader(kind)?;
            gl.shader_source(shader, &format!("{head}{body}"));
            gl.compile_shader(shader);
            if !gl.get_shader_compile_status(shader) {
                return Err(gl.get_shader_info_log(shader));
            }
            gl.attach_shader(program, shader);
            // Marked only; it goes with the program.
            gl.delete_shader(shader);
        }
        gl.link_program(program);
        if gl.get_program_link_status(program) { Ok(program) } else { Err(gl.get_program_info_log(program)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn pictures_are_never_stretched() {
        let check = |area: (f32, f32), size: (u32, u32), want: (f32, f32)| {
            let area = Rect::from_min_size(pos2(10.0, 20.0), vec2(area.0, area.1));
            let got = letterbox(area, PictureSize { width: size.0, height: size.1 }, 1.0);
            assert_eq!((got.width(), got.height()), want);
            assert!(area.expand(1.0).contains_rect(got), "{got:?}");
        };
        check((1280.0, 720.0), (1920, 1080), (1280.0, 720.0));
        check((1280.0, 724.0), (640, 360), (1280.0, 720.0));
        check((500.0, 1000.0), (1920, 1080), (500.0, 281.0));
        check((1000.0, 500.0), (406, 720), (282.0, 500.0));
        check((0.0, 0.0), (16, 16), (1.0, 1.0));
    }

    #[test]
    fn only_what_is_on_the_stage_is_drawn() {
        let area = Rect::from_min_size(pos2(100.0, 50.0), vec2(400.0, 200.0));
        assert_eq!(cut(area.shrink(10.0), area), Some((area.shrink(10.0), [0.0, 0.0, 1.0, 1.0])));
        let twice = Rect::from_min_size(pos2(0.0, 50.0), vec2(800.0, 400.0));
        assert_eq!(cut(twice, area), Some((area, [0.125, 0.0, 0.5, 0.5])));
        assert_eq!(cut(Rect::from_min_size(pos2(2_000.0, 0.0), vec2(10.0, 10.0)), area), None);
        assert_eq!(cut(Rect::from_min_size(pos2(f32::NAN, 0.0), vec2(1e9, 10.0)), area), None);
    }

    #[test]
    fn known_colours() {
        let check = |matrix, range, code: [f32; 3], want: [f32; 3]| {
            let (m, offset) = conversion(matrix, range);
            let v: Vec<f32> = (0..3).map(|i| code[i] / 255.0 - offset[i]).collect();
            for row in 0..3 {
                let got: f32 = (0..3).map(|column| m[column * 3 + row] * v[column]).sum();
                assert!((got - want[row]).abs() < 0.01, "{matrix:?} {range:?} {code:?}: {got} for {want:?}");
            }
        };
        for matrix in [Matrix::Bt601, Matrix::Bt709] {
            check(matrix, Range::Limited, [16.0, 128.0, 128.0], [0.0; 3]);
            check(matrix, Range::Limited, [235.0, 128.0, 128.0], [1.0; 3]);
            check(matrix, Range::Full, [0.0, 128.0, 128.0], [0.0; 3]);
            check(matrix, Range::Full, [255.0, 128.0, 128.0], [1.0; 3]);
        }
        // The bars of BT.709 and BT.601 at full intensity.
        check(Matrix::Bt709, Range::Limited, [63.0, 102.0, 240.0], [1.0, 0.0, 0.0]);
        check(Matrix::Bt709, Range::Limited, [173.0, 42.0, 26.0], [0.0, 1.0, 0.0]);
        check(Matrix::Bt709, Range::Limited, [32.0, 240.0, 118.0], [0.0, 0.0, 1.0]);
        check(Matrix::Bt601, Range::Limited, [81.0, 90.0, 240.0], [1.0, 0.0, 0.0]);
    }
}
