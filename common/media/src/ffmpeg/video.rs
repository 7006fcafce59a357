//! H.264 through libavcodec: reorders by itself, several threads, conceals damage and says so.

use super::damaged;
use crate::codec_config;
use crate::picture::Frame;
use crate::video_decoder::{DecodeError, Decoded, VideoEngine};
use ffmpeg::codec::{self, threading};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::{Sample, VideoConfig};
use std::collections::VecDeque;

/// Decoder threads at most; more only add memory.
const THREADS_MAX: usize = 16;

/// An open decoder.
pub(crate) struct Video {
    decoder: codec::decoder::Video,
    /// Taken out to make room for a packet.
    taken: VecDeque<Decoded>,
}

impl Video {
    pub(crate) fn new(config: &VideoConfig, threads: usize) -> Result<Self, DecodeError> {
        codec_config::quiet();
        let codec = codec::decoder::find(codec::Id::H264).ok_or(DecodeError::NoDecoder("H.264"))?;
        let mut context = codec::Context::new_with_codec(codec);
        codec_config::set_extradata(&mut context, &config.avcc)?;
        let threads = threads.clamp(1, THREADS_MAX);
        let kind = if threads > 1 { threading::Type::Frame } else { threading::Type::None };
        context.set_threading(threading::Config { kind, count: threads, ..Default::default() });
        let decoder = context.decoder().open_as(codec).and_then(codec::decoder::Opened::video);
        let decoder = decoder.map_err(|e| DecodeError::Configuration(e.to_string()))?;
        Ok(Self { decoder, taken: VecDeque::new() })
    }

    /// One picture out of libavcodec; none when it has none.
    fn take(&mut self) -> Result<Option<Decoded>, DecodeError> {
        loop {
            let mut frame = ffmpeg::frame::Video::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {}
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => return Ok(None),
                Err(e) => return Err(damaged(e)),
            }
            if let Some(pts_us) = frame.pts().or_else(|| frame.timestamp()) {
                let corrupt = frame.is_corrupt() || has_decode_errors(&frame);
                return Ok(Some(Decoded { frame: Frame::Ffmpeg(frame), pts_us, corrupt }));
            }
        }
    }
}

impl VideoEngine for Video {
    fn send(&mut self, sample: &Sample, pts_us: i64) -> Result<(), DecodeError> {
        let mut packet = codec::packet::Packet::copy(&sample.data);
        packet.set_pts(Some(pts_us));
        if sample.keyframe {
            packet.set_flags(codec::packet::Flags::KEY);
        }
        match self.decoder.send_packet(&packet) {
            // The decoder is full: take what it has, then it must accept the packet.
            Err(ffmpeg::Error::Other { errno: libc::EAGAIN }) => {
                while let Some(decoded) = self.take()? {
                    self.taken.push_back(decoded);
                }
                self.decoder.send_packet(&packet).map_err(damaged)
            }
            other => other.map_err(damaged),
        }
    }

    fn receive(&mut self) -> Result<Option<Decoded>, DecodeError> {
        match self.taken.pop_front() {
            Some(decoded) => Ok(Some(decoded)),
            None => self.take(),
        }
    }

    fn end(&mut self) -> Result<(), DecodeError> {
        self.decoder.send_eof().map_err(damaged)
    }

    fn flush(&mut self) {
        self.decoder.flush();
        self.taken.clear();
    }
}

/// Whether the decoder concealed errors in this frame.
fn has_decode_errors(frame: &ffmpeg::frame::Video) -> bool {
    // SAFETY: the frame is a valid AVFrame that we own; the field is a plain integer.
    unsafe { (*frame.as_ptr()).decode_error_flags != 0 }
}
