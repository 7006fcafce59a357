//! `lectern lab arq send` and `receive`: the real network, between two addresses or two people of a class.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lectern_proto::arq::{Protocol, Settings, Space, Timeout};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::super::count;
use super::class::{From, To};
use super::options::probability;
use super::{Entry, Failure, class};
use crate::cli::{enter, print};
use crate::lab::capture::Capture;
use crate::lab::class::Spoiling;
use crate::lab::line::{Impaired, Impairment, Line};
use crate::lab::report::{ReceiveReport, SendReport};
use crate::lab::send::SendOptions;
use crate::lab::{LabError, receive, send};

pub(super) const SEND_HELP: &str = "\
Examples:
  lectern lab arq send send.txt --to 192.168.1.7:40123
  lectern lab arq send film.mp4 --to 127.0.0.1:40123 --protocol gbn --window 16 --loss 0.2 --ack-loss 0.1 --seed 3 --json
  lectern lab arq send send.txt --to 127.0.0.1:40123 --protocol sr --bits 2 --window 3 --unsafe-window --loss 0.3
  lectern lab arq send send.txt --to Ben --loss 0.2 --join LINK --name Ana --password P
  lectern lab arq send send.txt --to-server --window 8 --join LINK --name Ana --password P

In a class the server tells both where the other is; packets then go between them, or by way of the server where no straight way is found.
The report says which: `path` is direct or server.

What is lost on purpose comes on top of what the network loses. The same seed loses the same packets, counted in the order in which they go.";

pub(super) const RECEIVE_HELP: &str = "\
Examples:
  lectern lab arq receive
  lectern lab arq receive --listen 0.0.0.0:40123 --out receive.txt --json
  lectern lab arq receive --join LINK --name Ben --password P
  lectern lab arq receive --from Ana --join LINK --name Ben --password P
  lectern lab arq receive --from-server 300000 --loss 0.1 --seed 7 --join LINK --name Ben --password P

In a class the first line says under which name it waits: {\"waiting_as\": \"Ben\", \"room\": \"class\"}; else the
address that it listens on: {\"listening\": \"127.0.0.1:40123\"}. The file is kept once its SHA-256 is that of
the sender's; until then it is called FILE.part, and what stood in its place stays.";

#[derive(Debug, Clone, Args)]
struct Spoil {
    /// How likely a data packet is lost on purpose, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability)]
    loss: f64,
    /// How likely an acknowledgement is lost on purpose, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability)]
    ack_loss: f64,
    /// How likely a packet of either direction has a bit flipped on purpose, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability)]
    corrupt: f64,
    /// How likely a packet of either direction is doubled on purpose, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability)]
    duplicate: f64,
    /// Which packets are lost, damaged and doubled follows from this
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Writes what went and came into this file for Wireshark (pcapng); needs no rights
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

impl Spoil {
    /// What happens to data, and to acknowledgements.
    fn impairments(&self) -> (Impairment, Impairment) {
        let one = |loss| Impairment { loss, corrupt: self.corrupt, duplicate: self.duplicate };
        (one(self.loss), one(self.ack_loss))
    }

    fn spoiling(&self) -> Spoiling {
        let (data, acks) = self.impairments();
        Spoiling { data, acks, seed: self.seed, capture: self.capture.clone() }
    }

    fn begin_capture(&self, line: &mut Line) -> Result<(), Failure> {
        if let Some(path) = &self.capture {
            line.capture(Capture::create(path).map_err(|error| LabError::Write { path: path.clone(), error })?);
        }
        Ok(())
    }

    async fn end_capture(&self, line: &mut Line) -> Result<(), Failure> {
        let Some(path) = &self.capture else { return Ok(()) };
        let left_out = line.finish_capture().await.map_err(|error| LabError::Write { path: path.clone(), error })?;
        if left_out > 0 {
            eprintln!("lectern: the capture is without {}, for which the disk was too slow.", count(left_out, "packet"));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Args)]
pub(super) struct SendArgs {
    /// The file
    #[arg(default_value = "send.txt", value_name = "FILE")]
    file: PathBuf,
    /// Address and port that the receiver printed, or the name of somebody of the class
    #[arg(long, value_name = "ADDR:PORT or NAME", required_unless_present = "to_server")]
    to: Option<String>,
    /// To the server of the class, which hashes it and keeps nothing
    #[arg(long, conflicts_with = "to")]
    to_server: bool,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    spoil: Spoil,
}

/// How it is sent.
#[derive(Debug, Clone, Args)]
struct How {
    /// sw (stop-and-wait), gbn (go-back-N) or sr (selective repeat)
    #[arg(long, default_value = "sr")]
    protocol: Protocol,
    /// Packets that may be on their way, 1 to 65536; 1 for stop-and-wait
    #[arg(long, value_name = "N")]
    window: Option<u32>,
    /// Bytes of data in a packet, 1 to 65000
    #[arg(long, default_value_t = 1_200, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(1..=65_000))]
    size: u16,
    /// Bits of a sequence number, 1 to 32
    #[arg(long, default_value_t = 32, value_name = "N")]
    bits: u8,
    /// A fixed time-out in milliseconds; without it the time-out follows the round trip (RFC 6298)
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    timeout: Option<u64>,
    /// A packet counts as lost when one that left so many later was acknowledged; 0: only by its time-out, as in the textbooks
    #[arg(long, default_value_t = 3, value_name = "N")]
    overtaken: u32,
    /// Lets the window be larger than the sequence numbers allow, to show what breaks
    #[arg(long)]
    unsafe_window: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ReceiveArgs {
    /// Where to listen; port 0 takes any free one. Without it, and without a class, any port of any network
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Only from this person of the class
    #[arg(long, value_name = "NAME", conflicts_with = "listen")]
    from: Option<String>,
    /// From the server of the class: so many bytes that follow from --seed, sent as --protocol and the others say
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["listen", "from"])]
    from_server: Option<u64>,
    #[command(flatten)]
    how: How,
    /// Where the file is kept
    #[arg(long, default_value = "receive.txt", value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    spoil: Spoil,
}

#[derive(Debug, Serialize)]
struct Listening {
    listening: SocketAddr,
}

impl How {
    fn settings(&self) -> Result<Settings, Failure> {
        let usual = if self.protocol == Protocol::StopAndWait { 1 } else { 64 };
        let space = Space::try_from(self.bits).map_err(LabError::from)?;
        let largest = if self.unsafe_window { space.count() } else { space.window_max(self.protocol) };
        let window = self.window.unwrap_or_else(|| u32::try_from(largest).unwrap_or(u32::MAX).min(usual));
        let timeout = self.timeout.map_or(Timeout::ADAPTIVE, |ms| Timeout::Fixed(Duration::from_millis(ms)));
        let overtaken = (self.overtaken > 0).then_some(self.overtaken);
        let settings = Settings { space, timeout, overtaken, unsafe_window: self.unsafe_window, ..Settings::new(self.protocol, window) };
        settings.check().map_err(LabError::from)?;
        Ok(settings)
    }
}

/// Ends at Ctrl-C.
fn stopper() -> CancellationToken {
    let stop = CancellationToken::new();
    let set = stop.clone();
    tokio::spawn(async move {
        // Where it cannot be waited for, the system ends the program by itself.
        if tokio::signal::ctrl_c().await.is_ok() {
            set.cancel();
        }
    });
    stop
}

pub(super) async fn send(entry: Entry, args: SendArgs) -> Result<(), Failure> {
    let settings = args.how.settings()?;
    let to = args.to.clone().unwrap_or_default();
    let report = match to.parse() {
        Ok(to) => send_there(&args, to, settings).await?,
        Err(_) => {
            let to = if args.to_server { To::Server } else { To::Name(to) };
            let request = enter::request(entry, false).await?;
            class::send(request, to, (&args.file, settings, args.how.size), &args.spoil.spoiling(), stopper()).await?
        }
    };
    if args.spoil.json {
        print(&report)?
    } else {
        tell_sent(&report)
    }
    if report.same { Ok(()) } else { Err(Failure::Other("What the receiver has is not what was sent: the hashes differ.".to_owned())) }
}

async fn send_there(args: &SendArgs, to: SocketAddr, settings: Settings) -> Result<SendReport, Failure> {
    let (data, acks) = args.spoil.impairments();
    let mut line = Line::towards(to, data, acks, args.spoil.seed).map_err(|error| LabError::Listen { address: to, error })?;
    args.spoil.begin_capture(&mut line)?;
    let options = SendOptions { to, settings, size: args.how.size, transfer: rand::random(), loss: data.lost(), ack_loss: acks.lost() };
    let sent = send::send(&mut line, &args.file, options, stopper()).await;
    args.spoil.end_capture(&mut line).await?;
    Ok(sent?)
}

pub(super) async fn receive(entry: Entry, args: ReceiveArgs) -> Result<(), Failure> {
    let is_class = args.from.is_some() || args.from_server.is_some() || (args.listen.is_none() && entry.join.is_some());
    if is_class {
        let from = match (args.from, args.from_server) {
            (_, Some(bytes)) => From::Server { bytes, settings: args.how.settings()?, size: args.how.size },
            (Some(name), None) => From::Name(name),
            (None, None) => From::Anybody,
        };
        let request = enter::request(entry, false).await?;
        let mut printed = Ok(());
        let received = class::receive(request, from, &args.out, &args.spoil.spoiling(), stopper(), |report| match args.spoil.json {
            true => printed = print(report),
            false => tell_received(report),
        })
        .await;
        return received.and(printed);
    }
    let (data, acks) = args.spoil.impairments();
    let listen = args.listen.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)));
    let mut line = Line::open(listen, acks, data, args.spoil.seed).map_err(|error| LabError::Listen { address: listen, error })?;
    args.spoil.begin_capture(&mut line)?;
    print(&Listening { listening: line.address() })?;
    let mut printed = Ok(());
    let received = receive::receive(&mut line, &args.out, stopper(), |report| match args.spoil.json {
        true => printed = print(report),
        false => tell_received(report),
    })
    .await;
    args.spoil.end_capture(&mut line).await?;
    received?;
    printed
}

fn tell_sent(report: &SendReport) {
    let SendReport { sent, bytes, to, packets, retransmissions, lost_by_timeout, lost_by_overtaking, acks, duplicates, time_s, compared_s, .. } = report;
    println!("{sent}: {} to {to} in {time_s:.3} s by {}, window {}", count(bytes, "byte"), report.settings.protocol, report.settings.window);
    println!("written, and hashes compared, after {compared_s:.3} s");
    if report.path != "direct" {
        println!("by way of the server");
    }
    println!("SHA-256 {}, {}", report.sha256, if report.same { "the same at the receiver" } else { "not the same at the receiver" });
    println!(
        "packets {packets}, again {retransmissions} (time-outs {lost_by_timeout}, overtaken {lost_by_overtaking}), needless {duplicates}; acknowledgements {acks}"
    );
    tell_impaired("lost on purpose", &report.outgoing, &report.incoming);
    println!("goodput {:.3} Mbit/s, efficiency {:.4}", report.goodput_bps / 1e6, report.efficiency);
    if let Some(theory) = report.theory {
        println!("theory: efficiency {:.4}, {:.1} packets", theory.efficiency, theory.packets);
        if let Some(time) = theory.least_time_s {
            println!("theory: at least {time:.3} s with this window and round trip, however fast the line");
        }
    }
    if let Some(ms) = report.round_trip_ms {
        println!("round trip {ms:.3} ms");
    }
}

fn tell_received(report: &ReceiveReport) {
    let ReceiveReport { received, kept_as, bytes, from, packets, duplicates, kept, discarded, time_s, compared_s, .. } = report;
    println!("{received} from {from}: {} in {time_s:.3} s, kept as {kept_as}", count(bytes, "byte"));
    println!("written, and hashes compared, after {compared_s:.3} s");
    println!("SHA-256 {}, the same as the sender's", report.sha256);
    println!("packets {packets}, twice {duplicates}, out of order and kept {kept}, not kept {discarded}, damaged {}", report.damaged);
    tell_impaired("lost on purpose", &report.incoming, &report.outgoing);
    println!("goodput {:.3} Mbit/s", report.goodput_bps / 1e6);
}

fn tell_impaired(what: &str, data: &Impaired, acks: &Impaired) {
    println!("{what}: {} of {} towards the receiver, {} of {} towards the sender", data.lost, data.packets, acks.lost, acks.packets);
}
