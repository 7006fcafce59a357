//! What the class is told of the voice in a stream: when it begins and when it ends, in each stream anew.

use std::time::Instant;

use lectern_proto::control::StreamId;
use lectern_proto::live::voice::Voice;

/// The voice of a publisher.
#[derive(Debug, Default)]
pub(super) struct Speech {
    voice: Voice,
    begun: Option<Instant>,
    /// In which stream the class knows it to be heard.
    told: Option<StreamId>,
}

impl Speech {
    /// Takes how loud the microphone is, in dB below full scale, and which stream is on air. `tell` says whether it has told; if not, it is
    /// asked again next time.
    pub(super) fn heard(&mut self, now: Instant, peak_db: f32, live: Option<StreamId>, tell: impl Fn(StreamId, bool) -> bool) {
        let since = now.saturating_duration_since(*self.begun.get_or_insert(now));
        let speaks = self.voice.heard(since, peak_db);
        // With a stream its voice has ended for everybody.
        self.told = self.told.filter(|told| live == Some(*told));
        if let Some(stream) = live.filter(|_| speaks != self.told.is_some())
            && tell(stream, speaks)
        {
            self.told = speaks.then_some(stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::time::Duration;

    #[test]
    fn each_stream_is_told_of_once() {
        let (one, two) = (StreamId([1; 16]), StreamId([2; 16]));
        let (mut speech, begun, told) = (Speech::default(), Instant::now(), RefCell::new(Vec::new()));
        let mut tenth = 0;
        let mut heard = |db: f32, live: Option<StreamId>, takes: bool| {
            tenth += 1;
            speech.heard(begun + Duration::from_millis(100 * tenth), db, live, |stream, speaking| {
                told.borrow_mut().push((stream, speaking, takes));
                takes
            });
            std::mem::take(&mut *told.borrow_mut())
        };
        assert_eq!((heard(-20.0, None, true), heard(-20.0, None, true)), (vec![], vec![]), "it is not on air");
        assert_eq!(heard(-20.0, Some(one), false), [(one, true, false)]);
        assert_eq!(heard(-20.0, Some(one), true), [(one, true, true)], "once more, as it was not taken");
        assert_eq!(heard(-20.0, Some(one), true), []);
        assert_eq!(heard(-20.0, None, true), [], "the stream has ended, and with it all");
        assert_eq!(heard(-20.0, Some(two), true), [(two, true, true)]);
        let quiet: Vec<_> = (0..8).flat_map(|_| heard(-90.0, Some(two), true)).collect();
        assert_eq!(quiet, [(two, false, true)]);
    }
}
