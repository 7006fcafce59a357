//! A class that is started at this window: the page while it starts, its strip, and the question at its end.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lectern::class::{Class, JoinRequest};
use lectern::connect::introduce::introduce;
use lectern_proto::address::ServerAddress;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{bin, wait_until};

use crate::hand::{Hand, wait};
use crate::room::Room;

/// From the foot of the window to the middle of the card that starts a class, in points.
const CARD: u32 = 68;
/// So long the server takes here, so that its page can be looked at.
const SLOW_S: u32 = 4;
/// Videos of the class, out of those of the room.
const VIDEOS: [&str; 2] = ["Fractals and recursion.mp4", "Colour bars and what they test.mp4"];

pub(crate) fn take(room: &Room, (width, height): (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(width, height, false)?;
    let own = desk.home().join(".local/share/lectern/class");
    let videos = desk.home().join("Lectern");
    for folder in [&own, &videos] {
        std::fs::create_dir_all(folder)?;
    }
    // It stays on this machine.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = format!("[server]\nbind = 127.0.0.1\ncontrol_port = {port}\nvideo_port = 0\naudio_port = 0\ndiscovery = off\n");
    std::fs::write(own.join("config.ini"), config)?;
    for video in VIDEOS {
        std::fs::copy(room.stack.videos().join(video), videos.join(video))?;
    }
    let slow = slow_server(&desk)?;
    let _window = desk.window_with(&["--name", "Ms Novak"], &[("LECTERN_SERVER", &slow), ("LECTERN_MEDIA", &bin("lectern-media"))])?;
    let hand = Hand::at(&desk, (width, height), name)?;
    if light {
        hand.lighten()?;
    }
    hand.click(width / 6, height - CARD)?;
    hand.rest()?;
    hand.shot("22-class-starting")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let class = join(&runtime, port, &own.join("data/identity/room-password"))?;
    let prepared = class.wait_for(|s| s.videos.len() == VIDEOS.len() && s.videos.iter().all(|v| v.thumbnail.is_some()));
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), prepared).await })??;
    wait(1_500);
    hand.shot("23-class-here")?;
    hand.keys(&["ctrl+q"])?;
    hand.shot("24-class-here-end")
}

/// The server behind a pause.
fn slow_server(desk: &Desk) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = desk.home().join("slow-server");
    std::fs::write(&path, format!("#!/bin/sh\nsleep {SLOW_S}\nexec '{}' \"$@\"\n", bin("lectern-server").display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// A student in the class.
fn join(runtime: &tokio::runtime::Runtime, port: u16, password: &std::path::Path) -> Result<Class> {
    let there = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    ensure!(wait_until(Duration::from_secs(30), there), "the class does not start");
    let address = ServerAddress { hosts: vec!["127.0.0.1".into()], port, room: Some("class".into()) };
    let link = runtime.block_on(introduce(address))?.link("class");
    let password = std::fs::read_to_string(password).context("the class has no password")?;
    let class = Class::join(runtime.handle(), JoinRequest { link, name: "Ana".into(), password: Some(password), account: None, store: None }, Arc::new(|| ()));
    runtime.block_on(class.joined())?;
    Ok(class)
}
