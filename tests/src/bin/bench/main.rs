//! `make bench`: the product beside a peer or the bare limit, in one run, as medians and ratios.
//!
//! Nothing here is a test: machines are noisy, so it prints what it measured and writes it to `docs/BENCHMARKS.md`.
//! Both sides of a row are measured in turn, so that a machine that becomes slower does so for both. With names of parts as
//! arguments (`bench line screen`) only these are measured, and nothing is written.

mod bare;
mod beside;
mod line;
mod live;
mod machine;
mod mpv;
mod picture;
mod podcast;
mod preparing;
mod screen;
mod serving;
mod slow;
mod start;
mod table;

use anyhow::Result;
use lectern_tests::clip;
use lectern_tests::stack::{Stack, root};

use table::Table;

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.first().is_some_and(|w| w == bare::COMMAND) {
        return bare::serve();
    }
    match wanted.first().map(String::as_str) {
        // What a media worker is started with.
        Some(live::SOURCE) => return live::source(),
        Some(live::LOOP) => return live::bare_loop(),
        _ => {}
    }
    let is_wanted = |part: &str| {
        let wanted = wanted.is_empty() || wanted.iter().any(|w| w == part);
        if wanted {
            eprintln!("{part} ...");
        }
        wanted
    };
    let mut table = Table::default();
    if is_wanted("start") {
        start::measure(&mut table)?;
    }
    if is_wanted("preparing") {
        preparing::measure(&mut table)?;
    }
    if is_wanted("on-air") {
        live::measure(&mut table)?;
    }
    if is_wanted("podcast") {
        podcast::measure_all(&mut table)?;
    }
    let (stack, video) = lesson()?;
    if is_wanted("pictures") {
        picture::measure(&stack, &video, &mut table)?;
        beside::pictures(&stack, &video, &mut table)?;
    }
    if is_wanted("decoding") {
        beside::decoding(&stack, &video, "720p", &mut table)?;
        let (large, video) = large_lesson()?;
        beside::decoding(&large, &video, "1440p", &mut table)?;
    }
    if is_wanted("screen") {
        screen::measure(&stack, &video, &mut table)?;
    }
    if is_wanted("line") {
        let (dense, video) = dense_lesson()?;
        line::measure(&dense, &video, ("360p", "720p"), &mut table)?;
    }
    if is_wanted("serving") {
        serving::measure(&stack, &video, &mut table)?;
        slow::measure(&stack, &mut table)?;
    }
    let text = table.to_markdown(&machine::describe());
    println!("{text}");
    if wanted.is_empty() {
        let out = root().join("docs/BENCHMARKS.md");
        std::fs::write(&out, text)?;
        eprintln!("written to {}", out.display());
    }
    Ok(())
}

/// A server with 60 s of 720p, with a keyframe every two seconds: it is copied, and jumps are what they are when it is encoded.
fn lesson() -> Result<(Stack, String)> {
    let input = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=60", "-f", "lavfi", "-i", "sine=frequency=440:duration=60"];
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"];
    prepared(|path| clip::ffmpeg(&[&input[..], &coding[..]].concat(), path))
}

/// A server with 20 s of 1440p.
fn large_lesson() -> Result<(Stack, String)> {
    prepared(|path| clip::test_clip(path, 20, "2560x1440"))
}

/// A server with 90 s of 720p that is so hard to code that every rung needs the rate that it may have.
fn dense_lesson() -> Result<(Stack, String)> {
    let input = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=90,noise=alls=24:allf=t", "-f", "lavfi", "-i", "sine=duration=90"];
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "28", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"];
    prepared(|path| clip::ffmpeg(&[&input[..], &coding[..]].concat(), path))
}

fn prepared(make: impl FnOnce(&std::path::Path) -> Result<()>) -> Result<(Stack, String)> {
    let stack = Stack::start(&[])?;
    make(&stack.path("lesson.mp4"))?;
    std::fs::rename(stack.path("lesson.mp4"), stack.videos().join("lesson.mp4"))?;
    eprintln!("preparing a lesson ...");
    let video = stack.ready_video()?;
    Ok((stack, video))
}
