//! The class is prepared: every viewer fetches a lesson, the instructor counts them, and it plays with the line cut.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use lectern::class::{AheadTally, Class, JoinRequest};
use lectern::fetch::ChunkStore;
use lectern_proto::control::{AheadProgress, Lesson, VideoId};
use lectern_proto::link::JoinLink;
use lectern_proto::quality::Quality;
use lectern_tests::playback::{open, options, watch};
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{PASSWORD, Stack, turn};
use serde_json::Value;

const SECONDS: u32 = 20;
const MOST: u64 = 64 << 20;

async fn join(link: &JoinLink, name: &str, store: ChunkStore) -> Result<Class> {
    let request = JoinRequest { link: link.clone(), name: name.into(), password: Some(PASSWORD.into()), account: None, store: Some(Arc::new(store)) };
    let class = Class::join(&tokio::runtime::Handle::current(), request, Arc::new(|| {}));
    class.joined().await?;
    Ok(class)
}

#[test]
fn a_lesson_that_was_fetched_ahead_plays_with_the_line_cut() -> Result<()> {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(SECONDS, "640x360")?;
    let (relay, link) = Relay::before(&stack, 21, Condition::default())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let lesson = Lesson { video: VideoId(video.clone()), rung: "360p".into() };
    let small = stack.path("small");
    runtime.block_on(async {
        let teacher = Class::join(
            &tokio::runtime::Handle::current(),
            JoinRequest { link: stack.instructor().parse()?, name: "Ms Kim".into(), password: None, account: None, store: None },
            Arc::new(|| {}),
        );
        teacher.joined().await?;
        let mut students = Vec::new();
        for name in ["Ana", "Ben", "Chen"] {
            students.push(join(&link, name, ChunkStore::open(&stack.path(name), MOST)?).await?);
        }
        // One who asks for it without being the instructor changes nothing.
        students[0].fetch_ahead(Some(Lesson { video: lesson.video.clone(), rung: "144p".into() }));
        teacher.fetch_ahead(Some(lesson.clone()));
        let all = AheadTally { ready: 3, of: 3, unable: 0 };
        let told = tokio::time::timeout(Duration::from_secs(60), teacher.wait_for(|s| s.ahead.class == Some(all))).await??;
        assert_eq!(told.ahead.lesson, Some(lesson.clone()));
        // One machine without space is told apart, and one who comes late fetches it too.
        let _dora = join(&link, "Dora", ChunkStore::open(&small, 100_000)?).await?;
        let _emil = join(&link, "Emil", ChunkStore::open(&stack.path("Emil"), MOST)?).await?;
        let but_one = AheadTally { ready: 4, of: 5, unable: 1 };
        tokio::time::timeout(Duration::from_secs(60), teacher.wait_for(|s| s.ahead.class == Some(but_one))).await??;
        assert!(std::fs::read_dir(&small)?.next().is_none(), "nothing is begun that finds no room");
        // From here on nothing passes.
        relay.set(Condition { stalled: true, ..Condition::default() });
        assert_eq!(students[0].state().ahead.own, Some(AheadProgress::Fetched { permille: 1_000 }));
        let player = open(&students[0], &video, options(Quality::Auto, 0))?;
        let seen = tokio::task::spawn_blocking(move || watch(&player, Duration::from_secs(u64::from(SECONDS) * 3), |_| false)).await??;
        let stamps: Vec<_> = seen.iter().filter_map(|s| s.stamp).collect();
        assert!(stamps.windows(2).all(|w| w[0] < w[1]), "in order");
        assert_eq!(stamps.last(), Some(&(SECONDS * 30 - 1)), "to the end");
        // A busy machine may skip pictures; it was not the line.
        assert!(stamps.len() > SECONDS as usize * 20, "{}", stamps.len());
        assert!(seen.iter().all(|s| s.size.height == 360), "in the rung that was fetched");
        Ok(())
    })
}

#[test]
fn the_command_line_prepares_a_class_and_plays_what_was_fetched() -> Result<()> {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(6, "640x360")?;
    let home = stack.path("home");
    let viewers = stack.client(&["watch", "--ahead", "--viewers", "2"]).env("XDG_CACHE_HOME", &home).stdout(std::process::Stdio::piped()).spawn()?;
    let two = |people: &Value| people["people"].as_array().is_some_and(|p| p.len() == 3);
    assert!(lectern_tests::stack::wait_until(Duration::from_secs(20), || stack.client_json(&["people"]).is_ok_and(|p| two(&p))));
    let refused = stack.client(&["ahead", "--video", &video, "--rung", "4320p"]).output()?;
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let teacher: JoinLink = stack.instructor().parse()?;
    let told = stack.client_at(&teacher, &["ahead", "--video", &video, "--rung", "144p", "--for", "60"]).output()?;
    assert!(told.status.success(), "{told:?}");
    let last = String::from_utf8_lossy(&told.stdout).lines().last().map(str::to_owned).unwrap_or_default();
    let last: Value = serde_json::from_str(&last)?;
    assert_eq!((&last["ready"], &last["of"]), (&Value::from(2), &Value::from(2)), "{last}");
    let report: Value = serde_json::from_slice(&viewers.wait_with_output()?.stdout)?;
    assert_eq!((&report["bytes"]["max"], &report["height"]["min"]), (&Value::from(0), &Value::from(144)), "{report}");
    Ok(())
}
