//! Interlaced pictures become whole ones; others pass untouched.
//!
//! A stage between the decoder and the scaler. FFmpeg's bwdif (BBC "Weston 3 Field" with motion adaption) makes one picture
//! of each two fields, so the frame rate stays. It is set up when the first interlaced picture comes, and leaves the progressive
//! pictures of a mixed source as they are. Times are given through, not judged.

use super::failure::Failure;
use super::frames::Frame;
use super::source::rescale;
use ffmpeg::FieldOrder;
use ffmpeg::format::Pixel;
use ffmpeg::{Rational, ffi, filter};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use std::collections::VecDeque;

/// Pictures with fewer lines or columns have no fields worth the name, and bwdif refuses them.
const EDGE_MIN: u32 = 4;

/// Which pictures are interlaced, and which of their fields is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Each picture says so itself.
    Flagged,
    /// The container says so for all; the codec has no place for it.
    All { top_first: bool },
}

impl Fields {
    /// By what the container says. `flagging` is whether the codec's own pictures know better.
    pub(crate) fn of(order: FieldOrder, flagging: bool) -> Self {
        match order {
            FieldOrder::TT | FieldOrder::BT if !flagging => Self::All { top_first: true },
            FieldOrder::BB | FieldOrder::TB if !flagging => Self::All { top_first: false },
            _ => Self::Flagged,
        }
    }
}

/// The stage.
pub(crate) struct Deinterlacer {
    fields: Fields,
    graph: Option<(Shape, Graph)>,
    ready: VecDeque<Frame>,
}

/// What a graph is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: Pixel,
    width: u32,
    height: u32,
}

impl Deinterlacer {
    pub(crate) fn new(fields: Fields) -> Self {
        Self { fields, graph: None, ready: VecDeque::new() }
    }

    /// Takes a decoded picture.
    pub(crate) fn push(&mut self, mut frame: Frame) -> Result<(), Failure> {
        let picture = &frame.picture;
        let shape = Shape { format: picture.format(), width: picture.width(), height: picture.height() };
        if self.graph.as_ref().is_some_and(|(of, _)| *of != shape) {
            self.finish()?;
        }
        let interlaced = picture.is_interlaced() || self.fields != Fields::Flagged;
        if self.graph.is_none() && interlaced && shape.width >= EDGE_MIN && shape.height >= EDGE_MIN {
            self.graph = Some((shape, Graph::new(shape, self.fields)?));
        }
        let Some((_, graph)) = self.graph.as_mut() else {
            self.ready.push_back(frame);
            return Ok(());
        };
        frame.picture.set_pts(Some(frame.pts));
        graph.push(&frame.picture)?;
        graph.drain(&mut self.ready)
    }

    /// No more pictures of this kind: gives out what is held.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let Some((_, mut graph)) = self.graph.take() else { return Ok(()) };
        graph.end()?;
        graph.drain(&mut self.ready)
    }

    /// Forgets everything, after a seek.
    pub(crate) fn reset(&mut self) {
        self.graph = None;
        self.ready.clear();
    }

    /// The next whole picture, when there is one.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }
}

fn failed(e: ffmpeg::Error) -> Failure {
    Failure::ffmpeg("make whole pictures of interlaced ones", e)
}

/// bwdif between a source and a sink.
struct Graph(filter::Graph);

impl Graph {
    fn new(shape: Shape, fields: Fields) -> Result<Self, Failure> {
        let missing = |name| Failure::internal("deinterlace", format!("this FFmpeg has no filter {name}"));
        let mut graph = filter::Graph::new();
        let (format, width, height) = (ffi::AVPixelFormat::from(shape.format).0, shape.width, shape.height);
        let source = format!("video_size={width}x{height}:pix_fmt={format}:time_base=1/{VIDEO_TIMESCALE}:pixel_aspect=1/1");
        graph.add(&filter::find("buffer").ok_or_else(|| missing("buffer"))?, "in", &source).map_err(failed)?;
        graph.add(&filter::find("buffersink").ok_or_else(|| missing("buffersink"))?, "out", "").map_err(failed)?;
        filter::find("bwdif").ok_or_else(|| missing("bwdif"))?;
        let spec = match fields {
            Fields::Flagged => "bwdif=mode=send_frame:parity=auto:deint=interlaced",
            Fields::All { top_first: true } => "bwdif=mode=send_frame:parity=tff:deint=all",
            Fields::All { top_first: false } => "bwdif=mode=send_frame:parity=bff:deint=all",
        };
        let ends = graph.output("in", 0).and_then(|p| p.input("out", 0)).map_err(failed)?;
        ends.parse(spec).map_err(failed)?;
        graph.validate().map_err(failed)?;
        Ok(Self(graph))
    }

    fn push(&mut self, picture: &ffmpeg::frame::Video) -> Result<(), Failure> {
        let mut source = self.0.get("in").ok_or_else(|| Failure::internal("deinterlace", "no source"))?;
        // SAFETY: both are valid for the call; the filter takes references of its own to the picture's planes and changes
        // nothing in it.
        match unsafe { ffi::av_buffersrc_write_frame(source.as_mut_ptr(), picture.as_ptr()) } {
            0.. => Ok(()),
            e => Err(failed(e.into())),
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        let mut source = self.0.get("in").ok_or_else(|| Failure::internal("deinterlace", "no source"))?;
        // SAFETY: the source is valid; no picture means the end.
        match unsafe { ffi::av_buffersrc_write_frame(source.as_mut_ptr(), std::ptr::null()) } {
            0.. => Ok(()),
            e => Err(failed(e.into())),
        }
    }

    fn drain(&mut self, ready: &mut VecDeque<Frame>) -> Result<(), Failure> {
        let mut sink = self.0.get("out").ok_or_else(|| Failure::internal("deinterlace", "no sink"))?;
        // SAFETY: the sink belongs to a configured graph. bwdif counts in halves of the source's ticks.
        let base: Rational = unsafe { ffi::av_buffersink_get_time_base(sink.as_mut_ptr()) }.into();
        loop {
            let mut picture = ffmpeg::frame::Video::empty();
            // SAFETY: both are valid for the call; the empty frame takes what the filter gives.
            match unsafe { ffi::av_buffersink_get_frame(sink.as_mut_ptr(), picture.as_mut_ptr()) } {
                0.. => {
                    let pts = picture.pts().ok_or_else(|| Failure::internal("deinterlace", "a picture has no time"))?;
                    ready.push_back(Frame { picture, pts: rescale(pts, base, VIDEO_TIMESCALE.into()) });
                }
                e => match ffmpeg::Error::from(e) {
                    ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: libc::EAGAIN } => return Ok(()),
                    e => return Err(failed(e)),
                },
            }
        }
    }
}
