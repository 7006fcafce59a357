//! `make bench`: the product beside a peer or the bare limit, in one run, as medians and ratios.
//!
//! Nothing here is a test: machines are noisy, so it prints what it measured and writes it to `docs/BENCHMARKS.md`.
//! Both sides of a row are measured in turn, so that a machine that becomes slower does so for both. With names of parts as
//! arguments (`make bench PARTS='line screen'`) only these are measured and their rows written in the place of older ones.

mod accounts;
mod bare;
mod bare_relay;
mod beside;
mod chat;
mod crowd;
mod fan_out;
mod glass;
mod joins;
mod kept;
mod labs;
mod line;
mod lip_sync;
mod machine;
mod mpv;
mod picture;
mod podcast;
mod preparing;
mod raw;
mod relay;
mod rtmp;
mod screen;
mod serving;
mod slow;
mod source;
mod start;
mod table;
mod unfelt;
mod wire;

use std::cell::OnceCell;
use std::path::Path;

use anyhow::{Result, ensure};
use lectern_tests::clip;
use lectern_tests::stack::{Stack, root};

use table::Table;

type Part = fn(&Lessons, &mut Table) -> Result<()>;

/// Every part by its name, in the order of the table.
const PARTS: [(&str, Part); 19] = [
    ("start", |_, table| start::measure(table)),
    ("preparing", |_, table| preparing::measure(table)),
    ("pictures", |lessons, table| {
        let (stack, video) = lessons.usual()?;
        picture::measure(stack, video, table)?;
        beside::pictures(stack, video, table)
    }),
    ("decoding", |lessons, table| {
        let (stack, video) = lessons.usual()?;
        beside::decoding(stack, video, "720p", table)?;
        let (large, video) = large_lesson()?;
        beside::decoding(&large, &video, "1440p", table)
    }),
    ("screen", |lessons, table| lessons.usual().and_then(|(stack, video)| screen::measure(stack, video, table))),
    ("line", |_, table| {
        let (dense, video) = dense_lesson()?;
        line::measure(&dense, &video, ("360p", "720p"), table)
    }),
    ("serving", |lessons, table| {
        let (stack, video) = lessons.usual()?;
        serving::measure(stack, video, table)?;
        slow::measure(stack, table)
    }),
    ("fan-out", |_, table| fan_out::measure(table)),
    ("glass", |_, table| glass::measure(table)),
    ("late-join", |_, table| glass::late_join(table)),
    ("lip-sync", |_, table| lip_sync::measure(table)),
    ("unfelt", |_, table| unfelt::measure(table)),
    ("podcast", |_, table| podcast::measure_all(table)),
    ("chat", |_, table| chat::measure(table)),
    ("accounts", |_, table| accounts::measure(table)),
    ("relay", |_, table| relay::measure(table)),
    ("kept", |_, table| kept::measure(table)),
    ("joins", |_, table| joins::measure(table)),
    ("labs", |_, table| labs::measure(table)),
];
/// The parts of live streams, and those of chat and of coming in, each by one name.
const GROUPS: [(&str, [&str; 5]); 2] =
    [("on-air", ["fan-out", "glass", "late-join", "lip-sync", "unfelt"]), ("class", ["chat", "accounts", "relay", "kept", "joins"])];

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    match wanted.first().map(String::as_str) {
        // The other sides of rows, which are processes of their own, and what a media worker is started with.
        Some(bare::COMMAND) => return bare::serve(),
        Some(bare_relay::COMMAND) => return bare_relay::serve(),
        Some(source::COMMAND) => return source::run(),
        Some(fan_out::LOOP) => return fan_out::bare_loop(),
        Some(fan_out::BATCHES) => return fan_out::bare_batches(),
        _ => {}
    }
    let names = PARTS.map(|(name, _)| name);
    for name in &wanted {
        let known = [&names[..], &GROUPS.map(|(name, _)| name)].concat();
        ensure!(known.contains(&name.as_str()), "there is no part '{name}' of the bench; the parts are {}", known.join(", "));
    }
    let is_in_group = |part: &str, w: &str| GROUPS.iter().any(|(name, parts)| w == *name && parts.contains(&part));
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|w| w == part || is_in_group(part, w));
    let (out, machine) = (root().join("docs/BENCHMARKS.md"), machine::describe());
    let (lessons, mut table, mut failed) = (Lessons::default(), Table::default(), Vec::new());
    for (name, measure) in PARTS.into_iter().filter(|(name, _)| is_wanted(name)) {
        eprintln!("{name} ...");
        // What one part cannot measure does not keep the others from it.
        if let Err(why) = measure(&lessons, &mut table) {
            eprintln!("{name} was not measured: {why:#}");
            failed.push(name);
        }
    }
    println!("{}", table.to_markdown(&machine));
    let is_whole = wanted.is_empty() && failed.is_empty();
    write(&table, &machine, &out, is_whole)?;
    ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

/// A whole run writes the document anew; parts write their rows over older ones of the same name.
fn write(table: &Table, machine: &str, out: &Path, is_whole: bool) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: nothing is written");
        return Ok(());
    }
    let text = if is_whole { Some(table.to_markdown(machine)) } else { table.written_over(machine, &std::fs::read_to_string(out)?) };
    match text {
        Some(text) => {
            std::fs::write(out, text)?;
            eprintln!("written to {}", out.display());
        }
        None => eprintln!("{} is no such document and stays; a whole run writes it anew", out.display()),
    }
    Ok(())
}

/// What several parts use is prepared once.
#[derive(Debug, Default)]
struct Lessons(OnceCell<(Stack, String)>);

impl Lessons {
    /// A server with 60 s of 720p, with a keyframe every two seconds: it is copied, and jumps are what they are when it is encoded.
    fn usual(&self) -> Result<(&Stack, &str)> {
        if self.0.get().is_none() {
            let input = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=60", "-f", "lavfi", "-i", "sine=frequency=440:duration=60"];
            let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"];
            let _ = self.0.set(prepared(|path| clip::ffmpeg(&[&input[..], &coding[..]].concat(), path))?);
        }
        let (stack, video) = self.0.get().ok_or_else(|| anyhow::anyhow!("no lesson"))?;
        Ok((stack, video))
    }
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

fn prepared(make: impl FnOnce(&Path) -> Result<()>) -> Result<(Stack, String)> {
    let stack = Stack::start(&[])?;
    make(&stack.path("lesson.mp4"))?;
    std::fs::rename(stack.path("lesson.mp4"), stack.videos().join("lesson.mp4"))?;
    eprintln!("preparing a lesson ...");
    let video = stack.ready_video()?;
    Ok((stack, video))
}
