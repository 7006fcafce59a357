//! The sound of a source on its way into its tracks, beside the pictures and beginning where somebody waits.

use super::audio_track::{AudioTrack, first_frame};
use super::events::Reporter;
use super::failure::Failure;
use super::pcm::{CHANNELS, Pcm, RATE_HZ};
use super::prepare::{Job, Work};
use super::source::AudioProbe;
use super::store::Store;
use lectern_proto::grid::sound_place;
use lectern_proto::manifest::SEGMENT_US;

/// Bytes a second that a sound track may have.
const SOUND_BYTES: u64 = 64_000;

/// Begins every sound track; they are told at once.
pub(crate) fn open(store: &Store, sounds: &[AudioProbe], reporter: &Reporter) -> Result<Vec<(usize, AudioTrack)>, Failure> {
    sounds.iter().map(|a| Ok((a.index, AudioTrack::new(store, a, reporter)?))).collect()
}

/// Prepares and publishes the tracks, one after another; gives how many have something in them.
pub(crate) fn run(job: &Job, store: &Store, tracks: Vec<(usize, AudioTrack)>, work: &Work, reporter: &Reporter) -> Result<usize, Failure> {
    let mut made = 0;
    for (index, track) in tracks {
        made += usize::from(prepare(job, store, index, track, work, reporter)?);
        work.next_sound();
    }
    Ok(made)
}

fn prepare(job: &Job, store: &Store, index: usize, mut track: AudioTrack, work: &Work, reporter: &Reporter) -> Result<bool, Failure> {
    let frames_of = |us: u64| us.saturating_mul(u64::from(RATE_HZ)) / 1_000_000;
    // Known once the end of the source has been seen.
    let mut places = None;
    let mut pcm: Option<Pcm> = None;
    loop {
        let wish = job.wish.at_us();
        let jumps = pcm.as_ref().is_none_or(Pcm::is_seekable);
        let wished = wish.filter(|_| jumps).map(|us| track.journal().missing_from(sound_place(frames_of(us), RATE_HZ)));
        let known = places.unwrap_or_else(|| sound_place(frames_of(work.duration_us()), RATE_HZ) + 1);
        let place = wished.filter(|p| *p < known).unwrap_or_else(|| track.journal().missing_from(0));
        if place >= known && places.is_some() {
            return track.publish(store);
        }
        let mut reader = match pcm.take() {
            Some(reader) if reader.position() <= first_frame(place) => reader,
            _ => Pcm::open(&job.source, index, reporter)?,
        };
        reader.seek(first_frame(place))?;
        track.start(place)?;
        let ended = loop {
            let Some((at, samples)) = reader.next()? else { break true };
            work.check()?;
            store.allow((samples.len() / CHANNELS) as u64 * SOUND_BYTES / u64::from(RATE_HZ) + 1);
            let goes_on = track.push(store, at, &samples)?;
            work.sound(track.journal().len() as u64 * SEGMENT_US);
            if !goes_on || (jumps && job.wish.at_us() != wish) {
                break false;
            }
        };
        if ended {
            track.end(store, reader.position())?;
            let end = reader.position().checked_sub(1).map_or(0, |last| sound_place(last, RATE_HZ) + 1);
            // What is missing though the source has been read to its end cannot be had.
            places = Some(if track.journal().missing_from(place) == place { place.min(end) } else { end });
        } else {
            pcm = Some(reader);
        }
    }
}
