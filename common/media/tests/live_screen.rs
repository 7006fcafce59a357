//! The screen out of the real worker: a virtual X server with something to look at.

#![cfg(target_os = "linux")]

#[path = "support/live.rs"]
mod live;

use lectern_media::picture::Picture;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::live::pipe::{Command, News};
use live::{Live, Unit, decode, decoder};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{self, CreateGCAux, CreateWindowAux, Rectangle, WindowClass};
use x11rb::rust_connection::RustConnection;

/// A virtual screen of 640x360, and a window over all of it.
struct Screen {
    server: Child,
    display: String,
    connection: RustConnection,
    window: u32,
}

impl Screen {
    fn start() -> Self {
        let mut command = std::process::Command::new("Xvfb");
        // It chooses a free number and says it when it can be reached.
        let arguments = ["-displayfd", "1", "-screen", "0", "640x360x24", "-nolisten", "tcp"];
        let mut server = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Xvfb is installed; run `make deps-test`");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut number).expect("a number");
        let display = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&display)).expect("the server is there");
        let (root, visual) = (connection.setup().roots[screen].root, connection.setup().roots[screen].root_visual);
        let window = connection.generate_id().expect("an id");
        let look = CreateWindowAux::new().background_pixel(0).override_redirect(1);
        xproto::create_window(&connection, 24, window, root, 0, 0, 640, 360, 0, WindowClass::INPUT_OUTPUT, visual, &look).expect("a window");
        xproto::map_window(&connection, window).expect("shown");
        let screen = Self { server, display, connection, window };
        screen.fill(0, 0, 640, 360, 0);
        screen
    }

    fn fill(&self, x: i16, y: i16, width: u16, height: u16, colour: u32) {
        let pen = self.connection.generate_id().expect("an id");
        xproto::create_gc(&self.connection, pen, self.window, &CreateGCAux::new().foreground(colour)).expect("a pen");
        xproto::poly_fill_rectangle(&self.connection, self.window, pen, &[Rectangle { x, y, width, height }]).expect("drawn");
        xproto::free_gc(&self.connection, pen).expect("given back");
        self.sync();
    }

    fn point_at(&self, x: i16, y: i16) {
        xproto::warp_pointer(&self.connection, x11rb::NONE, self.window, 0, 0, 0, 0, x, y).expect("moved");
        self.sync();
    }

    fn sync(&self) {
        xproto::get_input_focus(&self.connection).expect("asked").reply().expect("answered");
    }

    fn send(&self, more: &[&str]) -> (Live, VideoDecoder) {
        let arguments = ["--screen", "--width", "640", "--height", "360", "--fps", "30"];
        let mut live = Live::start_with(arguments.iter().chain(more), &[("DISPLAY", &self.display)]);
        let form = live.news(|news| match news {
            News::Form { video, .. } => video.clone(),
            _ => None,
        });
        let decoder = decoder(&form);
        (live, decoder)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn luma(picture: &Picture, x: usize, y: usize) -> u8 {
    let [plane, ..] = picture.planes();
    plane.data[y * plane.stride + x]
}

/// Pictures until one is as wanted.
fn until(live: &mut Live, decoder: &mut VideoDecoder, wanted: impl Fn(&Picture) -> bool) -> (Unit, Picture) {
    loop {
        let unit = live.unit(0);
        let picture = decode(decoder, &unit);
        if wanted(&picture) {
            return (unit, picture);
        }
    }
}

#[test]
fn what_is_drawn_is_seen_and_a_still_screen_costs_little() {
    let screen = Screen::start();
    let (mut live, mut decoder) = screen.send(&[]);
    until(&mut live, &mut decoder, |p| luma(p, 300, 200) < 20);
    screen.fill(200, 100, 200, 150, 0x00FF_FFFF);
    let (_, picture) = until(&mut live, &mut decoder, |p| luma(p, 300, 200) > 225);
    // White and black of limited range.
    assert!((230..=236).contains(&luma(&picture, 300, 200)) && (15..=20).contains(&luma(&picture, 20, 20)));
    // Nothing changes: after it has settled, two pictures a second instead of thirty.
    let mut last = live.unit(0);
    let mut rest = Vec::new();
    while rest.len() < 4 {
        let unit = live.unit(0);
        rest.extend((unit.capture_us - last.capture_us > 300_000).then_some(unit.capture_us));
        last = unit;
    }
    assert!(rest.windows(2).all(|w| w[1] - w[0] < 1_500_000), "but it stays alive: {rest:?}");
    // An ordered keyframe does not wait for a change.
    let ordered = live.now_us();
    live.order(Command::Keyframe);
    let key = std::iter::from_fn(|| Some(live.unit(0))).find(|u| u.keyframe && u.capture_us > ordered).expect("a keyframe");
    let picture = decode(&mut decoder, &key);
    assert!(luma(&picture, 300, 200) > 225);
}

#[test]
fn a_region_is_cut_out_and_the_pointer_is_drawn_if_wished() {
    let screen = Screen::start();
    screen.point_at(400, 40);
    screen.fill(320, 180, 100, 100, 0x00FF_FFFF);
    let (mut live, mut decoder) = screen.send(&["--region", "320,180,320,180", "--cursor"]);
    let (_, picture) = until(&mut live, &mut decoder, |p| luma(p, 50, 50) > 225);
    assert_eq!((picture.size().width, picture.size().height), (320, 180));
    assert!(luma(&picture, 150, 50) < 25, "black beside the white");
    // The pointer in the middle of the black: something light or dark that was not there.
    let before: Vec<u8> = (190..230).map(|x| luma(&picture, x, 105)).collect();
    screen.point_at(320 + 200, 180 + 100);
    screen.fill(320 + 180, 180 + 80, 60, 60, 0x0080_8080);
    let spread = |p: &Picture| {
        let all: Vec<u8> = (185..235).flat_map(|x| (85..135).map(move |y| (x, y))).map(|(x, y)| luma(p, x, y)).collect();
        all.iter().max().expect("some") - all.iter().min().expect("some")
    };
    let (_, shown) = until(&mut live, &mut decoder, |p| luma(p, 182, 82) > 100 && spread(p) > 60);
    assert!(before.iter().all(|p| *p < 30) && spread(&shown) > 60);
}

#[test]
fn a_screen_that_is_gone_is_told_and_shown_as_a_slate() {
    let mut screen = Screen::start();
    let (mut live, _) = screen.send(&[]);
    live.unit(0);
    screen.server.kill().expect("kills");
    let why = live.news(|news| match news {
        News::Trouble { why, .. } => why.clone(),
        _ => None,
    });
    assert!(why.contains("screen"), "{why}");
    live.unit(0);
    live.unit(0);
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn without_an_x_server_it_says_what_to_do() {
    for (wayland, word) in [("", "DISPLAY"), ("wayland-0", "Wayland")] {
        let mut live = Live::start_with(["--screen"], &[("DISPLAY", ""), ("WAYLAND_DISPLAY", wayland)]);
        let why = live.news(|news| match news {
            News::Failed { why, .. } => Some(why.clone()),
            _ => None,
        });
        assert!(why.contains(word), "{why}");
        assert_eq!(live.end().0, Some(1));
    }
}

#[test]
fn screens_are_listed_with_their_places() {
    let screen = Screen::start();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lectern-media"));
    let done = command.args(["live", "--list"]).env("DISPLAY", &screen.display).output().expect("runs");
    let list: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let first = &list["screens"][0];
    assert_eq!((&first["x"], &first["y"], &first["width"], &first["height"]), (&0.into(), &0.into(), &640.into(), &360.into()));
    assert!(first["name"].as_str().is_some_and(|name| !name.is_empty()));
}

impl Screen {
    /// Another window, in one colour, above those that are there.
    fn window(&self, name: &str, (x, y): (i16, i16), (width, height): (u16, u16), colour: u32) -> u32 {
        let setup = self.connection.setup();
        let window = self.connection.generate_id().expect("an id");
        let look = CreateWindowAux::new().background_pixel(colour);
        let (root, visual) = (setup.roots[0].root, setup.roots[0].root_visual);
        xproto::create_window(&self.connection, 24, window, root, x, y, width, height, 0, WindowClass::INPUT_OUTPUT, visual, &look).expect("a window");
        xproto::change_property(
            &self.connection,
            xproto::PropMode::REPLACE,
            window,
            xproto::AtomEnum::WM_NAME,
            xproto::AtomEnum::STRING,
            8,
            u32::try_from(name.len()).expect("short"),
            name.as_bytes(),
        )
        .expect("named");
        xproto::map_window(&self.connection, window).expect("shown");
        self.sync();
        window
    }
}

#[test]
fn one_window_is_sent_whatever_lies_over_it() {
    let screen = Screen::start();
    let notes = screen.window("Notes of today", (100, 50), (320, 180), 0xFF_FFFF);
    screen.window("Clock", (150, 80), (100, 100), 0x20_2020);
    let (mut live, mut decoder) = screen.send(&["--window", "of TODAY"]);
    let (_, picture) = until(&mut live, &mut decoder, |p| luma(p, 4, 4) > 200);
    assert_eq!((picture.size().width, picture.size().height), (320, 180));
    assert!([(100, 80), (60, 40), (316, 176)].iter().all(|(x, y)| luma(&picture, *x, *y) > 200), "what lies over it is not in it");
    // Another size is another form; the window that is gone is told.
    let size = xproto::ConfigureWindowAux::new().width(200).height(100);
    xproto::configure_window(&screen.connection, notes, &size).expect("resized");
    screen.sync();
    let form = live.news(|news| match news {
        News::Form { video: Some(form), .. } => Some((form.width, form.height)),
        _ => None,
    });
    assert_eq!(form, (200, 100));
    xproto::destroy_window(&screen.connection, notes).expect("closed");
    screen.sync();
    let why = live.news(|news| match news {
        News::Trouble { why: Some(why), .. } => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("window"), "{why}");
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn windows_are_listed_by_number_and_title() {
    let screen = Screen::start();
    let notes = screen.window("Notes of today", (100, 50), (320, 180), 0xFF_FFFF);
    let listed =
        std::process::Command::new(env!("CARGO_BIN_EXE_lectern-media")).args(["live", "--list"]).env("DISPLAY", &screen.display).output().expect("runs");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["windows"], serde_json::json!([{ "id": format!("{notes:#x}"), "name": "Notes of today", "default": false }]));
    let (mut live, mut decoder) = screen.send(&["--window", &format!("{notes:#x}")]);
    until(&mut live, &mut decoder, |p| luma(p, 160, 90) > 200);
}
