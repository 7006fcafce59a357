//! Who speaks, as everybody is told of it.

use lectern_proto::control::{LiveVideo, RoomEvent};

use super::*;

fn voice(kind: StreamKind) -> Offer {
    Offer { name: "voice".into(), kind, video: None, sound: Some(LiveSound { channels: 1, samples: 960, bps: 64_000 }) }
}

fn picture() -> Offer {
    let video = LiveVideo { rung: "360p".into(), width: 640, height: 360, rate_milli: 30_000, bps: 700_000, avcc: vec![1] };
    Offer { name: "silent".into(), kind: StreamKind::Screen, video: Some(video), sound: None }
}

fn speaking(began: &[u64], ended: &[u64]) -> Event {
    let people = |ids: &[u64]| ids.iter().copied().map(PersonId).collect();
    Event::Room(RoomEvent::Speaking { began: people(began), ended: people(ended) })
}

fn is_speaking(event: &Event) -> bool {
    matches!(event, Event::Room(RoomEvent::Speaking { .. }))
}

#[tokio::test]
async fn who_speaks_is_told_to_all_and_ends_with_the_stream_however_that_ends() {
    let stage = stage(10).await;
    let (_, kim, mut kim_inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, ana, _ana_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    let (_, _ben, mut ben) = stage.enter(3, Role::Student, 3).await.expect("room");
    for ends in ["said", "ended", "muted", "stage", "quiet", "lost"] {
        kim.use_tool(1, RoomRequest::Mute { person: PersonId(2), muted: false }).await;
        kim.give_stage(PersonId(2), true).await.expect("given");
        let stream = ana.publish(voice(StreamKind::Microphone)).await.expect("published");
        ana.speaking(stream, true).await;
        for inbox in [&mut kim_inbox, &mut ben] {
            assert_eq!(until(inbox, is_speaking).await, speaking(&[2], &[]), "{ends}");
        }
        // Who comes now is told as well.
        let (_, late, mut late_inbox) = stage.enter(4, Role::Student, 4).await.expect("room");
        let mut first = Vec::new();
        while first.last() != Some(&Event::Synchronised) {
            first.push(next(&mut late_inbox).await);
        }
        assert_eq!(first.iter().filter(|e| is_speaking(e)).collect::<Vec<_>>(), [&speaking(&[2], &[])], "{ends}");
        late.leave().await;
        let mut gone = None;
        match ends {
            "said" => ana.speaking(stream, false).await,
            "ended" => ana.end_stream(stream).await.expect("ended"),
            "muted" => kim.use_tool(1, RoomRequest::Mute { person: PersonId(2), muted: true }).await,
            "stage" => kim.give_stage(PersonId(2), false).await.expect("taken"),
            "quiet" => kim.quiet(true).await.expect("quiet"),
            _ => gone = Some(()),
        }
        if gone.is_some() {
            // Her connection breaks, or she takes her seat from elsewhere.
            let _again = stage.enter(2, Role::Student, 5).await.expect("her seat");
            assert_eq!(until(&mut ben, is_speaking).await, speaking(&[], &[2]), "{ends}");
            return;
        }
        for inbox in [&mut kim_inbox, &mut ben] {
            assert_eq!(until(inbox, is_speaking).await, speaking(&[], &[2]), "{ends}");
        }
        kim.quiet(false).await.expect("open");
    }
}

#[tokio::test]
async fn nobody_speaks_without_sound_of_their_own() {
    let stage = stage(10).await;
    let (_, kim, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, ana, _ana_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    let own = kim.publish(voice(StreamKind::Podcast)).await.expect("published");
    let silent = kim.publish(picture()).await.expect("published");
    // Somebody else's, none at all, one without sound, one that has ended.
    ana.speaking(own, true).await;
    ana.speaking(StreamId([9; 16]), true).await;
    kim.speaking(silent, true).await;
    kim.end_stream(own).await.expect("ended");
    kim.speaking(own, true).await;
    // Messages are taken in their order: what is told first is this.
    let own = kim.publish(voice(StreamKind::Microphone)).await.expect("published");
    kim.speaking(own, true).await;
    assert_eq!(until(&mut inbox, is_speaking).await, speaking(&[1], &[]));
    // Nobody ends it for somebody else.
    ana.speaking(own, false).await;
    kim.end_stream(own).await.expect("ended");
    assert_eq!(until(&mut inbox, is_speaking).await, speaking(&[], &[1]));
}

/// However often it changes, and however many speak: a message in a tenth of a second for each of the others, about those who changed.
#[tokio::test]
async fn what_it_costs_the_others_is_bounded() {
    let stage = stage(50).await;
    let (_, kim, _kim_inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, _ben, mut ben) = stage.enter(2, Role::Student, 2).await.expect("room");
    let stream = kim.publish(voice(StreamKind::Microphone)).await.expect("published");
    until(&mut ben, |e| matches!(e, Event::Streams(_))).await;
    let begun = std::time::Instant::now();
    for n in 0..1_000 {
        kim.speaking(stream, n % 2 == 0).await;
    }
    kim.end_stream(stream).await.expect("ended");
    until(&mut ben, |e| matches!(e, Event::StreamEnded(_))).await;
    let mut told = 0;
    while let Ok(event) = ben.events.try_recv() {
        told += usize::from(is_speaking(&event));
    }
    let most = begun.elapsed().as_millis() / lectern_proto::limits::ROSTER_EVERY.as_millis() + 2;
    assert!(told as u128 <= most, "{told} in {:?}", begun.elapsed());
}
