//! Exercises as text, their errors, their seeds, and what simulated runs of them give.

use proptest::prelude::*;

use super::*;
use crate::limits::{EXERCISE_FILE_MAX, EXERCISE_TEXT_MAX};

const SHORT: &str = "[exercise]\ntitle = T\n[run]\nprotocol = sr\nwindow = 8\nbytes = 5120\n[question]\nask = Q?\nabout = packets\n";

fn short() -> Exercise {
    Exercise::parse(SHORT).expect("an exercise")
}

#[test]
fn what_is_not_written_has_its_default() {
    let exercise = short();
    let want = Exercise {
        title: "T".into(),
        text: Vec::new(),
        kind: Kind::Network,
        protocol: Protocol::SelectiveRepeat,
        window: 8,
        space: Space::WIDEST,
        unsafe_window: false,
        packet: 512,
        bytes: 5_120,
        loss: Amount::ZERO,
        ack_loss: Amount::ZERO,
        corrupt: Amount::ZERO,
        duplicate: Amount::ZERO,
        timeout: Timeout::ADAPTIVE,
        overtaken: Some(3),
        delay: Duration::ZERO,
        rate_kbps: 0,
        seed: 1,
        ask: "Q?".into(),
        about: Quantity::Packets,
        expect: BTreeMap::new(),
    };
    assert_eq!(exercise, want);
    assert_eq!(exercise.settings(), Settings::new(Protocol::SelectiveRepeat, 8));
    let simple = Exercise::parse(&SHORT.replace("sr\nwindow = 8", "sw")).expect("stop-and-wait needs no window");
    assert_eq!((simple.window, simple.packets()), (1, 10));
}

#[test]
fn everything_that_may_be_written_is_read() {
    let text = "\u{feff}# by hand\r\n; and so\r\n[exercise] # first\r\n title=Lost = found ; really\r\ntext = One.\r\ntext = # Two.\r\nkind = simulation ; or network\r\n\
        [run]\nprotocol = gbn\nwindow = 3 # of 3\nsequence_bits = 2\npacket = 100\nbytes = 1000\nloss = 0.1\nack_loss = 0.05\ncorrupt = 0.000001\nduplicate = 1\n\
        timeout_ms = 54.051\novertaken = 0\ndelay_ms = 0.5\nrate_kbps = 341\nseed = 999999999999999\n[question]\nask = How?\nabout = goodput_mbps\n\
        [expect]\nefficiency = 0.7..1\ntime_s = ..2.5\npackets = 10..\n";
    let exercise = Exercise::parse(text).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!((exercise.title.as_str(), exercise.text.join("|").as_str()), ("Lost = found ; really", "One.|# Two."));
    assert_eq!(exercise.timeout, Timeout::Fixed(Duration::from_micros(54_051)));
    assert_eq!((exercise.overtaken, exercise.delay, exercise.corrupt.0), (None, Duration::from_micros(500), 1));
    assert_eq!(exercise.expect.iter().map(|(q, r)| format!("{q} {r}")).collect::<Vec<_>>(), ["packets 10..", "time_s ..2.5", "efficiency 0.7..1"]);
    let scenario = exercise.scenario(5);
    assert_eq!((scenario.data.loss, scenario.acks.loss, scenario.acks.damage, scenario.data.rate_bps), (0.1, 0.05, 1e-6, 341_000));
    assert_eq!(Exercise::parse(&exercise.write()).as_ref(), Ok(&exercise));
}

#[test]
fn errors_name_line_section_key_and_what_is_allowed() {
    let check = |from: &str, to: &str, want: &str| {
        let text = SHORT.replace(from, to);
        let told = Exercise::parse(&text).expect_err(to).to_string();
        assert_eq!(told, want, "{text}");
    };
    check("window = 8", "window = 0", "exercise:5: [run] window: `0` is not such a number; a whole number from 1 to 65536 is allowed");
    check("window = 8", "window = 8\nwindow = 9", "exercise:6: [run] window: the key stands twice, first in line 5; keep one of them");
    check("window = 8", "# window", "exercise:3: [run] window: the key is missing; write how many packets may be on their way");
    check(
        "window = 8",
        "window = 3\nsequence_bits = 2",
        "exercise:5: [run] window: a window of 3 is too large for selective repeat with 2-bit sequence numbers; at most 2 is allowed; unsafe_window = yes \
         shows what a larger one breaks",
    );
    check(
        "window = 8",
        "window = 60000\npacket = 60000",
        "exercise:5: [run] window: a window of 60000 packets is too large for a class run over the network; at most 4096 are allowed\n\
         exercise:6: [run] packet: packets of 60000 bytes are too large for a class run over the network; at most 1400 bytes are allowed",
    );
    check(
        "protocol = sr",
        "protocol = tcp",
        "exercise:4: [run] protocol: `tcp` is not a protocol; write sw (stop-and-wait), gbn (go-back-N) or sr (selective repeat)",
    );
    check("title = T", "title = T\nkind = radio", "exercise:3: [exercise] kind: `radio` is not a kind; write network or simulation");
    check("bytes = 5120", "bytes = 10000001", "exercise:6: [run] bytes: `10000001` is not such a number; a whole number from 1 to 10000000 is allowed");
    check(
        "bytes = 5120",
        "bytes = 50001\npacket = 1",
        "exercise:6: [run] bytes: 50001 packets of 1 bytes would be sent; at most 50000 packets are allowed; send less, or in larger packets",
    );
    check("bytes = 5120", "bytes = 5120\nloss = 1.5", "exercise:7: [run] loss: `1.5` is not a probability; a number from 0 to 1 is allowed, for example 0.1");
    check(
        "bytes = 5120",
        "bytes = 5120\nloss = 10 %",
        "exercise:7: [run] loss: `10 %`: it is not a number; write digits, and a point before decimals, for example 0.25",
    );
    check(
        "bytes = 5120",
        "bytes = 5120\ntimeout_ms = soon",
        "exercise:7: [run] timeout_ms: `soon`: it is not a number; write digits, and a point before decimals, for example 0.25, or adaptive, or rfc6298",
    );
    check(
        "bytes = 5120",
        "bytes = 5120\ntimeout_ms = 0.5",
        "exercise:7: [run] timeout_ms: `0.5` is not such a time; milliseconds from 1 to 60000 are allowed, with at most three decimals, or adaptive, or rfc6298",
    );
    check("bytes = 5120", "bytes = 5120\ndelay_ms = 5", "exercise:7: [run] delay_ms: a real network has its own; remove the line, or write kind = simulation");
    check("bytes = 5120", "bytes = 5120\nunsafe_window = maybe", "exercise:7: [run] unsafe_window: `maybe` is not an answer; write yes or no");
    check(
        "about = packets",
        "about = pakets",
        "exercise:9: [question] about: `pakets`: there is no such quantity; there are packets, retransmissions, acks, time_s, goodput_mbps, efficiency",
    );
    check("ask = Q?\n", "ask =\n", "exercise:8: [question] ask: there is no value; write one, or put # in front of the line");
    check("ask = Q?", "ask = Q?\nwhy = x", "exercise:9: [question] why: there is no such key; [question] has ask, about");
    check(
        "[question]",
        "[question",
        "exercise:7: `[question` is not a section; write [name]\nexercise:9: [question] ask: the key is missing; write one line of text\nexercise:9: [question] about: the key is missing; write a quantity, for example packets",
    );
    check("title = T", "title = \u{200b}", "exercise:2: [exercise] title: nothing of the text can be shown; write some words");
    check("title = T", "title = a\u{7}b", "exercise:2: [exercise] title: the value holds a control character; remove it");
    check("[exercise]", "lost\n[exercise]", "exercise:1: `lost` is neither a section, nor a key, nor a comment; write key = value, [section] or # comment");
    check("[exercise]", "x = 1\n[exercise]", "exercise:1: x: the key stands before the first section; put it below its [section]");
    let expect = |line: &str| Exercise::parse(&format!("{SHORT}[expect]\n{line}\n")).expect_err(line).to_string();
    assert_eq!(expect("packets = 60"), "exercise:11: [expect] packets: `60`: it is not a range; write 60..80, 60.. or ..80");
    assert_eq!(expect("packets = 80..60"), "exercise:11: [expect] packets: `80..60`: it begins above its end; write 60..80");
    assert_eq!(
        expect("loss = 0..1"),
        "exercise:11: [expect] loss: there is no such key; [expect] has packets, retransmissions, acks, time_s, goodput_mbps, efficiency"
    );
    let unknown = Exercise::parse(&format!("{SHORT}[grades]\na = 1\nb = 2\n")).expect_err("no such section").to_string();
    assert_eq!(unknown, "exercise:10: [grades]: there is no such section; there are [exercise], [run], [question], [expect]");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let told = Exercise::parse("[run]\nloss = 2\nack_loss = 3\nsize = 1\n[exercise]\n").expect_err("nothing is right");
    let lines: Vec<_> = told.faults().iter().map(|fault| (fault.line, fault.key.as_deref().unwrap_or_default())).collect();
    assert_eq!(lines, [(1, "protocol"), (1, "window"), (1, "bytes"), (2, "loss"), (3, "ack_loss"), (4, "size"), (5, "title"), (5, "ask"), (5, "about")]);
    let endless = Exercise::parse(&"x\n".repeat(8_000)).expect_err("no key at all");
    assert_eq!(endless.faults().len(), 50);
}

#[test]
fn lengths_are_bounded() {
    let with = |more: &str| Exercise::parse(&SHORT.replace("title = T", more)).map_err(|why| why.to_string());
    assert!(with(&format!("title = {}", "x".repeat(121))).is_err_and(|why| why.contains("121 bytes; at most 120")));
    assert!(with(&format!("title = T\ntext = {}", "x".repeat(EXERCISE_TEXT_MAX))).is_ok());
    assert!(with(&format!("title = T\ntext = {}\ntext = y", "x".repeat(EXERCISE_TEXT_MAX))).is_err_and(|why| why.contains("exercise:4: [exercise] text")));
    assert!(with(&format!("title = T{}", "\ntext = y".repeat(41))).is_err_and(|why| why.contains("too many paragraphs")));
    assert!(Exercise::parse(&" ".repeat(EXERCISE_FILE_MAX + 1)).is_err_and(|why| why.to_string().contains("16385 bytes")));
    // The longest that can be read can be written and read again.
    let full = format!("title = {}\n{}ask = {}", "t".repeat(120), format!("text = {}\n", "x".repeat(300)).repeat(40), "q".repeat(500));
    let longest = SHORT.replace("title = T", full.split("ask").next().expect("a part").trim_end()).replace("ask = Q?", &format!("ask = {}", "q".repeat(500)));
    let all: String = Quantity::ALL.map(|q| format!("{q} = -1000000000000..1000000000000\n")).concat();
    let exercise = Exercise::parse(&format!("{longest}[expect]\n{all}")).expect("all at its limit");
    assert_eq!(Exercise::parse(&exercise.write()), Ok(exercise));
}

#[test]
fn a_seed_is_computed_by_hand() {
    // printf %s 1:Ana | sha256sum | cut -c 1-12, and so on.
    assert_eq!(short().seed_for("Ana"), 0xf448_7fb2_a863);
    assert_eq!(Exercise { seed: 7, ..short() }.seed_for("Ренé"), 0xf93d_f328_48b6);
    assert_ne!(short().seed_for("Ana"), short().seed_for("ana"));
}

#[test]
fn what_is_sent_follows_from_the_seed() {
    let exercise = Exercise { bytes: 21, ..short() };
    let (one, other) = (exercise.payload(1), exercise.payload(2));
    assert_eq!((one.len(), &one, one == other), (21, &exercise.payload(1), false));
    assert_eq!(one[..8], Random::seeded(1).next_u64().to_le_bytes());
}

#[test]
fn examples_can_be_run_and_almost_all_students_are_inside() {
    for (name, text) in Exercise::EXAMPLES {
        let exercise = Exercise::parse(text).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(name.ends_with(".txt") && !exercise.text.is_empty() && !exercise.expect.is_empty());
        let runs: Vec<_> = (0..200).map(|n| exercise.replay(exercise.seed_for(&format!("Student {n}")))).collect();
        // Where a wrong packet was taken, fewer than all may come.
        assert!(runs.iter().all(|run| run.complete || exercise.unsafe_window), "{name}");
        for (quantity, range) in &exercise.expect {
            let inside = runs.iter().filter(|run| range.contains(run.measured.get(*quantity))).count();
            assert!(inside >= 190, "{name}: {quantity} in {range} of {inside} of 200, at {:?}", runs[0].measured.get(*quantity));
        }
        let theory = exercise.theory(exercise.about).expect("an answer of the books");
        let wrong = runs.iter().filter(|run| !run.witness.same).count();
        match exercise.unsafe_window {
            true => assert!((40..160).contains(&wrong), "{name}: it breaks for {wrong} of 200"),
            false => {
                let mean = runs.iter().map(|run| run.measured.get(exercise.about).to_f64()).sum::<f64>() / 200.0;
                assert_eq!(wrong, 0, "{name}");
                assert!((mean / theory.to_f64() - 1.0).abs() < 0.1, "{name}: {mean} for {theory}");
            }
        }
    }
}

#[test]
fn a_run_that_never_ends_is_cut() {
    let dead = Exercise { loss: Amount::ONE, kind: Kind::Simulation, timeout: Timeout::Fixed(Duration::from_millis(1)), ..short() };
    let run = dead.replay(1);
    assert!(!run.complete && !run.witness.same && run.measured.bytes == 0 && run.measured.packets > 1_000);
    assert_eq!(dead.theory(Quantity::Packets), None);
}

#[test]
fn judging_looks_at_what_is_expected() {
    let exercise = Exercise::parse(&format!("{SHORT}[expect]\nefficiency = 0.7..1\npackets = 10..12\n")).expect("an exercise");
    let judged = |packets| {
        let measured = Measured { packets, bytes: 5_120, payload: 512, ..Measured::default() };
        exercise.judge(&measured).iter().map(|j| (j.quantity.name(), j.amount.to_string(), j.inside)).collect::<Vec<_>>()
    };
    assert_eq!(judged(12), [("packets", "12".to_owned(), true), ("efficiency", "0.833333".to_owned(), true)]);
    assert_eq!(judged(20), [("packets", "20".to_owned(), false), ("efficiency", "0.5".to_owned(), false)]);
}

#[test]
fn theory_is_that_of_the_books() {
    let lossy = Exercise { loss: Amount(200_000), ack_loss: Amount(500_000), ..short() };
    let of = |protocol, window| {
        let exercise = Exercise { protocol, window, ..lossy.clone() };
        [Quantity::Packets, Quantity::Retransmissions, Quantity::Efficiency].map(|q| exercise.theory(q).expect("an answer").to_string())
    };
    assert_eq!(of(Protocol::StopAndWait, 1), ["25", "15", "0.4"]);
    assert_eq!(of(Protocol::GoBackN, 4), ["20", "10", "0.5"]);
    assert_eq!(of(Protocol::SelectiveRepeat, 4), ["12.5", "2.5", "0.8"]);
    assert_eq!(lossy.theory(Quantity::Time), None);
}

/// Words in which keys, comments and sections might be seen.
fn sentence() -> impl Strategy<Value = String> {
    "[a-zé=;#\\[\\] ]{0,20}[a-zé=;#\\[\\]]"
        .prop_map(|text| crate::text::line(&text).trim().to_owned())
        .prop_filter("something is left", |text| !text.is_empty())
}

fn ranges() -> impl Strategy<Value = BTreeMap<Quantity, Range>> {
    let range = (any::<i32>(), any::<i32>(), 0..3)
        .prop_map(|(a, b, open)| Range { least: (open != 1).then_some(Amount(a.min(b).into())), most: (open != 2).then_some(Amount(a.max(b).into())) });
    proptest::collection::btree_map(proptest::sample::select(Quantity::ALL.to_vec()), range, 0..6)
}

fn exercises() -> impl Strategy<Value = Exercise> {
    let words = (sentence(), proptest::collection::vec(sentence(), 0..4), sentence(), proptest::sample::select(Quantity::ALL.to_vec()), ranges());
    let arq = (proptest::sample::select(Protocol::ALL.to_vec()), 1..64_u32, 7..=32_u8, any::<bool>(), 0..5_u32, 0..4_u64, 1_000..60_000_000_u64);
    let line = (proptest::array::uniform4(0..=1_000_000_i64), any::<bool>(), 0..10_000_000_u64, 0..1_000_000_u32);
    (words, arq, line, 1..=1_400_u16, 1..=50_000_u64, 0..=super::parse::SEED_MAX).prop_map(|(words, arq, line, packet, bytes, seed)| {
        let (title, text, ask, about, expect) = words;
        let (protocol, window, bits, unsafe_window, overtaken, timeout, micros) = arq;
        let ([loss, ack_loss, corrupt, duplicate], is_simulated, delay, rate_kbps) = line;
        Exercise {
            title,
            text,
            kind: if is_simulated { Kind::Simulation } else { Kind::Network },
            protocol,
            window: if protocol == Protocol::StopAndWait { 1 } else { window },
            space: Space::new(bits).expect("7 to 32"),
            unsafe_window,
            packet,
            bytes,
            loss: Amount(loss),
            ack_loss: Amount(ack_loss),
            corrupt: Amount(corrupt),
            duplicate: Amount(duplicate),
            timeout: [Timeout::ADAPTIVE, Timeout::RFC_6298].get(timeout as usize).copied().unwrap_or(Timeout::Fixed(Duration::from_micros(micros))),
            overtaken: Some(overtaken).filter(|n| *n > 0),
            delay: if is_simulated { Duration::from_micros(delay) } else { Duration::ZERO },
            rate_kbps: if is_simulated { rate_kbps } else { 0 },
            seed,
            ask,
            about,
            expect,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(exercise in exercises()) {
        let text = exercise.write();
        prop_assert_eq!(Exercise::parse(&text), Ok(exercise), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(\\[(exercise|run|question|expect|.{0,3})\\]|[a-z_]{0,6} ?= ?.{0,9}|.{0,20}|\n){0,20}") {
        if let Err(why) = Exercise::parse(&text) {
            let last = text.lines().count().max(1) as u32;
            prop_assert!(!why.faults().is_empty() && why.faults().iter().all(|fault| (1..=last).contains(&fault.line)));
        }
    }

    #[test]
    fn a_changed_line_is_read_or_refused(at in 0..30_usize, value in "[0-9a-z.\\-]{0,12}") {
        let text = Exercise::parse(Exercise::EXAMPLES[0].1).expect("an example").write();
        let changed: Vec<String> = text.lines().enumerate().map(|(n, line)| match line.split_once(" = ").filter(|_| n == at) {
            Some((key, _)) => format!("{key} = {value}"),
            None => line.to_owned(),
        }).collect();
        if let Ok(exercise) = Exercise::parse(&changed.join("\n")) {
            prop_assert!(exercise.scenario(1).check().is_ok());
            prop_assert_eq!(Exercise::parse(&exercise.write()), Ok(exercise));
        }
    }
}
