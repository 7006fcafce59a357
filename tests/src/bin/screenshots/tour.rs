//! One way through the screens, with keys and mouse alone.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use lectern_tests::desk::Desk;

use crate::hand::{Hand, PEOPLE, wait};
use crate::room::Room;

/// Measures of the window that clicks need, in points: rail, header, status line.
const RAIL: u32 = 72;
const HEADER: u32 = 48;
const STATUS: u32 = 28;
/// The states above the cards.
const CHIPS: u32 = 40;
/// The lesson as the catalogue calls it.
const LESSON: &str = "Lectern sample lesson";

/// Walks through every screen and takes its picture.
pub(crate) fn take(room: &mut Room, width: u32, height: u32, light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(width, height, true)?;
    let _window = desk.window(&[])?;
    let hand = Hand::at(&desk, (width, height), name)?;
    let shot = |screen: &str| hand.shot(screen);

    if light {
        hand.lighten()?;
    }
    hand.click(width / 4, 208)?;
    hand.rest()?;
    shot("01-join-empty")?;
    hand.write(&room.stack.join())?;
    hand.keys(&["Tab"])?;
    hand.write("Ana")?;
    hand.keys(&["Tab"])?;
    hand.write("not the password")?;
    shot("02-join")?;
    hand.keys(&["Return"])?;
    wait(1_500);
    shot("03-join-refused")?;
    room.begin_long_work()?;
    room.lose_someone()?;
    hand.click(width / 4, 208)?;
    hand.keys(&["ctrl+a"])?;
    hand.write(&room.stack.instructor())?;
    hand.keys(&["Tab", "ctrl+a"])?;
    hand.write("Ms Novak")?;
    hand.rest()?;
    shot("04-join-instructor")?;
    hand.keys(&["Return"])?;
    wait(2_500);
    shot("05-catalogue")?;
    hand.keys(&["slash"])?;
    hand.write("c")?;
    shot("12-catalogue-search")?;
    hand.keys(&["Escape"])?;
    // The cross of the third person, below the tabs and the title.
    hand.click(width - 24, HEADER + 40 + 8 + 40 + 8 + 32 * 2 + 16)?;
    shot("06-people-remove")?;
    room.end_long_work()?;

    let place = room.place_of(LESSON)? as u32;
    let columns = (width - RAIL - PEOPLE - 40 + 16) / 276;
    let card = (width - RAIL - PEOPLE - 40 - 16 * (columns - 1)) / columns;
    ensure!(place / columns < 2, "the lesson is out of sight");
    let row = card * 9 / 16 + 66 + 16;
    hand.click(RAIL + 20 + (card + 16) * (place % columns) + card / 2, HEADER + CHIPS + 12 + row * (place / columns) + 60)?;
    wait(2_000);
    hand.keys(&["k", "4"])?;
    wait(1_500);
    hand.point(RAIL + (width - RAIL - PEOPLE) * 7 / 10, height - STATUS - 60)?;
    shot("07-stage")?;
    hand.click(width - PEOPLE - 163, height - STATUS - 28)?;
    shot("08-stage-resolution")?;
    hand.keys(&["Escape", "question"])?;
    hand.rest()?;
    shot("09-stage-keys")?;
    hand.keys(&["Escape", "i", "k"])?;
    wait(4_000);
    shot("13-stage-statistics")?;
    hand.keys(&["i", "k", "plus", "plus", "plus"])?;
    shot("14-stage-enlarged")?;
    hand.keys(&["z", "ctrl+comma"])?;
    shot("15-settings")?;
    hand.keys(&["Escape", "k"])?;
    room.stack.kill();
    wait(9_000);
    shot("10-stage-reconnecting")?;
    room.stack.run_on_same_ports()?;
    wait(4_000);
    hand.keys(&["End"])?;
    wait(1_500);
    shot("11-stage-ended")?;

    // Back among the videos: the three dots of the lesson's card, then its second resolution.
    // The second entry of an instructor's rail.
    hand.click(RAIL / 2, 130)?;
    wait(800);
    let (left, top) = (RAIL + 20 + (card + 16) * (place % columns), HEADER + CHIPS + 12 + row * (place / columns));
    hand.click(left + card - 13, top + card * 9 / 16 + 22)?;
    shot("16-prepare-menu")?;
    hand.keys(&["Down", "Down", "Return"])?;
    hand.rest()?;
    wait(2_500);
    shot("17-prepare-class")?;
    hand.click(RAIL / 2, height - STATUS - 66)?;
    wait(1_500);
    shot("18-join-board")?;
    // The next tour begins without it.
    room.end_ahead()
}
