//! The labs with others of the class, by label and role: a file that is sent and one that is taken, and a simulation that all watch.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role as Widget;
use egui_kittest::kittest::Queryable;
use lectern::class::Offered;
use lectern::lab::LabError;
use lectern::lab::class::Partner;
use lectern::lab::line::Impaired;
use lectern::lab::report::{SendReport, Theory};
use lectern::lab::work::{Doing, LabWish};
use lectern::ui::backend::{LabFile, Pick};
use lectern::ui::window::Window;
use lectern_proto::arq::{Protocol, Settings};
use lectern_proto::control::{LabRequest, PersonId, Role, RunId, RunOffer, Show};
use lectern_proto::lab::arq::{Scenario, export};
use lectern_proto::timeline::Timeline;
use ui_support::{Call, Fake, enter, joined};

type Harness = egui_kittest::Harness<'static, Option<Window>>;

fn press(harness: &mut Harness, label: &str) {
    harness.get_by_role_and_label(Widget::Button, label).click_accesskit();
    harness.run_steps(4);
}

fn has(harness: &Harness, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

/// The lab of repeat request in a class with Ben, as a student or an instructor.
fn lab(fake: &Fake, role: Role) -> Harness {
    fake.lock().state = joined(role);
    let mut harness = enter(fake);
    press(&mut harness, "Labs");
    press(&mut harness, "Repeat request");
    harness
}

fn report() -> SendReport {
    let impaired = Impaired { packets: 60, lost: 11, data_lost: 10, ..Impaired::default() };
    SendReport {
        sent: "send.txt".into(),
        bytes: 24_000,
        sha256: "0123456789abcdef0123".into(),
        same: true,
        to: ([10, 0, 0, 1], 9_000).into(),
        path: "server",
        settings: Settings::new(Protocol::SelectiveRepeat, 8),
        size: 512,
        packets: 58,
        retransmissions: 11,
        lost_by_timeout: 1,
        lost_by_overtaking: 10,
        acks: 47,
        duplicates: 1,
        damaged: 0,
        outgoing: impaired,
        incoming: Impaired::default(),
        time_s: 0.25,
        compared_s: 0.26,
        goodput_bps: 768e3,
        efficiency: 0.808,
        round_trip_ms: Some(1.5),
        theory: Some(Theory { efficiency: 0.8, packets: 58.75, least_time_s: None }),
    }
}

fn wishes(fake: &Fake) -> Vec<LabWish> {
    let calls = fake.lock().calls.clone();
    calls.into_iter().filter_map(|call| if let Call::Lab(wish) = call { Some(wish) } else { None }).collect()
}

#[test]
fn a_file_goes_to_who_was_chosen() {
    let fake = Fake::new();
    let mut harness = lab(&fake, Role::Student);
    press(&mut harness, "Real network");
    assert!(has(&harness, "Choose whom to send to"));
    press(&mut harness, "Ben");
    press(&mut harness, "Go-back-N");
    press(&mut harness, "Send");
    let sent = wishes(&fake).into_iter().find_map(|wish| match wish {
        LabWish::Send { to, file, settings, spoiling, .. } => Some((to, file, settings, spoiling)),
        _ => None,
    });
    let (to, file, settings, spoiling) = sent.expect("it is sent");
    assert_eq!((to, file, settings), (Partner::Person(PersonId(3)), None, Settings::new(Protocol::GoBackN, 8)));
    assert_eq!((spoiling.data.loss, spoiling.acks.loss, spoiling.seed), (0.2, 0.1, 1));
    fake.lock().work.sending = Doing::Asked;
    harness.run_steps(4);
    assert!(has(&harness, "The other person is asked"));
    press(&mut harness, "Stop");
    assert_eq!(wishes(&fake).last(), Some(&LabWish::StopSending));
    fake.lock().work.sending = Doing::Done(Arc::new(report()));
    harness.run_steps(4);
    assert!(
        has(&harness, "send.txt, 24 kB: the other side has the same")
            && has(&harness, "Way: by way of the server")
            && has(&harness, "Efficiency in theory: 0.800")
    );
    press(&mut harness, "Save the capture of what was sent (pcapng)");
    assert!(fake.lock().calls.contains(&Call::Pick(Pick::Lab(LabFile::SentCapture))));
    fake.lock().work.sending = Doing::Failed(Arc::new(LabError::Declined));
    harness.run_steps(4);
    assert!(has(&harness, "The other side does not want it."));
}

#[test]
fn what_is_offered_is_taken_where_one_says_or_not() {
    let fake = Fake::new();
    let mut harness = lab(&fake, Role::Student);
    press(&mut harness, "Real network");
    let settings = Settings::new(Protocol::SelectiveRepeat, 8);
    let offer = RunOffer { name: "send.txt".into(), bytes: 12_000, settings, payload: 512, loss_ppm: 200_000, ack_loss_ppm: 0 };
    let offered = |run, class_run| Offered { run: RunId(run), from: PersonId(3), offer: offer.clone(), class_run };
    fake.lock().state.labs.offers = vec![offered(5, false), offered(6, true)];
    harness.run_steps(4);
    assert!(has(&harness, "Ben would like to send you send.txt") && has(&harness, "20% of the data are lost on purpose"));
    assert_eq!(harness.query_all_by_role_and_label(Widget::Button, "Take it").count(), 1, "a partner's run of an exercise needs no asking");
    press(&mut harness, "No, thanks");
    assert_eq!(wishes(&fake).last(), Some(&LabWish::Ask(LabRequest::End { run: RunId(5) })));
    press(&mut harness, "Take it");
    assert!(fake.lock().calls.clone().contains(&Call::Pick(Pick::Lab(LabFile::Kept(RunId(5))))));
}

#[test]
fn who_watches_is_where_the_instructor_looks_until_he_or_she_would_rather_not() {
    let fake = Fake::new();
    let mut harness = lab(&fake, Role::Student);
    assert!(!has(&harness, "Show it to the class"), "a student shows nothing");
    let run = export::to_json(&Scenario { seed: 4, ..Scenario::example() }).unwrap();
    let show = |position_us| Show { by: PersonId(1), run: run.clone(), timeline: Timeline::paused_at(position_us) };
    fake.lock().state.labs.server_time = Some((Instant::now(), 1_000_000));
    fake.lock().state.labs.show = Some(Arc::new(show(50_000)));
    harness.run_steps(4);
    assert!(has(&harness, "shows this simulation to the class"));
    assert!(has(&harness, "until 50 ms"), "the counters are those of that moment");
    fake.lock().state.labs.show = Some(Arc::new(show(120_000)));
    harness.run_steps(4);
    assert!(has(&harness, "until 120 ms"));
    press(&mut harness, "Look on my own");
    fake.lock().state.labs.show = Some(Arc::new(show(10_000)));
    harness.run_steps(4);
    assert!(has(&harness, "until 120 ms") && has(&harness, "You look at something else."));
    press(&mut harness, "Watch with the class");
    assert!(has(&harness, "until 10 ms"));
    assert!(wishes(&fake).is_empty(), "who watches steers nothing");
}

#[test]
fn who_shows_a_simulation_takes_the_others_along() {
    let fake = Fake::new();
    let mut harness = lab(&fake, Role::Instructor);
    press(&mut harness, "Show it to the class");
    let shown = wishes(&fake).into_iter().find_map(|wish| if let LabWish::Ask(LabRequest::Show { run }) = wish { Some(run) } else { None });
    let run = shown.expect("it is shown");
    assert_eq!(export::from_json(&run).unwrap().seed, 15);
    let me = fake.lock().state.me.clone().unwrap().id;
    // One that a colleague has left behind is ended, or made way for.
    fake.lock().state.labs.show = Some(Arc::new(Show { by: PersonId(99), run: run.clone(), timeline: Timeline::paused_at(0) }));
    harness.run_steps(4);
    assert!(has(&harness, "Somebody shows this simulation to the class."));
    press(&mut harness, "End");
    assert_eq!(wishes(&fake).last(), Some(&LabWish::Ask(LabRequest::EndShow)));
    fake.lock().state.labs.show = None;
    fake.lock().calls.clear();
    harness.run_steps(4);
    press(&mut harness, "Show it to the class");
    fake.lock().state.labs.show = Some(Arc::new(Show { by: me, run, timeline: Timeline::paused_at(0) }));
    harness.run_steps(4);
    let steered = |fake: &Fake| {
        wishes(fake)
            .into_iter()
            .filter_map(
                |wish| if let LabWish::Ask(LabRequest::Steer { position_us, rate_permille }) = wish { Some((position_us, rate_permille)) } else { None },
            )
            .collect::<Vec<_>>()
    };
    assert_eq!(steered(&fake).len(), 1, "once it is there: {:?}", steered(&fake));
    std::thread::sleep(Duration::from_millis(200));
    press(&mut harness, "To the beginning");
    assert_eq!(steered(&fake).last(), Some(&(0, 0)));
    std::thread::sleep(Duration::from_millis(200));
    press(&mut harness, "Play");
    assert!(steered(&fake).last().is_some_and(|(_, rate)| *rate > 0), "{:?}", steered(&fake));
    // What is done to the run is seen by all, too.
    std::thread::sleep(Duration::from_millis(550));
    press(&mut harness, "Go-back-N");
    let shown = wishes(&fake).into_iter().filter_map(|wish| if let LabWish::Ask(LabRequest::Show { run }) = wish { Some(run) } else { None });
    let shown: Vec<_> = shown.map(|run| export::from_json(&run).unwrap().arq.protocol).collect();
    assert_eq!(shown, [Protocol::SelectiveRepeat, Protocol::GoBackN]);
    press(&mut harness, "End");
    assert_eq!(wishes(&fake).last(), Some(&LabWish::Ask(LabRequest::EndShow)));
}
