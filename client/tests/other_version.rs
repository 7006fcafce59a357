//! A server of another version, as far as it goes: it refuses the hello and hands out its viewer. The real program is told so.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use lectern_proto::control::HelloReply;
use lectern_proto::framing::{FrameReader, frame};
use lectern_proto::handout::{Ask, HandOutFile, HandOutRefusal, HandOutReply, HandOutRequest};
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::wire;
use rcgen::generate_simple_self_signed;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::version::TLS13;

/// What it hands out, and what it says about that.
#[derive(Clone)]
struct Shelf {
    listed: Vec<HandOutFile>,
    content: Vec<u8>,
}

impl Shelf {
    fn new(content: &[u8]) -> Self {
        let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        let sha256 = Sha256::digest(content).into();
        let file = HandOutFile { name: format!("lectern-9.9.9-{platform}.zip"), bytes: content.len() as u64, sha256, version: "9.9.9".into(), platform };
        Self { listed: vec![file], content: content.to_vec() }
    }
}

async fn serve(tcp: TcpStream, tls: TlsAcceptor, shelf: Shelf) -> std::io::Result<()> {
    let mut stream = tls.accept(tcp).await?;
    let (mut reader, mut buffer) = (FrameReader::default(), [0; 4_096]);
    let body = loop {
        let n = stream.read(&mut buffer).await?;
        reader.push(&buffer[..n]);
        if let Some(body) = reader.next_frame(256).expect("short") {
            break body;
        }
        assert!(n > 0, "closed before a whole message");
    };
    let (reply, rest) = match HandOutRequest::read(&body).expect("well formed").map(|r| r.ask) {
        None => (wire::encode(&HelloReply::Refused { version_min: 99, version_max: 99, agent: "lectern-server 9.9.9".into() }), &[][..]),
        Some(Ask::List) => (wire::encode(&HandOutReply::Files(shelf.listed)), &[][..]),
        Some(Ask::Get { sha256 }) if shelf.listed.iter().any(|f| f.sha256 == sha256) => {
            (wire::encode(&HandOutReply::Begins { bytes: shelf.content.len() as u64 }), &shelf.content[..])
        }
        Some(Ask::Get { .. }) => (wire::encode(&HandOutReply::Refused(HandOutRefusal::NotFound)), &[][..]),
    };
    stream.write_all(&frame(&reply)).await?;
    stream.write_all(rest).await?;
    stream.shutdown().await
}

/// Runs `lectern people` against such a server; its home is `home`.
async fn join(shelf: Shelf, home: &Path) -> Output {
    let made = generate_simple_self_signed(["lectern.invalid".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.der().clone(), PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der())));
    let fingerprint = Fingerprint(Sha256::digest(&certificate).into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&[&TLS13]).expect("TLS 1.3");
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).expect("a key that fits");
    let tls = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(serve(tcp, tls.clone(), shelf.clone()));
        }
    });
    let link = JoinLink { hosts: vec!["127.0.0.1".into()], port, room: "class".into(), code: None, video: None, key: None, fingerprint };
    let mut command = Command::new(env!("CARGO_BIN_EXE_lectern"));
    command.args(["people", "--name", "Ana", "--password", "p", "--join"]).arg(link.to_string());
    for variable in ["XDG_DATA_HOME", "HOME", "APPDATA"] {
        command.env(variable, home);
    }
    tokio::task::spawn_blocking(move || command.output().expect("lectern runs")).await.expect("joined")
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.flat_map(|e| if e.path().is_dir() { files(&e.path()) } else { vec![e.path()] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_version_gets_the_one_that_fits() {
    let home = tempfile::tempdir().expect("a directory");
    let content: Vec<u8> = (0..300_000u32).map(|i| (i % 253) as u8).collect();
    let output = join(Shelf::new(&content), home.path()).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    let there = files(home.path());
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(std::fs::read(&there[0]).expect("readable"), content);
    assert!(told.contains("speaks 99 to 99") && told.contains("9.9.9") && told.contains(&there[0].display().to_string()), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_announced_is_not_kept() {
    let home = tempfile::tempdir().expect("a directory");
    let mut shelf = Shelf::new(b"the viewer that was announced");
    shelf.content = b"something else in its place..".to_vec();
    let output = join(shelf, home.path()).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("not what it had announced"), "{told}");
    assert_eq!(files(home.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_elsewhere_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let mut shelf = Shelf::new(b"x");
    shelf.listed[0].name = "../../escaped.zip".into();
    let told = String::from_utf8_lossy(&join(shelf, home.path()).await.stderr).into_owned();
    assert!(told.contains("not what it had announced"), "{told}");
    assert_eq!(files(home.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_nothing_for_this_system_is_told_as_before() {
    let home = tempfile::tempdir().expect("a directory");
    let told = String::from_utf8_lossy(&join(Shelf { listed: Vec::new(), content: Vec::new() }, home.path()).await.stderr).into_owned();
    assert!(told.contains("Update the older one of the two"), "{told}");
}
