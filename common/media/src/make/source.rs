//! A foreign media file: opened without reaching any other file, and what it is.

use super::deinterlace::Fields;
use super::failure::{Failure, FailureKind};
pub use super::orientation::Rotation;
use crate::codec_config;
use ffmpeg::{Dictionary, Rational, codec, ffi, format, media};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::limits::{CHAPTERS_MAX, SOUND_TRACKS_MAX, TITLE_MAX};
use lectern_proto::manifest::Chapter;
use lectern_proto::rung::PictureSize;
use serde::{Deserialize, Serialize};
use std::ffi::{CStr, OsString};
use std::io::Read;
use std::path::Path;

/// Demuxers that read their own file and nothing else: no playlists, no concat, no image sequences, no devices.
const FORMATS: &str = "mov,matroska,avi,mpegts,mpeg,ogg,flv,wav,w64,mp3,aac,flac,asf,aiff,caf,mxf,h264,hevc,m4v,dv,amr,opus,ivf,rm,au";
/// Largest edge of a source picture; 8K is 7,680 wide.
const EDGE_MAX: u32 = 16_384;
/// Largest picture of a source: 8K and some.
const PIXELS_MAX: i64 = 8192 * 8192;
/// A sound track that starts this much before the pictures moves the start of the presentation; less is trimmed.
const EARLY_SOUND_US: i64 = 100_000;
/// Longest presentation: two days.
pub(crate) const DURATION_MAX_US: u64 = 48 * 3600 * 1_000_000;

/// What a source is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub duration_us: u64,
    /// Display size in square pixels, rotation applied; nothing without pictures.
    #[serde(flatten)]
    pub size: Option<PictureSize>,
    /// FFmpeg's name of the video codec.
    pub video_codec: Option<String>,
    pub audio: Vec<AudioProbe>,
    /// The title in the file's metadata.
    pub title: Option<String>,
    /// In order of time.
    #[serde(default)]
    pub chapters: Vec<Chapter>,
}

/// One sound track of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioProbe {
    /// Which of the sound tracks, from 0.
    pub index: usize,
    pub channels: u32,
    pub rate_hz: u32,
    /// ISO 639-2 code, or `und`.
    pub language: String,
    /// What the file calls it: `Commentary`.
    #[serde(default)]
    pub title: Option<String>,
}

/// An open file.
pub struct Source {
    pub(crate) input: format::context::Input,
    pub(crate) video: Option<VideoStream>,
    /// Indices of the sound streams.
    pub(crate) audio: Vec<usize>,
    pub(crate) probe: Probe,
    /// The attached picture that is the cover.
    pub(crate) cover: Option<usize>,
    /// Where the presentation starts, on the file's own clock.
    pub(crate) zero_us: i64,
}

/// The stream of pictures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VideoStream {
    pub(crate) index: usize,
    pub(crate) rotation: Rotation,
    /// Display size in square pixels, rotation applied.
    pub(crate) size: PictureSize,
    pub(crate) frame_rate: Rational,
    pub(crate) fields: Fields,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("probe", &self.probe).field("zero_us", &self.zero_us).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a local file and finds out what it is.
    ///
    /// # Errors
    /// [`Failure`] with a sentence for the catalogue.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        codec_config::quiet();
        check_file(path)?;
        let mut url = OsString::from("file:");
        url.push(path);
        let options: Dictionary = [("format_whitelist", FORMATS), ("protocol_whitelist", "file")].into_iter().collect();
        let input = format::input_with_dictionary(&url, options).map_err(|e| refused(path, e))?;
        let mut source = Self { video: video_stream(&input), audio: audio_streams(&input), cover: cover(&input), input, probe: Probe::empty(), zero_us: 0 };
        if source.video.is_none() && source.audio.is_empty() {
            return Err(Failure::new(FailureKind::NoMedia, "The file holds neither pictures nor sound that can be played. Export it again as MP4."));
        }
        source.zero_us = source.start();
        source.probe = source.probe()?;
        Ok(source)
    }

    /// What it is.
    #[must_use]
    pub fn description(&self) -> &Probe {
        &self.probe
    }

    /// Whether its container has an index that can be trusted for jumps.
    pub(crate) fn is_indexed(&self) -> bool {
        let name = self.input.format().name().to_owned();
        name.contains("mov") || name.contains("matroska")
    }

    /// A decoder for one of its streams.
    pub(crate) fn decoder(&self, index: usize) -> Result<codec::decoder::Opened, Failure> {
        let stream = self.input.stream(index).ok_or_else(|| Failure::internal("find a stream", index))?;
        let wrong = |e| Failure::ffmpeg("open a decoder for the file", e);
        let mut context = codec::Context::from_parameters(stream.parameters()).map_err(wrong)?;
        context.set_threading(codec::threading::Config { kind: codec::threading::Type::Frame, count: 0, ..Default::default() });
        // SAFETY: the context is ours and not open; both fields are plain values. FFmpeg needs the time base to trim encoder
        // delay, and refuses pictures above the limit.
        unsafe {
            let raw = context.as_mut_ptr();
            (*raw).pkt_timebase = stream.time_base().into();
            (*raw).max_pixels = PIXELS_MAX;
        }
        let codec = codec::decoder::find(context.id()).ok_or_else(|| wrong(ffmpeg::Error::DecoderNotFound))?;
        context.decoder().open_as(codec).map_err(wrong)
    }

    fn start(&self) -> i64 {
        let start = |i: usize| {
            let stream = self.input.stream(i)?;
            (stream.start_time() != ffi::AV_NOPTS_VALUE).then(|| rescale(stream.start_time(), stream.time_base(), 1_000_000))
        };
        let sound = self.audio.iter().filter_map(|i| start(*i)).min();
        match (self.video.and_then(|v| start(v.index)), sound) {
            (Some(v), Some(a)) if a < v.saturating_sub(EARLY_SOUND_US) => a,
            (Some(v), _) => v,
            (None, Some(a)) => a,
            (None, None) => 0,
        }
    }

    fn probe(&mut self) -> Result<Probe, Failure> {
        let duration_us = match u64::try_from(self.input.duration()) {
            Ok(us) if us > 0 => us,
            _ => self.scan_duration(),
        };
        if duration_us == 0 {
            return Err(Failure::new(FailureKind::ZeroDuration, "The file lasts no time: there is nothing to play. Export it again."));
        }
        let audio = self.audio.iter().enumerate().filter_map(|(index, i)| {
            let stream = self.input.stream(*i)?;
            let parameters = stream.parameters();
            // SAFETY: the parameters belong to the open input; the fields are plain integers.
            let (channels, rate) = unsafe { ((*parameters.as_ptr()).ch_layout.nb_channels, (*parameters.as_ptr()).sample_rate) };
            let title = metadata(&stream.metadata(), c"title").and_then(|t| clean(&t));
            let language = metadata(&stream.metadata(), c"language").filter(|l| l.len() == 3 && l.bytes().all(|b| b.is_ascii_lowercase()));
            Some(AudioProbe {
                index,
                channels: u32::try_from(channels).unwrap_or(0),
                rate_hz: u32::try_from(rate).unwrap_or(0),
                language: language.unwrap_or_else(|| "und".to_owned()),
                title,
            })
        });
        let video = self.video.and_then(|v| self.input.stream(v.index));
        Ok(Probe {
            duration_us: duration_us.min(DURATION_MAX_US),
            size: self.video.map(|v| v.size),
            video_codec: video.map(|s| format!("{:?}", s.parameters().id()).to_lowercase()),
            audio: audio.collect(),
            title: metadata(&self.input.metadata(), c"title").and_then(|t| clean(&t)),
            chapters: self.chapters(duration_us),
        })
    }

    /// The chapters by time, on the presentation's clock; what lies outside of it is left out.
    fn chapters(&self, duration_us: u64) -> Vec<Chapter> {
        let chapter = |c: ffmpeg::format::chapter::Chapter<'_>| {
            let at = rescale(c.start(), c.time_base(), 1_000_000).saturating_sub(self.zero_us);
            let start_us = u64::try_from(at.max(0)).unwrap_or(0);
            (start_us < duration_us).then(|| Chapter { start_us, title: metadata(&c.metadata(), c"title").and_then(|t| clean(&t)).unwrap_or_default() })
        };
        let mut chapters: Vec<_> = self.input.chapters().take(CHAPTERS_MAX).filter_map(chapter).collect();
        chapters.sort_by_key(|c| c.start_us);
        chapters.dedup_by_key(|c| c.start_us);
        chapters
    }

    /// The end of the last packet, for files that do not say how long they are. Leaves the file at its start.
    fn scan_duration(&mut self) -> u64 {
        let zero = self.zero_us;
        let mut end = zero;
        let mut packet = codec::packet::Packet::empty();
        while packet.read(&mut self.input).is_ok() {
            let base = self.input.stream(packet.stream()).map(|s| s.time_base());
            if let (Some(base), Some(time)) = (base, packet.pts().or_else(|| packet.dts())) {
                end = end.max(rescale(time.saturating_add(packet.duration().max(0)), base, 1_000_000));
            }
            packet = codec::packet::Packet::empty();
        }
        let _ = self.input.seek(0, ..);
        u64::try_from(end.saturating_sub(zero)).unwrap_or(0)
    }
}

impl Probe {
    fn empty() -> Self {
        Self { duration_us: 0, size: None, video_codec: None, audio: Vec::new(), title: None, chapters: Vec::new() }
    }
}

/// `value` ticks of `base` seconds in ticks of 1/`rate` seconds, rounded to the nearest.
pub(crate) fn rescale(value: i64, base: Rational, rate: i64) -> i64 {
    let scaled = i128::from(value) * i128::from(base.numerator()) * i128::from(rate);
    let den = i128::from(base.denominator()).max(1);
    i64::try_from((scaled + den / 2).div_euclid(den)).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

fn check_file(path: &Path) -> Result<(), Failure> {
    let meta = std::fs::metadata(path).map_err(|e| Failure::io("open the file", &e))?;
    if !meta.is_file() {
        return Err(Failure::new(FailureKind::Unreadable, "This is not a file. Put a video or sound file here."));
    }
    if meta.len() == 0 {
        return Err(Failure::new(FailureKind::Empty, "The file is empty. Copy it again."));
    }
    Ok(())
}

/// Why a file could not be opened, by what it looks like from outside.
fn refused(path: &Path, error: ffmpeg::Error) -> Failure {
    if let ffmpeg::Error::Other { errno } = error
        && !matches!(errno, libc::EINVAL | libc::EPERM | 0)
    {
        return Failure::ffmpeg("open the file", error);
    }
    let mut head = [0; 12];
    let mut got = 0;
    if let Ok(mut file) = std::fs::File::open(path) {
        while let Ok(n @ 1..) = file.read(&mut head[got..]) {
            got += n;
        }
    }
    let media = matches!(&head[4..8], b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free")
        || matches!(&head[..4], [0x1A, 0x45, 0xDF, 0xA3] | b"RIFF" | b"OggS" | b"fLaC" | b"FLV\x01" | [0x30, 0x26, 0xB2, 0x75]);
    if media {
        Failure::new(FailureKind::Truncated, "The file is not complete: its end, and with it the index, is missing. Copy it again, or repair the recording.")
    } else {
        Failure::new(FailureKind::Unreadable, "This is not a video or sound file that can be read. Export it as MP4 with H.264 and AAC.")
    }
}

fn video_stream(input: &format::context::Input) -> Option<VideoStream> {
    input
        .streams()
        .filter_map(|s| {
            let parameters = s.parameters();
            // A cover picture is no video.
            let cover = s.disposition().contains(format::stream::Disposition::ATTACHED_PIC);
            if parameters.medium() != media::Type::Video || cover || codec::decoder::find(parameters.id()).is_none() {
                return None;
            }
            let (width, height) = (parameters.width(), parameters.height());
            if width == 0 || height == 0 || width > EDGE_MAX || height > EDGE_MAX {
                return None;
            }
            let aspect = [s.sample_aspect_ratio(), parameters.sample_aspect_ratio()].into_iter().find(|a| a.numerator() > 0 && a.denominator() > 0);
            let width = aspect.map_or(width, |a| square(width, a));
            let rotation = Rotation::of_stream(&s);
            let size = if rotation.swaps() { PictureSize { width: height, height: width } } else { PictureSize { width, height } };
            let rates = [s.avg_frame_rate(), s.rate()];
            let sane = |r: &Rational| r.numerator() > 0 && r.denominator() > 0 && (0.1..=1000.0).contains(&f64::from(*r));
            let frame_rate = rates.into_iter().find(sane).unwrap_or(Rational(25, 1));
            Some(VideoStream { index: s.index(), rotation, size, frame_rate, fields: fields(&parameters) })
        })
        .max_by_key(|v| (u64::from(v.size.width) * u64::from(v.size.height), std::cmp::Reverse(v.index)))
}

/// What the container says about fields counts for codecs of independent pictures alone; the others flag each picture.
fn fields(parameters: &codec::ParametersRef<'_>) -> Fields {
    // SAFETY: descriptors are static inside FFmpeg; the pointer is null for unknown codecs.
    let properties = unsafe { ffi::avcodec_descriptor_get(parameters.id().into()).as_ref().map_or(0, |d| d.props) };
    Fields::of(parameters.field_order(), properties & ffi::AV_CODEC_PROP_INTRA_ONLY == 0)
}

/// The width in square pixels; ratios beyond 16 are taken for nonsense.
fn square(width: u32, aspect: Rational) -> u32 {
    let ratio = f64::from(aspect);
    if !(1.0 / 16.0..=16.0).contains(&ratio) {
        return width;
    }
    // Between 1 and 16 times EDGE_MAX.
    ((f64::from(width) * ratio).round() as u32).clamp(1, EDGE_MAX)
}

fn audio_streams(input: &format::context::Input) -> Vec<usize> {
    let sound = |s: &ffmpeg::Stream<'_>| s.parameters().medium() == media::Type::Audio && codec::decoder::find(s.parameters().id()).is_some();
    input.streams().filter(sound).map(|s| s.index()).take(SOUND_TRACKS_MAX).collect()
}

/// The first picture that is attached to the file.
fn cover(input: &format::context::Input) -> Option<usize> {
    let attached = |s: &ffmpeg::Stream<'_>| s.disposition().contains(format::stream::Disposition::ATTACHED_PIC);
    input.streams().find(|s| attached(s) && codec::decoder::find(s.parameters().id()).is_some()).map(|s| s.index())
}

/// Foreign words for a list: one line, not too long; nothing when nothing is left.
fn clean(text: &str) -> Option<String> {
    let clean: String = text.trim().chars().filter(|c| !c.is_control()).take(TITLE_MAX).collect();
    Some(clean).filter(|t| !t.is_empty())
}

/// A metadata value; foreign text, so not trusted to be UTF-8.
fn metadata(dictionary: &ffmpeg::DictionaryRef<'_>, key: &CStr) -> Option<String> {
    // SAFETY: the dictionary outlives the call, the key is terminated, and the entry's value is a terminated string owned by
    // the dictionary that is copied before it can change.
    unsafe {
        let entry = ffi::av_dict_get(dictionary.as_ptr(), key.as_ptr(), std::ptr::null(), 0);
        if entry.is_null() || (*entry).value.is_null() {
            return None;
        }
        Some(CStr::from_ptr((*entry).value).to_string_lossy().into_owned())
    }
}
