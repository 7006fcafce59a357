//! A live stream's coded pictures as a source: what comes on standard input is decoded and scaled down, for a lower rung.
//!
//! The parent's thread ([`listen`]) puts coded pictures into a bounded queue; the source decodes each, for the next one needs it,
//! and gives those that it can in time. The time of capture goes through unchanged. What does not decode is told, and the next
//! keyframe helps.

use super::orders::Orders;
use super::pictures::{Pictures, Taken};
use crate::codec_config;
use crate::make::failure::{Failure, FailureKind};
use crate::make::limits;
use crate::make::scale::Scaler;
use bytes::Bytes;
use ffmpeg::codec::{self, threading};
use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;
use lectern_proto::hex;
use lectern_proto::live::pipe::{PipeReader, Told};
use lectern_proto::rung::PictureSize;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Coded pictures that wait: two seconds. Full: what comes is left out up to the next keyframe.
const WAITING: usize = 60;
/// With more than this behind it, a picture is only decoded.
const BEHIND: usize = 2;
/// So many in a row are only decoded; then one is given, so that a machine that is too slow still shows something.
const SKIPPED_MAX: u32 = 9;
/// Longest wait: the end is noticed so soon.
const NAP: Duration = Duration::from_millis(50);
/// What one read of standard input asks for.
const READ: usize = 64 * 1024;

/// One coded picture.
struct Coded {
    keyframe: bool,
    capture_us: u64,
    data: Bytes,
}

/// Where coded pictures come out.
pub(crate) struct Incoming(Receiver<Coded>);

/// Reads pictures and commands from standard input on a thread of its own. Its end is the end of the work.
pub(crate) fn listen(orders: &Orders) -> Result<Incoming, Failure> {
    let (sender, receiver) = sync_channel(WAITING);
    let orders = orders.clone();
    limits::watch_parent(move || {
        if let Err(why) = read(&orders, &sender) {
            eprintln!("lectern-media: {why}");
        }
        orders.end_process();
    })?;
    Ok(Incoming(receiver))
}

fn read(orders: &Orders, sender: &SyncSender<Coded>) -> Result<(), String> {
    let mut input = std::io::stdin().lock();
    let (mut reader, mut buffer) = (PipeReader::default(), vec![0; READ]);
    let mut is_broken = false;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => reader.push(&buffer[..count]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(format!("standard input cannot be read: {e}")),
        }
        while let Some(told) = reader.next_told().map_err(|e| e.to_string())? {
            match told {
                Told::Command(command) => {
                    let _ = orders.obey(command).inspect_err(|why| eprintln!("lectern-media: a command was ignored: {why}"));
                }
                Told::Unit { keyframe, .. } if is_broken && !keyframe => {}
                Told::Unit { keyframe, capture_us, data } => match sender.try_send(Coded { keyframe, capture_us, data }) {
                    Ok(()) => is_broken = false,
                    Err(TrySendError::Full(_)) => is_broken = true,
                    Err(TrySendError::Disconnected(_)) => return Ok(()),
                },
            }
        }
    }
}

/// The pictures of another rung, at this one's size.
pub(crate) struct Relay {
    incoming: Incoming,
    decoder: codec::decoder::Video,
    scaler: Scaler,
    waiting: std::collections::VecDeque<Coded>,
    wants_keyframe: bool,
    skipped: u32,
    current: Option<Video>,
}

impl Relay {
    /// `avcc` is the source's configuration (ISO/IEC 14496-15, 5.3.3.1).
    pub(crate) fn open(incoming: Incoming, avcc: &[u8], size: PictureSize) -> Result<Self, Failure> {
        let no = |e: ffmpeg::Error| Failure::ffmpeg("open a decoder for the stream's pictures", e);
        let codec = codec::decoder::find(codec::Id::H264)
            .ok_or_else(|| Failure::new(FailureKind::Unsupported, "This FFmpeg has no H.264 decoder. Install the full libavcodec package."))?;
        let mut context = codec::Context::new_with_codec(codec);
        codec_config::set_extradata(&mut context, avcc)
            .map_err(|_| Failure::new(FailureKind::NoMemory, "There is not enough memory to decode a live stream."))?;
        // Further threads would each hold back a picture.
        context.set_threading(threading::Config { kind: threading::Type::None, count: 1, ..Default::default() });
        let decoder = context.decoder().open_as(codec).and_then(codec::decoder::Opened::video).map_err(no)?;
        let waiting = std::collections::VecDeque::new();
        Ok(Self { incoming, decoder, scaler: Scaler::new(size, false), waiting, wants_keyframe: true, skipped: 0, current: None })
    }

    /// The next coded picture; none when the end was ordered.
    fn coded(&mut self, orders: &Orders) -> Option<Coded> {
        self.waiting.extend(self.incoming.0.try_iter());
        while self.waiting.is_empty() && !orders.has_ended() {
            match self.incoming.0.recv_timeout(NAP) {
                Ok(coded) => self.waiting.push_back(coded),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.waiting.pop_front().filter(|_| !orders.has_ended())
    }

    /// What the decoder makes of it; none for what it cannot use.
    fn decode(&mut self, coded: &Coded) -> Option<Video> {
        if self.wants_keyframe && !coded.keyframe {
            return None;
        }
        let mut packet = codec::packet::Packet::copy(&coded.data);
        packet.set_pts(i64::try_from(coded.capture_us).ok());
        if coded.keyframe {
            packet.set_flags(codec::packet::Flags::KEY);
        }
        let mut frame = Video::empty();
        let taken = self.decoder.send_packet(&packet).and_then(|()| self.decoder.receive_frame(&mut frame));
        self.wants_keyframe = taken.is_err();
        taken.inspect_err(|e| eprintln!("lectern-media: a picture of the stream does not decode: {e}")).ok().map(|()| frame)
    }
}

impl Pictures for Relay {
    fn next(&mut self, orders: &Orders) -> Result<Option<Taken<'_>>, Failure> {
        loop {
            let Some(coded) = self.coded(orders) else { return Ok(None) };
            let Some(frame) = self.decode(&coded) else { continue };
            if self.waiting.len() > BEHIND && self.skipped < SKIPPED_MAX {
                self.skipped += 1;
                continue;
            }
            self.skipped = 0;
            let capture_us = frame.pts().and_then(|pts| u64::try_from(pts).ok()).unwrap_or(coded.capture_us);
            let picture = self.current.insert(self.scaler.run(&frame)?);
            return Ok(Some(Taken { picture, capture_us }));
        }
    }
}

/// Reads a configuration in hexadecimal digits: at least its head, of version 1 (ISO/IEC 14496-15, 5.3.3.1).
pub(super) fn parse_avcc(text: &str) -> Result<Vec<u8>, String> {
    let avcc = hex::read(text).ok_or("hexadecimal digits, two for each byte")?;
    if avcc.len() < 7 || avcc[0] != 1 { Err("this is no avcC of version 1".to_owned()) } else { Ok(avcc) }
}
