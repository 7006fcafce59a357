//! The test pattern: colour bars, the server's time, a bar that sweeps and a flash each second, and a stamp from which a
//! viewer reads when the picture was made.
//!
//! Drawn straight into the planes; from picture to picture only what changes is. All sizes are shares of the picture.

use super::orders::Orders;
use super::pace::{Pace, TICK_US};
use super::pictures::{Pictures, Taken};
use crate::make::failure::Failure;
use crate::make::scale;
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;
use lectern_proto::stamp;

/// Colour bars at 75 % (ITU-R BT.709, limited range): white, yellow, cyan, green, magenta, red, blue.
const BARS: [[u8; 3]; 7] = [[180, 128, 128], [168, 44, 136], [145, 147, 44], [133, 63, 52], [63, 193, 204], [51, 109, 212], [28, 212, 120]];
const DARK: u8 = 30;
const LIGHT: u8 = 235;
const GREY: u8 = 128;
/// The strips below the colour bars, as shares of the height: the time from here, the sweeping bar from there.
const TIME_TOP: f64 = 0.60;
const SWEEP_TOP: f64 = 0.82;
/// How long the bar takes from left to right, in microseconds.
const SWEEP_US: u64 = 2_000_000;
/// How long the flash at each second is shown.
const FLASH_US: u64 = 100_000;
/// Segments of a digit: top, upper right, lower right, bottom, lower left, upper left, middle; bit 0 first.
const DIGITS: [u8; 10] = [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F];

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Area {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// The pattern as a source of pictures.
pub(crate) struct Pattern {
    picture: Video,
    size: PictureSize,
    pace: Pace,
    /// What was drawn last: the digits, where the bar is, whether it flashes.
    digits: [u8; 7],
    bar: Area,
    flash: bool,
}

impl Pattern {
    pub(crate) fn new(size: PictureSize, rate_milli: u32) -> Self {
        let mut picture = Video::new(Pixel::YUV420P, size.width, size.height);
        scale::declare(&mut picture);
        let mut pattern = Self { picture, size, pace: Pace::new(rate_milli), digits: [u8::MAX; 7], bar: Area::default(), flash: false };
        pattern.background();
        pattern
    }

    fn at(&self, x: f64, y: f64, width: f64, height: f64) -> Area {
        let (w, h) = (f64::from(self.size.width), f64::from(self.size.height));
        Area { x: (x * w) as usize, y: (y * h) as usize, width: (width * w) as usize, height: (height * h) as usize }
    }

    fn background(&mut self) {
        for plane in 0..3 {
            let (width, height) = (self.picture.plane_width(plane) as usize, self.picture.plane_height(plane) as usize);
            let top = (TIME_TOP * height as f64) as usize;
            let below = if plane == 0 { DARK } else { GREY };
            fill(&mut self.picture, plane, Area { x: 0, y: top, width, height: height - top }, below);
            for (i, bar) in BARS.iter().enumerate() {
                let edge = |i: usize| i * width / BARS.len();
                fill(&mut self.picture, plane, Area { x: edge(i), y: 0, width: edge(i + 1) - edge(i), height: top }, bar[plane]);
            }
        }
        // Between hours, minutes, seconds and tenths.
        for (after, dots) in [(2, 2), (4, 2), (6, 1)] {
            for dot in 0..dots {
                let colon = self.at(digit_left(after) - 0.018, TIME_TOP + 0.14 - 0.07 * f64::from(dot), 0.010, 0.02);
                fill(&mut self.picture, 0, colon, LIGHT);
            }
        }
    }

    /// Draws what is different at this time.
    fn draw(&mut self, time_us: u64) {
        self.draw_time(time_us / 100_000);
        self.draw_flash(time_us % 1_000_000 < FLASH_US);
        self.draw_bar((time_us % SWEEP_US) as f64 / SWEEP_US as f64);
        let (stride, width, height) = (self.picture.stride(0), self.picture.width() as usize, self.picture.height() as usize);
        stamp::draw(self.picture.data_mut(0), stride, width, height, stamp_of(time_us));
    }

    fn draw_time(&mut self, tenths: u64) {
        let (seconds, tenth) = (tenths / 10, tenths % 10);
        let pair = |v: u64| [(v / 10 % 10) as u8, (v % 10) as u8];
        let ([h1, h2], [m1, m2], [s1, s2]) = (pair(seconds / 3600 % 100), pair(seconds / 60 % 60), pair(seconds % 60));
        let digits = [h1, h2, m1, m2, s1, s2, tenth as u8];
        for (place, digit) in digits.into_iter().enumerate() {
            if std::mem::replace(&mut self.digits[place], digit) != digit {
                self.draw_digit(digit_left(place), DIGITS[usize::from(digit)]);
            }
        }
    }

    fn draw_digit(&mut self, x: f64, segments: u8) {
        let y = TIME_TOP + 0.03;
        // Places of the segments in a box of 0.05 by 0.16.
        const LONG: f64 = 0.05;
        const TALL: f64 = 0.08;
        const THIN: f64 = 0.010;
        const FLAT: f64 = 0.018;
        let places = [
            (0.0, 0.0, LONG, FLAT),
            (LONG - THIN, 0.0, THIN, TALL),
            (LONG - THIN, TALL, THIN, TALL),
            (0.0, 2.0 * TALL - FLAT, LONG, FLAT),
            (0.0, TALL, THIN, TALL),
            (0.0, 0.0, THIN, TALL),
            (0.0, TALL - FLAT / 2.0, LONG, FLAT),
        ];
        // And some more, for segments are rounded to pixels.
        let whole = self.at(x, y, LONG + 0.01, 2.0 * TALL + 0.02);
        fill(&mut self.picture, 0, whole, DARK);
        for (bit, (dx, dy, width, height)) in places.into_iter().enumerate() {
            if segments >> bit & 1 == 1 {
                let area = self.at(x + dx, y + dy, width, height);
                fill(&mut self.picture, 0, area, LIGHT);
            }
        }
    }

    fn draw_flash(&mut self, on: bool) {
        if std::mem::replace(&mut self.flash, on) != on {
            let area = self.at(0.80, TIME_TOP + 0.03, 0.15, 0.16);
            fill(&mut self.picture, 0, area, if on { LIGHT } else { DARK });
        }
    }

    fn draw_bar(&mut self, share: f64) {
        let bar = self.at(share * 0.95, SWEEP_TOP, 0.05, 1.0 - SWEEP_TOP);
        fill(&mut self.picture, 0, std::mem::replace(&mut self.bar, bar), DARK);
        fill(&mut self.picture, 0, bar, LIGHT);
    }
}

impl Pictures for Pattern {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        let Some(now_us) = self.pace.wait(orders) else { return Ok(None) };
        let capture_us = now_us / TICK_US * TICK_US;
        self.draw(capture_us);
        Ok(Some(Taken { picture: &mut self.picture, capture_us }))
    }
}

/// What the stamp says at this time.
fn stamp_of(time_us: u64) -> u32 {
    // The low 24 bits.
    (time_us / TICK_US % (u64::from(stamp::NUMBER_MAX) + 1)) as u32
}

/// Where a digit begins: six in pairs, and the tenths.
fn digit_left(place: usize) -> f64 {
    0.08 + 0.065 * place as f64 + 0.035 * (place / 2) as f64
}

fn fill(picture: &mut Video, plane: usize, area: Area, value: u8) {
    let (stride, width, height) = (picture.stride(plane), picture.plane_width(plane) as usize, picture.plane_height(plane) as usize);
    let (left, right) = (area.x.min(width), (area.x + area.width).min(width));
    for row in picture.data_mut(plane).chunks_mut(stride).take(height).skip(area.y).take(area.height) {
        row[left..right].fill(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(pattern: &Pattern) -> Vec<u8> {
        let (stride, width) = (pattern.picture.stride(0), pattern.picture.width() as usize);
        pattern.picture.data(0).chunks(stride).flat_map(|row| row[..width].to_vec()).collect()
    }

    #[test]
    fn the_stamp_says_the_time_and_the_picture_depends_on_the_time_alone() {
        for (width, height) in [(128, 72), (1280, 720), (640, 480), (2560, 1440)] {
            let size = PictureSize { width, height };
            let mut running = Pattern::new(size, 30_000);
            for time_us in [0, 33_300, 950_000, 1_000_000, 3_599_999_900, 3_600_000_000, 1 << 52] {
                running.draw(time_us);
                let (w, h) = (width as usize, height as usize);
                assert_eq!(stamp::read(&luma(&running), w, w, h), Some((time_us / 100 % (1 << 24)) as u32), "{size} at {time_us}");
                let mut fresh = Pattern::new(size, 30_000);
                fresh.draw(time_us);
                assert!(luma(&fresh) == luma(&running), "{size} at {time_us}: something of an older picture is left");
            }
        }
    }

    #[test]
    fn something_moves() {
        let mut pattern = Pattern::new(PictureSize { width: 1280, height: 720 }, 30_000);
        pattern.draw(500_000);
        let before = luma(&pattern);
        pattern.draw(533_300);
        let below = 1280 * 600;
        assert!(before[below..] != luma(&pattern)[below..]);
    }
}
