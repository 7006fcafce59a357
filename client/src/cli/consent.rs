//! What somebody who publishes says while it runs: that he or she talks, and whether it may be recorded.

use lectern_proto::control::StreamId;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use super::publish::Input;
use super::{Failure, print};
use crate::class::Class;
use crate::live::{Published, Publisher, TalkKey};

/// Follows the lines of the input, and what the class wants to record; its end changes nothing. Of the input nothing is read before
/// there is something to be said: a program in the background that reads from its terminal is stopped by it.
pub(super) async fn follow_input(class: &Class, publisher: &Publisher, input: Input<'_>, key: TalkKey) -> Result<(), Failure> {
    let Published::Live(stream) = publisher.state().stage else { return std::future::pending().await };
    match input.consent {
        Some("yes") => allow(class, stream, true).await,
        Some("no") => allow(class, stream, false).await,
        _ => {}
    }
    let mut lines = input.talks.then(|| BufReader::new(tokio::io::stdin()).lines());
    let (mut is_talking, mut was) = (false, Said::Nothing);
    loop {
        tokio::select! {
            line = next(&mut lines) => match line.as_deref().map(str::trim) {
                Some("y" | "yes") => allow(class, stream, true).await,
                Some("n" | "no") => allow(class, stream, false).await,
                Some(_) if input.talks => {
                    is_talking = !is_talking;
                    key.hold(is_talking);
                    print(&serde_json::json!({ "talking": is_talking }))?;
                }
                Some(_) => {}
                None => lines = None,
            },
            state = class.wait_for(|s| Said::of(s, stream) != was), if input.consent.is_some() => {
                was = Said::of(&*state?, stream);
                // A stream does not end because nobody reads of its recording.
                let _ = print(&serde_json::json!({ "recording": was.word() }));
                if was == Said::Asked {
                    match input.consent {
                        Some("no") => allow(class, stream, false).await,
                        _ => {
                            eprintln!("lectern: an instructor wants to record this stream, as a video of the catalogue. May it be recorded? y or n:");
                            lines = lines.or_else(|| Some(BufReader::new(tokio::io::stdin()).lines()));
                        }
                    }
                }
            }
        }
    }
}

/// What everybody knows of the recording of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Asked,
    Declined,
    Runs,
}

impl Said {
    fn of(state: &crate::class::ClassState, stream: StreamId) -> Self {
        match (state.floor.recorded.contains(&stream), state.floor.recording_asked(stream)) {
            (true, _) => Self::Runs,
            (false, Some(true)) => Self::Declined,
            (false, Some(false)) => Self::Asked,
            (false, None) => Self::Nothing,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Nothing => "off",
            Self::Asked => "asked",
            Self::Declined => "declined",
            Self::Runs => "on",
        }
    }
}

async fn allow(class: &Class, stream: StreamId, allowed: bool) {
    if let Err(why) = class.allow_recording(stream, allowed).await {
        eprintln!("lectern: whether it may be recorded was not told: {why}");
    }
}

async fn next(lines: &mut Option<Lines<BufReader<Stdin>>>) -> Option<String> {
    match lines {
        Some(lines) => lines.next_line().await.ok().flatten(),
        None => std::future::pending().await,
    }
}
