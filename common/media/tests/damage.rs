//! Damaged files: what can be read is prepared at its own time, what cannot is told, and nothing hangs.

mod support;

use lectern_proto::manifest::{Span, unite};
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::{Folder, Prepared, Worker, beeps, prepare, prepare_arguments, sample};

const LOW: [&str; 1] = ["144p=256x144 200k"];
const LOW_KEY: &str = "video-256x144-200000";
const SECONDS: u32 = 8;
/// Longest wait for a worker on a small file, however slow the machine: what takes longer hangs.
const HANGS: Duration = Duration::from_secs(240);

/// The same lesson in every container, with codecs that belong there.
const KINDS: [(&str, &str); 8] = [
    ("a.mp4", "-c copy"),
    ("fragmented.mp4", "-c copy -movflags frag_keyframe+empty_moov"),
    ("a.mkv", "-c copy"),
    ("a.ts", "-c copy"),
    ("a.flv", "-c copy"),
    ("a.avi", "-c:v mpeg4 -q:v 3 -g 30 -c:a pcm_s16le"),
    ("a.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -g 30 -b:v 1M -c:a libopus"),
    ("a.mpg", "-c:v mpeg2video -q:v 3 -g 15 -c:a mp2"),
];

/// Knuth's MMIX generator; the upper bits are good enough.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn kinds(folder: &Folder) -> Vec<PathBuf> {
    let lesson = folder.path("lesson.mp4");
    sample(&lesson, SECONDS, "320x180");
    // Keyframes every second, so that damage ends somewhere.
    let base = folder.made("base.mp4", &format!("-i {} -c:v libx264 -preset veryfast -g 30 -crf 20 -c:a copy", lesson.display()));
    KINDS.iter().map(|(name, how)| folder.made(name, &format!("-i {} {how}", base.display()))).collect()
}

fn lost(out: &Path) -> Vec<Span> {
    let text = std::fs::read_to_string(out.join("lost.jsonl")).unwrap_or_default();
    unite(text.lines().map(|l| serde_json::from_str(l).expect("a span")).collect())
}

#[test]
fn damage_in_the_middle_is_told_and_what_follows_is_in_time() {
    let folder = Folder::new();
    for source in kinds(&folder) {
        let name = source.file_name().expect("a name").to_string_lossy().into_owned();
        let out = folder.path(&format!("{name}.whole"));
        prepare(&source, &out, &LOW);
        assert_eq!(lost(&out), [], "{name}: nothing is lost in a whole file");

        let mut bytes = std::fs::read(&source).expect("reads");
        let (from, to) = (bytes.len() * 45 / 100, bytes.len() * 58 / 100);
        let mut random = Random(7);
        bytes[from..to].fill_with(|| random.next() as u8);
        let damaged = folder.written(&format!("damaged-{name}"), &bytes);
        let out = folder.path(&format!("{name}.out"));
        prepare(&damaged, &out, &LOW);

        let spans = lost(&out);
        if name == "fragmented.mp4" {
            // Without an index nothing is found behind a fragment that is not whole: the rest is lost, and that is said.
            assert!(spans.iter().any(|s| s.start_us > 2_500_000 && s.end_us() > 7_000_000), "{name}: {spans:?}");
            continue;
        }
        let sum: u64 = spans.iter().map(|s| s.duration_us).sum();
        let in_the_middle = spans.iter().all(|s| s.start_us > 2_500_000 && s.end_us() < 6_500_000);
        assert!((200_000..3_500_000).contains(&sum) && in_the_middle, "{name}: {spans:?}");

        let track = Prepared::open(&out, LOW_KEY);
        let stamps = track.stamps();
        assert!((track.track.end_us() as i64 - 8_000_000).abs() < 150_000, "{name}: lasts {}", track.track.end_us());
        let late: Vec<_> = stamps.iter().filter(|(at, _)| *at > 6_700_000).collect();
        assert!(late.len() >= 36, "{name}: {} pictures after the damage", late.len());
        for (at, number) in late {
            let number = number.unwrap_or_else(|| panic!("{name}: no stamp at {at}"));
            assert!((at - i64::from(number) * 1_000_000 / 30).abs() < 40_000, "{name}: picture {number} at {at}");
        }
        let found = beeps(&Prepared::open(&out, "audio-0").sound());
        assert!(found.iter().any(|at| (at - 7.0).abs() < 0.045), "{name}: {found:?}");
    }
}

#[test]
fn cut_anywhere_a_file_is_prepared_as_far_as_it_goes_or_says_why_not() {
    let seed = std::env::var("LECTERN_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_120);
    println!("seed {seed}");
    let mut random = Random(seed);
    let folder = Folder::new();
    for source in kinds(&folder) {
        let bytes = std::fs::read(&source).expect("reads");
        for round in 0..4 {
            let cut = 1 + random.below(bytes.len() - 1);
            check(&folder, &source, round, &bytes[..cut]);
        }
    }
}

#[test]
fn broken_anywhere_a_file_is_prepared_or_says_why_not() {
    let seed = std::env::var("LECTERN_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_121);
    println!("seed {seed}");
    let mut random = Random(seed);
    let folder = Folder::new();
    for source in kinds(&folder) {
        let bytes = std::fs::read(&source).expect("reads");
        for round in 0..3 {
            let mut broken = bytes.clone();
            for _ in 0..1 + random.below(40) {
                let at = random.below(broken.len());
                broken[at] = random.next() as u8;
            }
            // Headers are where it hurts.
            let at = random.below(broken.len().min(2000));
            broken[at] ^= 1 << random.below(8);
            check(&folder, &source, round, &broken);
        }
    }
}

/// A worker on these bytes ends in time, with something that plays and what is lost of it, or with a reason; it leaves nothing
/// unfinished behind.
fn check(folder: &Folder, like: &Path, round: usize, bytes: &[u8]) {
    let whole = like.metadata().expect("there").len() as usize;
    let name = format!("{round}-{}", like.file_name().expect("a name").to_string_lossy());
    let source = folder.written(&name, bytes);
    let out = folder.path(&format!("{name}.{}.out", bytes.len()));
    let worker = Worker::start(prepare_arguments(&source, &out, &LOW));
    let (done, ended) = std::sync::mpsc::channel();
    let pid = worker.child.id();
    let waiting = std::thread::spawn(move || {
        let finished = worker.finish();
        let _ = done.send(());
        finished
    });
    if ended.recv_timeout(HANGS).is_err() {
        panic!("{name} of {} bytes: worker {pid} hangs", bytes.len());
    }
    let (events, code) = waiting.join().expect("a thread");
    let last = events.last().unwrap_or_else(|| panic!("{name}: no event, code {code:?}"));
    let what = format!("{name}, {} of {whole} bytes: {last}", bytes.len());
    assert_eq!(unfinished(&out), Vec::<PathBuf>::new(), "{what}");
    match code {
        Some(0) => {
            assert_eq!(last["event"], "done", "{what}");
            let is_there = |key: &&str| out.join(format!("tracks/{key}.json")).exists();
            let made: Vec<_> = [LOW_KEY, "audio-0"].into_iter().filter(is_there).collect();
            assert!(!made.is_empty(), "{what}");
            for key in made {
                check_track(&Prepared::open(&out, key), key, &lost(&out), bytes.len() < whole, &what);
            }
        }
        Some(1) => {
            assert_eq!(last["event"], "failed", "{what}");
            let reason = last["reason"].as_str().expect("a reason");
            assert!(reason.ends_with('.') && reason.len() > 20, "{what}");
            // A size that became enormous is refused for want of memory.
            assert!(last["kind"] != "internal" || reason.contains("memory"), "{what}");
        }
        _ => panic!("{what}: code {code:?}"),
    }
}

/// What was made of a broken file can be decoded from end to end, is no longer than the lesson, and what it lacks is told.
fn check_track(track: &Prepared, key: &str, lost: &[Span], cut: bool, what: &str) {
    let end = track.track.end_us();
    let what = format!("{what}: {key} lasts {end}, lost {lost:?}");
    // A broken time may hold a picture for longer, but a file that is only cut has whole times.
    assert!(end > 0 && (end < 8_300_000 || !cut), "{what}");
    let pictures = if key == LOW_KEY {
        Some(track.stamps().len() as u64)
    } else {
        assert!(!track.sound().is_empty(), "{what}");
        None
    };
    // These say in their first bytes how long they are. Where the others end, their end is.
    let says = [".mkv", ".webm", ".flv", ".avi"].iter().any(|e| what.contains(&format!("{e},")));
    if cut && says && end < 6_500_000 {
        assert!(lost.iter().any(|s| s.start_us <= end + 500_000 && s.end_us() > 7_000_000), "{what}");
    }
    // Pictures that are missing within what plays, beyond a second of them.
    let told: u64 = lost.iter().map(|s| s.duration_us).sum();
    if let Some(pictures) = pictures.filter(|_| end < 8_300_000) {
        let missing = (end * 30 / 1_000_000).saturating_sub(pictures);
        assert!(missing < 30 || told > 300_000, "{what}: {pictures} pictures");
    }
}

/// Files that were begun and not finished.
fn unfinished(out: &Path) -> Vec<PathBuf> {
    let folders = ["", "objects", "tracks", "journal"].map(|d| out.join(d));
    let files = folders.iter().filter_map(|d| std::fs::read_dir(d).ok()).flat_map(|d| d.flatten().map(|e| e.path()));
    files.filter(|p| p.extension().is_some_and(|e| e == "tmp")).collect()
}
