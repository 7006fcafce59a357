//! A small picture for the catalogue: of a few early pictures the sharpest that is neither black nor white.

use super::events::Reporter;
use super::failure::Failure;
use super::frames::Frames;
use super::jpeg;
use super::orientation::Rotation;
use super::scale::Scaler;
use super::source::Source;
use super::store::Store;
use ffmpeg::codec::packet::Packet;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::manifest::ChunkHash;
use lectern_proto::rung::{PictureSize, RungSpec};
use opencv::core::{self, Mat, Scalar};
use opencv::imgproc;
use opencv::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Largest width and height of a thumbnail.
const BOX: (u32, u32) = (320, 320);
/// Largest width and height of a cover, which also stands on the stage.
const COVER_BOX: (u32, u32) = (640, 640);
/// When the candidates are taken, in tenths of a second.
const CANDIDATES: [i64; 6] = [0, 5, 15, 30, 60, 100];
/// Mean brightness of a picture that shows something.
const BRIGHTNESS: std::ops::RangeInclusive<f64> = 25.0..=230.0;
/// Standard deviation of brightness below which a picture is a plain area.
const CONTRAST_MIN: f64 = 10.0;

/// `thumbnail.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    pub chunk: ChunkHash,
    /// Length of the object.
    #[serde(default)]
    pub bytes: u32,
    pub width: u32,
    pub height: u32,
}

fn failed(e: opencv::Error) -> Failure {
    Failure::internal("draw the thumbnail", e)
}

/// Chooses, stores and publishes the thumbnail: of the pictures, or of sound alone the attached cover; nothing when there is
/// none that can be decoded.
pub(crate) fn make(path: &Path, store: &Store, reporter: &Reporter) -> Result<Option<Thumbnail>, Failure> {
    let source = Source::open(path)?;
    let chosen = match (source.video, source.cover) {
        (Some(_), _) => of_pictures(path, reporter)?,
        (None, Some(cover)) => of_cover(source, cover)?,
        (None, None) => None,
    };
    let Some(mat) = chosen else { return Ok(None) };
    let jpeg = jpeg::encode(&to_frame(&mat).map_err(failed)?)?;
    let (width, height) = (u32::try_from(mat.cols()).unwrap_or(0), u32::try_from(mat.rows()).unwrap_or(0));
    let bytes = u32::try_from(jpeg.len()).unwrap_or(u32::MAX);
    let thumbnail = Thumbnail { chunk: store.put(&jpeg)?, bytes, width, height };
    store.publish("thumbnail.json", &thumbnail)?;
    Ok(Some(thumbnail))
}

/// A size inside a box.
fn fit((box_width, box_height): (u32, u32), size: PictureSize) -> PictureSize {
    RungSpec { name: String::new(), box_width, box_height, bitrate_bps: 0 }.fit(size)
}

fn of_pictures(path: &Path, reporter: &Reporter) -> Result<Option<Mat>, Failure> {
    let mut frames = Frames::open(path, reporter)?;
    let size = fit(BOX, frames.stream.size);
    let rotation = frames.stream.rotation;
    let unturned = if rotation.swaps() { PictureSize { width: size.height, height: size.width } } else { size };
    let mut scaler = Scaler::to_bgr(unturned);
    let mut best: Option<(f64, Mat)> = None;
    let mut targets = CANDIDATES.iter().map(|t| t * i64::from(VIDEO_TIMESCALE) / 10).peekable();
    while let Some(target) = targets.peek() {
        let Some(frame) = frames.next()? else { break };
        if frame.pts < *target {
            continue;
        }
        while targets.next_if(|t| *t <= frame.pts).is_some() {}
        let mat = turned(to_mat(&scaler.run(&frame.picture)?).map_err(failed)?, rotation).map_err(failed)?;
        let score = score(&mat).map_err(failed)?;
        if best.as_ref().is_none_or(|(b, _)| score > *b) {
            best = Some((score, mat));
        }
    }
    Ok(best.map(|(_, mat)| mat))
}

/// The attached picture; one that cannot be decoded is none.
fn of_cover(mut source: Source, cover: usize) -> Result<Option<Mat>, Failure> {
    let Ok(mut decoder) = source.decoder(cover) else { return Ok(None) };
    let mut packet = Packet::empty();
    // Demuxers give attached pictures before everything else.
    while packet.read(&mut source.input).is_ok() && packet.stream() != cover {
        packet = Packet::empty();
    }
    let mut picture = ffmpeg::frame::Video::empty();
    if packet.stream() != cover || decoder.send_packet(&packet).is_err() || decoder.send_eof().is_err() || decoder.receive_frame(&mut picture).is_err() {
        return Ok(None);
    }
    let size = PictureSize { width: picture.width(), height: picture.height() };
    if size.width == 0 || size.height == 0 {
        return Ok(None);
    }
    let bgr = Scaler::to_bgr(fit(COVER_BOX, size)).run(&picture)?;
    to_mat(&bgr).map(Some).map_err(failed)
}

/// Rows without padding, as OpenCV owns them.
fn to_mat(bgr: &ffmpeg::frame::Video) -> opencv::Result<Mat> {
    let (width, height, stride) = (bgr.width() as usize, bgr.height() as usize, bgr.stride(0));
    let rows: Vec<u8> = bgr.data(0).chunks(stride).take(height).flat_map(|row| row.iter().take(width * 3)).copied().collect();
    Mat::from_slice(&rows)?.reshape(3, bgr.height() as i32)?.try_clone()
}

/// The same pixels as FFmpeg owns them.
fn to_frame(mat: &Mat) -> opencv::Result<ffmpeg::frame::Video> {
    let (width, height) = (u32::try_from(mat.cols()).unwrap_or(0), u32::try_from(mat.rows()).unwrap_or(0));
    let mut frame = ffmpeg::frame::Video::new(ffmpeg::format::Pixel::BGR24, width, height);
    let stride = frame.stride(0);
    let bytes = mat.data_bytes()?;
    for (row, from) in frame.data_mut(0).chunks_mut(stride).zip(bytes.chunks_exact(width as usize * 3)) {
        row[..from.len()].copy_from_slice(from);
    }
    Ok(frame)
}

fn turned(mat: Mat, rotation: Rotation) -> opencv::Result<Mat> {
    let mut mat = mat;
    if rotation.mirrors() {
        let mut out = Mat::default();
        core::flip(&mat, &mut out, 1)?;
        mat = out;
    }
    let code = match rotation.quarters() {
        1 => core::ROTATE_90_CLOCKWISE,
        2 => core::ROTATE_180,
        3 => core::ROTATE_90_COUNTERCLOCKWISE,
        _ => return Ok(mat),
    };
    let mut out = Mat::default();
    core::rotate(&mat, &mut out, code)?;
    Ok(out)
}

/// Variance of the Laplacian (Pech-Pacheco et al., 2000), far below any other for pictures that show nothing.
fn score(bgr: &Mat) -> opencv::Result<f64> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(bgr, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let (brightness, contrast) = mean_and_deviation(&grey)?;
    let mut edges = Mat::default();
    imgproc::laplacian_def(&grey, &mut edges, core::CV_64F)?;
    let (_, sharpness) = mean_and_deviation(&edges)?;
    let shows = BRIGHTNESS.contains(&brightness) && contrast >= CONTRAST_MIN;
    Ok(sharpness * sharpness + if shows { 1e9 } else { 0.0 })
}

fn mean_and_deviation(mat: &Mat) -> opencv::Result<(f64, f64)> {
    let (mut mean, mut deviation) = (Scalar::default(), Scalar::default());
    core::mean_std_dev_def(mat, &mut mean, &mut deviation)?;
    Ok((mean[0], deviation[0]))
}
