//! Repeat request over a simulated line: what must hold whatever the line does, and how long it takes where theory knows.

use std::time::Duration;

use lectern_proto::arq::{Protocol, Settings, Space, Timeout};
use lectern_proto::lab::arq::statistics::Mean;
use lectern_proto::lab::arq::{Channel, Scenario, Simulation};
use lectern_proto::lab::random::Random;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A line that does anything; in order where `in_order`.
fn anything(random: &mut Random, in_order: bool) -> Channel {
    let chance = |random: &mut Random, most: f64| if random.bernoulli(0.5) { random.next_f64() * most } else { 0.0 };
    Channel {
        loss: chance(random, 0.5),
        damage: chance(random, 0.3),
        duplicate: chance(random, 0.4),
        reorder: if in_order { 0.0 } else { chance(random, 0.4) },
        detour: Duration::from_micros(random.below(60_000)),
        delay: Duration::from_micros(random.below(30_000)),
        jitter: Duration::from_micros(random.below(20_000)),
        rate_bps: if random.bernoulli(0.3) { 0 } else { 500_000 + random.below(5_000_000) },
        queue: random.bernoulli(0.3).then(|| 1 + random.below(20) as u32),
    }
}

/// Any settings whose window is safe. Few bits only on lines that keep the order: elsewhere a number may come back while an old packet of
/// it is still on its way, which no window prevents.
fn any_settings(random: &mut Random, in_order: bool) -> Settings {
    let protocol = Protocol::ALL[random.below(3) as usize];
    let space = Space::new(if in_order { 1 + random.below(6) as u8 } else { 32 }).expect("1 to 32");
    let window = (1 + random.below(40)).min(space.window_max(protocol)) as u32;
    let timeout = if random.bernoulli(0.5) { Timeout::Fixed(ms(15 + random.below(300))) } else { Timeout::ADAPTIVE };
    let overtaken = random.bernoulli(0.5).then(|| 1 + random.below(4) as u32);
    Settings { protocol, space, window, timeout, overtaken, unsafe_window: false }
}

/// The simulation compares every packet that the receiver gives with the one that was handed in: `first_wrong` is none while what was given
/// is a prefix.
#[test]
fn what_is_delivered_is_a_prefix_and_in_the_end_everything() {
    for seed in 0..6_000 {
        let mut random = Random::seeded(seed);
        let in_order = random.bernoulli(0.5);
        let scenario = Scenario {
            arq: any_settings(&mut random, in_order),
            payload: 20 + random.below(300) as u16,
            length: random.below(8_000),
            data: anything(&mut random, in_order),
            acks: anything(&mut random, in_order),
            seed,
            interventions: Vec::new(),
            until: Duration::from_secs(900_000),
        };
        let outcome = Simulation::new(&scenario, false).expect("safe settings").finish();
        assert_eq!(outcome.first_wrong, None, "seed {seed}: {scenario:?}");
        assert!(outcome.complete && outcome.bytes == scenario.length, "seed {seed}: {outcome:?} of {scenario:?}");
    }
}

/// The line lets little through for a while and is then quiet: all arrives soon after.
#[test]
fn once_the_line_is_quiet_everything_arrives() {
    for seed in 0..1_000 {
        let mut random = Random::seeded(seed);
        let mut scenario = Scenario { length: 5_000, payload: 100, seed, ..Scenario::example() };
        scenario.arq = Settings { timeout: Timeout::Fixed(ms(60)), ..any_settings(&mut random, false) };
        let bad = (0..200).filter(|_| random.bernoulli(0.9)).collect::<Vec<u64>>();
        for packet in bad {
            scenario.intervene(lectern_proto::lab::arq::Direction::Data, packet, Some(lectern_proto::lab::arq::Action::Kill));
        }
        (scenario.data.loss, scenario.acks.loss) = (0.0, 0.0);
        let outcome = Simulation::new(&scenario, false).expect("safe settings").finish();
        assert!(outcome.complete && outcome.first_wrong.is_none(), "seed {seed}: {outcome:?}");
    }
}

/// With more than half of the numbers in the window, some seed shows what breaks; with half of them none does.
#[test]
fn half_the_numbers_are_as_many_as_a_window_may_have() {
    let wrong = |protocol, bits, window: u32| {
        let space = Space::new(bits).expect("1 to 32");
        let settings = Settings { space, unsafe_window: true, overtaken: None, timeout: Timeout::Fixed(ms(60)), ..Settings::new(protocol, window) };
        let line = Channel { loss: 0.3, delay: ms(10), rate_bps: 1_000_000, ..Channel::PERFECT };
        let run = |seed| Scenario {
            arq: settings,
            payload: 100,
            length: 10_000,
            data: line,
            acks: line,
            seed,
            interventions: vec![],
            until: Duration::from_secs(3_600),
        };
        (0..500).filter(|seed| Simulation::new(&run(*seed), false).expect("a run").finish().first_wrong.is_some()).count()
    };
    for (protocol, bits, safe) in [(Protocol::SelectiveRepeat, 2, 2), (Protocol::SelectiveRepeat, 3, 4), (Protocol::GoBackN, 2, 3), (Protocol::GoBackN, 3, 7)] {
        assert_eq!(wrong(protocol, bits, safe), 0, "{protocol}, {bits} bits");
        assert!(wrong(protocol, bits, safe + 1) > 0, "{protocol}, {bits} bits");
    }
}

/// The mean time of the only setting of an earlier system is that of the exact model (`arq::theory::rounds`).
#[test]
fn the_earlier_systems_setting_takes_as_long_as_its_model_says() {
    let base = Scenario::earlier();
    assert_eq!(base.packets(), 7);
    let expected = base.expected_duration().expect("the model has it");
    let took: Vec<f64> = (0..1_000)
        .map(|seed| {
            let outcome = Simulation::new(&Scenario { seed, ..base.clone() }, false).expect("a run").finish();
            assert!(outcome.complete);
            outcome.duration.as_secs_f64()
        })
        .collect();
    let mean = Mean::of(&took).expect("a thousand");
    assert!((mean.mean / expected - 1.0).abs() < 0.05, "{mean:?} for {expected}");
}

/// Selective repeat uses what the loss leaves of a fast line: at least 97 % of (1 - p) of its rate in bits of data.
#[test]
fn selective_repeat_fills_a_fast_line_whatever_it_loses() {
    for (loss, window) in [(0.0, 512), (0.05, 2_048), (0.3, 8_192)] {
        let line = Channel { delay: ms(20), rate_bps: 100_000_000, ..Channel::PERFECT };
        let scenario = Scenario {
            arq: Settings::new(Protocol::SelectiveRepeat, window),
            payload: 1_200,
            length: u64::from(window) * 1_200 * 60,
            data: Channel { loss, ..line },
            acks: line,
            seed: 7,
            interventions: Vec::new(),
            until: Duration::from_secs(3_600),
        };
        let outcome = Simulation::new(&scenario, false).expect("a run").finish();
        let share = outcome.goodput_bps / 100e6 / (1.0 - loss);
        // The beginning and the end count more than in a long run.
        assert!(outcome.complete && share > 0.96, "loss {loss}: {share}, {outcome:?}");
        assert!(outcome.timeouts < outcome.sent / 10_000, "loss is noticed by what overtakes: {outcome:?}");
    }
}

/// The adaptive time-out finds the round trip: it neither repeats without need nor waits for long.
#[test]
fn the_adaptive_time_out_finds_the_round_trip() {
    let line = Channel { delay: ms(40), jitter: ms(10), rate_bps: 1_000_000, ..Channel::PERFECT };
    let arq = Settings { timeout: Timeout::ADAPTIVE, overtaken: None, ..Settings::new(Protocol::SelectiveRepeat, 8) };
    let scenario = Scenario { arq, payload: 500, length: 500_000, data: Channel { loss: 0.02, ..line }, acks: line, ..Scenario::example() };
    let mut run = Simulation::new(&scenario, false).expect("a run");
    let outcome = run.finish();
    let timeout = run.sender().round_trip().timeout();
    assert!((ms(85)..ms(250)).contains(&timeout), "{timeout:?}");
    assert!(outcome.complete && outcome.needless < 10, "{outcome:?}");
}
