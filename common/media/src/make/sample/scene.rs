//! The pictures of the sample lesson: packets cross between two hosts while a window slides over their numbers.

use super::SampleLesson;
use lectern_proto::rung::PictureSize;
use opencv::core::{Mat, Point, Rect, Scalar};
use opencv::imgproc::{self, FILLED, FONT_HERSHEY_DUPLEX, FONT_HERSHEY_SIMPLEX, LINE_AA};
use opencv::prelude::*;

/// The scene is laid out on this many units and scaled to the picture.
const WIDTH: f64 = 1280.0;
const HEIGHT: f64 = 720.0;

/// How long a packet or an acknowledgement is on its way, and how often one leaves, in seconds.
const FLIGHT: f64 = 1.0;
const INTERVAL: f64 = 0.5;
/// Packets that may be on their way unacknowledged.
const WINDOW: i64 = 4;
/// How long a flash is shown, in seconds.
const FLASH: f64 = 0.1;

// Blue, green, red.
const PAPER: [f64; 3] = [240.0, 246.0, 248.0];
const INK: [f64; 3] = [68.0, 48.0, 36.0];
const SOFT: [f64; 3] = [150.0, 135.0, 120.0];
const HOST: [f64; 3] = [112.0, 78.0, 52.0];
const PACKET: [f64; 3] = [200.0, 120.0, 30.0];
const ANSWER: [f64; 3] = [90.0, 150.0, 60.0];
const WAITING: [f64; 3] = [215.0, 205.0, 195.0];
const LIGHT: [f64; 3] = [255.0, 255.0, 255.0];
const DARK: [f64; 3] = [50.0, 45.0, 40.0];

/// Draws frame after frame into the same picture.
pub(super) struct Scene {
    pub(super) picture: Mat,
    lesson: SampleLesson,
    scale: f64,
    left: f64,
    top: f64,
}

impl Scene {
    pub(super) fn new(lesson: &SampleLesson) -> opencv::Result<Self> {
        let PictureSize { width, height } = lesson.size;
        let (w, h) = (f64::from(width), f64::from(height));
        let scale = (w / WIDTH).min(h / HEIGHT);
        // Pixels are at most 4,096.
        let picture = Mat::new_rows_cols_with_default(height as i32, width as i32, opencv::core::CV_8UC3, colour(PAPER))?;
        Ok(Self { picture, lesson: lesson.clone(), scale, left: (w - WIDTH * scale) / 2.0, top: (h - HEIGHT * scale) / 2.0 })
    }

    /// Draws frame `number`.
    pub(super) fn draw(&mut self, number: u32) -> opencv::Result<()> {
        let time = f64::from(number) / f64::from(self.lesson.fps);
        self.picture.set_scalar(colour(PAPER))?;
        self.heading(number, time)?;
        self.hosts()?;
        self.packets(time)?;
        self.window(time)?;
        self.flash(number)
    }

    fn heading(&mut self, number: u32, time: f64) -> opencv::Result<()> {
        let hundredths = (time * 100.0).floor() as i64;
        let clock = format!("{:02}:{:02}.{:02}", hundredths / 6000, hundredths / 100 % 60, hundredths % 100);
        self.text(&clock, (900.0, 88.0), 2.4, 4.0, INK)?;
        self.text(&format!("frame {number}"), (905.0, 122.0), 0.7, 1.0, SOFT)?;
        self.text("Lectern sample lesson", (60.0, 196.0), 1.6, 2.0, INK)?;
        self.text("Sliding window: a sender keeps four packets on their way", (62.0, 238.0), 0.85, 1.0, SOFT)
    }

    fn hosts(&mut self) -> opencv::Result<()> {
        for (x, name) in [(70.0, "Sender"), (1050.0, "Receiver")] {
            self.area((x, 300.0), (160.0, 230.0), HOST)?;
            self.area((x + 14.0, 316.0), (132.0, 84.0), PAPER)?;
            self.text(name, (x + 20.0, 366.0), 0.8, 2.0, INK)?;
            for slot in 0..3 {
                self.area((x + 20.0, 424.0 + 30.0 * f64::from(slot)), (120.0, 12.0), SOFT)?;
            }
        }
        for y in [350.0, 480.0] {
            self.line((240.0, y), (1040.0, y), WAITING)?;
        }
        self.text("data", (600.0, 318.0), 0.7, 1.0, SOFT)?;
        self.text("acknowledgements", (535.0, 530.0), 0.7, 1.0, SOFT)
    }

    fn packets(&mut self, time: f64) -> opencv::Result<()> {
        let newest = (time / INTERVAL).floor() as i64;
        for packet in (newest - 4).max(0)..=newest {
            let age = time - packet as f64 * INTERVAL;
            if age < FLIGHT {
                self.labelled(packet, 240.0 + 730.0 * age / FLIGHT, 350.0, PACKET)?;
            } else if age < 2.0 * FLIGHT {
                self.labelled(packet, 970.0 - 730.0 * (age - FLIGHT) / FLIGHT, 480.0, ANSWER)?;
            }
        }
        Ok(())
    }

    fn labelled(&mut self, number: i64, x: f64, y: f64, fill: [f64; 3]) -> opencv::Result<()> {
        self.area((x, y - 24.0), (70.0, 48.0), fill)?;
        let x = x + if number < 10 { 25.0 } else { 14.0 };
        self.text(&number.to_string(), (x, y + 11.0), 1.0, 2.0, LIGHT)
    }

    /// The numbers that were acknowledged, those on their way, and those that wait.
    fn window(&mut self, time: f64) -> opencv::Result<()> {
        let acknowledged = ((time - 2.0 * FLIGHT) / INTERVAL).floor() as i64 + 1;
        let sent = (time / INTERVAL).floor() as i64 + 1;
        let base = acknowledged.max(0);
        // The row moves on by eight once the window has reached its middle.
        let first = (base / 8 * 8 - 4).max(0);
        for cell in 0..16 {
            let number = first + cell;
            let x = 70.0 + 64.0 * cell as f64;
            let fill = if number < base {
                ANSWER
            } else if number < sent {
                PACKET
            } else {
                WAITING
            };
            self.area((x, 596.0), (56.0, 56.0), fill)?;
            self.text(&number.to_string(), (x + if number < 10 { 20.0 } else { 9.0 }, 634.0), 0.9, 2.0, LIGHT)?;
        }
        let x = 70.0 + 64.0 * (base - first) as f64;
        let (from, to) = (self.point((x - 6.0, 588.0)), self.point((x + 64.0 * WINDOW as f64 - 2.0, 660.0)));
        let thickness = self.thickness(4.0);
        imgproc::rectangle_points(&mut self.picture, from, to, colour(INK), thickness, LINE_AA, 0)
    }

    /// A bright patch in the bottom right corner from the first frame of every full second.
    fn flash(&mut self, number: u32) -> opencv::Result<()> {
        let since = f64::from(number % self.lesson.fps) / f64::from(self.lesson.fps);
        self.area((1120.0, 570.0), (120.0, 110.0), DARK)?;
        self.area((1130.0, 580.0), (100.0, 90.0), if since < FLASH { LIGHT } else { INK })
    }

    fn point(&self, (x, y): (f64, f64)) -> Point {
        Point::new((self.left + x * self.scale).round() as i32, (self.top + y * self.scale).round() as i32)
    }

    fn thickness(&self, units: f64) -> i32 {
        (units * self.scale).round().max(1.0) as i32
    }

    fn area(&mut self, from: (f64, f64), size: (f64, f64), fill: [f64; 3]) -> opencv::Result<()> {
        let (a, b) = (self.point(from), self.point((from.0 + size.0, from.1 + size.1)));
        imgproc::rectangle(&mut self.picture, Rect::new(a.x, a.y, (b.x - a.x).max(1), (b.y - a.y).max(1)), colour(fill), FILLED, LINE_AA, 0)
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: [f64; 3]) -> opencv::Result<()> {
        let (a, b, thickness) = (self.point(from), self.point(to), self.thickness(3.0));
        imgproc::line(&mut self.picture, a, b, colour(ink), thickness, LINE_AA, 0)
    }

    fn text(&mut self, text: &str, at: (f64, f64), size: f64, weight: f64, ink: [f64; 3]) -> opencv::Result<()> {
        let font = if size > 1.2 { FONT_HERSHEY_DUPLEX } else { FONT_HERSHEY_SIMPLEX };
        let (at, thickness) = (self.point(at), self.thickness(weight));
        imgproc::put_text(&mut self.picture, text, at, font, size * self.scale, colour(ink), thickness, LINE_AA, false)
    }
}

fn colour([blue, green, red]: [f64; 3]) -> Scalar {
    Scalar::new(blue, green, red, 0.0)
}
