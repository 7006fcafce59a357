//! Chunks over the media port: what comes is what is on the disk, sealed once, for those who may have it.

#![cfg(unix)]

mod support;

use lectern_proto::control::{Event, Request};
use lectern_proto::limits::{MEDIA_CONNECTIONS_PER_SEAT, MEDIA_REQUESTS_WAITING, RECORD_PLAIN};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::client::Output;
use lectern_proto::media::{End, HelloRefusal, MediaError};
use lectern_proto::seal::MediaSecret;
use support::client::Member;
use support::media::{Ended, Media, manifest, ready};
use support::soon;
use support::stage::{Stage, instructor, join};

const BIG: &[(&str, u32, u32, u32)] = &[("small", 256, 144, 150_000), ("big", 640, 360, 100_000_000)];
const RUNGS: &[(&str, u32, u32, u32)] = &[("144p", 256, 144, 150_000), ("360p", 640, 360, 700_000)];

#[tokio::test]
async fn a_video_comes_as_it_is_on_the_disk() {
    let stage = Stage::new();
    let prepared = stage.add_video("Übung \"eins\" -1.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    assert_eq!(
        (entry.title.as_str(), entry.width, entry.height, entry.rungs.clone()),
        ("Übung \"eins\" -1", 640, 360, vec!["144p".to_owned(), "360p".to_owned()])
    );
    let mut media = Media::open(&ana).await;
    let manifest = manifest(&mut media, &entry).await;
    assert_eq!((manifest.tracks.len(), manifest.duration_us), (3, 4_000_000));
    for track in &manifest.tracks {
        for chunk in track.segments.iter().filter_map(|s| s.chunk).chain([track.init]) {
            assert!(media.fetch(chunk, 0).await.expect("there") == prepared.read(&chunk), "{chunk}");
        }
    }
    let thumbnail = entry.thumbnail.expect("a thumbnail");
    assert_eq!(media.fetch(thumbnail.chunk, 0).await.expect("there"), prepared.read(&thumbnail.chunk));
    // From the middle on, over several pieces and from inside one.
    let large = manifest.tracks[1].segments[0].chunk.expect("prepared");
    for first in [1, 3, 4, 5, 10] {
        let rest = media.fetch(large, first).await.expect("there");
        assert!(rest == prepared.read(&large)[first as usize * RECORD_PLAIN..], "from record {first}");
    }
    assert_eq!(media.fetch(large, 11).await, Err(End::NotFound), "beyond its end");
    assert_eq!(media.fetch(ChunkHash([7; 32]), 0).await, Err(End::NotFound));
    // What is not in a catalogue is not served, wherever it is on the disk.
    let outside = stage.path("chunks").join("objects");
    std::fs::create_dir_all(&outside).expect("made");
    std::fs::write(outside.join(ChunkHash([8; 32]).to_string()), b"x").expect("written");
    assert_eq!(media.fetch(ChunkHash([8; 32]), 0).await, Err(End::NotFound));
    server.stop().await;
}

#[tokio::test]
async fn what_goes_over_the_wire_is_sealed_and_the_same_for_everybody() {
    let stage = Stage::new();
    stage.add_video("a.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let mut bo = Member::enter(&join(&server), "Bo").await;
    let entry = ready(&mut ana).await;
    ready(&mut bo).await;
    let (mut first, mut second) = (Media::open(&ana).await, Media::open(&bo).await);
    let chunk = manifest(&mut first, &entry).await.tracks[1].segments[0].chunk.expect("prepared");
    let plain = first.fetch(chunk, 0).await.expect("there");
    second.fetch(chunk, 0).await.expect("there");
    let tail = |m: &Media| m.raw[m.raw.len() - 30_000..].to_vec();
    assert!(tail(&first) == tail(&second), "sealed once");
    let clear = |raw: &[u8]| raw.windows(32).any(|w| w == &plain[5_000..5_032]);
    assert!(!clear(&first.raw) && clear(&plain));
    server.stop().await;
}

#[tokio::test]
async fn only_members_are_served() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let ana = Member::enter(&join(&server), "Ana").await;
    let port = ana.joined.media.audio_port;
    let refused = |ended| ended == Ended::Wrong(MediaError::Refused(HelloRefusal::Proof));
    let mut wrong = Media::connect(port, ana.joined.media.session, MediaSecret([0; 32])).await;
    assert!(refused(wrong.next().await.expect_err("wrong secret")));
    let mut unknown = Media::connect(port, 7, ana.client.secret()).await;
    assert!(refused(unknown.next().await.expect_err("unknown session")));
    let mut open = Vec::new();
    for _ in 0..MEDIA_CONNECTIONS_PER_SEAT {
        open.push(Media::open(&ana).await);
    }
    let mut more = Media::connect(port, ana.joined.media.session, ana.client.secret()).await;
    assert_eq!(more.next().await, Err(Ended::Wrong(MediaError::Refused(HelloRefusal::TooMany))));
    drop(ana);
    for mut media in open {
        assert_eq!(media.next().await, Err(Ended::Closed), "they end with their control connection");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_removed_member_gets_nothing_more_and_others_go_on_with_the_new_key() {
    let stage = Stage::new();
    stage.add_video("a.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    let mut teacher = Member::enter(&instructor(&server), "T").await;
    let eve = Member::enter(&join(&server), "Eve").await;
    let entry = ready(&mut teacher).await;
    let (mut media, mut eves) = (Media::open(&teacher).await, Media::open(&eve).await);
    let chunk = manifest(&mut media, &entry).await.tracks[0].init;
    teacher.request(Request::Remove { request: 1, person: eve.joined.you }).await;
    let (epoch, key) = teacher.until("a key", |e| if let Event::MediaEpoch { epoch, room_key } = e { Some((epoch, room_key)) } else { None }).await;
    media.core.add_key(epoch, key);
    assert_eq!(eves.next().await, Err(Ended::Closed));
    soon("a record of the new epoch", async {
        loop {
            media.raw.clear();
            media.fetch(chunk, 0).await.expect("both keys are known");
            // The epoch stands in the header.
            if media.raw[4..8] == epoch.to_be_bytes() {
                break;
            }
        }
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_cancelled_fetch_ends_and_the_next_is_served() {
    let stage = Stage::with_ladder(BIG);
    stage.add_video("a.mp4", b"one", BIG);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    let mut media = Media::open(&ana).await;
    let manifest = manifest(&mut media, &entry).await;
    let (big, small) = (manifest.tracks[1].segments[0].chunk.expect("prepared"), manifest.tracks[0].init);
    let cancelled = media.core.fetch(big, 0);
    assert!(matches!(media.next().await, Ok(Output::Record { .. })));
    let waiting = media.core.fetch(big, 0);
    let next = media.core.fetch(small, 0);
    media.core.cancel(waiting);
    media.core.cancel(cancelled);
    media.flush().await;
    let mut ended = Vec::new();
    let mut bytes = 0;
    loop {
        match media.next().await.expect("an open connection") {
            Output::Ended { request, why } => ended.push((request, why)),
            Output::Record { request, .. } if request == waiting => panic!("records of a fetch that was cancelled"),
            // All of it was on its way before the cancel came.
            Output::Record { request, last: true, .. } if request == cancelled => ended.push((request, End::Cancelled)),
            Output::Record { request, data, last } if request == next => {
                bytes += data.len();
                if last {
                    break;
                }
            }
            _ => {}
        }
    }
    ended.sort_by_key(|(request, _)| *request);
    assert_eq!((ended, bytes), (vec![(cancelled, End::Cancelled), (waiting, End::Cancelled)], 700));
    server.stop().await;
}

#[tokio::test]
async fn too_many_requests_are_answered_so() {
    let stage = Stage::with_ladder(BIG);
    stage.add_video("a.mp4", b"one", BIG);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    let mut media = Media::open(&ana).await;
    let manifest = manifest(&mut media, &entry).await;
    let big = manifest.tracks[1].segments[0].chunk.expect("prepared");
    let asked: Vec<_> = (0..MEDIA_REQUESTS_WAITING + 20).map(|_| media.core.fetch(big, 0)).collect();
    media.flush().await;
    let mut busy = 0;
    let mut last_of = Vec::new();
    while busy + last_of.len() < asked.len() {
        match media.next().await.expect("an open connection") {
            Output::Ended { why: End::Busy, .. } => busy += 1,
            Output::Record { request, last: true, .. } => last_of.push(request),
            Output::Record { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(busy > 0 && last_of.is_sorted(), "{busy} busy, {last_of:?} served");
    server.stop().await;
}

#[tokio::test]
async fn a_chunk_that_cannot_be_read_ends_its_fetch_only() {
    let stage = Stage::new();
    let prepared = stage.add_video("a.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    let mut media = Media::open(&ana).await;
    let manifest = manifest(&mut media, &entry).await;
    let (gone, there) = (manifest.tracks[0].segments[0].chunk.expect("prepared"), manifest.tracks[0].segments[1].chunk.expect("prepared"));
    std::fs::remove_file(prepared.dir.join("objects").join(gone.to_string())).expect("removed");
    assert_eq!(media.fetch(gone, 0).await, Err(End::Unreadable));
    assert!(media.fetch(there, 0).await.is_ok());
    server.stop().await;
}

#[tokio::test]
async fn a_viewer_who_does_not_read_is_disconnected() {
    let stage = Stage::with_ladder(BIG);
    stage.add_video("a.mp4", b"one", BIG);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    let mut media = Media::open(&ana).await;
    let big = manifest(&mut media, &entry).await.tracks[1].segments[0].chunk.expect("prepared");
    for _ in 0..3 {
        media.core.fetch(big, 0);
    }
    media.flush().await;
    // Not reading; the server gives up, which shows as the end of the connection behind what is in the buffers.
    let mut byte = [0];
    let end = soon("the end", async {
        loop {
            ana.request(Request::Ping { id: 1 }).await;
            ana.until("a pong", |e| matches!(e, Event::Pong { .. }).then_some(())).await;
            match media.stream.peek(&mut byte).await {
                Ok(_) if !is_closed(&media.stream) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
                _ => break,
            }
        }
    });
    end.await;
    server.stop().await;
}

/// Whether the far side has closed, though bytes may still be unread: it sends nothing any more.
fn is_closed(stream: &tokio::net::TcpStream) -> bool {
    use std::os::fd::AsRawFd;
    let mut poll = libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLRDHUP, revents: 0 };
    // SAFETY: one valid structure, no waiting.
    unsafe { libc::poll(&raw mut poll, 1, 0) };
    poll.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
}
