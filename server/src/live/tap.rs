//! Units of a track as they come, before they are sealed, for who works with them on this machine: the maker of a lower rung, a
//! recording. A tap that is not read loses units up to the next keyframe; the publisher never waits for it.

use std::sync::{Mutex, PoisonError};

use lectern_proto::live::Unit;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Units that wait for who reads them: two seconds of pictures. Full: what comes is left out up to the next keyframe.
const WAITING: usize = 64;

/// All taps of a track.
#[derive(Debug, Default)]
pub(super) struct Taps(Mutex<Vec<Tap>>);

#[derive(Debug)]
struct Tap {
    units: mpsc::Sender<Unit>,
    wants_keyframe: bool,
}

impl Taps {
    /// A further tap; it begins with a keyframe.
    pub(super) fn open(&self) -> mpsc::Receiver<Unit> {
        let (units, out) = mpsc::channel(WAITING);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Tap { units, wants_keyframe: true });
        out
    }

    /// Gives a unit to each; says whether one of them can only go on with a keyframe.
    pub(super) fn give(&self, unit: &Unit) -> bool {
        let mut taps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taps.retain_mut(|tap| {
            if tap.wants_keyframe && !unit.keyframe {
                return !tap.units.is_closed();
            }
            let sent = tap.units.try_send(unit.clone());
            tap.wants_keyframe = matches!(sent, Err(TrySendError::Full(_)));
            !matches!(sent, Err(TrySendError::Closed(_)))
        });
        taps.iter().any(|tap| tap.wants_keyframe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn unit(sequence: u32, keyframe: bool) -> Unit {
        Unit { sequence, capture_us: 0, keyframe, data: Bytes::new() }
    }

    #[test]
    fn who_does_not_read_loses_units_up_to_a_keyframe_and_who_is_gone_is_forgotten() {
        let taps = Taps::default();
        let mut tap = taps.open();
        assert!(taps.give(&unit(0, false)), "it begins with a keyframe");
        let waiting = WAITING as u32;
        assert!((1..=waiting).all(|n| !taps.give(&unit(n, n == 1))));
        assert!(taps.give(&unit(waiting + 1, false)), "it is full");
        assert_eq!(tap.try_recv().map(|u| u.sequence), Ok(1));
        assert!(taps.give(&unit(waiting + 2, false)), "of no use without what is missing");
        assert!(!taps.give(&unit(waiting + 3, true)));
        let rest: Vec<_> = std::iter::from_fn(|| tap.try_recv().ok()).map(|u| u.sequence).collect();
        assert_eq!(rest.last_chunk(), Some(&[waiting, waiting + 3]));
        drop(tap);
        taps.give(&unit(0, true));
        assert!(taps.0.lock().expect("not poisoned").is_empty());
    }
}
