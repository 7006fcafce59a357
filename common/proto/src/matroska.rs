//! Writes live units, or the samples of a stored video, into a Matroska file (RFC 9559) as they come: H.264 and Opus or AAC, whole clusters of about a second, so that a file
//! that was cut off anywhere loses its last second and nothing else.
//!
//! Pure: bytes come out, the caller appends them. The length is not known before the end: [`whole`] finds the end of the last
//! whole cluster of a file, however it ended, and what to write where for its duration.
//!
//! ```text
//! EBML header | Segment (unknown size) | Info (with room for the duration) | Tracks | Cluster | Cluster ...
//! Cluster     Timestamp | SimpleBlock ...
//! ```

use crate::control::{LiveSound, LiveVideo};
use crate::fmp4::{AudioConfig, VideoConfig};
use crate::live::Unit;

/// Track numbers in the file.
const PICTURES: u8 = 1;
const SOUND: u8 = 2;
/// A cluster is closed at the first keyframe after this time, in milliseconds, or in any case after [`CLUSTER_MAX_MS`]: block times are
/// signed 16-bit numbers.
const CLUSTER_MS: u64 = 1_000;
const CLUSTER_MAX_MS: u64 = 5_000;
/// A cluster without pictures is closed after this time.
const SOUND_CLUSTER_MS: u64 = 1_000;
/// What decoders of Opus need before a place that is jumped to, in nanoseconds (RFC 7845, 4.6).
const SEEK_PRE_ROLL_NS: u64 = 80_000_000;

mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
}

/// A file that is written.
#[derive(Debug)]
pub struct Writer {
    has_pictures: bool,
    /// Capture time of the first unit, in microseconds.
    origin_us: Option<u64>,
    cluster: Option<Cluster>,
}

#[derive(Debug)]
struct Cluster {
    start_ms: u64,
    blocks: Vec<u8>,
}

impl Writer {
    /// A writer and the head of its file. At least one of both.
    #[must_use]
    pub fn new(video: Option<&LiveVideo>, sound: Option<LiveSound>) -> (Self, Vec<u8>) {
        let frame_ns = |video: &LiveVideo| 1_000_000_000_000 / u64::from(video.rate_milli.max(1));
        let video = video.map(|video| video_track(&video.avcc, (video.width.into(), video.height.into()), Some(frame_ns(video))));
        Self::begin(video, sound.map(opus_track))
    }

    /// The same for a stored video: H.264 and AAC.
    #[must_use]
    pub fn stored(video: Option<&VideoConfig>, sound: Option<&AudioConfig>) -> (Self, Vec<u8>) {
        let video = video.map(|video| video_track(&video.avcc, (video.size.width.into(), video.size.height.into()), None));
        Self::begin(video, sound.map(aac_track))
    }

    fn begin(video: Option<Vec<u8>>, sound: Option<Vec<u8>>) -> (Self, Vec<u8>) {
        let has_pictures = video.is_some();
        let mut out = element(
            id::EBML,
            &[uint(0x4286, 1), uint(0x42F7, 1), uint(0x42F2, 4), uint(0x42F3, 8), text(0x4282, "matroska"), uint(0x4287, 4), uint(0x4285, 2)].concat(),
        );
        out.extend_from_slice(&id::SEGMENT.to_be_bytes());
        // Unknown size: all that follows.
        out.extend_from_slice(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        let name = "Lectern";
        // The duration stands last, where `whole` finds it.
        let info = [uint(0x2A_D7B1, 1_000_000), text(0x4D80, name), text(0x5741, name), element(0x4489, &0f64.to_be_bytes())].concat();
        out.extend_from_slice(&element(id::INFO, &info));
        let tracks = [video, sound].into_iter().flatten().flatten().collect::<Vec<u8>>();
        out.extend_from_slice(&element(id::TRACKS, &tracks));
        (Self { has_pictures, origin_us: None, cluster: None }, out)
    }

    /// Takes a unit of the pictures (`is_video`) or of the sound; gives what is to be appended to the file, often nothing. Units before the
    /// first keyframe of the pictures are left out.
    pub fn push(&mut self, is_video: bool, unit: &Unit) -> Vec<u8> {
        let begins = unit.keyframe && (is_video || !self.has_pictures);
        if self.origin_us.is_none() && !begins {
            return Vec::new();
        }
        let origin_us = *self.origin_us.get_or_insert(unit.capture_us);
        let Some(since_us) = unit.capture_us.checked_sub(origin_us) else { return Vec::new() };
        let at_ms = since_us / 1_000;
        let is_due = |c: &Cluster| {
            let open_ms = at_ms.saturating_sub(c.start_ms);
            let due = if self.has_pictures { is_video && unit.keyframe && open_ms >= CLUSTER_MS } else { open_ms >= SOUND_CLUSTER_MS };
            due || open_ms >= CLUSTER_MAX_MS
        };
        let done = if self.cluster.as_ref().is_some_and(is_due) { self.close() } else { Vec::new() };
        let cluster = self.cluster.get_or_insert(Cluster { start_ms: at_ms, blocks: Vec::new() });
        // A sound packet may be a little older than the picture that a cluster begins with.
        let relative = i64::try_from(at_ms).unwrap_or(i64::MAX) - i64::try_from(cluster.start_ms).unwrap_or(0);
        let Ok(relative) = i16::try_from(relative) else { return done };
        let number = if is_video { PICTURES } else { SOUND };
        let mut block = vec![0x80 | number];
        block.extend_from_slice(&relative.to_be_bytes());
        block.push(if unit.keyframe { 0x80 } else { 0 });
        block.extend_from_slice(&unit.data);
        cluster.blocks.extend_from_slice(&element(0xA3, &block));
        done
    }

    /// What is left to be appended: at the end, or when nothing comes for a while.
    pub fn close(&mut self) -> Vec<u8> {
        let Some(cluster) = self.cluster.take() else { return Vec::new() };
        element(id::CLUSTER, &[uint(0xE7, cluster.start_ms), cluster.blocks].concat())
    }
}

/// Parameter sets of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) as NAL units with 4-byte lengths, to stand before a
/// picture whose form is another than the track's; what cannot be read gives nothing.
#[must_use]
pub fn in_band(avcc: &[u8]) -> Vec<u8> {
    fn sets(mut rest: &[u8], count: u8) -> Option<(Vec<u8>, &[u8])> {
        let mut out = Vec::new();
        for _ in 0..count {
            let (length, after) = rest.split_first_chunk()?;
            let length = u16::from_be_bytes(*length);
            out.extend_from_slice(&u32::from(length).to_be_bytes());
            out.extend_from_slice(after.get(..length.into())?);
            rest = &after[length.into()..];
        }
        Some((out, rest))
    }
    let all = || {
        let (sequence, rest) = sets(avcc.get(6..)?, avcc.get(5)? & 0x1F)?;
        let (&count, rest) = rest.split_first()?;
        Some([sequence, sets(rest, count)?.0].concat())
    };
    all().unwrap_or_default()
}

fn video_track(avcc: &[u8], (width, height): (u64, u64), frame_ns: Option<u64>) -> Vec<u8> {
    let size = [uint(0xB0, width), uint(0xBA, height)].concat();
    let track = [
        uint(0xD7, PICTURES.into()),
        uint(0x73C5, PICTURES.into()),
        uint(0x83, 1),
        uint(0x9C, 0),
        frame_ns.map(|ns| uint(0x23_E383, ns)).unwrap_or_default(),
        text(0x86, "V_MPEG4/ISO/AVC"),
        element(0x63A2, avcc),
        element(0xE0, &size),
    ];
    element(0xAE, &track.concat())
}

fn opus_track(sound: LiveSound) -> Vec<u8> {
    // RFC 7845, 5.1: no samples are to be left out at the start of what was live.
    let mut head = b"OpusHead\x01".to_vec();
    head.push(sound.channels);
    head.extend_from_slice(&0u16.to_le_bytes());
    head.extend_from_slice(&48_000u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    sound_track("A_OPUS", &head, (48_000, sound.channels.into()), uint(0x56BB, SEEK_PRE_ROLL_NS))
}

fn aac_track(sound: &AudioConfig) -> Vec<u8> {
    sound_track("A_AAC", &sound.asc, (sound.sample_rate_hz, sound.channels.into()), Vec::new())
}

fn sound_track(codec: &str, private: &[u8], (rate_hz, channels): (u32, u64), more: Vec<u8>) -> Vec<u8> {
    let audio = [element(0xB5, &f64::from(rate_hz).to_be_bytes()), uint(0x9F, channels)].concat();
    let track = [
        uint(0xD7, SOUND.into()),
        uint(0x73C5, SOUND.into()),
        uint(0x83, 2),
        uint(0x9C, 0),
        text(0x86, codec),
        element(0x63A2, private),
        more,
        element(0xE1, &audio),
    ];
    element(0xAE, &track.concat())
}

/// Bytes of an element's head at most: an id of 4 and a length of 8.
const HEAD_MAX: u64 = 12;
/// A cluster that is larger than this was not written by [`Writer`].
const CLUSTER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Length of a file of `length` bytes up to the end of its last whole cluster, and the duration until there with its place; none when there
/// is no cluster. `read` gives so many bytes from there, which all lie inside, or none to give up.
pub fn whole(length: u64, mut read: impl FnMut(u64, usize) -> Option<Vec<u8>>) -> Option<(u64, (u64, [u8; 8]))> {
    let (mut at, mut duration_at, mut last) = (0u64, None, None);
    while at < length {
        // At most 12.
        let head = read(at, HEAD_MAX.min(length - at) as usize)?;
        let Some((id, head, body)) = read_head(&head) else { break };
        let begin = at + head as u64;
        if id == id::SEGMENT {
            // Its children follow.
            at = begin;
            continue;
        }
        let Some(end) = body.and_then(|body| begin.checked_add(body as u64)).filter(|end| *end <= length) else { break };
        match id {
            id::INFO => duration_at = end.checked_sub(8).filter(|at| *at >= begin),
            id::CLUSTER => last = Some((begin, end)),
            _ => {}
        }
        at = end;
    }
    let (begin, end) = last?;
    let size = usize::try_from(end - begin).ok().filter(|size| *size <= CLUSTER_BYTES_MAX)?;
    let end_ms = end_ms(&read(begin, size)?);
    Some((end, (duration_at?, (end_ms as f64).to_be_bytes())))
}

/// When the last block of a cluster begins, in milliseconds.
fn end_ms(mut body: &[u8]) -> u64 {
    let (mut start, mut last) = (0u64, 0i64);
    while let Some((id, head, Some(length))) = read_head(body) {
        let Some(content) = body.get(head..head.saturating_add(length)) else { break };
        match (id, content) {
            (0xE7, bytes) => start = bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b)),
            (0xA3, [_, high, low, ..]) => last = last.max(i16::from_be_bytes([*high, *low]).into()),
            _ => {}
        }
        body = &body[head + length..];
    }
    start.saturating_add_signed(last).saturating_add(1)
}

/// Id, bytes of id and length, and the length, if it is known.
fn read_head(bytes: &[u8]) -> Option<(u32, usize, Option<usize>)> {
    let first = *bytes.first()?;
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes.get(..id_length)?.iter().fold(0, |n, b| n << 8 | u32::from(*b));
    let first = *bytes.get(id_length)?;
    let size_length = first.leading_zeros() as usize + 1;
    if size_length > 8 {
        return None;
    }
    let size = bytes.get(id_length..id_length + size_length)?;
    let mask = (1u64 << (7 * size_length)) - 1;
    let value = size.iter().fold(0u64, |n, b| n << 8 | u64::from(*b)) & mask;
    let length = if value == mask { None } else { Some(usize::try_from(value).ok()?) };
    Some((id, id_length + size_length, length))
}

fn element(id: u32, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let mut out: Vec<u8> = id.iter().copied().skip_while(|b| *b == 0).collect();
    // Eight bytes of length: a few more than are needed, and no case to get wrong.
    out.extend_from_slice(&(1u64 << 56 | body.len() as u64).to_be_bytes());
    out.extend_from_slice(body);
    out
}

fn uint(id: u32, value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    element(id, &bytes[(value.leading_zeros() as usize / 8).min(7)..])
}

fn text(id: u32, value: &str) -> Vec<u8> {
    element(id, value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn video() -> LiveVideo {
        LiveVideo { rung: "720p".into(), width: 1280, height: 720, rate_milli: 30_000, bps: 2_500_000, avcc: vec![1, 66, 0, 31] }
    }

    fn unit(ms: u64, keyframe: bool) -> Unit {
        Unit { sequence: 0, capture_us: 7_000_000 + ms * 1_000, keyframe, data: Bytes::from_static(b"picture") }
    }

    fn written(seconds: u64) -> (Vec<u8>, Writer) {
        let (mut writer, mut file) = Writer::new(Some(&video()), Some(LiveSound { channels: 2, samples: 960, bps: 64_000 }));
        file.extend(writer.push(false, &unit(0, true)));
        file.extend(writer.push(true, &unit(5, false)));
        for frame in 0..seconds * 25 {
            file.extend(writer.push(true, &unit(40 + frame * 40, frame % 50 == 0)));
            file.extend(writer.push(false, &unit(30 + frame * 40, true)));
        }
        (file, writer)
    }

    fn whole(file: &[u8]) -> Option<(u64, (u64, [u8; 8]))> {
        super::whole(file.len() as u64, |at, count| Some(file[at as usize..at as usize + count].to_vec()))
    }

    #[test]
    fn a_file_that_was_cut_off_keeps_every_whole_cluster() {
        let (mut file, mut writer) = written(10);
        let open = file.len();
        file.extend(writer.close());
        let (length, patch) = whole(&file).expect("clusters");
        // From the first keyframe at 40 ms to the last picture at 10 s.
        assert_eq!((length, f64::from_be_bytes(patch.1)), (file.len() as u64, 9_961.0));
        assert_eq!(file[patch.0 as usize..][..8], 0f64.to_be_bytes(), "room for it");
        // Cut off in the last cluster: what is before it stands.
        let (length, (at, duration)) = whole(&file[..file.len() - 3]).expect("clusters");
        assert_eq!((length, at), (open as u64, patch.0));
        let seconds = f64::from_be_bytes(duration) / 1_000.0;
        assert!((7.5..8.1).contains(&seconds), "{seconds}");
        assert_eq!(whole(&file[..200]), None);
        // What came before the first keyframe of the pictures is left out.
        assert_eq!(writer.origin_us, Some(7_040_000));
    }

    #[test]
    fn parameter_sets_go_before_a_picture_of_another_form() {
        let avcc = [1, 66, 0, 31, 0xFF, 0xE1, 0, 2, 0x67, 7, 1, 0, 1, 0x68];
        assert_eq!(in_band(&avcc), [0, 0, 0, 2, 0x67, 7, 0, 0, 0, 1, 0x68]);
        (0..avcc.len()).for_each(|cut| assert!(in_band(&avcc[..cut]).is_empty(), "{cut}"));
    }

    proptest! {
        #[test]
        fn noise_never_panics(noise: Vec<u8>, cut in 0usize..4_000, flip in 0usize..4_000) {
            let _ = whole(&noise);
            let (mut file, mut writer) = written(3);
            file.extend(writer.close());
            let flip = flip % file.len();
            file[flip] ^= 0x55;
            let _ = (whole(&file[..cut.min(file.len())]), whole(&file));
        }

        #[test]
        fn any_times_can_be_pushed(times in prop::collection::vec((any::<u64>(), any::<bool>(), any::<bool>()), 0..40)) {
            let (mut writer, _) = Writer::new(Some(&video()), None);
            for (capture_us, keyframe, is_video) in times {
                writer.push(is_video, &Unit { sequence: 0, capture_us, keyframe, data: Bytes::new() });
            }
            writer.close();
        }
    }
}
