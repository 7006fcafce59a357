//! Private chat over a malicious server: a real one, whose key somebody has who stands before it and does to chat what they want.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lectern::chat::{Chat, ChatError, ItemState, WriteError};
use lectern::class::Class;
use lectern_proto::chat::keys::{Bundle, Keys};
use lectern_proto::chat::message::Message;
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{ChatEvent, Event, PersonId};
use lectern_tests::middle::{Middle, Turned};
use lectern_tests::playback::{join, join_link};
use lectern_tests::stack::{Stack, turn};

/// Something that is always due: nothing here takes as long on a loaded machine.
const SOON: Duration = Duration::from_secs(40);

fn begin(class: &Class) -> Chat {
    Chat::start(class, Arc::new(|| {})).expect("a chat")
}

async fn person(class: &Class, name: &str) -> PersonId {
    let find = |s: &lectern::class::ClassState| s.people.iter().find(|p| p.name == name && s.identities.contains_key(&p.id)).map(|p| p.id);
    let state = tokio::time::timeout(SOON, class.wait_for(|s| find(s).is_some())).await.expect("in time").expect("joined");
    find(&state).expect("there")
}

/// Texts that `chat` shows of somebody, in their order.
fn shown(chat: &Chat, of: PersonId) -> Vec<String> {
    let state = chat.state();
    state.conversations.get(&of).map(|c| c.items.iter().filter(|i| !i.own).map(|i| i.text.to_string()).collect()).unwrap_or_default()
}

/// A server that does this to each parcel, and nothing else. Of everybody it says the identity that is right.
struct Parcels<F> {
    change: F,
    identities: HashMap<PersonId, IdentityId>,
}

impl<F: FnMut(PersonId, PersonId, Parcel) -> Vec<(PersonId, PersonId, Parcel)> + Send + 'static> Turned for Parcels<F> {
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)> {
        match event {
            Event::Chat(ChatEvent::Received { from, identity, parcel, stamp }) => {
                self.identities.insert(from, identity);
                let instead = (self.change)(to, from, *parcel);
                let received = |(to, from, parcel)| {
                    let identity = *self.identities.get(&from)?;
                    Some((to, Event::Chat(ChatEvent::Received { from, identity, parcel: Box::new(parcel), stamp })))
                };
                instead.into_iter().filter_map(received).collect()
            }
            event => vec![(to, event)],
        }
    }
}

#[test]
fn what_is_changed_repeated_mixed_or_kept_back_is_never_shown_and_comes_in_the_end() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let lies = Arc::new(AtomicBool::new(false));
        let (is_lying, mut n, mut old) = (Arc::clone(&lies), 0, None::<Parcel>);
        // One after the other: bits flipped, cut off, doubled, with an older message under the envelope, in the other direction, kept.
        let change = move |to: PersonId, from: PersonId, parcel: Parcel| {
            if !is_lying.load(Ordering::Relaxed) {
                old = Some(parcel.clone());
                return vec![(to, from, parcel)];
            }
            n += 1;
            let with = |change: &dyn Fn(&mut Message)| {
                let mut message = parcel.message.clone();
                change(&mut message);
                Parcel { envelope: parcel.envelope.clone(), message }
            };
            match n % 6 {
                0 => vec![(to, from, with(&|m| m.sealed[40] ^= 1)), (to, from, with(&|m| m.counter += 1)), (to, from, with(&|m| m.commitment[0] ^= 1))],
                1 => vec![(to, from, with(&|m| m.sealed.truncate(100)))],
                2 => vec![(to, from, parcel.clone()), (to, from, parcel)],
                3 => old.iter().flat_map(|old| [(to, from, old.clone()), (to, from, Parcel { envelope: parcel.envelope.clone(), ..old.clone() })]).collect(),
                4 => vec![(from, to, parcel)],
                _ => vec![],
            }
        };
        let turned = Parcels { change, identities: HashMap::new() };
        let (_middle, link) = Middle::before(&stack, turned).await.expect("in the middle");
        let (ana, ben) = (join_link(link.clone(), "ana").await.expect("joined"), join_link(link, "ben").await.expect("joined"));
        let (of_ana, of_ben) = (begin(&ana), begin(&ben));
        let (to_ben, to_ana) = (person(&ana, "ben").await, person(&ben, "ana").await);
        of_ana.write(to_ben, "before".into()).await.expect("taken");
        tokio::time::timeout(SOON, of_ben.wait_for(|s| s.conversations.contains_key(&to_ana))).await.expect("in time").expect("there");
        lies.store(true, Ordering::Relaxed);
        let said: Vec<_> = (0..12).map(|i| format!("message {i}")).collect();
        for text in &said {
            of_ana.write(to_ben, text.clone()).await.expect("taken");
            // Whatever is shown was written.
            assert!(shown(&of_ben, to_ana).iter().all(|t| t == "before" || said.contains(t)));
        }
        lies.store(false, Ordering::Relaxed);
        let all = tokio::time::timeout(SOON, of_ben.wait_for(|s| s.conversations[&to_ana].items.len() == 13)).await;
        let state = all.expect("all come when it stops").expect("there");
        let mut came = shown(&of_ben, to_ana);
        assert_eq!(came.len(), 13, "once each: {came:?}");
        came.sort();
        let mut want: Vec<_> = said.iter().cloned().chain(["before".to_owned()]).collect();
        want.sort();
        assert_eq!(came, want);
        assert!(state.conversations[&to_ana].unreadable > 0, "it is said that something could not be read");
        assert_eq!(state.conversations[&to_ana].missing, 0, "nothing is missing any more");
        let arrived = |s: &lectern::chat::ChatState| s.conversations[&to_ben].items.iter().all(|i| i.state == ItemState::Delivered);
        tokio::time::timeout(SOON, of_ana.wait_for(arrived)).await.expect("in time").expect("all confirmed");
        assert_eq!(shown(&of_ana, to_ben), Vec::<String>::new(), "nothing comes back to its sender");
    });
}

/// A server that puts keys of its own in somebody's place, for everybody else.
struct Swaps {
    whom: Arc<Mutex<Option<PersonId>>>,
    own: Bundle,
    id: IdentityId,
}

impl Turned for Swaps {
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)> {
        let whom = *self.whom.lock().expect("unharmed");
        let event = match event {
            Event::Chat(ChatEvent::Identities(mut all)) => {
                all.iter_mut().filter(|(person, _)| Some(*person) == whom).for_each(|(_, id)| *id = self.id);
                Event::Chat(ChatEvent::Identities(all))
            }
            Event::Chat(ChatEvent::KeysOf { request, result: Ok(_) }) if whom.is_some() => {
                Event::Chat(ChatEvent::KeysOf { request, result: Ok(Box::new(self.own.clone())) })
            }
            event => event,
        };
        vec![(to, event)]
    }
}

#[test]
fn swapped_keys_stop_the_writer_and_warn_the_other() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let keys = Keys::generate(&mut rand::rng()).expect("keys");
    runtime.block_on(async {
        let whom = Arc::new(Mutex::new(None));
        let swaps = Swaps { whom: Arc::clone(&whom), own: keys.bundle().clone(), id: keys.id() };
        let (middle, link) = Middle::before(&stack, swaps).await.expect("in the middle");
        let (ana, ben) = (join_link(link.clone(), "ana").await.expect("joined"), join_link(link, "ben").await.expect("joined"));
        let (of_ana, of_ben) = (begin(&ana), begin(&ben));
        let to_ben = person(&ana, "ben").await;
        of_ana.write(to_ben, "before".into()).await.expect("taken");
        *whom.lock().expect("unharmed") = Some(to_ben);
        for all in [&ana, &ben] {
            let me = all.state().me.as_ref().expect("joined").id;
            middle.say(me, Event::Chat(ChatEvent::Identities(vec![(to_ben, keys.id())])));
        }
        let changed = of_ana.wait_for(|s| s.conversations[&to_ben].changed == Some(keys.id()));
        tokio::time::timeout(SOON, changed).await.expect("in time").expect("seen");
        assert_eq!(of_ana.write(to_ben, "secret".into()).await, Err(ChatError::Write(WriteError::Changed)));
        let warned = of_ben.wait_for(|s| s.own_right == Some(false));
        tokio::time::timeout(SOON, warned).await.expect("in time").expect("Ben is told that others are told another key");
        // The server takes it back, and nothing was lost by it.
        *whom.lock().expect("unharmed") = None;
        for all in [&ana, &ben] {
            let me = all.state().me.as_ref().expect("joined").id;
            middle.say(me, Event::Chat(ChatEvent::Identities(vec![(to_ben, of_ben.identity().await.expect("keys"))])));
        }
        let back = of_ana.wait_for(|s| s.conversations[&to_ben].changed.is_none());
        tokio::time::timeout(SOON, back).await.expect("in time").expect("seen");
        of_ana.write(to_ben, "after".into()).await.expect("taken");
    });
}

#[test]
fn reports_prove_who_wrote_and_blocking_holds() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let key = stack.instructor().parse().expect("a link");
        let kim = join_link(key, "Ms Kim").await.expect("joined");
        let (ana, eve) = (join(&stack, "ana").await.expect("joined"), join(&stack, "eve").await.expect("joined"));
        let (of_kim, of_ana, of_eve) = (begin(&kim), begin(&ana), begin(&eve));
        let (to_eve, to_kim, to_ana) = (person(&ana, "eve").await, person(&ana, "Ms Kim").await, person(&eve, "ana").await);
        of_eve.write(to_ana, "a threat".into()).await.expect("taken");
        of_eve.write(to_ana, "and more".into()).await.expect("taken");
        let two = of_ana.wait_for(|s| s.conversations.get(&to_eve).is_some_and(|c| c.items.len() == 2));
        let state = tokio::time::timeout(SOON, two).await.expect("in time").expect("there");
        let id = state.conversations[&to_eve].items[0].id;
        of_ana.report(to_eve, vec![id], to_kim).await.expect("reported");
        let reports = of_kim.wait_for(|s| !s.reports.is_empty());
        let reports = &tokio::time::timeout(SOON, reports).await.expect("in time").expect("there").reports;
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].wrote, reports[0].by, reports[0].text.as_str(), reports[0].proven), (to_eve, to_ana, "a threat", Some(true)));
        of_ana.block(to_eve, true);
        tokio::time::timeout(SOON, of_ana.wait_for(|s| s.conversations[&to_eve].blocked)).await.expect("in time").expect("blocked");
        let id = of_eve.write(to_ana, "once more".into()).await.expect("who is blocked is not told");
        assert_eq!(of_ana.write(to_eve, "no".into()).await, Err(ChatError::Write(WriteError::Blocked)));
        let state = of_eve.state();
        let item = state.conversations[&to_ana].items.iter().find(|i| i.id == id).expect("there").clone();
        assert!(matches!(item.state, ItemState::Sent | ItemState::Waiting), "{item:?}");
        assert_eq!(shown(&of_ana, to_eve).len(), 2);
        // Not in the class: nothing is written to anybody.
        let nobody = of_ana.write(PersonId(999_999), "hello".into()).await;
        assert_eq!(nobody, Err(ChatError::Write(WriteError::Gone)));
    });
}
