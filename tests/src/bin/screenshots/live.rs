//! Live: the instructor's Class view, what runs above the catalogue, the stage of a student with its statistics, and podcasts.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use anyhow::Result;
use lectern_tests::clip;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{PASSWORD, Stack, client_of};

use crate::hand::{Hand, wait};

/// The entries of the rail, in points: Class is there for who may show something.
const CLASS: (u32, u32) = (36, 74);
const WATCH: (u32, u32) = (36, 130);
const PODCAST: (u32, u32) = (36, 186);

/// Ended with the tour.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(stack: &Stack, name: &str, args: &[&str]) -> Result<Program> {
    let mut command = client_of(&stack.instructor(), name, args);
    Ok(Program(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
}

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    {
        let desk = Desk::new(size.0, size.1, false)?;
        let _window = desk.window(&[])?;
        let hand = enter(&desk, size, light, name, &stack.instructor(), "Ms Novak")?;
        hand.click(CLASS.0, CLASS.1)?;
        hand.rest()?;
        wait(4_000);
        hand.shot("25-class")?;
        hand.click(WATCH.0, WATCH.1)?;
        let tone = stack.path("talk.wav");
        clip::ffmpeg(&["-f", "lavfi", "-i", "sine=frequency=330:duration=90"], &tone)?;
        let _camera = program(stack, "Mr Lee", &["publish", "--pattern", "--sound"])?;
        let _podcast = program(stack, "Mr Lee", &["podcast", "start", "--file", &tone.to_string_lossy()])?;
        wait(4_000);
        hand.rest()?;
        hand.shot("26-live-row")?;
        hand.click(PODCAST.0, PODCAST.1)?;
        wait(1_500);
        hand.rest()?;
        hand.shot("27-podcast")?;
    }
    let desk = Desk::new(size.0, size.1, false)?;
    let _camera = program(stack, "Ms Novak", &["publish", "--pattern", "--sound"])?;
    wait(2_000);
    let _window = desk.window(&[])?;
    let hand = enter(&desk, size, light, name, &stack.join(), "Ana")?;
    wait(3_000);
    hand.rest()?;
    hand.shot("28-live-stage")?;
    hand.keys(&["i"])?;
    wait(3_000);
    hand.shot("29-live-statistics")
}

/// Through the first screen into the class.
pub(crate) fn enter<'a>(desk: &'a Desk, size: (u32, u32), light: bool, name: &'a dyn Fn(&str) -> PathBuf, link: &str, who: &str) -> Result<Hand<'a>> {
    let hand = Hand::at(desk, size, name)?;
    if light {
        hand.lighten()?;
    }
    hand.click(size.0 / 4, 208)?;
    hand.write(link)?;
    hand.keys(&["Tab"])?;
    hand.write(who)?;
    // An instructor's link asks for no password.
    if !link.contains("?key=") {
        hand.keys(&["Tab"])?;
        hand.write(PASSWORD)?;
    }
    hand.keys(&["Return"])?;
    wait(2_500);
    Ok(hand)
}
