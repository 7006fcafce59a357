//! The library of a running server: files come, change, are renamed and go. The worker is a script that finds everything
//! prepared, so that what is tested is what the server does.

#![cfg(unix)]

mod support;

use std::path::Path;

use lectern_proto::control::{CatalogueEntry, Event, FailureKind, FailureReason, VideoId, VideoState};
use lectern_server::config::Config;
use lectern_server::prepare::{Preparation, PrepareError};
use support::client::Member;
use support::media::{Media, manifest, ready};
use support::soon;
use support::stage::{Stage, instructor, join};

const RUNGS: &[(&str, u32, u32, u32)] = &[("144p", 256, 144, 150_000), ("360p", 640, 360, 700_000)];

async fn until_video(member: &mut Member, what: impl Fn(&CatalogueEntry) -> bool) -> CatalogueEntry {
    member.until("a video", |e| if let Event::Videos(v) = e { v.into_iter().find(&what) } else { None }).await
}

async fn until_removed(member: &mut Member) -> VideoId {
    member.until("a removal", |e| if let Event::VideoRemoved(id) = e { Some(id) } else { None }).await
}

#[tokio::test]
async fn a_file_that_is_dropped_in_appears_is_renamed_and_goes() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut teacher = Member::enter(&instructor(&server), "T").await;
    let other = stage.path("chunks").join("not-ours");
    std::fs::create_dir(&other).expect("made");
    let prepared = stage.add_video("-a 'b'\n\"c\".mp4", b"one", RUNGS);
    let entry = ready(&mut teacher).await;
    assert_eq!((entry.title.as_str(), stage.runs()), ("-a 'b' \"c\"", 1));
    assert!(matches!(entry.state, VideoState::Ready { .. }));

    std::fs::rename(stage.path("videos").join("-a 'b'\n\"c\".mp4"), stage.path("videos").join("new name.mp4")).expect("renamed");
    let renamed = until_video(&mut teacher, |v| v.title == "new name" && matches!(v.state, VideoState::Ready { .. })).await;
    assert_ne!(renamed.id, entry.id);
    std::fs::copy(stage.path("videos").join("new name.mp4"), stage.path("videos").join("copy.mp4")).expect("copied");
    let copy = until_video(&mut teacher, |v| v.title == "copy" && matches!(v.state, VideoState::Ready { .. })).await;
    assert_eq!(stage.runs(), 1, "neither was prepared again");

    std::fs::remove_file(stage.path("videos").join("new name.mp4")).expect("removed");
    let removed = teacher.until("a removal", |e| if let Event::VideoRemoved(id) = e { (id == renamed.id).then_some(id) } else { None }).await;
    assert_eq!(removed, renamed.id);
    let mut media = Media::open(&teacher).await;
    manifest(&mut media, &copy).await;
    std::fs::remove_file(stage.path("videos").join("copy.mp4")).expect("removed");
    assert_eq!(until_removed(&mut teacher).await, copy.id);

    let unwatched = stage.add_video("d.mp4", b"two", RUNGS);
    until_video(&mut teacher, |v| v.title == "d" && matches!(v.state, VideoState::Ready { .. })).await;
    std::fs::remove_file(stage.path("videos").join("d.mp4")).expect("removed");
    until_removed(&mut teacher).await;
    soon("the end of the chunks", async {
        while unwatched.dir.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(prepared.dir.exists(), "somebody fetched of it a moment ago");
    assert!(other.exists(), "what is not ours stays");
    server.stop().await;
}

#[tokio::test]
async fn a_restart_prepares_nothing_again_and_tidies() {
    let stage = Stage::new();
    let prepared = stage.add_video("a.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    ready(&mut Member::enter(&join(&server), "Ana").await).await;
    server.stop().await;
    assert_eq!(stage.runs(), 1);
    let objects = || std::fs::read_dir(prepared.dir.join("objects")).expect("there").count();
    let before = objects();

    let left_over = stage.path("chunks").join("ab".repeat(32));
    std::fs::create_dir(&left_over).expect("made");
    let server = stage.serve().await;
    let entry = ready(&mut Member::enter(&join(&server), "Ana").await).await;
    assert_eq!((entry.rungs.len(), stage.runs(), objects()), (2, 1, before));
    soon("the end of the left-over", async {
        while left_over.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(prepared.dir.exists());
    server.stop().await;
}

#[tokio::test]
async fn a_changed_ladder_redoes_only_what_changed() {
    let mut stage = Stage::new();
    let prepared = stage.add_video("a.mp4", b"one", RUNGS);
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    let dropped = manifest(&mut Media::open(&ana).await, &entry).await.tracks[0].segments[0].chunk.expect("prepared");
    server.stop().await;

    stage.set.extend(["resolutions.144p=", "resolutions.360p=", "resolutions.sd=640x360 700k"].map(str::to_owned));
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let entry = ready(&mut ana).await;
    assert_eq!(entry.rungs, ["sd"], "the same rung under its new name");
    let mut media = Media::open(&ana).await;
    assert_eq!(manifest(&mut media, &entry).await.tracks.len(), 2);
    assert!(media.fetch(dropped, 0).await.is_err());
    assert!(!prepared.dir.join("objects").join(dropped.to_string()).exists());
    assert!(!prepared.dir.join("tracks/video-256x144-150000.json").exists());
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_prepared_stands_in_the_catalogue_with_its_reason() {
    let stage = Stage::new();
    stage.worker(
        r#"case "$3" in
*crash*) kill -9 $$;;
*) printf '%s\n' '{"event":"failed","kind":"unreadable","reason":"No video.\nConvert it."}'; exit 1;;
esac"#,
    );
    stage.put("notes.txt", b"text");
    stage.put("crash.mp4", b"crash");
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let mut reasons = std::collections::BTreeMap::new();
    while reasons.len() < 2 {
        let Event::Videos(videos) = ana.event().await else { continue };
        reasons.extend(videos.into_iter().filter_map(|v| if let VideoState::Failed { reason } = v.state { Some((v.title, reason)) } else { None }));
    }
    assert_eq!(reasons["notes"], FailureReason::new(FailureKind::Unreadable, "No video. Convert it."));
    assert!(reasons["crash"].kind == FailureKind::Crashed && reasons["crash"].sentence.contains("crashed"), "{reasons:?}");
    // It is tried again when it is put there again.
    stage.worker("echo '{\"event\":\"done\"}'");
    stage.add_video("crash.mp4", b"other", RUNGS);
    until_video(&mut ana, |v| v.title == "crash" && matches!(v.state, VideoState::Ready { .. })).await;
    server.stop().await;
}

#[tokio::test]
async fn what_failed_is_not_tried_again_until_it_or_the_worker_is_another() {
    let stage = Stage::new();
    let fails = |reason: &str| {
        stage.worker(&format!("echo x >>\"$(dirname \"$0\")/runs\"\necho '{{\"event\":\"failed\",\"kind\":\"unreadable\",\"reason\":\"{reason}\"}}'; exit 1"));
    };
    // Starts a server, waits until the file stands there with its reason, and says how often a worker ran in all.
    let look = async |runs: usize, wanted: &str| {
        let server = stage.serve().await;
        let mut ana = Member::enter(&join(&server), "Ana").await;
        let failed = |v: &CatalogueEntry| matches!(&v.state, VideoState::Failed { reason } if reason.sentence == wanted);
        until_video(&mut ana, failed).await;
        soon("as many runs", async {
            while stage.runs() < runs {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
        server.stop().await;
        stage.runs()
    };
    fails("one");
    stage.put("a.mp4", b"text");
    assert_eq!(look(1, "one").await, 1);
    assert_eq!(look(1, "one").await, 1, "it is what it was");
    stage.put("a.mp4", b"text");
    assert_eq!(look(2, "one").await, 2, "it was put there again");
    fails("another");
    assert_eq!(look(3, "another").await, 3, "the worker is another");
    assert_eq!(look(3, "another").await, 3);
    let mut preparation = Preparation::start(&stage.config(), &[stage.path("videos").join("a.mp4")]).await.expect("started");
    while soon("news", preparation.news()).await.is_some() {}
    preparation.stop().await;
    assert_eq!(stage.runs(), 4, "somebody asked for it");
}

#[tokio::test]
async fn a_file_that_is_still_copied_waits_and_a_worker_dies_with_its_server() {
    let stage = Stage::new();
    let fifo = stage.path("alive");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    stage.worker(&format!("echo '{{\"event\":\"progress\",\"done_us\":1,\"total_us\":4}}'; exec sleep 60 >'{}'", fifo.display()));
    // Ends when the worker, which holds the other end, has ended.
    let gone = tokio::task::spawn_blocking(move || std::fs::read(fifo));
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let path = stage.path("videos").join("slow.mp4");
    std::fs::write(&path, b"first").expect("written");
    let waiting = until_video(&mut ana, |v| v.title == "slow").await;
    assert_eq!(waiting.state, VideoState::Waiting);
    let copied = std::time::Instant::now();
    std::fs::write(&path, b"first and second").expect("written");
    until_video(&mut ana, |v| matches!(v.state, VideoState::Preparing { permille: 250, .. })).await;
    assert!(copied.elapsed() >= std::time::Duration::from_millis(900), "{:?}", copied.elapsed());
    server.stop().await;
    soon("the end of the worker", gone).await.expect("read").expect("read");
}

#[tokio::test]
async fn prepare_prepares_and_ends() {
    let stage = Stage::new();
    stage.add_video("a.mp4", b"one", RUNGS);
    stage.add_video("b.mp4", b"two", RUNGS);
    let left_over = stage.path("chunks").join("ab".repeat(32));
    std::fs::create_dir(&left_over).expect("made");
    let run = async |config: &Config, files: &[&Path]| {
        let files: Vec<_> = files.iter().map(|f| (*f).to_owned()).collect();
        let mut preparation = Preparation::start(config, &files).await?;
        while soon("news", preparation.news()).await.is_some() {}
        let videos = preparation.progress();
        preparation.stop().await;
        Ok::<_, PrepareError>(videos)
    };
    let config = stage.config();
    let one = run(&config, &[&stage.path("videos").join("b.mp4")]).await.expect("prepared");
    assert_eq!(one.iter().map(|v| v.title.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(left_over.exists(), "naming files deletes nothing");
    assert!(matches!(run(&config, &[Path::new("none.mp4")]).await, Err(PrepareError::NotThere { .. })));
    assert!(matches!(run(&config, &[&stage.path("worker")]).await, Err(PrepareError::NotThere { .. })));
    let all = run(&config, &[]).await.expect("prepared");
    assert!(all.len() == 2 && all.iter().all(|v| matches!(v.state, VideoState::Ready { .. })), "{all:?}");
    // The other one in two turns, because it was not known yet whether the first waits as well.
    assert_eq!(stage.runs(), 3);
    let server = stage.serve().await;
    assert!(matches!(run(&config, &[]).await, Err(PrepareError::Lock(_))));
    server.stop().await;
}
