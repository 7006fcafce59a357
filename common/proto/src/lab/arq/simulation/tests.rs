//! Runs in virtual time: the same by their seed, and as the interventions say.

use super::*;
use crate::arq::{Protocol, Settings, Space, Timeout};
use crate::lab::arq::channel::Channel;
use crate::lab::arq::scenario::Action;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Packets of one tenth of a second on the line and 2 tenths each way.
fn slow(protocol: Protocol, window: u32) -> Scenario {
    let line = Channel { delay: ms(200), ..Channel::PERFECT };
    let arq = Settings { timeout: Timeout::Fixed(ms(550)), overtaken: None, ..Settings::new(protocol, window) };
    Scenario { arq, payload: 101, length: 1_010, data: Channel { rate_bps: 10_000, ..line }, acks: line, interventions: vec![], ..Scenario::example() }
}

fn run(scenario: &Scenario) -> Outcome {
    Simulation::new(scenario, false).expect("a run").finish()
}

#[test]
fn without_loss_the_times_are_those_of_paper_and_pencil() {
    // 10 packets of 100 ms; a cycle is 100 + 2 * 200 = 500 ms.
    for (protocol, window, want) in [
        (Protocol::StopAndWait, 1, 5_000),
        (Protocol::GoBackN, 5, 1_400),
        (Protocol::SelectiveRepeat, 5, 1_400),
        // Three at once, four times: the last one leaves at 1500.
        (Protocol::SelectiveRepeat, 3, 2_000),
    ] {
        let outcome = run(&slow(protocol, window));
        assert!(outcome.complete && outcome.first_wrong.is_none());
        assert_eq!((outcome.duration, outcome.sent, outcome.again), (ms(want), 10, 0), "{protocol}");
    }
}

#[test]
fn one_lost_packet_costs_what_the_protocol_says() {
    for (protocol, window, again, want) in [
        // Time-out at 550 instead of the answer at 500, then one more cycle.
        (Protocol::StopAndWait, 1, 1, 5_550),
        // All again from 550 on: ten packets and the way there and back.
        (Protocol::GoBackN, 5, 5, 1_950),
        // Packet 0 again at 550, answered at 1050; then the window opens for the other five.
        (Protocol::SelectiveRepeat, 5, 1, 1_950),
    ] {
        let mut scenario = slow(protocol, window);
        scenario.intervene(Direction::Data, 0, Some(Action::Kill));
        let outcome = run(&scenario);
        assert_eq!((outcome.complete, outcome.again, outcome.data_lost), (true, again, 1), "{protocol}");
        assert_eq!(outcome.duration, ms(want), "{protocol}");
    }
}

#[test]
fn the_example_is_that_of_the_picture_each_time() {
    let mut one = Simulation::new(&Scenario::example(), true).expect("a run");
    let outcome = one.finish();
    let mut other = Simulation::new(&Scenario::example(), true).expect("a run");
    assert_eq!((other.finish(), other.trace()), (outcome, one.trace()));
    assert!(outcome.complete && outcome.packets == 12 && outcome.again > 0);
    let trace = one.trace().expect("traced");
    assert_eq!(trace.passages.iter().filter(|p| p.direction == Direction::Data).count() as u64, outcome.sent);
    assert_eq!(trace.expiries.len() as u64, outcome.timeouts);
    assert_eq!(trace.deliveries.iter().map(|(_, _, count)| count).sum::<u64>(), 12);
}

#[test]
fn stepping_there_again_is_going_back() {
    let mut whole = Simulation::new(&Scenario::example(), true).expect("a run");
    let mut moments = Vec::new();
    while whole.step().is_some() {
        moments.push((whole.now(), whole.sender().base(), whole.receiver().next()));
    }
    for steps in [1, 7, moments.len() / 2, moments.len()] {
        let mut part = Simulation::new(&Scenario::example(), true).expect("a run");
        (0..steps).for_each(|_| _ = part.step());
        assert_eq!((part.now(), part.sender().base(), part.receiver().next()), moments[steps - 1]);
    }
    let mut part = Simulation::new(&Scenario::example(), true).expect("a run");
    part.go_to(ms(100));
    assert!(part.now() <= ms(100) && part.next_at().is_some_and(|at| at > ms(100)));
}

#[test]
fn flipped_bits_are_noticed_by_the_checksum() {
    let mut scenario = slow(Protocol::SelectiveRepeat, 5);
    (scenario.length, scenario.data.damage, scenario.acks.damage) = (101 * 2_000, 0.2, 0.1);
    let outcome = run(&scenario);
    assert!(outcome.complete && outcome.first_wrong.is_none());
    assert!((300..700).contains(&outcome.data_damaged) && outcome.acks_damaged > 100, "{outcome:?}");
}

#[test]
fn a_window_that_is_too_large_delivers_what_is_wrong() {
    // Tanenbaum & Wetherall, 3.4.3: all acknowledgements of the first window are lost.
    let mut scenario = slow(Protocol::SelectiveRepeat, 7);
    scenario.arq = Settings { space: Space::new(3).expect("3 bits"), unsafe_window: true, ..scenario.arq };
    scenario.length = 101 * 14;
    (0..7).for_each(|packet| scenario.intervene(Direction::Acks, packet, Some(Action::Kill)));
    assert_eq!(run(&scenario).first_wrong, Some(8));
    (scenario.arq.window, scenario.arq.unsafe_window) = (4, false);
    let outcome = run(&scenario);
    assert_eq!((outcome.first_wrong, outcome.complete), (None, true));
}

#[test]
fn a_run_that_cannot_end_ends_at_its_time() {
    let mut scenario = slow(Protocol::GoBackN, 4);
    (scenario.data.loss, scenario.until) = (1.0, ms(10_000));
    let outcome = run(&scenario);
    assert_eq!((outcome.complete, outcome.delivered), (false, 0));
    assert!(outcome.duration <= ms(10_000) && outcome.timeouts > 10);
}

#[test]
fn nothing_to_send_is_done_at_once() {
    let mut scenario = slow(Protocol::GoBackN, 4);
    scenario.length = 0;
    assert!(matches!(run(&scenario), Outcome { complete: true, events: 0, efficiency: None, .. }));
}
