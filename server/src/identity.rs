//! Who this server is: certificate, instructor key, the password of the first room if it was generated.
//!
//! Made at the first start in `data/identity`, readable by the owner alone, and the same ever after: the fingerprint in
//! every join link and the instructor's link depend on it. Nothing here is logged.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_proto::chat::stamp::StampKey;
use lectern_proto::hex;
use lectern_proto::link::{Fingerprint, InstructorKey};
use lectern_proto::media::MEDIA_ALPN;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{ServerConfig, crypto::ring, version::TLS13};

use crate::platform;

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{} cannot be read or written: {error}; give this user the right to, or name another data directory", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} does not hold what it should; restore it, or delete the directory {} (then every join link must be given out anew)", .path.display(), .path.parent().unwrap_or(.path).display())]
    Damaged { path: PathBuf },
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("TLS could not be set up with the server's certificate: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

/// The server's secrets and what is made of them.
pub(crate) struct Identity {
    pub tls: Arc<ServerConfig>,
    pub fingerprint: Fingerprint,
    pub instructor_key: InstructorKey,
    /// Stamps parcels of private chat; a report proves nothing under another.
    pub stamps: StampKey,
    dir: PathBuf,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.fingerprint)
    }
}

impl Identity {
    /// Where something lies that belongs to this certificate.
    pub(crate) fn place_of(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Reads the identity below the data directory, or makes it.
    ///
    /// # Errors
    /// [`IdentityError`] when it cannot be read or made, or is damaged.
    pub(crate) fn load_or_make(data: &Path) -> Result<Self, IdentityError> {
        let dir = data.join("identity");
        std::fs::create_dir_all(&dir).and_then(|()| platform::make_private(&dir)).map_err(|error| IdentityError::File { path: dir.clone(), error })?;
        let pem = read_or_make(&dir.join("certificate.pem"), make_certificate)?;
        let damaged = || IdentityError::Damaged { path: dir.join("certificate.pem") };
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| damaged())?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| damaged())?;
        let fingerprint = Fingerprint(Sha256::digest(&certificate).into());
        let mut tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        // Clients that name no protocol speak the control plane.
        tls.alpn_protocols = vec![MEDIA_ALPN.to_vec()];
        // Media keys come from the handshake of each connection; nothing is resumed.
        tls.send_tls13_tickets = 0;
        let path = dir.join("instructor.key");
        let text = read_or_make(&path, || Ok(InstructorKey(rand::random()).reveal()))?;
        let instructor_key = std::str::from_utf8(&text).ok().and_then(|t| InstructorKey::parse(t.trim())).ok_or(IdentityError::Damaged { path })?;
        let path = dir.join("chat-stamps.key");
        let text = read_or_make(&path, || Ok(hex::write(&rand::random::<[u8; 32]>())))?;
        let stamps = std::str::from_utf8(&text).ok().and_then(|t| hex::read(t.trim())).and_then(|k| k.try_into().ok());
        let stamps = StampKey(stamps.ok_or(IdentityError::Damaged { path })?);
        Ok(Self { tls: Arc::new(tls), fingerprint, instructor_key, stamps, dir })
    }

    /// What salts for accounts are made with. Lost, names without an account could be told from those with one; nobody is kept out.
    ///
    /// # Errors
    /// [`IdentityError`] when it cannot be read or made, or is damaged.
    pub(crate) fn account_salt_key(&self) -> Result<[u8; 16], IdentityError> {
        let path = self.dir.join("account-salt.key");
        let text = read_or_make(&path, || Ok(InstructorKey(rand::random()).reveal()))?;
        let key = std::str::from_utf8(&text).ok().and_then(|t| InstructorKey::parse(t.trim()));
        key.map(|key| key.0).ok_or(IdentityError::Damaged { path })
    }

    /// The password that was generated for the first room, made when there is none.
    ///
    /// # Errors
    /// [`IdentityError`] when it cannot be read or made.
    pub(crate) fn generated_password(&self) -> Result<String, IdentityError> {
        let path = self.dir.join("room-password");
        let text = read_or_make(&path, || Ok(make_password()))?;
        let text = String::from_utf8(text).map_err(|_| IdentityError::Damaged { path })?;
        Ok(text.trim().to_owned())
    }
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Result<String, IdentityError>) -> Result<Vec<u8>, IdentityError> {
    let failed = |error| IdentityError::File { path: path.to_owned(), error };
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes = make()?.into_bytes();
            platform::write_private(path, &bytes).map_err(failed)?;
            Ok(bytes)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Certificate and key in one PEM file. Clients pin the fingerprint: name and dates only have to be well-formed, and the
/// dates so wide that a classroom machine's wrong clock does not matter.
fn make_certificate() -> Result<String, IdentityError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec!["lectern.invalid".to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Lectern");
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Three groups of four letters and digits that cannot be mistaken for one another when read out: 59 bits.
fn make_password() -> String {
    const LETTERS: &[u8; 30] = b"abcdefghjkmnpqrstuvwxyz2345679";
    let letter = || char::from(LETTERS[rand::random_range(0..LETTERS.len())]);
    let group = || (0..4).map(|_| letter()).collect::<String>();
    [group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_at_every_start() {
        let dir = tempfile::tempdir().expect("a directory");
        let one = Identity::load_or_make(dir.path()).expect("made");
        let two = Identity::load_or_make(dir.path()).expect("read");
        assert_eq!(one.fingerprint, two.fingerprint);
        assert_eq!(one.instructor_key, two.instructor_key);
        assert_eq!(one.stamps.0, two.stamps.0);
        assert_eq!(one.generated_password().expect("made"), two.generated_password().expect("read"));
        assert_eq!(one.generated_password().expect("read").len(), 14);
    }

    #[test]
    fn damage_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        drop(Identity::load_or_make(dir.path()).expect("made"));
        for file in ["chat-stamps.key", "instructor.key", "certificate.pem"] {
            std::fs::write(dir.path().join("identity").join(file), b"no").expect("writable");
            assert!(matches!(Identity::load_or_make(dir.path()), Err(IdentityError::Damaged { .. })), "{file}");
        }
    }
}
