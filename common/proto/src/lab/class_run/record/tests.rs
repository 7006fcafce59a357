//! Records as JSON and as a table, and what is noticed when one was changed.

use super::super::amount::Amount;
use super::super::seat::{Partner, Path, Witness};
use super::super::state::ClassRun;
use super::*;

/// A class of three in which one has run, one failed, and one predicted, by the second example or the first.
fn run(example: usize) -> ClassRun {
    let exercise = Exercise::parse(Exercise::EXAMPLES[example].1).expect("an example");
    let names = ["Ana \"A\", =B", "=HYPERLINK(1)", "Ренé"];
    let mut run = ClassRun::new(1, exercise, (1..).map(PersonId).zip(names.map(Into::into)), 5);
    for person in [1, 2, 3].map(PersonId) {
        run.predict(person, Amount(700_000)).expect("a prediction");
        run.begin(person).expect("a run");
    }
    let seat = run.seat(PersonId(1)).expect("a seat").clone();
    let measured = run.exercise().simulate(seat.seed);
    run.finish(PersonId(1), measured, Path::Direct);
    run.witness(seat.partner, PersonId(1), Witness { packets: run.exercise().packets(), duplicates: 0, damaged: 0, same: true });
    run.fail(PersonId(2), "@cmd, and \"more\"".into());
    run
}

#[test]
fn what_was_saved_is_loaded_and_reproduces() {
    for example in 0..Exercise::EXAMPLES.len() {
        let mut run = run(example);
        for (person, seed) in run.unverified() {
            let replay = run.exercise().replay(seed);
            run.verify(person, &replay);
        }
        let record = Record::new(run.exercise(), run.seats(), "lectern 0.1.0", 1_795_244_400);
        let json = record.to_json().expect("JSON");
        let loaded = Record::from_json(&json).expect("the same");
        assert_eq!(loaded, record);
        assert_eq!(loaded.check().expect("an exercise"), [], "{example}");
        assert_eq!(loaded.seats[0].seat.verified, Verified::Agrees, "{example}");
        assert_eq!(loaded.seats[0].judged.len(), run.exercise().expect.len());
        assert!(json.contains("\"version\": \"lectern-class-run-1\"") && json.contains("\"prediction\": \"0.7\""), "{json}");
    }
}

#[test]
fn what_was_changed_is_noticed() {
    for example in [0, 1] {
        let record = Record::new(run(example).exercise(), run(example).seats(), "lectern", 0);
        let changed = |change: fn(&mut Record)| {
            let mut record = record.clone();
            change(&mut record);
            record.check().expect("an exercise").into_iter().map(|u| (u.person.0, u.why)).collect::<Vec<_>>()
        };
        let measured = record.seats[0].seat.measured.expect("a result");
        let why = if example == 0 { Mismatch::Measured(measured) } else { Mismatch::Verified };
        assert!(changed(|r| r.seats[0].seat.measured.iter_mut().for_each(|m| m.retransmissions += 1)).contains(&(1, why)));
        assert_eq!(changed(|r| r.seats[2].seat.seed += 1).len(), 1);
        assert!(matches!(changed(|r| r.seats[2].seat.name.push('x'))[..], [(3, Mismatch::Seed(_))]));
        assert_eq!(changed(|r| r.seats[0].judged[0].inside ^= true), [(1, Mismatch::Judged)]);
        assert_eq!(changed(|r| r.seats[1].seat.verified = Verified::Agrees), [(2, Mismatch::Verified)]);
    }
}

#[test]
fn another_file_is_refused() {
    let record = Record::new(run(0).exercise(), run(0).seats(), "lectern", 0);
    let json = record.to_json().expect("JSON");
    for bad in ["", "{}", "[]", "null", &json[..json.len() / 2]] {
        assert!(matches!(Record::from_json(bad), Err(RecordError::Form(_))), "{bad}");
    }
    let of = |change: fn(&mut Record)| {
        let mut record = record.clone();
        change(&mut record);
        Record::from_json(&record.to_json().expect("JSON")).expect_err("no record").to_string()
    };
    assert!(of(|r| r.version = "lectern-class-run-9".into()).contains("“lectern-class-run-9”"));
    assert!(of(|r| r.exercise = "x".into()).contains("exercise:1: `x` is neither"));
    assert!(of(|r| r.seats = vec![r.seats[0].clone(); ROOM_PEOPLE_MAX + 1]).contains("1001 students"));
}

/// Cells of a table by RFC 4180.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                chars.next();
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "{csv}");
    rows
}

#[test]
fn the_table_is_one_for_spreadsheets() {
    let record = Record::new(run(1).exercise(), run(1).seats(), "lectern", 0);
    let table = cells(&record.to_csv().expect("a table"));
    assert!(table.len() == 4 && table.iter().all(|row| row.len() == table[0].len()), "{table:?}");
    let of = |row: usize, head: &str| table[row][table[0].iter().position(|h| h == head).unwrap_or_else(|| panic!("no {head}"))].as_str();
    assert_eq!((of(1, "name"), of(2, "name"), of(3, "name")), ("Ana \"A\", =B", "'=HYPERLINK(1)", "Ренé"));
    assert_eq!((of(2, "stage"), of(2, "reason"), of(2, "packets"), of(2, "verified")), ("failed", "'@cmd, and \"more\"", "", "no"));
    assert_eq!((of(1, "stage"), of(1, "predicted_packets"), of(1, "expected_packets"), of(1, "verified")), ("done", "0.7", "60..80", "agrees"));
    let measured = record.seats[0].seat.measured.expect("a result");
    assert_eq!(
        (of(1, "packets"), of(1, "efficiency")),
        (measured.packets.to_string().as_str(), measured.get(super::super::Quantity::Efficiency).to_string().as_str())
    );
    assert_eq!((of(1, "inside_packets"), of(1, "received"), of(1, "received_same")), ("yes", "60", "yes"));
    let partners: Vec<_> = (1..4).map(|row| of(row, "partner").to_owned()).collect();
    let servers = record.seats.iter().filter(|row| row.seat.partner == Partner::Server).count();
    assert_eq!((partners.iter().filter(|p| *p == "server").count(), servers), (1, 1));
    assert!(partners.iter().all(|p| !p.starts_with(['=', '+', '-', '@'])), "{partners:?}");
}
