//! The join board before a telephone: what its code says is read from the screen by a scanner that knows nothing of Lectern.

use std::time::Duration;

use lectern_tests::desk::Desk;
use lectern_tests::stack::{Stack, wait_until};

/// Where the instructor's button for the board lies in a window of 1280x800.
const BOARD: (u32, u32) = (36, 706);
/// Title of the projector's window.
const TITLE: &str = "^Lectern: join$";
const SOON: Duration = Duration::from_secs(30);

/// Waits until the screen shows these codes and no other.
fn shows(desk: &Desk, want: &[&str]) {
    let mut seen = Vec::new();
    let there = wait_until(SOON, || {
        seen = desk.codes().expect("a scanner");
        seen == want
    });
    if !there {
        let shot = std::env::temp_dir().join("lectern-no-code.png");
        desk.screenshot(&shot).expect("a picture");
        panic!("the codes on the screen are {seen:?}, not {want:?}; see {}", shot.display());
    }
}

#[test]
fn a_telephone_reads_the_join_link_from_the_projector_and_never_the_key() {
    let stack = Stack::start(&[]).expect("a server");
    let desk = Desk::new(1280, 800, false).expect("a desk");
    let window = desk.window(&["--join", &stack.instructor(), "--name", "Ms Novak"]).expect("a window");
    let join = stack.join();
    assert!(!join.contains("key=") && stack.instructor().contains("key="), "{join}");

    assert!(wait_until(SOON, || stack.log().contains("entered")), "nobody joins");
    // The button may be drawn a moment later: then the click goes nowhere, and another one follows.
    let opened = || {
        window.click(BOARD.0, BOARD.1).expect("a click");
        wait_until(Duration::from_secs(8), || !desk.codes().expect("a scanner").is_empty())
    };
    assert!(wait_until(SOON, opened), "no code appears");
    shows(&desk, &[&join]);
    // Half as large. The code of before would reach below the window's edge, so it is the board's own small one that is read.
    window.resize(TITLE, 640, 400).expect("resized");
    shows(&desk, &[&join]);
}
