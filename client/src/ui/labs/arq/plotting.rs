//! Efficiency against loss for the three protocols: measured on a thread of its own whenever the line or the window is another.

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use lectern_proto::arq::{Protocol, Timeout};
use lectern_proto::lab::arq::plot;
use lectern_proto::lab::arq::sweep::{Axis, Point, Sweep};
use lectern_proto::lab::arq::{Channel, Scenario};
use lectern_proto::lab::plot::Plot;

use crate::class::Changed;

/// Loss of the points.
const LOSSES: [f64; 6] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];
/// Runs of a point, and packets of a run.
pub(super) const SEEDS: u32 = 20;
const PACKETS: u64 = 300;

/// The plot, and what is being measured for the next one.
#[derive(Debug, Default)]
pub(super) struct Plotting {
    of: Option<Sweep>,
    points: Vec<Point>,
    coming: Option<Receiver<Vec<Point>>>,
}

/// What is measured for a scenario: its line, window and packets, whatever its own loss, seed and length. Its time-out is one that suits the
/// line, since one that is over too early, or very late, shows nothing of the protocol.
fn sweep(scenario: &Scenario) -> Sweep {
    let mut base = scenario.with(Protocol::SelectiveRepeat, scenario.arq.window.max(2), 0.0);
    base.length = u64::from(base.payload) * PACKETS;
    base.seed = 1;
    (base.data, base.acks) = (Channel { loss: 0.0, ..base.data }, Channel { loss: 0.0, ..base.acks });
    if matches!(base.arq.timeout, Timeout::Fixed(_)) {
        let cycle = base.cycle() + base.data.jitter + base.acks.jitter;
        // Files hold whole microseconds.
        base.arq.timeout = Timeout::Fixed(Duration::from_micros((cycle.as_micros() as u64 * 51 / 50).max(1)));
    }
    Sweep { base, protocols: Protocol::ALL.to_vec(), axis: Axis::Loss(LOSSES.to_vec()), seeds: SEEDS }
}

impl Plotting {
    /// Begins to measure where the line is another one, and takes what was measured.
    pub(super) fn follow(&mut self, scenario: &Scenario, changed: &Changed) {
        match self.coming.as_ref().map(Receiver::try_recv) {
            Some(Ok(points)) => (self.points, self.coming) = (points, None),
            Some(Err(TryRecvError::Disconnected)) => self.coming = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        let sweep = sweep(scenario);
        // What is set while a slider moves is measured when the last measurement is done.
        if self.coming.is_some() || self.of.as_ref() == Some(&sweep) {
            return;
        }
        self.of = Some(sweep.clone());
        self.points.clear();
        let (told, coming) = channel();
        let changed = changed.clone();
        let run = move || {
            let points = sweep.scenarios().filter_map(|scenario| sweep.measure(&scenario).ok().flatten()).collect();
            // Nobody waits where the window was closed.
            let _ = told.send(points);
            changed();
        };
        // Without a thread the curves stand without points.
        self.coming = std::thread::Builder::new().name("lab".to_owned()).spawn(run).is_ok().then_some(coming);
    }

    /// Whether points are being measured.
    pub(super) const fn is_measuring(&self) -> bool {
        self.coming.is_some()
    }

    /// Curves and points; none where the line has no rate.
    pub(super) fn plot(&self) -> Option<Plot> {
        self.of.as_ref().filter(|sweep| sweep.base.data.rate_bps > 0).map(|sweep| plot::plot(sweep, &self.points))
    }
}
