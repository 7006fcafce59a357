//! Foreign files: odd, incomplete, hostile, or merely oddly named.

mod support;

use lectern_media::make::source::Source;
use lectern_media::picture::{Matrix, Range};
use lectern_proto::manifest::TrackKind;
use lectern_proto::rung::PictureSize;
use std::path::Path;
use support::{Folder, Prepared, Worker, beeps, check_stamps, check_stamps_within, prepare, prepare_arguments, prepare_fails, sample};

const LOW: [&str; 1] = ["144p=256x144 200k"];
const LOW_KEY: &str = "video-256x144-200000";

fn size(prepared: &Prepared) -> PictureSize {
    let TrackKind::Video { size, .. } = prepared.track.kind else { panic!("not a video track") };
    size
}

/// Mean luma, blue and red difference of the middle of the first picture.
fn middle(prepared: &Prepared) -> [i32; 3] {
    let seen = prepared.pictures(|p| {
        assert_eq!((p.matrix(), p.range()), (Matrix::Bt709, Range::Limited));
        p.planes().map(|plane| i32::from(plane.data[plane.height / 2 * plane.stride + plane.width / 2]))
    });
    seen[0].1
}

#[test]
fn vp9_in_webm_with_odd_edges() {
    let folder = Folder::new();
    let source = folder.made(
        "odd.webm",
        "-f lavfi -i testsrc=size=201x113:rate=25:duration=3 -f lavfi -i sine=duration=3 -pix_fmt yuv420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus",
    );
    prepare(&source, &folder.out(), &LOW);
    let track = Prepared::open(&folder.out(), LOW_KEY);
    assert_eq!(size(&track), PictureSize { width: 202, height: 114 });
    assert_eq!(track.stamps().len(), 75);
    assert_eq!(Prepared::open(&folder.out(), "audio-0").sound().len() / 4800, 30);
}

#[test]
fn turned_pictures_stand_upright() {
    let folder = Folder::new();
    let flat = folder
        .made("flat.mp4", "-f lavfi -i color=black:size=320x180:rate=25:duration=1,drawbox=x=160:w=160:h=180:color=white:t=fill -c:v libx264 -pix_fmt yuv420p");
    for (degrees, want) in [("90", (180, 320)), ("270", (180, 320)), ("180", (320, 180))] {
        let source = folder.path(&format!("turned{degrees}.mp4"));
        let tag = format!("rotate={degrees}");
        support::ffmpeg(&["-i".as_ref(), flat.as_os_str(), "-c".as_ref(), "copy".as_ref(), "-metadata:s:v".as_ref(), tag.as_ref(), source.as_os_str()]);
        let out = folder.path(degrees);
        prepare(&source, &out, &["r=320x320 300k"]);
        let track = Prepared::open(&out, "video-320x320-300000");
        assert_eq!(size(&track), PictureSize { width: want.0, height: want.1 }, "{degrees}");
        // FFmpeg's own player turns the picture when it decodes it.
        let raw = folder.path(&format!("turned{degrees}.raw"));
        support::ffmpeg(&[
            "-i".as_ref(),
            source.as_os_str(),
            "-frames:v".as_ref(),
            "1".as_ref(),
            "-pix_fmt".as_ref(),
            "gray".as_ref(),
            "-f".as_ref(),
            "rawvideo".as_ref(),
            raw.as_os_str(),
        ]);
        let theirs = std::fs::read(raw).expect("reads");
        let ours = &track.pictures(|p| {
            let luma = p.planes()[0];
            luma.data.chunks(luma.stride).take(luma.height).flat_map(|r| r[..luma.width].to_vec()).collect::<Vec<_>>()
        })[0]
            .1;
        assert_eq!(ours.len(), theirs.len());
        let differ = ours.iter().zip(&theirs).filter(|(a, b)| (**a < 128) != (**b < 128)).count();
        assert!(differ < ours.len() / 50, "{degrees}: {differ} pixels differ");
    }
}

#[test]
fn anamorphic_pictures_become_square() {
    let folder = Folder::new();
    let source = folder.made("dvd.mpg", "-f lavfi -i testsrc2=size=720x576:rate=25:duration=1 -vf setsar=64/45 -c:v mpeg2video -b:v 2M");
    prepare(&source, &folder.out(), &["r=1280x720 1M"]);
    assert_eq!(size(&Prepared::open(&folder.out(), "video-1280x720-1000000")), PictureSize { width: 1024, height: 576 });
}

#[test]
fn colours_are_those_of_one_matrix() {
    let folder = Folder::new();
    // Red of small (BT.601) and large (BT.709) pictures, of full range and of RGB, is 63, 102, 240 in BT.709 limited.
    for (name, arguments) in [
        ("sd.mp4", "-f lavfi -i color=red:size=320x240:rate=25:duration=0.4 -vf scale=out_color_matrix=bt601 -pix_fmt yuv420p -c:v libx264"),
        (
            "tagged.mp4",
            "-f lavfi -i color=red:size=320x240:rate=25:duration=0.4 -vf scale=out_color_matrix=bt709 -colorspace bt709 -pix_fmt yuv420p -c:v libx264",
        ),
        ("full.mkv", "-f lavfi -i color=red:size=320x240:rate=25:duration=0.4 -vf scale=out_color_matrix=bt601:out_range=full -pix_fmt yuvj420p -c:v mjpeg"),
        ("rgb.mkv", "-f lavfi -i color=red:size=320x240:rate=25:duration=0.4 -pix_fmt rgb24 -c:v ffv1"),
        (
            "ten.mkv",
            "-f lavfi -i color=red:size=320x240:rate=25:duration=0.4 -vf scale=out_color_matrix=bt709 -colorspace bt709 -pix_fmt yuv422p10 -c:v libx264",
        ),
    ] {
        let source = folder.made(name, arguments);
        let out = folder.path(&format!("{name}.out"));
        prepare(&source, &out, &LOW);
        let got = middle(&Prepared::open(&out, LOW_KEY));
        assert!(got.iter().zip([63, 102, 240]).all(|(g, w)| (g - w).abs() <= 4), "{name}: {got:?}");
    }
}

#[test]
fn sound_alone_and_pictures_alone() {
    let folder = Folder::new();
    let sound = folder.made("mono.mp3", "-f lavfi -i sine=frequency=500:sample_rate=44100:duration=3 -ac 1");
    let events = prepare(&sound, &folder.path("a"), &LOW);
    assert!(events[0]["width"].is_null() && events[0]["audio"][0]["channels"] == 1);
    assert!(!folder.path("a/tracks").join(format!("{LOW_KEY}.json")).exists());
    let samples = Prepared::open(&folder.path("a"), "audio-0").sound();
    let crossings = samples[48_000..96_000].windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count();
    assert!((499..=501).contains(&crossings), "{crossings} Hz");

    let pictures = folder.made("silent.mp4", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -c:v libx264");
    let events = prepare(&pictures, &folder.path("v"), &LOW);
    assert_eq!(events.iter().filter(|e| e["event"] == "track").count(), 1);
}

#[test]
fn sound_alone_shows_its_cover() {
    let folder = Folder::new();
    let cover = folder.made("cover.png", "-f lavfi -i color=red:size=900x600 -frames:v 1");
    let sound = folder.made("sound.wav", "-f lavfi -i sine=duration=2");
    for name in ["song.mp3", "song.m4a", "song.flac"] {
        let source = folder.path(name);
        support::ffmpeg(&[
            "-i".as_ref(),
            sound.as_os_str(),
            "-i".as_ref(),
            cover.as_os_str(),
            "-map".as_ref(),
            "0".as_ref(),
            "-map".as_ref(),
            "1".as_ref(),
            "-c:v".as_ref(),
            "mjpeg".as_ref(),
            "-disposition:v".as_ref(),
            "attached_pic".as_ref(),
            source.as_os_str(),
        ]);
        let events = prepare(&source, &folder.path(&format!("{name}.out")), &LOW);
        let shown = events.iter().find(|e| e["event"] == "thumbnail").unwrap_or_else(|| panic!("{name} has no cover: {events:?}"));
        assert_eq!((shown["width"].as_u64(), shown["height"].as_u64()), (Some(640), Some(428)), "{name}");
        assert_eq!(events.iter().filter(|e| e["event"] == "track").count(), 1, "{name}: a cover is no video");
        let jpeg = support::object(&folder.path(&format!("{name}.out")), shown["chunk"].as_str().expect("a name").parse().expect("a hash"));
        let jpeg = folder.written(&format!("{name}.jpg"), &jpeg);
        let raw = folder.made(&format!("{name}.raw"), &format!("-i {} -vf crop=16:16 -pix_fmt rgb24 -f rawvideo", jpeg.display()));
        let raw = std::fs::read(raw).expect("reads");
        assert!(raw[0] > 230 && raw[1] < 30 && raw[2] < 30, "{name}: {:?}", &raw[..3]);
    }
    // A picture that is none is no cover, and no failure.
    let mut broken = std::fs::read(folder.path("song.mp3")).expect("reads");
    let at = broken.windows(3).position(|w| w == [0xFF, 0xD8, 0xFF]).expect("a JPEG");
    broken[at..at + 4000].fill(0x55);
    let broken = folder.written("broken.mp3", &broken);
    let events = prepare(&broken, &folder.path("broken.out"), &LOW);
    assert_eq!(events.iter().filter(|e| e["event"] == "track").count(), 1);
}

#[test]
fn chapters_and_names_of_sound_tracks_are_told() {
    let folder = Folder::new();
    let words = folder.written(
        "chapters.txt",
        b";FFMETADATA1\ntitle=Lesson\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Einf\xc3\xbchrung\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n\
          [CHAPTER]\nTIMEBASE=1/1000\nSTART=90000\nEND=99000\ntitle=Beyond\n",
    );
    let source = folder.made(
        "chapters.mkv",
        &format!(
            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -f lavfi -i sine=duration=2 -i {} -map 0 -map 1 -map 1 -map_metadata 2 -map_chapters 2 \
             -c:v libx264 -c:a aac -metadata:s:a:1 title=Commentary",
            words.display()
        ),
    );
    let events = prepare(&source, &folder.out(), &LOW);
    let told: Vec<_> = events[0]["chapters"].as_array().expect("chapters").iter().map(|c| (c["start_us"].as_i64(), c["title"].as_str())).collect();
    let [(Some(0), Some("Einführung")), (Some(second), Some("Two"))] = told[..] else { panic!("{told:?}") };
    // The presentation may start a packet of sound after the file's own clock.
    assert!((second - 1_000_000).abs() < 30_000, "{second}");
    let TrackKind::Audio { title, .. } = Prepared::open(&folder.out(), "audio-1").track.kind else { panic!("not sound") };
    assert_eq!(title.as_deref(), Some("Commentary"));
}

#[test]
fn several_sound_tracks_keep_order_and_language() {
    let folder = Folder::new();
    let source = folder.made(
        "two.mkv",
        "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -f lavfi -i sine=frequency=300:duration=2 -f lavfi -i sine=frequency=900:duration=2 \
         -map 0 -map 1 -map 2 -c:v libx264 -c:a aac -metadata:s:a:0 language=ger -metadata:s:a:1 language=eng",
    );
    prepare(&source, &folder.out(), &[]);
    for (key, want, hz) in [("audio-0", "ger", 300), ("audio-1", "eng", 900)] {
        let track = Prepared::open(&folder.out(), key);
        assert!(matches!(&track.track.kind, TrackKind::Audio { language, channels: 2, sample_rate_hz: 48_000, .. } if language == want));
        let crossings = track.sound()[24_000..72_000].windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count();
        assert!(crossings.abs_diff(hz) <= 1, "{key}: {crossings} Hz");
    }
}

#[test]
fn variable_frame_rate_and_offsets_are_kept() {
    let folder = Folder::new();
    // Of 25 frames a second only some are left, at their own times; the sound starts half a second late.
    let source = folder.made(
        "vfr.mkv",
        "-f lavfi -i testsrc2=size=320x180:rate=25:duration=6 -itsoffset 0.5 -f lavfi -i sine=frequency=1000:duration=4 -vf select='not(mod(n\\,7))+not(mod(n\\,10))' -vsync vfr -c:v libx264 -c:a pcm_s16le",
    );
    prepare(&source, &folder.out(), &LOW);
    let times: Vec<_> = Prepared::open(&folder.out(), LOW_KEY).pictures(|_| ()).into_iter().map(|(t, ())| t / 1000).collect();
    let want: Vec<_> = (0..150).filter(|n| n % 7 == 0 || n % 10 == 0).map(|n| n * 40).collect();
    assert_eq!(times, want);
    let sound = Prepared::open(&folder.out(), "audio-0").sound();
    let loud = sound.iter().position(|s| s.abs() > 0.05).expect("a tone") as f64 / 48_000.0;
    assert!((loud - 0.5).abs() < 0.005, "{loud}");
}

#[test]
fn what_is_no_video_says_why() {
    let folder = Folder::new();
    let mut noise = vec![0u8; 200_000];
    let mut state = 12_345u32;
    for byte in &mut noise {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    let whole = folder.made("whole.mp4", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -c:v libx264");
    let whole = std::fs::read(whole).expect("reads");
    for (name, bytes, want) in [
        ("empty.mp4", &b""[..], "empty"),
        ("noise.mp4", &noise, "unreadable"),
        ("notes.mp4", "Not a video, only notes.\n".repeat(500).as_bytes(), "unreadable"),
        ("cut.mp4", &whole[..whole.len() / 2], "truncated"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "unreadable"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile whole.mp4\n", "unreadable"),
        ("session.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n", "unreadable"),
    ] {
        let source = folder.written(name, bytes);
        let (kind, reason) = prepare_fails(&source, &folder.path(&format!("{name}.out")));
        assert_eq!(kind, want, "{name}: {reason}");
        assert!(reason.ends_with('.') && reason.len() > 20, "{name}: {reason}");
    }
    let (kind, _) = prepare_fails(&folder.path("absent.mp4"), &folder.path("absent.out"));
    assert_eq!(kind, "io");
    let (kind, _) = prepare_fails(folder.dir.path(), &folder.path("folder.out"));
    assert_eq!(kind, "unreadable");
}

#[test]
fn a_file_without_media_or_time_says_so() {
    let folder = Folder::new();
    let words = folder.written("words.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n\n");
    let subtitles = folder.path("words.mkv");
    support::ffmpeg(&["-i".as_ref(), words.as_os_str(), subtitles.as_os_str()]);
    assert_eq!(prepare_fails(&subtitles, &folder.path("no")).0, "no_media");
    let nothing = folder.made("nothing.wav", "-f lavfi -i anullsrc -t 0 -c:a pcm_s16le");
    assert_eq!(prepare_fails(&nothing, &folder.path("zero")).0, "zero_duration");
}

#[test]
fn an_incomplete_file_is_prepared_as_far_as_it_goes() {
    let folder = Folder::new();
    let lesson = folder.path("lesson.mp4");
    sample(&lesson, 6, "320x180");
    for name in ["half.mkv", "half.ts"] {
        let whole = folder.path(&format!("whole-{name}"));
        support::ffmpeg(&["-i".as_ref(), lesson.as_os_str(), "-c".as_ref(), "copy".as_ref(), whole.as_os_str()]);
        let bytes = std::fs::read(&whole).expect("reads");
        let source = folder.written(name, &bytes[..bytes.len() * 6 / 10]);
        let out = folder.path(&format!("{name}.out"));
        prepare(&source, &out, &LOW);
        let stamps = Prepared::open(&out, LOW_KEY).stamps();
        assert!(stamps.len() > 80 && stamps.len() < 150, "{name}: {}", stamps.len());
        let good = stamps.iter().enumerate().filter(|(i, (_, n))| *n == Some(*i as u32)).count();
        assert!(good + 10 >= stamps.len(), "{name}: {good} of {}", stamps.len());
    }
}

#[test]
fn sound_and_pictures_stay_together_through_other_containers() {
    let folder = Folder::new();
    let lesson = folder.path("lesson.mp4");
    sample(&lesson, 4, "320x180");
    for name in ["copy.ts", "copy.mkv", "copy.avi", "copy.flv"] {
        let source = folder.path(name);
        let sound = if name.ends_with("avi") { "pcm_s16le" } else { "copy" };
        let video = if name.ends_with("avi") { "mpeg4" } else { "copy" };
        support::ffmpeg(&[
            "-i".as_ref(),
            lesson.as_os_str(),
            "-c:v".as_ref(),
            video.as_ref(),
            "-q:v".as_ref(),
            "3".as_ref(),
            "-c:a".as_ref(),
            sound.as_ref(),
            source.as_os_str(),
        ]);
        let out = folder.path(&format!("{name}.out"));
        prepare(&source, &out, &LOW);
        let track = Prepared::open(&out, LOW_KEY);
        // These containers count in milliseconds.
        let coarse = if name.ends_with("mkv") || name.ends_with("flv") { 600 } else { 12 };
        check_stamps_within(&track, 30, 4, coarse);
        let found = beeps(&Prepared::open(&out, "audio-0").sound());
        assert_eq!(found.len(), 4, "{name}: {found:?}");
        for (i, at) in found.iter().enumerate() {
            // Within a frame of the container's own rounding.
            assert!((at - i as f64).abs() < 0.015, "{name}: beep {i} at {at}");
        }
    }
}

#[test]
fn names_are_only_names() {
    let folder = Folder::new();
    let lesson = folder.path("lesson.mp4");
    sample(&lesson, 1, "256x144");
    for (i, name) in [
        "-leading dash.mp4",
        "spaces and 'quotes' \"double\".mp4",
        "Vorlesung äöü 日本語 🎓.mp4",
        "new\nline.mp4",
        "100% %03d.mp4",
        "a:b.mp4",
        "http:x.mp4",
        "pipe:1",
        "--help.mp4",
    ]
    .iter()
    .enumerate()
    {
        let source = folder.path(name);
        std::fs::copy(&lesson, &source).expect("copies");
        let out = folder.path(&format!("out {i} \n'%d'"));
        prepare(&source, &out, &LOW);
        check_stamps(&Prepared::open(&out, LOW_KEY), 30, 1);
        // And as a name alone, from inside the folder.
        let mut arguments = prepare_arguments(Path::new(name), &out, &[]);
        let at = arguments.iter().position(|a| a == "--source").expect("there");
        let mut joined = std::ffi::OsString::from("--source=");
        joined.push(name);
        arguments.splice(at..at + 2, [joined]);
        let (events, code) = Worker::start_in(folder.dir.path(), arguments).finish();
        assert_eq!(code, Some(0), "{name}: {events:?}");
    }
}

#[test]
fn probing_needs_no_output_folder() {
    let folder = Folder::new();
    let lesson = folder.path("lesson.mp4");
    sample(&lesson, 1, "256x144");
    let source = Source::open(&lesson).expect("opens");
    let (events, code) = Worker::start(["probe".as_ref(), lesson.as_os_str()]).finish();
    assert_eq!((code, events.len()), (Some(0), 1));
    assert_eq!(events[0]["duration_us"].as_u64(), Some(source.description().duration_us));
    assert_eq!((events[0]["width"].as_u64(), events[0]["height"].as_u64()), (Some(256), Some(144)));
}
