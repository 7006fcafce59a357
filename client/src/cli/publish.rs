//! `lectern publish`: a live stream from this machine, until it is stopped.

use std::time::Duration;

use clap::Args;
use lectern_proto::control::StreamKind;
use lectern_proto::live::pipe::SheetState;
use lectern_proto::rung::RungSpec;

use super::consent::follow_input;
use super::watch::{interrupted, seconds};
use super::{Failure, join, print};
use crate::class::{Class, JoinRequest};
use crate::here::programs;
use crate::live::{DocumentCamera, PUSH_TO_TALK, Publisher, Source};

pub(super) const HELP: &str = "\
Examples:
  lectern publish --pattern --for 25 --join LINK --name Nora
  lectern publish --camera 0 --as board --join LINK --name Nora
  lectern publish --camera 0 --document --join LINK --name Nora
  lectern publish --screen --inset-camera 0 --join LINK --name Nora
  lectern publish --screen --recorded yes --join LINK --name Ana --password P

Runs until --for, Ctrl-C, or the end of the source.";

#[derive(Debug, Clone, Args)]
pub(super) struct PublishArgs {
    #[command(flatten)]
    what: What,
    /// The stream's name; without it, its kind
    #[arg(long = "as", value_name = "STREAM")]
    stream: Option<String>,
    /// End after this many seconds
    #[arg(long = "for", value_name = "S", value_parser = seconds)]
    length: Option<Duration>,
    /// The rung of the room's ladder that the pictures are coded in
    #[arg(long, value_name = "RUNG", default_value = "720p")]
    quality: String,
    /// Ask cameras for pictures of this size, rather than that of the resolution
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    camera_size: Option<String>,
    /// Ask cameras for pictures of this form: MJPG, YUYV and others, as the camera has them
    #[arg(long, value_name = "FOURCC")]
    camera_format: Option<String>,
    /// With the screen: one window of it, by its title, a part of that, or its number
    #[arg(long, value_name = "TITLE|ID", requires = "screen")]
    window: Option<String>,
    /// With pictures of any kind: show a camera in a corner of them, by its number, or a URL or video file that stands for one
    #[arg(long, value_name = "N|URL|FILE", conflicts_with = "microphone")]
    inset_camera: Option<String>,
    /// The corner: top-left, top-right, bottom-left or bottom-right
    #[arg(long, value_name = "CORNER", default_value = "bottom-right", requires = "inset_camera", value_parser = ["top-left", "top-right", "bottom-left", "bottom-right"])]
    inset_corner: String,
    /// Its part of the pictures' width and height, in hundredths, 10 to 50
    #[arg(long, value_name = "PERCENT", default_value_t = 25, requires = "inset_camera", value_parser = clap::value_parser!(u32).range(10..=50))]
    inset_size: u32,
    /// With a camera: find the sheet or board in its pictures, straighten it and make its light even
    #[arg(long, requires = "camera")]
    document: bool,
    /// With the test pattern: a quiet tone, and a beep at each second of the server's clock
    #[arg(long, requires = "pattern")]
    sound: bool,
    /// With the microphone: silence, until Enter is pressed; the next one ends it
    #[arg(long, requires = "microphone")]
    push_to_talk: bool,
    /// Whether it may be recorded when an instructor wants to: `ask` prints {"recording": "asked"} and takes y or n as a line of input, at
    /// any time; without an answer it is not recorded. What an instructor publishes needs no answer
    #[arg(long, value_name = "yes|no|ask", default_value = "ask", value_parser = ["yes", "no", "ask"])]
    recorded: String,
    /// Pictures a second, 1 to 60
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    rate: u32,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The stamped test pattern: latency is measured with it
    #[arg(long)]
    pattern: bool,
    /// A camera, by its number, or a URL or video file that stands for one
    #[arg(long, value_name = "N|URL|FILE")]
    camera: Option<String>,
    /// The screen
    #[arg(long)]
    screen: bool,
    /// The microphone
    #[arg(long)]
    microphone: bool,
    /// A video file with its sound, as if it were live
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
}

impl What {
    fn kind(&self) -> StreamKind {
        match self {
            Self { pattern: true, .. } => StreamKind::Pattern,
            Self { screen: true, .. } => StreamKind::Screen,
            Self { microphone: true, .. } => StreamKind::Microphone,
            Self { camera: Some(_), .. } => StreamKind::Camera,
            _ => StreamKind::File,
        }
    }

    /// The worker's arguments that name the source.
    fn args(&self) -> Vec<String> {
        let text = |s: &str| s.to_owned();
        match self {
            Self { pattern: true, .. } => vec![text("--pattern")],
            Self { screen: true, .. } => vec![text("--screen")],
            Self { microphone: true, .. } => vec![text("--microphone")],
            Self { camera: Some(camera), .. } => vec![text("--camera"), camera.clone()],
            Self { file, .. } => file.iter().flat_map(|file| [text("--file"), file.clone()]).collect(),
        }
    }
}

fn pictures(rung: &RungSpec, rate: u32) -> Vec<String> {
    let pair = |name: &str, value: String| [name.to_owned(), value];
    [
        pair("--width", rung.box_width.to_string()),
        pair("--height", rung.box_height.to_string()),
        pair("--fps", rate.to_string()),
        pair("--bitrate", rung.bitrate_bps.to_string()),
    ]
    .concat()
}

pub(super) async fn run(request: JoinRequest, args: PublishArgs) -> Result<(), Failure> {
    let program = programs::worker()?;
    let (class, state) = join(request).await?;
    let rung = state.live_ladder.iter().find(|r| r.name == args.quality).ok_or_else(|| {
        let known = state.live_ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ");
        Failure::Usage(format!("the room has no resolution `{}`; it has {known}", args.quality))
    })?;
    let kind = args.what.kind();
    let mut worker = vec!["live".to_owned()];
    worker.extend(args.what.args());
    worker.extend(args.sound.then(|| "--sound".to_owned()));
    for (name, value) in [("--window", &args.window), ("--camera-size", &args.camera_size), ("--camera-format", &args.camera_format)] {
        worker.extend(value.iter().flat_map(|value| [name.to_owned(), value.clone()]));
    }
    if let Some(camera) = &args.inset_camera {
        let inset = [("--inset-camera", camera.clone()), ("--inset-corner", args.inset_corner.clone()), ("--inset-size", args.inset_size.to_string())];
        worker.extend(inset.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
    }
    worker.extend(args.document.then(|| "--document".to_owned()));
    worker.extend(args.push_to_talk.then(|| PUSH_TO_TALK.to_owned()));
    if kind != StreamKind::Microphone {
        worker.extend(pictures(rung, args.rate));
    }
    let name = args.stream.clone().unwrap_or_else(|| kind.name().to_owned());
    let publisher = class.start_publishing(Source { name: args.stream, kind, program, args: worker, rung: rung.name.clone() });
    let input = Input { talks: args.push_to_talk, consent: Some(args.recorded.as_str()) };
    let sheet = publisher.document();
    tokio::select! {
        over = until_over(&class, publisher, &name, args.length, input) => over,
        Err(failure) = tell_sheet(sheet) => Err(failure),
    }
}

/// Prints how the document mode stands, each time it is another; it goes on until that cannot be printed.
async fn tell_sheet(mut document: DocumentCamera) -> Result<(), Failure> {
    let mut told = SheetState::Off;
    while let Some(sheet) = document.changed().await {
        if std::mem::replace(&mut told, sheet.state) != sheet.state {
            print(&serde_json::json!({ "sheet": sheet.state, "corners": sheet.corners }))?;
        }
    }
    std::future::pending().await
}

/// What the lines of the input are for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Input<'a> {
    /// Each begins or ends talking.
    pub(super) talks: bool,
    /// Whether the stream may be recorded: `yes`, `no`, or `ask`; none: nobody is asked.
    pub(super) consent: Option<&'a str>,
}

/// Waits until a publishing has run for so long, is stopped or has ended, and leaves.
pub(super) async fn until_over(class: &Class, mut publisher: Publisher, name: &str, length: Option<Duration>, input: Input<'_>) -> Result<(), Failure> {
    tokio::select! {
        live = publisher.live() => live.map_err(Failure::Other)?,
        () = interrupted() => return Ok(()),
    }
    print(&serde_json::json!({ "live": name }))?;
    let length = async {
        match length {
            Some(length) => tokio::time::sleep(length).await,
            None => std::future::pending().await,
        }
    };
    let (key, mut over) = (publisher.talk_key(), publisher.ending());
    tokio::select! {
        ended = over.ended() => ended.map_err(Failure::Other)?,
        () = length => {}
        () = interrupted() => {}
        done = follow_input(class, &publisher, input, key) => done?,
    }
    publisher.stop();
    let ended = publisher.ended().await;
    class.left().await;
    ended.map_err(Failure::Other)
}
