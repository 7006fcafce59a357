//! More of a class: videos with pictures and people as in a school, and servers of the network.

use std::sync::Arc;
use std::time::Duration;

use lectern::discover::Found;
use lectern::player::{PlayState, PlayerStats, PlayerStatus, Sound, SoundTrack};
use lectern_proto::beacon::Rooms;
use lectern_proto::control::{CatalogueEntry, ChunkRef, Person, PersonId, Role, VideoId, VideoState};
use lectern_proto::link::Fingerprint;
use lectern_proto::manifest::ChunkHash;
use lectern_proto::words::CheckWords;

use super::Shared;

impl Shared {
    /// More videos with made-up thumbnails, and more people, as in a room of a school.
    pub fn make_up_more(&mut self) {
        let titles = [
            "Subnetting by hand",
            "TCP handshake at the board",
            "Reading a capture with Wireshark",
            "Congestion control, drawn slowly",
            "DNS from the root",
            "Why cables have colours",
        ];
        for (i, title) in titles.into_iter().enumerate() {
            let i = i as u8 + 1;
            let chunk = ChunkHash([i; 32]);
            let picture = image::RgbImage::from_fn(320, 180, |x, y| {
                let on = (x / 40 + y / 36) % 2 == 0;
                image::Rgb(if on { [30 * i, 60, 200 - 20 * i] } else { [235, 240, 230 - 10 * i] })
            });
            let mut jpeg = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
            self.thumbnails.insert(chunk, jpeg.into_inner().into());
            let mut entry = video(&format!("m{i}"), title, 1_100 + u64::from(i) * 77, ready());
            entry.thumbnail = Some(ChunkRef { chunk, bytes: 1 });
            self.state.videos.push(entry);
        }
        for (i, name) in ["Dana", "Emil", "Farah", "Gustav Maximilian von und zu Hohenlohe", "李雷", "Ολγα"].into_iter().enumerate() {
            self.state.people.push(person(10 + i as u64, name, Role::Student, i != 2));
        }
    }
}

/// A server of the network, by the byte that its fingerprint is made of.
pub fn found(name: &str, host: &str, print: u8) -> Found {
    let fingerprint = Fingerprint([print; 32]);
    Found {
        fingerprint,
        name: name.into(),
        rooms: Rooms::one("net-2b"),
        port: 5511,
        hosts: vec![host.into()],
        round_trip: Some(Duration::from_millis(3)),
        by_beacon: true,
        by_mdns: true,
        words: CheckWords::of(&fingerprint).ok(),
    }
}

/// A video of so many seconds that plays at a third.
pub fn playing(seconds: u64) -> PlayerStatus {
    let duration_us = seconds * 1_000_000;
    PlayerStatus {
        state: PlayState::Playing,
        position_us: duration_us / 3,
        duration_us,
        buffered_us: duration_us / 3..duration_us / 2,
        rung: Some("720p".into()),
        rungs: ["144p", "360p", "720p"].map(str::to_owned).into(),
        original: None,
        quality: "720p".into(),
        volume: 1.0,
        muted: false,
        sound: Sound::Device,
        device: None,
        sound_tracks: [SoundTrack { language: "ger".into(), title: None }].into(),
        sound_track: Some(0),
        details: Arc::default(),
        stats: PlayerStats::default(),
    }
}

pub fn person(id: u64, name: &str, role: Role, connected: bool) -> Person {
    Person { id: PersonId(id), name: name.into(), role, connected }
}

pub fn video(id: &str, title: &str, seconds: u64, state: VideoState) -> CatalogueEntry {
    CatalogueEntry {
        id: VideoId(id.into()),
        title: title.into(),
        duration_us: seconds * 1_000_000,
        width: 1280,
        height: 720,
        rungs: ["144p", "360p", "720p"].map(str::to_owned).into(),
        state,
        thumbnail: None,
        damage: None,
    }
}

pub fn ready() -> VideoState {
    VideoState::Ready { manifest: ChunkRef { chunk: ChunkHash([0; 32]), bytes: 1 } }
}
