//! Live streams through a real server: units of a publisher come to every viewer, over TCP and UDP, and nothing that one does is
//! felt by another.

#![cfg(unix)]

#[path = "live/parity.rs"]
mod parity;
mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lectern_proto::control::{Event, LiveSound, LiveVideo, Offer, PersonId, Refusal, Request, StreamId, StreamInfo, StreamKind};
use lectern_proto::datagram::client::{DatagramClientCore, Output as Datagram};
use lectern_proto::datagram::{Ask, Tell};
use lectern_proto::limits::{LIVE_BEHIND_MAX, LIVE_PIECE_MAX};
use lectern_proto::live::RECORD_MAX;
use lectern_proto::live::receive::{Content, Received, Receiver, Way};
use lectern_proto::live::record::RecordHeader;
use lectern_proto::media::client::Output;
use lectern_proto::media::{Piece, Reply, Request as MediaRequest};
use support::client::Member;
use support::media::{Ended, Media};
use support::soon;
use support::stage::{Stage, instructor, join};
use tokio::net::UdpSocket;

fn offer(name: &str) -> Offer {
    let video = LiveVideo { rung: "720p".into(), width: 1280, height: 720, rate_milli: 30_000, bps: 2_500_000, avcc: vec![1, 66, 0, 31] };
    Offer { name: name.into(), kind: StreamKind::Camera, video: Some(video), sound: Some(LiveSound { channels: 1, samples: 960, bps: 32_000 }) }
}

async fn publish(member: &mut Member, offer: Offer) -> Result<StreamId, Refusal> {
    member.request(Request::Publish { request: 9, offer }).await;
    member.until("an answer", |e| if let Event::Published { request: 9, result } = e { Some(result) } else { None }).await
}

async fn stream(member: &mut Member) -> StreamInfo {
    member.until("a stream", |e| if let Event::Streams(mut all) = e { all.pop() } else { None }).await
}

/// A publisher with its media connection.
struct Publisher {
    member: Member,
    media: Media,
    stream: StreamId,
}

impl Publisher {
    async fn start(link: &lectern_proto::link::JoinLink, name: &str) -> Self {
        let mut member = Member::enter(link, "Ms Kim").await;
        let stream = publish(&mut member, offer(name)).await.expect("may publish");
        let mut media = Media::open(&member).await;
        media.core.ask(&MediaRequest::Publish { stream });
        assert_eq!(media.next().await, Ok(Output::Said(Reply::Publishing { stream, taken: true })));
        Self { member, media, stream }
    }

    /// Sends a unit in pieces.
    async fn unit(&mut self, track: u8, keyframe: bool, data: &[u8]) {
        let mut rest = data;
        loop {
            let (part, after) = rest.split_at(rest.len().min(LIVE_PIECE_MAX));
            let piece = Piece { track, keyframe, capture_us: 1_000, rest: after.len() as u32, data: Bytes::copy_from_slice(part) };
            self.media.core.ask(&MediaRequest::Piece(piece));
            self.media.flush().await;
            rest = after;
            if rest.is_empty() {
                return;
            }
        }
    }
}

fn receiver(member: &Member, stream: &StreamInfo, track: u16, way: Way) -> Receiver {
    let content = if stream.videos().any(|(number, _)| number == track) { Content::Video } else { Content::Sound };
    let mut receiver = Receiver::new(stream.id, track, content, way);
    receiver.add_key(member.joined.media.epoch, &member.joined.media.room_key);
    receiver
}

/// A viewer over TCP of one track.
struct Viewer {
    media: Media,
    receiver: Receiver,
    track: u16,
}

impl Viewer {
    async fn start(member: &Member, stream: &StreamInfo, track: u16) -> Self {
        let mut media = Media::open(member).await;
        media.core.ask(&MediaRequest::Subscribe { stream: stream.id, track });
        media.flush().await;
        Self { media, receiver: receiver(member, stream, track, Way::Tcp), track }
    }

    /// The next unit, or that there will be none.
    async fn unit(&mut self) -> Option<(u32, Bytes)> {
        loop {
            match self.receiver.poll(Duration::ZERO) {
                Some(Received::Unit(unit)) => return Some((unit.sequence, unit.data)),
                Some(Received::Missing(_)) => continue,
                None => {}
            }
            match self.media.next().await.expect("an open connection") {
                Output::Live { track, records } if track == self.track => records.chunks(RECORD_MAX).for_each(|r| self.receiver.push(Duration::ZERO, r)),
                Output::Said(Reply::StreamOver { track }) if track == self.track => return None,
                _ => {}
            }
        }
    }
}

fn picture(n: u32) -> Vec<u8> {
    (0..40_000 + n * 100).map(|i| (i * 7 + n) as u8).collect()
}

#[tokio::test]
async fn what_is_published_comes_to_everybody_and_ends_with_its_publisher() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let info = stream(&mut ana).await;
    assert_eq!((info.id, info.name.as_str(), info.tracks.len()), (publisher.stream, "camera", 4));
    let (video, _) = info.videos().next_back().expect("pictures");
    let (sound, _) = info.sound().expect("sound");
    let mut early = Viewer::start(&ana, &info, video).await;
    assert_eq!(publisher.media.next().await, Ok(Output::Said(Reply::KeyframeWanted)), "there is nothing to start with");
    for n in 0..5 {
        publisher.unit(0, n % 4 == 0, &picture(n)).await;
    }
    for n in 0..5 {
        assert!(early.unit().await == Some((n, picture(n).into())), "{n}");
    }
    // Who comes later gets the state of the room, and the newest keyframe at once.
    let mut ben = Member::enter(&join(&server), "Ben").await;
    let again = stream(&mut ben).await;
    assert_eq!(again, info);
    let mut late = Viewer::start(&ben, &info, video).await;
    assert!(late.unit().await == Some((4, picture(4).into())));
    let mut listener = Viewer::start(&ben, &info, sound).await;
    publisher.unit(1, true, b"packet").await;
    assert_eq!(listener.unit().await, Some((0, Bytes::from_static(b"packet"))));
    drop(publisher.media);
    drop(publisher.member);
    let over = ana.until("the end", |e| if let Event::StreamEnded(id) = e { Some(id) } else { None }).await;
    assert_eq!(over, info.id);
    assert_eq!((early.unit().await, late.unit().await, listener.unit().await), (None, None, None));
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_publish_is_told_why() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut student = Member::enter(&join(&server), "Ana").await;
    assert_eq!(publish(&mut student, offer("camera")).await, Err(Refusal::NotAllowed));
    let mut kim = Member::enter(&instructor(&server), "Ms Kim").await;
    let mut lee = Member::enter(&instructor(&server), "Mr Lee").await;
    let first = publish(&mut kim, offer("camera")).await.expect("may publish");
    assert_eq!(publish(&mut lee, offer("camera")).await, Err(Refusal::NameTaken));
    let second = publish(&mut kim, offer("camera")).await.expect("takes the place of her own");
    let ended = lee.until("the first ends", |e| if let Event::StreamEnded(id) = e { Some(id) } else { None }).await;
    assert!(ended == first && first != second);
    for (what, bad) in [
        ("no name", Offer { name: " ".into(), ..offer("") }),
        ("nothing", Offer { video: None, sound: None, ..offer("x") }),
        ("no such rung", Offer { video: offer("x").video.map(|v| LiveVideo { rung: "8k".into(), ..v }), ..offer("x") }),
        ("no size", Offer { video: offer("x").video.map(|v| LiveVideo { width: 0, ..v }), ..offer("x") }),
    ] {
        assert_eq!(publish(&mut kim, bad).await, Err(Refusal::BadOffer), "{what}");
    }
    for n in 0..3 {
        publish(&mut kim, offer(&n.to_string())).await.expect("a few");
    }
    assert_eq!(publish(&mut kim, offer("one more")).await, Err(Refusal::TooMany));
    // Another's stream is not fed.
    let mut media = Media::open(&lee).await;
    media.core.ask(&MediaRequest::Publish { stream: second });
    assert_eq!(media.next().await, Ok(Output::Said(Reply::Publishing { stream: second, taken: false })));
    media.core.ask(&MediaRequest::Piece(Piece { track: 0, keyframe: true, capture_us: 0, rest: 0, data: Bytes::from_static(b"x") }));
    assert_eq!(media.next().await, Err(Ended::Closed));
    student.request(Request::EndStream { request: 3, stream: second }).await;
    let answer = student.until("an answer", |e| if let Event::Answer { request: 3, result } = e { Some(result) } else { None }).await;
    assert_eq!(answer, Err(Refusal::NotAllowed));
    lee.request(Request::EndStream { request: 4, stream: second }).await;
    let answer = lee.until("an answer", |e| if let Event::Answer { request: 4, result } = e { Some(result) } else { None }).await;
    assert_eq!(answer, Ok(()));
    server.stop().await;
}

#[tokio::test]
async fn a_publisher_that_breaks_the_rules_is_cut_off() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let whole = |rest: u32, bytes: usize, track: u8, capture_us: u64| Piece { track, keyframe: true, capture_us, rest, data: vec![0; bytes].into() };
    for (what, pieces) in [
        ("a giant unit", vec![whole(u32::MAX / 2, 10, 0, 0)]),
        ("pieces that do not fit together", vec![whole(100, 10, 0, 0), whole(5, 10, 0, 0)]),
        ("a track that was not offered", vec![whole(0, 10, 7, 0)]),
        ("the future", vec![whole(0, 10, 0, u64::MAX)]),
    ] {
        let mut publisher = Publisher::start(&instructor(&server), "camera").await;
        for piece in pieces {
            publisher.media.core.ask(&MediaRequest::Piece(piece));
        }
        assert_eq!(publisher.media.next().await, Err(Ended::Closed), "{what}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_viewer_that_does_not_read_misses_something_and_the_others_nothing() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let ben = Member::enter(&join(&server), "Ben").await;
    let info = stream(&mut ana).await;
    let (video, _) = info.videos().next_back().expect("pictures");
    let (mut quick, mut slow) = (Viewer::start(&ana, &info, video).await, Viewer::start(&ben, &info, video).await);
    // More than the buffers of the system hold of one connection.
    let big = vec![7; 900_000];
    let count = 4 * LIVE_BEHIND_MAX as u32;
    for n in 0..count {
        publisher.unit(0, n % 10 == 0, &big).await;
        assert_eq!(quick.unit().await.map(|u| u.0), Some(n), "the quick one gets every unit");
    }
    let mut got = Vec::new();
    while got.last() != Some(&(count - 1)) {
        got.push(slow.unit().await.expect("goes on").0);
    }
    assert!(got.len() < count as usize - 10, "{} of {count} came to the slow one", got.len());
    let skipped: Vec<_> = got.windows(2).filter(|w| w[1] != w[0] + 1).map(|w| w[1]).collect();
    assert!(!skipped.is_empty() && skipped.iter().all(|n| n % 10 == 0), "it goes on at keyframes: {skipped:?}");
    assert_eq!(slow.receiver.stats().skipped, u64::from(count) - got.len() as u64);
    server.stop().await;
}

/// A viewer over UDP.
struct Flow {
    socket: UdpSocket,
    core: DatagramClientCore,
    started: Instant,
}

impl Flow {
    async fn open(member: &Member) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        socket.connect(SocketAddr::from(([127, 0, 0, 1], member.joined.media.video_port))).await.expect("an address");
        let core = DatagramClientCore::new(Duration::ZERO, member.joined.media.session, member.client.secret());
        let mut flow = Self { socket, core, started: Instant::now() };
        soon("an open flow", async {
            while !flow.core.is_open() {
                drop(flow.next().await)
            }
        })
        .await;
        flow
    }

    /// The next datagram that means something: a record, or what the server tells.
    async fn next(&mut self) -> Result<Vec<u8>, Tell> {
        loop {
            self.transmit().await;
            let mut buffer = [0; 2_000];
            let received = tokio::time::timeout(Duration::from_millis(50), self.socket.recv(&mut buffer)).await;
            let Ok(Ok(length)) = received else { continue };
            match self.core.receive(&buffer[..length]) {
                Some(Datagram::Record(record) | Datagram::Parity(record)) => return Ok(record.to_vec()),
                Some(Datagram::Tell(tell)) => return Err(tell),
                Some(Datagram::Open) => return Err(Tell::Open),
                None => {}
            }
        }
    }

    async fn transmit(&mut self) {
        while let Some(datagram) = self.core.poll_transmit(self.started.elapsed()) {
            self.socket.send(&datagram).await.expect("sent");
        }
    }
}

#[tokio::test]
async fn over_udp_what_is_lost_is_sent_again() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let info = stream(&mut ana).await;
    let (video, _) = info.videos().next_back().expect("pictures");
    let mut flow = Flow::open(&ana).await;
    let mut receiver = receiver(&ana, &info, video, Way::Udp);
    flow.core.ask(&Ask::Subscribe { stream: info.id, track: video });
    flow.transmit().await;
    assert_eq!(publisher.media.next().await, Ok(Output::Said(Reply::KeyframeWanted)));
    // Every seventh datagram is lost on its way, once.
    let (mut count, mut lost) = (0, std::collections::BTreeSet::new());
    let (mut units, mut sent) = (Vec::new(), 0);
    soon("every unit", async {
        while units.len() < 20 {
            // One ahead, so that what is lost at the end of a unit is noticed by the next; all at once no socket holds.
            if sent < 22 && sent <= units.len() as u32 + 1 {
                publisher.unit(0, sent == 0, &picture(sent)).await;
                sent += 1;
            }
            let now = flow.started.elapsed();
            let runs: Vec<_> = receiver.poll_nack(now, Duration::from_millis(2)).into_iter().map(|r| (*r.start(), *r.end())).collect();
            if !runs.is_empty() {
                flow.core.ask(&Ask::Missing { track: video, runs });
            }
            let Ok(Ok(record)) = tokio::time::timeout(Duration::from_millis(20), flow.next()).await else { continue };
            let header = RecordHeader::read(&record).expect("a record");
            count += 1;
            if count % 7 == 0 && header.counter > 0 && lost.insert(header.counter) {
                continue;
            }
            receiver.push(now, &record);
            while let Some(received) = receiver.poll(now) {
                match received {
                    Received::Unit(unit) => units.push(unit),
                    Received::Missing(units) => panic!("{units} units are missing"),
                }
            }
        }
    })
    .await;
    units.truncate(20);
    assert!(units.iter().zip(0..).all(|(unit, n)| unit.sequence == n && unit.data == picture(n)));
    let stats = receiver.stats();
    assert!(lost.len() > 50 && stats.repaired > 50 && stats.lost == 0, "{} {stats:?}", lost.len());
    publisher.member.request(Request::EndStream { request: 1, stream: info.id }).await;
    let over = soon("the end", async {
        loop {
            if let Err(Tell::StreamOver { track }) = flow.next().await {
                return track;
            }
        }
    })
    .await;
    assert_eq!(over, video);
    server.stop().await;
}

#[tokio::test]
async fn strangers_get_less_than_they_send_and_a_removed_member_nothing() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let info = stream(&mut ana).await;
    let (video, _) = info.videos().next_back().expect("pictures");
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    stranger.connect(SocketAddr::from(([127, 0, 0, 1], ana.joined.media.video_port))).await.expect("an address");
    let mut got = [0; 2_000];
    for kind in 0..=255u8 {
        for length in [1, 12, 44, 64, 76, 1_200] {
            stranger.send(&vec![kind; length]).await.expect("sent");
        }
    }
    // A knock is answered, by less; nothing else is.
    let mut knock = vec![2, 1, 0, 0];
    knock.resize(64, 9);
    stranger.send(&knock).await.expect("sent");
    let length = soon("a challenge", stranger.recv(&mut got)).await.expect("received");
    assert_eq!((got[0], length), (3, 44));
    let mut flow = Flow::open(&ana).await;
    flow.core.ask(&Ask::Subscribe { stream: info.id, track: video });
    flow.core.ask(&Ask::Clock { sent_us: 3 });
    assert!(matches!(soon("an answer", flow.next()).await, Err(Tell::Clock { sent_us: 3, .. })));
    publisher.unit(0, true, b"one").await;
    assert!(soon("a record", flow.next()).await.is_ok());
    publisher.member.request(Request::Remove { request: 1, person: ana.joined.you }).await;
    ana.until_closing().await;
    publisher.unit(0, true, b"two").await;
    let silence = tokio::time::timeout(Duration::from_millis(300), flow.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_lower_rung_that_cannot_be_made_ends_and_the_stream_goes_on() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let info = stream(&mut ana).await;
    let rungs: Vec<_> = info.videos().map(|(_, v)| (v.rung.as_str(), v.width, v.height, v.bps, v.avcc.is_empty())).collect();
    let below = [("180p", 320, 180, 200_000, true), ("360p", 640, 360, 700_000, true)];
    assert_eq!(rungs, [below[0], below[1], ("720p", 1280, 720, 2_500_000, false)]);
    let (low, _) = info.videos().next().expect("a lower rung");
    let (high, _) = info.videos().next_back().expect("the publisher's");
    let mut lower = Viewer::start(&ana, &info, low).await;
    // There is no worker here: after some attempts the rung is given up.
    assert_eq!(soon("the end of the rung", lower.unit()).await, None);
    let mut source = Viewer::start(&ana, &info, high).await;
    publisher.unit(0, true, &picture(1)).await;
    assert_eq!(soon("a picture", source.unit()).await, Some((0, picture(1).into())));
    server.stop().await;
}

/// Asks for something that is answered by yes or no; what came before the answer is not looked at.
async fn ask(member: &mut Member, request: impl FnOnce(u32) -> Request) -> Result<(), Refusal> {
    member.request(request(21)).await;
    member.until("an answer", |e| if let Event::Answer { request: 21, result } = e { Some(result) } else { None }).await
}

async fn ended(member: &mut Member) -> StreamId {
    member.until("an end", |e| if let Event::StreamEnded(id) = e { Some(id) } else { None }).await
}

#[tokio::test]
async fn a_student_publishes_with_the_stage_alone_and_not_while_it_is_quiet() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut kim = Member::enter(&instructor(&server), "Ms Kim").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let mut ben = Member::enter(&join(&server), "Ben").await;
    let (me, other) = (ana.joined.you, ben.joined.you);
    // What a student may not.
    assert_eq!(publish(&mut ana, offer("ana")).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut ana, |request| Request::GiveStage { request, person: me, given: true }).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut ana, |request| Request::Quiet { request, quiet: true }).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut ana, |request| Request::Remove { request, person: other }).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut kim, |request| Request::GiveStage { request, person: PersonId(u64::MAX), given: true }).await, Err(Refusal::NoSuchPerson));
    // With the stage; everybody is told, and who comes later too.
    assert_eq!(ask(&mut kim, |request| Request::GiveStage { request, person: me, given: true }).await, Ok(()));
    let told = |e| if let Event::Stage(people) = e { Some(people) } else { None };
    assert_eq!(ben.until("the stage", told).await, [me]);
    let stream = publish(&mut ana, offer("ana")).await.expect("has the stage");
    assert_eq!(publish(&mut ben, offer("ben")).await, Err(Refusal::NotAllowed), "it is Ana's alone");
    let mut late = Member::enter(&join(&server), "Chen").await;
    assert_eq!(late.until("the stage", told).await, [me]);
    // Another's stream is neither ended nor frozen.
    assert_eq!(ask(&mut ben, |request| Request::EndStream { request, stream }).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut kim, |request| Request::Freeze { request, stream, frozen: true }).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut ana, |request| Request::Freeze { request, stream, frozen: true }).await, Ok(()));
    let frozen = late.until("what is frozen", |e| if let Event::Frozen(all) = e { Some(all) } else { None }).await;
    assert_eq!(frozen, [stream]);
    // Quiet ends it, the instructor's goes on, and the stage outlasts it.
    let own = publish(&mut kim, offer("kim")).await.expect("an instructor");
    assert_eq!(ask(&mut kim, |request| Request::Quiet { request, quiet: true }).await, Ok(()));
    let is_quiet = |e| if let Event::Quiet(quiet) = e { Some(quiet) } else { None };
    assert!(late.until("quiet", is_quiet).await);
    assert_eq!(ended(&mut late).await, stream);
    assert_eq!(publish(&mut ana, offer("ana")).await, Err(Refusal::Quiet));
    let mut later = Member::enter(&join(&server), "Dana").await;
    let first = later.until("streams", |e| if let Event::Streams(all) = e { Some(all) } else { None }).await;
    assert_eq!(first.iter().map(|s| s.id).collect::<Vec<_>>(), [own]);
    assert!(later.until("quiet", is_quiet).await);
    assert_eq!(ask(&mut kim, |request| Request::Quiet { request, quiet: false }).await, Ok(()));
    let again = publish(&mut ana, offer("ana")).await.expect("still has the stage");
    // Taken back, it ends; and the seat's end is the stage's.
    assert_eq!(ask(&mut kim, |request| Request::GiveStage { request, person: me, given: false }).await, Ok(()));
    assert_eq!(ended(&mut later).await, again);
    assert_eq!(publish(&mut ana, offer("ana")).await, Err(Refusal::NotAllowed));
    assert_eq!(ask(&mut kim, |request| Request::GiveStage { request, person: me, given: true }).await, Ok(()));
    assert_eq!(ask(&mut kim, |request| Request::Remove { request, person: me }).await, Ok(()));
    later.until("the stage is empty", |e| told(e).filter(Vec::is_empty)).await;
    server.stop().await;
}
