#![no_main]
//! What comes through the pipe of a media worker, which reads foreign files and may send anything; and what such a worker is told.

use lectern_fuzz::begin_with;
use lectern_proto::live::pipe::{Command, News, PipeReader, SheetState, command, news, unit_head};

fn seeds() -> Vec<Vec<u8>> {
    let unit = [&unit_head(0, true, 5_000_000, 4)[..], b"unit"].concat();
    let commands = [Command::Keyframe, Command::Rate { bps: 2_500_000 }, Command::Freeze { frozen: true }, Command::Talk { on: true, at_us: 1 }];
    let all_news = [
        News::Ready,
        News::Form { video: None, sound: None },
        News::Trouble { why: Some("no camera".into()), all: Vec::new() },
        News::Level { peak_db: -20.5 },
        News::Failed { why: "no device".into(), trouble: None },
        News::Ended,
        News::Sheet { state: SheetState::Found, corners: Some([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) },
    ];
    let all = commands.iter().map(command).chain(all_news.iter().map(news)).chain([unit]);
    all.flat_map(|one| [[&[0][..], &one].concat(), [&[1][..], &one].concat()]).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((&cut, said)) = data.split_first() else { return };
    let (mut whole, mut cut_up) = (PipeReader::default(), PipeReader::default());
    whole.push(said);
    // However it is cut, the same is read.
    for part in said.chunks(usize::from(cut / 2) + 1) {
        cut_up.push(part);
    }
    loop {
        let is_over = if cut % 2 == 0 {
            let said = whole.next_said();
            assert_eq!(said, cut_up.next_said());
            !matches!(said, Ok(Some(_)))
        } else {
            let told = whole.next_told();
            assert_eq!(told, cut_up.next_told());
            !matches!(told, Ok(Some(_)))
        };
        if is_over {
            return;
        }
    }
});
