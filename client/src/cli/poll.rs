//! `lectern poll`: a question to everybody, one answer each, shown to all when it is closed.

use std::time::Duration;

use clap::{Args, Subcommand};
use lectern_proto::control::RoomRequest;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{Class, ClassState, JoinRequest, PollState};

/// What is told of a poll comes within this.
const TOLD: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
Examples:
  lectern poll open 'Is it clear?' Yes No --join LINK --name Nora
  lectern poll answer Yes --for 60 --join LINK --name Ana --password P
  lectern poll show --join LINK --name Nora
  lectern poll close --join LINK --name Nora

One answer a person, and only of people who are in the room: `answer` stays until the poll is closed.";

#[derive(Debug, Clone, Args)]
pub(super) struct PollArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Asks everybody; for the instructor
    #[command(after_help = "Example:\n  lectern poll open 'Is it clear?' Yes No --join LINK --name Nora")]
    Open {
        /// 1 to 256 bytes
        question: String,
        /// 2 to 8, of 1 to 256 bytes each
        #[arg(required = true, num_args = 2..)]
        answers: Vec<String>,
    },
    /// Answers the open poll, stays until it is closed, and prints what came out as JSON
    #[command(after_help = "Example:\n  lectern poll answer Yes --for 60 --join LINK --name Ana --password P")]
    Answer {
        /// One of the answers, as it stands there
        answer: String,
        /// Most seconds to wait until the poll is closed
        #[arg(long = "for", value_name = "S", default_value_t = 600.0)]
        for_s: f64,
    },
    /// Prints the open poll as JSON; for the instructor with what was answered so far
    #[command(after_help = "Example:\n  lectern poll show --join LINK --name Nora")]
    Show,
    /// Ends the poll, shows everybody what was answered, and prints it as JSON; for the instructor
    #[command(after_help = "Example:\n  lectern poll close --join LINK --name Nora")]
    Close,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    question: &'a str,
    answers: Vec<AnswerLine<'a>>,
    closed: bool,
    yours: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct AnswerLine<'a> {
    answer: &'a str,
    /// None where it is not told before the poll is closed.
    count: Option<u32>,
}

pub(super) async fn run(request: JoinRequest, args: PollArgs) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let state = match args.what {
        What::Open { question, answers } => {
            class.use_tool(RoomRequest::OpenPoll { question: question.clone(), answers }).await.map_err(Failure::Stream)?;
            told(&class, TOLD, |s| s.tools.poll.as_ref().is_some_and(|p| p.poll.question == question && !p.closed)).await?
        }
        What::Answer { answer, for_s } => {
            let open = open(&state)?;
            let at = open.poll.answers.iter().position(|a| *a == answer);
            let at = at.ok_or_else(|| Failure::Usage(format!("`{answer}` is no answer of the poll; there are {}", open.poll.answers.join(", "))))?;
            let (poll, answer) = (open.poll.id, u8::try_from(at).ok());
            class.use_tool(RoomRequest::Vote { poll, answer }).await.map_err(Failure::Stream)?;
            eprintln!("lectern: answered; the poll is still open");
            let wait = Duration::try_from_secs_f64(for_s).map_err(|e| Failure::Usage(format!("--for: {e}")))?;
            told(&class, wait, |s| s.tools.poll.as_ref().is_some_and(|p| p.closed || p.poll.id != poll)).await?
        }
        What::Show => state,
        What::Close => {
            let poll = open(&state)?.poll.id;
            class.use_tool(RoomRequest::ClosePoll { poll }).await.map_err(Failure::Stream)?;
            told(&class, TOLD, |s| s.tools.poll.as_ref().is_some_and(|p| p.closed)).await?
        }
    };
    let shown = state.tools.poll.as_ref().ok_or_else(none)?;
    let count = |at: usize| shown.counts.as_ref().and_then(|c| c.get(at)).copied();
    let answers = shown.poll.answers.iter().enumerate().map(|(at, answer)| AnswerLine { answer, count: count(at) }).collect();
    let yours = shown.yours.and_then(|at| shown.poll.answers.get(usize::from(at))).map(String::as_str);
    print(&Shown { question: &shown.poll.question, answers, closed: shown.closed, yours })?;
    class.left().await;
    Ok(())
}

fn open(state: &ClassState) -> Result<&PollState, Failure> {
    state.tools.poll.as_ref().filter(|p| !p.closed).ok_or_else(none)
}

fn none() -> Failure {
    Failure::Other("no poll is open; the instructor opens one with `lectern poll open`".to_owned())
}

async fn told(class: &Class, wait: Duration, what: impl FnMut(&ClassState) -> bool) -> Result<std::sync::Arc<ClassState>, Failure> {
    let told = tokio::time::timeout(wait, class.wait_for(what)).await;
    Ok(told.map_err(|_| Failure::Other("nothing was told of the poll in time; look again with `lectern poll show`".to_owned()))??)
}
