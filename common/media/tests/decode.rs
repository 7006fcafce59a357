//! The player's decoders on prepared tracks, by each engine: every frame of every rung, exact seeks, sound after a seek, damage.

mod support;

use lectern_media::audio_decoder::{AudioDecoder, CHANNELS, SAMPLE_RATE_HZ};
use lectern_media::engine::Engine;
use lectern_media::picture::Picture;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::fmp4::{Sample, TrackConfig, VideoConfig};
use lectern_proto::stamp;
use std::path::PathBuf;
use support::{Prepared, make_source, prepare, sample};

const KEY: &str = "video-320x180-400000";
const RUNG: [&str; 1] = ["r=320x180 400k"];

struct Lesson {
    _dir: tempfile::TempDir,
    out: PathBuf,
}

impl Lesson {
    fn new(seconds: u32) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
        sample(&source, seconds, "320x180");
        prepare(&source, &out, &RUNG);
        Self { _dir: dir, out }
    }
}

fn config(track: &Prepared) -> &VideoConfig {
    let TrackConfig::Video(config) = &track.init.config else { panic!("not a video track") };
    config
}

fn number(picture: &Picture) -> Option<u32> {
    let [luma, ..] = picture.planes();
    stamp::read(luma.data, luma.stride, luma.width, luma.height)
}

fn feed(decoder: &mut VideoDecoder, track: &Prepared, sample: &Sample) -> Result<(), lectern_media::video_decoder::DecodeError> {
    decoder.decode(sample, track.init.pts_us(sample), track.init.duration_us(sample))
}

/// The first pictures after a seek into a segment.
fn seek(decoder: &mut VideoDecoder, track: &Prepared, segment: &[Sample], target_us: i64) -> Vec<Picture> {
    decoder.reset();
    decoder.skip_until(target_us);
    let mut pictures = Vec::new();
    for sample in segment {
        feed(decoder, track, sample).expect("decodes");
        pictures.extend(std::iter::from_fn(|| decoder.next_picture().expect("decodes")));
    }
    decoder.drain().expect("drains");
    pictures.extend(std::iter::from_fn(|| decoder.next_picture().expect("decodes")));
    pictures
}

#[test]
fn a_seek_gives_exactly_the_frame_asked_for() {
    let lesson = Lesson::new(4);
    let track = Prepared::open(&lesson.out, KEY);
    let segments = track.segments();
    for (engine, threads) in Engine::ALL.iter().flat_map(|e| [(*e, 1), (*e, 2)]) {
        let mut decoder = VideoDecoder::with(engine, config(&track), threads).expect("a decoder");
        for frame in 0..60i64 {
            // At its time, and just before the next one's.
            for target in [(60 + frame) * 1_000_000 / 30 + 20, (61 + frame) * 1_000_000 / 30 - 20] {
                let pictures = seek(&mut decoder, &track, &segments[1], target);
                let numbers: Vec<_> = pictures.iter().map(number).collect();
                let want: Vec<_> = (60 + frame..120).map(|n| u32::try_from(n).ok()).collect();
                assert_eq!(numbers, want, "to {target} us by {engine:?} with {threads} threads");
            }
        }
    }
}

#[test]
fn a_seek_is_exact_at_a_variable_frame_rate() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("vfr.mkv"), dir.path().join("out"));
    make_source(
        "-f lavfi -i testsrc2=size=320x180:rate=25:duration=4 -vf select='not(mod(n\\,7))+not(mod(n\\,10))+not(mod(n\\,3))' -vsync vfr -c:v libx264",
        &source,
    );
    prepare(&source, &out, &RUNG);
    let track = Prepared::open(&out, KEY);
    let times: Vec<i64> = track.pictures(|_| ()).into_iter().map(|(t, ())| t).collect();
    let segments = track.segments();
    for (engine, target) in Engine::ALL.iter().flat_map(|e| (0..2_000_000).step_by(13_000).map(|t| (*e, t))) {
        let mut decoder = VideoDecoder::with(engine, config(&track), 1).expect("a decoder");
        let want = times.iter().rev().find(|t| **t <= target).expect("one at 0");
        let pictures = seek(&mut decoder, &track, &segments[0], target);
        assert_eq!(pictures[0].pts_us, *want, "to {target} us by {engine:?}");
    }
}

#[test]
fn the_keyframe_alone_gives_its_picture() {
    let lesson = Lesson::new(4);
    let track = Prepared::open(&lesson.out, KEY);
    let segments = track.segments();
    for (engine, (i, segment)) in Engine::ALL.iter().flat_map(|e| segments.iter().enumerate().map(|s| (*e, s))) {
        let mut decoder = VideoDecoder::with(engine, config(&track), 1).expect("a decoder");
        feed(&mut decoder, &track, &segment[0]).expect("decodes");
        decoder.drain().expect("drains");
        let picture = decoder.next_picture().expect("decodes").expect("a picture");
        assert_eq!(number(&picture), u32::try_from(60 * i).ok());
    }
}

#[test]
fn damage_is_flagged_and_ends_at_the_next_keyframe() {
    let lesson = Lesson::new(6);
    let track = Prepared::open(&lesson.out, KEY);
    Engine::ALL.iter().for_each(|engine| check_damage(*engine, &track));
}

fn check_damage(engine: Engine, track: &Prepared) {
    let mut decoder = VideoDecoder::with(engine, config(track), 1).expect("a decoder");
    let mut noticed = 0;
    let mut pictures = Vec::new();
    for (s, segment) in track.segments().iter().enumerate() {
        for (i, sample) in segment.iter().enumerate() {
            let mut sample = sample.clone();
            if s == 1 && i == 10 {
                // Half of the coded picture is noise.
                let mut data = sample.data.to_vec();
                let half = data.len() / 2;
                data[half..].iter_mut().enumerate().for_each(|(n, b)| *b = (n * 37 % 251) as u8);
                sample.data = data.into();
            } else if s == 1 && i == 20 {
                sample.data = vec![0xFF; 40].into();
            }
            noticed += usize::from(feed(&mut decoder, track, &sample).is_err());
            loop {
                match decoder.next_picture() {
                    Ok(Some(p)) => pictures.push(p),
                    Ok(None) => break,
                    Err(_) => noticed += 1,
                }
            }
        }
    }
    noticed += pictures.iter().filter(|p| p.corrupt).count();
    assert!(noticed > 0, "{engine:?} notices the damage");
    let last: Vec<_> = pictures.iter().filter(|p| p.pts_us >= 4_000_000).map(|p| (number(p), p.corrupt)).collect();
    assert!(last.len() >= 55);
    for (i, seen) in last.iter().enumerate() {
        assert_eq!(*seen, (u32::try_from(120 + i).ok(), false));
    }
}

#[test]
fn sound_after_a_seek_is_that_of_playing_through() {
    let lesson = Lesson::new(5);
    let track = Prepared::open(&lesson.out, "audio-0");
    let packets: Vec<_> = track.segments().into_iter().flatten().collect();
    let TrackConfig::Audio(config) = &track.init.config else { panic!("not a sound track") };
    for (engine, first) in Engine::ALL.iter().flat_map(|e| [1usize, 2, 50, 94, 95, 150].map(|f| (*e, f))) {
        let whole = track.sound_by(engine);
        let mut decoder = AudioDecoder::with(engine, config).expect("a decoder");
        decoder.reset();
        for packet in &packets[first - 1..first + 4] {
            decoder.decode(packet, track.init.pts_us(packet)).expect("decodes");
        }
        let block = decoder.next_block().expect("a block");
        assert_eq!(block.pts_us, track.init.pts_us(&packets[first]));
        let start = usize::try_from(block.pts_us * i64::from(SAMPLE_RATE_HZ) / 1_000_000 + 1).expect("positive") / 1024 * 1024;
        let worst = block.samples.iter().step_by(CHANNELS).zip(&whole[start..]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // Noise that the codec substitutes is not the same twice.
        assert!(worst < 5e-3, "{engine:?}, packet {first}: off by {worst}");
    }
}

/// FNV-1a over what is shown, so that pictures of two engines can be compared.
fn digest(picture: &Picture) -> u64 {
    let rows = picture.planes().into_iter().flat_map(|p| (0..p.height).map(move |y| &p.data[y * p.stride..y * p.stride + p.width]));
    rows.flatten().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01B3))
}

#[test]
fn every_engine_shows_every_frame_of_every_rung_and_the_same_ones() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("lesson.mp4"), dir.path().join("out"));
    sample(&source, 2, "2560x1440");
    prepare(&source, &out, &["1440p=2560x1440 8000k", "720p=1280x720 2500k", "360p=640x360 800k", "144p=256x144 200k"]);
    for key in ["video-2560x1440-8000000", "video-1280x720-2500000", "video-640x360-800000", "video-256x144-200000"] {
        let track = Prepared::open(&out, key);
        let by = |engine: Engine| track.pictures_by(engine, |p| (number(p), p.size(), p.matrix(), p.range(), digest(p)));
        let first = by(Engine::ALL[0]);
        assert_eq!(first.iter().map(|(_, p)| p.0).collect::<Vec<_>>(), (0..60).map(Some).collect::<Vec<_>>(), "{key}");
        for engine in &Engine::ALL[1..] {
            assert_eq!(by(*engine), first, "{key} by {engine:?}");
        }
    }
}

#[test]
fn engines_agree_on_moving_noise_where_pictures_refer_both_ways() {
    let dir = tempfile::tempdir().expect("a folder");
    let (source, out) = (dir.path().join("noise.mkv"), dir.path().join("out"));
    // Rotation and noise make the encoder use every partition, direct prediction and weights.
    make_source("-f lavfi -i testsrc2=size=320x180:rate=30:duration=6,noise=alls=8:allf=t,rotate=a=t*0.2,fade=t=in:d=3 -pix_fmt yuv420p -c:v ffv1", &source);
    prepare(&source, &out, &RUNG);
    let track = Prepared::open(&out, KEY);
    let first = track.pictures_by(Engine::ALL[0], digest);
    assert_eq!(first.len(), 180);
    assert!(
        track.segments().iter().flatten().any(|s| s.pts < s.dts + i64::from(s.duration)),
        "some are shown as soon as they are decoded: others were decoded early"
    );
    for engine in &Engine::ALL[1..] {
        assert_eq!(track.pictures_by(*engine, digest), first, "{engine:?}");
    }
}

#[test]
fn engines_agree_on_sound() {
    let lesson = Lesson::new(4);
    let track = Prepared::open(&lesson.out, "audio-0");
    let first = track.sound_by(Engine::ALL[0]);
    let beeps = support::beeps(&first);
    assert!(!beeps.is_empty());
    for engine in &Engine::ALL[1..] {
        let other = track.sound_by(*engine);
        assert_eq!(other.len(), first.len(), "{engine:?}");
        assert_eq!(support::beeps(&other), beeps, "{engine:?}");
        let worst = first.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // Noise that the codec substitutes is not the same twice.
        assert!(worst < 5e-3, "{engine:?}: off by {worst}");
    }
}
