//! Why somebody is not in a class: no server, another server, refused, sent away. And beside which part of the screen that stands.

use lectern_proto::account::PasswordError;
use lectern_proto::control::{AccountRefusal, NameFault, VERSION, VERSION_MIN};
use lectern_proto::limits::ROOM_NAME_MAX;
use lectern_proto::link::{LINK_MAX, LinkError};

use super::super::strings::Strings;
use super::system;
use crate::class::{JoinError, OtherVersion};
use crate::connect::trouble::{LostWhy, Trouble};
use crate::update::UpdateError;

/// The part of the join screen that a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Link,
    Name,
    Password,
    /// The membership as a whole.
    Form,
}

/// Where a failed join is told.
#[must_use]
pub(crate) fn place(error: &JoinError) -> Place {
    match error {
        JoinError::Unreachable { .. }
        | JoinError::OtherCertificate { .. }
        | JoinError::ChangedCertificate { .. }
        | JoinError::Version { .. }
        | JoinError::OtherVersionFetched { .. }
        | JoinError::WrongInstructorKey
        | JoinError::WrongCode => Place::Link,
        JoinError::WrongPassword | JoinError::PasswordNeeded | JoinError::TooManyFailures(_) => Place::Password,
        JoinError::Account(AccountRefusal::WrongAccountOrPassword | AccountRefusal::SessionUnknown) | JoinError::BadPassword(_) => Place::Password,
        JoinError::Account(AccountRefusal::BadName(_) | AccountRefusal::NameTaken) | JoinError::BadName => Place::Name,
        JoinError::Account(_)
        | JoinError::Busy(_)
        | JoinError::RoomFull
        | JoinError::Locked
        | JoinError::TurnedAway
        | JoinError::Banned
        | JoinError::Removed { .. }
        | JoinError::RoomClosed { .. }
        | JoinError::Replaced
        | JoinError::Left
        | JoinError::Closed(_) => Place::Form,
    }
}

/// What happened, why, and what to do.
#[must_use]
pub(crate) fn join_error(strings: &Strings, error: &JoinError) -> String {
    match error {
        JoinError::Unreachable { hosts, port, trouble } => {
            let why = self::trouble(strings, trouble);
            strings.format("error-unreachable", &[("hosts", hosts.as_str().into()), ("port", port.to_string().into()), ("why", why.into())])
        }
        JoinError::ChangedCertificate { host } => strings.format("error-changed-certificate", &[("host", host.as_str().into())]),
        JoinError::OtherCertificate { host } => strings.format("error-other-certificate", &[("host", host.as_str().into())]),
        JoinError::Version { what, unfetched: None } => strings.format("error-version", &[("what", other_version(strings, what).into())]),
        JoinError::Version { what, unfetched: Some(why) } => {
            let words = [("what", other_version(strings, what).into()), ("why", update_error(strings, why).into())];
            strings.format("error-version-unfetched", &words)
        }
        JoinError::OtherVersionFetched { what, version, path, is_package } => strings.format(
            if *is_package { "error-version-package" } else { "error-version-archive" },
            &[("what", other_version(strings, what).into()), ("version", version.as_str().into()), ("path", path.as_str().into())],
        ),
        JoinError::WrongPassword => strings.text("error-wrong-password"),
        JoinError::WrongInstructorKey => strings.text("error-wrong-instructor-key"),
        JoinError::TooManyFailures(s) => strings.format("error-too-many-failures", &[("seconds", (*s).into())]),
        JoinError::Busy(s) => strings.format("error-busy", &[("seconds", (*s).into())]),
        JoinError::RoomFull => strings.text("error-room-full"),
        JoinError::WrongCode => strings.text("error-wrong-code"),
        JoinError::Locked => strings.text("error-locked"),
        JoinError::TurnedAway => strings.text("error-turned-away"),
        JoinError::Banned => strings.text("error-banned"),
        JoinError::BadName => strings.text("error-bad-name"),
        JoinError::Account(why) => strings.text(account_refusal(*why)),
        JoinError::BadPassword(why) => strings.text(password_error(why)),
        JoinError::PasswordNeeded => strings.text("error-password-needed"),
        JoinError::RoomClosed { by } => strings.format("error-room-closed", &[("by", by.as_str().into())]),
        JoinError::Removed { by } => strings.format("error-removed", &[("by", by.as_str().into())]),
        JoinError::Replaced => strings.text("error-replaced"),
        JoinError::Left => strings.text("error-left"),
        JoinError::Closed(why) => strings.format("error-closed", &[("why", why.as_str().into())]),
    }
}

/// Key of what is said of a refused account.
pub(super) fn account_refusal(why: AccountRefusal) -> &'static str {
    match why {
        AccountRefusal::WrongAccountOrPassword => "error-account-wrong",
        AccountRefusal::SessionUnknown => "error-account-session",
        AccountRefusal::NoRegistration => "error-account-no-registration",
        AccountRefusal::NameTaken => "error-account-taken",
        AccountRefusal::BadName(NameFault::Empty | NameFault::Long) => "error-bad-name",
        AccountRefusal::BadName(NameFault::Characters) => "error-account-characters",
        AccountRefusal::BadName(NameFault::MixedScripts) => "error-account-scripts",
        AccountRefusal::TooMany => "error-account-too-many",
        AccountRefusal::NotAllowed => "error-account-not-allowed",
        AccountRefusal::NoSuchAccount => "error-account-none",
        AccountRefusal::NoAccount => "error-account-no-account",
        AccountRefusal::OtherVersion => "error-account-other-version",
        AccountRefusal::TooLong => "error-account-long",
        AccountRefusal::BadRole => "error-account-role",
        AccountRefusal::LastInstructor => "error-account-last-instructor",
        AccountRefusal::Unavailable => "error-account-unavailable",
    }
}

/// Key of what is wrong with a password.
pub(super) fn password_error(why: &PasswordError) -> &'static str {
    match why {
        PasswordError::Short => "error-account-password-short",
        PasswordError::Long => "error-account-password-long",
        PasswordError::Hash(_) => "error-account-password-hash",
    }
}

/// Which versions do not meet.
fn other_version(strings: &Strings, other: &OtherVersion) -> String {
    let words = [
        ("agent", other.agent.as_str().into()),
        ("oldest", other.oldest.into()),
        ("newest", other.newest.into()),
        ("ownoldest", VERSION_MIN.into()),
        ("ownnewest", VERSION.into()),
    ];
    strings.format("version-other", &words)
}

/// Why the viewer that fits was not fetched.
pub(super) fn update_error(strings: &Strings, error: &UpdateError) -> String {
    match error {
        UpdateError::Unreachable(why) => join_error(strings, why),
        UpdateError::None => strings.text("update-none"),
        UpdateError::Busy => strings.text("update-busy"),
        UpdateError::Broken(why) => strings.format("update-broken", &[("why", lost(strings, why).into())]),
        UpdateError::Wrong => strings.text("update-wrong"),
        UpdateError::Unwritable { path, why } => strings.format("update-unwritable", &[("path", path.as_str().into()), ("why", system(strings, why).into())]),
    }
}

/// The kind of a failure to connect, with its remedy.
#[must_use]
pub(crate) fn trouble(strings: &Strings, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused => strings.text("trouble-refused"),
        Trouble::Filtered => strings.text("trouble-filtered"),
        Trouble::Isolated => strings.text("trouble-isolated"),
        Trouble::Silent => strings.text("trouble-silent"),
        Trouble::OffNetwork => strings.text("trouble-off-network"),
        Trouble::NoNetwork => strings.text("trouble-no-network"),
        Trouble::UnknownName(name) => strings.format("trouble-unknown-name", &[("name", name.as_str().into())]),
        Trouble::NotLectern => strings.text("trouble-not-lectern"),
        Trouble::Lost(why) => lost(strings, why),
        Trouble::System(why) => strings.format("trouble-system", &[("why", system(strings, why).into())]),
        Trouble::Internal(said) => strings.format("trouble-internal", &[("said", said.as_str().into())]),
    }
}

/// Why a connection ended.
pub(super) fn lost(strings: &Strings, why: &LostWhy) -> String {
    match why {
        LostWhy::Closed => strings.text("lost-closed"),
        LostWhy::NotReading => strings.text("lost-not-reading"),
        LostWhy::Silent(seconds) => strings.format("lost-silent", &[("seconds", (*seconds).into())]),
        LostWhy::NotLectern(_) => strings.text("lost-not-lectern"),
        LostWhy::System(why) => strings.format("lost-system", &[("why", system(strings, why).into())]),
        LostWhy::Stopped => strings.text("lost-stopped"),
        LostWhy::Overrun => strings.text("lost-overrun"),
        LostWhy::Busy(seconds) => strings.format("lost-busy", &[("seconds", (*seconds).into())]),
    }
}

/// Why a text is not a join link.
#[must_use]
pub(crate) fn link_error(strings: &Strings, error: &LinkError) -> String {
    match error {
        LinkError::Scheme => strings.text("link-scheme"),
        LinkError::Length => strings.format("link-length", &[("most", LINK_MAX.into())]),
        LinkError::Hosts => strings.text("link-hosts"),
        LinkError::Port => strings.text("link-port"),
        LinkError::Room => strings.format("link-room", &[("most", ROOM_NAME_MAX.into())]),
        LinkError::Fingerprint => strings.text("link-fingerprint"),
        LinkError::Parameter(name) => strings.format("link-parameter", &[("name", name.as_str().into())]),
    }
}
