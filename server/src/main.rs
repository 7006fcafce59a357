//! The server's program: reads the command line, starts the library's parts, waits for what ends it.

mod cli;
mod ending;
mod log;
mod progress;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use lectern_proto::control::VideoState;
use lectern_server::alone::{Alone, AloneError};
use lectern_server::announce::Announced;
use lectern_server::config::{Config, Problem};
use lectern_server::prepare::{Preparation, PrepareError};
use lectern_server::{Server, StartError, platform, privacy};
use tokio::runtime::Runtime;

use cli::{Cli, Command, ConfigArgs, FileArgs, PersonArgs, PrepareArgs, RunArgs};
use ending::Endings;

/// Wrong usage or configuration.
const MISCONFIGURED: u8 = 2;
/// Ended by a second signal, as shells count them.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    platform::prepare_process();
    let cli = Cli::parse();
    let done = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run(&args),
        Command::ServeFile(args) => serve_file(&args),
        Command::Check(args) => check(&args),
        Command::Prepare(args) => prepare(&args),
        Command::Export(args) => export(&args),
        Command::Forget(args) => forget(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("lectern-server: {error:#}");
        ExitCode::FAILURE
    })
}

/// One line each, without the program's name in front: editors and scripts find file and line.
fn misconfigured(problems: &[Problem]) -> ExitCode {
    problems.iter().for_each(|p| eprintln!("{p}"));
    ExitCode::from(MISCONFIGURED)
}

fn runtime() -> anyhow::Result<Runtime> {
    // A blocking thread reads and seals, hashes, or looks at a directory; a few are enough.
    tokio::runtime::Builder::new_multi_thread().max_blocking_threads(16).enable_all().build().context("the runtime cannot be started")
}

fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(&args.config.sources()) {
        Ok(config) => config,
        Err(problems) => return Ok(misconfigured(&problems)),
    };
    log::start(&args.config.log)?;
    let runtime = runtime()?;
    let announce = args.announce.as_deref();
    // Who reads the announcement from a pipe is a program, and what it does with standard error is not known.
    let service = Service { announce, until_input_ends: args.until_input_ends, greets: announce != Some(Path::new("-")) };
    let done = runtime.block_on(serve(config, &service));
    runtime.shutdown_background();
    done
}

fn serve_file(args: &FileArgs) -> anyhow::Result<ExitCode> {
    log::start(&args.log)?;
    let alone = match Alone::prepare(&args.file, args.below.as_deref()) {
        Ok(alone) => alone,
        Err(AloneError::Config(problems)) => return Ok(misconfigured(&problems)),
        Err(error) => return Err(error.into()),
    };
    let runtime = runtime()?;
    let service = Service { announce: Some(Path::new("-")), until_input_ends: true, greets: false };
    let done = runtime.block_on(serve(alone.config.clone(), &service));
    runtime.shutdown_background();
    drop(alone);
    done
}

/// How a server deals with whoever started it.
struct Service<'a> {
    announce: Option<&'a Path>,
    until_input_ends: bool,
    /// Whether a person reads standard error.
    greets: bool,
}

async fn serve(config: Config, service: &Service<'_>) -> anyhow::Result<ExitCode> {
    let mut endings = Endings::listen(service.until_input_ends)?;
    let started = tokio::select! {
        started = Server::start(config) => started,
        () = endings.next() => return Ok(ExitCode::SUCCESS),
    };
    let server = match started {
        Ok(server) => server,
        Err(StartError::Config(problems)) => return Ok(misconfigured(&problems)),
        Err(error) => return Err(error.into()),
    };
    let announced = match service.announce {
        Some(path) => Some(Announced::tell(path, server.announcement()).with_context(|| format!("cannot write {}", path.display()))?),
        None => None,
    };
    if service.greets {
        greet(&server, announced.is_some());
        let words = server.words();
        tokio::spawn(async move {
            if let Some(words) = words.await {
                eprintln!("  Check-words, for those who join without the link: {words}\n");
            }
        });
    }
    endings.next().await;
    tokio::spawn(async move {
        endings.next().await;
        std::process::exit(INTERRUPTED);
    });
    drop(announced);
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// What a teacher needs, on standard error.
fn greet(server: &Server, announced: bool) {
    let announcement = server.announcement();
    eprintln!("\n  Lectern is ready. Give this link to your class:\n    {}", announcement.join);
    match server.generated_password() {
        Some(password) => eprintln!("  Room password (generated): {password}"),
        None => eprintln!("  Room password: as set in [rooms] password"),
    }
    // What goes to a file or a journal would be read by others.
    if std::io::stderr().is_terminal() {
        eprintln!("  Your own link, as instructor (keep it secret):\n    {}", announcement.instructor);
    } else if announced {
        eprintln!("  Your own link, as instructor, is where --announce says.");
    } else {
        eprintln!("  Your own link, as instructor, is not written to a log: start in a terminal, or with --announce FILE.");
    }
    eprintln!("  Ctrl-C ends the server.\n");
}

fn check(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let checked = Config::load(&args.sources()).and_then(|config| config.check_directories().map(|()| config));
    match checked {
        Ok(config) => {
            println!("{}", serde_json::to_string_pretty(&config.to_json())?);
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => Ok(misconfigured(&problems)),
    }
}

fn export(args: &PersonArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(&args.config.sources()) {
        Ok(config) => config,
        Err(problems) => return Ok(misconfigured(&problems)),
    };
    let kept = runtime()?.block_on(privacy::export(&config, &args.name))?;
    println!("{}", serde_json::to_string_pretty(&kept)?);
    Ok(ExitCode::SUCCESS)
}

fn forget(args: &PersonArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(&args.config.sources()) {
        Ok(config) => config,
        Err(problems) => return Ok(misconfigured(&problems)),
    };
    let rows = runtime()?.block_on(privacy::forget(&config, &args.name))?;
    println!("{}", serde_json::json!({ "forgotten": rows }));
    Ok(ExitCode::SUCCESS)
}

fn prepare(args: &PrepareArgs) -> anyhow::Result<ExitCode> {
    let config = match Config::load(&args.config.sources()) {
        Ok(config) => config,
        Err(problems) => return Ok(misconfigured(&problems)),
    };
    log::start(&args.config.log)?;
    let runtime = runtime()?;
    let done = runtime.block_on(prepare_all(&config, args));
    runtime.shutdown_background();
    done
}

async fn prepare_all(config: &Config, args: &PrepareArgs) -> anyhow::Result<ExitCode> {
    let mut endings = Endings::listen(false)?;
    let mut preparation = match Preparation::start(config, &args.files).await {
        Ok(preparation) => preparation,
        Err(PrepareError::Config(problems)) => return Ok(misconfigured(&problems)),
        Err(error) => return Err(error.into()),
    };
    let mut bar = progress::Bar::new();
    let interrupted = loop {
        tokio::select! {
            () = endings.next() => break true,
            news = preparation.news() => match news {
                Some(videos) => bar.draw(&videos),
                None => break false,
            },
        }
    };
    let videos = preparation.progress();
    bar.draw(&videos);
    preparation.stop().await;
    let failed = videos.iter().filter(|v| matches!(v.state, VideoState::Failed { .. })).count();
    if interrupted {
        eprintln!("Stopped; the next run goes on here.");
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("{} of {} videos are ready.", videos.len() - failed, videos.len());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
