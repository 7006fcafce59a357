//! What the lab holds and computes, without drawing: a scenario, its whole run, and the same run up to the moment that is looked at.

use std::io;
use std::path::Path;
use std::time::Duration;

use egui::Ui;
use lectern_proto::arq::{Protocol, Timeout};
use lectern_proto::lab::arq::diagram::{Which, svg};
use lectern_proto::lab::arq::{Action, Channel, Direction, Outcome, Passage, Scenario, ScenarioError, Simulation, Trace, export};

use super::plotting::Plotting;
use crate::class::Changed;

/// Events of a run that the window shows.
const EVENTS_MAX: usize = 100_000;
/// A whole run is played in this many seconds.
const PLAYED_IN: f64 = 12.0;
/// A saved run is hardly ever larger.
const FILE_MAX: u64 = 4 * 1024 * 1024;

/// A whole run.
#[derive(Debug)]
pub(super) struct Made {
    of: Scenario,
    pub(super) outcome: Outcome,
    pub(super) trace: Trace,
    /// When its events were.
    pub(super) moments: Vec<Duration>,
    /// The last moment of anything that is drawn.
    pub(super) end: Duration,
}

/// All of the lab.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(super) scenario: Scenario,
    /// Packets to send.
    pub(super) packets: u32,
    /// Milliseconds of the fixed time-out; kept while the adaptive one is on.
    pub(super) fixed_ms: f32,
    pub(super) seed: String,
    /// Why what is set cannot be run, in words of the core.
    pub(super) problem: Option<String>,
    made: Made,
    shown: Simulation,
    /// Events that are shown.
    step: usize,
    /// The moment that is looked at.
    pub(in super::super) time: Duration,
    pub(in super::super) is_playing: bool,
    pub(super) chosen: Option<Which>,
    pub(super) plotting: Plotting,
}

impl Made {
    /// The run, and the same before its first event.
    fn new(scenario: &Scenario) -> Result<(Self, Simulation), ScenarioError> {
        let (mut run, begin) = (Simulation::new(scenario, true)?, Simulation::new(scenario, true)?);
        let mut moments = Vec::new();
        while moments.len() < EVENTS_MAX && run.step().is_some() {
            moments.push(run.now());
        }
        let trace = run.trace().cloned().unwrap_or_default();
        let end = trace.end().max(run.now()).max(Duration::from_micros(1));
        Ok((Self { of: scenario.clone(), outcome: run.outcome(), trace, moments, end }, begin))
    }

    /// The run of a scenario that is known to be one.
    fn of(scenario: &Scenario) -> (Self, Simulation) {
        Self::new(scenario).unwrap_or_else(|_| Self::of(&Scenario::example()))
    }
}

impl Default for Lab {
    fn default() -> Self {
        let scenario = Scenario::example();
        let (made, shown) = Made::of(&scenario);
        let time = made.end;
        let mut lab = Self {
            packets: 12,
            fixed_ms: 60.0,
            seed: scenario.seed.to_string(),
            scenario,
            problem: None,
            made,
            shown,
            step: 0,
            time,
            is_playing: false,
            chosen: None,
            plotting: Plotting::default(),
        };
        lab.go_to(time);
        lab
    }
}

impl Lab {
    pub(super) fn made(&self) -> &Made {
        &self.made
    }

    /// The run up to the moment that is looked at.
    pub(super) fn shown(&self) -> &Simulation {
        &self.shown
    }

    /// How many events are shown.
    pub(super) fn step(&self) -> usize {
        self.step
    }

    /// Brings the run up to what is set; the plot is measured on a thread of its own.
    pub(crate) fn follow(&mut self, changed: &Changed) {
        if self.scenario.arq.protocol == Protocol::StopAndWait {
            self.scenario.arq.window = 1;
        }
        self.scenario.seed = self.seed.trim().parse().unwrap_or_default();
        if self.scenario != self.made.of {
            self.make();
        }
        self.plotting.follow(&self.made.of, changed);
    }

    fn make(&mut self) {
        let (made, shown) = match Made::new(&self.scenario) {
            Ok(run) => run,
            Err(problem) => {
                self.problem = Some(problem.to_string());
                return;
            }
        };
        let was_at_end = self.time >= self.made.end;
        (self.made, self.shown, self.step, self.problem) = (made, shown, 0, None);
        // Packets of another protocol or size are others.
        self.chosen = self.chosen.filter(|(direction, packet)| self.made.trace.passage(*direction, *packet).is_some());
        self.go_to(if was_at_end { self.made.end } else { self.time.min(self.made.end) });
    }

    /// Looks at a moment.
    pub(super) fn go_to(&mut self, time: Duration) {
        self.time = time.min(self.made.end);
        self.show(self.made.moments.partition_point(|moment| *moment <= self.time));
    }

    /// Looks at the moment after so many events.
    pub(super) fn step_to(&mut self, step: usize) {
        let step = step.min(self.made.moments.len());
        self.time = step.checked_sub(1).and_then(|last| self.made.moments.get(last)).copied().unwrap_or_default();
        self.show(step);
    }

    /// Goes back by going there again from the beginning.
    fn show(&mut self, step: usize) {
        if step < self.step {
            let Ok(again) = Simulation::new(&self.made.of, true) else { return };
            (self.shown, self.step) = (again, 0);
        }
        while self.step < step && self.shown.step().is_some() {
            self.step += 1;
        }
    }

    /// Moves on while it is played.
    pub(super) fn play(&mut self, ui: &Ui) {
        if !self.is_playing {
            return;
        }
        let passed = f64::from(ui.input(|i| i.stable_dt).min(0.1)) / PLAYED_IN;
        let time = self.time + self.made.end.mul_f64(passed);
        self.go_to(time);
        self.is_playing = self.time < self.made.end;
        ui.ctx().request_repaint();
    }

    /// Plays on, or from the beginning where it had ended; or stops.
    pub(super) fn toggle_play(&mut self) {
        self.is_playing = !self.is_playing;
        if self.is_playing && self.time >= self.made.end {
            self.go_to(Duration::ZERO);
        }
    }

    /// The packet that is chosen.
    pub(super) fn passage(&self) -> Option<&Passage> {
        let (direction, packet) = self.chosen?;
        self.made.trace.passage(direction, packet)
    }

    /// Chooses the packet that was sent after the chosen one, or before it.
    pub(super) fn choose_next(&mut self, is_back: bool) {
        let passages = &self.made.trace.passages;
        let at = self.chosen.and_then(|(direction, packet)| passages.iter().position(|p| (p.direction, p.packet) == (direction, packet)));
        let next = match (at, is_back) {
            (None, _) => 0,
            (Some(at), true) => at.saturating_sub(1),
            (Some(at), false) => (at + 1).min(passages.len().saturating_sub(1)),
        };
        self.chosen = passages.get(next).map(|p| (p.direction, p.packet));
    }

    /// Does this to the chosen packet; none leaves it to chance again.
    pub(super) fn intervene(&mut self, action: Option<Action>) {
        if let Some((direction, packet)) = self.chosen {
            self.scenario.intervene(direction, packet, action);
        }
    }

    /// How much later a packet comes when it is delayed once more.
    pub(super) fn more_delay(&self) -> Duration {
        let held = match self.passage().and_then(|passage| passage.by_hand) {
            Some(Action::Delay(held)) => held,
            _ => Duration::ZERO,
        };
        // Files hold whole microseconds.
        Duration::from_micros((held + self.scenario.packet_time().max(Duration::from_millis(5)) * 2).as_micros() as u64)
    }

    /// Has the way back do what the way there does; it has a loss of its own.
    pub(super) fn mirror(&mut self) {
        self.scenario.acks = Channel { loss: self.scenario.acks.loss, ..self.scenario.data };
    }

    /// Sets how many packets are sent.
    pub(super) fn set_packets(&mut self, packets: u32) {
        self.packets = packets;
        self.scenario.length = u64::from(packets) * u64::from(self.scenario.payload);
    }

    /// Sets the bytes of a packet; as many packets as before are sent.
    pub(super) fn set_payload(&mut self, payload: u16) {
        self.scenario.payload = payload;
        self.set_packets(self.packets);
    }

    /// Sets the time-out of the slider, or the adaptive one.
    pub(super) fn set_timeout(&mut self, is_fixed: bool) {
        self.scenario.arq.timeout = if is_fixed { Timeout::Fixed(Duration::from_micros((f64::from(self.fixed_ms) * 1e3) as u64)) } else { Timeout::ADAPTIVE };
    }

    /// The seed after this one; what was done by hand was to other packets.
    pub(super) fn next_seed(&mut self) {
        self.seed = self.scenario.seed.wrapping_add(1).to_string();
        self.scenario.interventions.clear();
        self.chosen = None;
    }

    /// How many data packets and acknowledgements were lost until the moment that is looked at.
    pub(super) fn lost(&self) -> [u64; 2] {
        [Direction::Data, Direction::Acks].map(|direction| self.shown.line(direction).lost)
    }

    /// What is run.
    pub(in super::super) fn scenario(&self) -> &Scenario {
        &self.made.of
    }

    /// Virtual seconds for each second while it is played.
    pub(in super::super) fn speed(&self) -> f64 {
        self.made.end.as_secs_f64() / PLAYED_IN
    }

    /// The last moment of anything that is drawn.
    pub(in super::super) fn end(&self) -> Duration {
        self.made.end
    }

    /// Looks at a moment that somebody else has chosen.
    pub(in super::super) fn look_at(&mut self, time: Duration) {
        self.is_playing = false;
        if time.min(self.made.end) != self.time {
            self.go_to(time);
        }
    }

    /// Takes another run, from its beginning.
    pub(in super::super) fn set(&mut self, scenario: Scenario) {
        self.seed = scenario.seed.to_string();
        self.packets = u32::try_from(scenario.packets()).unwrap_or(u32::MAX);
        if let Timeout::Fixed(time) = scenario.arq.timeout {
            self.fixed_ms = (time.as_secs_f64() * 1e3) as f32;
        }
        (self.scenario, self.chosen, self.is_playing) = (scenario, None, false);
        self.make();
    }

    /// The table of the packets.
    pub(crate) fn table(&self) -> String {
        export::csv(Some(&self.made.trace))
    }

    /// The space-time diagram.
    pub(crate) fn picture(&self) -> String {
        svg::svg(&self.made.of, &self.made.trace)
    }

    /// The run, to be loaded again.
    ///
    /// # Errors
    /// When the system cannot make it.
    pub(crate) fn to_json(&self) -> io::Result<String> {
        export::to_json(&self.made.of).map_err(io::Error::other)
    }

    /// Loads a run that was saved.
    ///
    /// # Errors
    /// When it cannot be read, or is no such run.
    pub(crate) fn load(&mut self, path: &Path) -> io::Result<()> {
        if std::fs::metadata(path)?.len() > FILE_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too large for a saved run"));
        }
        let scenario = export::from_json(&std::fs::read_to_string(path)?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
        self.set(scenario);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn changed() -> Changed {
        Arc::new(|| {})
    }

    #[test]
    fn what_is_looked_at_is_the_run_so_far() {
        let mut lab = Lab::default();
        assert!(lab.made.outcome.complete && lab.step == lab.made.moments.len());
        for step in [0, 5, 3, lab.made.moments.len(), 1] {
            lab.step_to(step);
            assert_eq!((lab.step, lab.shown.events()), (step, step as u64));
            assert!(lab.shown.now() <= lab.time);
        }
        lab.go_to(Duration::from_millis(100));
        assert!(lab.made.moments[lab.step - 1] <= lab.time && lab.made.moments[lab.step] > lab.time);
    }

    #[test]
    fn a_packet_that_is_killed_is_lost_and_can_be_left_to_chance_again() {
        let mut lab = Lab::default();
        let before = lab.made.outcome;
        lab.chosen = Some((Direction::Data, 0));
        lab.intervene(Some(Action::Kill));
        lab.follow(&changed());
        assert!(lab.made.outcome.data_lost > 0 && lab.passage().is_some_and(|p| p.by_hand == Some(Action::Kill)));
        assert_ne!(lab.made.outcome, before);
        lab.intervene(None);
        lab.follow(&changed());
        assert_eq!(lab.made.outcome, before);
    }

    #[test]
    fn what_cannot_be_run_is_said_and_the_last_run_stays() {
        let mut lab = Lab::default();
        lab.scenario.arq.space = lectern_proto::arq::Space::new(2).expect("2 bits");
        lab.follow(&changed());
        assert!(lab.problem.as_ref().is_some_and(|why| why.contains("too large")));
        assert!(lab.made.outcome.complete);
        lab.scenario.arq.window = 2;
        lab.follow(&changed());
        assert_eq!((lab.problem.as_ref(), lab.made.of.arq.window), (None, 2));
    }

    #[test]
    fn a_saved_run_is_loaded() {
        let mut lab = Lab { chosen: Some((Direction::Data, 1)), ..Lab::default() };
        lab.intervene(Some(Action::Kill));
        lab.follow(&changed());
        let path = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(path.path(), lab.to_json().expect("a run")).expect("written");
        let mut other = Lab::default();
        other.load(path.path()).expect("the same");
        other.follow(&changed());
        assert_eq!((other.made.outcome, other.scenario.interventions.len()), (lab.made.outcome, 1));
        std::fs::write(path.path(), "{}").expect("written");
        assert!(other.load(path.path()).is_err());
    }
}
