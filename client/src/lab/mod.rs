//! The repeat-request lab over a real network: a file goes from one computer to another by the cores of [`lectern_proto::arq`], through
//! UDP and a [`line::Line`] that loses, damages and doubles packets as it is told, and that writes down what went.

mod arranged;
mod buffers;
pub mod capture;
pub mod class;
pub mod class_run;
mod file;
mod hash;
pub mod line;
pub mod receive;
pub mod report;
pub mod send;
pub mod work;

use std::net::SocketAddr;
use std::path::PathBuf;

use lectern_proto::arq::packet::{Body, Packet, Refusal};
use lectern_proto::arq::sequence::SettingsError;
use lectern_proto::arq::transfer::Failure;

use crate::class::StreamError;

/// Why a transfer did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    #[error("Cannot read “{}”: {error}.", path.display())]
    Read { path: PathBuf, error: std::io::Error },
    #[error("“{}” became shorter while it was sent. Send it again when nobody writes to it.", .0.display())]
    Changed(PathBuf),
    #[error("Cannot write “{}”: {error}.", path.display())]
    Write { path: PathBuf, error: std::io::Error },
    #[error("Cannot listen on {address}: {error}. Is another program there? Port 0 takes any free one.")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("{0}")]
    Failed(Failure),
    #[error("{failure} The last try to send ended with: {error}.")]
    NotSent { failure: Failure, error: std::io::Error },
    #[error("What came is not what was sent: the hashes differ. It was kept as “{}”. With a window that is too large for the sequence numbers this is what happens.", .0.display())]
    Differs(PathBuf),
    #[error("Stopped before all had come.")]
    Stopped,
    #[error("No way was found to the other computer: neither a straight one nor one by the server's media port. Does a firewall on one of them drop UDP?")]
    NoWay,
    #[error("The other side does not want it.")]
    Declined,
    #[error("The other side has ended it.")]
    Ended,
    #[error("The other side has left the class, or its connection is lost.")]
    Gone,
    #[error("It was not taken within a minute.")]
    NotTaken,
    #[error("{0}")]
    Class(#[from] StreamError),
}

/// Tells the other side that nothing more comes of a transfer, so that it need not wait.
fn give_up(line: &mut line::Line, to: SocketAddr, transfer: u32) {
    line.send(to, &Packet { transfer, body: Body::Refuse(Refusal::Unwanted) });
    line.flush();
}

#[cfg(test)]
mod tests;
