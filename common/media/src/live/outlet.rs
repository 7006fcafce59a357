//! The way out: frames of units and news on standard output, in the form of [`lectern_proto::live::pipe`], each at once.
//!
//! Who reads slowly makes the sources wait; they leave out what they could not give meanwhile. Nothing queues here.

use super::orders::Orders;
use lectern_proto::limits::LIVE_UNIT_MAX;
use lectern_proto::live::pipe::{self, News, SoundForm, Trouble, TroubleCode, VideoForm};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A trouble: its code, what it is about, and the sentence.
pub(crate) fn trouble(code: TroubleCode, name: &str, why: impl Into<String>) -> Trouble {
    Trouble { code, name: name.to_owned(), why: why.into() }
}

/// Tracks on the pipe.
pub(crate) const PICTURES: u8 = 0;
pub(crate) const SOUND: u8 = 1;
/// Not a track: the camera in a corner of the pictures, for its troubles.
pub(crate) const INSET: u8 = 2;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Outlet(Arc<Mutex<Inner>>);

struct Inner {
    out: Box<dyn Write + Send>,
    orders: Orders,
    /// What is to come; nothing goes out before all of it is known.
    pictures: Expected<VideoForm>,
    sound: Expected<SoundForm>,
    told: bool,
    open: bool,
    /// By track, and of the inset: why its source gives nothing.
    troubles: [Option<Trouble>; 3],
}

#[derive(Debug, PartialEq, Eq)]
enum Expected<T> {
    No,
    Unknown,
    Known(T),
}

impl<T> Expected<T> {
    fn new(expected: bool) -> Self {
        if expected { Self::Unknown } else { Self::No }
    }

    fn known(&self) -> Option<&T> {
        match self {
            Self::Known(form) => Some(form),
            Self::No | Self::Unknown => None,
        }
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

impl Outlet {
    /// To this writer. When it takes no more, the parent has gone and everything ends.
    pub(crate) fn new(out: impl Write + Send + 'static, orders: &Orders, pictures: bool, sound: bool) -> Self {
        let inner = Inner {
            out: Box::new(out),
            orders: orders.clone(),
            pictures: Expected::new(pictures),
            sound: Expected::new(sound),
            told: false,
            open: true,
            troubles: [None, None, None],
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// What is to come, where that was not known before the source was open.
    pub(crate) fn will_give(&self, pictures: bool, sound: bool) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.pictures, inner.sound) = (Expected::new(pictures), Expected::new(sound));
    }

    /// The form of the pictures that follow.
    pub(crate) fn pictures_form(&self, form: VideoForm) {
        self.change(|inner| inner.pictures = Expected::Known(form));
    }

    /// The form of the sound that follows.
    pub(crate) fn sound_form(&self, form: SoundForm) {
        self.change(|inner| inner.sound = Expected::Known(form));
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut inner);
        inner.told = inner.pictures != Expected::Unknown && inner.sound != Expected::Unknown;
        if inner.told {
            let news = News::Form { video: inner.pictures.known().cloned(), sound: inner.sound.known().copied() };
            inner.write(&[&pipe::news(&news)]);
        }
    }

    /// Tells news.
    pub(crate) fn tell(&self, news: &News) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(&[&pipe::news(news)]);
    }

    /// A source gives nothing, and why; or it is there again. Told when it changes.
    pub(crate) fn trouble(&self, track: u8, why: Option<&Trouble>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = inner.troubles.get_mut(usize::from(track)).filter(|held| held.as_ref() != why) else { return };
        *held = why.cloned();
        let all: Vec<Trouble> = inner.troubles.iter().flatten().cloned().collect();
        let sentences: Vec<&str> = all.iter().map(|trouble| trouble.why.as_str()).collect();
        let why = (!all.is_empty()).then(|| sentences.join(" "));
        inner.write(&[&pipe::news(&News::Trouble { why, all })]);
    }

    /// Gives a coded picture. False when it is too large to be sent: what follows it is of no use without it.
    #[must_use]
    pub(crate) fn picture(&self, keyframe: bool, capture_us: u64, data: &[u8]) -> bool {
        self.unit(PICTURES, keyframe, capture_us, data)
    }

    /// Gives a sound packet.
    pub(crate) fn sound(&self, capture_us: u64, data: &[u8]) {
        // A packet of sound is some hundred bytes long.
        let _ = self.unit(SOUND, true, capture_us, data);
    }

    fn unit(&self, track: u8, keyframe: bool, capture_us: u64, data: &[u8]) -> bool {
        let Some(length) = u32::try_from(data.len()).ok().filter(|_| data.len() <= LIVE_UNIT_MAX) else { return false };
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.told {
            inner.write(&[&pipe::unit_head(track, keyframe, capture_us, length), data]);
        }
        true
    }

    /// Whether somebody reads it, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).open
    }
}

impl Inner {
    fn write(&mut self, parts: &[&[u8]]) {
        let written = parts.iter().try_for_each(|part| self.out.write_all(part)).and_then(|()| self.out.flush());
        if written.is_err() {
            self.open = false;
            self.orders.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::live::pipe::{PipeReader, Said};
    use std::sync::mpsc;

    struct Sender(mpsc::Sender<Vec<u8>>);

    impl Write for Sender {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            self.0.send(buf.to_vec()).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
            Ok(buf.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_goes_out_before_the_form_and_too_large_pictures_never() {
        let (sender, receiver) = mpsc::channel();
        let orders = Orders::new(100_000);
        let outlet = Outlet::new(Sender(sender), &orders, true, true);
        outlet.sound(1, b"early");
        outlet.sound_form(SoundForm { channels: 2, samples: 960, bps: 64_000 });
        outlet.sound(2, b"early");
        outlet.pictures_form(VideoForm { width: 2, height: 2, rate_milli: 30_000, bps: 1, avcc: Vec::new() });
        assert!(outlet.picture(true, 3, b"picture"));
        assert!(!outlet.picture(true, 4, &vec![0; LIVE_UNIT_MAX + 1]));
        let mut reader = PipeReader::default();
        receiver.try_iter().for_each(|bytes| reader.push(&bytes));
        let said: Vec<_> = std::iter::from_fn(|| reader.next_said().expect("right")).collect();
        assert!(matches!(&said[..], [Said::News(News::Form { video: Some(_), sound: Some(_) }), Said::Unit { track: 0, capture_us: 3, .. }]), "{said:?}");
        assert!(!orders.has_ended());
        drop(receiver);
        outlet.sound(5, b"nobody reads");
        assert!(orders.has_ended(), "a parent that has gone is the end");
    }
}
