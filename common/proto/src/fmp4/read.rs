//! Reading initialisation and media segments, whole or as their bytes come.

use super::write::{NON_SYNC_BIT, TRACK_ID};
use super::{AudioConfig, Fmp4Error, INIT_BYTES_MAX, Init, MOOF_BYTES_MAX, SAMPLES_MAX, SEGMENT_BYTES_MAX, Sample, TIME_MAX, TrackConfig, VideoConfig, boxes};
use crate::rung::{BOX_EDGE, PictureSize};
use bytes::{Bytes, BytesMut};
use mp4_atom::{Codec, Decode, Encode, Moof, Moov};
use std::collections::VecDeque;

fn malformed(error: mp4_atom::Error) -> Fmp4Error {
    Fmp4Error::Malformed(error.to_string())
}

/// Reads `ftyp` and `moov`.
///
/// # Errors
/// [`Fmp4Error`] when the bytes are not an initialisation segment as [`super::write_init`] writes it.
pub fn parse_init(bytes: &[u8]) -> Result<Init, Fmp4Error> {
    if bytes.len() > INIT_BYTES_MAX {
        return Err(Fmp4Error::TooLarge { what: "an initialisation", size: bytes.len() as u64, limit: INIT_BYTES_MAX as u64 });
    }
    let mut rest = bytes;
    loop {
        let found = boxes::header(rest)?.ok_or(Fmp4Error::Truncated)?;
        let whole = rest.get(..found.size).ok_or(Fmp4Error::Truncated)?;
        match &found.kind {
            b"ftyp" => rest = &rest[found.size..],
            b"moov" => {
                boxes::check(found.kind, &whole[found.header..])?;
                return track(Moov::decode(&mut &whole[..]).map_err(malformed)?);
            }
            _ => return Err(Fmp4Error::UnexpectedBox(boxes::name(found.kind))),
        }
    }
}

fn track(moov: Moov) -> Result<Init, Fmp4Error> {
    let [trak] = moov.trak.as_slice() else { return Err(Fmp4Error::Form("there is not exactly one track")) };
    if trak.tkhd.track_id != TRACK_ID || moov.mvex.is_none() {
        return Err(Fmp4Error::Form("it is not the header of a fragmented track"));
    }
    let timescale = trak.mdia.mdhd.timescale;
    if timescale == 0 {
        return Err(Fmp4Error::Form("its timescale is 0"));
    }
    let edits = trak.edts.iter().filter_map(|e| e.elst.as_ref()).flat_map(|l| &l.entries).collect::<Vec<_>>();
    let media_start = match edits.as_slice() {
        [] => 0,
        [edit] => edit.media_time.and_then(|t| u32::try_from(t).ok()).ok_or(Fmp4Error::Form("its edit list is not ours"))?,
        _ => return Err(Fmp4Error::Form("its edit list has several entries")),
    };
    let [codec] = trak.mdia.minf.stbl.stsd.codecs.as_slice() else { return Err(Fmp4Error::Form("there is not exactly one sample description")) };
    let config = match codec {
        Codec::Avc1(avc1) => {
            let size = PictureSize { width: avc1.visual.width.into(), height: avc1.visual.height.into() };
            let edge = |e: u32| (2..=*BOX_EDGE.end()).contains(&e);
            if !edge(size.width) || !edge(size.height) {
                return Err(Fmp4Error::Form("its pictures are smaller than 2 or larger than 4,096 pixels an edge"));
            }
            if avc1.avcc.length_size != 4 {
                return Err(Fmp4Error::Form("its NAL units do not have 4-byte lengths"));
            }
            let mut avcc = Vec::new();
            avc1.avcc.encode(&mut avcc).map_err(malformed)?;
            TrackConfig::Video(VideoConfig { avcc: Bytes::from(avcc).slice(boxes::HEADER..), size })
        }
        Codec::Mp4a(mp4a) => {
            let config = &mp4a.esds.es_desc.dec_config;
            let asc = config.dec_specific.as_ref().map(|d| Bytes::copy_from_slice(&d.raw)).unwrap_or_default();
            let (channels, sample_rate_hz) = (mp4a.audio.channel_count, u32::from(mp4a.audio.sample_rate.integer()));
            if config.object_type_indication != 0x40 || asc.len() < 2 || !(1..=8).contains(&channels) || sample_rate_hz < 8000 {
                return Err(Fmp4Error::Form("its sound is not AAC"));
            }
            TrackConfig::Audio(AudioConfig { asc, channels, sample_rate_hz })
        }
        _ => return Err(Fmp4Error::Form("it is neither H.264 nor AAC")),
    };
    Ok(Init { config, timescale, media_start })
}

/// Reads a whole media segment; the samples share its bytes.
///
/// # Errors
/// [`Fmp4Error`] when the bytes are not one whole segment as [`super::write_segment`] writes it.
pub fn parse_segment(init: &Init, segment: Bytes) -> Result<Vec<Sample>, Fmp4Error> {
    let mut plan = Plan::default();
    let mut at = 0;
    while let Step::Skip(n) = plan.step(init, &segment[at..])? {
        at += n;
    }
    let Plan { samples: Some(samples), .. } = plan else { return Err(Fmp4Error::Truncated) };
    let end = samples.iter().try_fold(at, |end, s| end.checked_add(s.size)).ok_or(Fmp4Error::Truncated)?;
    if end != segment.len() {
        return Err(if end > segment.len() { Fmp4Error::Truncated } else { Fmp4Error::Form("bytes follow the last sample") });
    }
    let mut out = Vec::with_capacity(samples.len());
    for s in samples {
        out.push(s.with(segment.slice(at..at + s.size)));
        at += s.size;
    }
    Ok(out)
}

/// A sample before its bytes have come.
#[derive(Debug, Clone, Copy)]
struct Planned {
    size: usize,
    dts: i64,
    pts: i64,
    duration: u32,
    keyframe: bool,
}

impl Planned {
    fn with(self, data: Bytes) -> Sample {
        Sample { data, dts: self.dts, pts: self.pts, duration: self.duration, keyframe: self.keyframe }
    }
}

/// What the boxes before the media say.
#[derive(Debug, Default)]
struct Plan {
    samples: Option<VecDeque<Planned>>,
    media: bool,
}

enum Step {
    /// The first bytes are read; go on behind them.
    Skip(usize),
    /// More bytes must come.
    Wait,
    /// What follows is the media.
    Media,
}

impl Plan {
    fn step(&mut self, init: &Init, bytes: &[u8]) -> Result<Step, Fmp4Error> {
        if self.media {
            return Ok(Step::Media);
        }
        let Some(found) = boxes::header(bytes)? else { return Ok(Step::Wait) };
        let limit = match &found.kind {
            b"styp" => 256,
            b"moof" => MOOF_BYTES_MAX,
            b"mdat" => SEGMENT_BYTES_MAX,
            _ => return Err(Fmp4Error::UnexpectedBox(boxes::name(found.kind))),
        };
        if found.size > limit {
            return Err(Fmp4Error::TooLarge { what: "a box", size: found.size as u64, limit: limit as u64 });
        }
        if &found.kind == b"mdat" {
            let samples = self.samples.as_ref().ok_or(Fmp4Error::Form("the media comes before its description"))?;
            let total = samples.iter().try_fold(0usize, |sum, s| sum.checked_add(s.size));
            if total != Some(found.size - found.header) {
                return Err(Fmp4Error::Form("the media is not as long as its description says"));
            }
            self.media = true;
            return Ok(Step::Skip(found.header));
        }
        let Some(whole) = bytes.get(..found.size) else { return Ok(Step::Wait) };
        if &found.kind == b"moof" {
            if self.samples.is_some() {
                return Err(Fmp4Error::Form("there is more than one moof"));
            }
            boxes::check(found.kind, &whole[found.header..])?;
            self.samples = Some(plan(init, found.size, &Moof::decode(&mut &whole[..]).map_err(malformed)?)?);
        }
        Ok(Step::Skip(found.size))
    }
}

/// Where each sample is and when it is presented.
fn plan(init: &Init, moof_size: usize, moof: &Moof) -> Result<VecDeque<Planned>, Fmp4Error> {
    let [traf] = moof.traf.as_slice() else { return Err(Fmp4Error::Form("there is not exactly one track fragment")) };
    let [trun] = traf.trun.as_slice() else { return Err(Fmp4Error::Form("there is not exactly one run of samples")) };
    let tfdt = traf.tfdt.as_ref().ok_or(Fmp4Error::Form("the fragment has no decode time"))?;
    let data_offset = trun.data_offset.and_then(|o| usize::try_from(o).ok());
    if traf.tfhd.track_id != TRACK_ID || traf.tfhd.base_data_offset.is_some() || data_offset != Some(moof_size + boxes::HEADER) {
        return Err(Fmp4Error::Form("the fragment does not describe the media that follows it"));
    }
    let time = |t: i64| if t.abs() <= TIME_MAX { Ok(t) } else { Err(Fmp4Error::Form("a time is out of range")) };
    let mut dts = time(i64::try_from(tfdt.base_media_decode_time).unwrap_or(i64::MAX))? - i64::from(init.media_start);
    let count = trun.samples.len();
    if count == 0 || count > SAMPLES_MAX {
        return Err(Fmp4Error::TooLarge { what: "samples", size: count as u64, limit: SAMPLES_MAX as u64 });
    }
    let mut samples = VecDeque::with_capacity(count);
    for entry in &trun.samples {
        let size = entry.size.or(traf.tfhd.default_sample_size).unwrap_or(0) as usize;
        let duration = entry.duration.or(traf.tfhd.default_sample_duration).unwrap_or(0);
        let flags = entry.flags.or(traf.tfhd.default_sample_flags).unwrap_or(0);
        if size == 0 || duration == 0 {
            return Err(Fmp4Error::Form("a sample has no bytes or no duration"));
        }
        // A composition offset is 32 bits wide and both times are bounded, so this sum fits.
        let pts = time(dts + entry.cts.unwrap_or(0))?;
        samples.push_back(Planned { size, dts, pts, duration, keyframe: flags & NON_SYNC_BIT == 0 });
        dts = time(dts + i64::from(duration))?;
    }
    present(&mut samples, dts + i64::from(init.media_start) - init.decode_shift());
    Ok(samples)
}

/// Replaces the durations, which belong to decode times, by those of the presentation: until the next picture in
/// presentation order, or the end of the segment.
fn present(samples: &mut VecDeque<Planned>, end: i64) {
    let mut order = samples.iter().map(|s| s.pts).collect::<Vec<_>>();
    order.sort_unstable();
    for s in samples {
        let next = order.get(order.partition_point(|p| *p <= s.pts)).copied().unwrap_or(end);
        s.duration = u32::try_from(next - s.pts).unwrap_or(1).max(1);
    }
}

/// Reads a media segment while it comes: [`push`](Self::push) what has come, then take samples until there is none.
#[derive(Debug)]
pub struct SegmentReader {
    init: Init,
    buffer: BytesMut,
    plan: Plan,
    taken: usize,
}

impl SegmentReader {
    /// A reader for one segment of this track.
    #[must_use]
    pub fn new(init: Init) -> Self {
        Self { init, buffer: BytesMut::new(), plan: Plan::default(), taken: 0 }
    }

    /// Bytes that have come, in order, cut anywhere.
    ///
    /// # Errors
    /// [`Fmp4Error::TooLarge`] when more has come than a segment may have.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fmp4Error> {
        let size = self.taken.saturating_add(self.buffer.len()).saturating_add(bytes.len());
        if size > SEGMENT_BYTES_MAX {
            return Err(Fmp4Error::TooLarge { what: "a segment", size: size as u64, limit: SEGMENT_BYTES_MAX as u64 });
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next sample in decode order, when its bytes have come.
    ///
    /// # Errors
    /// [`Fmp4Error`] when what has come is not the start of a segment of this track.
    pub fn next_sample(&mut self) -> Result<Option<Sample>, Fmp4Error> {
        loop {
            match self.plan.step(&self.init, &self.buffer)? {
                Step::Skip(n) => {
                    self.taken += n;
                    drop(self.buffer.split_to(n));
                }
                Step::Wait => return Ok(None),
                Step::Media => break,
            }
        }
        let Some(samples) = self.plan.samples.as_mut() else { return Ok(None) };
        match samples.front() {
            Some(next) if next.size <= self.buffer.len() => {
                let next = *next;
                samples.pop_front();
                self.taken += next.size;
                Ok(Some(next.with(self.buffer.split_to(next.size).freeze())))
            }
            Some(_) => Ok(None),
            None if self.buffer.is_empty() => Ok(None),
            None => Err(Fmp4Error::Form("bytes follow the last sample")),
        }
    }

    /// Whether every sample has been taken.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.plan.media && self.plan.samples.as_ref().is_some_and(VecDeque::is_empty)
    }
}
