//! The progress of `prepare` on standard error: a bar on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};

use lectern_proto::control::VideoState;
use lectern_server::prepare::Progress;

const WIDTH: usize = 30;

/// Draws what changed.
pub struct Bar {
    terminal: bool,
    /// State of each video when it was last said.
    said: HashMap<String, String>,
}

impl Bar {
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), said: HashMap::new() }
    }

    /// Says what is new.
    pub fn draw(&mut self, videos: &[Progress]) {
        for video in videos {
            let (line, settled) = match &video.state {
                VideoState::Waiting => continue,
                VideoState::Preparing { permille, .. } => (bar(*permille, self.terminal), false),
                VideoState::Ready { .. } => ("ready".to_owned(), true),
                VideoState::Failed { reason } => (format!("failed: {reason}"), true),
            };
            if self.said.get(&video.title) != Some(&line) {
                self.say(&video.title, &line, settled);
                self.said.insert(video.title.clone(), line);
            }
        }
    }

    fn say(&self, title: &str, line: &str, settled: bool) {
        let mut err = std::io::stderr().lock();
        // Nobody may be there to read it.
        let _ = match (self.terminal, settled) {
            (true, false) => write!(err, "\r\x1b[K{line} {title}"),
            (true, true) => writeln!(err, "\r\x1b[K{title}: {line}"),
            (false, _) => writeln!(err, "{title}: {line}"),
        };
        let _ = err.flush();
    }
}

fn bar(permille: u16, terminal: bool) -> String {
    let percent = usize::from(permille.min(1000)) / 10;
    if !terminal {
        // Ten lines a video are enough for a log.
        return format!("{} %", percent / 10 * 10);
    }
    let full = percent * WIDTH / 100;
    format!("[{}{}] {percent:3} %", "#".repeat(full), ".".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_they_say() {
        assert_eq!(bar(500, true), format!("[{}{}]  50 %", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bar(u16::MAX, true), format!("[{}] 100 %", "#".repeat(30)));
        assert_eq!(bar(337, false), "30 %");
    }
}
