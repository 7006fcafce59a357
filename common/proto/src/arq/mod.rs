//! Automatic repeat request (ARQ): stop-and-wait, go-back-N and selective repeat as senders and receivers without sockets or clock.
//!
//! Data flows from a [`Sender`] to a [`Receiver`] as numbered [`packet`]s, acknowledgements flow back. Both are told the time as a
//! [`std::time::Duration`] since some start, are polled for what to send and when to be woken, and know nothing of what lies between
//! them: the labs put a simulated channel there, or a UDP socket. [`transfer`] adds what a file needs around it: who begins, what comes,
//! and whether it came whole. [`gaps`] is the window of a selective-repeat receiver; live media repairs its losses with the same one.
//!
//! Inside, packets are counted from 0 in 64 bits and never wrap; on the wire stand their low k bits ([`sequence`]), and each side finds
//! out from its own window which packet was meant. That is where a window that is too large goes wrong.

pub mod gaps;
pub mod meeting;
pub mod packet;
pub mod receiver;
pub mod sender;
pub mod sequence;
pub mod theory;
pub mod timeout;
pub mod transfer;

pub use packet::{Ack, AckRange, Body, Data, Packet, PacketError};
pub use receiver::{Receiver, ReceiverCounters, Taken};
pub use sender::{Sender, SenderCounters, Slot};
pub use sequence::{Protocol, Sequence, Settings, SettingsError, Space};
pub use timeout::{RoundTrip, Timeout};
