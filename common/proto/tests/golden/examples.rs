//! What the examples of the control plane are made of.

use lectern_proto::control::*;
use lectern_proto::live::choice::Limit;

pub const STREAM: StreamId = StreamId([0xa7; 16]);

pub fn lesson() -> Lesson {
    Lesson { video: VideoId("00112233445566ff".into()), rung: "360p".into() }
}

pub fn offer() -> Offer {
    let avcc = vec![1, 0x42, 0xc0, 0x1f, 0xff, 0xe0, 0];
    let video = LiveVideo { rung: "720p".into(), width: 1280, height: 720, rate_milli: 30_000, bps: 2_500_000, avcc };
    Offer { name: "camera".into(), kind: StreamKind::Camera, video: Some(video), sound: Some(LiveSound { channels: 2, samples: 960, bps: 64_000 }) }
}

pub fn stream(kind: StreamKind) -> StreamInfo {
    let Offer { name, video, sound, .. } = offer();
    let tracks = video.map(LiveMedia::Video).into_iter().chain(sound.map(LiveMedia::Sound));
    let tracks = tracks.zip(3..).map(|(media, track)| LiveTrack { track, media }).collect();
    StreamInfo { id: STREAM, name, kind, publisher: PersonId(7), tracks, target_us: 30_000 }
}

pub fn report(limit: Option<Limit>) -> ViewerReport {
    ViewerReport {
        stream: STREAM,
        track: 3,
        lag_us: 48_000,
        needed_us: 31_000,
        came: 60,
        lost: 2,
        skipped: 1,
        repaired: 5,
        restored: 4,
        waiting: 2,
        busy_percent: 18,
        round_trip_us: 900,
        is_udp: true,
        limit,
    }
}
