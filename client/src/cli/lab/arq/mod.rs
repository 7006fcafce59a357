//! `lectern lab arq`: automatic repeat request, simulated and over a real network.

mod class;
mod net;
mod options;
mod simulate;
mod sweep;

use clap::{Args, Subcommand};

use super::{Entry, Failure};

pub(super) const HELP: &str = "\
Examples:
  lectern lab arq simulate --protocol gbn --window 8 --loss 0.1 --svg run.svg
  lectern lab arq simulate --earlier --seeds 1000
  lectern lab arq simulate --kill data:3,ack:5 --save run.json
  lectern lab arq sweep --losses 0,0.1,0.2,0.3 --seeds 20
  lectern lab arq plot --window 16 --out efficiency.svg";

#[derive(Debug, Clone, Args)]
pub(super) struct ArqArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// One run, or several seeds, in virtual time: what arrived, when, and at what cost
    #[command(after_help = HELP)]
    Simulate(Box<simulate::SimulateArgs>),
    /// Efficiency against loss or window, from several seeds, beside theory
    Sweep(Box<sweep::SweepArgs>),
    /// The same as a picture (SVG)
    Plot(Box<sweep::PlotArgs>),
    /// Sends a file over UDP to a receiver, on a line that is as bad as you say
    #[command(after_help = net::SEND_HELP)]
    Send(Box<net::SendArgs>),
    /// Receives a file over UDP
    #[command(after_help = net::RECEIVE_HELP)]
    Receive(Box<net::ReceiveArgs>),
}

pub(super) async fn run(entry: Entry, args: ArqArgs) -> Result<(), Failure> {
    match args.what {
        What::Simulate(args) => simulate::run(&args),
        What::Sweep(args) => sweep::run(&args),
        What::Plot(args) => sweep::plot(&args),
        What::Send(args) => on_a_worker(net::send(entry, *args)).await,
        What::Receive(args) => on_a_worker(net::receive(entry, *args)).await,
    }
}

/// Runs a transfer where the runtime also waits for the socket: on the main thread each packet would first wake a worker, which then wakes
/// the main thread.
async fn on_a_worker(transfer: impl Future<Output = Result<(), Failure>> + Send + 'static) -> Result<(), Failure> {
    tokio::spawn(transfer).await.unwrap_or_else(|error| Err(Failure::Other(format!("the transfer ended by a fault of this program: {error}"))))
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Failure::Other(format!("cannot write {}: {e}. Is the folder there, and may you write in it?", path.display())))
}
