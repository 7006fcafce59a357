//! The media worker: prepares stored videos, sends live pictures and sound, and draws the sample lesson, as a child process
//! with limits.

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use lectern_media::live::{self, arguments::LiveArguments};
use lectern_media::make::events::{Event, Reporter};
use lectern_media::make::failure::{Failure, FailureKind};
use lectern_media::make::limits;
use lectern_media::make::prepare::{Job, prepare};
use lectern_media::make::sample::{self, SampleLesson};
use lectern_media::make::source::Source;
use lectern_media::make::wish::Wish;
use lectern_proto::rung::{PictureSize, RungSpec};
use std::path::PathBuf;
use std::process::ExitCode;

/// Makes media for Lectern, as a child process of the server or a client.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what a media file is.
    #[command(after_help = "Example:\n  lectern-media probe lecture.mp4")]
    Probe {
        /// The media file.
        file: PathBuf,
    },
    /// Prepare a video: rungs, sound tracks and thumbnail, as far as they are not there.
    ///
    /// Ends when standard input is closed, so that it does not outlive the server. A line {"from_us": N} there asks for what is
    /// shown from that microsecond on next.
    #[command(
        after_help = "Example:\n  lectern-media prepare --source lecture.mp4 --out chunks/lecture --audio --rung '720p=1280x720 2500k' --rung '144p=256x144 200k'"
    )]
    Prepare(PrepareArgs),
    /// Send live pictures and sound on standard output.
    ///
    /// Standard input takes commands, a line of JSON each; nothing is captured before the first {"command":"clock","server_us":N}.
    /// Ends when standard input is closed.
    #[command(after_help = "Example:\n  lectern-media live --pattern --sound --width 1280 --height 720 --fps 30 --bitrate 2500000")]
    Live(LiveArguments),
    /// Draw the sample lesson.
    #[command(after_help = "Example:\n  lectern-media sample --out videos/sample-lesson.mp4 --seconds 12 --size 1280x720 --fps 30")]
    Sample(SampleArgs),
}

#[derive(Debug, Args)]
struct PrepareArgs {
    /// The media file.
    #[arg(long)]
    source: PathBuf,
    /// The folder of this content; made if it is not there.
    #[arg(long)]
    out: PathBuf,
    /// A rung: NAME=WIDTHxHEIGHT RATE. May be given several times; those that would enlarge the video are left out, the lowest
    /// is always there.
    #[arg(long = "rung", value_name = "RUNG", value_parser = parse_rung)]
    rungs: Vec<RungSpec>,
    /// Prepare the sound tracks.
    #[arg(long)]
    audio: bool,
    /// Only what is had without encoding pictures: where they can be copied, they, the sound and the thumbnail; else nothing.
    #[arg(long)]
    quick: bool,
    /// Address space that the worker may use, in bytes.
    #[arg(long, value_name = "BYTES")]
    max_memory: Option<u64>,
}

#[derive(Debug, Args)]
struct SampleArgs {
    /// The file to write; it appears under its name when it is complete.
    #[arg(long)]
    out: PathBuf,
    /// Length in seconds.
    #[arg(long, default_value_t = 12)]
    seconds: u32,
    /// Size in pixels, even edges.
    #[arg(long, default_value = "1280x720", value_parser = parse_size)]
    size: PictureSize,
    /// Frames per second.
    #[arg(long, default_value_t = 30)]
    fps: u32,
}

fn parse_rung(text: &str) -> Result<RungSpec, String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=WIDTHxHEIGHT RATE, for example '720p=1280x720 2500k'")?;
    RungSpec::parse(name.trim(), value).map_err(|e| e.to_string())
}

fn parse_size(text: &str) -> Result<PictureSize, String> {
    let edges = text.split_once('x').and_then(|(w, h)| Some(PictureSize { width: w.parse().ok()?, height: h.parse().ok()? }));
    edges.ok_or_else(|| "write WIDTHxHEIGHT, for example 1280x720".to_owned())
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Probe { file } => tell(&Reporter::stdout(), |r| {
            let source = Source::open(&file)?;
            r.tell(&Event::Probed(source.description()));
            Ok(())
        }),
        Command::Prepare(args) => run_prepare(args),
        Command::Live(arguments) => return live::run(&arguments),
        Command::Sample(args) => {
            let lesson = SampleLesson { seconds: args.seconds, size: args.size, fps: args.fps };
            sample::write(&lesson, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Failures of a file were told as an event; what is left is for whoever started this by hand.
        Err(e) if e.is::<Failure>() && !e.chain().skip(1).any(|c| c.is::<Failure>()) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("lectern-media: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_prepare(args: PrepareArgs) -> anyhow::Result<()> {
    let reporter = Reporter::stdout();
    tell(&reporter, |reporter| {
        let wish = Wish::default();
        limits::apply(args.max_memory, &wish)?;
        let job = Job { source: args.source, out: args.out, rungs: args.rungs, audio: args.audio, quick: args.quick, wish };
        prepare(&job, reporter)?;
        reporter.tell(&Event::Done);
        Ok(())
    })
}

/// Does the work and tells a failure, or a fault of this program, as the last event.
fn tell(reporter: &Reporter, work: impl FnOnce(&Reporter) -> Result<(), Failure>) -> anyhow::Result<()> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(reporter)));
    let outcome = outcome.unwrap_or_else(|_| {
        let reason = "The media worker met a fault of its own and stopped. Report this, with the file if you can.";
        Err(Failure::new(FailureKind::Internal, reason))
    });
    outcome.inspect_err(|failure| reporter.tell(&Event::Failed(failure))).map_err(Into::into)
}
