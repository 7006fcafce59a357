//! Cuts coded pictures, as they follow one another in a file, into segments that begin with a keyframe and need nothing
//! outside. A step of [`super::copy`]; pure: no file, no codec. What cannot be cut so is a [`Misfit`].

use super::copy_form::Misfit;
use super::video_encoder::Coded;
use lectern_proto::fmp4::{SAMPLES_MAX, SEGMENT_BYTES_MAX, VIDEO_TIMESCALE};
use lectern_proto::grid::PLACE_TICKS;

/// Longest copied segment in ticks: whoever jumps decodes from its start. Encoders left to themselves make groups of 250
/// pictures: 8.3 seconds of 30, 10 of 25.
pub(crate) const SEGMENT_MAX: i64 = 12 * VIDEO_TIMESCALE as i64;
/// A keyframe so soon after the start of a segment does not begin another, in ticks.
const SEGMENT_MIN: i64 = PLACE_TICKS * 3 / 4;
/// Media that a segment may hold: what [`lectern_proto::fmp4::write_segment`] takes.
const BYTES_MAX: usize = SEGMENT_BYTES_MAX / 2;

/// A segment: its pictures in decode order and where it ends, in ticks.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) coded: Vec<Coded>,
    pub(crate) end: i64,
}

/// The segment that is open.
#[derive(Debug)]
pub(crate) struct Cutter {
    /// Pictures that may be decoded before one that is shown earlier; none: the stream does not say.
    reorder: Option<usize>,
    open: Vec<Coded>,
    bytes: usize,
    /// Times of the open pictures, sorted.
    times: Vec<i64>,
    /// The last keyframe, and the latest picture so far.
    keyframe: i64,
    latest: i64,
}

impl Cutter {
    pub(crate) fn new(reorder: Option<usize>) -> Self {
        Self { reorder, open: Vec::new(), bytes: 0, times: Vec::new(), keyframe: 0, latest: i64::MIN }
    }

    /// Takes the next picture in decode order; gives the segment before it when it begins another. The first picture is
    /// shown from 0 on, whatever its time.
    pub(crate) fn push(&mut self, mut coded: Coded) -> Result<Option<Cut>, Misfit> {
        let misfit = |why: &str| Err(Misfit::new(why));
        let mut cut = None;
        if self.latest == i64::MIN {
            if !coded.keyframe {
                return misfit("it does not begin with a keyframe");
            }
            coded.pts = 0;
        } else if coded.keyframe {
            if coded.pts <= self.latest {
                return misfit("its groups of pictures are not closed");
            }
            let start = self.times.first().copied().unwrap_or(0);
            if coded.pts - start >= SEGMENT_MIN {
                cut = Some(self.close(coded.pts)?);
            }
        } else if coded.pts <= self.keyframe {
            return misfit("its groups of pictures are not closed");
        }
        if coded.keyframe {
            self.keyframe = coded.pts;
        }
        self.latest = self.latest.max(coded.pts);
        self.insert(coded)?;
        Ok(cut)
    }

    /// There are no more pictures; the last is shown for `nominal` ticks.
    pub(crate) fn finish(mut self, nominal: i64) -> Result<Option<Cut>, Misfit> {
        if self.open.is_empty() { Ok(None) } else { self.close(self.latest + nominal).map(Some) }
    }

    fn insert(&mut self, coded: Coded) -> Result<(), Misfit> {
        let place = self.times.partition_point(|t| *t < coded.pts);
        if self.times.get(place) == Some(&coded.pts) {
            return Err(Misfit::new("two pictures are shown at the same time"));
        }
        let later = self.times.len() - place;
        match self.reorder {
            Some(most) if later > most => return Err(Misfit::new("its pictures are reordered more than it says")),
            None if later > 0 => return Err(Misfit::new("it does not say how its pictures are reordered")),
            _ => {}
        }
        self.times.insert(place, coded.pts);
        self.bytes += coded.data.len();
        self.open.push(coded);
        if self.latest - self.times[0] > SEGMENT_MAX {
            return Err(Misfit::new(format!("there is no keyframe for {} s", SEGMENT_MAX / i64::from(VIDEO_TIMESCALE))));
        }
        if self.bytes > BYTES_MAX || self.open.len() > SAMPLES_MAX {
            return Err(Misfit::new("a group of pictures is larger than a segment may be"));
        }
        Ok(())
    }

    fn close(&mut self, end: i64) -> Result<Cut, Misfit> {
        if end - self.times.first().copied().unwrap_or(0) > SEGMENT_MAX {
            return Err(Misfit::new(format!("there is no keyframe for {} s", SEGMENT_MAX / i64::from(VIDEO_TIMESCALE))));
        }
        self.bytes = 0;
        self.times.clear();
        Ok(Cut { coded: std::mem::take(&mut self.open), end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const S: i64 = VIDEO_TIMESCALE as i64;

    fn coded(pts: i64, keyframe: bool) -> Coded {
        Coded { data: Bytes::from_static(&[1]), pts, dts: 0, keyframe }
    }

    /// Spans of the segments of these pictures, or why there are none.
    fn cut(reorder: Option<usize>, pictures: &[(i64, bool)]) -> Result<Vec<(i64, i64, usize)>, String> {
        let mut cutter = Cutter::new(reorder);
        let mut found = Vec::new();
        for (pts, keyframe) in pictures {
            found.extend(cutter.push(coded(*pts, *keyframe)).map_err(|m| m.0)?);
        }
        found.extend(cutter.finish(3000).map_err(|m| m.0)?);
        Ok(found.iter().map(|c| (c.coded.iter().map(|x| x.pts).min().expect("pictures"), c.end, c.coded.len())).collect())
    }

    #[test]
    fn segments_begin_with_keyframes_and_are_not_too_short() {
        // A keyframe each second, shown from 0 on though the first comes later.
        let each: Vec<_> = (0..12).map(|i| (i * S / 2 + if i == 0 { 700 } else { 0 }, i % 2 == 0)).collect();
        assert_eq!(cut(None, &each), Ok(vec![(0, 2 * S, 4), (2 * S, 4 * S, 4), (4 * S, 11 * S / 2 + 3000, 4)]));
        assert_eq!(cut(None, &[(0, true), (25 * S / 3, true)]), Ok(vec![(0, 25 * S / 3, 1), (25 * S / 3, 25 * S / 3 + 3000, 1)]));
        assert_eq!(cut(None, &[]), Ok(vec![]));
        // Two pictures between, decoded after the one that they refer to.
        assert_eq!(cut(Some(1), &[(0, true), (9000, false), (3000, false), (6000, false)]), Ok(vec![(0, 12_000, 4)]));
    }

    #[test]
    fn what_cannot_be_cut_is_not_copied() {
        let check = |reorder, pictures: &[(i64, bool)], why: &str| {
            let misfit = cut(reorder, pictures).expect_err("a misfit");
            assert!(misfit.contains(why), "`{misfit}` has no `{why}`");
        };
        check(Some(2), &[(0, false)], "does not begin");
        check(Some(2), &[(0, true), (9000, true), (6000, false)], "not closed");
        check(Some(2), &[(0, true), (9000, false), (6000, true)], "not closed");
        check(Some(2), &[(0, true), (-3000, false)], "not closed");
        check(Some(2), &[(0, true), (3000, false), (3000, false)], "same time");
        check(Some(1), &[(0, true), (9000, false), (6000, false), (3000, false)], "more than it says");
        check(None, &[(0, true), (6000, false), (3000, false)], "does not say");
        check(None, &[(0, true), (SEGMENT_MAX + 1, false)], "no keyframe");
        check(None, &[(0, true), (SEGMENT_MAX - 1, false)], "no keyframe");
        let many: Vec<_> = (0..=SAMPLES_MAX as i64).map(|i| (i * 10, i == 0)).collect();
        check(None, &many, "larger than");
    }
}
