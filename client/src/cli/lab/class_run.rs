//! `lectern lab class`: an exercise for everybody, from the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use lectern_proto::control::{ClassRunRequest, LabRequest};
use lectern_proto::lab::class_run::{Amount, Exercise, Judged, Record, Seat, Stage};
use lectern_proto::rights::Action;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Entry, Failure};
use crate::class::{Class, ClassRunState, ClassState, JoinRequest};
use crate::cli::{enter, join, print};
use crate::lab::class_run;

/// What is told of a class run comes within this.
const TOLD: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
Examples:
  lectern lab class example selective-repeat.txt > exercise.txt
  lectern lab class hand-out exercise.txt --join LINK --name Nora
  lectern lab class take --predict 67 --join LINK --name Ana --password P
  lectern lab class board --follow --join LINK --name Nora
  lectern lab class save answers.csv --join LINK --name Nora
  lectern lab class check answers.json

Everybody predicts, then runs with a partner over the network of the class, or in virtual time, as the exercise says; docs/LABS.md has its format.";

#[derive(Debug, Clone, Args)]
pub(super) struct ClassArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Prints a ready exercise; without a name, which there are
    Example { name: Option<String> },
    /// Hands an exercise to everybody; for the instructor
    HandOut { file: PathBuf },
    /// Waits for the exercise, predicts, runs it, takes the partner's run, and prints what came of it as JSON
    Take {
        /// What you expect, as the exercise asks for it
        #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
        predict: String,
        /// Most seconds to wait for an exercise, and again for the partner
        #[arg(long = "for", value_name = "S", default_value_t = 600.0)]
        for_s: f64,
    },
    /// Prints how far everybody is, as JSON; for the instructor
    Board {
        /// A line each time something changes, until all are done
        #[arg(long)]
        follow: bool,
    },
    /// Writes all answers into a file: a table (.csv), or a record that can be run again (.json); for the instructor
    Save { file: PathBuf },
    /// Lets somebody run again; for the instructor
    Reset { student: String },
    /// Ends it; for the instructor
    End,
    /// Runs the simulations of a saved record again, and says what does not reproduce; needs no server
    Check { file: PathBuf },
}

#[derive(Debug, Serialize)]
struct Out<'a> {
    class_run: u32,
    title: &'a str,
    students: usize,
}

#[derive(Debug, Serialize)]
struct Board<'a> {
    class_run: u32,
    title: &'a str,
    students: usize,
    done: usize,
    seats: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    seat: &'a Seat,
    judged: Vec<Judged>,
}

impl<'a> Line<'a> {
    fn of(exercise: &Exercise, seat: &'a Seat) -> Self {
        Self { judged: seat.measured.iter().flat_map(|m| exercise.judge(m)).collect(), seat }
    }
}

pub(super) async fn run(entry: Entry, args: ClassArgs) -> Result<(), Failure> {
    match args.what {
        What::Example { name } => example(name.as_deref()),
        What::Check { file } => check(&file),
        What::HandOut { file } => {
            let exercise = read(&file)?;
            Exercise::parse(&exercise).map_err(|wrong| Failure::Usage(format!("{}:\n{wrong}", file.display())))?;
            hand_out(enter::request(entry, false).await?, exercise).await
        }
        What::Take { predict, for_s } => {
            let prediction: Amount = predict.parse().map_err(|e| Failure::Usage(format!("--predict: {e}")))?;
            let wait = Duration::try_from_secs_f64(for_s).map_err(|e| Failure::Usage(format!("--for: {e}")))?;
            take(enter::request(entry, false).await?, prediction, wait).await
        }
        What::Board { follow } => board(enter::request(entry, false).await?, follow).await,
        What::Save { file } => save(enter::request(entry, false).await?, &file).await,
        What::Reset { student } => reset(enter::request(entry, false).await?, &student).await,
        What::End => {
            let (class, _) = join(enter::request(entry, false).await?).await?;
            let ended = ask(&class, ClassRunRequest::End).await;
            class.left().await;
            ended
        }
    }
}

fn example(name: Option<&str>) -> Result<(), Failure> {
    use std::io::Write;
    let names = || Exercise::EXAMPLES.map(|(name, _)| name).join("\n");
    let text = match name {
        None => names() + "\n",
        Some(name) => {
            let found = Exercise::EXAMPLES.into_iter().find(|(own, _)| *own == name || own.trim_end_matches(".txt") == name);
            found.ok_or_else(|| Failure::Usage(format!("there is no example `{name}`; there are:\n{}", names())))?.1.to_owned()
        }
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| Failure::Other(format!("cannot write the example: {e}")))
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|e| Failure::Other(format!("cannot read {}: {e}. Is it there, and is it text?", file.display())))
}

fn check(file: &Path) -> Result<(), Failure> {
    let record = Record::from_json(&read(file)?).map_err(|e| Failure::Other(format!("{}: {e}", file.display())))?;
    let wrong = record.check().map_err(|e| Failure::Other(e.to_string()))?;
    for row in &wrong {
        println!("{}: {}", row.name, row.why);
    }
    if wrong.is_empty() {
        println!("{} students: everything reproduces", record.seats.len());
        return Ok(());
    }
    Err(Failure::Other(format!("{} of {} students' answers do not reproduce", wrong.len(), record.seats.len())))
}

async fn ask(class: &Class, what: ClassRunRequest) -> Result<(), Failure> {
    class.lab(LabRequest::ClassRun(what)).await.map(drop).map_err(Failure::Stream)
}

fn none() -> Failure {
    Failure::Other("no exercise is handed out; the instructor does so with `lectern lab class hand-out FILE`".to_owned())
}

async fn told(class: &Class, wait: Duration, what: impl FnMut(&ClassState) -> bool) -> Result<Arc<ClassState>, Failure> {
    let told = tokio::time::timeout(wait, class.wait_for(what)).await;
    Ok(told.map_err(|_| none())??)
}

async fn hand_out(request: JoinRequest, exercise: String) -> Result<(), Failure> {
    let (class, _) = join(request).await?;
    let done = async {
        ask(&class, ClassRunRequest::HandOut { exercise }).await?;
        let state = told(&class, TOLD, |state| state.labs.class_run.is_some()).await?;
        let run = state.labs.class_run.as_ref().ok_or_else(none)?;
        print(&Out { class_run: run.id, title: &run.exercise.title, students: run.seats.len() })
    };
    let done = done.await;
    class.left().await;
    done
}

fn own(state: &ClassState) -> Option<(&ClassRunState, &Seat)> {
    let run = state.labs.class_run.as_ref()?;
    Some((run, run.seat.as_deref()?))
}

async fn take(request: JoinRequest, prediction: Amount, wait: Duration) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let done = async {
        if state.may(Action::Moderate) {
            return Err(Failure::Other("an instructor or assistant takes no part; `lectern lab class board` shows how it goes".to_owned()));
        }
        tokio::spawn(class_run::serve(class.clone()));
        let state = told(&class, wait, |state| own(state).is_some()).await?;
        let (run, seat) = own(&state).ok_or_else(none)?;
        eprintln!("lectern: {}: {} (seed {})", run.exercise.title, run.exercise.ask, seat.seed);
        // Somebody who is back goes on where it was.
        match seat.stage {
            Stage::Reading => _ = class_run::predict_and_run(&class, prediction, CancellationToken::new()).await?,
            Stage::Predicted | Stage::Failed(_) => _ = class_run::run(&class, CancellationToken::new()).await?,
            Stage::Running | Stage::Done | Stage::Away => {}
        }
        let id = run.id;
        // The partner sends to this program, and it tells what it saw; a partner that never runs is not waited for for ever.
        let is_over = |state: &ClassState| own(state).is_none_or(|(run, seat)| run.id != id || seat.stage == Stage::Done);
        let state = told(&class, TOLD, is_over).await?;
        let (run, seat) = own(&state).ok_or_else(none)?;
        print(&Line::of(&run.exercise, seat))?;
        let is_ended = |state: &ClassState| state.labs.class_run.as_ref().is_none_or(|run| run.id != id);
        let _ = tokio::time::timeout(wait, class.wait_for(is_ended)).await;
        Ok(())
    };
    let done = done.await;
    class.left().await;
    done
}

async fn board(request: JoinRequest, follow: bool) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let done = async {
        let mut shown = state;
        loop {
            let run = shown.labs.class_run.as_ref().ok_or_else(none)?;
            let seats: Vec<_> = run.seats.values().collect();
            let done = seats.iter().filter(|seat| seat.stage == Stage::Done).count();
            let lines = seats.iter().map(|seat| Line::of(&run.exercise, seat)).collect();
            print(&Board { class_run: run.id, title: &run.exercise.title, students: seats.len(), done, seats: lines })?;
            if !follow || (done == seats.len() && done > 0) {
                return Ok(());
            }
            let before = run.seats.clone();
            let is_news = |state: &ClassState| state.labs.class_run.as_ref().is_none_or(|run| run.seats != before);
            shown = class.wait_for(is_news).await?;
        }
    };
    let done = done.await;
    class.left().await;
    done
}

async fn save(request: JoinRequest, file: &Path) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    class.left().await;
    let run = state.labs.class_run.as_ref().ok_or_else(none)?;
    let begun = u64::try_from(run.begun_s).unwrap_or(0);
    let record = Record::new(&run.exercise, run.seats.values(), concat!("lectern ", env!("CARGO_PKG_VERSION")), begun);
    let is_table = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let text = if is_table { record.to_csv() } else { record.to_json() }.map_err(|e| Failure::Other(e.to_string()))?;
    std::fs::write(file, text).map_err(|e| Failure::Other(format!("cannot write {}: {e}. Is the folder there, and may you write in it?", file.display())))
}

async fn reset(request: JoinRequest, student: &str) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let done = async {
        let run = state.labs.class_run.as_ref().ok_or_else(none)?;
        let seat = run.seats.values().find(|seat| seat.name == student);
        let seat = seat.ok_or_else(|| Failure::Other(format!("nobody takes part who is called “{student}”; `lectern lab class board` says who does")))?;
        ask(&class, ClassRunRequest::Reset { person: seat.person }).await
    };
    let done = done.await;
    class.left().await;
    done
}
