//! The pictures of other places that a viewer is shown while pointing at the seek bar: the right ones, of the lowest rung,
//! fetched beside playback.

use std::sync::Arc;
use std::time::Duration;

use lectern::player::{Player, Preview};
use lectern_media::picture::Picture;
use lectern_proto::stamp;
use lectern_tests::playback::{first, join, open, options, rung};
use lectern_tests::stack::{Stack, turn, wait_until};

fn picture(player: &Player, position_us: u64) -> Arc<Picture> {
    let mut found = None;
    let came = wait_until(Duration::from_secs(20), || match player.preview(Some(position_us)) {
        Preview::Picture(picture) => {
            found = Some(picture);
            true
        }
        Preview::Coming | Preview::None => false,
    });
    assert!(came, "no picture of {position_us}");
    found.expect("a picture")
}

#[test]
fn the_nearest_keyframe_of_the_lowest_rung_is_shown() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(12, "1280x720").expect("a server with the lesson");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let paused = lectern::player::PlayerOptions { paused: true, ..options(rung("720p"), 0) };
    let player = open(&class, &video, paused).expect("open");
    first(&player).expect("the first picture");
    assert!(matches!(player.preview(None), Preview::None));
    let received = player.status().stats.bytes;
    // A keyframe stands at every second second; 30 frames a second. The last place is beyond the end.
    for (position_us, frame) in [(0, 0), (900_000, 0), (1_100_000, 60), (7_200_000, 240), (4_900_000, 120), (7_200_000, 240), (u64::MAX, 300)] {
        let picture = picture(&player, position_us);
        assert_eq!((picture.size().width, picture.size().height), (256, 144));
        let y = picture.planes()[0];
        assert_eq!(stamp::read(y.data, y.stride, y.width, y.height), Some(frame), "at {position_us}");
    }
    assert!(matches!(player.preview(Some(7_200_000)), Preview::Picture(_)), "what has come is kept");
    let status = player.status();
    assert_eq!((status.position_us, status.rung.as_deref()), (0, Some("720p")), "playback is where it was");
    assert!(status.stats.bytes >= received && status.stats.stalls == 0);
}
