//! What is sent while a source gives nothing: a dark picture that says so, and why.

use crate::make::failure::Failure;
use crate::make::scale::{Scaler, from_bgr};
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;
use opencv::core::{CV_8UC3, Mat, Point, Scalar};
use opencv::imgproc::{self, FONT_HERSHEY_DUPLEX, FONT_HERSHEY_SIMPLEX, LINE_AA};
use opencv::prelude::*;

/// Between two slates: nothing moves, it only shows that the stream is alive.
const EVERY_US: u64 = 500_000;
/// The reason, in lines of so many letters.
const LINE_LETTERS: usize = 52;
const LINES_MAX: usize = 4;
/// Height of the picture that text is laid out for.
const HEIGHT: f64 = 720.0;

/// The slate of one source.
#[derive(Default)]
pub(crate) struct Slate {
    drawn: Option<(String, PictureSize, Video)>,
    sent_us: Option<u64>,
}

impl Slate {
    /// Whether it is time for one.
    pub(crate) fn is_due(&self, now_us: u64) -> bool {
        self.sent_us.is_none_or(|sent| now_us >= sent + EVERY_US)
    }

    /// The slate, to be sent now.
    pub(crate) fn draw(&mut self, why: &str, size: PictureSize, now_us: u64) -> Result<&mut Video, Failure> {
        self.sent_us = Some(now_us);
        if !self.drawn.as_ref().is_some_and(|(w, s, _)| w == why && *s == size) {
            let bgr = draw(why, size).map_err(|e| Failure::internal("draw a slate", e))?;
            let bytes = bgr.data_bytes().map_err(|e| Failure::internal("draw a slate", e))?;
            self.drawn = Some((why.to_owned(), size, Scaler::new(size, false).run(&from_bgr(bytes, size))?));
        }
        self.drawn.as_mut().map(|(_, _, picture)| picture).ok_or_else(|| Failure::internal("draw a slate", "there is none"))
    }

    /// The source is there: the next trouble is shown at once.
    pub(crate) fn over(&mut self) {
        self.sent_us = None;
    }
}

fn draw(why: &str, size: PictureSize) -> opencv::Result<Mat> {
    let grey = |v: f64| Scalar::new(v, v, v, 0.0);
    // At most 4,096 pixels an edge.
    let mut picture = Mat::new_rows_cols_with_default(size.height as i32, size.width as i32, CV_8UC3, Scalar::new(40.0, 34.0, 30.0, 0.0))?;
    let scale = (f64::from(size.height) / HEIGHT).min(f64::from(size.width) / 1280.0);
    let at = |y: f64| Point::new((90.0 * scale) as i32, (y * scale) as i32);
    let thick = |width: f64| ((width * scale) as i32).max(1);
    imgproc::put_text(&mut picture, "No signal", at(300.0), FONT_HERSHEY_DUPLEX, 2.6 * scale, grey(235.0), thick(4.0), LINE_AA, false)?;
    for (i, line) in lines(why).into_iter().enumerate() {
        let y = 380.0 + 50.0 * i as f64;
        imgproc::put_text(&mut picture, &line, at(y), FONT_HERSHEY_SIMPLEX, 1.1 * scale, grey(190.0), thick(2.0), LINE_AA, false)?;
    }
    Ok(picture)
}

/// The words in lines; what the font does not have is left out.
fn lines(why: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in why.split_whitespace() {
        let word: String = word.chars().filter(|c| c.is_ascii_graphic()).take(LINE_LETTERS).collect();
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if line.len() + 1 + word.len() <= LINE_LETTERS => *line = format!("{line} {word}"),
            _ => lines.push(word),
        }
    }
    lines.truncate(LINES_MAX);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_why_in_every_size_and_only_now_and_then() {
        let mut slate = Slate::default();
        for (width, height) in [(128, 72), (1280, 720), (2, 2), (640, 4096)] {
            let size = PictureSize { width, height };
            slate.over();
            assert!(slate.is_due(5));
            let picture = slate.draw(&"The camera is gone \u{0}\u{202e}äß. ".repeat(50), size, 5).expect("drawn");
            assert_eq!((picture.width(), picture.height()), (width, height));
            if width > 1000 {
                assert!(picture.data(0).iter().any(|p| *p > 180), "words are light");
            }
            assert!(!slate.is_due(400_000) && slate.is_due(500_005));
        }
        assert_eq!(lines("a b"), ["a b"]);
        assert_eq!(lines(""), [""]);
        assert!(lines(&"word ".repeat(200)).iter().all(|l| l.len() <= LINE_LETTERS));
    }
}
