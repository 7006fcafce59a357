//! Private chat: conversations, how far messages are, the safety number, and a server that gives out another key than before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use lectern::chat::Chat;
use lectern::class::{Class, ClassState};
use lectern_proto::chat::IdentityId;
use lectern_proto::control::{ChatEvent, Event, PersonId};
use lectern_proto::link::JoinLink;
use lectern_tests::desk::Desk;
use lectern_tests::middle::{Middle, Turned};
use lectern_tests::playback::{join, join_link};
use lectern_tests::stack::Stack;

use crate::hand::wait;
use crate::live::enter;

/// The rail of a student: Watch, Podcast, Chat.
const CHAT: (u32, u32) = (36, 186);
/// A place in the list of conversations, and what is between two.
const FIRST: (u32, u32) = (200, 82);
const ROW: u32 = 54;
/// Width of what is known of a person.
const DETAILS: u32 = 256;

/// Passes everything on, until it is told to say something.
struct Honest;

impl Turned for Honest {
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)> {
        vec![(to, event)]
    }
}

/// Somebody with keys.
struct Member {
    class: Class,
    chat: Chat,
}

impl Member {
    async fn new(class: Class) -> Result<Self> {
        let chat = Chat::start(&class, Arc::new(|| {})).context("a chat")?;
        chat.identity().await?;
        Ok(Self { class, chat })
    }

    /// Whom `name` is, once their keys are there.
    async fn meets(&self, name: &str) -> Result<PersonId> {
        // Seats of earlier pictures are still kept, under the same beginning.
        let of = |s: &ClassState| s.people.iter().find(|p| p.connected && p.name.starts_with(name) && s.identities.contains_key(&p.id)).map(|p| p.id);
        let state =
            tokio::time::timeout(Duration::from_secs(60), self.class.wait_for(|s| of(s).is_some())).await.with_context(|| format!("{name} has no keys"))??;
        of(&state).context("somebody")
    }

    async fn writes(&self, to: PersonId, texts: &[&str]) -> Result<()> {
        for text in texts {
            self.chat.write(to, (*text).to_owned()).await?;
        }
        Ok(())
    }
}

pub(crate) fn take(stack: &Stack, size: (u32, u32), light: bool, name: &dyn Fn(&str) -> PathBuf) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (middle, link) = runtime.block_on(Middle::before(stack, Honest))?;
    let teacher: JoinLink = stack.instructor().parse()?;
    let (novak, ben, chen, dana) = runtime.block_on(async {
        let member = async |name: &str| Member::new(join(stack, name).await?).await;
        anyhow::Ok((Member::new(join_link(teacher, "Ms Novak").await?).await?, member("Ben").await?, member("Chen").await?, member("Dana").await?))
    })?;
    let desk = Desk::new(size.0, size.1, false)?;
    let _window = desk.window(&[])?;
    let hand = enter(&desk, size, light, name, &link.to_string(), "Ana")?;
    let ana = runtime.block_on(async {
        let ana = ben.meets("Ana").await?;
        for (member, texts) in [
            (&novak, &["Please hand in the third table, too."][..]),
            (&dana, &["Can you send me the second table?", "Mine has no R5."][..]),
            (&chen, &["I will be late, the bus stands still."][..]),
            (&ben, &["Are you in round 2 already?", "Did you get the same table for R4? שלום"][..]),
        ] {
            member.meets("Ana").await?;
            member.writes(ana, texts).await?;
            wait(300);
        }
        anyhow::Ok(ana)
    })?;
    hand.click(CHAT.0, CHAT.1)?;
    hand.click(FIRST.0, FIRST.1 + ROW)?;
    hand.write("Yes: R3 through R2 at cost 4, and R5 directly at 2.")?;
    hand.keys(&["Return"])?;
    wait(1_500);
    ben.chat.seen(ana);
    runtime.block_on(ben.writes(ana, &["Here is mine:\n```\n10.0.3.0/24  via R2  cost 4\n```"]))?;
    runtime.block_on(ben.chat.attach(ana, "Tables of round 2.pdf".to_owned(), vec![0; 412_000].into()))?;
    ben.chat.typing(ana);
    hand.click(size.0 - 28, 24)?;
    hand.rest()?;
    ben.chat.typing(ana);
    hand.shot("44-private")?;
    hand.click(size.0 - DETAILS - 28, 24)?;
    let person = runtime.block_on(async { anyhow::Ok(chen.class.state().me.as_ref().context("a seat")?.id) })?;
    middle.say(ana, Event::Chat(ChatEvent::Identities(vec![(person, IdentityId([7; 32]))])));
    wait(500);
    hand.click(FIRST.0, FIRST.1 + 2 * ROW)?;
    wait(500);
    hand.rest()?;
    hand.shot("45-private-key-changed")?;
    runtime.block_on(async {
        for member in [novak, ben, chen, dana] {
            member.class.left().await;
        }
    });
    Ok(())
}
