//! The labs: a message in blocks with bits that were flipped, a run of selective repeat, the same shown to the class, a file that went to
//! somebody over the network, and an exercise that five students have run.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{Stack, client_of};

use crate::hand::wait;
use crate::live::enter;

/// The entry of the rail, below Class, Watch, Podcast and Chat, and the second tab of the header.
const LABS: (u32, u32) = (36, 300);
const REPEAT_REQUEST: (u32, u32) = (310, 24);
const CLASS_RUN: (u32, u32) = (430, 24);
/// What stands at the end of the notice above the diagram, from the right.
const SHOW: (u32, u32) = (110, 86);
/// Simulation or real network, from the right.
const REAL: (u32, u32) = (200, 24);
/// The first of the class, and the button that sends.
const PARTNER: (u32, u32) = (190, 104);
const SEND: (u32, u32) = (190, 274);
const STUDENTS: [(&str, &str); 5] = [("Ana", "64"), ("Ben", "70"), ("Chen", "67"), ("Dora", "80"), ("Emil", "61")];

/// Programs of students; they end with the picture.
struct Students(Vec<Child>);

impl Drop for Students {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // They may have ended by themselves.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Students {
    fn start(&mut self, stack: &Stack, name: &str, args: &[&str]) -> Result<()> {
        let mut command = client_of(&stack.join(), name, &[&["lab"], args].concat());
        self.0.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        Ok(())
    }
}

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(size.0, size.1, false)?;
    let _window = desk.window(&[])?;
    let hand = enter(&desk, size, light, name, &stack.instructor(), "Ms Novak")?;
    hand.click(LABS.0, LABS.1)?;
    // The points of the plot are measured while it is shown.
    wait(3_000);
    hand.rest()?;
    hand.shot("60-lab-hamming")?;
    hand.click(REPEAT_REQUEST.0, REPEAT_REQUEST.1)?;
    wait(3_000);
    hand.rest()?;
    hand.shot("61-lab-repeat-request")?;
    hand.click(size.0 - SHOW.0, SHOW.1)?;
    wait(1_000);
    hand.rest()?;
    hand.shot("62-lab-shown-to-the-class")?;
    hand.click(size.0 - REAL.0, REAL.1)?;
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("receive.txt").display().to_string();
    let mut students = Students(Vec::new());
    students.start(stack, "Ben", &["arq", "receive", "--out", &out])?;
    wait(2_000);
    hand.click(PARTNER.0, PARTNER.1)?;
    hand.click(SEND.0, SEND.1)?;
    wait(2_000);
    hand.rest()?;
    hand.shot("63-lab-real-network")?;
    hand.click(CLASS_RUN.0, CLASS_RUN.1)?;
    wait(1_000);
    hand.rest()?;
    hand.shot("64-lab-class-run-exercise")?;
    drop(students);
    let mut students = Students(Vec::new());
    for (name, prediction) in STUDENTS {
        students.start(stack, name, &["class", "take", "--predict", prediction])?;
    }
    wait(2_000);
    let exercise = folder.path().join("exercise.txt");
    std::fs::write(&exercise, lectern_proto::lab::class_run::Exercise::EXAMPLES[1].1)?;
    let hand_out = client_of(&stack.instructor(), "Ms Novak", &["lab", "class", "hand-out", &exercise.display().to_string()]).output()?;
    anyhow::ensure!(hand_out.status.success(), "{}", lectern_tests::stack::text(&hand_out));
    wait(4_000);
    hand.rest()?;
    hand.shot("65-lab-class-run-board")?;
    let ended = client_of(&stack.instructor(), "Ms Novak", &["lab", "class", "end"]).output()?;
    anyhow::ensure!(ended.status.success(), "{}", lectern_tests::stack::text(&ended));
    Ok(())
}
