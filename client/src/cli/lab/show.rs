//! `lectern lab show`: a simulation that everybody watches.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lectern_proto::control::LabRequest;
use lectern_proto::timeline::RATE_NORMAL;
use serde::Serialize;

use super::{Entry, Failure};
use crate::cli::{enter, join, print};

pub(super) const HELP: &str = "\
Examples:
  lectern lab arq simulate --protocol gbn --window 8 --loss 0.1 --save run.json
  lectern lab show start run.json --join LINK --name Nora
  lectern lab show steer --at 196 --rate 0.5 --join LINK --name Nora
  lectern lab show status --join LINK --name Ana --password P
  lectern lab show end --join LINK --name Nora";

#[derive(Debug, Clone, Args)]
pub(super) struct ShowArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Shows everybody a run that was saved; it stands at its beginning. For the instructor
    Start { file: PathBuf },
    /// It goes on from there, for all alike; for the instructor
    Steer {
        /// Virtual milliseconds from the beginning
        #[arg(long, value_name = "MS")]
        at: f64,
        /// Virtual seconds for each second, 0.001 to 10; 0: it stands
        #[arg(long, default_value_t = 0.0, value_name = "R")]
        rate: f64,
    },
    /// Nothing is shown any more; for the instructor
    End,
    /// Where it is, as JSON
    Status,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    by: Option<&'a str>,
    at_ms: f64,
    rate: f64,
    run: serde_json::Value,
}

pub(super) async fn run(entry: Entry, args: ShowArgs) -> Result<(), Failure> {
    let what = match &args.what {
        What::Start { file } => {
            let run =
                std::fs::read_to_string(file).map_err(|e| Failure::Other(format!("cannot read {}: {e}. Is it there, and is it text?", file.display())))?;
            lectern_proto::lab::arq::export::from_json(&run).map_err(|e| Failure::Usage(format!("{}: {e}", file.display())))?;
            Some(LabRequest::Show { run })
        }
        What::Steer { at, rate } => {
            if !(0.0..=1e9).contains(at) || !(0.0..=10.0).contains(rate) {
                return Err(Failure::Usage("--at takes milliseconds from 0 on, --rate 0 to 10".to_owned()));
            }
            let rate_permille = (rate * f64::from(RATE_NORMAL)).round() as u32;
            Some(LabRequest::Steer { position_us: (at * 1e3).round() as u64, rate_permille })
        }
        What::End => Some(LabRequest::EndShow),
        What::Status => None,
    };
    let (class, state) = join(enter::request(entry, false).await?).await?;
    let done = async {
        if let Some(what) = what {
            return class.lab(what).await.map(drop).map_err(Failure::Stream);
        }
        let show =
            state.labs.show.as_ref().ok_or_else(|| Failure::Other("nothing is shown; the instructor does so with `lectern lab show start FILE`".to_owned()))?;
        let at_us = show.timeline.position(state.labs.now_us().unwrap_or(show.timeline.at_us));
        let run = serde_json::from_str(&show.run).map_err(|e| Failure::Other(e.to_string()))?;
        print(&Status { by: state.name_of(show.by), at_ms: at_us as f64 / 1e3, rate: f64::from(show.timeline.rate_permille) / f64::from(RATE_NORMAL), run })
    };
    let done = done.await;
    class.left().await;
    done
}
