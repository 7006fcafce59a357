//! The command line: what can be said, and its exit codes.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

use lectern_server::config::Sources;

/// A classroom server: rooms, videos in every resolution, one join link.
#[derive(Debug, Parser)]
#[command(name = "lectern-server", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  lectern-server\n  lectern-server run --config config.ini --set server.video_port=9001\n\n\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. SIGINT or SIGTERM end the server; a second one ends it at once.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until SIGINT or SIGTERM (this is what happens without a command).
    #[command(after_help = "Example:\n  lectern-server run --config config.ini --announce ready.json --set rooms.password=open-sesame")]
    Run(RunArgs),
    /// Check the configuration and print the settings in force with where each comes from, as JSON.
    #[command(after_help = "Example:\n  lectern-server check --config config.ini --set limits.people=40")]
    Check(ConfigArgs),
    /// Print all that is kept of a person in the database, as JSON.
    #[command(after_help = "Example:\n  lectern-server export --config config.ini \"Ana (2)\"")]
    Export(PersonArgs),
    /// Delete all that is kept of a person in the database; the server must not run.
    #[command(after_help = "Example:\n  lectern-server forget --config config.ini \"Ana (2)\"")]
    Forget(PersonArgs),
    /// Serve one file to the program that starts this: on loopback and free ports, with a folder of its own that is deleted at the
    /// end, until standard input ends. Prints the links as one line of JSON, as --announce - does. `lectern play` uses it.
    #[command(after_help = "Example:\n  sleep 60 | lectern-server serve-file lesson.mp4")]
    ServeFile(FileArgs),
    /// Prepare videos, with a progress bar, and end. All of them, or the named files of the directory of videos.
    #[command(after_help = "Example:\n  lectern-server prepare --config config.ini lesson-1.mp4 \"lesson 2.webm\"")]
    Prepare(PrepareArgs),
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration; its relative paths are relative to its directory.
    #[arg(long, value_name = "FILE", default_value = "config.ini")]
    config: PathBuf,
    /// A setting over the file's; may be given several times.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Directory of database, certificate and keys, over [paths] data.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// What is logged to standard error: error, warn, info, debug, trace, or a filter like lectern_server=debug.
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", default_value = "info")]
    pub log: String,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Write join links, ports and the room's password to FILE (JSON, for its owner alone) when every port is open; removed at the
    /// end. - is standard output.
    #[arg(long, value_name = "FILE")]
    pub announce: Option<PathBuf>,
    /// End when standard input ends too: for a program that starts the server and shall not be outlived by it.
    #[arg(long)]
    pub until_input_ends: bool,
}

#[derive(Debug, Args)]
pub struct FileArgs {
    /// The video or recording; it is only read.
    pub file: PathBuf,
    /// Where the folder of what is prepared is made, on a disk with space. Default: the system's place for temporary files.
    #[arg(long, value_name = "DIR")]
    pub below: Option<PathBuf>,
    /// What is logged to standard error, as for run.
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", default_value = "warn")]
    pub log: String,
}

#[derive(Debug, Args)]
pub struct PrepareArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Files of the directory of videos, by name or path.
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PersonArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// As the room showed it.
    pub name: String,
}

impl ConfigArgs {
    pub fn sources(&self) -> Sources {
        Sources { file: self.config.clone(), set: self.set.clone(), data_dir: self.data_dir.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_is_the_default() {
        let cli = Cli::parse_from(["lectern-server", "--announce", "x", "--set", "a.b=c"]);
        assert!(cli.command.is_none() && cli.run.announce.is_some());
        assert!(!cli.run.until_input_ends, "what scripts start does not look at its input");
        assert_eq!(cli.run.config.sources().set, ["a.b=c"]);
    }
}
