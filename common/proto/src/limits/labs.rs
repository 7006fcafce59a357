//! The limits of the networking labs: transfers, runs between people of a class, exercises.

use std::time::Duration;

// ---- transfers by repeat request ----

/// Packets that may be on their way in one transfer. Larger windows are refused.
pub const ARQ_WINDOW_MAX: u32 = 65_536;
/// Bytes of data in one packet: a UDP datagram carries hardly more. Longer packets are dropped.
pub const ARQ_PAYLOAD_MAX: usize = 65_000;
/// Ranges in one acknowledgement. Full: the rest is told by the next one. Longer lists are dropped.
pub const ARQ_ACK_RANGES: usize = 32;
/// Longest name of a transferred file in bytes.
pub const ARQ_NAME_MAX: usize = 255;
/// Window times payload that a receiver agrees to hold, in bytes. Full: the transfer is refused.
pub const ARQ_HELD_MAX: u64 = 256 * 1024 * 1024;

// ---- the labs in a class ----

/// Addresses at which one side of a run may be reached. Full: the rest is passed over, so that nobody sends the others shouting around.
pub const LAB_ADDRESSES_MAX: usize = 8;
/// Runs of one person, and of a room, at once. Full: refused.
pub const LAB_RUNS_PER_PERSON: usize = 4;
pub const LAB_RUNS_MAX: usize = 512;
/// An offer that nobody took ends after this long, and any run after this.
pub const LAB_OFFER_WAIT: Duration = Duration::from_secs(60);
pub const LAB_RUN_MAX: Duration = Duration::from_secs(30 * 60);
/// Bytes of data in a packet of a run that the server may have to hand on: with all headers it fits into one datagram of the media port.
pub const LAB_PAYLOAD_MAX: u16 = 1_400;
/// Window and bytes of a run with the server: it holds the window, and makes or hashes the bytes. Larger ones are refused, and more than so
/// many at once.
pub const LAB_PARTNER_WINDOW: u32 = 4_096;
pub const LAB_PARTNER_BYTES: u64 = 64 * 1024 * 1024;
pub const LAB_PARTNERS_MAX: usize = 64;
/// Bytes a second that the server hands on for one run, and for all of them: the lesson goes first. Full: dropped, as any line does.
pub const LAB_RELAY_BYTES_PER_S: u64 = 4 * 1024 * 1024;
pub const LAB_RELAY_ALL_BYTES_PER_S: u64 = 16 * 1024 * 1024;
/// Packets that wait for the media port's socket. Full: dropped, as any line does.
pub const LAB_RELAY_QUEUE: usize = 512;
/// Longest simulation that is shown to the class, as a file. Longer ones are refused.
pub const LAB_SHOW_MAX: usize = 16 * 1024;
/// Events of a simulation that is shown to the class: every computer of it goes through all of them. More are refused.
pub const LAB_SHOW_EVENTS: u64 = 100_000;

// ---- class runs of the lab ----

/// Longest text of an exercise in bytes: it goes to everybody in one message. Longer: refused.
pub const EXERCISE_FILE_MAX: usize = 16 * 1024;
/// Longest title and question of an exercise in bytes, its paragraphs together, and how many there are, so that what is written anew with
/// every key fits as well. Longer: refused.
pub const EXERCISE_TITLE_MAX: usize = 120;
pub const EXERCISE_ASK_MAX: usize = 500;
pub const EXERCISE_TEXT_MAX: usize = 12_000;
pub const EXERCISE_PARAGRAPHS_MAX: usize = 40;
/// Bytes that everybody sends, and packets that they fill: a class sends at the same time. More: refused.
pub const EXERCISE_BYTES_MAX: u64 = 10_000_000;
pub const EXERCISE_PACKETS_MAX: u64 = 50_000;
/// Events of a simulated run, which the server runs again: about a second of work. Full: the run ends there.
pub const EXERCISE_EVENTS_MAX: u64 = 1_000_000;
/// Longest reason why a student's run failed, in bytes. The rest is cut.
pub const CLASS_RUN_REASON_MAX: usize = 200;
