//! The check-words of this server: computed beside everything else, once for a certificate.
//!
//! Their hash is slow and large on purpose ([`CheckWords::of`]), so nothing waits for it but what shows the words. They are kept
//! beside the certificate: a later start needs neither its time nor its memory. They are no secret.

use std::path::{Path, PathBuf};

use lectern_proto::link::Fingerprint;
use lectern_proto::words::CheckWords;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::platform;

/// The words once they are there.
#[derive(Debug, Clone)]
pub(crate) struct Words(watch::Receiver<Option<CheckWords>>);

impl Words {
    /// Begins to find out the words of a certificate; `file` is where they are kept.
    pub(crate) fn start(fingerprint: Fingerprint, file: PathBuf, tasks: &TaskTracker) -> Self {
        let (told, words) = watch::channel(None);
        tasks.spawn_blocking(move || {
            let _ = told.send(kept_or_computed(&fingerprint, &file));
        });
        Self(words)
    }

    /// Waits for the words; none when they cannot be computed, which the log says.
    pub(crate) async fn get(mut self) -> Option<CheckWords> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|words| *words)
    }
}

fn kept_or_computed(fingerprint: &Fingerprint, file: &Path) -> Option<CheckWords> {
    if let Some(words) = kept(fingerprint, file) {
        return Some(words);
    }
    let words = CheckWords::of(fingerprint).inspect_err(|error| tracing::error!(%error, "free some memory and start again")).ok()?;
    if let Err(error) = platform::write_private(file, line(fingerprint, &words).as_bytes()) {
        tracing::warn!(%error, file = %file.display(), "the check-words could not be kept; the next start computes them anew");
    }
    Some(words)
}

/// What a file says of this certificate and no other.
fn kept(fingerprint: &Fingerprint, file: &Path) -> Option<CheckWords> {
    let text = std::fs::read_to_string(file).ok()?;
    let words = CheckWords::from_words(text.split_once(' ')?.1)?;
    (text == line(fingerprint, &words)).then_some(words)
}

fn line(fingerprint: &Fingerprint, words: &CheckWords) -> String {
    format!("{fingerprint} {words}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_for_their_certificate_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("check-words");
        let (one, other) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let words = kept_or_computed(&one, &file).expect("computed");
        assert_eq!((words, kept(&one, &file), kept(&other, &file)), (CheckWords::of(&one).expect("computed"), Some(words), None));
        let text = std::fs::read_to_string(&file).expect("kept");
        for damage in ["", "x", &text[..text.len() - 2], &text.replace(' ', "  "), &format!("{text}zoo")] {
            std::fs::write(&file, damage).expect("written");
            assert_eq!(kept(&one, &file), None, "{damage:?}");
        }
        assert_eq!(kept_or_computed(&one, &file), Some(words));
        assert_eq!(std::fs::read_to_string(&file).expect("kept again"), text);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_file_that_cannot_be_written() {
        let words = Words::start(Fingerprint([3; 32]), "/nonexistent/words".into(), &TaskTracker::new());
        assert_eq!(words.get().await, CheckWords::of(&Fingerprint([3; 32])).ok());
    }
}
