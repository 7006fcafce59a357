//! `lectern stage`: the instructor gives a student the stage or takes it back, and makes the class quiet or opens it again.

use std::time::Duration;

use clap::Args;
use lectern_proto::rights::Action;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{Class, ClassState, JoinRequest};

/// Everybody is told of a change within this.
const TOLD: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
Examples:
  lectern stage --give Ana --join LINK --name Nora
  lectern stage --quiet --join LINK --name Nora

Without an option it says who has the stage. Giving, taking and quiet are the instructor's.";

#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(super) struct StageArgs {
    /// The student with this name may publish
    #[arg(long, value_name = "NAME")]
    give: Option<String>,
    /// The student with this name may publish no more, and what that student publishes ends
    #[arg(long, value_name = "NAME")]
    take: Option<String>,
    /// What students publish ends, and none publishes until the class is opened again
    #[arg(long)]
    quiet: bool,
    /// It is not quiet any more
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Serialize)]
struct Stage<'a> {
    /// Names of the students who have it.
    stage: Vec<&'a str>,
    quiet: bool,
}

pub(super) async fn run(request: JoinRequest, args: StageArgs) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let named = args.give.as_ref().map(|name| (name, true)).or(args.take.as_ref().map(|name| (name, false)));
    if let Some((name, given)) = named {
        let person = state.people.iter().find(|p| p.name == *name).ok_or_else(|| nobody(&state, name))?.id;
        let needs_none = state.people.iter().any(|p| p.id == person && p.role.may(Action::Publish));
        class.give_stage(person, given).await.map_err(Failure::Stream)?;
        // What everybody is told of it may come after the answer.
        told(&class, |s| needs_none || s.floor.stage.contains(&person) == given).await?;
    } else if args.quiet || args.open {
        class.set_quiet(args.quiet).await.map_err(Failure::Stream)?;
        told(&class, |s| s.floor.quiet == args.quiet).await?;
    }
    let state = class.state();
    let stage = state.people.iter().filter(|p| state.floor.stage.contains(&p.id)).map(|p| p.name.as_str()).collect();
    print(&Stage { stage, quiet: state.floor.quiet })?;
    class.left().await;
    Ok(())
}

async fn told(class: &Class, what: impl FnMut(&ClassState) -> bool) -> Result<(), Failure> {
    let told = tokio::time::timeout(TOLD, class.wait_for(what)).await;
    told.map_err(|_| Failure::Other("the server did it, but did not tell it; look again with `lectern people`".to_owned()))??;
    Ok(())
}

fn nobody(state: &ClassState, name: &str) -> Failure {
    let people = state.people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
    Failure::Other(format!("nobody in the room is called `{name}`; there are {people}"))
}
