//! The golden bytes of the networking labs on the control plane.

mod golden;

use golden::{Vectors, bytes_of, document, golden};
use lectern_proto::arq::{Protocol, Settings, Space, Timeout};
use lectern_proto::control::*;
use lectern_proto::lab::class_run::{Amount, Measured, Partner, Path, Seat, Stage, Verified, Witness};
use lectern_proto::timeline::Timeline;

/// The name of a variant, as Rust prints it.
fn name(message: &impl std::fmt::Debug) -> String {
    format!("{message:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

fn offer(timeout: Timeout) -> RunOffer {
    let settings = Settings { timeout, space: Space::new(4).expect("bits"), ..Settings::new(Protocol::SelectiveRepeat, 8) };
    RunOffer { name: "send.txt".into(), bytes: 773, settings, payload: 128, loss_ppm: 200_000, ack_loss_ppm: 0 }
}

fn seat() -> Seat {
    Seat {
        person: PersonId(7),
        name: "Ana".into(),
        partner: Partner::Person(PersonId(8)),
        seed: 11,
        prediction: Some(Amount(66_500_000)),
        stage: Stage::Done,
        measured: Some(measured()),
        path: Some(Path::Direct),
        witness: Some(witness()),
        verified: Verified::Agrees,
    }
}

fn measured() -> Measured {
    Measured { packets: 68, retransmissions: 8, acks: 60, bytes: 30_720, payload: 512, time_us: 1_500_000, lost: 7 }
}

fn witness() -> Witness {
    Witness { packets: 61, duplicates: 1, damaged: 0, same: true }
}

#[test]
fn every_message_of_the_labs() {
    let (person, run) = (PersonId(7), RunId(5));
    let addresses = vec!["192.168.1.7:40123".parse().expect("an address"), "[fe80::1]:40123".parse().expect("an address")];
    let class_run = [
        ClassRunRequest::HandOut { exercise: "[exercise]\n".into() },
        ClassRunRequest::Predict { prediction: Amount(66_500_000) },
        ClassRunRequest::Begin,
        ClassRunRequest::Finish { measured: measured(), path: Path::Relayed },
        ClassRunRequest::Fail { reason: "no way".into() },
        ClassRunRequest::PartnerGone,
        ClassRunRequest::Witness { of: person, witness: witness() },
        ClassRunRequest::Reset { person },
        ClassRunRequest::End,
    ];
    let requests = [
        LabRequest::Offer { to: person, offer: offer(Timeout::ADAPTIVE), addresses: addresses.clone() },
        LabRequest::Take { run, addresses: addresses.clone() },
        LabRequest::End { run },
        LabRequest::WithServer { offer: offer(Timeout::Fixed(std::time::Duration::from_millis(200))), sends: true, seed: 3 },
        LabRequest::Show { run: "{}".into() },
        LabRequest::Steer { position_us: 196_000, rate_permille: 500 },
        LabRequest::EndShow,
    ];
    let begin = RunBegin { transfer: 0xc0ff_ee01, token: [0x5a; 16], addresses };
    let timeline = Timeline { position_us: 196_000, at_us: 61_000_000, rate_permille: 500, revision: 3 };
    let why = [RunEnd::Declined, RunEnd::Ended, RunEnd::Gone, RunEnd::TooLate];
    let events = [
        LabEvent::Answer { request: 14, result: Ok(LabAnswer::Done) },
        LabEvent::Answer { request: 14, result: Ok(LabAnswer::Run(run)) },
        LabEvent::Answer { request: 14, result: Err(Refusal::NoSuchRun) },
        LabEvent::Offered { run, from: person, offer: offer(Timeout::ADAPTIVE), class_run: true },
        LabEvent::Begins { run, begin },
        LabEvent::Show(Some(Box::new(Show { by: person, run: "{}".into(), timeline }))),
        LabEvent::Show(None),
        LabEvent::Steered(timeline),
        LabEvent::ClassRun(Some(Box::new(Handed { id: 1, exercise: "[exercise]\n".into(), begun_s: 1_795_244_400 }))),
        LabEvent::ClassRun(None),
        LabEvent::Seat(Box::new(seat())),
        LabEvent::Seats(vec![seat(), Seat { partner: Partner::Server, stage: Stage::Failed("no way".into()), measured: None, path: None, ..seat() }]),
    ];
    let mut all = Vectors::new();
    for what in requests {
        all.push((format!("Request.Lab.{}", name(&what)), bytes_of(&Request::Lab { request: 14, what })));
    }
    for what in class_run {
        let name = format!("Request.Lab.ClassRun.{}", name(&what));
        all.push((name, bytes_of(&Request::Lab { request: 14, what: LabRequest::ClassRun(what) })));
    }
    for event in events {
        all.push((format!("Event.Lab.{}", name(&event)), bytes_of(&Event::Lab(event))));
    }
    all.extend(why.map(|why| (format!("Event.Lab.Ended.{}", name(&why)), bytes_of(&Event::Lab(LabEvent::Ended { run, why })))));
    let document = document();
    for (name, _) in &all {
        let variant = name.rsplit('.').next().unwrap_or_default();
        assert!(document.contains(&format!("`{variant}`")), "docs/PROTOCOL.md names {variant}");
    }
    golden("lab.txt", "The networking labs: bodies of messages, without their length prefix. docs/PROTOCOL.md explains them.", &all);
}
