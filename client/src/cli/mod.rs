//! The command line: arguments in, one of the commands run, JSON out, words to stderr, an exit code.
//!
//! Every command joins the class like the window does; none has a way of its own to the server.

mod account;
mod ahead;
mod chat;
mod codes;
mod consent;
mod discover;
mod enter;
mod hand;
mod lab;
mod listen;
mod live;
mod people;
mod play;
mod podcast;
mod poll;
mod publish;
mod record;
mod rooms;
mod screen;
mod sound_out;
mod spread;
mod stage;
mod talk;
mod update;
mod videos;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use lectern_proto::address::Target;
use lectern_proto::control::TalkRefusal;

use crate::account::AccountError;
use crate::chat::{ChatError, WriteError};
use crate::class::{Class, ClassState, JoinError, JoinRequest, StreamError, TalkError};
use crate::here::HereError;
use crate::lab::LabError;
use crate::live::LiveError;
use crate::player::PlayError;
use crate::update::UpdateError;

/// Lectern: watch the class's lessons, in a window or from the command line.
#[derive(Debug, Parser)]
#[command(name = "lectern", version, about, after_help = HELP, arg_required_else_help = false)]
pub struct Cli {
    #[command(flatten)]
    entry: Entry,
    #[command(subcommand)]
    command: Option<Command>,
}

const HELP: &str = "\
Without a command the window opens.

Examples:
  lectern
  lectern play film.mkv
  lectern --join 'lectern://192.168.1.4:5511/class#...' --name Ana
  lectern videos --join 'lectern://192.168.1.4:5511/class#...' --name Ana --password open-sesame

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server, 4 cannot reach the server.";

#[derive(Debug, Args)]
struct Entry {
    /// The join link that the server printed (lectern://...), or an address such as 192.168.10.4 or
    /// lectern://192.168.10.4:5511/ROOM; an address asks for the server's three check-words once
    #[arg(long, global = true, env = "LECTERN_JOIN", value_name = "LINK", value_parser = Target::from_str)]
    join: Option<Target>,
    /// The three check-words of the server, as they stand in the room: only with an address in --join
    #[arg(long, global = true, value_name = "WORDS")]
    words: Option<String>,
    /// The name that the room shows, 1 to 64 bytes
    #[arg(long, global = true, env = "LECTERN_NAME")]
    name: Option<String>,
    /// The room's password; not needed with the instructor link
    #[arg(long, global = true, env = "LECTERN_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// The account to enter with; a session that this computer keeps (`lectern account login`), or with --account-password
    #[arg(long, global = true, env = "LECTERN_ACCOUNT", value_name = "NAME")]
    account: Option<String>,
    /// The password of the account; it never leaves this computer
    #[arg(long, global = true, env = "LECTERN_ACCOUNT_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    account_password: Option<String>,
    /// Writes the keys of this program's TLS connections into a file, for Wireshark to read them: whoever has it can, too
    #[arg(long, global = true, value_name = "FILE")]
    key_log: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays a file of this computer in a window; needs no class, no link and no name
    #[command(after_help = play::HELP)]
    Play(play::PlayArgs),
    /// Servers on this network, one JSON line each; needs no link and no name
    #[command(after_help = "Example:\n  lectern discover --for 5")]
    Discover(discover::DiscoverArgs),
    /// The catalogue as JSON
    #[command(after_help = "Example:\n  lectern videos --join LINK --name Ana --password open-sesame")]
    Videos,
    /// Who is in the room and at its door, as JSON; for the instructor also mutes, removes, admits, locks, and writes who was there
    #[command(after_help = people::HELP)]
    People(people::PeopleArgs),
    /// Lets every viewer fetch a lesson before it is watched, and prints how many have it, one JSON line each time; for the instructor
    Ahead(ahead::AheadArgs),
    /// Plays a stored video without a window and reports what was seen, as JSON
    #[command(
        after_help = "Examples:\n  lectern watch --video 0123456789abcdef --quality thirds --join LINK --name Ana --password P\n  lectern watch --video 0123456789abcdef --viewers 200 --no-decode --join LINK --name Ana --password P\n  lectern watch --live screen --record lesson.mkv --for 600 --join LINK --name Ana --password P\n  lectern watch --live camera --sound --output headphones --trim -120 --join LINK --name Ana --password P"
    )]
    Watch(watch::WatchArgs),
    /// Publishes a live stream from this machine: camera, screen, microphone or the test pattern
    #[command(after_help = publish::HELP)]
    Publish(publish::PublishArgs),
    /// Plays a podcast, or the sound of another live stream, and reports what was heard, as JSON
    #[command(
        after_help = "Examples:\n  lectern listen --for 5 --record lecture.wav --join LINK --name Ana --password P\n  lectern listen --output \"USB headphones\" --trim -120 --join LINK --name Ana --password P"
    )]
    Listen(listen::ListenArgs),
    /// Gives a student the stage, takes it back, makes the class quiet; says who has the stage, as JSON
    #[command(after_help = stage::HELP)]
    Stage(stage::StageArgs),
    /// The rooms of the server: lists, opens and closes them; for the instructor
    #[command(after_help = rooms::HELP)]
    Rooms(rooms::RoomsArgs),
    /// Access codes for guests: makes, lists and revokes them; for the instructor
    #[command(after_help = codes::HELP)]
    Codes(codes::CodesArgs),
    /// Raises your hand until it is lowered
    #[command(after_help = hand::HELP)]
    Hand(hand::HandArgs),
    /// A question to everybody, with counted answers
    #[command(after_help = poll::HELP)]
    Poll(poll::PollArgs),
    /// Records a live stream into the catalogue
    #[command(after_help = record::HELP)]
    Record(record::RecordArgs),
    /// Starts, stops and lists podcasts: sound on its own port
    #[command(after_help = podcast::HELP)]
    Podcast(podcast::PodcastArgs),
    /// Writes and reads: private messages, one to one, and those of the room; shows what two people compare
    #[command(after_help = chat::HELP)]
    Chat(chat::ChatArgs),
    /// Accounts: makes one, logs in and out, changes passwords and roles
    #[command(after_help = account::HELP)]
    Account(account::AccountArgs),
    /// The networking labs: Hamming codes and automatic repeat request; needs no server
    Lab(lab::LabArgs),
    /// Fetches the Lectern that the server hands out for this system, checks it and says where it lies, as JSON
    #[command(after_help = "Example:\n  lectern update --join LINK\n\nNo name and no password are needed. Nothing is installed or started.")]
    Update(update::UpdateArgs),
    /// The manual page, for packages
    #[command(hide = true)]
    Man,
}

/// Why a command failed; the kind decides the exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error(
        "the server at {address} shows the words `{shown}`, not those that were given. It is not the server of this room, or the words were read wrong. No password was sent."
    )]
    OtherWords { address: String, shown: String },
    #[error(transparent)]
    Here(#[from] HereError),
    #[error(transparent)]
    Live(#[from] LiveError),
    #[error("{0}")]
    Stream(StreamError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Chat(#[from] ChatError),
    #[error(transparent)]
    Talk(#[from] TalkError),
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Join(JoinError::PasswordNeeded) | Self::Play(PlayError::Quality(_)) => 2,
            // A server with another certificate is not the one that was asked for.
            Self::Join(JoinError::Unreachable { .. } | JoinError::OtherCertificate { .. } | JoinError::ChangedCertificate { .. })
            | Self::Update(UpdateError::Unreachable(_))
            | Self::OtherWords { .. } => 4,
            Self::Stream(StreamError::Refused(_)) | Self::Chat(ChatError::Stream(StreamError::Refused(_))) => 3,
            Self::Chat(ChatError::Write(WriteError::Length(_))) | Self::Talk(TalkError::Refused(TalkRefusal::Length)) => 2,
            Self::Talk(TalkError::Refused(why)) if *why != TalkRefusal::NotKept => 3,
            Self::Account(AccountError::Refused(_)) => 3,
            Self::Account(AccountError::Password(_)) | Self::Join(JoinError::BadPassword(_)) => 2,
            Self::Join(e) if e.is_refusal() => 3,
            Self::Lab(LabError::Settings(_)) => 2,
            Self::Lab(LabError::Failed(lectern_proto::arq::transfer::Failure::Silent) | LabError::NotSent { .. }) => 4,
            Self::Lab(LabError::NoWay | LabError::NotTaken) => 4,
            Self::Lab(LabError::Failed(_) | LabError::Declined | LabError::Class(StreamError::Refused(_))) => 3,
            Self::Chat(_)
            | Self::Lab(_)
            | Self::Talk(_)
            | Self::Account(AccountError::NotConnected)
            | Self::Update(_)
            | Self::Join(_)
            | Self::Play(_)
            | Self::Live(_)
            | Self::Stream(StreamError::NotConnected)
            | Self::Here(_)
            | Self::Other(_) => 1,
        }
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).with_writer(std::io::stderr).init();
    if let Some(path) = &cli.entry.key_log {
        if let Err(e) = crate::connect::keys::keep(path) {
            eprintln!("lectern: cannot write “{}”: {e}. No key was written and nothing was connected.", path.display());
            return ExitCode::from(1);
        }
        eprintln!("lectern: the keys of this program's connections go to “{}”. Delete it when you are done.", path.display());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("lectern").build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("lectern: this machine cannot start the threads that are needed: {e}. Close other programs and try again.");
            return ExitCode::from(1);
        }
    };
    let done = match cli.command {
        None => window(cli.entry, &runtime),
        Some(Command::Play(args)) => play::run(cli.entry.name, args, &runtime),
        Some(command) => runtime.block_on(run(cli.entry, command)),
    };
    // What still runs are reads of sockets that nobody waits for.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("lectern: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn window(entry: Entry, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    let (join, typed) = match entry.join {
        Some(Target::Link(link)) => (Some(*link), None),
        Some(Target::Address(address)) => (None, Some(address.unpinned_link())),
        None => (None, None),
    };
    let options = crate::ui::WindowOptions {
        join,
        typed,
        name: entry.name,
        password: entry.password,
        play: None,
        appearance: crate::ui::FirstLook::default(),
        runtime: runtime.handle().clone(),
    };
    crate::ui::run(options).map_err(|e| Failure::Other(format!("{e:#}")))
}

async fn run(entry: Entry, command: Command) -> Result<(), Failure> {
    let command = match command {
        Command::Discover(args) => return discover::run(args).await,
        Command::Update(args) => return update::run(enter::link(entry).await?, args).await,
        Command::Lab(args) => return lab::run(entry, args).await,
        Command::Man => return manual(),
        // The window runs on the main thread, outside of this.
        Command::Play(_) => return Ok(()),
        other => other,
    };
    let with_password = matches!(&command, Command::Account(args) if args.needs_password());
    let request = enter::request(entry, with_password).await?;
    match command {
        Command::Discover(_) | Command::Update(_) | Command::Lab(_) | Command::Man | Command::Play(_) => Ok(()),
        Command::Videos => videos::run(request).await,
        Command::Ahead(args) => ahead::run(request, args).await,
        Command::People(args) => people::run(request, &args).await,
        Command::Watch(args) => watch::run(request, args).await,
        Command::Publish(args) => publish::run(request, args).await,
        Command::Listen(args) => listen::run(request, args).await,
        Command::Podcast(args) => podcast::run(request, args).await,
        Command::Stage(args) => stage::run(request, args).await,
        Command::Rooms(args) => rooms::run(request, args).await,
        Command::Codes(args) => codes::run(request, args).await,
        Command::Hand(args) => hand::run(request, args).await,
        Command::Poll(args) => poll::run(request, args).await,
        Command::Record(args) => record::run(request, args).await,
        Command::Chat(args) => chat::run(request, args).await,
        Command::Account(args) => account::run(request, args).await,
    }
}

/// Writes the manual page in roff to stdout.
fn manual() -> Result<(), Failure> {
    clap_mangen::Man::new(<Cli as clap::CommandFactory>::command())
        .render(&mut std::io::stdout())
        .map_err(|e| Failure::Other(format!("cannot write the page: {e}")))
}

/// Joins and waits until people and videos are known.
async fn join(request: JoinRequest) -> Result<(Class, Arc<ClassState>), Failure> {
    let class = Class::join(&tokio::runtime::Handle::current(), request, Arc::new(|| {}));
    let state = class.joined().await?;
    Ok((class, state))
}

/// One JSON value on stdout.
fn print(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|e| Failure::Other(e.to_string()))?;
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}").map_err(|e| Failure::Other(format!("cannot write the result: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent_and_entry_may_stand_anywhere() {
        Cli::command().debug_assert();
        let link = "lectern://127.0.0.1:5511/room#AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM";
        for args in [["lectern", "--join", link, "--name", "a", "people"], ["lectern", "people", "--join", link, "--name", "a"]] {
            let cli = Cli::try_parse_from(args).expect("both orders");
            assert!(matches!(cli.entry.join, Some(Target::Link(link)) if link.room == "room"));
        }
        assert!(Cli::try_parse_from(["lectern", "people", "--join", "lectern://x:0"]).is_err());
        let cli = Cli::try_parse_from(["lectern", "people", "--join", "192.168.10.4", "--words", "a b c"]).expect("an address");
        assert!(matches!(cli.entry.join, Some(Target::Address(_))));
    }
}
