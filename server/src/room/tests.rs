//! The room's task without sockets: entries are made as sessions make them.

mod tools;
mod voices;

use std::time::Duration;

use lectern_proto::control::{AheadProgress, ChatEvent, CloseReason, Event, Person, PersonId, Role, TalkEvent, TalkRules, VideoId, VideoState};
use lectern_proto::limits::{CATALOGUE_PAGE, CONTROL_QUEUE};

use super::*;
use crate::store::StoreUrl;
use lectern_proto::chat::KeyId;
use lectern_proto::chat::message::Message;
use lectern_proto::control::CatalogueEntry;
use lectern_proto::control::{LiveSound, StreamKind};
use lectern_proto::rights::{Action, Right};

struct Stage {
    room: Room,
    catalogue: watch::Sender<Catalogue>,
    stop: CancellationToken,
    tasks: TaskTracker,
    store: Store,
    dir: tempfile::TempDir,
}

fn ladder() -> Vec<RungSpec> {
    vec![RungSpec { name: "360p".into(), box_width: 640, box_height: 360, bitrate_bps: 700_000 }]
}

async fn stage(people: usize) -> Stage {
    stage_in(tempfile::tempdir().expect("a directory"), people).await
}

/// A room whose database lies there.
async fn stage_in(dir: tempfile::TempDir, people: usize) -> Stage {
    let (catalogue, told) = watch::channel(Catalogue::default());
    let media = Arc::new(RoomMedia::new(1, Arc::default(), None));
    let store = Store::open(&StoreUrl::Sqlite(dir.path().join("a.db"))).await.expect("opened");
    let (clock, tasks, stop) = (Clock::start(), TaskTracker::new(), CancellationToken::new());
    let recorder = Recorder::new(dir.path().to_owned(), clock, tasks.clone(), stop.clone());
    let rungs = RungMaker::new("no-worker".into(), 1 << 30, clock, tasks.clone(), stop.clone());
    let parts = RoomParts {
        name: "class".into(),
        together: true,
        private_chat: PrivateChat::All,
        attachment_max: 1 << 20,
        mail_days: 14,
        room_chat: true,
        stamps: lectern_proto::chat::stamp::StampKey([1; 32]),
        people,
        media,
        ladder: ladder(),
        live_ladder: ladder(),
        rungs,
        recorder,
        labs: Arc::default(),
        catalogue: told,
        store: store.clone(),
        clock,
    };
    Stage { room: Room::start(parts, &tasks, stop.clone()), catalogue, stop, tasks, store, dir }
}

impl Stage {
    /// The same room after the end and the next start of the server.
    async fn restarted(self, people: usize) -> Self {
        let Self { stop, tasks, store, dir, room, .. } = self;
        stop.cancel();
        drop(room);
        tasks.close();
        tasks.wait().await;
        store.close().await;
        stage_in(dir, people).await
    }

    async fn enter(&self, person: u64, role: Role, connection: u64) -> Result<(Admission, Presence, Inbox), LoginRefusal> {
        let (outbox, inbox) = queue();
        let (origin, is_new, code, waits) = (Origin::from(std::net::IpAddr::from([192, 0, 2, 1])), true, None, None);
        let entry = Entry { person: PersonId(person), name: "Ana".into(), role, origin, is_new, connection: ConnectionId(connection), outbox, code, waits };
        self.room.enter(entry).await.map(|(admission, presence)| (admission, presence, inbox))
    }
}

async fn next(inbox: &mut Inbox) -> Event {
    let event = tokio::time::timeout(Duration::from_secs(10), inbox.events.recv()).await.expect("an event in time");
    Event::clone(&event.expect("an open queue"))
}

async fn until(inbox: &mut Inbox, what: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = next(inbox).await;
        if what(&event) {
            return event;
        }
    }
}

fn entry(n: usize) -> (VideoId, Arc<CatalogueEntry>) {
    let id = VideoId(format!("{n:016x}"));
    let entry = CatalogueEntry {
        id: id.clone(),
        title: n.to_string(),
        duration_us: 0,
        width: 0,
        height: 0,
        rungs: Vec::new(),
        state: VideoState::Waiting,
        thumbnail: None,
        damage: None,
    };
    (id, Arc::new(entry))
}

#[tokio::test]
async fn the_first_state_comes_in_order_and_in_pages() {
    let stage = stage(10).await;
    stage.catalogue.send_replace(Arc::new((0..CATALOGUE_PAGE + 1).map(entry).collect()));
    let (_, _first, mut first_inbox) = stage.enter(1, Role::Student, 1).await.expect("room");
    until(&mut first_inbox, |e| matches!(e, Event::Videos(v) if v.len() == 1)).await;
    let (admission, _presence, mut inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    assert_eq!(admission.name, "Ana (2)");
    assert!(matches!(next(&mut inbox).await, Event::People(p) if p.len() == 2));
    assert!(matches!(next(&mut inbox).await, Event::Videos(v) if v.len() == CATALOGUE_PAGE));
    assert!(matches!(next(&mut inbox).await, Event::Videos(v) if v.len() == 1));
    assert_eq!(next(&mut inbox).await, Event::Together { on: true });
    assert_eq!(next(&mut inbox).await, Event::Chat(ChatEvent::PrivateChat(PrivateChat::All)));
    assert_eq!(next(&mut inbox).await, Event::Chat(ChatEvent::AttachmentMax(1 << 20)));
    assert_eq!(next(&mut inbox).await, Event::Talk(TalkEvent::Rules(TalkRules::default())));
    assert_eq!(next(&mut inbox).await, Event::Synchronised);
    stage.catalogue.send_modify(|c| {
        let catalogue = Arc::make_mut(c);
        catalogue.pop_first();
    });
    let removed = until(&mut inbox, |e| matches!(e, Event::VideoRemoved(_))).await;
    assert_eq!(removed, Event::VideoRemoved(entry(0).0));
}

#[tokio::test]
async fn who_does_not_read_is_disconnected_and_others_are_not() {
    let stage = stage(10).await;
    let (_, _slow, mut slow) = stage.enter(1, Role::Student, 1).await.expect("room");
    let (_, _quick, mut quick) = stage.enter(2, Role::Student, 2).await.expect("room");
    // More pages than a queue holds, twice: the quick one reads in between.
    let half = |from: usize| (from..from + (CONTROL_QUEUE / 2 + 10) * CATALOGUE_PAGE).map(entry).collect::<Vec<_>>();
    for part in 0..2 {
        let new = half(part * 1_000_000);
        let last = new.last().expect("some").0.clone();
        stage.catalogue.send_modify(|c| Arc::make_mut(c).extend(new));
        until(&mut quick, |e| matches!(e, Event::Videos(v) if v.iter().any(|v| v.id == last))).await;
    }
    assert_eq!((&mut slow.close).await, Ok(CloseReason::Overrun));
    until(&mut quick, |e| matches!(e, Event::People(p) if p.iter().any(|p| p.id == PersonId(1) && !p.connected))).await;
    assert!(quick.close.try_recv().is_err());
}

#[tokio::test]
async fn who_reads_is_not_disconnected_when_everything_goes() {
    let stage = stage(10).await;
    let (_, _presence, mut inbox) = stage.enter(1, Role::Student, 1).await.expect("room");
    let many = CONTROL_QUEUE * 2;
    stage.catalogue.send_replace(Arc::new((0..many).map(entry).collect()));
    until(&mut inbox, |e| matches!(e, Event::Videos(_))).await;
    stage.catalogue.send_replace(Catalogue::default());
    for _ in 0..many {
        until(&mut inbox, |e| matches!(e, Event::VideoRemoved(_))).await;
    }
    assert!(inbox.close.try_recv().is_err());
}

#[tokio::test]
async fn a_removal_rotates_the_key_once_everybody_knows_it() {
    let stage = stage(10).await;
    let (before, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, student, mut student_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    let (_, _third, _third_inbox) = stage.enter(3, Role::Student, 3).await.expect("room");
    assert_eq!(student.remove(PersonId(1)).await, Err(Refusal::NotAllowed));
    assert_eq!(teacher.remove(PersonId(9)).await, Err(Refusal::NoSuchPerson));
    assert_eq!(teacher.remove(PersonId(2)).await, Ok(()));
    assert_eq!((&mut student_inbox.close).await, Ok(CloseReason::Removed { by: "Ana".into() }));
    let Event::MediaEpoch { epoch, room_key } = until(&mut inbox, |e| matches!(e, Event::MediaEpoch { .. })).await else { unreachable!() };
    assert_eq!(epoch, before.epoch + 1);
    assert_ne!(room_key, before.room_key);
    assert_eq!(stage.room.media().keys.current().epoch, before.epoch, "not used before it is known");
    // Who comes now gets both keys, and the one in use first.
    let (late, _late, mut late_inbox) = stage.enter(4, Role::Student, 4).await.expect("room");
    assert_eq!(late.epoch, before.epoch);
    assert_eq!(next(&mut late_inbox).await, Event::MediaEpoch { epoch, room_key });
    // A second removal meanwhile: its key follows when the first is not used any more.
    assert_eq!(teacher.remove(PersonId(3)).await, Ok(()));
    let Event::MediaEpoch { epoch: second, .. } = until(&mut inbox, |e| matches!(e, Event::MediaEpoch { .. })).await else { unreachable!() };
    assert_eq!((second, stage.room.media().keys.current().epoch), (epoch + 1, epoch));
}

#[tokio::test]
async fn a_lesson_is_fetched_ahead_by_everybody_and_counted_for_the_instructor() {
    let stage = stage(10).await;
    let (video, _) = entry(1);
    stage.catalogue.send_replace(Arc::new([entry(1)].into()));
    let lesson = Lesson { video: video.clone(), rung: "360p".into() };
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, early, mut early_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    until(&mut inbox, |e| matches!(e, Event::Videos(_))).await;
    assert_eq!(early.fetch_ahead(Some(lesson.clone())).await, Err(Refusal::NotAllowed));
    let other = |rung: &str, video: &VideoId| Some(Lesson { video: video.clone(), rung: rung.into() });
    assert_eq!(teacher.fetch_ahead(other("4320p", &video)).await, Err(Refusal::NoSuchVideo));
    assert_eq!(teacher.fetch_ahead(other("360p", &entry(2).0)).await, Err(Refusal::NoSuchVideo));
    assert_eq!(teacher.fetch_ahead(Some(lesson.clone())).await, Ok(()));
    until(&mut early_inbox, |e| *e == Event::FetchAhead(Some(lesson.clone()))).await;
    // Who comes later is told too.
    let (_, late, mut late_inbox) = stage.enter(3, Role::Student, 3).await.expect("room");
    until(&mut late_inbox, |e| *e == Event::FetchAhead(Some(lesson.clone()))).await;
    early.fetched_ahead(lesson.clone(), AheadProgress::Fetched { permille: 1_000 });
    late.fetched_ahead(lesson.clone(), AheadProgress::Unable);
    until(&mut inbox, |e| *e == Event::FetchedAhead { ready: 1, of: 2, unable: 1 }).await;
    drop(late);
    until(&mut inbox, |e| *e == Event::FetchedAhead { ready: 1, of: 1, unable: 0 }).await;
    // The video goes, and with it the wish.
    stage.catalogue.send_replace(Catalogue::default());
    let is_count = |e: &Event| matches!(e, Event::FetchedAhead { .. });
    until(&mut early_inbox, |e| !is_count(e) && *e == Event::FetchAhead(None)).await;
    assert_eq!(until(&mut early_inbox, |_| true).await, Event::VideoRemoved(video), "students are not told the count");
}

#[tokio::test]
async fn the_instructor_says_whether_everybody_is_in_one_room_and_everybody_is_told() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, student, mut student_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    for inbox in [&mut inbox, &mut student_inbox] {
        until(inbox, |e| *e == Event::Together { on: true }).await;
    }
    assert_eq!(student.set_together(false).await, Err(Refusal::NotAllowed));
    assert_eq!(teacher.set_together(false).await, Ok(()));
    for inbox in [&mut inbox, &mut student_inbox] {
        until(inbox, |e| *e == Event::Together { on: false }).await;
    }
    let (_, _late, mut late_inbox) = stage.enter(3, Role::Student, 3).await.expect("room");
    until(&mut late_inbox, |e| *e == Event::Together { on: false }).await;
}

#[tokio::test]
async fn one_seat_has_one_connection() {
    let stage = stage(10).await;
    let (_, older, mut older_inbox) = stage.enter(1, Role::Student, 1).await.expect("room");
    let (admission, _newer, mut inbox) = stage.enter(1, Role::Student, 2).await.expect("room");
    assert_eq!(admission.name, "Ana");
    assert_eq!((&mut older_inbox.close).await, Ok(CloseReason::Replaced));
    drop(older);
    until(&mut inbox, |e| *e == Event::Synchronised).await;
    // The end of the older connection is not the end of the person.
    let (_, other, _other_inbox) = stage.enter(2, Role::Student, 3).await.expect("room");
    drop(other);
    let lost = until(&mut inbox, |e| matches!(e, Event::People(p) if p.iter().any(|p| !p.connected))).await;
    assert!(matches!(lost, Event::People(p) if p.iter().all(|p: &Person| p.connected == (p.id == PersonId(1)))));
}

#[tokio::test]
async fn a_full_room_still_has_a_place_for_its_teacher() {
    let stage = stage(1).await;
    let _one = stage.enter(1, Role::Student, 1).await.expect("room");
    assert_eq!(stage.enter(2, Role::Student, 2).await.expect_err("full"), LoginRefusal::RoomFull);
    assert!(stage.enter(3, Role::Instructor, 3).await.is_ok());
    assert!(stage.enter(1, Role::Student, 4).await.is_ok(), "one's own seat");
}

#[tokio::test]
async fn the_end_of_the_room_is_told() {
    let stage = stage(1).await;
    let (_, _presence, mut inbox) = stage.enter(1, Role::Student, 1).await.expect("room");
    stage.stop.cancel();
    assert_eq!((&mut inbox.close).await, Ok(CloseReason::ServerStopping));
    assert!(matches!(stage.enter(2, Role::Student, 2).await, Err(LoginRefusal::Busy { .. })));
}

/// What each request of the room needs, asked by somebody of each role: the room refuses what the table does.
#[tokio::test]
async fn every_role_may_do_what_the_table_says() {
    let parcel = || {
        let message = Message { key: KeyId([1; 16]), counter: 1, commitment: [0; 32], sealed: Vec::new() };
        Box::new(Parcel { envelope: None, message })
    };
    let offer = |kind| Offer { name: "voice".into(), kind, video: None, sound: Some(LiveSound { channels: 1, samples: 960, bps: 64_000 }) };
    for role in Role::ALL {
        let stage = stage(10).await;
        let (_, kim, _kim) = stage.enter(1, Role::Instructor, 1).await.expect("room");
        let (_, _ben, _ben_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
        let (_, me, _me) = stage.enter(3, role, 3).await.expect("room");
        let ben = PersonId(2);
        let nobody = StreamId([9; 16]);
        let asked = [
            (Action::Publish, me.publish(offer(StreamKind::Microphone)).await.map(drop)),
            (Action::StartPodcast, me.publish(offer(StreamKind::Podcast)).await.map(drop)),
            (Action::StartPodcast, me.publish(offer(StreamKind::Recording)).await.map(drop)),
            (Action::PrivateChat, me.send(ben, parcel()).await),
            (Action::Moderate, me.give_stage(ben, true).await),
            (Action::Moderate, me.give_stage(ben, false).await),
            (Action::Moderate, me.quiet(true).await),
            (Action::Moderate, me.quiet(false).await),
            (Action::Administer, me.set_together(true).await),
            (Action::Administer, me.fetch_ahead(None).await),
            (Action::Administer, me.record(nobody, true).await),
            (Action::Moderate, me.remove(ben).await),
        ];
        for (action, result) in asked {
            let refused = matches!(result, Err(Refusal::NotAllowed | Refusal::NoPrivateChat));
            let may = match role.right(action) {
                Right::No => false,
                Right::Yes | Right::BySetting => true,
                Right::WhenGranted => {
                    assert!(refused, "{role:?} {action:?}: not granted yet");
                    kim.give_stage(PersonId(3), true).await.expect("given");
                    assert_eq!(me.publish(offer(StreamKind::Microphone)).await.map(drop), Ok(()), "{role:?}: granted");
                    assert_eq!(me.publish(offer(StreamKind::Podcast)).await, Err(Refusal::NotAllowed), "{role:?}: the stage is not for podcasts");
                    continue;
                }
                Right::OwnFolder => continue,
            };
            assert_eq!(refused, !may, "{role:?} {action:?}: {result:?}");
        }
        if role == Role::Assistant {
            assert_eq!(me.remove(PersonId(1)).await, Err(Refusal::NotAllowed), "nobody puts out who has more rights");
        }
    }
}
