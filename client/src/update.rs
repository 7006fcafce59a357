//! The viewer that fits a server, from the server: for a client that the server refused for its version.
//!
//! Over connections of its own that are pinned like any other, so what comes is what the class's server has. Nothing is
//! started: the file is checked, put beside the settings, and the person is told what to do with it.

use std::io;
use std::path::{Path, PathBuf};

use lectern_proto::framing::{FrameReader, frame};
use lectern_proto::handout::{Ask, HandOutFile, HandOutRefusal, HandOutReply, HandOutRequest};
use lectern_proto::limits::{HANDOUT_PIECE, HANDOUT_REPLY_MAX, SILENCE_MAX};
use lectern_proto::link::JoinLink;
use lectern_proto::wire;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::client::TlsStream;

use crate::class::JoinError;
use crate::connect::dial::dial;
use crate::connect::trouble::LostWhy;
use crate::system::SystemError;

/// How often a server that is busy with others is asked.
const TRIES: u32 = 30;

/// Why no viewer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error(transparent)]
    Unreachable(#[from] JoinError),
    /// It has none for this system, or is too old to hand out any.
    #[error("the server hands out no Lectern for this system; ask the person who runs it")]
    None,
    #[error("the server hands Lectern to many others just now; try again in a minute")]
    Busy,
    #[error("the connection broke while Lectern was being fetched ({0}); try again")]
    Broken(LostWhy),
    #[error("what the server sent is not what it had announced; try again, and if it stays so, tell the person who runs it")]
    Wrong,
    #[error("{path} cannot be written ({why}); make room or choose another home folder")]
    Unwritable { path: String, why: SystemError },
}

/// A viewer that was fetched and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub version: String,
    pub path: PathBuf,
    /// Whether the system's package manager installs it; else it is an archive to unpack.
    pub is_package: bool,
}

/// What a server hands out.
///
/// # Errors
/// [`UpdateError`] when it cannot be asked; [`UpdateError::None`] when it is too old to be.
pub async fn list(link: &JoinLink) -> Result<Vec<HandOutFile>, UpdateError> {
    match ask(link, Ask::List).await? {
        (HandOutReply::Files(files), ..) => Ok(files),
        _ => Err(UpdateError::Wrong),
    }
}

/// Fetches the viewer of this version for this system into `folder`; the newest that there is when none is said.
///
/// # Errors
/// [`UpdateError`]; nothing is left behind.
pub async fn fetch(link: &JoinLink, version: Option<&str>, folder: &Path) -> Result<Update, UpdateError> {
    let file = choose(list(link).await?, version, &platforms()).ok_or(UpdateError::None)?;
    let path = folder.join(&file.name);
    let unwritable = |e: io::Error| UpdateError::Unwritable { path: path.display().to_string(), why: e.into() };
    tokio::fs::create_dir_all(folder).await.map_err(unwritable)?;
    if !is_there(&path, &file).await {
        let content = content(link, &file).await?;
        let part = folder.join(format!("{}.part", file.name));
        let write = async {
            tokio::fs::write(&part, &content).await?;
            tokio::fs::rename(&part, &path).await
        };
        if let Err(e) = write.await {
            let _ = tokio::fs::remove_file(&part).await;
            return Err(unwritable(e));
        }
    }
    Ok(Update { is_package: file.platform.starts_with("debian-"), version: file.version, path })
}

/// The best first: a package where packages are installed and this program came by one, else an archive.
fn platforms() -> Vec<String> {
    let archive = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let installed = std::env::current_exe().is_ok_and(|exe| exe.starts_with("/usr/bin"));
    let debian = match std::env::consts::ARCH {
        _ if !installed || !Path::new("/var/lib/dpkg/status").exists() => None,
        "x86_64" => Some("debian-amd64".to_owned()),
        "aarch64" => Some("debian-arm64".to_owned()),
        _ => None,
    };
    debian.into_iter().chain([archive]).collect()
}

fn choose(files: Vec<HandOutFile>, version: Option<&str>, platforms: &[String]) -> Option<HandOutFile> {
    let mut fitting: Vec<_> = files.into_iter().filter(|f| version.is_none_or(|v| v == f.version) && platforms.contains(&f.platform)).collect();
    let place = |f: &HandOutFile| platforms.iter().position(|p| *p == f.platform);
    fitting.sort_by(|a, b| numbers(&b.version).cmp(&numbers(&a.version)).then_with(|| place(a).cmp(&place(b))));
    fitting.into_iter().next()
}

/// The numbers of a version, so that 0.10 comes after 0.9.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0)).collect()
}

async fn is_there(path: &Path, file: &HandOutFile) -> bool {
    tokio::fs::read(path).await.is_ok_and(|there| is_it(&there, file))
}

fn is_it(content: &[u8], file: &HandOutFile) -> bool {
    content.len() as u64 == file.bytes && <[u8; 32]>::from(Sha256::digest(content)) == file.sha256
}

async fn content(link: &JoinLink, file: &HandOutFile) -> Result<Vec<u8>, UpdateError> {
    for _ in 0..TRIES {
        match ask(link, Ask::Get { sha256: file.sha256 }).await? {
            (HandOutReply::Begins { bytes }, stream, begun) if bytes == file.bytes => {
                let content = rest(stream, begun, bytes).await?;
                return if is_it(&content, file) { Ok(content) } else { Err(UpdateError::Wrong) };
            }
            (HandOutReply::Refused(HandOutRefusal::Busy { retry_after_ms }), ..) => {
                sleep(std::time::Duration::from_millis(retry_after_ms.into()).min(SILENCE_MAX)).await;
            }
            (HandOutReply::Refused(HandOutRefusal::NotFound), ..) => return Err(UpdateError::None),
            _ => return Err(UpdateError::Wrong),
        }
    }
    Err(UpdateError::Busy)
}

/// Asks on a connection of its own; gives the reply, the stream, and what came behind the reply.
async fn ask(link: &JoinLink, ask: Ask) -> Result<(HandOutReply, TlsStream<TcpStream>, Vec<u8>), UpdateError> {
    let mut stream = dial(link).await?.stream;
    let request = frame(&wire::encode(&HandOutRequest::new(ask)));
    let mut reader = FrameReader::default();
    let mut piece = vec![0; HANDOUT_PIECE];
    let sent = async {
        stream.write_all(&request).await?;
        stream.flush().await
    };
    sent.await.map_err(|e| UpdateError::Broken(LostWhy::System(e.into())))?;
    loop {
        let n = read(&mut stream, &mut piece).await?;
        if n == 0 {
            // A server from before this was thought of says nothing and closes.
            return Err(UpdateError::None);
        }
        reader.push(&piece[..n]);
        if let Some(body) = reader.next_frame(HANDOUT_REPLY_MAX).map_err(|_| UpdateError::Wrong)? {
            let reply = HandOutReply::read(&body).map_err(|_| UpdateError::Wrong)?;
            return Ok((reply, stream, reader.into_rest()));
        }
    }
}

async fn read(stream: &mut TlsStream<TcpStream>, piece: &mut [u8]) -> Result<usize, UpdateError> {
    match timeout(SILENCE_MAX, stream.read(piece)).await {
        Ok(Ok(n)) => Ok(n),
        // Closed without a goodbye of TLS: the same as closed.
        Ok(Err(e)) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        Ok(Err(e)) => Err(UpdateError::Broken(LostWhy::System(e.into()))),
        Err(_) => Err(UpdateError::Broken(LostWhy::Silent(SILENCE_MAX.as_secs()))),
    }
}

async fn rest(mut stream: TlsStream<TcpStream>, begun: Vec<u8>, bytes: u64) -> Result<Vec<u8>, UpdateError> {
    let whole = usize::try_from(bytes).map_err(|_| UpdateError::Wrong)?;
    let mut content = begun;
    let mut piece = vec![0; HANDOUT_PIECE];
    while content.len() < whole {
        let n = read(&mut stream, &mut piece).await?;
        if n == 0 {
            return Err(UpdateError::Broken(LostWhy::Closed));
        }
        content.extend_from_slice(&piece[..n]);
    }
    if content.len() == whole { Ok(content) } else { Err(UpdateError::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fitting_file_is_chosen() {
        let file = |version: &str, platform: &str| HandOutFile {
            name: format!("lectern-{version}-{platform}.zip"),
            bytes: 1,
            sha256: [0; 32],
            version: version.into(),
            platform: platform.into(),
        };
        let files = || vec![file("1.0.0", "linux-x86_64"), file("2.0.0", "debian-amd64"), file("2.0.0", "linux-x86_64"), file("2.0.0", "windows-x86_64")];
        let check = |version: Option<&str>, platforms: &[&str], want: Option<&str>| {
            let platforms: Vec<_> = platforms.iter().map(|p| (*p).to_owned()).collect();
            assert_eq!(choose(files(), version, &platforms).map(|f| f.name), want.map(str::to_owned));
        };
        check(Some("2.0.0"), &["debian-amd64", "linux-x86_64"], Some("lectern-2.0.0-debian-amd64.zip"));
        check(Some("1.0.0"), &["debian-amd64", "linux-x86_64"], Some("lectern-1.0.0-linux-x86_64.zip"));
        check(None, &["linux-x86_64"], Some("lectern-2.0.0-linux-x86_64.zip"));
        assert!(numbers("0.10.0") > numbers("0.9.3"));
        check(Some("3.0.0"), &["linux-x86_64"], None);
        check(None, &["macos-aarch64"], None);
    }
}
