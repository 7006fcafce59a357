//! A malicious server, as a real one of ours, turned: it ends the TLS of its clients with the server's own key, and does to what passes on
//! the control connections whatever a test wants. The media port it leaves alone.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use lectern_proto::control::{Event, PersonId, Request};
use lectern_proto::framing::{FrameReader, frame};
use lectern_proto::limits::SERVER_MESSAGE_MAX;
use lectern_proto::link::JoinLink;
use lectern_proto::wire;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ServerConfig, version::TLS13};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::stack::Stack;
use crate::trusting;

/// What a turned server does.
pub trait Turned: Send + 'static {
    /// What becomes of something that the server says to `to`: what it says to whom instead. Those who have not joined are not reached.
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)>;

    /// What becomes of something that `from` asks.
    fn request(&mut self, _from: PersonId, request: Request) -> Option<Request> {
        Some(request)
    }
}

struct Shared {
    turned: Box<dyn Turned>,
    joined: Vec<(PersonId, mpsc::UnboundedSender<Vec<u8>>)>,
}

impl std::fmt::Debug for Middle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Middle(..)")
    }
}

/// A running one; it ends with the runtime that it was started on.
pub struct Middle(Arc<Mutex<Shared>>);

impl Middle {
    /// Stands before a server; the students' link that leads to it has the server's own fingerprint.
    pub async fn before(stack: &Stack, turned: impl Turned) -> Result<(Self, JoinLink)> {
        let pem = std::fs::read(stack.path("data").join("identity").join("certificate.pem"))?;
        let (certificate, key) = (CertificateDer::from_pem_slice(&pem)?, PrivateKeyDer::from_pem_slice(&pem)?);
        let near = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&[&TLS13])?;
        let near = TlsAcceptor::from(Arc::new(near.with_no_client_auth().with_single_cert(vec![certificate], key)?));
        // The server behind is known to be the right one.
        let far = TlsConnector::from(Arc::new(trusting::config()?));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (port, behind) = (listener.local_addr()?.port(), stack.port("control"));
        let shared = Arc::new(Mutex::new(Shared { turned: Box::new(turned), joined: Vec::new() }));
        let all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (near, far, all) = (near.clone(), far.clone(), Arc::clone(&all));
                // A connection that breaks is the client's to see.
                tokio::spawn(async move { connection(stream, behind, near, far, all).await });
            }
        });
        Ok((Self(shared), JoinLink { port, ..stack.link()? }))
    }

    /// Says something to somebody that the server never said.
    pub fn say(&self, to: PersonId, event: Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).say(to, &event);
    }
}

impl Shared {
    fn say(&mut self, to: PersonId, event: &Event) {
        if let Some((_, out)) = self.joined.iter().rev().find(|(person, _)| *person == to) {
            let _ = out.send(frame(&wire::encode(event)));
        }
    }
}

async fn connection(stream: TcpStream, behind: u16, near: TlsAcceptor, far: TlsConnector, all: Arc<Mutex<Shared>>) -> Result<()> {
    let near = near.accept(stream).await?;
    let far = far.connect(ServerName::try_from("lectern.invalid")?, TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).await?).await?;
    let ((from_near, to_near), (from_far, to_far)) = (tokio::io::split(near), tokio::io::split(far));
    let (out, queue) = mpsc::unbounded_channel();
    let who = Arc::new(Mutex::new(None));
    tokio::select! {
        done = up(Frames::new(from_near), to_far, &all, &who) => done,
        done = down(Frames::new(from_far), &all, &who, out) => done,
        done = write_out(to_near, queue) => done,
    }
}

async fn write_out<S: AsyncWrite>(mut to: WriteHalf<S>, mut queue: mpsc::UnboundedReceiver<Vec<u8>>) -> Result<()> {
    while let Some(bytes) = queue.recv().await {
        to.write_all(&bytes).await?;
        to.flush().await?;
    }
    Ok(())
}

/// Hello and login go as they are; what is asked then is looked at.
async fn up<S: AsyncRead, T: AsyncWrite>(mut from: Frames<S>, mut to: WriteHalf<T>, all: &Mutex<Shared>, who: &Mutex<Option<PersonId>>) -> Result<()> {
    loop {
        let body = from.next().await?;
        let from = *who.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let body = match (from, wire::decode::<Request>(&body)) {
            (Some(from), Ok(request)) => {
                let request = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).turned.request(from, request);
                request.map(|r| wire::encode(&r))
            }
            _ => Some(body),
        };
        if let Some(body) = body {
            to.write_all(&frame(&body)).await?;
            to.flush().await?;
        }
    }
}

async fn down<S: AsyncRead>(mut from: Frames<S>, all: &Mutex<Shared>, who: &Mutex<Option<PersonId>>, out: mpsc::UnboundedSender<Vec<u8>>) -> Result<()> {
    use lectern_proto::control::LoginReply;
    let hello = from.next().await?;
    out.send(frame(&hello))?;
    let me = loop {
        let body = from.next().await?;
        let reply: LoginReply = wire::decode(&body)?;
        if let LoginReply::Joined(joined) = &reply {
            // Before the client knows that it is in.
            *who.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(joined.you);
            all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).joined.push((joined.you, out.clone()));
            out.send(frame(&body))?;
            break joined.you;
        }
        out.send(frame(&body))?;
    };
    loop {
        let event: Event = wire::decode(&from.next().await?)?;
        let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (to, event) in all.turned.event(me, event) {
            all.say(to, &event);
        }
    }
}

struct Frames<S> {
    half: ReadHalf<S>,
    reader: FrameReader,
    ready: VecDeque<Vec<u8>>,
}

impl<S: AsyncRead> Frames<S> {
    fn new(half: ReadHalf<S>) -> Self {
        Self { half, reader: FrameReader::default(), ready: VecDeque::new() }
    }

    async fn next(&mut self) -> Result<Vec<u8>> {
        loop {
            while let Some(body) = self.reader.next_frame(SERVER_MESSAGE_MAX)? {
                self.ready.push_back(body.to_vec());
            }
            if let Some(body) = self.ready.pop_front() {
                return Ok(body);
            }
            let mut bytes = [0; 16 * 1024];
            let n = self.half.read(&mut bytes).await?;
            self.reader.push(bytes.get(..n).filter(|b| !b.is_empty()).context("the connection ended")?);
        }
    }
}
