//! Every error that reaches the window has its own sentence in both languages.

use std::io::ErrorKind;
use std::io::ErrorKind::NotFound;

use lectern_media::speaker::SpeakerError;
use lectern_media::video_decoder::DecodeError;
use lectern_proto::control::{AccountRefusal, FailureKind, FailureReason, NameFault, PersonId, Refusal, StreamId};
use lectern_proto::fmp4::Fmp4Error;
use lectern_proto::link::LinkError;
use lectern_proto::live::pipe::{Trouble as SourceTrouble, TroubleCode};
use lectern_proto::quality::QualityError;

use super::super::manage::ManageError;
use super::super::strings::{Language, Strings};
use super::super::wishes::Wish;
use super::joining::{lost, update_error};
use super::*;
use crate::account::AccountError;
use crate::class::{ClassState, JoinError, OtherVersion, StreamError};
use crate::connect::trouble::{LostWhy, Trouble};
use crate::fetch::FetchError;
use crate::here::{FileTrouble, HereError};
use crate::keep_file::KeepError;
use crate::live::{DevicesError, LiveEnd, LiveError, OffAir, Stopped};
use crate::player::{PlayError, PlayTrouble, Silence};
use crate::update::UpdateError;

/// An example of each variant. One that has none does not compile, and an example stands behind its own variant.
macro_rules! every {
    ($type:ty: $($pattern:pat => $example:expr),+ $(,)?) => {{
        let _each = |it: &$type| match it { $($pattern => ()),+ };
        let examples: Vec<$type> = vec![$({
            let example: $type = $example;
            assert!(matches!(&example, $pattern), "{example:?} is not {}", stringify!($pattern));
            example
        }),+];
        examples
    }};
}

/// Both languages say something, each its own; no two examples the same.
fn check<T: std::fmt::Debug>(examples: &[T], say: impl Fn(&Strings, &T) -> String) {
    let (english, german) = (Strings::new(Language::English), Strings::new(Language::German));
    let mut said = std::collections::BTreeMap::new();
    for example in examples {
        let (en, de) = (say(&english, example), say(&german, example));
        assert_ne!(en, de, "{example:?} is not translated");
        for text in [&en, &de] {
            // A key shows itself where there is no string, and a parameter where it was not given.
            assert!(text.contains(' ') && !text.contains(['{', '}', '$']), "{example:?}: {text}");
        }
        if let Some(other) = said.insert(en.clone(), format!("{example:?}")) {
            panic!("{example:?} and {other} are told alike: {en}");
        }
    }
}

fn no_right() -> SystemError {
    SystemError::from(std::io::Error::from(ErrorKind::PermissionDenied))
}

fn other_version() -> OtherVersion {
    OtherVersion { agent: "lectern 9.9.9".into(), oldest: 98, newest: 99 }
}

fn troubles() -> Vec<Trouble> {
    every!(Trouble:
        Trouble::Refused => Trouble::Refused,
        Trouble::Filtered => Trouble::Filtered,
        Trouble::Isolated => Trouble::Isolated,
        Trouble::Silent => Trouble::Silent,
        Trouble::OffNetwork => Trouble::OffNetwork,
        Trouble::NoNetwork => Trouble::NoNetwork,
        Trouble::UnknownName(_) => Trouble::UnknownName("lab".into()),
        Trouble::NotLectern => Trouble::NotLectern,
        Trouble::Lost(_) => Trouble::Lost(LostWhy::Closed),
        Trouble::System(_) => Trouble::System(no_right()),
        Trouble::Internal(_) => Trouble::Internal("odd".into()),
    )
}

fn updates() -> Vec<UpdateError> {
    every!(UpdateError:
        UpdateError::Unreachable(_) => UpdateError::Unreachable(JoinError::RoomFull),
        UpdateError::None => UpdateError::None,
        UpdateError::Busy => UpdateError::Busy,
        UpdateError::Broken(_) => UpdateError::Broken(LostWhy::Closed),
        UpdateError::Wrong => UpdateError::Wrong,
        UpdateError::Unwritable { .. } => UpdateError::Unwritable { path: "/home/ana".into(), why: no_right() },
    )
}

#[test]
fn why_somebody_is_not_in_a_class() {
    let mut joins = every!(JoinError:
        JoinError::Unreachable { .. } => JoinError::Unreachable { hosts: "h".into(), port: 1, trouble: Trouble::Refused },
        JoinError::Account(_) => JoinError::Account(lectern_proto::control::AccountRefusal::NameTaken),
        JoinError::BadPassword(_) => JoinError::BadPassword(lectern_proto::account::PasswordError::Short),
        JoinError::ChangedCertificate { .. } => JoinError::ChangedCertificate { host: "h".into() },
        JoinError::OtherCertificate { .. } => JoinError::OtherCertificate { host: "h".into() },
        JoinError::Version { .. } => JoinError::Version { what: other_version(), unfetched: None },
        JoinError::OtherVersionFetched { .. } => {
            JoinError::OtherVersionFetched { what: other_version(), version: "9.9.9".into(), path: "/l.deb".into(), is_package: true }
        },
        JoinError::WrongPassword => JoinError::WrongPassword,
        JoinError::WrongInstructorKey => JoinError::WrongInstructorKey,
        JoinError::TooManyFailures(_) => JoinError::TooManyFailures(3),
        JoinError::Busy(_) => JoinError::Busy(3),
        JoinError::RoomFull => JoinError::RoomFull,
        JoinError::BadName => JoinError::BadName,
        JoinError::Locked => JoinError::Locked,
        JoinError::WrongCode => JoinError::WrongCode,
        JoinError::TurnedAway => JoinError::TurnedAway,
        JoinError::Banned => JoinError::Banned,
        JoinError::PasswordNeeded => JoinError::PasswordNeeded,
        JoinError::RoomClosed { .. } => JoinError::RoomClosed { by: "Ms Novak".into() },
        JoinError::Removed { .. } => JoinError::Removed { by: "Ms Novak".into() },
        JoinError::Replaced => JoinError::Replaced,
        JoinError::Left => JoinError::Left,
        JoinError::Closed(_) => JoinError::Closed("not a message".into()),
    );
    joins.push(JoinError::OtherVersionFetched { what: other_version(), version: "9.9.9".into(), path: "/l.zip".into(), is_package: false });
    joins.extend(updates().into_iter().map(|why| JoinError::Version { what: other_version(), unfetched: Some(Box::new(why)) }));
    joins.extend(troubles().into_iter().skip(1).map(|trouble| JoinError::Unreachable { hosts: "h".into(), port: 1, trouble }));
    check(&joins, join_error);
    check(&troubles(), trouble);
    check(&updates(), update_error);
    let losses = every!(LostWhy:
        LostWhy::Closed => LostWhy::Closed,
        LostWhy::NotReading => LostWhy::NotReading,
        LostWhy::Silent(_) => LostWhy::Silent(20),
        LostWhy::NotLectern(_) => LostWhy::NotLectern("not a message".into()),
        LostWhy::System(_) => LostWhy::System(no_right()),
        LostWhy::Stopped => LostWhy::Stopped,
        LostWhy::Overrun => LostWhy::Overrun,
        LostWhy::Busy(_) => LostWhy::Busy(3),
    );
    check(&losses, lost);
    let links = every!(LinkError:
        LinkError::Scheme => LinkError::Scheme,
        LinkError::Length => LinkError::Length,
        LinkError::Hosts => LinkError::Hosts,
        LinkError::Port => LinkError::Port,
        LinkError::Room => LinkError::Room,
        LinkError::Fingerprint => LinkError::Fingerprint,
        LinkError::Parameter(_) => LinkError::Parameter("x".into()),
    );
    check(&links, link_error);
}

#[test]
fn why_nothing_was_started_here() {
    let file = |why| HereError::File { path: "/home/ana/x.mp4".into(), why };
    let mut all = every!(HereError:
        HereError::NoServer => HereError::NoServer,
        HereError::NoWorker => HereError::NoWorker,
        HereError::File { .. } => file(FileTrouble::Missing),
        HereError::Folder { .. } => HereError::Folder { path: "/videos".into(), why: no_right() },
        HereError::Running => HereError::Running,
        HereError::NoStorage => HereError::NoStorage,
        HereError::Slow(_) => HereError::Slow(30),
        HereError::Unstartable(_) => HereError::Unstartable(no_right()),
        HereError::Failed(_) => HereError::Failed("no space".into()),
        HereError::Ended(_) => HereError::Ended(3),
    );
    let files = every!(FileTrouble:
        FileTrouble::Missing => FileTrouble::Missing,
        FileTrouble::Folder => FileTrouble::Folder,
        FileTrouble::NoFile => FileTrouble::NoFile,
        FileTrouble::Forbidden => FileTrouble::Forbidden,
        FileTrouble::Unreadable(_) => FileTrouble::Unreadable(no_right()),
    );
    all.extend(files.into_iter().skip(1).map(file));
    check(&all, here_error);
}

#[test]
fn why_a_video_does_not_play_or_is_not_heard() {
    let unknown = || QualityError::UnknownRung { name: "9p".into(), known: "144p".into() };
    let decoding = || {
        every!(DecodeError:
            DecodeError::NoDecoder(_) => DecodeError::NoDecoder("H.264"),
            DecodeError::Configuration(_) => DecodeError::Configuration("odd".into()),
            DecodeError::Damaged(_) => DecodeError::Damaged("odd".into()),
            DecodeError::Format => DecodeError::Format,
            DecodeError::Memory => DecodeError::Memory,
        )
    };
    let errors = every!(PlayError:
        PlayError::NoSuchVideo(_) => PlayError::NoSuchVideo("v".into()),
        PlayError::NotReady(_) => PlayError::NotReady("v".into()),
        PlayError::Failed { .. } => PlayError::Failed { title: "v".into(), reason: FailureReason::new(FailureKind::Empty, "Empty.") },
        PlayError::Quality(_) => PlayError::Quality(unknown()),
        PlayError::NotKept(_) => PlayError::NotKept(KeepError::File { path: "a.mkv".into(), why: no_right() }),
    );
    check(&errors, play_error);
    let mut troubles = every!(PlayTrouble:
        PlayTrouble::Fetch(_) => PlayTrouble::Fetch(FetchError::Gone),
        PlayTrouble::Manifest(_) => PlayTrouble::Manifest("odd".into()),
        PlayTrouble::Segment(_) => PlayTrouble::Segment(Fmp4Error::Truncated),
        PlayTrouble::NotPrepared => PlayTrouble::NotPrepared,
        PlayTrouble::Replaced => PlayTrouble::Replaced,
        PlayTrouble::Quality(_) => PlayTrouble::Quality(unknown()),
        PlayTrouble::Decode(_) => PlayTrouble::Decode(DecodeError::Memory),
        PlayTrouble::Thread(_) => PlayTrouble::Thread(no_right()),
    );
    let fetching = every!(FetchError:
        FetchError::Gone => FetchError::Gone,
        FetchError::NotFound => FetchError::NotFound,
        FetchError::Unreadable => FetchError::Unreadable,
        FetchError::Mismatch => FetchError::Mismatch,
    );
    troubles.extend(fetching.into_iter().skip(1).map(PlayTrouble::Fetch));
    troubles.extend(decoding().into_iter().filter(|e| *e != DecodeError::Memory).map(PlayTrouble::Decode));
    let qualities = every!(QualityError: QualityError::UnknownRung { .. } => unknown(), QualityError::NoVideo => QualityError::NoVideo);
    troubles.extend(qualities.into_iter().skip(1).map(PlayTrouble::Quality));
    check(&troubles, play_trouble);
    let speakers = every!(SpeakerError:
        SpeakerError::NoDevice => SpeakerError::NoDevice,
        SpeakerError::NotConnected { .. } => SpeakerError::NotConnected { device: "d".into() },
        SpeakerError::Unsupported { .. } => SpeakerError::Unsupported { device: "d".into(), reason: "odd".into() },
        SpeakerError::Lost(_) => SpeakerError::Lost("odd".into()),
    );
    let mut silences = every!(Silence:
        Silence::NotWanted => Silence::NotWanted,
        Silence::Speaker(_) => Silence::Speaker(SpeakerError::NoDevice),
        Silence::Decode(_) => Silence::Decode(DecodeError::Memory),
    );
    silences.extend(speakers.into_iter().skip(1).map(Silence::Speaker));
    silences.extend(decoding().into_iter().filter(|e| *e != DecodeError::Memory).map(Silence::Decode));
    check(&silences, silence);
}

#[test]
fn why_a_video_could_not_be_prepared() {
    let reason = |kind| FailureReason::new(kind, "What the server says.");
    let told: Vec<_> = FailureKind::ALL.into_iter().filter(|kind| *kind != FailureKind::Other).map(reason).collect();
    check(&told, preparing);
    let german = Strings::new(Language::German);
    assert_eq!(preparing(&german, &reason(FailureKind::Other)), "What the server says.", "a kind that is not known here");
    assert_eq!(preparing_details(&german, &reason(FailureKind::Empty)), None);
    assert!(preparing_details(&german, &reason(FailureKind::Crashed)).is_some_and(|said| said.contains("What the server says.")));
}

#[test]
fn what_the_system_refuses() {
    use ErrorKind::{ConnectionReset, Interrupted, OutOfMemory, PermissionDenied, ReadOnlyFilesystem, StorageFull, TimedOut};
    let kinds = [PermissionDenied, NotFound, StorageFull, ReadOnlyFilesystem, ConnectionReset, TimedOut, OutOfMemory, Interrupted];
    let all: Vec<SystemError> = kinds.into_iter().map(|kind| std::io::Error::from(kind).into()).collect();
    check(&all, system);
}

#[test]
fn what_troubles_a_source_is_said_in_both_languages() {
    let mut codes = every!(TroubleCode:
        TroubleCode::CameraMissing => TroubleCode::CameraMissing,
        TroubleCode::CameraBusy => TroubleCode::CameraBusy,
        TroubleCode::CameraForbidden => TroubleCode::CameraForbidden,
        TroubleCode::CameraUnreachable => TroubleCode::CameraUnreachable,
        TroubleCode::CameraForm => TroubleCode::CameraForm,
        TroubleCode::CameraLost => TroubleCode::CameraLost,
        TroubleCode::CameraSilent => TroubleCode::CameraSilent,
        TroubleCode::ScreenLost => TroubleCode::ScreenLost,
        TroubleCode::ScreenRegion => TroubleCode::ScreenRegion,
        TroubleCode::ScreenNone => TroubleCode::ScreenNone,
        TroubleCode::ScreenWayland => TroubleCode::ScreenWayland,
        TroubleCode::ScreenUnsupported => TroubleCode::ScreenUnsupported,
        TroubleCode::ScreenForm => TroubleCode::ScreenForm,
        TroubleCode::FileUnreadable => TroubleCode::FileUnreadable,
        TroubleCode::FileDamaged => TroubleCode::FileDamaged,
        TroubleCode::FileUnsupported => TroubleCode::FileUnsupported,
        TroubleCode::FileEmpty => TroubleCode::FileEmpty,
        TroubleCode::NoMemory => TroubleCode::NoMemory,
        TroubleCode::Fault => TroubleCode::Fault,
        TroubleCode::WindowMissing => TroubleCode::WindowMissing,
        TroubleCode::WindowHidden => TroubleCode::WindowHidden,
        TroubleCode::WindowClosed => TroubleCode::WindowClosed,
        TroubleCode::MicrophoneNone => TroubleCode::MicrophoneNone,
        TroubleCode::MicrophoneMissing => TroubleCode::MicrophoneMissing,
        TroubleCode::MicrophoneUnusable => TroubleCode::MicrophoneUnusable,
        TroubleCode::MicrophoneLost => TroubleCode::MicrophoneLost,
        TroubleCode::Other => TroubleCode::Other,
    );
    let trouble = |code| SourceTrouble { code, name: "Board".to_owned(), why: "It is gone.".to_owned() };
    // What is not known is quoted.
    let other = codes.pop().expect("the last");
    assert_eq!(source_trouble(&Strings::new(Language::German), &trouble(other)), "It is gone.");
    check(&codes, |strings, code| source_trouble(strings, &trouble(*code)));
}

#[test]
fn why_it_is_not_known_which_devices_there_are() {
    check(
        &every!(DevicesError:
            DevicesError::NoWorker => DevicesError::NoWorker,
            DevicesError::Hangs => DevicesError::Hangs,
            DevicesError::Unstartable { .. } => DevicesError::Unstartable { program: "/opt/lectern-media".into(), why: std::io::Error::from(NotFound).into() },
            DevicesError::OtherVersion => DevicesError::OtherVersion,
        ),
        devices_error,
    );
}

#[test]
fn why_the_class_refuses() {
    let class = ClassState::connecting("room");
    let why = every!(Refusal:
        Refusal::NotAllowed => Refusal::NotAllowed,
        Refusal::NoSuchPerson => Refusal::NoSuchPerson,
        Refusal::NoSuchVideo => Refusal::NoSuchVideo,
        Refusal::NoSuchStream => Refusal::NoSuchStream,
        Refusal::NameTaken => Refusal::NameTaken,
        Refusal::TooMany => Refusal::TooMany,
        Refusal::BadOffer => Refusal::BadOffer,
        Refusal::Quiet => Refusal::Quiet,
        Refusal::Unwritable => Refusal::Unwritable,
        Refusal::Away => Refusal::Away,
        Refusal::Full => Refusal::Full,
        Refusal::BadKeys => Refusal::BadKeys,
        Refusal::NoPrivateChat => Refusal::NoPrivateChat,
        Refusal::Muted => Refusal::Muted,
        Refusal::NoSuchPoll => Refusal::NoSuchPoll,
        Refusal::BadPoll => Refusal::BadPoll,
        Refusal::BadCode => Refusal::BadCode,
        Refusal::BadRoom => Refusal::BadRoom,
        Refusal::NoSuchRoom => Refusal::NoSuchRoom,
        Refusal::NoMailbox => Refusal::NoMailbox,
        Refusal::MailboxFull => Refusal::MailboxFull,
        Refusal::NotKept => Refusal::NotKept,
        Refusal::NoSuchRun => Refusal::NoSuchRun,
        Refusal::BadRun => Refusal::BadRun,
    );
    check(&why, |strings, why| refused(strings, &class, Wish::Quiet(true), StreamError::Refused(*why)));
    let id = StreamId([1; 16]);
    let wishes = [
        Wish::Stage(PersonId(1), true),
        Wish::Stage(PersonId(1), false),
        Wish::Quiet(true),
        Wish::Quiet(false),
        Wish::Record(id, true),
        Wish::Record(id, false),
        Wish::AllowRecording(id, true),
        Wish::AllowRecording(id, false),
        Wish::Tool,
    ];
    check(&wishes, |strings, wish| refused(strings, &class, *wish, StreamError::NotConnected));
}

#[test]
fn why_something_live_does_not_go_on() {
    let trouble = SourceTrouble { code: TroubleCode::ScreenWayland, name: String::new(), why: String::new() };
    check(
        &every!(Stopped:
            Stopped::Source(_) => Stopped::Source(trouble.clone()),
            Stopped::NoWorker { .. } => Stopped::NoWorker { program: "/opt/lectern-media".into(), why: std::io::Error::from(NotFound).into() },
            Stopped::Died(_) => Stopped::Died("killed".into()),
            Stopped::OffAir(_) => Stopped::OffAir(OffAir::NoMediaPort),
        ),
        stopped,
    );
    check(&[LiveEnd::Gone, LiveEnd::Decode(DecodeError::Memory)], live_end);
    let gone = LiveError::NoSuchStream { name: "camera".into(), running: Vec::new() };
    check(&[gone, LiveError::NotKept(KeepError::Empty), LiveError::NoPictures("camera".into()), LiveError::NoThread("none is left".into())], live_error);
}

#[test]
fn why_nothing_was_done_about_rooms_and_accounts() {
    let refused = every!(AccountRefusal:
        AccountRefusal::WrongAccountOrPassword => AccountRefusal::WrongAccountOrPassword,
        AccountRefusal::SessionUnknown => AccountRefusal::SessionUnknown,
        AccountRefusal::NoRegistration => AccountRefusal::NoRegistration,
        AccountRefusal::NameTaken => AccountRefusal::NameTaken,
        AccountRefusal::BadName(_) => AccountRefusal::BadName(NameFault::Characters),
        AccountRefusal::NotAllowed => AccountRefusal::NotAllowed,
        AccountRefusal::NoSuchAccount => AccountRefusal::NoSuchAccount,
        AccountRefusal::NoAccount => AccountRefusal::NoAccount,
        AccountRefusal::OtherVersion => AccountRefusal::OtherVersion,
        AccountRefusal::TooLong => AccountRefusal::TooLong,
        AccountRefusal::BadRole => AccountRefusal::BadRole,
        AccountRefusal::LastInstructor => AccountRefusal::LastInstructor,
        AccountRefusal::TooMany => AccountRefusal::TooMany,
        AccountRefusal::Unavailable => AccountRefusal::Unavailable,
    );
    let mut all: Vec<_> = refused.into_iter().map(|why| ManageError::Account(AccountError::Refused(why))).collect();
    all.extend(every!(ManageError:
        ManageError::Room(_) => ManageError::Room(StreamError::Refused(Refusal::BadRoom)),
        ManageError::Account(_) => ManageError::Account(AccountError::NotConnected),
        ManageError::File { .. } => ManageError::File { path: "/home/ana/a.csv".into(), why: no_right() },
        ManageError::NotForgotten(_) => ManageError::NotForgotten(no_right()),
    ));
    all.push(ManageError::Account(AccountError::Password(lectern_proto::account::PasswordError::Short)));
    check(&all, manage_error);
}
