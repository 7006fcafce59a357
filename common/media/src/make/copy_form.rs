//! Whether the coded pictures of a source may be given to viewers as they are, and how: what the container and the parameter
//! sets say, and what each packet holds. The first step of [`super::copy`]; decodes nothing.
//!
//! Viewers are promised H.264 of 8 bits, 4:2:0, whole pictures, square pixels, BT.709 in limited range, one set of
//! parameters. Whatever is otherwise, or does not say enough, is encoded.

use super::orientation::Rotation;
use super::scale::HD_HEIGHT;
use super::source::{Source, VideoStream};
use super::video_encoder::nals;
use crate::sps::{Sps, UNDECLARED};
use bytes::Bytes;
use ffmpeg::FieldOrder;
use ffmpeg::codec::packet::side_data;
use ffmpeg::color::{self, Primaries, TransferCharacteristic};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VideoConfig;
use lectern_proto::rung::{BOX_EDGE, PictureSize};

/// Profiles that every viewer decodes: Baseline, Main, High.
const PROFILES: [u8; 3] = [66, 77, 100];
/// Table E-4: what makes a picture of high dynamic range, PQ and HLG; table E-3: the wide gamut of BT.2020.
const HIGH_RANGE: [u8; 2] = [16, 18];
const WIDE_GAMUT: u8 = 9;
/// Table E-5: BT.709.
const MATRIX_709: u8 = 1;

/// Why a source is not copied; for the worker's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit(pub(crate) String);

impl Misfit {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

fn unless(fits: bool, why: &str) -> Result<(), Misfit> {
    if fits { Ok(()) } else { Err(Misfit::new(why)) }
}

/// The form of a stream that may be copied.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) config: VideoConfig,
    /// Pictures that may be decoded before one that is shown earlier; none when the stream does not say.
    pub(crate) reorder: Option<usize>,
    sps: Vec<u8>,
    pps: Vec<u8>,
    layout: Layout,
}

/// How NAL units follow one another in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Each behind its length of so many bytes.
    Lengths(usize),
    /// Each behind a start code.
    StartCodes,
}

/// One coded picture: slices behind lengths of 4 bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CodedPicture {
    pub(crate) data: Bytes,
    /// An instantaneous decoding refresh: nothing after it refers to anything before it.
    pub(crate) idr: bool,
}

impl Form {
    /// Looks at what the container and the parameter sets say.
    pub(crate) fn of(source: &Source, video: VideoStream) -> Result<Self, Misfit> {
        let stream = source.input.stream(video.index).ok_or_else(|| Misfit::new("there are no pictures"))?;
        let parameters = stream.parameters();
        unless(parameters.id() == ffmpeg::codec::Id::H264, "it is not H.264")?;
        unless(video.rotation == Rotation::None, "its pictures are turned or mirrored")?;
        let size = PictureSize { width: parameters.width(), height: parameters.height() };
        unless(size == video.size, "its pixels are not square")?;
        let edge = |e: u32| e.is_multiple_of(2) && BOX_EDGE.contains(&e);
        unless(edge(size.width) && edge(size.height), "an edge of its pictures is odd, too short or too long")?;
        unless(matches!(parameters.field_order(), FieldOrder::Progressive | FieldOrder::Unknown), "its pictures are interlaced")?;
        unless(
            !stream.side_data().any(|d| matches!(d.kind(), side_data::Type::MasteringDisplayMetadata | side_data::Type::ContentLightLevel)),
            "its pictures are of high dynamic range",
        )?;
        // SAFETY: the parameters belong to the open input; extradata is null or extradata_size readable bytes.
        let extradata = unsafe {
            let raw = parameters.as_ptr();
            match (usize::try_from((*raw).extradata_size), (*raw).extradata.is_null()) {
                (Ok(size), false) => std::slice::from_raw_parts((*raw).extradata, size).to_vec(),
                _ => Vec::new(),
            }
        };
        let (layout, sets) = sets(&extradata).ok_or_else(|| Misfit::new("its parameter sets are not in its header"))?;
        let one = |kind: u8| {
            let mut found = sets.iter().filter(|n| n.first().is_some_and(|h| h & 0x1F == kind));
            found.next().filter(|_| found.next().is_none()).cloned()
        };
        let (Some(sps), Some(pps)) = (one(7), one(8)) else { return Err(Misfit::new("it has not exactly one parameter set of each kind")) };
        let parsed = Sps::parse(&sps).ok_or_else(|| Misfit::new("its pictures are not whole ones of 8 bits in 4:2:0 within level 5.2"))?;
        unless(PROFILES.contains(&parsed.profile), "its profile is none of Baseline, Main and High")?;
        unless(parsed.size == size, "container and stream disagree about the size of its pictures")?;
        check_colour(&parsed, (parameters.color_space(), parameters.color_range()), size)?;
        let high = matches!(parameters.color_transfer_characteristic(), TransferCharacteristic::SMPTE2084 | TransferCharacteristic::ARIB_STD_B67);
        unless(!high && parameters.color_primaries() != Primaries::BT2020, "its pictures are of high dynamic range or wide gamut")?;
        let config = VideoConfig::from_parameter_sets(&sps, &pps, size).map_err(|e| Misfit::new(e.to_string()))?;
        Ok(Self { config, reorder: parsed.reorder, sps, pps, layout })
    }

    /// The picture that a packet holds.
    pub(crate) fn picture(&self, packet: &[u8]) -> Result<CodedPicture, Misfit> {
        let damaged = || Misfit::new("a packet is damaged");
        let mut data = Vec::with_capacity(packet.len() + 16);
        let (mut slices, mut idr) = (0, 0);
        let mut take = |nal: &[u8]| -> Result<(), Misfit> {
            let kind = nal.first().ok_or_else(damaged)? & 0x1F;
            match kind {
                1 | 5 => {
                    // `first_mb_in_slice` is 0, which is a single 1 (7.3.3, 9.1): the slice begins a picture.
                    let begins = nal.get(1).is_some_and(|b| b & 0x80 != 0);
                    unless(begins == (slices == 0), "a packet does not hold exactly one picture, or its parts in another order")?;
                    slices += 1;
                    idr += usize::from(kind == 5);
                    data.extend_from_slice(&u32::try_from(nal.len()).map_err(|_| damaged())?.to_be_bytes());
                    data.extend_from_slice(nal);
                    Ok(())
                }
                2..=4 | 13 | 19 => Err(Misfit::new("it is partitioned or has a second layer")),
                7 => unless(trimmed(nal) == trimmed(&self.sps), "its parameter sets change in mid-stream"),
                8 => unless(trimmed(nal) == trimmed(&self.pps), "its parameter sets change in mid-stream"),
                // Notes, delimiters, filling, and layers above the one that counts.
                _ => Ok(()),
            }
        };
        match self.layout {
            Layout::StartCodes => nals(packet).try_for_each(&mut take)?,
            Layout::Lengths(width) => {
                let mut rest = packet;
                while !rest.is_empty() {
                    let (length, tail) = rest.split_at_checked(width).ok_or_else(damaged)?;
                    let length = length.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
                    let (nal, next) = tail.split_at_checked(length).ok_or_else(damaged)?;
                    take(nal)?;
                    rest = next;
                }
            }
        }
        unless(slices > 0, "a packet holds no picture")?;
        unless(idr == 0 || idr == slices, "a picture is only in part a keyframe")?;
        Ok(CodedPicture { data: data.into(), idr: idr > 0 })
    }
}

/// Viewers know what the parameter sets say, and take BT.709 of limited range where they say nothing; the container may say
/// otherwise, and a small picture without a word is BT.601.
fn check_colour(sps: &Sps, (space, range): (color::Space, color::Range), size: PictureSize) -> Result<(), Misfit> {
    unless(!HIGH_RANGE.contains(&sps.transfer) && sps.primaries != WIDE_GAMUT, "its pictures are of high dynamic range or wide gamut")?;
    unless(!sps.full_range && range != color::Range::JPEG, "its pictures use the full range of values")?;
    let said = match space {
        color::Space::BT709 => true,
        color::Space::Unspecified | color::Space::Reserved => size.height >= HD_HEIGHT,
        _ => false,
    };
    unless(said && matches!(sps.matrix, MATRIX_709 | UNDECLARED), "its colours are not those of BT.709")
}

/// The layout of packets and the parameter sets of a stream's configuration: `avcC` (ISO/IEC 14496-15, 5.3.3.1) or start
/// codes.
fn sets(extradata: &[u8]) -> Option<(Layout, Vec<Vec<u8>>)> {
    let Some((&[1, _, _, _, lengths, count], mut rest)) = extradata.split_first_chunk::<6>() else {
        let sets: Vec<_> = nals(extradata).map(<[u8]>::to_vec).collect();
        return (!sets.is_empty()).then_some((Layout::StartCodes, sets));
    };
    let mut sets = Vec::new();
    let mut take = |count: u8, rest: &mut &[u8]| -> Option<()> {
        for _ in 0..count {
            let (length, tail) = rest.split_first_chunk::<2>()?;
            let (set, next) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            sets.push(set.to_vec());
            *rest = next;
        }
        Some(())
    };
    take(count & 0x1F, &mut rest)?;
    let (pictures, mut rest) = rest.split_first()?;
    take(*pictures, &mut rest)?;
    let width = usize::from(lengths & 3) + 1;
    (width != 3).then_some((Layout::Lengths(width), sets))
}

/// Without the zeros that may follow a NAL unit.
fn trimmed(nal: &[u8]) -> &[u8] {
    &nal[..nal.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(layout: Layout) -> Form {
        let config = VideoConfig::from_parameter_sets(&[0x67, 66, 0, 30], &[0x68, 1], PictureSize { width: 64, height: 64 }).expect("sets");
        Form { config, reorder: Some(0), sps: vec![0x67, 66, 0, 30], pps: vec![0x68, 1], layout }
    }

    #[test]
    fn a_packet_becomes_its_slices() {
        let key = [0x65, 0x88, 1, 2];
        let want = CodedPicture { data: Bytes::from_static(&[0, 0, 0, 4, 0x65, 0x88, 1, 2]), idr: true };
        let codes = [&[0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x67, 66, 0, 30, 0, 0, 1, 0x68, 1, 0, 0, 1, 6, 5, 0, 0, 1][..], &key].concat();
        assert_eq!(form(Layout::StartCodes).picture(&codes), Ok(want));
        let lengths = [&[0, 2, 6, 5, 0, 4][..], &key, &[0, 3, 0x65, 0x40, 9]].concat();
        let two = form(Layout::Lengths(2)).picture(&lengths).expect("two slices of one picture");
        assert_eq!((&two.data[..], two.idr), (&[0, 0, 0, 4, 0x65, 0x88, 1, 2, 0, 0, 0, 3, 0x65, 0x40, 9][..], true));
        assert!(!form(Layout::Lengths(1)).picture(&[2, 0x41, 0x9A]).expect("a picture").idr);
    }

    #[test]
    fn what_is_no_single_whole_picture_of_this_stream_is_refused() {
        let check = |packet: &[u8], why: &str| {
            let misfit = form(Layout::Lengths(1)).picture(packet).expect_err("refused");
            assert!(misfit.0.contains(why), "{misfit:?} has no `{why}`");
        };
        check(&[], "no picture");
        check(&[2, 6, 5], "no picture");
        check(&[9, 0x65, 0x88], "damaged");
        check(&[0, 2, 0x65, 0x88], "damaged");
        check(&[2, 0x41, 0x9A, 2, 0x41, 0x9A], "exactly one");
        check(&[2, 0x41, 0x40], "exactly one");
        check(&[2, 0x65, 0x88, 2, 0x41, 0x40], "in part");
        check(&[4, 0x67, 66, 0, 31, 2, 0x65, 0x88], "change");
        check(&[2, 0x68, 2, 2, 0x65, 0x88], "change");
        check(&[2, 0x42, 0x9A], "partitioned");
    }

    #[test]
    fn parameter_sets_are_found_in_both_forms() {
        let avcc = [1, 66, 0, 30, 0xFD, 0xE1, 0, 3, 0x67, 66, 0, 1, 0, 2, 0x68, 1];
        assert_eq!(sets(&avcc), Some((Layout::Lengths(2), vec![vec![0x67, 66, 0], vec![0x68, 1]])));
        assert_eq!(sets(&[0, 0, 1, 0x67, 66, 0, 0, 1, 0x68, 1]), Some((Layout::StartCodes, vec![vec![0x67, 66], vec![0x68, 1]])));
        for end in 0..avcc.len() {
            assert!(sets(&avcc[..end]).is_none_or(|(_, s)| s.len() < 2), "cut at {end}");
        }
        assert_eq!(sets(&[1, 66, 0, 30, 0xFE, 0xE0, 0]), None, "lengths of 3 bytes do not exist");
    }

    #[test]
    fn colours_must_be_those_that_viewers_take_them_for() {
        let sps = Sps { profile: 66, size: PictureSize { width: 1, height: 1 }, reorder: None, full_range: false, primaries: 2, transfer: 2, matrix: 2 };
        let check = |sps: Sps, space, range, height| check_colour(&sps, (space, range), PictureSize { width: 1280, height }).is_ok();
        use color::{Range, Space};
        assert!(check(sps, Space::Unspecified, Range::Unspecified, 720));
        assert!(!check(sps, Space::Unspecified, Range::Unspecified, 718), "taken for BT.601");
        assert!(check(Sps { matrix: 1, ..sps }, Space::BT709, Range::MPEG, 360));
        assert!(!check(sps, Space::SMPTE170M, Range::MPEG, 1080));
        assert!(!check(sps, Space::BT709, Range::JPEG, 1080));
        assert!(!check(Sps { full_range: true, ..sps }, Space::BT709, Range::MPEG, 1080));
        assert!(!check(Sps { transfer: 16, ..sps }, Space::BT709, Range::MPEG, 1080));
        assert!(!check(Sps { matrix: 6, ..sps }, Space::BT709, Range::MPEG, 1080));
        assert!(!check(Sps { primaries: 9, ..sps }, Space::BT709, Range::MPEG, 1080));
    }
}
