//! `lectern lab`: the networking labs from the command line. They need no server, no link and no name, but for runs with others of a class.
//!
//! What a lab prints for people goes to stdout as a table, and with `--json` as one object; a seed gives the same bytes each time.

mod arq;
mod class_run;
mod hamming;
mod show;

use clap::{Args, Subcommand};

use super::{Entry, Failure};

#[derive(Debug, Clone, Args)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Hamming codes: encodes, flips bits, corrects, and tells what happened; the plot of what is left
    #[command(after_help = hamming::HELP)]
    Hamming(Box<hamming::HammingArgs>),
    /// Automatic repeat request: stop-and-wait, go-back-N and selective repeat, simulated and over a real network
    #[command(after_help = arq::HELP)]
    Arq(arq::ArqArgs),
    /// An exercise for the whole class: handed out, predicted, run in pairs, collected
    #[command(after_help = class_run::HELP)]
    Class(class_run::ClassArgs),
    /// A simulation that the whole class watches
    #[command(after_help = show::HELP)]
    Show(show::ShowArgs),
    /// Prints the dissector with which Wireshark and tshark read Lectern's packets
    #[command(after_help = "Example:\n  lectern lab dissector > lectern.lua\n  tshark -X lua_script:lectern.lua -r run.pcapng")]
    Dissector,
}

pub(super) async fn run(entry: Entry, args: LabArgs) -> Result<(), Failure> {
    match args.what {
        What::Hamming(args) => hamming::run(*args),
        What::Arq(args) => arq::run(entry, args).await,
        What::Class(args) => class_run::run(entry, args).await,
        What::Show(args) => show::run(entry, args).await,
        What::Dissector => dissector(),
    }
}

/// So many of them in words: `1 byte`, `2 bytes`.
fn count(n: impl std::fmt::Display, one: &str) -> String {
    match n.to_string() {
        n if n == "1" => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

/// Writes the script as it is.
fn dissector() -> Result<(), Failure> {
    use std::io::Write;
    std::io::stdout().write_all(lectern_proto::lab::DISSECTOR.as_bytes()).map_err(|e| Failure::Other(format!("cannot write the script: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!([0, 1, 2, 11].map(|n| count(n, "block")), ["0 blocks", "1 block", "2 blocks", "11 blocks"]);
    }
}
