//! A class run by label, role and key: what a student predicts and reads, what staff write, hand out and watch.

#![allow(clippy::unwrap_used)]

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::ui::labs::class_run::{ClassRunAction, ClassRunView, Model, Run, Told};
use lectern::ui::strings::{Language, Strings};
use lectern::ui::tokens;
use lectern_proto::control::PersonId;
use lectern_proto::lab::class_run::{Amount, ClassRun, Exercise, Measured, Partner, Path, Witness};

struct Tab {
    view: ClassRunView,
    model: Model,
    strings: Strings,
    out: Vec<ClassRunAction>,
}

type Seat = Harness<'static, Tab>;

fn tab(model: Model, language: Language) -> Seat {
    let tab = Tab { view: ClassRunView::default(), model, strings: Strings::new(language), out: Vec::new() };
    let show = |ui: &mut egui::Ui, tab: &mut Tab| tab.view.ui(ui, &tab.model, &tab.strings, &mut tab.out);
    let builder = Harness::builder().allow_missing_glyphs().with_size([1180.0, 700.0]).with_max_steps(40).with_context_setup(tokens::install);
    let mut harness = builder.build_ui_state(show, tab);
    harness.run_ok();
    harness
}

fn click(harness: &mut Seat, label: &str) {
    harness.get_by_role_and_label(Role::Button, label).click_accesskit();
    harness.run_ok();
}

fn shows(harness: &Seat, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

/// What was wanted since the last look.
fn take(harness: &mut Seat) -> Vec<ClassRunAction> {
    std::mem::take(&mut harness.state_mut().out)
}

fn type_into(harness: &mut Seat, role: Role, label: &str, text: &str) {
    let field = |harness: &Seat| harness.get_by(|n| n.role() == role && n.label().as_deref() == Some(label)).accesskit_node().id();
    field(harness);
    harness.get_by(|n| n.role() == role && n.label().as_deref() == Some(label)).focus();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.key_press(Key::Backspace);
    harness.run_ok();
    harness.get_by(|n| n.role() == role && n.label().as_deref() == Some(label)).type_text(text);
    harness.run_ok();
}

const ANA: PersonId = PersonId(1);
const BEN: PersonId = PersonId(2);

fn exercise(nth: usize) -> Exercise {
    Exercise::parse(Exercise::EXAMPLES[nth].1).unwrap()
}

/// Ana and Ben, who send to each other by selective repeat.
fn class() -> ClassRun {
    ClassRun::new(7, exercise(1), [(ANA, "Ana".into()), (BEN, "Ben".into())], 1)
}

fn model(class: &ClassRun, me: Option<PersonId>) -> Model {
    let run = Run {
        id: class.id(),
        exercise: class.exercise().clone(),
        seats: class.seats().cloned().collect(),
        me,
        partner: me.map(|_| "Ben".into()),
        progress: None,
        is_over: false,
        is_waiting: false,
    };
    Model { is_staff: me.is_none(), run: Some(run), told: None }
}

/// Ana is done, with 12 more packets than were needed, and Ben saw what came.
fn done(class: &mut ClassRun, packets: u64) {
    class.predict(ANA, Amount::whole(66)).unwrap();
    class.begin(ANA).unwrap();
    let measured = Measured { packets, retransmissions: packets - 60, acks: 66, bytes: 30_720, payload: 512, time_us: 480_000, lost: packets - 61 };
    class.finish(ANA, measured, Path::Direct);
    class.witness(Partner::Person(BEN), ANA, Witness { packets: 61, duplicates: 1, damaged: 0, same: true });
}

#[test]
fn a_student_reads_predicts_and_runs() {
    let mut harness = tab(model(&class(), Some(ANA)), Language::English);
    assert!(shows(&harness, "Selective repeat on a bad line") && shows(&harness, "How many packets will you send in all, repeats counted?"));
    assert!(shows(&harness, "You send to Ben.") && shows(&harness, "10 %") && shows(&harness, "adaptive"));
    click(&mut harness, "Predict and run");
    assert_eq!(take(&mut harness), [], "nothing was predicted");
    type_into(&mut harness, Role::TextInput, "Packets sent", "1,000");
    assert!(shows(&harness, "Write a number, as 12 or 0.5."));
    click(&mut harness, "Predict and run");
    assert_eq!(take(&mut harness), []);
    type_into(&mut harness, Role::TextInput, "Packets sent", "66,5");
    click(&mut harness, "Predict and run");
    assert_eq!(take(&mut harness), [ClassRunAction::PredictAndRun { run: 7, prediction: Amount(66_500_000) }]);
}

#[test]
fn what_a_student_can_do_follows_from_the_stage() {
    let mut class = class();
    class.predict(ANA, Amount::whole(66)).unwrap();
    let mut harness = tab(model(&class, Some(ANA)), Language::English);
    assert!(shows(&harness, "You predicted 66.") && !shows(&harness, "Predict and run"));
    click(&mut harness, "Run");
    assert_eq!(take(&mut harness), [ClassRunAction::Run { run: 7 }]);

    class.begin(ANA).unwrap();
    harness.state_mut().model = model(&class, Some(ANA));
    harness.state_mut().model.run.as_mut().unwrap().progress = Some(0.4);
    harness.step();
    harness.step();
    assert_eq!(harness.get_by_role(Role::ProgressIndicator).accesskit_node().numeric_value(), Some(40.0));

    class.fail(ANA, "Ben did not answer".into());
    harness.state_mut().model = model(&class, Some(ANA));
    harness.run_ok();
    assert!(shows(&harness, "Your run failed: Ben did not answer"));
    click(&mut harness, "Try again");
    assert_eq!(take(&mut harness), [ClassRunAction::Run { run: 7 }]);

    harness.state_mut().model.run.as_mut().unwrap().is_over = true;
    harness.run_ok();
    assert!(shows(&harness, "This class run has ended.") && !shows(&harness, "Try again"));

    harness.state_mut().model = model(&class, Some(PersonId(9)));
    harness.run_ok();
    assert!(shows(&harness, "You have no part in this class run."));
    harness.state_mut().model = Model::default();
    harness.run_ok();
    assert!(shows(&harness, "No exercise is handed out"));
}

#[test]
fn results_stand_beside_prediction_expectation_and_theory() {
    let mut class = class();
    done(&mut class, 68);
    let mut harness = tab(model(&class, Some(ANA)), Language::English);
    assert!(shows(&harness, "Packets sent: 68") && shows(&harness, "Packets sent is as expected") && shows(&harness, "66.667"));
    assert!(shows(&harness, "Efficiency: 0.882") && shows(&harness, "Efficiency is as expected"));
    let witness =
        "Ben received 61 packets, 1 of them not for the first time, and 0 damaged ones. What arrived is what was sent. That agrees with what you measured.";
    assert!(shows(&harness, witness));
    class.reset(ANA);
    class.begin(ANA).unwrap();
    let most = Measured { packets: 120, retransmissions: 60, acks: 66, bytes: 30_720, payload: 512, time_us: 1, lost: 0 };
    class.finish(ANA, most, Path::Direct);
    harness.state_mut().model = model(&class, Some(ANA));
    harness.run_ok();
    assert!(shows(&harness, "Packets sent is not as expected") && shows(&harness, "Efficiency is not as expected"));
    assert!(shows(&harness, "Ben has not said what arrived. Whether that fits is not known yet."));
}

#[test]
fn staff_write_and_hand_out() {
    let mut harness = tab(Model { is_staff: true, ..Model::default() }, Language::English);
    click(&mut harness, "Hand out to everybody");
    assert_eq!(take(&mut harness), [ClassRunAction::HandOut(Exercise::EXAMPLES[1].1.to_owned())]);
    click(&mut harness, "Examples");
    harness.get_by_label("A window that is too large").click_accesskit();
    harness.run_ok();
    click(&mut harness, "Hand out to everybody");
    assert_eq!(take(&mut harness), [ClassRunAction::HandOut(Exercise::EXAMPLES[2].1.to_owned())]);
    let text = Exercise::EXAMPLES[1].1.replace("window = 8", "window = 0").replace("about = packets", "about = luck");
    harness.state_mut().view.open(text.clone());
    harness.run_ok();
    assert!(shows(&harness, "2 things are not right.") && shows(&harness, "Line 10 [run] window") && shows(&harness, "Line 20 [question] about"));
    assert!(shows(&harness, "`0` is not such a number; a whole number from 1 to 65536 is allowed"));
    click(&mut harness, "Hand out to everybody");
    assert_eq!(take(&mut harness), [], "it cannot be read");
    click(&mut harness, "Save");
    click(&mut harness, "Open a file");
    assert_eq!(take(&mut harness), [ClassRunAction::SaveExercise(text), ClassRunAction::OpenFile]);
    type_into(&mut harness, Role::MultilineTextInput, "Text of the exercise", "window = 8");
    assert!(shows(&harness, "Line 1 window"));
}

#[test]
fn staff_see_everybody_and_end_it() {
    let mut class = class();
    done(&mut class, 68);
    class.predict(BEN, Amount::whole(70)).unwrap();
    let mut harness = tab(model(&class, None), Language::English);
    assert!(shows(&harness, "1 of 2 done") && shows(&harness, "1 predicted") && shows(&harness, "Predicted and measured, 1 points"));
    assert!(shows(&harness, "Ana, Ben, direct, predicted 66, Packets sent 68, Efficiency 0.882, agrees"));
    assert!(shows(&harness, "Ben, Ana, predicted, predicted 70"));
    click(&mut harness, "Save as CSV");
    click(&mut harness, "Save as JSON");
    click(&mut harness, "Let Ana run again");
    let wanted = [ClassRunAction::SaveCsv { run: 7 }, ClassRunAction::SaveJson { run: 7 }, ClassRunAction::Reset { run: 7, person: ANA }];
    assert_eq!(take(&mut harness), wanted);
    click(&mut harness, "End");
    click(&mut harness, "Go on");
    assert!(!shows(&harness, "End it"));
    click(&mut harness, "End");
    click(&mut harness, "End it");
    assert_eq!(take(&mut harness), [ClassRunAction::End { run: 7 }]);
    let state = harness.state_mut();
    state.model.run.as_mut().unwrap().is_over = true;
    state.model.told = Some((Told::Refused, "The file cannot be written.".into()));
    harness.run_ok();
    assert!(shows(&harness, "This class run has ended.") && shows(&harness, "The file cannot be written.") && !shows(&harness, "Let Ana run again"));
    click(&mut harness, "New exercise");
    assert!(shows(&harness, "Text of the exercise") && !shows(&harness, "1 of 2 done"));
    // The next one is shown.
    harness.state_mut().model = model(&ClassRun::new(8, exercise(0), [(ANA, "Ana".into())], 1), None);
    harness.run_ok();
    assert!(shows(&harness, "0 of 1 done") && shows(&harness, "A point for everybody who is done will stand here."));
}

#[test]
fn what_is_far_off_is_told() {
    let mut class = class();
    done(&mut class, 200);
    class.predict(BEN, Amount(i64::MAX)).unwrap();
    class.begin(BEN).unwrap();
    class.finish(BEN, Measured { packets: u64::MAX, time_us: 1, bytes: u64::MAX, ..Measured::default() }, Path::Relayed);
    let harness = tab(model(&class, None), Language::English);
    assert!(shows(&harness, "Ana, Ben, direct, predicted 66, Packets sent 200, not as expected, Efficiency 0.3, not as expected, agrees"));
    assert!(shows(&harness, "Predicted and measured, 2 points"));
}

#[test]
fn of_a_full_room_only_the_rows_in_sight_are_drawn() {
    let people = (0..1_000).map(|n| (PersonId(n), format!("Student {n:04}")));
    let harness = tab(model(&ClassRun::new(7, exercise(1), people, 1), None), Language::English);
    let rows = harness.get_all_by_role(Role::Row).count();
    assert!((5..40).contains(&rows), "{rows} rows");
    assert!(shows(&harness, "0 of 1000 done"));
}

#[test]
fn in_german_and_in_a_small_window() {
    let mut class = class();
    done(&mut class, 68);
    for (model, word) in [
        (model(&class, Some(ANA)), "Gesendete Pakete: 68"),
        (model(&class, None), "1 von 2 fertig"),
        (Model { is_staff: true, ..Model::default() }, "An alle austeilen"),
    ] {
        let mut harness = tab(model, Language::German);
        for size in [[1180.0, 700.0], [600.0, 420.0], [380.0, 300.0]] {
            harness.set_size(size.into());
            harness.run_ok();
            assert!(shows(&harness, word), "{word} at {size:?}");
        }
    }
}
