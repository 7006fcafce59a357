#![no_main]
//! Exercises of a class run as anybody may write them: what is read can be written, read again and run; what is not says in which line.

use lectern_fuzz::begin_with;
use lectern_proto::lab::class_run::{Exercise, Quantity};

fn seeds() -> Vec<Vec<u8>> {
    let written = |text: &str| Exercise::parse(text).map(|exercise| exercise.write().into_bytes());
    Exercise::EXAMPLES.iter().flat_map(|(_, text)| [Some(text.as_bytes().to_vec()), written(text).ok()]).flatten().collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match Exercise::parse(&text) {
        Ok(exercise) => {
            assert!(exercise.scenario(1).check().is_ok(), "what is read can be run: {text:?}");
            assert_eq!(Exercise::parse(&exercise.write()).as_ref(), Ok(&exercise), "what is written is read: {text:?}");
            let _ = Quantity::ALL.map(|quantity| exercise.theory(quantity));
            if exercise.packets() <= 64 {
                assert_eq!(exercise.payload(1).len() as u64, exercise.bytes);
            }
        }
        Err(why) => {
            let last = text.lines().count().max(1);
            assert!(!why.faults().is_empty() && why.faults().iter().all(|fault| (1..=last).contains(&(fault.line as usize))), "{why}");
        }
    }
});
