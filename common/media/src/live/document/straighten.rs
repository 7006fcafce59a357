//! Lays the sheet flat: what lies inside of the four corners becomes a rectangle of the sheet's own ratio, in the middle of a picture of
//! steady size.

use super::light::Light;
use super::quad::Quad;
use crate::make::failure::Failure;
use crate::make::scale::{Scaler, declare, from_bgr};
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;
use opencv::core::{BORDER_CONSTANT, CV_8UC3, CV_64F, Mat, Scalar, Size};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, WARP_INVERSE_MAP, resize, warp_perspective};
use opencv::prelude::*;
use std::ffi::c_void;

/// Around the sheet, in brightness of limited range: dark, so that the sheet is what is seen.
const AROUND: u8 = 28;
/// What lies outside of the camera's picture is shown as paper.
const PAPER: f64 = 245.0;
/// Pixels of the source to one of the sheet from which on the source is reduced first.
const REDUCE: f32 = 2.0;

/// Straightens pictures of one stream.
#[derive(Default)]
pub(super) struct Straightener {
    light: Light,
    scaler: Option<(PictureSize, Scaler)>,
}

/// A picture of blue, green, red as OpenCV sees it, without a copy.
pub(super) fn mat(picture: &Video) -> Result<Mat, Failure> {
    let failed = |e| Failure::internal("look at a picture", e);
    if picture.format() != Pixel::BGR24 {
        return Err(Failure::internal("look at a picture", "it has another form"));
    }
    let (rows, columns) = (i32::try_from(picture.height()), i32::try_from(picture.width()));
    let (Ok(rows), Ok(columns)) = (rows, columns) else { return Err(Failure::internal("look at a picture", "it is too large")) };
    // SAFETY: the frame holds that many rows of so many bytes, and its callers keep it while they use the matrix, which they only read.
    unsafe { Mat::new_rows_cols_with_data_unsafe(rows, columns, CV_8UC3, picture.data(0).as_ptr().cast_mut().cast::<c_void>(), picture.stride(0)) }
        .map_err(failed)
}

/// Reduces a picture to this width and height.
pub(super) fn reduced(source: &Mat, width: i32, height: i32) -> Result<Mat, Failure> {
    let mut out = Mat::default();
    resize(source, &mut out, Size::new(width, height), 0.0, 0.0, INTER_AREA).map_err(|e| Failure::internal("reduce a picture", e))?;
    Ok(out)
}

impl Straightener {
    /// It is another sheet: what was known of its light is not true of it.
    pub(super) fn forget(&mut self) {
        self.light.forget();
    }

    /// The sheet in the middle of a picture of this size.
    pub(super) fn run(&mut self, picture: &Video, quad: &Quad, ratio: f32, canvas: PictureSize) -> Result<Video, Failure> {
        let size = inside(ratio, canvas);
        let mut sheet = self.flat(picture, quad, size)?;
        self.light.even(&mut sheet);
        Ok(framed(&sheet, size, canvas))
    }

    fn flat(&mut self, picture: &Video, quad: &Quad, size: PictureSize) -> Result<Video, Failure> {
        let failed = |e| Failure::internal("straighten a picture", e);
        let mut source = mat(picture)?;
        let (width, height) = (source.cols(), source.rows());
        let edge = |a: usize, b: usize| {
            let (dx, dy) = (quad.0[a][0] - quad.0[b][0], quad.0[a][1] - quad.0[b][1]);
            (dx * width as f32).hypot(dy * height as f32)
        };
        let dense = (edge(0, 1).min(edge(3, 2)) / size.width as f32).min(edge(0, 3).min(edge(1, 2)) / size.height as f32);
        if dense >= REDUCE {
            // Its edges are at most 8,192.
            let by = dense as i32;
            source = reduced(&source, (width / by).max(2), (height / by).max(2))?;
        }
        let (width, height) = (f64::from(source.cols()), f64::from(source.rows()));
        let [x, y, w] = quad.projection();
        // From the middle of a pixel of the sheet to that of one of the source.
        let row = |row: [f64; 3]| {
            let (u, v) = (row[0] / f64::from(size.width), row[1] / f64::from(size.height));
            [u, v, row[2] + 0.5 * (u + v)]
        };
        let (x, y, w) = (row(x), row(y), row(w));
        let shifted = |row: [f64; 3], size: f64| -> [f64; 3] { std::array::from_fn(|i| row[i] * size - 0.5 * w[i]) };
        let rows = [shifted(x, width), shifted(y, height), w];
        let mut matrix = Mat::new_rows_cols_with_default(3, 3, CV_64F, Scalar::default()).map_err(failed)?;
        for (i, row) in rows.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                *matrix.at_2d_mut::<f64>(i as i32, j as i32).map_err(failed)? = *value;
            }
        }
        let mut out = Mat::default();
        // At most 4,096 an edge.
        let target = Size::new(size.width as i32, size.height as i32);
        let outside = Scalar::new(PAPER, PAPER, PAPER, 0.0);
        warp_perspective(&source, &mut out, &matrix, target, INTER_LINEAR | WARP_INVERSE_MAP, BORDER_CONSTANT, outside).map_err(failed)?;
        let bgr = from_bgr(out.data_bytes().map_err(failed)?, size);
        match &mut self.scaler {
            Some((held, scaler)) if *held == size => scaler.run(&bgr),
            other => other.insert((size, Scaler::new(size, false))).1.run(&bgr),
        }
    }
}

/// The largest rectangle of this ratio inside of a picture; even edges.
pub(super) fn inside(ratio: f32, canvas: PictureSize) -> PictureSize {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let (width, height) = if ratio * h <= w { (ratio * h, h) } else { (w, w / ratio) };
    // Within the canvas, so within the range of the type.
    let even = |v: f32, most: u32| ((v / 2.0).round() as u32 * 2).clamp(2, most);
    PictureSize { width: even(width, canvas.width), height: even(height, canvas.height) }
}

/// A 4:2:0 picture in the middle of a larger one.
fn framed(sheet: &Video, size: PictureSize, canvas: PictureSize) -> Video {
    let mut out = Video::new(Pixel::YUV420P, canvas.width, canvas.height);
    for plane in 0..3 {
        let shift = usize::from(plane > 0);
        let (left, top) = ((canvas.width - size.width) as usize / 4 * 2 >> shift, (canvas.height - size.height) as usize / 4 * 2 >> shift);
        let (width, height) = (sheet.plane_width(plane) as usize, sheet.plane_height(plane) as usize);
        let (stride, from) = (out.stride(plane), sheet.stride(plane));
        out.data_mut(plane).fill(if plane == 0 { AROUND } else { 128 });
        for (to, row) in out.data_mut(plane).chunks_mut(stride).skip(top).zip(sheet.data(plane).chunks(from).take(height)) {
            to[left..left + width].copy_from_slice(&row[..width]);
        }
    }
    declare(&mut out);
    out
}
