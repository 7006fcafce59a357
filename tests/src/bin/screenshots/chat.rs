//! Chat: what a room writes, in many scripts, beside the videos and in its own view.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lectern_proto::control::{Reaction, TalkId};
use lectern_proto::link::JoinLink;
use lectern_tests::desk::Desk;
use lectern_tests::playback::join_link;
use lectern_tests::stack::Stack;

use crate::hand::{PEOPLE, wait};
use crate::live::enter;

/// The rail of a student: Watch, Podcast, Chat.
const CHAT: (u32, u32) = (36, 186);
const WATCH: (u32, u32) = (36, 74);

/// What the class wrote: who, what, and what it answers (from 1).
const SAID: [(usize, &str, Option<u64>); 9] = [
    (0, "Welcome. Write here what you do not hear, and what you find.", None),
    (1, "Did anybody get the same table for R4?", None),
    (2, "Yes:\n```\n10.0.1.0/24  via R2  cost 4\n10.0.2.0/24  via R2  cost 5\n```\nR5 is gone.", Some(2)),
    (1, "שלום! הטבלה שלי זהה (עלות 4), R2 נכון?", None),
    (2, "مرحبا بالجميع، نعم التكلفة 4 عبر R2.", Some(4)),
    (
        1,
        "नमस्ते दुनिया, สวัสดีชาวโลก, Việt Nam, Ελλάδα, Россия 👩‍🏫 👍🏽 🎉, a\u{202E}reversed\u{2066} text, and a-word-that-does-not-end-because-somebody-leans-on-the-keyboard-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        None,
    ),
    (0, "@Ana please read your table to us.", None),
    (2, "# not a heading, <b>not bold</b>, *not slanted*", None),
    (1, "Thank you, it works now.", Some(1)),
];

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let desk = Desk::new(size.0, size.1, false)?;
    let _window = desk.window(&[])?;
    let hand = enter(&desk, size, light, name, &stack.join(), "Ana")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let link: JoinLink = stack.instructor().parse()?;
    let classes = runtime.block_on(async {
        let classes = [join_link(link, "Ms Novak").await?, join_link(stack.link()?, "Ben").await?, join_link(stack.link()?, "علي").await?];
        let mut first = None;
        for (who, text, reply) in SAID {
            let reply = reply.zip(first).map(|(n, first)| TalkId(first + n - 1));
            let id = classes[who].say(text.to_owned(), reply).await?;
            first.get_or_insert(id.0);
        }
        let first = first.unwrap_or(1);
        for (who, nth, reaction) in [(0, 2, "🎉"), (1, 2, "👍"), (2, 6, "👍")] {
            let reaction = Reaction::named(reaction).context("a reaction")?;
            classes[who].react(TalkId(first + nth), reaction, true).await?;
        }
        anyhow::Ok(classes)
    })?;
    hand.rest()?;
    hand.shot("40-chat-told")?;
    // The second tab of the panel.
    hand.click(size.0 - PEOPLE / 4, 68)?;
    wait(800);
    hand.rest()?;
    hand.shot("41-chat-beside")?;
    hand.click(CHAT.0, CHAT.1)?;
    wait(800);
    // The field has the focus: names are offered behind an @.
    hand.write("Mine says 5, look:  ")?;
    hand.keys(&["at", "m"])?;
    hand.shot("42-chat")?;
    hand.keys(&["Return", "ctrl+a", "BackSpace"])?;
    hand.keys(&["ctrl+f"])?;
    hand.write("table")?;
    hand.keys(&["Return"])?;
    wait(800);
    hand.shot("43-chat-search")?;
    hand.keys(&["Escape"])?;
    hand.click(WATCH.0, WATCH.1)?;
    runtime.block_on(async {
        for class in &classes {
            class.left().await;
        }
    });
    Ok(())
}
