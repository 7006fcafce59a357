//! The labs: a message in blocks with bits that were flipped, and a run of selective repeat.

use std::path::PathBuf;

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::stack::Stack;

use crate::hand::wait;
use crate::live::enter;

/// The entry of the rail, below Class, Watch, Podcast and Chat, and the second tab of the header.
const LABS: (u32, u32) = (36, 300);
const REPEAT_REQUEST: (u32, u32) = (310, 24);

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
    hand.shot("61-lab-repeat-request")
}
