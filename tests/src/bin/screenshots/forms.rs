//! Forms: an account that is made at the door and its own page; rooms, who was there, and accounts, for the instructor.

use std::path::PathBuf;

use anyhow::Result;
use lectern_tests::desk::Desk;
use lectern_tests::stack::{PASSWORD, Stack};

use crate::hand::{Hand, wait};
use crate::live::enter;

/// The button of the room's menu, from the right and from above.
const ROOM: (u32, u32) = (24, 116);
/// Stops of the tabulator in the settings before the account: the cross, colours, language, sizes, motion.
const BEFORE_ACCOUNT: usize = 1 + 3 + 3 + 8 + 3;

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    student(stack, size, light, name)?;
    let desk = Desk::new(size.0, size.1, false)?;
    let _window = desk.window(&[])?;
    let hand = enter(&desk, size, light, name, &stack.instructor(), "Ms Novak")?;
    menu(&hand, size, 6)?;
    wait(1_000);
    hand.shot("52-rooms")?;
    hand.keys(&["Escape"])?;
    menu(&hand, size, 7)?;
    wait(1_000);
    hand.shot("53-accounts")?;
    hand.keys(&["Escape"])
}

/// Makes an account from the first screen, and looks at it.
fn student(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(size.0, size.1, false)?;
    // Without a password: the form stands there, ready for it.
    let _window = desk.window(&["--join", &stack.join(), "--name", &format!("Ana {} {}", size.0, if light { "light" } else { "dark" })])?;
    let hand = Hand::at(&desk, size, name)?;
    if light {
        hand.lighten()?;
        hand.keys(&["shift+Tab", "shift+Tab"])?;
    }
    // The eye, the tick of the account, the tick of a new one, the room's password, and back to the account's.
    hand.keys(&["Tab", "Tab", "space", "Tab", "space", "Tab"])?;
    hand.write(PASSWORD)?;
    hand.keys(&["shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab"])?;
    hand.write("correct horse")?;
    hand.rest()?;
    hand.shot("50-register")?;
    hand.keys(&["Return"])?;
    wait(4_000);
    hand.keys(&["ctrl+comma"])?;
    wait(400);
    for _ in 0..=BEFORE_ACCOUNT {
        hand.keys(&["Tab"])?;
    }
    hand.keys(&["Return"])?;
    wait(800);
    hand.rest()?;
    hand.shot("51-account")
}

/// Chooses an item of the room's menu, from 1.
fn menu(hand: &Hand<'_>, size: (u32, u32), item: usize) -> Result<()> {
    hand.click(size.0 - ROOM.0, ROOM.1)?;
    for _ in 0..item {
        hand.keys(&["Down"])?;
    }
    hand.keys(&["Return"])?;
    hand.rest()
}
