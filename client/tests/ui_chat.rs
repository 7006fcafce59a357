//! Room chat by label and role: reading, writing, answering, changing, searching, and what is told while nobody looks.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role as Seen;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::class::{TalkError, TalkLog};
use lectern::ui::chat::TalkWish;
use lectern::ui::window::Window;
use lectern_proto::control::{Mention, PersonId, Reaction, Role, TakenBy, TalkId, TalkMessage, TalkPage, TalkRefusal, TalkRules, Tally};
use ui_support::{Fake, enter, list_item};

type Screen = Harness<'static, Option<Window>>;

fn message(id: u64, from: u64, name: &str, text: &str) -> TalkMessage {
    TalkMessage {
        id: TalkId(id),
        from: PersonId(from),
        name: name.into(),
        role: if from == 1 { Role::Instructor } else { Role::Student },
        at_ms: 1_790_000_000_000 + id as i64 * 600_000,
        text: text.into(),
        reply_to: None,
        mentions: Vec::new(),
        revision: 0,
        taken: None,
        reactions: Vec::new(),
    }
}

fn some() -> Vec<TalkMessage> {
    let mut all = vec![
        message(1, 1, "Ms Novak", "Welcome. Ask here what you do not hear."),
        message(2, 3, "Ben", "@Ana did you get R4?"),
        message(3, 2, "Ana", "Yes:\n```\ncost 4 via R2\n```"),
    ];
    all[1].mentions = vec![Mention { person: PersonId(2), start: 0, end: 4 }];
    all[1].reactions = vec![Tally { reaction: Reaction::ThumbsUp, count: 2, mine: false }];
    all
}

fn log(messages: Vec<TalkMessage>) -> std::sync::Arc<TalkLog> {
    std::sync::Arc::new(TalkLog::with(TalkPage { messages, more: false }))
}

/// A window that shows the room's chat.
fn chat(role: Role) -> (Fake, Screen) {
    let fake = Fake::joined(role);
    fake.lock().state.talk = log(some());
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Chat").click();
    harness.run_ok();
    (fake, harness)
}

fn bubble<'a>(harness: &'a Screen, part: &'a str) -> egui_kittest::Node<'a> {
    list_item(harness, part, |label| label.contains(part))
}

#[test]
fn messages_are_read_by_label_and_have_keys() {
    let (fake, mut harness) = chat(Role::Student);
    for part in ["Ms Novak, Welcome", "Ben, @Ana did you get R4?", "👍 2", "cost 4 via R2"] {
        bubble(&harness, part);
    }
    // From one to the next by the tabulator: a screen reader says each.
    bubble(&harness, "Ms Novak, Welcome").focus();
    harness.run_ok();
    harness.key_press(Key::Num2);
    harness.run_ok();
    assert_eq!(fake.talk_wishes(), [TalkWish::React { id: TalkId(1), reaction: Reaction::Heart, on: true }]);
    harness.check_accessibility();
}

#[test]
fn a_message_is_written_changed_answered_and_taken_away() {
    let (fake, mut harness) = chat(Role::Student);
    harness.get_by_role_and_label(Seen::MultilineTextInput, "Write to the room").focus();
    harness.run_ok();
    harness.event(egui::Event::Text("two".into()));
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run_ok();
    harness.event(egui::Event::Text("lines".into()));
    harness.run_ok();
    fake.lock().talked = None;
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(fake.talk_wishes(), [TalkWish::Say { text: "two\nlines".into(), reply: None }]);
    // Until the server has it, it stands there as being sent.
    bubble(&harness, "Being sent");
    fake.lock().talked = Some(Ok(None));
    harness.run_steps(4);
    assert!(harness.query_all_by_role(Seen::ListItem).all(|n| !n.accesskit_node().label().unwrap_or_default().contains("Being sent")));
    // The last one's own, by the arrow.
    harness.key_press(Key::ArrowUp);
    harness.run_ok();
    harness.event(egui::Event::Text("!".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert!(matches!(&fake.talk_wishes()[..], [TalkWish::Edit { id: TalkId(3), text }] if text.contains("cost 4") && text.contains('!')));
    // On a message: R answers, 1 reacts, and what is not one's own has no E and no Delete.
    bubble(&harness, "did you get R4").focus();
    harness.run_ok();
    for key in [Key::E, Key::Delete, Key::Num1, Key::R] {
        harness.key_press(key);
        harness.run_ok();
    }
    assert_eq!(fake.talk_wishes(), [TalkWish::React { id: TalkId(2), reaction: Reaction::ThumbsUp, on: true }]);
    harness.get_by_label("To Ben:");
    bubble(&harness, "cost 4 via R2").focus();
    harness.run_ok();
    harness.key_press(Key::Delete);
    harness.run_ok();
    assert_eq!(fake.talk_wishes(), [TalkWish::Delete(TalkId(3))]);
}

#[test]
fn names_are_offered_behind_an_at() {
    let (fake, mut harness) = chat(Role::Student);
    harness.get_by_role(Seen::MultilineTextInput).focus();
    harness.run_ok();
    harness.event(egui::Event::Text("@be".into()));
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Ben");
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    harness.event(egui::Event::Text("hello".into()));
    harness.run_steps(4);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(fake.talk_wishes(), [TalkWish::Say { text: "@Ben hello".into(), reply: None }]);
}

#[test]
fn a_refusal_says_why_and_gives_the_text_back() {
    let (fake, mut harness) = chat(Role::Student);
    fake.lock().talked = Some(Err(TalkError::Refused(TalkRefusal::Slow { wait_ms: 4_200 })));
    harness.get_by_role(Seen::MultilineTextInput).focus();
    harness.run_ok();
    harness.event(egui::Event::Text("again".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_steps(6);
    harness.get_by_label("The instructor has slowed the chat. Write again in 5 seconds.");
    assert_eq!(harness.get_by_role(Seen::MultilineTextInput).value().as_deref(), Some("again"));
    // Quiet: nobody but the instructor has a field.
    fake.lock().state.floor.quiet = true;
    harness.run_steps(4);
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none());
    harness.get_by_label("It is quiet: only the instructor writes.");
}

#[test]
fn what_was_written_meanwhile_is_counted_and_what_names_one_is_told() {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.talk = log(some());
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Chat");
    let mut more = some();
    more.push(message(4, 3, "Ben", "anybody?"));
    fake.lock().state.talk = log(more.clone());
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Button, "Chat, 1");
    more.push(TalkMessage { mentions: vec![Mention { person: PersonId(2), start: 0, end: 4 }], ..message(5, 1, "Ms Novak", "@Ana please come to the board") });
    fake.lock().state.talk = log(more);
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Button, "Chat, 2");
    harness.get_by_role_and_label(Seen::Button, "Ms Novak wrote: @Ana please come to the board").click();
    harness.run_steps(4);
    bubble(&harness, "come to the board");
    harness.get_by_role_and_label(Seen::Button, "Chat");
    assert!(harness.query_by_label_contains("Ms Novak wrote:").is_none());
    // In the panel beside the videos, too.
    harness.get_by_role_and_label(Seen::Button, "Watch").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Tab, "Room chat").click();
    harness.run_steps(4);
    bubble(&harness, "come to the board");
}

#[test]
fn a_search_asks_the_server_and_shows_what_it_found() {
    let (fake, mut harness) = chat(Role::Student);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run_ok();
    harness.event(egui::Event::Text("r4".into()));
    harness.run_ok();
    fake.lock().talked = Some(Ok(Some(TalkPage { messages: vec![some()[1].clone()], more: false })));
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(fake.talk_wishes(), [TalkWish::Search { words: "r4".into() }]);
    harness.get_by_label("One message with “r4”");
    harness.get_by_role_and_label(Seen::Button, "Ben: @Ana did you get R4?").click();
    harness.run_steps(4);
    bubble(&harness, "did you get R4");
}

#[test]
fn who_moderates_takes_anybodys_away_and_slows_the_room() {
    let (fake, mut harness) = chat(Role::Instructor);
    bubble(&harness, "cost 4 via R2").focus();
    harness.run_ok();
    harness.key_press(Key::Delete);
    harness.run_ok();
    assert_eq!(fake.talk_wishes(), [TalkWish::Delete(TalkId(3))]);
    harness.get_by_role_and_label(Seen::Button, "About this chat").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::MenuItemRadio, "30 seconds").click();
    harness.run_steps(4);
    assert_eq!(fake.talk_wishes(), [TalkWish::Slow(30)]);
    let mut gone = some();
    gone[2] = TalkMessage { text: String::new(), taken: Some(TakenBy::Moderator), ..gone[2].clone() };
    fake.lock().state.talk = log(gone);
    harness.run_steps(4);
    bubble(&harness, "The instructor took this message away.");
    harness.check_accessibility();
}

#[test]
fn hostile_and_foreign_texts_are_text() {
    let (fake, mut harness) = chat(Role::Student);
    let show = |harness: &mut Screen, texts: &[&str]| {
        let messages = texts.iter().zip(1..).map(|(text, id)| message(id, 3, "Bén \u{202E}kniM", text)).collect();
        fake.lock().state.talk = log(messages);
        harness.run_steps(6);
    };
    let texts = ["\u{202E}evil\u{2066}", "# no *markup* <b>here</b> [x](y)", "שלום עולם, hello (world)!", "مرحبا بالعالم 123", "नमस्ते दुनिया", "👩\u{200D}🏫🇩🇪"];
    show(&mut harness, &texts);
    bubble(&harness, "Bén \u{FFFD}kniM, \u{FFFD}evil\u{FFFD}");
    for text in &texts[1..] {
        bubble(&harness, text);
    }
    show(&mut harness, &[&"W".repeat(4_000)]);
    assert!(bubble(&harness, "WWWW").rect().width() < 660.0, "long words wrap");
    show(&mut harness, &[&"\n".repeat(200), "and on"]);
    bubble(&harness, "and on");
}

#[test]
fn a_room_without_chat_says_so() {
    let fake = Fake::joined(Role::Student);
    let mut empty = TalkLog::with(TalkPage::default());
    empty.rules = TalkRules { on: false, slow_s: 0 };
    fake.lock().state.talk = std::sync::Arc::new(empty);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Chat").click();
    harness.run_steps(4);
    assert!(harness.query_all_by_label("This class has no room chat.").count() >= 1);
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none());
}
