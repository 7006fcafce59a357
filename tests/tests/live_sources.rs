//! Sources of live streams, with the real programs: a document camera that says where the sheet is, a file that is seen and heard and
//! ends by itself.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use lectern_tests::clip;
use lectern_tests::stack::{Stack, client_of, turn};
use serde_json::Value;

/// The lines of JSON that a publisher prints.
fn lines(child: &mut std::process::Child) -> impl Iterator<Item = Value> + use<> {
    let output = BufReader::new(child.stdout.take().expect("its output"));
    output.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
}

#[test]
fn a_document_camera_says_where_the_sheet_is() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let film = stack.path("desk.mkv");
    let drawn = "color=c=0x604020:size=640x360:rate=10:duration=40,drawbox=x=200:y=40:w=200:h=280:color=white:t=fill";
    clip::ffmpeg(&["-f", "lavfi", "-i", drawn, "-c:v", "mjpeg", "-q:v", "2"], &film).expect("a film");
    let args = ["publish", "--camera", &film.to_string_lossy(), "--document", "--quality", "360p", "--for", "60"];
    let mut publisher = client_of(&stack.instructor(), "Ms Kim", &args).stdout(Stdio::piped()).spawn().expect("a publisher");
    let mut said = lines(&mut publisher);
    let found = said.find(|line| line["sheet"] == "found").expect("it is found");
    let corners: Vec<f64> =
        found["corners"].as_array().expect("corners").iter().flat_map(|c| [c[0].as_f64(), c[1].as_f64()]).map(|v| v.expect("a share")).collect();
    let want = [200.0 / 640.0, 40.0 / 360.0, 400.0 / 640.0, 40.0 / 360.0, 400.0 / 640.0, 320.0 / 360.0, 200.0 / 640.0, 320.0 / 360.0];
    assert!(corners.iter().zip(want).all(|(c, w)| (c - w).abs() < 0.01), "{corners:?}");
    let report = stack.client_json(&["watch", "--live", "camera", "--for", "2"]).expect("a viewer");
    assert!(report["frames"]["presented"].as_u64().is_some_and(|n| n > 5), "{report}");
    publisher.kill().expect("ends");
    publisher.wait().expect("ends");
}

#[test]
fn a_file_is_seen_and_heard_live_and_ends_by_itself() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let file = stack.path("film.mp4");
    clip::sample(&file, 12, "640x360").expect("the sample");
    let args = ["publish", "--file", &file.to_string_lossy(), "--quality", "360p"];
    let mut publisher = client_of(&stack.instructor(), "Ms Kim", &args).stdout(Stdio::piped()).spawn().expect("a publisher");
    assert_eq!(lines(&mut publisher).next().expect("it is live")["live"], "file");
    let report = stack.client_json(&["watch", "--live", "file", "--for", "4"]).expect("a viewer");
    assert!(report["frames"]["presented"].as_u64().is_some_and(|n| n > 60), "{report}");
    println!("a file, live: {report}");
    assert!(publisher.wait().expect("ends").success());
}
