//! The sound thread of one listener: takes packets as they come, holds them, and lets them be heard while the listener does not pause.
//!
//! ```text
//! fed → held ─ presenter → sink
//! ```
//! A pause is real: the device is given back and nothing is decoded. Of a live source nothing comes meanwhile either; of a file the
//! packets are held as they are, so that each listener goes on where he or she stopped. It ends when nobody feeds it any more and all
//! that was to be heard was heard.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lectern_proto::control::LiveSound;
use lectern_proto::live::Unit;
use lectern_proto::live::lag::Part;

use super::held::Held;
use super::listening::Shared;
use super::presenter::Presenter;

/// How often the sink is looked at when nothing comes.
const TICK: Duration = Duration::from_millis(5);
/// What came before the source ended begins to be heard within this time, or the device does not work.
const BEGIN_WAIT: Duration = Duration::from_secs(5);

/// What the thread is fed with.
pub(super) enum Fed {
    /// What follows does not join what was before.
    Anew,
    Unit(Unit),
    /// So many packets before the next will not come.
    Missing(u32),
}

/// How the sound is played.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    /// To the device; else timed silently.
    pub(super) audible: bool,
    /// What is played is written there too.
    pub(super) record: Option<PathBuf>,
}

struct Thread {
    shared: Arc<Shared>,
    presenter: Presenter,
    held: Held,
    is_resting: bool,
    /// Where the listener stopped, in capture time.
    stopped_us: Option<i64>,
    /// When nobody fed it any more.
    ended_at: Option<Instant>,
}

/// Runs until the source has ended and was heard, or the listener stops.
pub(super) fn run(shared: Arc<Shared>, form: LiveSound, output: &Output, fed: &Receiver<Fed>) {
    let done = Presenter::new(Arc::clone(&shared), form, output.audible, output.record.as_deref()).and_then(|presenter| {
        let held = Held::new(shared.is_file);
        Thread { shared: Arc::clone(&shared), presenter, held, is_resting: true, stopped_us: None, ended_at: None }.run(fed)
    });
    shared.end(done);
}

impl Thread {
    fn run(&mut self, fed: &Receiver<Fed>) -> Result<(), String> {
        let done = self.listen(fed);
        done.and(self.presenter.finish())
    }

    fn listen(&mut self, fed: &Receiver<Fed>) -> Result<(), String> {
        let mut is_fed = true;
        loop {
            let wish = self.shared.lock().wish();
            if wish.stop {
                return Ok(());
            }
            match (wish.is_paused, self.is_resting) {
                (true, false) => self.rest()?,
                (false, true) => self.wake(wish.to_edge)?,
                (false, false) if wish.reopen => self.reopen()?,
                (false, false) if wish.to_edge => self.presenter.catch_up(&mut self.held)?,
                _ => {}
            }
            if is_fed {
                is_fed = self.take(fed);
            } else {
                std::thread::sleep(TICK);
            }
            self.shared.lock().left_out = self.held.left_out();
            if self.is_resting {
                // A live source that has ended has nothing to go on with.
                if !is_fed && self.held.is_empty() {
                    return self.shared.source_ended();
                }
                continue;
            }
            let trim_us = self.shared.lock().trim_us;
            self.presenter.set(wish.volume, trim_us)?;
            self.presenter.look(&mut self.held)?;
            if !is_fed && self.is_over() {
                return self.shared.source_ended();
            }
        }
    }

    /// Whether the last that came has been heard, or never will be.
    fn is_over(&mut self) -> bool {
        let ended_at = *self.ended_at.get_or_insert_with(Instant::now);
        let is_stuck = !self.presenter.has_begun() && ended_at.elapsed() > BEGIN_WAIT;
        is_stuck || (self.held.is_empty() && self.presenter.is_dry())
    }

    /// Takes what came; false when no more will.
    fn take(&mut self, fed: &Receiver<Fed>) -> bool {
        match fed.recv_timeout(TICK) {
            Ok(first) => {
                self.hold(first);
                while let Ok(more) = fed.try_recv() {
                    self.hold(more);
                }
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn hold(&mut self, fed: Fed) {
        match fed {
            Fed::Unit(unit) => {
                let now_us = self.shared.server_us(Instant::now()).and_then(|us| u64::try_from(us).ok()).unwrap_or(unit.capture_us);
                let delay = Duration::from_micros(now_us.saturating_sub(unit.capture_us));
                self.shared.in_step.ready(Part::Sound, delay);
                self.held.push(unit);
            }
            Fed::Missing(packets) => self.held.missing(packets),
            Fed::Anew if self.shared.is_file => {}
            Fed::Anew => self.held.clear(),
        }
    }

    fn rest(&mut self) -> Result<(), String> {
        self.is_resting = true;
        let heard_us = self.presenter.rest()?;
        self.shared.in_step.rests(Part::Sound);
        // Who paused before anything was heard stays where he or she was.
        self.stopped_us = heard_us.or(self.stopped_us);
        if self.shared.is_file {
            if let Some(heard_us) = heard_us {
                self.held.rewind(heard_us);
            }
        } else {
            self.held.clear();
        }
        self.shared.lock().rested(heard_us);
        Ok(())
    }

    /// Another device plays from now on: a live source goes on where it is, a file where this listener was.
    fn reopen(&mut self) -> Result<(), String> {
        let is_behind = self.shared.is_file && self.shared.lock().behind_us > 0;
        let heard_us = self.presenter.rest()?.filter(|_| is_behind);
        if let Some(heard_us) = heard_us {
            self.held.rewind(heard_us);
        }
        self.presenter.wake(heard_us)
    }

    fn wake(&mut self, to_edge: bool) -> Result<(), String> {
        self.is_resting = false;
        self.ended_at = None;
        let from_us = self.stopped_us.take().filter(|_| self.shared.is_file && !to_edge);
        self.presenter.wake(from_us)?;
        if to_edge {
            self.presenter.catch_up(&mut self.held)?;
        }
        Ok(())
    }
}
