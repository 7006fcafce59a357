//! Why no server was reached, by kind: what every address answered, and what the network around it says.
//!
//! The one place that reads errors of sockets. `diagnose` is pure; the window and the command line put its kinds into words.

use std::io::ErrorKind;
use std::net::SocketAddr;

use lectern_proto::control::ControlError;

use super::control::Lost;
use crate::system::SystemError;

/// What became of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The machine answered that nothing listens there.
    Refused,
    /// Nothing came back.
    Silence,
    /// The machine is not on its network: nobody there answered for it.
    NoHost,
    /// There is no way to that network.
    NoNetwork,
    /// Something listens that does not speak TLS 1.3.
    NotLectern,
    OtherCertificate,
    System(SystemError),
    /// A fault of this program.
    Internal(String),
}

impl Outcome {
    /// Of a TCP connection that did not come to be.
    pub(crate) fn of_connect(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Silence,
            ErrorKind::HostUnreachable => Self::NoHost,
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => Self::NoNetwork,
            _ => Self::System(error.into()),
        }
    }
}

/// One address that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tried {
    pub(crate) address: SocketAddr,
    pub(crate) outcome: Outcome,
    /// Whether it is on a network that this machine is on.
    pub(crate) is_neighbour: bool,
}

/// What was found out around the addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) tried: Vec<Tried>,
    /// Names that nobody knows.
    pub(crate) unknown_names: Vec<String>,
    /// Whether this machine is on any network.
    pub(crate) has_network: bool,
    /// Whether the server's beacon answered where its control port did not.
    pub(crate) beacon_answers: bool,
    /// Whether the way out of this network answers; none where it is not known.
    pub(crate) gateway_answers: Option<bool>,
}

/// Kinds of failure; each has its remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The machine is there, the server is not.
    #[error("the machine answers, but nothing listens on that port. Start the server there, or ask for its port")]
    Refused,
    /// The machine is there, something lets TCP to that port disappear.
    #[error("the machine answers, but a firewall drops connections to that port. Open TCP ports 5511, 9000 and 5858 in the firewall of the server")]
    Filtered,
    /// A neighbour that is not heard while the network itself works.
    #[error(
        "it is on this network but cannot be reached, while the network itself answers: this is probably an isolated network, whose access point keeps machines apart (client isolation, guest Wi-Fi). Use another network or a cable, or have that setting turned off; if not, the machine is off or its firewall is closed"
    )]
    Isolated,
    /// A neighbour that is not heard.
    #[error("it would be on this network but does not answer. The machine may be off or asleep, its firewall closed, or its address another by now")]
    Silent,
    /// On another network than this machine.
    #[error("it is on a network that this machine cannot reach. Join the network of the class, or connect the VPN")]
    OffNetwork,
    /// This machine is on no network.
    #[error("this machine is on no network. Connect to the Wi-Fi or cable of the class")]
    NoNetwork,
    #[error("nobody on this network knows the name {0}. Check how it is written, or use the server's address in numbers")]
    UnknownName(String),
    /// Something else listens there.
    #[error("something answers there that is not a Lectern server. Check the port")]
    NotLectern,
    /// There was a connection, and it ended.
    #[error(transparent)]
    Lost(#[from] LostWhy),
    #[error(transparent)]
    System(#[from] SystemError),
    /// A fault of this program.
    #[error("{0}")]
    Internal(String),
}

/// Why a connection to a server ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LostWhy {
    #[error("the server closed the connection")]
    Closed,
    #[error("the server does not read")]
    NotReading,
    /// For so many seconds.
    #[error("nothing came from the other side for {0} s")]
    Silent(u64),
    /// It sent what the protocol does not know: what.
    #[error("{0}")]
    NotLectern(String),
    #[error(transparent)]
    System(#[from] SystemError),
    #[error("the server was stopped")]
    Stopped,
    #[error("this machine could not keep up with the server's messages")]
    Overrun,
    /// Try again in so many seconds.
    #[error("the server is busy with other logins; try again in {0} s.")]
    Busy(u64),
}

impl From<Lost> for LostWhy {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Protocol(ControlError::Silence(seconds)) => Self::Silent(seconds),
            Lost::Protocol(other) => Self::NotLectern(other.to_string()),
            Lost::Io(error) => Self::System(error.into()),
            Lost::Closed => Self::Closed,
            Lost::Blocked => Self::NotReading,
        }
    }
}

/// The kind of a failure: what says most comes first.
pub(crate) fn diagnose(facts: &Facts) -> Trouble {
    let any = |wanted: fn(&Outcome) -> bool| facts.tried.iter().any(|t| wanted(&t.outcome));
    let neighbour = |wanted: fn(&Outcome) -> bool| facts.tried.iter().any(|t| t.is_neighbour && wanted(&t.outcome));
    let unheard = |o: &Outcome| matches!(o, Outcome::Silence | Outcome::NoHost);
    if any(|o| *o == Outcome::NotLectern) {
        Trouble::NotLectern
    } else if any(|o| *o == Outcome::Refused) {
        Trouble::Refused
    } else if facts.beacon_answers && any(unheard) {
        Trouble::Filtered
    } else if neighbour(unheard) {
        if facts.gateway_answers == Some(true) { Trouble::Isolated } else { Trouble::Silent }
    } else if !facts.has_network && !facts.tried.is_empty() {
        Trouble::NoNetwork
    } else if any(|o| matches!(o, Outcome::Silence | Outcome::NoHost | Outcome::NoNetwork)) {
        Trouble::OffNetwork
    } else {
        let other = facts.tried.iter().find_map(|t| match &t.outcome {
            Outcome::System(why) => Some(Trouble::System(why.clone())),
            Outcome::Internal(why) => Some(Trouble::Internal(why.clone())),
            _ => None,
        });
        other.unwrap_or_else(|| Trouble::UnknownName(facts.unknown_names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(outcome: Outcome, is_neighbour: bool) -> Tried {
        Tried { address: ([192, 0, 2, 1], 5511).into(), outcome, is_neighbour }
    }

    fn check(tried: Vec<Tried>, change: impl FnOnce(&mut Facts), want: &Trouble) {
        let mut facts = Facts { tried, has_network: true, ..Facts::default() };
        change(&mut facts);
        assert_eq!(diagnose(&facts), *want, "{facts:?}");
    }

    #[test]
    fn each_kind_has_its_signs() {
        use Outcome::{Internal, NoHost, NoNetwork, NotLectern, Refused, Silence};
        check(vec![tried(Refused, true)], |_| {}, &Trouble::Refused);
        check(vec![tried(Silence, false), tried(Refused, true)], |_| {}, &Trouble::Refused);
        check(vec![tried(Refused, true), tried(NotLectern, true)], |_| {}, &Trouble::NotLectern);
        check(vec![tried(Silence, true)], |f| f.beacon_answers = true, &Trouble::Filtered);
        for unheard in [Silence, NoHost] {
            check(vec![tried(unheard.clone(), true)], |f| f.gateway_answers = Some(true), &Trouble::Isolated);
            check(vec![tried(unheard.clone(), true)], |f| f.gateway_answers = Some(false), &Trouble::Silent);
            check(vec![tried(unheard.clone(), true)], |_| {}, &Trouble::Silent);
            check(vec![tried(unheard, false)], |f| f.gateway_answers = Some(true), &Trouble::OffNetwork);
        }
        check(vec![tried(NoNetwork, false)], |_| {}, &Trouble::OffNetwork);
        check(vec![tried(NoNetwork, false)], |f| f.has_network = false, &Trouble::NoNetwork);
        check(vec![tried(Internal("odd".into()), false)], |_| {}, &Trouble::Internal("odd".into()));
        check(vec![], |f| f.unknown_names = vec!["lab".into()], &Trouble::UnknownName("lab".into()));
        check(vec![tried(Silence, false)], |f| f.unknown_names = vec!["lab".into()], &Trouble::OffNetwork);
    }

    #[test]
    fn errors_of_sockets_are_read_here() {
        let check = |kind: ErrorKind, want: &Outcome| assert_eq!(Outcome::of_connect(&kind.into()), *want, "{kind:?}");
        check(ErrorKind::ConnectionRefused, &Outcome::Refused);
        check(ErrorKind::TimedOut, &Outcome::Silence);
        check(ErrorKind::HostUnreachable, &Outcome::NoHost);
        check(ErrorKind::NetworkUnreachable, &Outcome::NoNetwork);
        assert!(matches!(Outcome::of_connect(&ErrorKind::PermissionDenied.into()), Outcome::System(_)));
    }
}
