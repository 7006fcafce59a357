//! A client in another language, written from `docs/PROTOCOL.md` alone, against a real server: proof that the document is
//! complete. Its files are then opened by FFmpeg's own programs.

use std::path::Path;
use std::process::{Command, Output};

use lectern_tests::clip;
use lectern_tests::stack::{PASSWORD, Stack, root, text};
use serde_json::Value;

/// Debian's own Python has Debian's packages; another one on the search path may not.
fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" }
}

fn good(output: Output) -> Value {
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&output)))
}

#[test]
fn a_client_written_from_the_document_gets_the_whole_video() {
    let stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.videos().join("lesson.mp4"), 6, "1280x720").expect("the sample");
    let folder = stack.path("stranger");
    std::fs::create_dir(&folder).expect("writable");
    let mut client = Command::new(python());
    client.arg(root().join("tests/stranger/stranger.py")).arg(stack.join()).arg(PASSWORD).arg(&folder);
    let seen = good(client.output().expect("python3 runs"));
    let tracks = seen["tracks"].as_array().expect("tracks");
    let rungs: Vec<_> = tracks.iter().filter_map(|t| t["kind"]["rung"].as_str()).collect();
    assert_eq!(rungs, ["144p", "360p", "720p"]);
    for track in tracks {
        let mut probe = Command::new("ffprobe");
        probe.args(["-v", "error", "-count_frames", "-of", "json", "-show_entries", "stream=codec_name,nb_read_frames,width,height,start_time"]);
        let output = probe.arg(track["file"].as_str().expect("a path")).output().expect("ffprobe runs");
        assert!(output.stderr.is_empty(), "{}", text(&output));
        let stream = good(output)["streams"][0].take();
        if track["kind"]["type"] == "video" {
            assert_eq!((&stream["codec_name"], &stream["width"], &stream["height"]), (&"h264".into(), &track["kind"]["width"], &track["kind"]["height"]));
            assert_eq!((stream["nb_read_frames"].as_str(), stream["start_time"].as_str()), (Some("180"), Some("0.000000")));
        } else {
            assert_eq!((stream["codec_name"].as_str(), track["kind"]["sample_rate_hz"].as_u64()), (Some("aac"), Some(48_000)));
        }
    }
}
