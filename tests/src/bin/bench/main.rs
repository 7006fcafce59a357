//! `make bench`: the product beside a peer or the bare limit, in one run, as medians and ratios.
//!
//! Nothing here is a test: machines are noisy, so it prints what it measured and writes it to `docs/BENCHMARKS.md`.
//! Both sides of a row are measured in turn, so that a machine that becomes slower does so for both.

mod bare;
mod machine;
mod picture;
mod preparing;
mod serving;
mod start;
mod table;

use anyhow::Result;
use lectern_tests::clip;
use lectern_tests::stack::{Stack, root};

use table::Table;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(bare::COMMAND) {
        return bare::serve();
    }
    let mut table = Table::default();
    eprintln!("start ...");
    start::measure(&mut table)?;
    eprintln!("preparing ...");
    preparing::measure(&mut table)?;
    let stack = Stack::start(&[])?;
    clip::test_clip(&stack.path("lesson.mp4"), 60, "1280x720")?;
    std::fs::rename(stack.path("lesson.mp4"), stack.videos().join("lesson.mp4"))?;
    eprintln!("preparing the lesson ...");
    let video = stack.ready_video()?;
    eprintln!("pictures ...");
    picture::measure(&stack, &video, &mut table)?;
    eprintln!("serving ...");
    serving::measure(&stack, &video, &mut table)?;
    let text = table.to_markdown(&machine::describe());
    println!("{text}");
    let out = root().join("docs/BENCHMARKS.md");
    std::fs::write(&out, text)?;
    eprintln!("written to {}", out.display());
    Ok(())
}
