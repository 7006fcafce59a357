//! The guard in front of the box parser: which boxes may stand where, how deep and how large.
//!
//! mp4-atom parses any box inside any container and recurses as deep as the bytes say. Here the tree is walked first
//! against the fixed shape of our own files; only what passes is given to the parser.

use super::Fmp4Error;

/// A box found in a buffer: its kind and the extent of its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) kind: [u8; 4],
    pub(super) header: usize,
    pub(super) size: usize,
}

/// Bytes of a box's header with a 32-bit size.
pub(super) const HEADER: usize = 8;

/// The header at the start of `bytes`, or nothing when it has not come yet. Sizes of 0 (to the end) and 1 (64 bits) are
/// never written by us and refused.
pub(super) fn header(bytes: &[u8]) -> Result<Option<Found>, Fmp4Error> {
    let Some((head, _)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
    let [s0, s1, s2, s3, kind @ ..] = *head;
    let size = u32::from_be_bytes([s0, s1, s2, s3]) as usize;
    if size < HEADER {
        return Err(Fmp4Error::Form("a box has a size that we never write"));
    }
    Ok(Some(Found { kind, header: HEADER, size }))
}

pub(super) fn name(kind: [u8; 4]) -> String {
    kind.escape_ascii().to_string()
}

/// What may stand inside a box, and how many bytes of fields come before its children.
fn shape(kind: &[u8; 4]) -> Option<(usize, &'static [&'static [u8; 4]])> {
    Some(match kind {
        b"moov" => (0, &[b"mvhd", b"mvex", b"trak"]),
        b"mvex" => (0, &[b"trex"]),
        b"trak" => (0, &[b"tkhd", b"edts", b"mdia"]),
        b"edts" => (0, &[b"elst"]),
        b"mdia" => (0, &[b"mdhd", b"hdlr", b"minf"]),
        b"minf" => (0, &[b"vmhd", b"smhd", b"dinf", b"stbl"]),
        b"dinf" => (0, &[b"dref"]),
        b"dref" => (8, &[b"url "]),
        b"stbl" => (0, &[b"stsd", b"stts", b"stsc", b"stsz", b"stco"]),
        b"stsd" => (8, &[b"avc1", b"mp4a"]),
        b"avc1" => (78, &[b"avcC", b"colr", b"pasp"]),
        b"mp4a" => (28, &[b"esds"]),
        b"moof" => (0, &[b"mfhd", b"traf"]),
        b"traf" => (0, &[b"tfhd", b"tfdt", b"trun"]),
        _ => return None,
    })
}

/// Largest body of a leaf. `trun` is bounded by its `moof`; the sample tables of an initialisation segment are empty.
fn leaf_limit(kind: &[u8; 4]) -> usize {
    match kind {
        b"trun" => super::MOOF_BYTES_MAX,
        b"avcC" => 4096,
        b"stts" | b"stsc" | b"stco" => 8,
        b"stsz" => 12,
        _ => 256,
    }
}

/// Walks the children of the box of this kind. The shape has no cycle, so neither has the recursion.
pub(super) fn check(kind: [u8; 4], body: &[u8]) -> Result<(), Fmp4Error> {
    let Some((fields, children)) = shape(&kind) else {
        let limit = leaf_limit(&kind);
        if body.len() > limit {
            return Err(Fmp4Error::TooLarge { what: "a box", size: body.len() as u64, limit: limit as u64 });
        }
        return Ok(());
    };
    let mut rest = body.get(fields..).ok_or(Fmp4Error::Truncated)?;
    while !rest.is_empty() {
        let found = header(rest)?.ok_or(Fmp4Error::Truncated)?;
        if !children.iter().any(|c| **c == found.kind) {
            return Err(Fmp4Error::UnexpectedBox(name(found.kind)));
        }
        let child = rest.get(found.header..found.size).ok_or(Fmp4Error::Truncated)?;
        check(found.kind, child)?;
        rest = rest.get(found.size..).ok_or(Fmp4Error::Truncated)?;
    }
    Ok(())
}
