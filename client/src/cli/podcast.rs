//! `lectern podcast`: sound for those who listen; started, stopped and listed by the instructor.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use lectern_proto::control::{StreamInfo, StreamKind};

use super::publish::{Input, until_over};
use super::watch::seconds;
use super::{Failure, join, print};
use crate::class::JoinRequest;
use crate::here::programs;
use crate::live::{LiveError, Source};

pub(super) const HELP: &str = "\
Examples:
  lectern podcast start --file lecture.mp3 --join LINK --name Nora
  lectern podcast start --microphone --as seminar --join LINK --name Nora
  lectern podcast stop --as seminar --join LINK --name Nora
  lectern podcast list --join LINK --name Ana --password P

`start` runs until --for, `stop`, Ctrl-C, or the end of the file.";

#[derive(Debug, Clone, Args)]
pub(super) struct PodcastArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Starts one from the microphone or from a file
    Start(StartArgs),
    /// Ends one, whoever started it; for the instructor
    Stop {
        /// Its name; without it, the one that runs
        #[arg(long = "as", value_name = "NAME")]
        podcast: Option<String>,
    },
    /// Those that run, as JSON
    List,
}

#[derive(Debug, Clone, Args)]
struct StartArgs {
    #[command(flatten)]
    from: From,
    /// Its name
    #[arg(long = "as", value_name = "NAME", default_value = "podcast")]
    podcast: String,
    /// End after this many seconds
    #[arg(long = "for", value_name = "S", value_parser = seconds)]
    length: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// From the microphone
    #[arg(long)]
    microphone: bool,
    /// From a file, made evenly loud
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

pub(super) async fn run(request: JoinRequest, args: PodcastArgs) -> Result<(), Failure> {
    match args.what {
        What::Start(args) => start(request, args).await,
        What::Stop { podcast } => stop(request, podcast).await,
        What::List => list(request).await,
    }
}

async fn start(request: JoinRequest, args: StartArgs) -> Result<(), Failure> {
    let program = programs::worker()?;
    let kind = if args.from.file.is_some() { StreamKind::Recording } else { StreamKind::Podcast };
    let mut worker = vec!["live".to_owned()];
    match args.from.file {
        Some(file) => {
            if !file.is_file() {
                return Err(Failure::Usage(format!("there is no file {}", file.display())));
            }
            worker.extend(["--audio".to_owned(), file.display().to_string()]);
        }
        None => worker.push("--microphone".to_owned()),
    }
    let (class, _) = join(request).await?;
    let source = Source { name: Some(args.podcast.clone()), kind, program, args: worker, rung: String::new() };
    let publisher = class.start_publishing(source);
    until_over(&class, publisher, &args.podcast, args.length, Input::default()).await
}

async fn stop(request: JoinRequest, name: Option<String>) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let is_meant = |s: &&StreamInfo| s.kind.is_podcast() && name.as_ref().is_none_or(|n| *n == s.name);
    let stream = state.streams.iter().find(is_meant).ok_or_else(|| {
        let running = state.streams.iter().filter(|s| s.kind.is_podcast()).map(|s| s.name.clone()).collect();
        LiveError::NoSuchStream { name: name.clone().unwrap_or_else(|| "podcast".to_owned()), running }
    })?;
    class.end_stream(stream.id).await.map_err(Failure::Stream)?;
    class.left().await;
    print(&serde_json::json!({ "stopped": stream.name }))
}

async fn list(request: JoinRequest) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let who = |s: &StreamInfo| state.people.iter().find(|p| p.id == s.publisher).map(|p| p.name.clone());
    let podcasts: Vec<_> = state
        .streams
        .iter()
        .filter(|s| s.kind.is_podcast())
        .map(|s| serde_json::json!({ "name": s.name, "by": who(s), "id": s.id.to_string(), "file": s.kind.is_stored() }))
        .collect();
    class.left().await;
    print(&serde_json::json!({ "podcasts": podcasts }))
}
