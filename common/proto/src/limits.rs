//! Every length, queue, rate and wait that a peer can influence, with its reason and what happens when it is reached.
//!
//! One place, so that a reader can check the whole surface at a glance; those of the labs are in `limits/labs.rs`. Numbers that an operator may want to change are
//! in `config.ini` instead and are bounded there.

mod labs;

use std::time::Duration;

pub use labs::*;

// ---- control plane ----

/// Longest hello message in bytes. A hello is two versions and a program name; a stranger gets no larger allocation.
/// Full: the connection is closed.
pub const HELLO_MAX: usize = 256;
/// Longest message from a client in bytes. Chat text of 64 KiB with its envelope is the largest that the design knows.
/// Full: the connection is closed.
pub const CLIENT_MESSAGE_MAX: usize = 96 * 1024;
/// Longest message from a server in bytes. A catalogue of 10,000 videos goes in pages of [`CATALOGUE_PAGE`].
/// Full: the client closes the connection.
pub const SERVER_MESSAGE_MAX: usize = 512 * 1024;
/// Catalogue entries or people in one message.
pub const CATALOGUE_PAGE: usize = 100;
/// Messages waiting for one client. At the end of the queue the client does not read: it is disconnected, nothing is
/// dropped silently.
pub const CONTROL_QUEUE: usize = 256;
/// Places of that queue which private chat leaves free, so that nobody can have another disconnected by writing fast. Full: the sender is
/// refused.
pub const CHAT_QUEUE_FREE: usize = CONTROL_QUEUE / 2;
/// Longest message of room chat in bytes, so that a page of them is one message of the server. Full: refused.
pub const TALK_TEXT_MAX: usize = 4_096;
/// Messages of room chat in one page, and found by one search.
pub const TALK_PAGE: usize = 50;
/// Messages of one room that are kept. Full: the oldest go.
pub const TALK_KEPT: u64 = 10_000;
/// People who are named in one message. Further ones are plain text.
pub const TALK_MENTIONS_MAX: usize = 16;
/// Messages, changes and reactions of one room a second on average, and at once: so many reach everybody's queue. Full: refused with the
/// time to wait.
pub const TALK_ROOM_PER_S: u32 = 40;
pub const TALK_ROOM_BURST: u32 = 100;
/// Messages that one person may write a second on average, and at once; changes and reactions count too. Full: refused with the time to
/// wait.
pub const TALK_PER_S: u32 = 1;
pub const TALK_BURST: u32 = 8;
/// Pages and searches that one person may ask for a second on average, and at once: who scrolls back or types asks for some. A search
/// looks through everything that is kept.
pub const TALK_READS_PER_S: u32 = 4;
pub const TALK_READS_BURST: u32 = 20;
/// Longest search in bytes.
pub const TALK_SEARCH_MAX: usize = 256;
/// Longest time between two messages of one person that a moderator may set, in seconds.
pub const TALK_SLOW_MAX_S: u16 = 600;
/// What waits to be written to the database. Full: refused.
pub const TALK_WRITES: usize = 256;
/// Requests a second from one client, and the burst above it. Full: the connection is closed with a reason.
pub const REQUESTS_PER_S: u32 = 50;
pub const REQUEST_BURST: u32 = 200;
/// From accepting a connection to the end of its TLS handshake and hello. Half-open connections end here.
pub const HELLO_WAIT: Duration = Duration::from_secs(5);
/// From hello to login: a person may stand at the password prompt, but a client asks first and connects then.
pub const LOGIN_WAIT: Duration = Duration::from_secs(30);
/// A client sends a ping when it was silent for this long.
pub const PING_EVERY: Duration = Duration::from_secs(5);
/// A peer that said nothing for this long is gone.
pub const SILENCE_MAX: Duration = Duration::from_secs(20);
/// One write to a peer must finish within this time, else the peer does not read and is disconnected.
pub const WRITE_WAIT: Duration = Duration::from_secs(10);
/// Connections that have not logged in, in all and from one address. A class behind one address that joins at once fits.
/// Full: the oldest that has not said hello yet is closed for the newest, so that half-open connections, from wherever,
/// do not keep a class out; when all have said hello, the newest is closed.
pub const UNAUTHENTICATED_MAX: usize = 512;
pub const UNAUTHENTICATED_PER_ADDRESS: usize = 256;

// ---- login ----

/// Longest display name in bytes and longest room name and password in bytes.
pub const NAME_MAX: usize = 64;
pub const ROOM_NAME_MAX: usize = 64;
pub const PASSWORD_MAX: usize = 256;
/// Longest name of a program in a hello.
pub const AGENT_MAX: usize = 64;
/// Wrong passwords one address may send at once, and how long one of them takes to be forgiven. Full: refused with the
/// time to wait, other addresses are not affected.
pub const LOGIN_FAILURES_BURST: u32 = 10;
pub const LOGIN_FAILURE_FORGIVEN: Duration = Duration::from_secs(6);
/// Wrong passwords for one account from one address, on top of those of the address, and how long one takes to be forgiven. Others'
/// addresses are not affected, nor is who comes with a session: nobody locks anybody out. Full: refused with the time to wait.
pub const ACCOUNT_FAILURES_BURST: u32 = 5;
pub const ACCOUNT_FAILURE_FORGIVEN: Duration = Duration::from_secs(30);
/// Fewest characters of an account's password.
pub const ACCOUNT_PASSWORD_MIN: usize = 8;
/// Accounts of a server. Full: refused.
pub const ACCOUNTS_MAX: u32 = 10_000;
/// Accounts in one message.
pub const ACCOUNTS_PAGE: usize = 100;
/// Longest wrapped identity in bytes: a full ring of keys (`chat::ring`) fits. Longer: refused.
pub const ACCOUNT_IDENTITY_MAX: usize = 88 * 1024;
/// Sessions of one account. Full: the oldest ends.
pub const ACCOUNT_SESSIONS_MAX: usize = 20;
/// `[accounts] session_days`.
pub const SESSION_DAYS: std::ops::RangeInclusive<u32> = 1..=365;
/// Password hashes waiting for the hashing thread, in all and from one address. Full: refused with "busy, try again".
pub const HASH_QUEUE: usize = 64;
pub const HASH_QUEUE_PER_ADDRESS: usize = 8;
/// How long the seat of a lost connection stands in the roster as "reconnecting".
pub const SEAT_GRACE: Duration = Duration::from_secs(30);
/// How long a seat token is good for.
pub const SEAT_LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// People in one room. Full: login refused.
pub const ROOM_PEOPLE_MAX: usize = 1_000;
/// Messages waiting in a room's mailbox. Full: the sender waits.
pub const ROOM_MAILBOX: usize = 1_024;

// ---- private chat with people who are away ----

/// Parcels, and bytes of them, that wait for one person. Full: refused.
pub const MAIL_WAITING_MAX: u32 = 400;
pub const MAIL_WAITING_BYTES: u64 = 8 * 1024 * 1024;
/// Parcels of one person that wait for another, and for all others. Full: refused.
pub const MAIL_FROM_ONE_MAX: u32 = 100;
pub const MAIL_SENT_MAX: u32 = 1_000;
/// Parcels that are handed over at once; the next ones when fewer than so many are not acknowledged.
pub const MAIL_PAGE: usize = 32;
/// Numbers in one acknowledgement. Longer: nothing of it is done.
pub const MAIL_TAKEN_MAX: usize = 64;
/// People of one room who can be written to while they are away. Full: a further one has no mailbox there.
pub const MAILBOXES_MAX: usize = 1_000;
/// `[chat] keep_days`.
pub const MAIL_KEEP_DAYS: std::ops::RangeInclusive<u32> = 1..=30;
/// A mailbox prekey is replaced at the first entry after this time, is not written to any more after its signed time, and its private part
/// is destroyed when it is replaced and the longest time has passed that a server keeps parcels.
pub const MAILBOX_RENEW_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
pub const MAILBOX_GOOD_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
pub const MAILBOX_OPEN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

// ---- private chat, on the client's side ----

/// People with whom something is written. Full: others are not opened.
pub const CHAT_CONVERSATIONS_MAX: usize = 2 * ROOM_PEOPLE_MAX;
/// Messages of one conversation that are shown. Full: the oldest is let go.
pub const CHAT_ITEMS_MAX: usize = 500;
/// Messages to one person that have not arrived. Full: no further one is taken.
pub const CHAT_UNDELIVERED_MAX: usize = 64;
/// Parcels of one person that wait for keys, or for somebody to look at a changed identity. Full: dropped; their sender sends them again.
pub const CHAT_HELD_MAX: usize = 32;
/// Names of messages of one identity that are remembered, so that what is sent again is not shown again. Full: the oldest goes.
pub const CHAT_RECENT_MAX: usize = 4_096;
/// Largest attachment that a server may allow, and the one of a server that says nothing.
pub const CHAT_ATTACHMENT_MAX: u64 = 64 << 20;
/// What all attachments that a program offers, or holds after they came, may have together. Full: no further one is taken.
pub const CHAT_ATTACHMENTS_MAX: u64 = 4 * CHAT_ATTACHMENT_MAX;
/// Bytes of an attachment in one message, but for the last: with what stands beside them they fill the largest bucket.
pub const CHAT_PIECE: usize = 65_536;
/// Pieces that go before one of them has arrived.
pub const CHAT_PIECES_AHEAD: u32 = 4;
/// What a ring of keys remembers: people and their identities, keys that were used, messages that were opened. Full: the oldest goes; a
/// used key goes with its prekey alone.
pub const RING_PEERS_MAX: usize = 256;
pub const RING_USED_MAX: usize = 512;
pub const RING_OPENED_MAX: usize = 512;
/// Prekeys of a ring that can be opened with. Full: the oldest is destroyed early.
pub const RING_PREKEYS_MAX: usize = 6;
/// Bytes of the conversations that a computer keeps for an account. Full: the oldest messages go, to half of it.
pub const HISTORY_FILE_MAX: u64 = 16 << 20;
/// Longest record of it in bytes: the longest text, with its proof.
pub const HISTORY_RECORD_MAX: usize = 80 * 1024;
/// Reports that an instructor's program shows. Full: later ones are told, not kept.
pub const CHAT_REPORTS_MAX: usize = 500;
/// A server that has not answered for so long is asked again later.
pub const CHAT_ANSWER_WAIT: Duration = Duration::from_secs(5);
/// When the server refused as the other's queue is full.
pub const CHAT_RETRY_AFTER: Duration = Duration::from_millis(500);
/// What nobody says has arrived is sent again after this time, then after twice, and so on; this often in all.
pub const CHAT_AGAIN_AFTER: Duration = Duration::from_secs(5);
pub const CHAT_TRIES_MAX: u32 = 6;
/// How often the key to one person is replaced because that person cannot read: whoever says so costs this machine a private operation.
pub const CHAT_RENEW_EVERY: Duration = Duration::from_secs(5);
/// How often somebody is told that a message of theirs cannot be read.
pub const CHAT_UNREAD_EVERY: Duration = Duration::from_secs(2);
/// How often somebody is told that this member writes, and how long that is shown there.
pub const CHAT_TYPING_EVERY: Duration = Duration::from_secs(3);
pub const CHAT_TYPING_FOR: Duration = Duration::from_secs(6);

// ---- media port ----

/// From accepting a media connection to its hello.
pub const MEDIA_HELLO_WAIT: Duration = Duration::from_secs(5);
/// A media connection without a request for this long is closed; a player that buffers opens it again.
pub const MEDIA_IDLE: Duration = Duration::from_secs(120);
/// A server that has just been started lets a request for a chunk that it does not know wait for so long at most, while it
/// still looks through what was prepared before.
pub const SETTLE_WAIT: Duration = Duration::from_secs(30);
/// Media connections of one seat. Full: the newest is refused.
pub const MEDIA_CONNECTIONS_PER_SEAT: usize = 6;
/// Media connections that have not answered the challenge, in all and from one address. Full: the oldest of them is closed.
pub const MEDIA_UNPROVEN_MAX: usize = 512;
pub const MEDIA_UNPROVEN_PER_ADDRESS: usize = 256;
/// Longest sealed request in bytes.
pub const MEDIA_REQUEST_MAX: usize = 256;
/// Longest sealed reply in bytes.
pub const MEDIA_REPLY_MAX: usize = 1_024;
/// Requests of one connection that wait for their turn. Full: answered with `Busy`.
pub const MEDIA_REQUESTS_WAITING: usize = 32;
/// Plaintext of one chunk record in bytes: small enough that decoding starts early, large enough that 16 bytes of tag
/// and 6 of header do not matter.
pub const RECORD_PLAIN: usize = 16 * 1024;
/// Bytes that the system holds unsent for one media connection, where it can be told: so much still comes after a cancel.
pub const MEDIA_UNSENT_MAX: u32 = 128 * 1024;
/// Longest body of one response frame in bytes: what is sent before a cancel is looked at.
pub const RESPONSE_FRAME_MAX: usize = 256 * 1024;
/// Largest chunk in bytes: 2 s at the largest bit rate of a rung, four times over.
pub const CHUNK_MAX: usize = 100 * 1024 * 1024;

// ---- live streams ----

/// Largest coded picture or sound packet in bytes: a keyframe of 1440p at a high rate is a third of it. Full: the publisher's
/// connection is closed.
pub const LIVE_UNIT_MAX: usize = 1024 * 1024;
/// Largest body of a frame of live records: a unit with the headers and tags of its records.
pub const LIVE_FRAME_MAX: usize = LIVE_UNIT_MAX + LIVE_UNIT_MAX / 24;
/// Plaintext of one piece of a unit on its way from its publisher.
pub const LIVE_PIECE_MAX: usize = 16 * 1024;
/// Records of one track that a viewer holds or waits for, some three of the largest units. Full: the oldest are given up.
pub const LIVE_WINDOW: u32 = 4_096;
/// Runs of missing records in one request for them. Full: the rest is asked for with the next.
pub const LIVE_NACK_RANGES: usize = 32;
/// Streams of one room, and of one person in it. Full: refused.
pub const LIVE_STREAMS_MAX: usize = 32;
pub const LIVE_STREAMS_PER_PERSON: usize = 4;
/// Longest name of a stream in bytes.
pub const LIVE_NAME_MAX: usize = 64;
/// Longest decoder configuration of an offer in bytes.
pub const LIVE_AVCC_MAX: usize = 1_024;
/// Bytes that a stream keeps since its newest keyframe, for late joiners and repairs. Full: the oldest units go, and who
/// needs them waits for a keyframe.
pub const LIVE_KEPT_MAX: usize = 16 * 1024 * 1024;
/// Units that wait for one viewer. Full: what waits is left out up to the newest keyframe, and counted.
pub const LIVE_BEHIND_MAX: usize = 30;
/// Least time between two keyframes that viewers ask for.
pub const LIVE_KEYFRAME_EVERY: Duration = Duration::from_millis(500);
/// A stream whose publisher sent nothing for this long has ended.
pub const LIVE_SILENCE_MAX: Duration = Duration::from_secs(10);
/// Bytes that the system holds unsent for one viewer of a live stream: so much it lags at most before it is left out.
pub const LIVE_UNSENT_MAX: u32 = 32 * 1024;
/// A viewer of a live stream reports this often how it fares; a report is kept for so long, and instructors are told so many of a
/// stream, worst first.
pub const LIVE_REPORT_EVERY: Duration = Duration::from_secs(2);
pub const LIVE_REPORTS_KEPT: Duration = Duration::from_secs(7);
pub const LIVE_REPORTS_TOLD: usize = 100;
/// A lower rung of a live stream is made for so long after the last viewer has left it.
pub const LIVE_RUNG_IDLE: Duration = Duration::from_secs(5);
/// Lower rungs that are made at once, of all streams. Full: the next waits, and its viewers stay where they are.
pub const LIVE_RUNG_WORKERS_MAX: usize = 8;
/// Addresses of one session over UDP. Full: the one that was silent longest is forgotten.
pub const DATAGRAM_PEERS_PER_SESSION: usize = 4;
/// A viewer over UDP that said nothing for this long is gone; it compares clocks every second.
pub const DATAGRAM_SILENCE_MAX: Duration = Duration::from_secs(8);
/// Largest datagram that is read.
pub const DATAGRAM_MAX: usize = 1_500;
/// Repaired records of one viewer, in percent of those that it was sent, and what it may ask for at once. Full: the rest is
/// not sent again; a line that loses more needs a lower rung.
pub const REPAIR_PERCENT: u32 = 30;
pub const REPAIR_BURST: u32 = 256;
/// Parity that a viewer gets at most, in percent of the records. A line that loses more than this restores needs a lower rung.
pub const PARITY_PERCENT_MAX: u8 = 50;
/// A client compares its clock with the server's this often; faster at first, and where the line jitters.
pub const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// What is shown lags behind what is captured by so much at least and at most.
pub const LIVE_TARGET_MIN: Duration = Duration::from_millis(30);
/// Sound without pictures: every speaker of a class can keep it, whatever its device needs.
pub const LIVE_TARGET_SOUND: Duration = Duration::from_millis(150);
pub const LIVE_TARGET_MAX: Duration = Duration::from_millis(400);

// ---- finding a server ----

/// Length of a probe in bytes, and the most of an answer: nobody gets more than they sent. Other lengths are not answered.
pub const BEACON_DATAGRAM: usize = 256;
/// Probes that one origin gets answered a second, and at once. A client asks each of its networks every 2 s. Full: no answer.
pub const BEACON_ANSWERS_PER_ORIGIN_PER_S: u32 = 5;
pub const BEACON_ANSWERS_PER_ORIGIN_BURST: u32 = 20;
/// Answers a second in all, and at once: a class that starts at the same time. Full: no answer.
pub const BEACON_ANSWERS_PER_S: u32 = 400;
pub const BEACON_ANSWERS_BURST: u32 = 1_000;
/// Origins whose probes are counted. Full: those that asked seldom are forgotten, else the new one gets no answer.
pub const BEACON_ORIGINS_MAX: usize = 4_096;
/// Rooms that a server names when it is asked who serves a class. Full: the others are counted.
pub const BEACON_ROOMS_MAX: usize = 16;
/// A client that looks for servers asks this often.
pub const BEACON_EVERY: Duration = Duration::from_secs(2);
/// An address that did not answer for this long has gone silent: three probes and a little.
pub const BEACON_SILENT: Duration = Duration::from_secs(7);
/// Servers that a client shows. Full: those that come later are left out.
pub const FOUND_MAX: usize = 64;
// ---- a room's bandwidth ----

/// Who asked for nothing for this long does not watch: its share goes to the others.
pub const SHARE_IDLE: Duration = Duration::from_secs(10);
/// What each viewer uses is measured over this long.
pub const SHARE_WINDOW: Duration = Duration::from_secs(4);
/// Least time between two looks at the shares, and least change in percent that is told.
pub const SHARE_EVERY: Duration = Duration::from_millis(500);
pub const SHARE_CHANGE_PERCENT: u32 = 10;
/// A viewer that takes a live rung above its share for this long is sent that rung no more; viewers go down by themselves before.
pub const LIVE_OVER_SHARE: Duration = Duration::from_secs(4);

// ---- what an operator may set: the ranges of `config.ini` ----

/// Rungs in `[resolutions]`. Each is encoded for every video.
pub const RUNGS_MAX: usize = 16;
/// `[limits] chunk_cache` in MiB: below the least, not even the segments that a class watches now fit.
pub const CHUNK_CACHE_MIB: std::ops::RangeInclusive<u32> = 4..=65_536;
/// `[limits] worker_memory` in MiB: a 1440p source with its rungs needs some hundreds.
pub const WORKER_MEMORY_MIB: std::ops::RangeInclusive<u32> = 128..=65_536;
/// `[limits] worker_time` in multiples of the video's duration.
pub const WORKER_TIME: std::ops::RangeInclusive<u32> = 1..=1_000;

/// `[limits] room_bandwidth` in bits per second: below, not even one viewer of the lowest rung is served.
pub const ROOM_BANDWIDTH_BPS: std::ops::RangeInclusive<u64> = 100_000..=100_000_000_000;

/// `[privacy] keep_days`: who was there is kept for so many days.
pub const KEEP_DAYS: std::ops::RangeInclusive<u32> = 1..=3_650;

// ---- the library ----

/// Files of `videos/` that are taken into the catalogue, by name. Full: the rest is left out and the log says so.
pub const LIBRARY_FILES_MAX: usize = 10_000;
/// A file whose size and time did not change for this long has been copied in.
pub const FILE_SETTLED: Duration = Duration::from_secs(1);
/// `videos/` is looked through this often even if the system announced no change: network file systems announce none.
pub const RESCAN_EVERY: Duration = Duration::from_secs(30);
/// Prepared chunks that no file uses any more are kept this long: a renamed file goes before it comes.
pub const ORPHAN_GRACE: Duration = Duration::from_secs(3);
/// Such chunks of which any was fetched are kept until so long after the last: who plays a file that was replaced goes on to
/// its end, short pauses included. A viewer asks for more every few seconds.
pub const CHUNKS_IN_USE: Duration = Duration::from_secs(60);
/// But no longer than this, however often they are fetched: a viewer does not hold the disk. Full: they are deleted.
pub const CHUNKS_KEPT_MAX: Duration = Duration::from_secs(6 * 3600);
/// A video that could not be prepared because the disk was full is tried again this often.
pub const NO_SPACE_RETRY: Duration = Duration::from_secs(60);
/// Least time between two progress updates of the catalogue to a client.
pub const CATALOGUE_EVERY: Duration = Duration::from_millis(250);
/// Least and most time between two manifests of a video that is being prepared; in between it is a tenth of the time that
/// it has taken, so that all of them together are a few times the size of the last.
pub const PARTIAL_EVERY_MIN: Duration = Duration::from_millis(400);
pub const PARTIAL_EVERY_MAX: Duration = Duration::from_secs(10);
/// Wishes for a place of such a video are followed this often at most, and a viewer who still waits repeats it this often.
pub const WISH_EVERY: Duration = Duration::from_secs(1);
/// A video that somebody waited for is not put back for another for this long.
pub const WANTED_FOR: Duration = Duration::from_secs(30);
/// A viewer tells this often at most how far it is with fetching a lesson ahead, and instructors are told as often.
pub const AHEAD_EVERY: Duration = Duration::from_secs(1);
/// Wishes that wait for the library. Full: further ones are dropped, and come again.
pub const WANTS_QUEUE: usize = 64;
/// A media worker that says nothing for this long hangs and is killed.
pub const WORKER_SILENCE: Duration = Duration::from_secs(20);
/// Time that every media worker has on top of `worker_time`.
pub const WORKER_TIME_BASE: Duration = Duration::from_secs(120);
/// Longest line of a media worker on its output or error output, in bytes. Full: the worker is ended; the rest of an
/// error line is dropped.
pub const WORKER_LINE_MAX: usize = 512 * 1024;
/// Lines of a worker's error output that go to the log in one run. Full: the rest is dropped.
pub const WORKER_LOG_LINES: usize = 200;
/// Chapters of one video, and sound tracks that are prepared. Full: the rest is left out.
pub const CHAPTERS_MAX: usize = 500;
pub const SOUND_TRACKS_MAX: usize = 32;
/// Stretches of one video that are named as not readable. Full: the shortest are left out.
pub const LOST_MAX: usize = 100;
/// Losses that one run of a media worker notes. Full: the rest is not told.
pub const LOST_LINES_MAX: usize = 10_000;
/// Longest title in characters, and longest reason of a failure.
pub const TITLE_MAX: usize = 200;
pub const REASON_MAX: usize = 500;
/// Largest `tracks/*.json`, `source.json` or manifest in bytes: a day of 2 s segments in 16 rungs is below.
pub const PREPARED_JSON_MAX: u64 = 256 * 1024 * 1024;

// ---- listening ----

/// What a listener holds of a file that is sent, while he or she has paused it or stays behind: an hour. Full: the oldest is left out.
pub const LISTEN_HELD_FILE: Duration = Duration::from_secs(3_600);
/// What a listener holds of a live source until it is heard. Full: the oldest is left out.
pub const LISTEN_HELD_LIVE: Duration = Duration::from_secs(2);
/// Bytes of either, coded: an hour at 96 kbit/s is 43 MB. Full: the oldest is left out.
pub const LISTEN_HELD_BYTES: usize = 48 * 1024 * 1024;

// ---- chunk serving ----

/// Records of one piece of the sealed cache: 64 KiB of plaintext.
pub const PIECE_RECORDS: u32 = 4;
/// Pieces of one response frame at most: two are fewer calls of the system, and still little for a viewer that stopped
/// reading to hold.
pub const FRAME_PIECES: usize = 2;
/// Pieces that are read and sealed at once. Full: the next waits.
pub const SEALING_AT_ONCE: usize = 4;

// ---- connections ----

/// Control connections in all, before the next is accepted. Full: the operating system's queue holds the rest.
pub const CONTROL_CONNECTIONS_MAX: usize = ROOM_PEOPLE_MAX + UNAUTHENTICATED_MAX;
/// Media connections in all, before the next is accepted.
pub const MEDIA_CONNECTIONS_MAX: usize = ROOM_PEOPLE_MAX * MEDIA_CONNECTIONS_PER_SEAT + MEDIA_UNPROVEN_MAX;
/// Addresses whose wrong passwords are remembered. Full: those that are forgiven go first, then the least guilty.
pub const LOGIN_ADDRESSES_MAX: usize = 4_096;
/// How long a connection has to take its last message when the server closes it.
pub const CLOSING_WAIT: Duration = Duration::from_millis(300);

// ---- the database ----

/// Writes that wait for the database. Full: whoever writes waits.
pub const STORE_QUEUE: usize = 1_024;
/// Writes that reach the disk together. Full: the next go with the next commit.
pub const STORE_GROUP: usize = 256;

// ---- rooms ----

/// Least time between two messages about changed people to a client: a class that joins at once is a few messages.
pub const ROSTER_EVERY: Duration = Duration::from_millis(100);
/// People who wait to be admitted. Full: refused as if the room were full.
pub const WAITING_MAX: usize = 200;
/// Who is kept out of a room. Full: the oldest is forgotten.
pub const BANS_MAX: usize = 1_000;
/// Longest question and answer of a poll in bytes, and most answers. Else refused.
pub const POLL_TEXT_MAX: usize = 256;
pub const POLL_ANSWERS_MAX: usize = 8;
/// How long an access code may be good, in seconds (a minute to 30 days), and for how many people. Else refused.
pub const CODE_LIFE_S: std::ops::RangeInclusive<u32> = 60..=30 * 86_400;
pub const CODE_USES: std::ops::RangeInclusive<u32> = 1..=1_000;
/// Rooms of a server. Full: refused.
pub const ROOMS_MAX: usize = 32;
/// Codes of a room with which somebody could enter. Full: refused.
pub const CODES_MAX: usize = 200;
/// Times of attendance that a room keeps, and those in one message. Full: the oldest that has ended is forgotten.
pub const ATTENDANCE_MAX: usize = 50_000;
pub const ATTENDANCE_PAGE: usize = 1_000;
/// A new media key is announced this long before it is used, so that no record comes before its key.
pub const EPOCH_LEAD: Duration = Duration::from_secs(1);

// ---- handing out the viewer ----

/// Files of `[paths] dist` that are listed, by name. Full: the rest is left out.
pub const HANDOUT_FILES_MAX: usize = 64;
/// Longest name of such a file in bytes. Longer ones are left out.
pub const HANDOUT_NAME_MAX: usize = 128;
/// Largest such file in bytes. Larger ones are left out.
pub const HANDOUT_FILE_MAX: u64 = 512 * 1024 * 1024;
/// Longest reply of a server that hands out. Full: the client closes.
pub const HANDOUT_REPLY_MAX: usize = 64 * 1024;
/// Files that are handed out at once. Full: refused with the time to wait, as strangers may ask for them.
pub const HANDOUT_AT_ONCE: usize = 4;
/// How long a client that was refused so waits.
pub const HANDOUT_RETRY: Duration = Duration::from_secs(2);
/// Bytes a second that all who are handed files get together: a tenth of a gigabit network, the rest is the lesson's.
pub const HANDOUT_BYTES_PER_S: u64 = 12 * 1024 * 1024;
/// Bytes that are sent at once.
pub const HANDOUT_PIECE: usize = 64 * 1024;
/// `[paths] dist` is looked through again when the last look is older.
pub const HANDOUT_RESCAN: Duration = Duration::from_secs(2);
