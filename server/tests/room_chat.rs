//! Room chat over real sockets: who is told what in which order, what is refused, what outlives a restart.

#![cfg(unix)]

mod support;

use lectern_proto::control::{Event, Reaction, Request, TakenBy, TalkEvent, TalkId, TalkMessage, TalkNonce, TalkPage, TalkRefusal, TalkRequest, TalkRules};
use lectern_proto::limits::{TALK_BURST, TALK_PAGE, TALK_TEXT_MAX};
use support::client::{Ended, Member};
use support::soon;
use support::stage::{Stage, instructor, join};
use tokio::io::AsyncWriteExt;

async fn ask(member: &mut Member, request: TalkRequest) -> Result<Option<TalkId>, TalkRefusal> {
    member.request(Request::Talk(request)).await;
    member.until("an answer", |e| if let Event::Talk(TalkEvent::Done { result, .. }) = e { Some(result) } else { None }).await
}

fn said(nonce: u8, text: &str) -> TalkRequest {
    TalkRequest::Say { request: 1, nonce: TalkNonce([nonce; 16]), text: text.into(), reply_to: None }
}

async fn page(member: &mut Member, request: TalkRequest) -> TalkPage {
    member.request(Request::Talk(request)).await;
    member.until("a page", |e| if let Event::Talk(TalkEvent::Page { result, .. }) = e { Some(result.expect("a page")) } else { None }).await
}

async fn newest(member: &mut Member) -> TalkPage {
    page(member, TalkRequest::Page { request: 9, before: None }).await
}

async fn told(member: &mut Member) -> TalkMessage {
    member.until("a message", |e| if let Event::Talk(TalkEvent::Message(message)) = e { Some(message) } else { None }).await
}

#[tokio::test]
async fn everybody_reads_what_is_written_and_it_outlives_the_server() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let (mut ana, mut ben) = (Member::enter(&join(&server), "Ana").await, Member::enter(&join(&server), "Ben").await);
    let (a, b) = (ana.joined.you, ben.joined.you);
    assert_eq!(ask(&mut ana, said(1, "hello @ben, look\u{202E}")).await, Ok(Some(TalkId(1))));
    let message = told(&mut ben).await;
    assert_eq!((message.id, message.from, message.name.as_str(), message.text.as_str()), (TalkId(1), a, "Ana", "hello @ben, look\u{FFFD}"));
    assert_eq!(message.mentions.iter().map(|m| (m.person, m.start, m.end)).collect::<Vec<_>>(), [(b, 6, 10)]);
    // The same once more, as after a lost connection.
    assert_eq!(ask(&mut ana, said(1, "hello @ben, look\u{202E}")).await, Ok(Some(TalkId(1))));
    let answer = TalkRequest::Say { request: 2, nonce: TalkNonce([1; 16]), text: "I see".into(), reply_to: Some(TalkId(1)) };
    assert_eq!(ask(&mut ben, answer).await, Ok(Some(TalkId(2))), "a nonce is its sender's own");
    assert_eq!(told(&mut ana).await.reply_to, Some(TalkId(1)));
    // Reactions are counted once for each.
    for _ in 0..2 {
        assert_eq!(ask(&mut ben, TalkRequest::React { request: 3, id: TalkId(1), reaction: Reaction::Party, on: true }).await, Ok(Some(TalkId(1))));
    }
    assert_eq!(ask(&mut ana, TalkRequest::Edit { request: 4, id: TalkId(1), text: "hello".into() }).await, Ok(Some(TalkId(1))));
    assert_eq!((told(&mut ben).await.revision, ask(&mut ben, TalkRequest::Delete { request: 5, id: TalkId(2) }).await), (1, Ok(Some(TalkId(2)))));
    let seat = ana.joined.seat.clone();
    let before = newest(&mut ana).await;
    server.stop().await;

    let server = stage.serve().await;
    let link = join(&server);
    let mut ana = Member::again(&link, &seat).await.expect("the seat");
    let after = newest(&mut ana).await;
    assert_eq!(after, before);
    let [first, second] = &after.messages[..] else { panic!("{after:?}") };
    assert_eq!(
        (first.text.as_str(), first.revision, first.reactions.iter().map(|t| (t.reaction, t.count, t.mine)).collect::<Vec<_>>()),
        ("hello", 1, vec![(Reaction::Party, 1, false)])
    );
    assert_eq!((second.text.as_str(), second.taken), ("", Some(TakenBy::Author)));
    assert_eq!(ask(&mut ana, TalkRequest::Edit { request: 4, id: TalkId(1), text: "still mine".into() }).await, Ok(Some(TalkId(1))));
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_ones_own_is_the_moderators() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut kim = Member::enter(&instructor(&server), "Kim").await;
    let (mut ana, mut ben) = (Member::enter(&join(&server), "Ana").await, Member::enter(&join(&server), "Ben").await);
    assert_eq!(ask(&mut ana, said(1, "mine")).await, Ok(Some(TalkId(1))));
    let no = Err(TalkRefusal::NotAllowed);
    assert_eq!(ask(&mut ben, TalkRequest::Edit { request: 1, id: TalkId(1), text: "his".into() }).await, no);
    assert_eq!(ask(&mut ben, TalkRequest::Delete { request: 1, id: TalkId(1) }).await, no);
    assert_eq!(ask(&mut kim, TalkRequest::Edit { request: 1, id: TalkId(1), text: "hers".into() }).await, no, "nobody speaks for another");
    assert_eq!(ask(&mut ben, TalkRequest::Delete { request: 1, id: TalkId(99) }).await, Err(TalkRefusal::NoSuchMessage));
    assert_eq!(ask(&mut kim, TalkRequest::Delete { request: 1, id: TalkId(1) }).await, Ok(Some(TalkId(1))));
    let gone = ben.until("the end of it", |e| if let Event::Talk(TalkEvent::Message(m)) = e { m.taken.map(|by| (by, m.text)) } else { None }).await;
    assert_eq!(gone, (TakenBy::Moderator, String::new()));
    let react = TalkRequest::React { request: 1, id: TalkId(1), reaction: Reaction::Heart, on: true };
    assert_eq!(ask(&mut ben, react).await, Err(TalkRefusal::NoSuchMessage));
    // Quiet, and slowed.
    kim.request(Request::Quiet { request: 2, quiet: true }).await;
    ana.until("quiet", |e| (e == Event::Quiet(true)).then_some(())).await;
    assert_eq!(ask(&mut ana, said(2, "psst")).await, Err(TalkRefusal::Quiet));
    assert!(ask(&mut kim, said(2, "all eyes here")).await.is_ok());
    kim.request(Request::Quiet { request: 3, quiet: false }).await;
    ana.until("not quiet", |e| (e == Event::Quiet(false)).then_some(())).await;
    assert_eq!(ask(&mut ana, TalkRequest::Slow { request: 4, seconds: 60 }).await, no);
    assert_eq!(ask(&mut kim, TalkRequest::Slow { request: 4, seconds: 60 }).await, Ok(None));
    let rules = ana.until("the rules", |e| if let Event::Talk(TalkEvent::Rules(rules)) = e { Some(rules) } else { None }).await;
    assert_eq!(rules, TalkRules { on: true, slow_s: 60 });
    assert!(matches!(ask(&mut ana, said(3, "so soon")).await, Err(TalkRefusal::Slow { wait_ms: 1..=60_000 })));
    server.stop().await;
}

#[tokio::test]
async fn too_much_and_too_long() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    assert_eq!(ask(&mut ana, said(1, &"x".repeat(TALK_TEXT_MAX + 1))).await, Err(TalkRefusal::Length));
    assert_eq!(ask(&mut ana, said(1, " \u{200B}\n")).await, Err(TalkRefusal::Length));
    let mut taken = 0;
    let refused = loop {
        match ask(&mut ana, said(10 + taken, "again")).await {
            Ok(_) => taken += 1,
            Err(why) => break why,
        }
    };
    assert!(u32::from(taken) >= TALK_BURST && matches!(refused, TalkRefusal::TooFast { wait_ms: 1..=1_000 }), "{taken} {refused:?}");
    // 10 MB are not read at all: the connection ends, and nobody else notices.
    let mut eve = Member::enter(&join(&server), "Eve").await;
    let huge = vec![b'x'; 10_000_000];
    let mut frame = (huge.len() as u32).to_be_bytes().to_vec();
    frame.extend(huge);
    let _ = eve.client.stream.write_all(&frame).await;
    let ended = soon("the end", async {
        loop {
            match eve.client.next().await {
                Ok(_) => {}
                Err(ended) => break ended,
            }
        }
    })
    .await;
    assert_eq!(ended, Ended::Closed);
    assert_eq!(newest(&mut ana).await.messages.len(), usize::from(taken));
    server.stop().await;
}

#[tokio::test]
async fn pages_go_back_to_the_beginning_and_a_search_finds_words() {
    let mut stage = Stage::new();
    stage.set.push("rooms.together=off".into());
    let server = stage.serve().await;
    let mut kim = Member::enter(&instructor(&server), "Kim").await;
    // As many writers as it takes to fill more than a page without waiting.
    let mut written = 0_u64;
    for writer in 0..8 {
        let mut member = Member::enter(&join(&server), &format!("w{writer}")).await;
        for nonce in 0..8 {
            written += 1;
            let text = if written.is_multiple_of(10) { format!("Über 100% {written}") } else { format!("plain {written}") };
            assert_eq!(ask(&mut member, said(nonce, &text)).await, Ok(Some(TalkId(written))));
        }
    }
    let first = newest(&mut kim).await;
    let ids = |page: &TalkPage| page.messages.iter().map(|m| m.id.0).collect::<Vec<_>>();
    let oldest = written - TALK_PAGE as u64 + 1;
    assert_eq!((ids(&first), first.more), ((oldest..=written).collect(), true));
    let second = page(&mut kim, TalkRequest::Page { request: 1, before: Some(TalkId(oldest)) }).await;
    assert_eq!((ids(&second), second.more), ((1..oldest).collect(), false));
    let search = |words: &str, before| TalkRequest::Search { request: 2, words: words.into(), before };
    assert_eq!(ids(&page(&mut kim, search("ÜBER 100%", None)).await), [60, 50, 40, 30, 20, 10]);
    assert_eq!(ids(&page(&mut kim, search("über", Some(TalkId(30)))).await), [20, 10]);
    assert!(ids(&page(&mut kim, search("1_0%", None)).await).is_empty(), "only text is looked for");
    kim.request(Request::Talk(search("", None))).await;
    let refused = kim.until("a refusal", |e| if let Event::Talk(TalkEvent::Page { result, .. }) = e { result.err() } else { None }).await;
    assert_eq!(refused, TalkRefusal::Length);
    server.stop().await;
}

#[tokio::test]
async fn a_room_without_chat() {
    let mut stage = Stage::new();
    stage.set.push("rooms.room_chat=off".into());
    let server = stage.serve().await;
    let mut kim = Member::enter(&instructor(&server), "Kim").await;
    let rules = kim.until("the rules", |e| if let Event::Talk(TalkEvent::Rules(rules)) = e { Some(rules) } else { None }).await;
    assert!(!rules.on);
    assert_eq!(ask(&mut kim, said(1, "anybody?")).await, Err(TalkRefusal::Off));
    server.stop().await;
}
