//! The bare limit of relaying: a process that hands frames on between TLS connections, and nothing else.
//!
//! It speaks the frames of the control plane on the same libraries (tokio, rustls with ring): a message names its receiver by a number,
//! is handed on as it is, and its sender gets a short answer. It knows no rooms, rights, limits or stamps.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use lectern_proto::framing::{FrameReader, frame};
use lectern_proto::limits::CLIENT_MESSAGE_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::TLS13;

/// The argument that makes this program the bare relay; behind it the file of its certificate and the length of an answer.
pub const COMMAND: &str = "bare-relay";
/// Frames that wait for one connection.
const QUEUE: usize = 256;

type Peers = Arc<Mutex<Vec<mpsc::Sender<Vec<u8>>>>>;

/// Listens, prints its port, and relays until it is ended.
pub fn serve() -> Result<()> {
    let certificate = std::env::args().nth(2).context("the file of a certificate")?;
    let answer: usize = std::env::args().nth(3).context("the length of an answer")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let acceptor = acceptor(Path::new(&certificate))?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        let peers = Peers::default();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // Numbered in their order, before the next is accepted.
            let (queue, waiting) = mpsc::channel(QUEUE);
            peers.lock().unwrap_or_else(PoisonError::into_inner).push(queue.clone());
            let relayed = relay(acceptor.clone(), stream, (queue, waiting), Arc::clone(&peers), frame(&vec![1; answer]));
            tokio::spawn(async move {
                if let Err(why) = relayed.await {
                    eprintln!("bare relay: {why:#}");
                }
            });
        }
    })
}

fn acceptor(file: &Path) -> Result<TlsAcceptor> {
    let pem = std::fs::read(file)?;
    let (certificate, key) = (CertificateDer::from_pem_slice(&pem)?, PrivateKeyDer::from_pem_slice(&pem)?);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&[&TLS13])?;
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate], key)?;
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn relay(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    (queue, mut waiting): (mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>),
    peers: Peers,
    answer: Vec<u8>,
) -> Result<()> {
    let (mut reader, mut writer) = tokio::io::split(acceptor.accept(stream).await?);
    tokio::spawn(async move {
        while let Some(bytes) = waiting.recv().await {
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
        }
    });
    let (mut frames, mut buffer) = (FrameReader::default(), vec![0; 4 * 1024]);
    loop {
        let n = reader.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        frames.push(&buffer[..n]);
        while let Some(body) = frames.next_frame(CLIENT_MESSAGE_MAX)? {
            let to = body.first_chunk().map(|b| u64::from_be_bytes(*b)).context("a receiver")?;
            let peer = peers.lock().unwrap_or_else(PoisonError::into_inner).get(usize::try_from(to)?).cloned();
            peer.context("nobody has this number")?.send(frame(&body)).await?;
            queue.send(answer.clone()).await?;
        }
    }
}
