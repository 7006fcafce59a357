//! The limits table of `docs/PROTOCOL.md` says what the code does.

use std::fs;
use std::path::Path;

use lectern_proto::limits;

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROTOCOL.md")).expect("docs/PROTOCOL.md")
}

#[test]
fn the_document_names_the_limits() {
    let ms = |d: std::time::Duration| d.as_millis() as u64;
    let table = [
        ("HELLO_MAX", limits::HELLO_MAX as u64),
        ("CLIENT_MESSAGE_MAX", limits::CLIENT_MESSAGE_MAX as u64),
        ("SERVER_MESSAGE_MAX", limits::SERVER_MESSAGE_MAX as u64),
        ("CATALOGUE_PAGE", limits::CATALOGUE_PAGE as u64),
        ("REQUESTS_PER_S", limits::REQUESTS_PER_S.into()),
        ("REQUEST_BURST", limits::REQUEST_BURST.into()),
        ("HELLO_WAIT", ms(limits::HELLO_WAIT)),
        ("LOGIN_WAIT", ms(limits::LOGIN_WAIT)),
        ("PING_EVERY", ms(limits::PING_EVERY)),
        ("SILENCE_MAX", ms(limits::SILENCE_MAX)),
        ("WRITE_WAIT", ms(limits::WRITE_WAIT)),
        ("NAME_MAX", limits::NAME_MAX as u64),
        ("ROOM_NAME_MAX", limits::ROOM_NAME_MAX as u64),
        ("PASSWORD_MAX", limits::PASSWORD_MAX as u64),
        ("AGENT_MAX", limits::AGENT_MAX as u64),
        ("LOGIN_FAILURES_BURST", limits::LOGIN_FAILURES_BURST.into()),
        ("LOGIN_FAILURE_FORGIVEN", ms(limits::LOGIN_FAILURE_FORGIVEN)),
        ("SEAT_GRACE", ms(limits::SEAT_GRACE)),
        ("SEAT_LIFETIME", ms(limits::SEAT_LIFETIME)),
        ("EPOCH_LEAD", ms(limits::EPOCH_LEAD)),
        ("MEDIA_HELLO_WAIT", ms(limits::MEDIA_HELLO_WAIT)),
        ("MEDIA_IDLE", ms(limits::MEDIA_IDLE)),
        ("SETTLE_WAIT", ms(limits::SETTLE_WAIT)),
        ("MEDIA_CONNECTIONS_PER_SEAT", limits::MEDIA_CONNECTIONS_PER_SEAT as u64),
        ("MEDIA_REQUEST_MAX", limits::MEDIA_REQUEST_MAX as u64),
        ("MEDIA_REPLY_MAX", limits::MEDIA_REPLY_MAX as u64),
        ("MEDIA_REQUESTS_WAITING", limits::MEDIA_REQUESTS_WAITING as u64),
        ("MEDIA_UNSENT_MAX", limits::MEDIA_UNSENT_MAX.into()),
        ("SHARE_IDLE", ms(limits::SHARE_IDLE)),
        ("SHARE_WINDOW", ms(limits::SHARE_WINDOW)),
        ("SHARE_EVERY", ms(limits::SHARE_EVERY)),
        ("AHEAD_EVERY", ms(limits::AHEAD_EVERY)),
        ("SHARE_CHANGE_PERCENT", limits::SHARE_CHANGE_PERCENT.into()),
        ("RECORD_PLAIN", limits::RECORD_PLAIN as u64),
        ("RESPONSE_FRAME_MAX", limits::RESPONSE_FRAME_MAX as u64),
        ("CHUNK_MAX", limits::CHUNK_MAX as u64),
        ("CHUNKS_IN_USE", ms(limits::CHUNKS_IN_USE)),
        ("CHUNKS_KEPT_MAX", ms(limits::CHUNKS_KEPT_MAX)),
        ("CHAPTERS_MAX", limits::CHAPTERS_MAX as u64),
        ("SOUND_TRACKS_MAX", limits::SOUND_TRACKS_MAX as u64),
        ("LOST_MAX", limits::LOST_MAX as u64),
        ("TITLE_MAX", limits::TITLE_MAX as u64),
        ("LIVE_UNIT_MAX", limits::LIVE_UNIT_MAX as u64),
        ("LIVE_PIECE_MAX", limits::LIVE_PIECE_MAX as u64),
        ("LISTEN_HELD_FILE", ms(limits::LISTEN_HELD_FILE)),
        ("LISTEN_HELD_LIVE", ms(limits::LISTEN_HELD_LIVE)),
        ("LISTEN_HELD_BYTES", limits::LISTEN_HELD_BYTES as u64),
        ("LIVE_WINDOW", limits::LIVE_WINDOW.into()),
        ("LIVE_NACK_RANGES", limits::LIVE_NACK_RANGES as u64),
        ("LIVE_STREAMS_MAX", limits::LIVE_STREAMS_MAX as u64),
        ("LIVE_STREAMS_PER_PERSON", limits::LIVE_STREAMS_PER_PERSON as u64),
        ("LIVE_NAME_MAX", limits::LIVE_NAME_MAX as u64),
        ("LIVE_AVCC_MAX", limits::LIVE_AVCC_MAX as u64),
        ("LIVE_BEHIND_MAX", limits::LIVE_BEHIND_MAX as u64),
        ("LIVE_KEYFRAME_EVERY", ms(limits::LIVE_KEYFRAME_EVERY)),
        ("LIVE_SILENCE_MAX", ms(limits::LIVE_SILENCE_MAX)),
        ("LIVE_REPORT_EVERY", ms(limits::LIVE_REPORT_EVERY)),
        ("LIVE_REPORTS_KEPT", ms(limits::LIVE_REPORTS_KEPT)),
        ("LIVE_REPORTS_TOLD", limits::LIVE_REPORTS_TOLD as u64),
        ("LIVE_RUNG_IDLE", ms(limits::LIVE_RUNG_IDLE)),
        ("LIVE_RUNG_WORKERS_MAX", limits::LIVE_RUNG_WORKERS_MAX as u64),
        ("CLOCK_EVERY", ms(limits::CLOCK_EVERY)),
        ("DATAGRAM_PEERS_PER_SESSION", limits::DATAGRAM_PEERS_PER_SESSION as u64),
        ("DATAGRAM_SILENCE_MAX", ms(limits::DATAGRAM_SILENCE_MAX)),
        ("REPAIR_PERCENT", limits::REPAIR_PERCENT.into()),
        ("REPAIR_BURST", limits::REPAIR_BURST.into()),
        ("HANDOUT_FILES_MAX", limits::HANDOUT_FILES_MAX as u64),
        ("HANDOUT_NAME_MAX", limits::HANDOUT_NAME_MAX as u64),
        ("HANDOUT_FILE_MAX", limits::HANDOUT_FILE_MAX),
        ("HANDOUT_REPLY_MAX", limits::HANDOUT_REPLY_MAX as u64),
        ("HANDOUT_AT_ONCE", limits::HANDOUT_AT_ONCE as u64),
        ("HANDOUT_RETRY", ms(limits::HANDOUT_RETRY)),
        ("HANDOUT_BYTES_PER_S", limits::HANDOUT_BYTES_PER_S),
    ];
    let document = document();
    for (name, value) in table {
        assert!(document.lines().any(|l| l.starts_with(&format!("| `{name}` | {value} "))), "docs/PROTOCOL.md has no row: | `{name}` | {value} ...");
    }
}
