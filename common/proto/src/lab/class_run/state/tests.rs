//! Pairs, stages, and what stays true whatever clients claim and however people come and go.

use proptest::prelude::*;

use super::*;

fn exercise(kind: Kind) -> Exercise {
    let text = Exercise::EXAMPLES.map(|(_, text)| Exercise::parse(text).expect("an example")).into_iter().find(|e| e.kind == kind);
    text.expect("an example of each kind")
}

fn people(n: u64) -> Vec<(PersonId, String)> {
    (1..=n).map(|i| (PersonId(i), format!("Student {i}"))).collect()
}

fn network(n: u64) -> ClassRun {
    ClassRun::new(1, exercise(Kind::Network), people(n), 5)
}

fn seat(run: &ClassRun, person: u64) -> &Seat {
    run.seat(PersonId(person)).expect("a seat")
}

/// What a run of the network example brings across without a loss.
const MEASURED: Measured = Measured { packets: 60, retransmissions: 0, acks: 60, bytes: 30_720, payload: 512, time_us: 9_000, lost: 0 };
const WITNESS: Witness = Witness { packets: 60, duplicates: 0, damaged: 0, same: true };

/// What is true at any time.
fn assert_sound(run: &ClassRun) {
    for seat in run.seats() {
        assert_eq!(seat.seed, run.exercise().seed_for(&seat.name));
        let (has_run, has_predicted) = (seat.stage == Stage::Done, !matches!(seat.stage, Stage::Reading | Stage::Away));
        assert_eq!((seat.measured.is_some(), seat.path.is_some()), (has_run, has_run), "{seat:?}");
        assert!(!has_predicted || seat.prediction.is_some(), "{seat:?}");
        assert!(seat.verified == Verified::No || (has_run && seat.witness.is_some()), "{seat:?}");
        let Partner::Person(other) = seat.partner else { continue };
        assert!(other != seat.person && run.exercise().kind == Kind::Network && run.seat(other).is_some(), "{seat:?}");
        if seat.is_waiting() {
            assert!(run.is_pair(other, seat.person) && seat.stage != Stage::Away && !run.absent.contains(&other), "{seat:?}");
        }
    }
}

#[test]
fn everybody_has_one_partner_and_the_odd_one_the_server() {
    for n in 0..=40 {
        for shuffle in 0..5 {
            let run = ClassRun::new(1, exercise(Kind::Network), people(n), shuffle);
            assert_sound(&run);
            assert_eq!(run.seats().filter(|seat| seat.partner == Partner::Server).count() as u64, n % 2, "{n} people");
            assert_eq!(run.seats().filter(|seat| matches!(seat.partner, Partner::Person(other) if run.is_pair(other, seat.person))).count() as u64, n - n % 2);
        }
        let alone = ClassRun::new(1, exercise(Kind::Simulation), people(n), 1);
        assert!(alone.seats().all(|seat| seat.partner == Partner::Server));
    }
}

#[test]
fn pairs_follow_from_the_seed_and_not_from_the_order() {
    let of = |order: Vec<(PersonId, String)>, seed| ClassRun::new(1, exercise(Kind::Network), order, seed).seats().map(|s| s.partner).collect::<Vec<_>>();
    let back: Vec<_> = people(20).into_iter().rev().collect();
    assert_eq!(of(people(20), 3), of(back, 3));
    assert_ne!(of(people(20), 3), of(people(20), 4));
}

#[test]
fn a_run_goes_from_reading_to_done_once() {
    let mut run = network(2);
    let ana = PersonId(1);
    assert_eq!(run.begin(ana), Err(ClassRunError::NotPredicted));
    run.finish(ana, MEASURED, Path::Direct);
    assert_eq!(seat(&run, 1).stage, Stage::Reading);
    assert_eq!(run.predict(ana, Amount::whole(66)), Ok(()));
    assert_eq!(run.predict(ana, Amount::whole(67)), Err(ClassRunError::AlreadyPredicted));
    assert_eq!((run.begin(ana), run.begin(ana)), (Ok(()), Err(ClassRunError::AlreadyBegun)));
    run.witness(Partner::Server, ana, WITNESS);
    assert_eq!(seat(&run, 1).witness, None, "the server is not the partner");
    run.witness(Partner::Person(PersonId(2)), ana, WITNESS);
    run.finish(ana, MEASURED, Path::Simulated);
    run.finish(ana, Measured::default(), Path::Direct);
    run.fail(ana, "too late".into());
    let done = seat(&run, 1);
    assert_eq!((&done.stage, done.measured, done.path, done.verified), (&Stage::Done, Some(MEASURED), Some(Path::Relayed), Verified::Agrees));
    assert_eq!((run.begin(ana), run.counts()), (Err(ClassRunError::AlreadyBegun), Counts { all: 2, done: 1, ..Counts::default() }));
    run.reset(ana);
    let again = seat(&run, 1);
    assert_eq!((&again.stage, again.prediction, again.measured, again.witness), (&Stage::Predicted, Some(Amount::whole(66)), None, None));
    assert_eq!((again.partner, run.begin(ana)), (Partner::Person(PersonId(2)), Ok(())));
    assert_eq!((run.predict(PersonId(9), Amount::ONE), run.begin(PersonId(9))), (Err(ClassRunError::NoSeat), Err(ClassRunError::NoSeat)));
}

#[test]
fn who_comes_later_gets_who_is_alone() {
    let mut run = network(3);
    let alone = run.seats().find(|seat| seat.partner == Partner::Server).expect("the odd one").person;
    run.enter(PersonId(4), "Late".into());
    assert!(run.is_pair(alone, PersonId(4)) && run.is_pair(PersonId(4), alone));
    run.enter(PersonId(5), "Later".into());
    assert_eq!(seat(&run, 5).partner, Partner::Server);
    run.predict(PersonId(5), Amount::ONE).expect("a prediction");
    run.begin(PersonId(5)).expect("a run");
    run.enter(PersonId(6), "Latest".into());
    assert_eq!(seat(&run, 6).partner, Partner::Server, "the other has begun");
    assert_sound(&run);
}

#[test]
fn who_leaves_may_come_back() {
    let mut run = network(2);
    let (ana, ben) = (PersonId(1), PersonId(2));
    run.predict(ana, Amount::ONE).expect("a prediction");
    run.begin(ana).expect("a run");
    run.leave(ana);
    assert_eq!((&seat(&run, 1).stage, seat(&run, 2).partner), (&Stage::Away, Partner::Server));
    assert_eq!(run.begin(ana), Err(ClassRunError::Away));
    run.enter(ana, "Another name".into());
    let back = seat(&run, 1);
    assert_eq!((&back.stage, back.name.as_str(), back.partner), (&Stage::Predicted, "Student 1", Partner::Person(ben)));
    // Who has finished stays so, and who waits for the one who left gets the server.
    run.begin(ana).expect("a run");
    run.finish(ana, MEASURED, Path::Direct);
    run.leave(ana);
    assert_eq!((&seat(&run, 1).stage, seat(&run, 1).partner, seat(&run, 2).partner), (&Stage::Done, Partner::Person(ben), Partner::Server));
    run.witness(Partner::Person(ben), ana, WITNESS);
    assert_eq!(seat(&run, 1).verified, Verified::Agrees, "what was seen is told a little later");
    run.reset(ana);
    assert_eq!(seat(&run, 1).stage, Stage::Away);
    assert_sound(&run);
}

#[test]
fn the_server_takes_the_place_of_a_partner_who_does_not_answer() {
    let mut run = network(2);
    let (ana, ben) = (PersonId(1), PersonId(2));
    run.predict(ana, Amount::ONE).expect("a prediction");
    run.begin(ana).expect("a run");
    run.witness(Partner::Person(ben), ana, Witness::default());
    run.partner_gone(ana);
    assert_eq!((seat(&run, 1).partner, seat(&run, 1).witness, seat(&run, 2).partner), (Partner::Server, None, Partner::Server));
    run.finish(ana, MEASURED, Path::Direct);
    run.witness(Partner::Server, ana, WITNESS);
    assert_eq!((seat(&run, 1).path, seat(&run, 1).verified), (Some(Path::Server), Verified::Agrees));
    run.partner_gone(ana);
    assert_eq!(seat(&run, 1).witness, Some(WITNESS), "it has ended");
}

#[test]
fn a_reason_is_cut_between_characters_and_a_failed_run_begins_again() {
    let mut run = network(1);
    run.predict(PersonId(1), Amount::ONE).expect("a prediction");
    run.begin(PersonId(1)).expect("a run");
    run.fail(PersonId(1), "é".repeat(150) + "x");
    assert_eq!(seat(&run, 1).stage, Stage::Failed("é".repeat(100)));
    assert_eq!(run.begin(PersonId(1)), Ok(()));
}

#[test]
fn simulations_are_run_again() {
    let mut run = ClassRun::new(1, exercise(Kind::Simulation), people(2), 1);
    for person in [1, 2].map(PersonId) {
        run.predict(person, Amount::ONE).expect("a prediction");
        run.begin(person).expect("a run");
        let honest = run.exercise().simulate(run.seat(person).expect("a seat").seed);
        run.finish(person, Measured { packets: honest.packets + person.0 - 1, ..honest }, Path::Simulated);
    }
    assert_eq!(run.unverified().len(), 2);
    for (person, seed) in run.unverified() {
        let replay = run.exercise().replay(seed);
        run.verify(person, &replay);
    }
    assert_eq!([1, 2].map(|n| seat(&run, n).verified), [Verified::Agrees, Verified::Differs]);
    assert!(run.unverified().is_empty() && seat(&run, 1).witness.is_some_and(|w| w.same));
    run.reset(PersonId(2));
    assert_eq!(seat(&run, 2).verified, Verified::No);
}

#[test]
fn a_room_is_full_some_day() {
    let mut run = network(ROOM_PEOPLE_MAX as u64 + 5);
    run.enter(PersonId(u64::MAX), "x".repeat(1_000));
    assert_eq!(run.counts().all, ROOM_PEOPLE_MAX);
    run = network(0);
    run.enter(PersonId(1), "ü".repeat(40));
    assert_eq!(seat(&run, 1).name, "ü".repeat(32));
}

#[test]
fn seats_go_over_the_wire() {
    let mut run = network(3);
    run.predict(PersonId(1), Amount(-5)).expect("a prediction");
    run.begin(PersonId(1)).expect("a run");
    run.witness(seat(&run, 1).partner, PersonId(1), WITNESS);
    run.finish(PersonId(1), MEASURED, Path::Direct);
    let all: Vec<Seat> = run.seats().cloned().collect();
    assert_eq!(crate::wire::decode::<Vec<Seat>>(&crate::wire::encode(&all)), Ok(all));
}

#[derive(Debug, Clone)]
enum Event {
    Enter(u64),
    Leave(u64),
    Predict(u64, i64),
    Begin(u64),
    Gone(u64),
    Finish(u64, Path, u64),
    Fail(u64),
    Witness(u64, u64, bool),
    Verify(u64),
    Reset(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let who = || 1..8_u64;
    let path = proptest::sample::select(vec![Path::Direct, Path::Relayed, Path::Server, Path::Simulated]);
    let event = prop_oneof![
        who().prop_map(Event::Enter),
        who().prop_map(Event::Leave),
        (who(), any::<i64>()).prop_map(|(p, n)| Event::Predict(p, n)),
        who().prop_map(Event::Begin),
        who().prop_map(Event::Gone),
        (who(), path, any::<u64>()).prop_map(|(p, path, n)| Event::Finish(p, path, n)),
        who().prop_map(Event::Fail),
        (who(), who(), any::<bool>()).prop_map(|(by, of, same)| Event::Witness(by, of, same)),
        who().prop_map(Event::Verify),
        who().prop_map(Event::Reset),
    ];
    proptest::collection::vec(event, 0..80)
}

fn act(run: &mut ClassRun, event: Event) {
    match event {
        Event::Enter(p) => run.enter(PersonId(p), format!("Student {p}")),
        Event::Leave(p) => run.leave(PersonId(p)),
        Event::Predict(p, n) => _ = run.predict(PersonId(p), Amount(n)),
        Event::Begin(p) => _ = run.begin(PersonId(p)),
        Event::Gone(p) => run.partner_gone(PersonId(p)),
        Event::Finish(p, path, packets) => run.finish(PersonId(p), Measured { packets, ..MEASURED }, path),
        Event::Fail(p) => run.fail(PersonId(p), "x".into()),
        Event::Witness(by, of, same) => {
            let by = if by == of { Partner::Server } else { Partner::Person(PersonId(by)) };
            run.witness(by, PersonId(of), Witness { same, ..WITNESS });
        }
        Event::Verify(p) => run.verify(PersonId(p), &Replay { measured: MEASURED, ..Replay::default() }),
        Event::Reset(p) => run.reset(PersonId(p)),
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_run_stays_sound(n in 0..6_u64, is_network: bool, events in events()) {
        let kind = if is_network { Kind::Network } else { Kind::Simulation };
        let mut run = ClassRun::new(1, exercise(kind), people(n), 2);
        let mut board: BTreeMap<_, _> = run.take_changed().into_iter().map(|seat| (seat.person, seat)).collect();
        for event in events {
            let before: BTreeMap<_, _> = run.seats().map(|seat| (seat.person, seat.clone())).collect();
            act(&mut run, event.clone());
            assert_sound(&run);
            for (person, seat) in &before {
                let after = run.seat(*person).expect("nobody is forgotten");
                prop_assert!(seat.prediction.is_none() || seat.prediction == after.prediction, "a prediction stays: {:?}", event);
                let may_vanish = matches!(event, Event::Reset(p) if PersonId(p) == *person);
                prop_assert!(seat.measured.is_none() || seat.measured == after.measured || may_vanish, "a result stays: {:?}", event);
            }
            board.extend(run.take_changed().into_iter().map(|seat| (seat.person, seat)));
            prop_assert!(board.values().eq(run.seats()), "the board's news are all: {:?}", event);
        }
        prop_assert!(run.take_changed().is_empty());
    }
}
