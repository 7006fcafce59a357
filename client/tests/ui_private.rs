//! Private chat by label and role: who may be written to, how far a message is, the safety number, a changed key, block and report.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::sync::Arc;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::chat::{Attachment, ChatError, FileState, Item, ItemState, Keeping, Shown, WriteError};
use lectern::ui::chat::PrivateWish;
use lectern::ui::window::Window;
use lectern_proto::chat::IdentityId;
use lectern_proto::chat::content::{FileInfo, MessageId};
use lectern_proto::chat::verify::SafetyNumber;
use lectern_proto::control::{MailboxOwner, PersonId, PrivateChat, Refusal, Role};
use ui_support::{Call, Fake, enter, list_item};

type Screen = Harness<'static, Option<Window>>;

const OWN: IdentityId = IdentityId([1; 32]);
const BEN: PersonId = PersonId(3);
const BENS: IdentityId = IdentityId([2; 32]);

fn item(id: u8, own: bool, text: &str, state: ItemState) -> Item {
    Item { id: MessageId([id; 16]), own, sent_ms: 1_790_000_000_000 + i64::from(id) * 60_000, text: text.into(), state, proof: None, file: None }
}

fn with_ben(change: impl FnOnce(&mut Shown)) -> Fake {
    let fake = Fake::joined(Role::Student);
    let mut shown = Shown { identity: Some(BENS), ..Shown::default() };
    shown.items.push_back(item(1, false, "Are you in round 2 already?", ItemState::Received));
    change(&mut shown);
    let mut shared = fake.lock();
    shared.private.own = Some(OWN);
    shared.private.own_right = Some(true);
    shared.private.conversations.insert(BEN, Arc::new(shown));
    drop(shared);
    fake
}

fn change(fake: &Fake, change: impl FnOnce(&mut Shown)) {
    let mut shared = fake.lock();
    let mut shown = (*shared.private.conversations[&BEN]).clone();
    change(&mut shown);
    shared.private.conversations.insert(BEN, Arc::new(shown));
}

/// A window that shows the conversation with Ben.
fn open(fake: &Fake) -> Screen {
    let mut harness = enter(fake);
    harness.query_all_by_role(Seen::Button).find(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Chat"))).unwrap().click();
    harness.run_ok();
    row(&harness, "Ben").click();
    harness.run_ok();
    harness
}

/// An entry of the list or a message, by how its label begins.
fn row<'a>(harness: &'a Screen, label: &'a str) -> egui_kittest::Node<'a> {
    list_item(harness, label, |l| l.starts_with(label))
}

#[test]
fn a_message_goes_and_says_how_far_it_is() {
    let fake = with_ben(|shown| shown.unread = vec![MessageId([1; 16])]);
    let mut harness = enter(&fake);
    harness.run_steps(4);
    // Told in the corner, and counted.
    harness.get_by_role_and_label(Seen::Button, "Ben wrote: Are you in round 2 already?").click();
    harness.run_steps(4);
    assert!(fake.private_wishes().contains(&PrivateWish::Seen(BEN)));
    change(&fake, |shown| shown.unread.clear());
    row(&harness, "Ben, Are you in round 2 already?");
    harness.get_by_role_and_label(Seen::MultilineTextInput, "Write to Ben").focus();
    harness.run_ok();
    harness.event(egui::Event::Text("yes".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_eq!(fake.private_wishes(), [PrivateWish::Typing(BEN), PrivateWish::Write { to: BEN, text: "yes".into() }]);
    for (state, said) in [
        (ItemState::Waiting, "Waits until Ben is there"),
        (ItemState::Sent, "The server has it"),
        (ItemState::Kept, "Will be delivered when Ben is there"),
        (ItemState::Delivered, "Delivered"),
        (ItemState::Read, "Seen"),
        (ItemState::Unconfirmed, "Nobody said that it reached Ben"),
        (ItemState::FalseKeys, "The server gave keys that are not theirs"),
        (ItemState::Refused(Refusal::NoPrivateChat), "Not sent: "),
    ] {
        change(&fake, |shown| {
            shown.items.truncate(1);
            shown.items.push_back(item(2, true, "yes", state));
        });
        harness.run_steps(4);
        let found = row(&harness, "You, yes").accesskit_node().label().unwrap_or_default();
        assert!(found.contains(said), "{state:?}: {found}");
    }
    harness.check_accessibility();
}

#[test]
fn what_was_not_taken_comes_back_with_the_reason() {
    let fake = with_ben(|_| {});
    fake.lock().written = Some(Err(ChatError::Write(WriteError::TooMany)));
    let mut harness = open(&fake);
    harness.get_by_role(Seen::MultilineTextInput).focus();
    harness.run_ok();
    harness.event(egui::Event::Text("again".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_steps(6);
    harness.get_by_label("Too many of your messages have not arrived yet. Wait until some have.");
    assert_eq!(harness.get_by_role(Seen::MultilineTextInput).value().as_deref(), Some("again"));
}

#[test]
fn the_safety_number_is_read_out_and_ticked() {
    let fake = with_ben(|_| {});
    let mut harness = open(&fake);
    harness.get_by_role_and_label(Seen::Button, "About this chat").click();
    harness.run_steps(4);
    let number = SafetyNumber::of(OWN, BENS).to_string();
    harness.get_by_label(&format!("Safety number: {number}"));
    harness.get_by_role_and_label(Seen::Button, "Show code").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Image, "Safety number as a code");
    harness.get_by_role_and_label(Seen::CheckBox, "We compared, they are the same").click();
    harness.run_steps(4);
    assert_eq!(fake.private_wishes(), [PrivateWish::Verified(BEN, true)]);
    change(&fake, |shown| shown.verified = true);
    harness.run_steps(4);
    harness.get_by_label("Verified: you compared the safety number");
    harness.get_by_role_and_label(Seen::Button, "Hide code").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Button, "Block Ben").click();
    harness.run_steps(4);
    assert_eq!(fake.private_wishes(), [PrivateWish::Block(BEN, true)]);
    change(&fake, |shown| shown.blocked = true);
    harness.run_steps(4);
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none());
    harness.get_by_label("You have blocked Ben.");
}

#[test]
fn a_changed_key_stops_sending_until_it_was_looked_at() {
    let other = IdentityId([9; 32]);
    let fake = with_ben(|shown| {
        shown.verified = true;
        shown.changed = Some(other);
        shown.unread = vec![MessageId([1; 16])];
    });
    let mut harness = open(&fake);
    harness.get_by_label("Ben’s key has changed");
    harness.get_by_label(&format!("Safety number: {}", SafetyNumber::of(OWN, other)));
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none(), "nothing can be sent");
    harness.get_by_label("Sending is stopped until you have looked at Ben’s new key");
    assert_eq!(fake.private_wishes(), [], "nobody is told that anything was seen");
    harness.check_accessibility();
    for (label, want) in [
        ("Go on unverified", vec![PrivateWish::Accept(BEN)]),
        ("They match: verify", vec![PrivateWish::Accept(BEN), PrivateWish::Verified(BEN, true)]),
        ("They differ: block", vec![PrivateWish::Block(BEN, true)]),
    ] {
        harness.get_by_role_and_label(Seen::Button, label).click();
        harness.run_steps(4);
        assert_eq!(fake.private_wishes(), want, "{label}");
    }
}

#[test]
fn what_cannot_be_read_is_shown_as_that() {
    let fake = with_ben(|shown| (shown.unreadable, shown.missing) = (2, 1));
    let harness = open(&fake);
    harness.get_by_label("2 messages cannot be read here");
    harness.get_by_label("One message did not come.");
}

#[test]
fn the_room_says_who_may_write_to_whom() {
    let fake = with_ben(|_| {});
    fake.lock().state.private_chat = PrivateChat::Instructor;
    let mut harness = open(&fake);
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none(), "Ben is no instructor");
    assert!(harness.query_all_by_label_contains("In this room one of the two is an instructor.").count() >= 1);
    fake.lock().state.private_chat = PrivateChat::Off;
    harness.run_steps(4);
    assert!(harness.query_all_by_label("Private chat is off in this room.").count() >= 1);
    // Staff may, among themselves.
    fake.lock().state.me = Some(lectern::class::Me { id: PersonId(2), name: "Ana".into(), role: Role::Assistant });
    harness.run_steps(4);
    assert!(harness.query_by_role(Seen::MultilineTextInput).is_none(), "Ben is a student");
    assert!(harness.query_all_by_label_contains("but for assistants and instructors among themselves").count() >= 1);
    row(&harness, "Ms Novak").click();
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::MultilineTextInput, "Write to Ms Novak");
    // A server that gives out another key for this member is said in the list.
    fake.lock().private.own_right = Some(false);
    harness.run_steps(4);
    harness.get_by_label_contains("The server gives others a key for you that is not yours");
}

#[test]
fn the_line_of_the_room_stands_with_the_room() {
    let fake = with_ben(|_| {});
    fake.lock().state.identities = [(PersonId(2), OWN), (BEN, BENS)].into();
    let mut harness = open(&fake);
    row(&harness, "Room chat").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "About this chat").click();
    harness.run_steps(4);
    harness.get_by_label(&lectern_proto::chat::verify::fingerprint_line([OWN, BENS]).join(" "));
}

#[test]
fn what_is_typed_into_the_search_leaves_who_has_it() {
    let fake = with_ben(|_| {});
    let mut harness = open(&fake);
    let type_words = |harness: &mut Screen, words: &str| {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::F);
        harness.run_ok();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        harness.event(egui::Event::Text(words.into()));
        harness.run_steps(4);
    };
    let is_listed = |harness: &Screen| harness.query_all_by_role(Seen::ListItem).any(|n| n.accesskit_node().label().as_deref() == Some("Ben"));
    for (words, want) in [("BE", true), ("round 2", true), ("nowhere", false)] {
        type_words(&mut harness, words);
        assert_eq!(is_listed(&harness), want, "{words}");
    }
}

#[test]
fn texts_of_others_are_text_here_too() {
    let fake = with_ben(|shown| shown.items.push_back(item(2, false, "\u{202E}evil שלום\u{2066}", ItemState::Received)));
    let harness = open(&fake);
    row(&harness, "Ben, \u{FFFD}evil שלום\u{FFFD}");
}

fn file(id: u8, own: bool, state: FileState) -> Item {
    let info = FileInfo { name: "notes.pdf".into(), size: 2_450_000, digest: [7; 32] };
    Item { file: Some(Arc::new(Attachment { info, state })), ..item(id, own, "notes.pdf", if own { ItemState::Read } else { ItemState::Received }) }
}

#[test]
fn a_file_is_offered_fetched_and_shown() {
    let fake = with_ben(|shown| shown.items.push_back(file(2, false, FileState::There)));
    fake.lock().picked = Some(Some("/home/ana/plan.odt".into()));
    let mut harness = open(&fake);
    row(&harness, "Ben, notes.pdf");
    fake.take();
    harness.get_by_role_and_label(Seen::Button, "Download: notes.pdf").click();
    harness.run_ok();
    assert_eq!(fake.private_wishes(), [PrivateWish::Download { of: BEN, id: MessageId([2; 16]) }]);
    change(&fake, |shown| shown.items[1] = file(2, false, FileState::Coming { bytes: 1_225_000 }));
    harness.run_steps(2);
    let bar = harness.get_by_role_and_label(Seen::ProgressIndicator, "notes.pdf");
    assert_eq!(bar.accesskit_node().numeric_value(), Some(50.0));
    // Written: where it is can be shown.
    change(&fake, |shown| shown.items[1] = file(2, false, FileState::Here([][..].into())));
    fake.lock().private.saved.insert(MessageId([2; 16]), "/home/ana/Downloads/notes.pdf".into());
    harness.run_steps(2);
    let said = |harness: &Screen, what: &str| harness.query_all_by_label_contains(what).count() > 0;
    assert!(said(&harness, "saved as /home/ana/Downloads/notes.pdf"));
    harness.get_by_role_and_label(Seen::Button, "Show in folder: notes.pdf").click();
    harness.run_ok();
    assert!(fake.take().contains(&Call::ShowFolder("/home/ana/Downloads".into())));
    // One's own, by the system's dialog.
    harness.get_by_role_and_label(Seen::Button, "Attach a file").click();
    harness.run_steps(3);
    let max = lectern_proto::limits::CHAT_ATTACHMENT_MAX;
    assert_eq!(fake.private_wishes(), [PrivateWish::Attach { to: BEN, path: "/home/ana/plan.odt".into(), max }]);
    // Too large: in words, with both sizes.
    fake.lock().written = Some(Err(ChatError::Write(WriteError::TooLarge { size: 30_000_000, max: 20_971_520 })));
    harness.get_by_role_and_label(Seen::Button, "Attach a file").click();
    harness.run_steps(4);
    assert!(said(&harness, "This file has 30 MB, and this class allows 21 MB"));
    change(&fake, |shown| shown.items[1] = file(2, true, FileState::Theirs));
    harness.run_steps(2);
    assert!(said(&harness, "Fetched"));
}

#[test]
fn nothing_lies_over_a_conversation_that_its_list_says_already() {
    let fake = with_ben(|_| {});
    let mut harness = enter(&fake);
    harness.query_all_by_role(Seen::Button).find(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Chat"))).unwrap().click();
    harness.run_steps(4);
    change(&fake, |shown| shown.unread = vec![MessageId([1; 16])]);
    harness.run_steps(4);
    row(&harness, "Ben, 1");
    assert!(harness.query_by_label_contains("Ben wrote:").is_none());
    // Where there is no room for the list, it is told.
    change(&fake, |shown| shown.unread.clear());
    harness.set_size(egui::vec2(700.0, 800.0));
    harness.run_steps(4);
    change(&fake, |shown| {
        shown.items.push_back(item(3, false, "And now?", ItemState::Received));
        shown.unread = vec![MessageId([3; 16])];
    });
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Button, "Ben wrote: And now?").click();
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("Ben wrote:").is_none());
    row(&harness, "Ben, And now?");
}

#[test]
fn who_is_away_can_be_written_to_where_both_have_accounts() {
    let fake = Fake::joined(Role::Student);
    let cem = PersonId(1 << 40);
    {
        let mut shared = fake.lock();
        (shared.private.own, shared.private.own_right, shared.private.keeping) = (Some(OWN), Some(true), Keeping::Lesson);
        let owner = MailboxOwner { person: cem, name: "Cem".into(), role: Role::Student, identity: BENS };
        shared.state.mailboxes.insert(cem, owner);
    }
    let mut harness = enter(&fake);
    harness.query_all_by_role(Seen::Button).find(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Chat"))).unwrap().click();
    harness.run_ok();
    harness.get_by_label("Your keys last for this lesson. Log in with an account, and people can write to you while you are away.");
    let mut shown = Shown { identity: Some(BENS), ..Shown::default() };
    shown.items.push_back(item(2, true, "see you on Monday", ItemState::Kept));
    fake.lock().private.conversations.insert(cem, Arc::new(shown));
    harness.run_steps(4);
    row(&harness, "Cem, Will be delivered when Cem is there").click();
    harness.run_ok();
    // From a lesson's keys nothing can wait.
    harness.get_by_label("Cem has left the class.");
    fake.lock().private.keeping = Keeping::Account;
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::MultilineTextInput, "Write to Cem");
    harness.check_accessibility();
}

#[test]
fn a_kept_conversation_is_deleted_after_one_question() {
    let fake = with_ben(|_| {});
    let mut harness = open(&fake);
    harness.get_by_role_and_label(Seen::Button, "About this chat").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("Kept on this computer").is_none(), "nothing is kept of him");
    fake.lock().private.kept = Arc::new([(BEN, "Ben".to_owned())].into());
    harness.run_steps(4);
    harness.get_by_label("Kept on this computer");
    for (answer, wishes) in [("Cancel", vec![]), ("Delete", vec![PrivateWish::Forget(BEN)])] {
        harness.get_by_role_and_label(Seen::Button, "Delete this conversation…").scroll_to_me();
        harness.run_steps(4);
        harness.get_by_role_and_label(Seen::Button, "Delete this conversation…").click();
        harness.run_steps(4);
        harness.get_by_label_contains("What Ben and your other computers keep stays there.");
        harness.get_by_role_and_label(Seen::Button, answer).click();
        harness.run_steps(4);
        assert_eq!(fake.private_wishes().into_iter().filter(|wish| matches!(wish, PrivateWish::Forget(_))).collect::<Vec<_>>(), wishes);
    }
    harness.check_accessibility();
}

/// Somebody who is not in the class has the name that they had; what they wrote is there.
#[test]
fn a_kept_conversation_with_who_is_not_here_has_a_name() {
    let fake = Fake::joined(Role::Student);
    let dora = PersonId(77);
    let shown = Shown { items: [item(1, false, "see you tomorrow", ItemState::Received)].into(), gone: true, ..Shown::default() };
    let mut shared = fake.lock();
    shared.private.own = Some(OWN);
    shared.private.keeping = Keeping::Account;
    shared.private.conversations.insert(dora, Arc::new(shown));
    shared.private.kept = Arc::new([(dora, "Dora".to_owned())].into());
    drop(shared);
    let mut harness = enter(&fake);
    harness.query_all_by_role(Seen::Button).find(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Chat"))).unwrap().click();
    harness.run_ok();
    row(&harness, "Dora").click();
    harness.run_ok();
    row(&harness, "Dora, see you tomorrow");
}
