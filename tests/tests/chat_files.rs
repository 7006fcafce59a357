//! Files of private chat between two programs over a real server: each that is asked for comes, whatever became of it before.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lectern::chat::{Chat, ChatError, ChatState, FileState};
use lectern::class::{Class, ClassState};
use lectern_proto::chat::content::MessageId;
use lectern_proto::control::{ChatEvent, Event, PersonId};
use lectern_tests::middle::{Middle, Turned};
use lectern_tests::playback::join_link;
use lectern_tests::stack::{Stack, turn};

/// Something that is always due: nothing here takes as long on a loaded machine.
const SOON: Duration = Duration::from_secs(60);

/// A server that keeps back what people write to each other while it is told to, and changes nothing.
struct KeepsBack(Arc<AtomicBool>);

impl Turned for KeepsBack {
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)> {
        let is_kept = self.0.load(Ordering::Relaxed) && matches!(event, Event::Chat(ChatEvent::Received { .. }));
        if is_kept { Vec::new() } else { vec![(to, event)] }
    }
}

async fn soon<T>(what: &str, done: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, done).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

async fn find(class: &Class, name: &str) -> PersonId {
    let find = |s: &ClassState| s.people.iter().find(|p| p.name == name && s.identities.contains_key(&p.id)).map(|p| p.id);
    find(&soon(name, class.wait_for(|s| find(s).is_some())).await.expect("joined")).expect("there")
}

fn state(chat: &ChatState, of: PersonId, file: MessageId) -> Option<FileState> {
    chat.item(of, file).and_then(|i| i.file.as_ref()).map(|f| f.state.clone())
}

/// Offers a file and waits until the other knows of it.
async fn offer(from: &Chat, to: PersonId, at: (&Chat, PersonId), said: &[u8]) -> MessageId {
    let id = soon("an offer", from.attach(to, "notes.txt".into(), said.into())).await.expect("offered");
    soon("the offer comes", at.0.wait_for(|s| state(s, at.1, id) == Some(FileState::There))).await.expect("a chat");
    id
}

async fn fetched(chat: &Chat, of: PersonId, id: MessageId, folder: &Path) -> Vec<u8> {
    let path = soon("a download", chat.download(of, id, folder.to_owned())).await.expect("fetched");
    std::fs::read(path).expect("written")
}

#[test]
fn a_file_comes_whenever_it_is_asked_for_also_after_it_did_not() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let folder = stack.path("fetched");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let keeps_back = Arc::new(AtomicBool::new(false));
        let (middle, link) = Middle::before(&stack, KeepsBack(Arc::clone(&keeps_back))).await.expect("in the middle");
        let (ana, ben) = (join_link(link.clone(), "ana").await.expect("in"), join_link(link, "ben").await.expect("in"));
        let begin = |class: &Class| Arc::new(Chat::start(class, Arc::new(|| {})).expect("a chat"));
        let (of_ana, of_ben) = (begin(&ana), begin(&ben));
        let (to_ben, to_ana) = (find(&ana, "ben").await, find(&ben, "ana").await);
        // Whoever asks looks at what becomes of this download, not at how the file stood before.
        for n in 0..20u8 {
            let said = [n; 300];
            let id = offer(&of_ana, to_ben, (&of_ben, to_ana), &said).await;
            assert_eq!(fetched(&of_ben, to_ana, id, &folder).await, said, "file {n}");
        }

        let said = b"the heron waits below the weir".repeat(2_000);
        let id = offer(&of_ana, to_ben, (&of_ben, to_ana), &said).await;
        keeps_back.store(true, Ordering::Relaxed);
        let (chat, at) = (Arc::clone(&of_ben), folder.clone());
        let first = tokio::spawn(async move { chat.download(to_ana, id, at).await });
        soon("it is asked for", of_ben.wait_for(|s| matches!(state(s, to_ana, id), Some(FileState::Coming { .. })))).await.expect("a chat");
        // Then she is gone, as far as his program is told.
        let (me, identity) = {
            let there = ben.state();
            (there.people.iter().find(|p| p.id == to_ana).expect("there").clone(), there.identities[&to_ana])
        };
        middle.say(to_ben, Event::PersonLeft(to_ana));
        let failed = soon("the first download", first).await.expect("a task");
        assert_eq!(failed, Err(ChatError::NotFetched));
        assert_eq!(state(&of_ben.state(), to_ana, id), Some(FileState::Unavailable));
        // And there again.
        middle.say(to_ben, Event::People(vec![me]));
        middle.say(to_ben, Event::Chat(ChatEvent::Identities(vec![(to_ana, identity)])));
        assert_eq!(find(&ben, "ana").await, to_ana);
        soon("his program knows", of_ben.wait_for(|s| s.conversations.get(&to_ana).is_some_and(|c| !c.gone))).await.expect("a chat");
        assert_eq!(state(&of_ben.state(), to_ana, id), Some(FileState::Unavailable), "what stood there before");
        keeps_back.store(false, Ordering::Relaxed);
        assert_eq!(fetched(&of_ben, to_ana, id, &folder).await, said);
        // What is here is not fetched again, and is not written over.
        keeps_back.store(true, Ordering::Relaxed);
        assert_eq!(fetched(&of_ben, to_ana, id, &folder).await, said);
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 22);
    });
}
