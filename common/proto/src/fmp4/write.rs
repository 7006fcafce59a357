//! Writing initialisation and media segments.

use super::{Fmp4Error, Init, SAMPLES_MAX, SEGMENT_BYTES_MAX, Sample, TIME_MAX, TrackConfig};
use mp4_atom::{
    Audio, Avc1, Avcc, Codec, Colr, Decode, DecodeAtom, Dinf, Dref, DrefEntry, Edts, Elst, ElstEntry, Encode, FourCC, Ftyp, Hdlr, Header, Mdhd, Mdia, Mfhd,
    Minf, Moof, Moov, Mp4a, Mvex, Mvhd, Pasp, Smhd, Stbl, Stco, Stsc, Stsd, Stsz, StszSamples, Stts, Styp, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex, Trun, TrunEntry,
    Visual, Vmhd, esds,
};

/// `sample_depends_on = 2` (a keyframe); ISO/IEC 14496-12, 8.8.3.1.
pub(super) const FLAGS_SYNC: u32 = 0x0200_0000;
/// `sample_depends_on = 1`, `sample_is_non_sync_sample`.
pub(super) const FLAGS_DEPENDENT: u32 = 0x0101_0000;
/// `sample_is_non_sync_sample`.
pub(super) const NON_SYNC_BIT: u32 = 0x0001_0000;
/// The one track of a file.
pub(super) const TRACK_ID: u32 = 1;

/// Ticks per second of the movie header; only the (unknown) durations would use it.
const MOVIE_TIMESCALE: u32 = 1000;

fn malformed(error: mp4_atom::Error) -> Fmp4Error {
    Fmp4Error::Malformed(error.to_string())
}

/// Writes `ftyp` and `moov`.
///
/// # Errors
/// [`Fmp4Error`] when the configuration record is malformed or the size is not that of a picture.
pub fn write_init(init: &Init) -> Result<Vec<u8>, Fmp4Error> {
    let brand = |b: &[u8; 4]| FourCC::new(b);
    let ftyp = Ftyp { major_brand: brand(b"iso6"), minor_version: 0, compatible_brands: vec![brand(b"iso6"), brand(b"cmfc"), brand(b"mp41")] };
    let video = matches!(init.config, TrackConfig::Video(_));
    let (width, height) = match &init.config {
        TrackConfig::Video(v) => (edge(v.size.width)?, edge(v.size.height)?),
        TrackConfig::Audio(_) => (0, 0),
    };
    let trak = Trak {
        tkhd: Tkhd {
            track_id: TRACK_ID,
            enabled: true,
            in_movie: true,
            volume: u8::from(!video).into(),
            width: width.into(),
            height: height.into(),
            ..Default::default()
        },
        edts: Some(Edts {
            elst: Some(Elst { entries: vec![ElstEntry { segment_duration: 0, media_time: Some(init.media_start.into()), media_rate: 1.into() }] }),
        }),
        mdia: Mdia {
            mdhd: Mdhd { timescale: init.timescale, language: "und".into(), ..Default::default() },
            hdlr: Hdlr { handler: brand(if video { b"vide" } else { b"soun" }), name: "Lectern".into() },
            minf: Minf {
                vmhd: video.then(Vmhd::default),
                smhd: (!video).then(Smhd::default),
                dinf: Dinf { dref: Dref { entries: vec![DrefEntry::Url(mp4_atom::Url::default())] } },
                stbl: Stbl {
                    stsd: Stsd { codecs: vec![sample_entry(&init.config, width, height)?] },
                    stts: Stts::default(),
                    stsc: Stsc::default(),
                    stsz: Stsz { samples: StszSamples::Identical { count: 0, size: 0 } },
                    stco: Some(Stco::default()),
                    ..Default::default()
                },
                ..Default::default()
            },
        },
        ..Default::default()
    };
    let moov = Moov {
        mvhd: Mvhd { timescale: MOVIE_TIMESCALE, rate: 1.into(), volume: 1.into(), next_track_id: TRACK_ID + 1, ..Default::default() },
        mvex: Some(Mvex { mehd: None, trex: vec![Trex { track_id: TRACK_ID, default_sample_description_index: 1, ..Default::default() }] }),
        trak: vec![trak],
        ..Default::default()
    };
    let mut out = Vec::with_capacity(1024);
    ftyp.encode(&mut out).map_err(malformed)?;
    moov.encode(&mut out).map_err(malformed)?;
    Ok(out)
}

fn edge(pixels: u32) -> Result<u16, Fmp4Error> {
    u16::try_from(pixels).ok().filter(|p| *p > 0).ok_or(Fmp4Error::Form("a picture's edge is 0 or above 65,535 pixels"))
}

fn sample_entry(config: &TrackConfig, width: u16, height: u16) -> Result<Codec, Fmp4Error> {
    match config {
        TrackConfig::Video(v) => {
            let kind = FourCC::new(b"avcC");
            let avcc = Avcc::decode_atom(&Header { kind, size: Some(v.avcc.len()) }, &mut v.avcc.as_ref()).map_err(malformed)?;
            Ok(Codec::Avc1(Avc1 {
                visual: Visual { data_reference_index: 1, width, height, ..Default::default() },
                avcc,
                // BT.709 primaries, transfer and matrix (ISO/IEC 23091-2), limited range.
                colr: Some(Colr::Nclx { colour_primaries: 1, transfer_characteristics: 1, matrix_coefficients: 1, full_range_flag: false }),
                pasp: Some(Pasp { h_spacing: 1, v_spacing: 1 }),
                ..Default::default()
            }))
        }
        TrackConfig::Audio(a) => {
            let rate = u16::try_from(a.sample_rate_hz).map_err(|_| Fmp4Error::Form("a sample rate is above 65,535 Hz"))?;
            let dec_specific = esds::DecoderSpecific::decode(&mut a.asc.as_ref()).map_err(malformed)?;
            Ok(Codec::Mp4a(Mp4a {
                audio: Audio { data_reference_index: 1, channel_count: a.channels, sample_size: 16, sample_rate: rate.into() },
                esds: mp4_atom::Esds {
                    es_desc: esds::EsDescriptor {
                        es_id: 1,
                        dec_config: esds::DecoderConfig {
                            // Audio ISO/IEC 14496-3, audio stream (ISO/IEC 14496-1, tables 5 and 6).
                            object_type_indication: 0x40,
                            stream_type: 5,
                            dec_specific: Some(dec_specific),
                            ..Default::default()
                        },
                        ..Default::default()
                    },
                },
                btrt: None,
                taic: None,
            }))
        }
    }
}

/// Writes one media segment: `styp`, `moof`, `mdat`. `samples` stand in decode order; their presentation intervals must
/// follow one another; `dts` is not read.
///
/// # Errors
/// [`Fmp4Error::Gap`] when the intervals leave a gap or overlap, [`Fmp4Error::TooLarge`] or [`Fmp4Error::Form`] when the
/// segment would be one that we refuse to read.
pub fn write_segment(init: &Init, sequence: u32, samples: &[Sample]) -> Result<Vec<u8>, Fmp4Error> {
    let limit = |what, size: usize, limit: usize| Err(Fmp4Error::TooLarge { what, size: size as u64, limit: limit as u64 });
    if samples.is_empty() {
        return Err(Fmp4Error::Form("a segment has no sample"));
    }
    if samples.len() > SAMPLES_MAX {
        return limit("samples", samples.len(), SAMPLES_MAX);
    }
    let payload: usize = samples.iter().map(|s| s.data.len()).sum();
    if payload > SEGMENT_BYTES_MAX / 2 {
        return limit("media", payload, SEGMENT_BYTES_MAX / 2);
    }
    if samples.iter().any(|s| s.data.is_empty()) {
        return Err(Fmp4Error::Form("a sample is empty"));
    }
    let timeline = timeline(init, samples)?;
    let start = timeline[0].0;
    let mut moof = Moof {
        mfhd: Mfhd { sequence_number: sequence },
        traf: vec![Traf {
            tfhd: Tfhd {
                track_id: TRACK_ID,
                default_base_is_moof: true,
                default_sample_flags: Some(if samples.iter().all(|s| s.keyframe) { FLAGS_SYNC } else { FLAGS_DEPENDENT }),
                ..Default::default()
            },
            tfdt: Some(Tfdt { base_media_decode_time: u64::try_from(start).map_err(|_| Fmp4Error::Form("a sample starts before the media"))? }),
            trun: vec![Trun { data_offset: Some(0), samples: entries(init, samples, &timeline).into() }],
            ..Default::default()
        }],
    };
    let mut encoded = Vec::new();
    moof.encode(&mut encoded).map_err(malformed)?;
    // The offset from the start of the moof to the first byte of the mdat's body; its own width does not change.
    let offset = i32::try_from(encoded.len() + super::boxes::HEADER).map_err(|_| Fmp4Error::Form("the moof is too long"))?;
    moof.traf[0].trun[0].data_offset = Some(offset);

    let mut out = Vec::with_capacity(encoded.len() + payload + 64);
    Styp { major_brand: FourCC::new(b"msdh"), minor_version: 0, compatible_brands: vec![FourCC::new(b"msdh"), FourCC::new(b"cmfs")] }
        .encode(&mut out)
        .map_err(malformed)?;
    moof.encode(&mut out).map_err(malformed)?;
    // At most SEGMENT_BYTES_MAX, checked above.
    let mdat = u32::try_from(payload + super::boxes::HEADER).unwrap_or(u32::MAX);
    out.extend_from_slice(&mdat.to_be_bytes());
    out.extend_from_slice(b"mdat");
    samples.iter().for_each(|s| out.extend_from_slice(&s.data));
    Ok(out)
}

/// Decode times in media time and durations, in order: the presentation intervals, checked to follow one another.
fn timeline(init: &Init, samples: &[Sample]) -> Result<Vec<(i64, u32)>, Fmp4Error> {
    let mut timeline = Vec::with_capacity(samples.len());
    for s in samples {
        if s.pts.abs() > TIME_MAX || s.duration == 0 {
            return Err(Fmp4Error::Gap { pts: s.pts });
        }
        timeline.push((s.pts + init.decode_shift(), s.duration));
    }
    timeline.sort_unstable();
    for pair in timeline.windows(2) {
        if pair[0].0 + i64::from(pair[0].1) != pair[1].0 {
            return Err(Fmp4Error::Gap { pts: pair[1].0 - init.decode_shift() });
        }
    }
    Ok(timeline)
}

fn entries(init: &Init, samples: &[Sample], timeline: &[(i64, u32)]) -> Vec<TrunEntry> {
    let mixed = samples.iter().any(|s| s.keyframe) && !samples.iter().all(|s| s.keyframe);
    let offset = |s: &Sample, dts: i64| s.pts + i64::from(init.media_start) - dts;
    let reordered = samples.iter().zip(timeline).any(|(s, t)| offset(s, t.0) != 0);
    samples
        .iter()
        .zip(timeline)
        .map(|(s, &(dts, duration))| TrunEntry {
            duration: Some(duration),
            // At most SEGMENT_BYTES_MAX, checked by the caller.
            size: u32::try_from(s.data.len()).ok(),
            flags: mixed.then_some(if s.keyframe { FLAGS_SYNC } else { FLAGS_DEPENDENT }),
            cts: reordered.then_some(offset(s, dts)),
        })
        .collect()
}
