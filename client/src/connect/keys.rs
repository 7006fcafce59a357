//! The keys of one's own TLS connections, written into a file when a person asks for it: Wireshark then reads the control plane.
//!
//! The format is that of the environment variable `SSLKEYLOGFILE` (draft-ietf-tls-keylogfile). Whoever has the file and what went over the
//! network reads these connections, those that are over included; private messages stay sealed inside them.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lectern_proto::hex;
use tokio_rustls::rustls::KeyLog;

static KEPT: OnceLock<Arc<KeyFile>> = OnceLock::new();

struct KeyFile(Mutex<File>);

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile")
    }
}

impl KeyLog for KeyFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex::write(client_random), hex::write(secret));
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        if let Err(error) = written {
            tracing::warn!(%error, "the keys of a connection could not be written");
        }
    }
}

/// From now on the keys of every TLS connection of this program are written to the end of a file, which only its owner may read. The
/// second call changes nothing.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    KEPT.get_or_init(|| Arc::new(KeyFile(Mutex::new(file))));
    Ok(())
}

/// Where keys go, if they are wanted.
pub(super) fn wanted() -> Option<Arc<dyn KeyLog>> {
    KEPT.get().map(|file| Arc::clone(file) as Arc<dyn KeyLog>)
}
