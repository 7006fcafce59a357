//! What the targets share: the inputs that they begin with, and the keys that are known on both sides.
//!
//! A target is a program of libFuzzer: it is handed bytes that are changed until they reach code that none before them reached. The
//! corpus begins with the golden bytes of the protocol. What is sealed is opened with keys that the target has: ciphertext is not
//! guessed, so the target seals what it is handed, as somebody would who has logged in.

use std::path::Path;

use lectern_proto::wire;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod chat;

/// Golden bytes of the protocol whose names begin like one of these, of all files.
pub fn golden(begin: &[&str]) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../common/proto/vectors");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).expect("the vectors").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a text");
        for entry in text.split("\n\n").filter(|e| begin.iter().any(|b| e.trim_start().starts_with(b))) {
            let Some((_, digits)) = entry.split_once('=') else { continue };
            all.extend(lectern_proto::hex::read(&digits.split_whitespace().collect::<String>()));
        }
    }
    assert!(!all.is_empty(), "no golden bytes begin with {begin:?}");
    all
}

/// Writes the inputs that a target begins with to the folder that `LECTERN_FUZZ_SEEDS` names, before its engine reads it.
pub fn begin_with(inputs: impl IntoIterator<Item = Vec<u8>>) {
    let Some(folder) = std::env::var_os("LECTERN_FUZZ_SEEDS") else { return };
    for (number, input) in inputs.into_iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("golden-{number:03}")), input).expect("the folder of the corpus can be written");
    }
}

/// The same input behind each of the numbers below `phases`: a target takes it for how far the connection has come.
pub fn in_phases(phases: u8, inputs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    inputs.iter().flat_map(|input| (0..phases).map(move |phase| [&[phase][..], input].concat())).collect()
}

/// The input cut into pieces, each behind its length of two bytes; the last may be cut short.
pub fn pieces(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk::<2>()?;
        let (piece, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
        data = rest;
        Some(piece)
    })
}

/// One piece as [`pieces`] reads it.
pub fn piece(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("short").to_be_bytes();
    [&length[..], bytes].concat()
}

/// What was taken for a message has bytes of its own, which are taken for the same.
pub fn is_itself<T: Serialize + DeserializeOwned>(message: &T) {
    let bytes = wire::encode(message);
    assert_eq!(wire::decode::<T>(&bytes).map(|m| wire::encode(&m)), Ok(bytes));
}
