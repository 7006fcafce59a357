//! The golden bytes of room chat: every message, refusal and reaction in `common/proto/vectors/talk.txt`.

mod golden;

use golden::{Vectors, bytes_of, document, golden};
use lectern_proto::control::{
    Event, Mention, PersonId, Reaction, Request, Role, TakenBy, TalkEvent, TalkId, TalkMessage, TalkNonce, TalkPage, TalkRefusal, TalkRequest, TalkRules, Tally,
};

fn message(taken: Option<TakenBy>) -> TalkMessage {
    TalkMessage {
        id: TalkId(12),
        from: PersonId(7),
        name: "Ana".into(),
        role: Role::Student,
        at_ms: 1_790_000_000_000,
        text: if taken.is_some() { String::new() } else { "@Ben look".into() },
        reply_to: taken.is_none().then_some(TalkId(11)),
        mentions: if taken.is_some() { Vec::new() } else { vec![Mention { person: PersonId(8), start: 0, end: 4 }] },
        revision: 1,
        taken,
        reactions: if taken.is_some() { Vec::new() } else { vec![Tally { reaction: Reaction::Party, count: 3, mine: true }] },
    }
}

#[test]
fn every_message_of_room_chat() {
    let mut all: Vectors = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.into(), bytes));
    let id = TalkId(12);
    let mut requests = vec![
        ("Say", TalkRequest::Say { request: 1, nonce: TalkNonce([0x11; 16]), text: "hello".into(), reply_to: None }),
        ("Say.2", TalkRequest::Say { request: 1, nonce: TalkNonce([0x11; 16]), text: "hello".into(), reply_to: Some(id) }),
        ("Edit", TalkRequest::Edit { request: 2, id, text: "hello!".into() }),
        ("Delete", TalkRequest::Delete { request: 3, id }),
        ("Page", TalkRequest::Page { request: 5, before: None }),
        ("Page.2", TalkRequest::Page { request: 5, before: Some(id) }),
        ("Search", TalkRequest::Search { request: 6, words: "spanning tree".into(), before: None }),
        ("Slow", TalkRequest::Slow { request: 7, seconds: 30 }),
    ];
    requests.extend(Reaction::ALL.map(|reaction| ("React", TalkRequest::React { request: 4, id, reaction, on: true })));
    for (name, request) in requests {
        let name = if let TalkRequest::React { reaction, .. } = &request { format!("React.{}", reaction.name()) } else { name.to_owned() };
        add(&format!("Request.Talk.{name}"), bytes_of(&Request::Talk(request)));
    }
    let refusals = [
        ("NotAllowed", TalkRefusal::NotAllowed),
        ("Quiet", TalkRefusal::Quiet),
        ("Off", TalkRefusal::Off),
        ("Length", TalkRefusal::Length),
        ("TooFast", TalkRefusal::TooFast { wait_ms: 750 }),
        ("Slow", TalkRefusal::Slow { wait_ms: 20_000 }),
        ("NoSuchMessage", TalkRefusal::NoSuchMessage),
        ("NotKept", TalkRefusal::NotKept),
    ];
    let page = TalkPage { messages: vec![message(None), message(Some(TakenBy::Author)), message(Some(TakenBy::Moderator))], more: true };
    let mut events = vec![
        ("Done".to_owned(), TalkEvent::Done { request: 1, result: Ok(Some(id)) }),
        ("Done.2".to_owned(), TalkEvent::Done { request: 7, result: Ok(None) }),
        ("Page".to_owned(), TalkEvent::Page { request: 5, result: Ok(page) }),
        ("Message".to_owned(), TalkEvent::Message(message(None))),
        ("Reacted".to_owned(), TalkEvent::Reacted { id, by: PersonId(7), reaction: Reaction::Heart, on: false }),
        ("Rules".to_owned(), TalkEvent::Rules(TalkRules { on: true, slow_s: 30 })),
    ];
    events.extend(refusals.map(|(name, why)| (format!("Done.{name}"), TalkEvent::Done { request: 1, result: Err(why) })));
    for (name, event) in events {
        add(&format!("Event.Talk.{name}"), bytes_of(&Event::Talk(event)));
    }
    golden("talk.txt", "Room chat.", &all);
    let document = document();
    for (name, _) in refusals {
        assert!(document.contains(&format!("`{name}")), "docs/PROTOCOL.md does not name {name}");
    }
    for reaction in Reaction::ALL {
        assert!(document.contains(reaction.emoji()), "docs/PROTOCOL.md does not show {}", reaction.emoji());
        assert_eq!((Reaction::named(reaction.name()), Reaction::named(reaction.emoji())), (Some(reaction), Some(reaction)));
    }
    assert_eq!(Reaction::named("❤\u{FE0F}"), Some(Reaction::Heart));
}
