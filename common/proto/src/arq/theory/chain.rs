//! Selective repeat with a small window, step by step: a Markov chain over what is known of the packets in the window.
//!
//! Time goes in steps of which a packet takes `grid`. A state has for each packet of the window how many steps ago it was sent last, or that
//! it was acknowledged, taken for lost, or never sent. In each step, in this order:
//!
//! 1. Whatever was sent `cycle` steps ago is acknowledged, or is not, with the probability of a loss: the only place where the state may
//!    go two ways.
//! 2. The window moves over what is acknowledged at its beginning.
//! 3. Whatever was sent `timeout` steps ago is taken for lost.
//! 4. Where the line is free, which is so `grid` steps after the last packet was sent, a lost packet is sent, or else a new one.
//!
//! Since sent packets are at least `grid` steps apart, at most one of them is answered in a step. The share of steps in which the window moves,
//! times `grid`, is the efficiency. It is that of the protocol itself where cycle and time-out are whole numbers of steps; between them it is
//! interpolated. The approach, protocol states with their stationary probabilities, is that of Bertsekas & Gallager, *Data Networks*, 2nd
//! edition, appendix 3A (Markov chains); the states are ours.

use std::collections::{BTreeMap, VecDeque};

/// States of a chain at most, and steps for a packet: as fine as the states allow.
const STATES_MAX: usize = 3_000;
const GRID_MAX: u8 = 8;
/// Steps of a time-out at most; above are marks.
const STEPS_MAX: f64 = 250.0;
const LOST: u8 = 253;
const ACKNOWLEDGED: u8 = 254;
const NEW: u8 = 255;
/// When the probabilities are taken for stationary, and how many rounds there are until then at most.
const STILL: f64 = 1e-9;
const ROUNDS_MAX: u32 = 20_000;

/// The efficiency of selective repeat with this window where `cycle` and `timeout` are in packet times, the time-out is always the same,
/// acknowledgements are not lost and each transmission fails with probability `lost`. None where there would be too many states (windows
/// above 5 to 10), or for a line that lets nothing through.
pub(super) fn efficiency(window: u32, cycle: f64, timeout: f64, lost: f64) -> Option<f64> {
    let window = usize::try_from(window).ok().filter(|window| *window > 0 && *window < STATES_MAX)?;
    if !(0.0..1.0).contains(&lost) || cycle < 1.0 || timeout < cycle || timeout > STEPS_MAX / 2.0 {
        return None;
    }
    (1..=GRID_MAX).rev().find_map(|grid| on_grid(window, grid, cycle * f64::from(grid), timeout * f64::from(grid), lost))
}

/// With times in steps: the mean of the whole numbers around them, each as much as they are near.
fn on_grid(window: usize, grid: u8, cycle: f64, timeout: f64, lost: f64) -> Option<f64> {
    let split = |steps: f64| {
        let (whole, rest) = ((steps + 1e-6).floor(), (steps + 1e-6).fract());
        if rest < 1e-5 { [(whole, 1.0), (whole, 0.0)] } else { [(whole, 1.0 - rest), (whole + 1.0, rest)] }
    };
    let (cycles, timeouts) = (split(cycle), split(timeout));
    // With a packet a step nothing is known of what lies between.
    let is_whole = cycles[1].1 == 0.0 && timeouts[1].1 == 0.0;
    if timeout + 1.0 > STEPS_MAX || (grid == 1 && !is_whole) {
        return None;
    }
    let mut share = 0.0;
    for (cycle, near) in cycles.into_iter().filter(|(_, near)| *near > 0.0) {
        for (timeout, also) in timeouts.into_iter().filter(|(_, near)| *near > 0.0) {
            let chain = Chain::new(window, grid, cycle as u8, timeout.max(cycle) as u8)?;
            share += near * also * chain.moves(lost) * f64::from(grid);
        }
    }
    Some(share)
}

/// What may make a step go one way.
#[derive(Debug, Clone, Copy)]
enum Because {
    Nothing,
    Came,
    Lost,
}

/// From one state to another.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    because: Because,
    /// By how many packets the window moves.
    moved: u8,
}

/// All states that may be reached.
#[derive(Debug)]
struct Chain {
    states: usize,
    edges: Vec<Edge>,
}

impl Chain {
    fn new(window: usize, grid: u8, cycle: u8, timeout: u8) -> Option<Self> {
        let mut begin = vec![NEW; window];
        begin[0] = 0;
        let (mut numbers, mut todo, mut edges) = (BTreeMap::from([(begin.clone(), 0)]), VecDeque::from([begin]), Vec::new());
        // Numbers are given in the order in which states are reached, and states are gone through in this order.
        for from in 0.. {
            let Some(state) = todo.pop_front() else { break };
            for (because, next, moved) in step(&state, grid, cycle, timeout) {
                let states = numbers.len();
                let to = *numbers.entry(next).or_insert_with_key(|next| {
                    todo.push_back(next.clone());
                    states
                });
                edges.push(Edge { from, to, because, moved });
            }
            if numbers.len() > STATES_MAX {
                return None;
            }
        }
        Some(Self { states: numbers.len(), edges })
    }

    /// By how many packets the window moves in a step, on average, once nobody remembers how it began.
    fn moves(&self, lost: f64) -> f64 {
        let likely = |because| match because {
            Because::Nothing => 1.0,
            Because::Came => 1.0 - lost,
            Because::Lost => lost,
        };
        let edges: Vec<_> = self.edges.iter().map(|edge| (edge.from, edge.to, likely(edge.because))).collect();
        let mut now = vec![1.0 / self.states as f64; self.states];
        for _ in 0..ROUNDS_MAX {
            // Half of it stays, so that what comes round and round comes to rest as well.
            let mut next: Vec<f64> = now.iter().map(|share| share / 2.0).collect();
            edges.iter().for_each(|(from, to, likely)| next[*to] += now[*from] * likely / 2.0);
            let changed: f64 = next.iter().zip(&now).map(|(a, b)| (a - b).abs()).sum();
            now = next;
            if changed < STILL {
                break;
            }
        }
        self.edges.iter().zip(&edges).map(|(edge, (from, _, likely))| now[*from] * likely * f64::from(edge.moved)).sum()
    }
}

/// Where one step may lead: why, to which state, and by how many packets the window moved.
fn step(state: &[u8], grid: u8, cycle: u8, timeout: u8) -> Vec<(Because, Vec<u8>, u8)> {
    let older: Vec<u8> = state.iter().map(|packet| if *packet < LOST { packet + 1 } else { *packet }).collect();
    let mut ways = Vec::with_capacity(2);
    if let Some(at) = older.iter().position(|packet| *packet == cycle) {
        let mut came = older.clone();
        came[at] = ACKNOWLEDGED;
        ways.extend([(Because::Came, came), (Because::Lost, older)]);
    } else {
        ways.push((Because::Nothing, older));
    }
    let finish = |(because, mut packets): (Because, Vec<u8>)| {
        let moved = packets.iter().take_while(|packet| **packet == ACKNOWLEDGED).count();
        packets.drain(..moved);
        packets.resize(state.len(), NEW);
        packets.iter_mut().filter(|packet| (timeout..LOST).contains(packet)).for_each(|packet| *packet = LOST);
        if !packets.iter().any(|packet| *packet < grid) {
            let waits = |what| packets.iter().position(|packet| *packet == what);
            if let Some(at) = waits(LOST).or_else(|| waits(NEW)) {
                packets[at] = 0;
            }
        }
        (because, packets, moved as u8)
    };
    ways.into_iter().map(finish).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<f64>, want: f64) {
        assert!(got.is_some_and(|got| (got - want).abs() < 1e-6), "{got:?} for {want}");
    }

    #[test]
    fn what_is_known_otherwise_comes_out() {
        for (cycle, timeout, lost) in [(4.0, 4.0, 0.0), (4.0, 6.0, 0.3), (9.0, 12.0, 0.1)] {
            // A window of one is stop-and-wait.
            near(efficiency(1, cycle, timeout, lost), 1.0 / (cycle + timeout * lost / (1.0 - lost)));
            // Without a loss nothing stands in the way but the window.
            near(efficiency(3, cycle, timeout, 0.0), 3.0 / cycle);
        }
        near(efficiency(8, 2.0, 2.0, 0.0), 1.0);
    }

    /// A window of two, cycle and time-out of two packet times. From “both are on their way, and the older one is answered now”: it came
    /// (1 step, the window moves by 1), or it is lost and so is the younger one (2 steps), or the younger one came and the older one is sent
    /// every 2 steps until it comes, when the window moves by 2 (2 / (1 - P) + 2 steps). In all (1 - P)(1 + 2P) packets in 1 + 3P steps.
    #[test]
    fn two_packets_by_hand() {
        for lost in [0.1, 0.25, 0.5] {
            near(efficiency(2, 2.0, 2.0, lost), (1.0 - lost) * (1.0 + 2.0 * lost) / (1.0 + 3.0 * lost));
        }
    }

    #[test]
    fn where_there_are_too_many_states_there_is_no_answer() {
        assert!(efficiency(6, 4.0, 5.0, 0.1).is_some());
        assert_eq!((efficiency(64, 20.0, 25.0, 0.1), efficiency(0, 4.0, 4.0, 0.1), efficiency(u32::MAX, 4.0, 4.0, 0.1)), (None, None, None));
        assert_eq!((efficiency(2, 4.0, 3.0, 0.1), efficiency(2, 0.5, 3.0, 0.1), efficiency(2, 4.0, 4.0, 1.0)), (None, None, None));
        assert_eq!(efficiency(2, f64::NAN, f64::INFINITY, 0.1), None);
    }
}
