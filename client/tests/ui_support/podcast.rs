//! Podcasts behind the window's traits: what is asked is noted, how it stands is set by the test.

use lectern::live::Publishing;
use lectern::player::SoundOut;
use lectern::ui::podcast::air::{ListenStatus, Listening, Sending};

use super::{Call, Fake};

/// What a test sets.
pub struct Podcasts {
    pub status: ListenStatus,
    pub sent: Publishing,
    pub microphones: Vec<String>,
    pub outputs: Vec<String>,
    /// Whether the microphone that is published is heard.
    pub is_heard: bool,
}

impl Default for Podcasts {
    fn default() -> Self {
        Self {
            status: ListenStatus::default(),
            sent: Publishing { peak_db: Some(-12.0), ..Publishing::starting() },
            microphones: vec!["USB microphone".into()],
            outputs: vec!["USB headphones".into(), "Hall".into()],
            is_heard: false,
        }
    }
}

pub struct Heard(pub Fake);

impl Listening for Heard {
    fn status(&self) -> ListenStatus {
        self.0.shared.lock().unwrap().podcasts.status.clone()
    }

    fn set_volume(&self, volume: f32) {
        self.0.note(Call::LiveVolume(volume));
    }

    fn set_paused(&self, is_paused: bool) {
        self.0.note(Call::PausePodcast(is_paused));
        self.0.shared.lock().unwrap().podcasts.status.is_paused = is_paused;
    }

    fn to_live_edge(&self) {
        self.0.note(Call::ToEdge);
        let mut shared = self.0.shared.lock().unwrap();
        shared.podcasts.status.is_paused = false;
        shared.podcasts.status.behind = std::time::Duration::ZERO;
    }

    fn set_sound_out(&self, out: &SoundOut) {
        self.0.shared.lock().unwrap().out = out.clone();
    }
}

pub struct Sent(pub Fake);

impl Sending for Sent {
    fn state(&self) -> Publishing {
        self.0.shared.lock().unwrap().podcasts.sent.clone()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.0.note(Call::PodcastSent(false));
    }
}
