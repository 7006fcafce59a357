//! A person at a real window writes to the room and to one person, and reads what comes: by mouse and keys, against a real server.

use std::sync::Arc;
use std::time::Duration;

use lectern::chat::{Chat, ItemState};
use lectern_tests::desk::{Area, Desk};
use lectern_tests::playback::join;
use lectern_tests::stack::{PASSWORD, Stack, turn, wait_until};

const SOON: Duration = Duration::from_secs(60);
/// In a window of 1280x800: the third entry of a student's rail, and the second conversation; places in them beside words and pictures.
const CHAT: (u32, u32) = (36, 186);
const CHAT_FILL: Area = Area { x: 10, y: 176, width: 3, height: 3 };
const SECOND: (u32, u32) = (200, 136);
const SECOND_FILL: Area = Area { x: 260, y: 116, width: 3, height: 3 };

/// Whether a place is as light as what is chosen; what lies around it is darker.
fn is_chosen(desk: &Desk, area: Area) -> bool {
    let grey = desk.look(area, "gray").expect("a look");
    grey.iter().all(|level| (46..80).contains(level))
}

#[test]
fn a_person_writes_to_the_room_and_to_somebody() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let desk = Desk::new(1_280, 800, false).expect("a desk");
    let window = desk.window(&["--join", &stack.join(), "--name", "ana", "--password", PASSWORD]).expect("a window");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ben = runtime.block_on(join(&stack, "ben")).expect("joined");
    let chat = Chat::start(&ben, Arc::new(|| {})).expect("a chat");
    let there = ben.wait_for(|s| s.people.iter().any(|p| p.name == "ana" && s.identities.contains_key(&p.id)));
    let state = runtime.block_on(async { tokio::time::timeout(SOON, there).await }).expect("ana has keys in time").expect("a class");
    let ana = state.people.iter().find(|p| p.name == "ana").expect("ana").id;
    let click_until = |at: (u32, u32), area| {
        let done = wait_until(SOON, || window.click(at.0, at.1).is_ok() && wait_until(Duration::from_secs(3), || is_chosen(&desk, area)));
        if !done {
            let shot = std::env::temp_dir().join("lectern-no-chat.png");
            desk.screenshot(&shot).expect("a picture");
            panic!("nothing is chosen at {at:?}; see {}", shot.display());
        }
    };
    // Without a window manager keys go nowhere before this.
    window.key("Shift_L").expect("a key");
    click_until(CHAT, CHAT_FILL);
    // The field has the focus by itself.
    window.type_text("good morning").expect("typing");
    window.key("Return").expect("a key");
    let said = ben.wait_for(|s| s.talk.messages().any(|m| m.name == "ana" && m.text == "good morning"));
    runtime.block_on(async { tokio::time::timeout(SOON, said).await }).expect("the room reads it in time").expect("a class");

    let id = runtime.block_on(chat.write(ana, "only you".into())).expect("written");
    let is = |state: ItemState| {
        move |s: &lectern::chat::ChatState| s.conversations.get(&ana).is_some_and(|c| c.items.iter().any(|i| i.id == id && i.state == state))
    };
    runtime.block_on(async { tokio::time::timeout(SOON, chat.wait_for(is(ItemState::Delivered))).await }).expect("delivered in time").expect("a chat");
    click_until(SECOND, SECOND_FILL);
    runtime.block_on(async { tokio::time::timeout(SOON, chat.wait_for(is(ItemState::Read))).await }).expect("it is seen in time").expect("a chat");
    window.type_text("and you").expect("typing");
    window.key("Return").expect("a key");
    let answered = chat.wait_for(|s| s.conversations.get(&ana).is_some_and(|c| c.items.iter().any(|i| !i.own && &*i.text == "and you")));
    runtime.block_on(async { tokio::time::timeout(SOON, answered).await }).expect("answered in time").expect("a chat");
}
