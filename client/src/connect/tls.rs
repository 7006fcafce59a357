//! TLS to a server whose certificate is known by its fingerprint alone.
//!
//! The link names the certificate, or none is known yet and it is learned; no authority, name or date is asked. The handshake's signature is still verified, so
//! the server proves that it holds the key. A wrong certificate ends the handshake before anything is sent.

use std::sync::Arc;

use lectern_proto::link::Fingerprint;
use lectern_proto::media::MEDIA_ALPN;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

#[derive(Debug)]
struct Pinned {
    /// None: whichever it is.
    fingerprint: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(fingerprint) = self.fingerprint else { return Ok(ServerCertVerified::assertion()) };
        if of(end_entity).0.ct_eq(&fingerprint.0).into() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn of(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint(Sha256::digest(certificate).into())
}

/// The fingerprint of the certificate that the other end of a connection has shown and proven.
pub(crate) fn shown(session: &rustls::ClientConnection) -> Option<Fingerprint> {
    session.peer_certificates()?.first().map(of)
}

/// A TLS 1.3 configuration that accepts the certificate of this fingerprint and no other.
pub(crate) fn pinned_config(fingerprint: Fingerprint) -> Result<Arc<ClientConfig>, rustls::Error> {
    config(Some(fingerprint), &[])
}

/// The same for a further connection that carries media: the server tells it by its protocol (RFC 7301).
pub(crate) fn media_config(fingerprint: Fingerprint) -> Result<Arc<ClientConfig>, rustls::Error> {
    config(Some(fingerprint), &[MEDIA_ALPN])
}

/// A configuration that accepts any certificate, to learn which it is. Nothing may be sent over its connections.
pub(crate) fn learning_config() -> Result<Arc<ClientConfig>, rustls::Error> {
    config(None, &[])
}

fn config(fingerprint: Option<Fingerprint>, protocols: &[&[u8]]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { fingerprint, provider }))
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
    if let Some(log) = super::keys::wanted() {
        config.key_log = log;
    }
    Ok(Arc::new(config))
}

/// Whether a handshake failed because the certificate is another one.
pub(crate) fn is_other_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)))
}
