//! Efficiency of the protocols against loss or window: points from many seeds, over the curves of theory.

use serde::Serialize;

use super::scenario::{Scenario, ScenarioError};
use super::simulation::Simulation;
use super::statistics::Mean;
use crate::arq::Protocol;
use crate::arq::theory::Model;

/// What changes from point to point.
#[derive(Debug, Clone, PartialEq)]
pub enum Axis {
    /// Probability that a data packet is lost.
    Loss(Vec<f64>),
    /// Packets that may be on their way; stop-and-wait has always one.
    Window(Vec<u32>),
}

/// A plot to be measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// All that does not change. Run k has this seed + k, so that every point sees the same seeds.
    pub base: Scenario,
    pub protocols: Vec<Protocol>,
    pub axis: Axis,
    pub seeds: u32,
}

/// One point of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    pub protocol: Protocol,
    pub window: u32,
    pub loss: f64,
    /// What theory says; none where it says nothing.
    pub theory: Option<f64>,
    /// What the Markov chain of small windows says, which counts in what keeps the window from moving; none where there is none.
    pub chain: Option<f64>,
    /// Efficiency as measured.
    pub measured: Mean,
    /// Runs that did not end in their time, and are not in the mean.
    pub unfinished: u32,
}

impl Sweep {
    /// Every point's scenario (with the first seed), protocol by protocol.
    pub fn scenarios(&self) -> impl Iterator<Item = Scenario> {
        let places = match &self.axis {
            Axis::Loss(losses) => losses.iter().map(|loss| (*loss, self.base.arq.window)).collect::<Vec<_>>(),
            Axis::Window(windows) => windows.iter().map(|window| (self.base.data.loss, *window)).collect(),
        };
        self.protocols.iter().flat_map(move |protocol| places.clone().into_iter().map(move |(loss, window)| self.base.with(*protocol, window, loss)))
    }

    /// Measures one of them; none where no run ended.
    ///
    /// # Errors
    /// When there cannot be such a run.
    pub fn measure(&self, scenario: &Scenario) -> Result<Option<Point>, ScenarioError> {
        let (mut shares, mut unfinished) = (Vec::new(), 0);
        for seed in 0..u64::from(self.seeds.max(1)) {
            let outcome = Simulation::new(&Scenario { seed: self.base.seed.wrapping_add(seed), ..scenario.clone() }, false)?.finish();
            match outcome.efficiency.filter(|_| outcome.complete) {
                Some(share) => shares.push(share),
                None => unfinished += 1,
            }
        }
        let (protocol, window, loss) = (scenario.arq.protocol, scenario.arq.window, scenario.data.loss);
        let (theory, chain) = (scenario.theory(), scenario.model().by_chain());
        Ok(Mean::of(&shares).map(|measured| Point { protocol, window, loss, theory, chain, measured, unfinished }))
    }
}

impl Scenario {
    /// The same with another protocol, window and loss, and nothing done by hand.
    #[must_use]
    pub fn with(&self, protocol: Protocol, window: u32, loss: f64) -> Self {
        let mut other = self.clone();
        (other.arq.protocol, other.data.loss) = (protocol, loss);
        other.arq.window = if protocol == Protocol::StopAndWait { 1 } else { window };
        other.interventions.clear();
        other
    }

    /// The line and its sender as theory sees them.
    #[must_use]
    pub fn model(&self) -> Model {
        let lost = |channel: &super::Channel| 1.0 - (1.0 - channel.loss) * (1.0 - channel.damage);
        Model {
            protocol: self.arq.protocol,
            window: self.arq.window,
            packet: self.packet_time().as_secs_f64(),
            cycle: self.cycle().as_secs_f64(),
            loss: lost(&self.data),
            ack_loss: lost(&self.acks),
            timeout: self.arq.timeout,
            overtaken: self.arq.overtaken,
        }
    }

    /// The efficiency that theory expects of a long run; none where it says nothing.
    #[must_use]
    pub fn theory(&self) -> Option<f64> {
        self.model().efficiency()
    }

    /// The time in seconds that theory expects for selective repeat with a fixed time-out over a line without delay, whose
    /// acknowledgements are not lost; none for anything else.
    #[must_use]
    pub fn expected_duration(&self) -> Option<f64> {
        let crate::arq::Timeout::Fixed(timeout) = self.arq.timeout else { return None };
        let Model { loss, ack_loss, cycle, protocol, .. } = self.model();
        let is_ours = protocol == Protocol::SelectiveRepeat && ack_loss == 0.0 && self.arq.overtaken.is_none() && self.interventions.is_empty();
        if !is_ours || cycle > 0.0 {
            return None;
        }
        crate::arq::theory::rounds(self.packets(), self.arq.window, loss).map(|rounds| rounds * timeout.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_theory_says() {
        let mut base = Scenario::example();
        // Long enough for the beginning and the end not to count; acknowledgements are not lost.
        (base.length, base.acks.loss, base.arq.window) = (512 * 3_000, 0.0, 64);
        // A time-out just above the cycle of 12.6 + 18 + 0.6 + 18 ms.
        base.arq.timeout = crate::arq::Timeout::Fixed(std::time::Duration::from_micros(49_300));
        let sweep = Sweep { base, protocols: Protocol::ALL.to_vec(), axis: Axis::Loss(vec![0.0, 0.05, 0.2]), seeds: 8 };
        for scenario in sweep.scenarios() {
            let point = sweep.measure(&scenario).expect("a run").expect("it ends");
            let theory = point.theory.expect("there is one");
            let off = (point.measured.mean / theory - 1.0).abs();
            assert!(off < 0.03, "{}, loss {}: {:?} for {theory}", point.protocol, point.loss, point.measured);
            assert_eq!((point.unfinished, point.measured.count), (0, 8));
        }
    }

    #[test]
    fn small_windows_lie_where_theory_says() {
        let mut base = Scenario::example();
        (base.length, base.acks.loss, base.data.loss) = (512 * 3_000, 0.0, 0.0);
        let sweep = Sweep { base, protocols: vec![Protocol::GoBackN], axis: Axis::Window(vec![1, 2, 3, 8]), seeds: 2 };
        let points: Vec<Point> = sweep.scenarios().filter_map(|s| sweep.measure(&s).expect("a run")).collect();
        assert_eq!(points.iter().map(|p| p.window).collect::<Vec<_>>(), [1, 2, 3, 8]);
        for point in points {
            assert!(point.theory.is_some_and(|theory| (point.measured.mean / theory - 1.0).abs() < 0.01), "{point:?}");
        }
    }

    #[test]
    fn small_windows_of_selective_repeat_lie_where_the_chain_says() {
        let mut base = Scenario::example();
        (base.length, base.acks.loss) = (512 * 3_000, 0.0);
        // The cycle is 49.2 ms, 3.9 packets. Time-outs that are hardly longer, and by a quarter.
        for (timeout_us, windows) in [(50_000, vec![2, 3, 4, 5, 6]), (60_000, vec![2, 4, 5])] {
            base.arq.timeout = crate::arq::Timeout::Fixed(std::time::Duration::from_micros(timeout_us));
            for loss in [0.1, 0.3] {
                base.data.loss = loss;
                let sweep = Sweep { base: base.clone(), protocols: vec![Protocol::SelectiveRepeat], axis: Axis::Window(windows.clone()), seeds: 20 };
                for point in sweep.scenarios().filter_map(|scenario| sweep.measure(&scenario).expect("a run")) {
                    let (bound, chain) = (point.theory.expect("there is one"), point.chain.expect("it is small"));
                    assert!((point.measured.mean / chain - 1.0).abs() < 0.015, "{timeout_us}: {point:?}");
                    assert!(chain < bound * 0.97 && point.measured.mean < bound * 0.97, "the bound is one: {point:?}");
                }
            }
        }
    }
}
