//! `lectern lab`: the networking labs from the command line. They need no server, no link and no name.
//!
//! What a lab prints for people goes to stdout as a table, and with `--json` as one object; a seed gives the same bytes each time.

use clap::{Args, Subcommand};

use super::Failure;

#[derive(Debug, Clone, Args)]
pub(super) struct LabArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {}

pub(super) async fn run(args: LabArgs) -> Result<(), Failure> {
    match args.what {}
}
