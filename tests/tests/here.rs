//! What a client starts on its own computer, with the real programs: `lectern play FILE`, and a class that is held here. Both end with
//! the window, however that ends, and leave nothing behind.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lectern::class::{Class, JoinRequest};
use lectern::connect::introduce::{Introduction, introduce};
use lectern_proto::address::ServerAddress;
use lectern_proto::quality::Quality;
use lectern_proto::stamp;
use lectern_tests::clip;
use lectern_tests::desk::{Area, Desk, Window};
use lectern_tests::playback::{first, open, options};
use lectern_tests::stack::{bin, signal, text, turn, wait_until};

/// Between the header and the status line of a window of 1280x800, across all of it: no rail and no people stand beside a file.
const PICTURE: Area = Area { x: 0, y: 50, width: 1280, height: 720 };
/// The first screen's card for a class, in such a window.
const CLASS_CARD: (u32, u32) = (200, 720);
const LIMIT: Duration = Duration::from_secs(30);

/// The number of the frame that is on the screen.
fn frame(desk: &Desk) -> Option<u32> {
    let mut camera = desk.command("ffmpeg");
    let display = camera.get_envs().find_map(|(name, value)| value.filter(|_| name == "DISPLAY")).expect("a display").to_string_lossy().into_owned();
    let Area { x, y, width, height } = PICTURE;
    camera.args(["-v", "error", "-nostdin", "-f", "x11grab", "-draw_mouse", "0", "-video_size", &format!("{width}x{height}")]);
    let output = camera.args(["-i", &format!("{display}+{x},{y}"), "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]).output().expect("ffmpeg");
    assert!(output.status.success(), "{}", text(&output));
    stamp::read(&output.stdout, width as usize, width as usize, height as usize)
}

/// A lesson that was put there long ago.
fn lesson(path: &Path, seconds: u32) {
    let drawn = path.with_extension("new");
    clip::sample(&drawn, seconds, "640x360").expect("a lesson");
    let file = std::fs::File::options().write(true).open(&drawn).expect("there");
    file.set_modified(SystemTime::now() - Duration::from_secs(3_600)).expect("dated");
    std::fs::rename(drawn, path).expect("renamed");
}

/// Programs that descend from one, with their names.
fn descendants(of: u32) -> BTreeMap<u32, String> {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let all = std::fs::read_dir("/proc").expect("proc").flatten().filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let parents: BTreeMap<u32, (u32, String)> = all
        .filter_map(|pid| {
            let stat = stat(pid)?;
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
            Some((pid, (rest.split(' ').nth(1)?.parse().ok()?, name.to_owned())))
        })
        .collect();
    let descends = |mut pid: u32| {
        while let Some((parent, _)) = parents.get(&pid).filter(|_| pid != of) {
            pid = *parent;
        }
        pid == of
    };
    parents.iter().filter(|(pid, _)| **pid != of && descends(**pid)).map(|(pid, (_, name))| (*pid, name.clone())).collect()
}

fn is_gone(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits until none of these programs is there any more.
fn assert_gone(programs: &BTreeMap<u32, String>) {
    let left = || programs.iter().filter(|(pid, _)| !is_gone(**pid)).collect::<Vec<_>>();
    assert!(wait_until(Duration::from_secs(10), || left().is_empty()), "{:?} are still there", left());
}

/// The folder of what is prepared of files that are played.
fn playing(desk: &Desk) -> PathBuf {
    desk.home().join(".cache/lectern/playing")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).map(|all| all.flatten().map(|e| e.path()).collect()).unwrap_or_default()
}

/// A window that plays a file, once a picture of it is seen; with the programs behind it.
fn play<'a>(desk: &'a Desk, file: &Path, more: &[&str]) -> (Window<'a>, BTreeMap<u32, String>) {
    let begun = Instant::now();
    let window = desk.window(&[&["play", "--window", "1280x800"], more, &["--", file.to_str().expect("UTF-8")]].concat()).expect("a window");
    println!("the window is there after {:?}", begun.elapsed());
    let seen = std::cell::Cell::new(None);
    let shot = std::env::temp_dir().join("lectern-no-picture.png");
    if !wait_until(LIMIT, || {
        seen.set(frame(desk));
        seen.get().is_some()
    }) {
        desk.screenshot(&shot).expect("a picture");
        panic!("no picture of the file; see {}", shot.display());
    }
    // The controls lie over the first seconds, so the first picture that is read is not the first.
    println!("frame {:?} is on the screen after {:?}", seen.get(), begun.elapsed());
    let programs = descendants(window.pid());
    assert!(programs.values().any(|name| name == "lectern-server"), "{programs:?}");
    assert_eq!(entries(&playing(desk)).len(), 1, "what is prepared has a folder of its own");
    (window, programs)
}

#[test]
fn a_file_plays_from_where_it_is_and_everything_goes_with_the_window() {
    let _turn = turn();
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let file = desk.home().join("-film = \"ü\" 1.mp4");
    lesson(&file, 20);
    let before = entries(desk.home());
    let (mut window, programs) = play(&desk, &file, &[]);
    // Into the last quarter, by a key of the stage.
    window.key("7").expect("a key");
    assert!(wait_until(LIMIT, || frame(&desk).is_some_and(|n| n >= 14 * 30)), "it jumps: {:?}", frame(&desk));
    window.key("ctrl+q").expect("a key");
    assert_eq!(window.ended(LIMIT).expect("ended"), Some(0));
    assert_gone(&programs);
    assert_eq!(entries(&playing(&desk)), Vec::<PathBuf>::new(), "nothing of it is kept");
    assert!(before.iter().all(|path| path.exists()), "the file stays where it is");
}

#[test]
fn a_window_that_is_killed_takes_its_server_with_it() {
    let _turn = turn();
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let file = desk.home().join("film.mp4");
    // Long enough that it is still being prepared: the media worker has to go as well.
    lesson(&file, 120);
    let (mut window, programs) = play(&desk, &file, &["--start", "60"]);
    assert!(frame(&desk).is_some_and(|n| n >= 60 * 30), "it starts where it was asked to: {:?}", frame(&desk));
    assert!(programs.values().any(|name| name == "lectern-media"), "{programs:?}");
    signal(window.pid(), libc::SIGKILL);
    assert_eq!(window.ended(LIMIT).expect("killed"), None);
    assert_gone(&programs);
    assert!(wait_until(Duration::from_secs(10), || entries(&playing(&desk)).is_empty()), "nothing of it is kept");
}

#[test]
fn what_is_missing_is_said_before_a_window_opens() {
    let dir = tempfile::tempdir().expect("a directory");
    let check = |command: &mut std::process::Command, code: i32, part: &str| {
        let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("HOME", dir.path()).output().expect("run");
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(part), "{said}");
    };
    let play = |file: &Path| {
        let mut command = std::process::Command::new(bin("lectern"));
        command.arg("play").arg(file);
        command
    };
    let file = dir.path().join("film.mp4");
    check(&mut play(&file), 1, "film.mp4 cannot be played: there is no such file. Check how it is written");
    check(&mut play(dir.path()), 1, "it is a folder. Choose one file in it.");
    std::fs::write(&file, b"x").expect("writable");
    check(play(&file).env("LECTERN_SERVER", dir.path().join("none")), 1, "Install the package lectern-server");
    check(play(&file).env("LECTERN_MEDIA", dir.path().join("none")), 1, "Install Lectern's server whole");
    // Alone in a folder, as an unpacked viewer is.
    let alone = dir.path().join("lectern");
    std::fs::copy(bin("lectern"), &alone).expect("copied");
    check(std::process::Command::new(&alone).arg("play").arg(&file).env("PATH", dir.path()), 1, "lectern-server was found neither beside this program");
    check(play(&file).args(["--window", "1x1"]), 2, "from 480x400");
    check(&mut play(&file), 1, "No window can be opened");
}

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// The class of this desk, once it answers at a port.
fn meet(runtime: &tokio::runtime::Runtime, port: u16) -> Introduction {
    assert!(wait_until(LIMIT, || TcpStream::connect(("127.0.0.1", port)).is_ok()), "nobody listens at {port}");
    runtime.block_on(introduce(ServerAddress { hosts: vec!["127.0.0.1".into()], port, room: Some("class".into()) })).expect("a server")
}

fn join(runtime: &tokio::runtime::Runtime, server: &Introduction, password: &str) -> Class {
    let request = JoinRequest { link: server.link("class"), name: "ben".into(), password: Some(password.to_owned()), account: None, store: None };
    let class = Class::join(runtime.handle(), request, Arc::new(|| {}));
    runtime.block_on(class.joined()).expect("joined");
    class
}

#[test]
fn a_class_is_started_here_joined_by_others_and_the_same_at_the_next_lesson() {
    let _turn = turn();
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let own = desk.home().join(".local/share/lectern/class");
    std::fs::create_dir_all(&own).expect("made");
    let port = free_port();
    // What a person wrote into it counts: here, that the class stays on this machine.
    let config = format!("[server]\nbind = 127.0.0.1\ncontrol_port = {port}\nvideo_port = 0\naudio_port = 0\ndiscovery = off\n");
    std::fs::write(own.join("config.ini"), &config).expect("writable");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _guard = runtime.enter();

    let mut window = desk.window(&["--name", "Ms Novak"]).expect("a window");
    window.click(CLASS_CARD.0, CLASS_CARD.1).expect("a click");
    let server = meet(&runtime, port);
    let programs = descendants(window.pid());
    let password = std::fs::read_to_string(own.join("data/identity/room-password")).expect("a password");
    let class = join(&runtime, &server, &password);
    let with_instructor = class.wait_for(|s| s.people.iter().any(|p| p.name == "Ms Novak" && p.role == lectern_proto::control::Role::Instructor));
    runtime.block_on(with_instructor).expect("the instructor is in it");

    // In the folder that nobody had to make.
    let videos = desk.home().join("Lectern");
    assert!(videos.is_dir(), "{:?}", entries(desk.home()));
    lesson(&videos.join("lesson.mp4"), 12);
    let state = runtime.block_on(class.wait_for(|s| s.videos.iter().any(|v| v.state.manifest().is_some()))).expect("a lesson");
    let player = open(&class, &state.videos[0].id.0, options(Quality::Auto, 0)).expect("opened");
    assert_eq!(first(&player).expect("a picture").stamp, Some(0));
    drop(player);

    // Somebody else is in it: the first wish to close is a question, which a second key answers by going on.
    window.key("ctrl+q").expect("a key");
    window.key("Escape").expect("a key");
    let late = join(&runtime, &server, &password);
    assert!(late.state().people.iter().any(|p| p.name == "Ms Novak" && p.connected), "it goes on: {:?}", late.state().people);
    runtime.block_on(late.left());
    runtime.block_on(class.left());
    assert!(wait_until(LIMIT, || window.key("ctrl+q").is_err() || programs.keys().all(|pid| is_gone(*pid))), "it ends");
    assert_eq!(window.ended(LIMIT).expect("ended"), Some(0));
    assert_gone(&programs);
    drop(window);

    let mut again = desk.window(&["--name", "Ms Novak"]).expect("a window");
    again.click(CLASS_CARD.0, CLASS_CARD.1).expect("a click");
    let next = meet(&runtime, port);
    assert_eq!(next.fingerprint, server.fingerprint, "the link of the last lesson is that of this one");
    join(&runtime, &next, &password);
    let programs = descendants(again.pid());
    signal(again.pid(), libc::SIGKILL);
    assert_eq!(again.ended(LIMIT).expect("killed"), None);
    assert_gone(&programs);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(std::fs::read_to_string(own.join("config.ini")).expect("there"), config);
}
