//! Every enum of the control plane and of the media port with the names of its variants, for the golden vectors.

use lectern_proto::control::*;
use lectern_proto::media::{End, Reply, Request as MediaRequest};

/// An enum's variants by name: an exhaustive match, so that a new variant does not compile until it is named here, and the
/// list of all names, so that one without golden bytes is found.
macro_rules! variants {
    ($function:ident, $all:ident, $type:ty: $($pattern:pat => $name:literal),+ $(,)?) => {
        pub fn $function(message: &$type) -> &'static str {
            match message { $($pattern => $name),+ }
        }
        pub const $all: &[&str] = &[$($name),+];
    };
}

variants!(hello_reply, HELLO_REPLIES, HelloReply: HelloReply::Welcome(_) => "Welcome", HelloReply::Refused { .. } => "Refused");
variants!(proof, PROOFS, Proof: Proof::Password(_) => "Password", Proof::InstructorKey(_) => "InstructorKey", Proof::Seat(_) => "Seat", Proof::Code(_) => "Code",
    Proof::Account(_) => "Account");
variants!(login_refusal, LOGIN_REFUSALS, LoginRefusal:
    LoginRefusal::WrongRoomOrPassword => "WrongRoomOrPassword",
    LoginRefusal::WrongInstructorKey => "WrongInstructorKey",
    LoginRefusal::SeatUnknown => "SeatUnknown",
    LoginRefusal::TooManyFailures { .. } => "TooManyFailures",
    LoginRefusal::Busy { .. } => "Busy",
    LoginRefusal::RoomFull => "RoomFull",
    LoginRefusal::BadName => "BadName",
    LoginRefusal::Locked => "Locked", LoginRefusal::TurnedAway => "TurnedAway", LoginRefusal::Banned => "Banned",
    LoginRefusal::WrongCode => "WrongCode",
    LoginRefusal::Challenge(_) => "Challenge",
    LoginRefusal::Account(_) => "Account",
);
variants!(request, REQUESTS, Request:
    Request::Ping { .. } => "Ping", Request::Leave => "Leave", Request::Remove { .. } => "Remove", Request::Want { .. } => "Want",
    Request::FetchAhead { .. } => "FetchAhead",
    Request::FetchedAhead { .. } => "FetchedAhead",
    Request::Publish { .. } => "Publish", Request::EndStream { .. } => "EndStream",
    Request::Report(_) => "Report", Request::SetTogether { .. } => "SetTogether",
    Request::GiveStage { .. } => "GiveStage", Request::Quiet { .. } => "Quiet", Request::Freeze { .. } => "Freeze",
    Request::Record { .. } => "Record", Request::AllowRecording { .. } => "AllowRecording",
    Request::Chat(_) => "Chat", Request::Room { .. } => "Room", Request::Talk(_) => "Talk",
    Request::Account { .. } => "Account", Request::Speaking { .. } => "Speaking", Request::Lab { .. } => "Lab",
);
variants!(event, EVENTS, Event:
    Event::Pong { .. } => "Pong",
    Event::People(_) => "People",
    Event::PersonLeft(_) => "PersonLeft",
    Event::Videos(_) => "Videos",
    Event::VideoRemoved(_) => "VideoRemoved",
    Event::Synchronised => "Synchronised",
    Event::MediaEpoch { .. } => "MediaEpoch",
    Event::Answer { .. } => "Answer",
    Event::Closing(_) => "Closing",
    Event::Share { .. } => "Share",
    Event::FetchAhead(_) => "FetchAhead",
    Event::FetchedAhead { .. } => "FetchedAhead",
    Event::Streams(_) => "Streams",
    Event::StreamEnded(_) => "StreamEnded",
    Event::Published { .. } => "Published",
    Event::Reports { .. } => "Reports",
    Event::Together { .. } => "Together",
    Event::Stage(_) => "Stage",
    Event::Quiet(_) => "Quiet",
    Event::Frozen(_) => "Frozen",
    Event::Recorded(_) => "Recorded", Event::RecordingAsked(_) => "RecordingAsked",
    Event::Chat(_) => "Chat", Event::Room(_) => "Room", Event::Talk(_) => "Talk",
    Event::Account(_) => "Account", Event::Lab(_) => "Lab",
);
variants!(close_reason, CLOSE_REASONS, CloseReason:
    CloseReason::Removed { .. } => "Removed",
    CloseReason::Replaced => "Replaced",
    CloseReason::ServerStopping => "ServerStopping",
    CloseReason::Overrun => "Overrun",
    CloseReason::ProtocolError(_) => "ProtocolError", CloseReason::RoomClosed { .. } => "RoomClosed",
);
variants!(refusal_name, REFUSALS, Refusal:
    Refusal::NotAllowed => "NotAllowed", Refusal::NoSuchPerson => "NoSuchPerson", Refusal::NoSuchVideo => "NoSuchVideo",
    Refusal::NoSuchStream => "NoSuchStream", Refusal::NameTaken => "NameTaken", Refusal::TooMany => "TooMany", Refusal::BadOffer => "BadOffer",
    Refusal::Quiet => "Quiet", Refusal::Unwritable => "Unwritable", Refusal::Away => "Away", Refusal::Full => "Full",
    Refusal::BadKeys => "BadKeys", Refusal::NoPrivateChat => "NoPrivateChat",
    Refusal::Muted => "Muted", Refusal::NoSuchPoll => "NoSuchPoll", Refusal::BadPoll => "BadPoll", Refusal::BadCode => "BadCode",
    Refusal::BadRoom => "BadRoom", Refusal::NoSuchRoom => "NoSuchRoom", Refusal::NoMailbox => "NoMailbox",
    Refusal::MailboxFull => "MailboxFull", Refusal::NotKept => "NotKept",
    Refusal::NoSuchRun => "NoSuchRun", Refusal::BadRun => "BadRun",
);
variants!(stream_kind, STREAM_KINDS, StreamKind:
    StreamKind::Camera => "Camera", StreamKind::Screen => "Screen", StreamKind::Microphone => "Microphone",
    StreamKind::Pattern => "Pattern", StreamKind::File => "File", StreamKind::Podcast => "Podcast", StreamKind::Recording => "Recording",
);
variants!(video_state, VIDEO_STATES, VideoState:
    VideoState::Waiting => "Waiting",
    VideoState::Preparing { .. } => "Preparing",
    VideoState::Ready { .. } => "Ready",
    VideoState::Failed { .. } => "Failed",
);
variants!(role, ROLES, Role: Role::Student => "Student", Role::Instructor => "Instructor", Role::Assistant => "Assistant", Role::Guest => "Guest");
variants!(media_request, MEDIA_REQUESTS, MediaRequest:
    MediaRequest::Fetch { .. } => "Fetch", MediaRequest::Cancel { .. } => "Cancel",
    MediaRequest::Subscribe { .. } => "Subscribe", MediaRequest::Unsubscribe { .. } => "Unsubscribe", MediaRequest::Clock { .. } => "Clock",
    MediaRequest::Publish { .. } => "Publish", MediaRequest::Piece(_) => "Piece",
);
variants!(media_reply, MEDIA_REPLIES, Reply:
    Reply::Accepted { .. } => "Accepted", Reply::Ended { .. } => "Ended", Reply::Clock { .. } => "Clock",
    Reply::Publishing { .. } => "Publishing", Reply::KeyframeWanted => "KeyframeWanted", Reply::StreamOver { .. } => "StreamOver", Reply::NotWithinShare { .. } => "NotWithinShare",
);
variants!(end, ENDS, End: End::Cancelled => "Cancelled", End::NotFound => "NotFound", End::Busy => "Busy", End::Unreadable => "Unreadable");
