//! A client of the control plane: the protocol's core on a TLS connection.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::{CloseReason, ControlError, Event, Joined, LoginRefusal, LoginReply, LoginRequest, Person, Proof, Request, SeatToken};
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::seal::{EXPORTER_LABEL, MediaSecret};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use tokio_rustls::rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, version::TLS13};

use super::soon;
use super::stage::PASSWORD;

pub struct Client {
    pub core: ClientCore,
    pub stream: TlsStream<TcpStream>,
    start: Instant,
}

/// A client that was let in.
pub struct Member {
    pub client: Client,
    pub joined: Joined,
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    Closed,
    Wrong(ControlError),
}

impl Client {
    pub async fn connect(link: &JoinLink) -> Self {
        Self::try_connect(link).await.expect("a connection")
    }

    pub async fn try_connect(link: &JoinLink) -> std::io::Result<Self> {
        let tcp = TcpStream::connect((link.hosts[0].as_str(), link.port)).await?;
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Pinned { fingerprint: link.fingerprint, provider: Arc::clone(&provider) });
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13]).expect("TLS 1.3");
        let config = config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        let name = ServerName::try_from("lectern.invalid").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        Ok(Self { core: ClientCore::new(Duration::ZERO, "test 1"), stream, start: Instant::now() })
    }

    pub fn secret(&self) -> MediaSecret {
        MediaSecret(self.stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None).expect("an exporter"))
    }

    pub async fn flush(&mut self) {
        while let Some(bytes) = self.core.poll_transmit() {
            // The far side may have closed: what it said is still read.
            let _ = self.stream.write_all(&bytes).await;
        }
        let _ = self.stream.flush().await;
    }

    /// The next thing that the server says.
    pub async fn next(&mut self) -> Result<Output, Ended> {
        loop {
            let now = self.start.elapsed();
            if let Some(output) = self.core.poll_output(now).map_err(Ended::Wrong)? {
                return Ok(output);
            }
            let _ = self.core.handle_timeout(now);
            self.flush().await;
            let mut buffer = [0; 16 * 1024];
            let ping = self.start + self.core.poll_timeout();
            tokio::select! {
                read = self.stream.read(&mut buffer) => match read {
                    Ok(n @ 1..) => self.core.receive(self.start.elapsed(), &buffer[..n]),
                    _ => return Err(Ended::Closed),
                },
                () = tokio::time::sleep_until(ping) => {}
            }
        }
    }

    pub async fn login(&mut self, link: &JoinLink, name: &str, proof: Proof) -> Result<Joined, LoginRefusal> {
        self.try_login(LoginRequest { room: link.room.clone(), name: name.into(), proof }).await.expect("an answer")
    }

    pub async fn try_login(&mut self, login: LoginRequest) -> Result<Result<Joined, LoginRefusal>, Ended> {
        soon("the answer to a login", async {
            // A second try on the same connection has no welcome.
            if !self.is_welcome() {
                assert!(matches!(self.next().await?, Output::Welcome(_)));
            }
            self.core.login(&login);
            loop {
                match self.next().await? {
                    Output::Login(LoginReply::Joined(joined)) => return Ok(Ok(*joined)),
                    Output::Login(LoginReply::Refused(why)) => return Ok(Err(why)),
                    Output::Login(LoginReply::Waiting { .. }) => {}
                    other => panic!("{other:?}"),
                }
            }
        })
        .await
    }

    fn is_welcome(&self) -> bool {
        format!("{:?}", self.core).contains("phase: Login")
    }
}

impl Member {
    pub async fn enter(link: &JoinLink, name: &str) -> Self {
        let proof = link.key.as_ref().map_or_else(|| Proof::Password(PASSWORD.into()), Proof::from_key);
        Self::with(link, name, proof).await.unwrap_or_else(|why| panic!("{name}: {why:?}"))
    }

    pub async fn with(link: &JoinLink, name: &str, proof: Proof) -> Result<Self, LoginRefusal> {
        let mut client = soon("a connection", Client::connect(link)).await;
        let joined = client.login(link, name, proof).await?;
        Ok(Self { client, joined })
    }

    pub async fn again(link: &JoinLink, seat: &SeatToken) -> Result<Self, LoginRefusal> {
        Self::with(link, "", Proof::Seat(seat.clone())).await
    }

    pub async fn request(&mut self, request: Request) {
        self.client.core.request(&request);
        self.client.flush().await;
    }

    pub async fn event(&mut self) -> Event {
        match soon("an event", self.client.next()).await {
            Ok(Output::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    /// Reads on until an event of this kind.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        soon(what, async {
            loop {
                if let Some(found) = pick(self.event().await) {
                    return found;
                }
            }
        })
        .await
    }

    pub async fn until_closing(&mut self) -> CloseReason {
        self.until("the end", |e| if let Event::Closing(reason) = e { Some(reason) } else { None }).await
    }

    /// Reads on until this person is told of.
    pub async fn until_person(&mut self, what: impl Fn(&Person) -> bool) -> Person {
        self.until("a person", |e| if let Event::People(p) = e { p.into_iter().find(&what) } else { None }).await
    }
}

#[derive(Debug)]
struct Pinned {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_pinned = Fingerprint(Sha256::digest(certificate).into()) == self.fingerprint;
        if is_pinned { Ok(ServerCertVerified::assertion()) } else { Err(CertificateError::ApplicationVerificationFailure.into()) }
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(tokio_rustls::rustls::PeerIncompatible::Tls13RequiredForQuic))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
