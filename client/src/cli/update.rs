//! `lectern update`: the viewer that the server hands out for this system.

use std::path::PathBuf;

use clap::Args;
use lectern_proto::link::JoinLink;

use super::{Failure, print};
use crate::{folders, update};

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// Only this version; without, the newest that there is
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// The directory to put it into; without, where the window keeps its settings
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(super) async fn run(link: JoinLink, args: UpdateArgs) -> Result<(), Failure> {
    let nowhere = || Failure::Usage("this user has no home directory; say with --to where the file shall go".to_owned());
    let folder = args.to.or_else(folders::data).ok_or_else(nowhere)?;
    let fetched = update::fetch(&link, args.version.as_deref(), &folder).await?;
    print(&serde_json::json!({ "version": fetched.version, "path": fetched.path, "package": fetched.is_package }))
}
