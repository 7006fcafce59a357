//! What a publisher sees of its own pictures before anybody else: the worker's units, decoded here, each shown as it comes.
//!
//! ```text
//! publish ─ Tap → thread → newest picture → window
//! ```
//! It never holds the publisher up: what the thread cannot take is left out up to the next keyframe.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lectern_media::picture::Picture;
use lectern_media::video_decoder::{DecodeError, VideoDecoder};
use lectern_proto::fmp4::{Sample, VideoConfig};
use lectern_proto::rung::PictureSize;

use crate::class::Changed;

/// Units that wait for the thread. Full: what comes is left out.
const WAITING: usize = 16;

struct Fed {
    /// From this keyframe on pictures have this form.
    form: Option<VideoConfig>,
    keyframe: bool,
    data: Bytes,
}

/// The newest picture. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Preview(Arc<Mutex<Option<Arc<Picture>>>>);

impl Preview {
    /// The newest picture, once; none when it was taken already.
    #[must_use]
    pub fn take(&self) -> Option<Arc<Picture>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn show(&self, picture: Picture) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(picture));
    }
}

/// Where the publisher puts what it also sees; the thread ends with it.
pub(super) struct Tap {
    fed: SyncSender<Fed>,
    /// It goes with the next keyframe.
    form: Option<VideoConfig>,
    is_broken: bool,
}

impl Tap {
    /// Starts the thread; none when this machine has no more: then there is no preview, and publishing goes on.
    pub(super) fn open(preview: Preview, changed: Changed) -> Option<Self> {
        let (fed, inbox) = sync_channel(WAITING);
        let spawned = std::thread::Builder::new().name("preview".into()).spawn(move || run(&inbox, &preview, &changed));
        spawned.inspect_err(|error| tracing::warn!(%error, "there is no preview")).ok().map(|_| Self { fed, form: None, is_broken: true })
    }

    /// What follows has this form.
    pub(super) fn form(&mut self, avcc: &[u8], width: u32, height: u32) {
        self.form = Some(VideoConfig { avcc: Bytes::copy_from_slice(avcc), size: PictureSize { width, height } });
        self.is_broken = true;
    }

    /// A coded picture.
    pub(super) fn unit(&mut self, keyframe: bool, data: &Bytes) {
        if self.is_broken && !keyframe {
            return;
        }
        let fed = Fed { form: self.form.take(), keyframe, data: data.clone() };
        self.is_broken = match self.fed.try_send(fed) {
            Ok(()) => false,
            Err(TrySendError::Full(fed) | TrySendError::Disconnected(fed)) => {
                self.form = fed.form;
                true
            }
        };
    }
}

fn run(inbox: &Receiver<Fed>, preview: &Preview, changed: &Changed) {
    let mut decoder: Option<VideoDecoder> = None;
    let mut pts_us = 0;
    let mut wants_keyframe = true;
    while let Ok(Fed { form, keyframe, data }) = inbox.recv() {
        if let Some(config) = form {
            decoder = VideoDecoder::new(&config, 1).inspect_err(|error| tracing::warn!(%error, "there is no preview")).ok();
        }
        let Some(decoder) = decoder.as_mut().filter(|_| keyframe || !wants_keyframe) else { continue };
        pts_us += 1;
        let sample = Sample { data, dts: pts_us, pts: pts_us, duration: 0, keyframe };
        wants_keyframe = show(decoder, &sample, pts_us, preview).is_err();
        changed();
    }
}

fn show(decoder: &mut VideoDecoder, sample: &Sample, pts_us: i64, preview: &Preview) -> Result<(), DecodeError> {
    decoder.decode(sample, pts_us, 1)?;
    while let Some(picture) = decoder.next_picture()? {
        preview.show(picture);
    }
    Ok(())
}
