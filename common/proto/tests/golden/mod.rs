//! Golden files: names with bytes in hexadecimal, compared with what the code makes, or written when that is asked for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use lectern_proto::wire;
use serde::{Serialize, de::DeserializeOwned};

/// Names with their bytes, in the order of the file.
pub type Vectors = Vec<(String, Vec<u8>)>;

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

pub fn document() -> String {
    fs::read_to_string(folder().join("../../../docs/PROTOCOL.md")).expect("docs/PROTOCOL.md")
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Compares with the file, or writes it when that is asked for.
pub fn golden(file: &str, about: &str, vectors: &Vectors) {
    let mut text: String = about.lines().map(|l| format!("# {l}\n")).collect();
    for (name, bytes) in vectors {
        let _ = write!(text, "\n{name} =");
        for line in bytes.chunks(48) {
            let _ = write!(text, "{}{}", if bytes.len() > 48 { "\n  " } else { " " }, hex(line));
        }
        text.push('\n');
    }
    let path = folder().join(file);
    if std::env::var_os("LECTERN_WRITE_VECTORS").is_some() {
        return fs::write(&path, text).expect("writable");
    }
    let there = fs::read_to_string(&path).expect("the golden bytes");
    let first = text.lines().zip(there.lines()).find(|(new, old)| new != old);
    assert!(
        there == text,
        "{file}: the wire has changed; the first line that differs (now, golden): {first:?}. If that is wanted: new version, docs/PROTOCOL.md, `make vectors`"
    );
}

/// A message's bytes, proven to decode to itself.
pub fn bytes_of<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(message: &T) -> Vec<u8> {
    let bytes = wire::encode(message);
    assert_eq!(wire::decode::<T>(&bytes).as_ref(), Ok(message));
    bytes
}
