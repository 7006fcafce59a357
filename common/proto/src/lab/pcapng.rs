//! Packet captures of the labs' own datagrams, which Wireshark opens: whoever may not capture on a machine still sees what went.
//!
//! The format is pcapng (draft-ietf-opsawg-pcapng): one section, one interface of link type `LINKTYPE_RAW` (101), whose packets
//! begin with their IP header. Programs do not see the headers of their datagrams; those here are built from the addresses, with true
//! lengths and checksums, hop limit 64.

use std::net::{IpAddr, SocketAddr};

/// Bytes in front of each payload at most: IPv6 and UDP.
pub const HEADERS_MAX: usize = 48;
/// Payloads that fit into a datagram: 65,535 without the headers of IPv4 and UDP.
pub const PAYLOAD_MAX: usize = 65_507;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
const LINKTYPE_RAW: u16 = 101;
const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const OPTION_APPLICATION: u16 = 4;
const OPTION_NAME: u16 = 2;
const UDP: u8 = 17;
/// Comments are cut to this many bytes.
const COMMENT_MAX: usize = 1_024;

/// The beginning of a capture: section and interface. `application` is the program that wrote it, `interface` what it looked at.
#[must_use]
pub fn beginning(application: &str, interface: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    block(&mut out, SECTION_HEADER, |out| {
        out.extend(BYTE_ORDER_MAGIC.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        // The section's length is not told.
        out.extend(u64::MAX.to_le_bytes());
        option(out, OPTION_APPLICATION, application.as_bytes());
        option(out, OPTION_END, &[]);
    });
    block(&mut out, INTERFACE_DESCRIPTION, |out| {
        out.extend(LINKTYPE_RAW.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        // Packets are not cut.
        out.extend(0_u32.to_le_bytes());
        option(out, OPTION_NAME, interface.as_bytes());
        option(out, OPTION_END, &[]);
    });
    out
}

/// A datagram as it is captured.
#[derive(Debug, Clone, Copy)]
pub struct Captured<'a> {
    /// Microseconds since 1970.
    pub time_us: u64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    /// What is behind the UDP header; what is longer than [`PAYLOAD_MAX`] is cut and its lengths say so.
    pub payload: &'a [u8],
    /// A line beside it, such as why it never left the machine.
    pub comment: Option<&'a str>,
}

/// Appends one datagram. Addresses of two families are written as IPv6 (IPv4 mapped, RFC 4291, 2.5.5.2).
pub fn append(out: &mut Vec<u8>, captured: &Captured<'_>) {
    let payload = &captured.payload[..captured.payload.len().min(PAYLOAD_MAX)];
    block(out, ENHANCED_PACKET, |out| {
        out.extend(0_u32.to_le_bytes());
        out.extend(((captured.time_us >> 32) as u32).to_le_bytes());
        out.extend((captured.time_us as u32).to_le_bytes());
        let lengths = out.len();
        out.extend([0; 8]);
        let start = out.len();
        headers(out, captured.from, captured.to, payload);
        out.extend(payload);
        let length = ((out.len() - start) as u32).to_le_bytes();
        out[lengths..lengths + 4].copy_from_slice(&length);
        out[lengths + 4..lengths + 8].copy_from_slice(&length);
        pad(out, start);
        if let Some(comment) = captured.comment {
            let mut end = comment.len().min(COMMENT_MAX);
            while !comment.is_char_boundary(end) {
                end -= 1;
            }
            option(out, OPTION_COMMENT, &comment.as_bytes()[..end]);
            option(out, OPTION_END, &[]);
        }
    });
}

/// One block: type, length, body, length.
fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let length = ((out.len() + 4 - start) as u32).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&length);
    out.extend(length);
}

/// Fills up to a multiple of four since `start`.
fn pad(out: &mut Vec<u8>, start: usize) {
    let rest = (out.len() - start) % 4;
    if rest != 0 {
        out.resize(out.len() + 4 - rest, 0);
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    out.extend(code.to_le_bytes());
    out.extend((value.len() as u16).to_le_bytes());
    let start = out.len();
    out.extend(value);
    pad(out, start);
}

/// IP (RFC 791, RFC 8200) and UDP (RFC 768).
fn headers(out: &mut Vec<u8>, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
    let udp_length = (8 + payload.len()) as u16;
    let pseudo = match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let start = out.len();
            out.extend([0x45, 0]);
            out.extend((20 + udp_length).to_be_bytes());
            // Identification 0, do not fragment.
            out.extend([0, 0, 0x40, 0, 64, UDP, 0, 0]);
            out.extend(source.octets());
            out.extend(destination.octets());
            let sum = !fold(sum_words(&out[start..]));
            out[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
            sum_words(&source.octets()) + sum_words(&destination.octets())
        }
        (source, destination) => {
            let octets = |ip: IpAddr| match ip {
                IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
                IpAddr::V6(v6) => v6.octets(),
            };
            let (source, destination) = (octets(source), octets(destination));
            out.extend([0x60, 0, 0, 0]);
            out.extend(udp_length.to_be_bytes());
            out.extend([UDP, 64]);
            out.extend(source);
            out.extend(destination);
            sum_words(&source) + sum_words(&destination)
        }
    };
    let mut udp = [0; 8];
    udp[..2].copy_from_slice(&from.port().to_be_bytes());
    udp[2..4].copy_from_slice(&to.port().to_be_bytes());
    udp[4..6].copy_from_slice(&udp_length.to_be_bytes());
    let sum = pseudo + u64::from(UDP) + u64::from(udp_length) + sum_words(&udp) + sum_words(payload);
    // A sum of 0 would mean that there is none.
    let checksum = match !fold(sum) {
        0 => u16::MAX,
        checksum => checksum,
    };
    udp[6..].copy_from_slice(&checksum.to_be_bytes());
    out.extend(udp);
}

/// The sum of the 16-bit words, the last one filled up with a zero (RFC 1071).
fn sum_words(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|word| u64::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]))).sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().expect("an address")
    }

    fn captured(from: &str, to: &str, payload: &[u8], comment: Option<&str>) -> Vec<u8> {
        let mut out = Vec::new();
        append(&mut out, &Captured { time_us: 0x0001_0002_0003_0004, from: at(from), to: at(to), payload, comment });
        out
    }

    /// Every block says its length twice, and the lengths lead from one to the next.
    fn blocks(mut bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
            let (kind, length) = (word(0), word(4) as usize);
            assert_eq!(length % 4, 0);
            assert_eq!(word(length - 4) as usize, length);
            found.push((kind, bytes[8..length - 4].to_vec()));
            bytes = &bytes[length..];
        }
        found
    }

    #[test]
    fn a_capture_is_a_row_of_blocks() {
        let mut all = beginning("lectern 0.1", "arq");
        for length in 0..9 {
            let bytes = vec![7; length];
            append(&mut all, &Captured { time_us: 5, from: at("127.0.0.1:1"), to: at("127.0.0.1:2"), payload: &bytes, comment: Some("dropped") });
        }
        let kinds: Vec<u32> = blocks(&all).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds[..2], [SECTION_HEADER, INTERFACE_DESCRIPTION]);
        assert_eq!(kinds[2..], [ENHANCED_PACKET; 9]);
    }

    #[test]
    fn checksums_add_up_to_ones() {
        for (from, to) in [("192.0.2.1:40000", "192.0.2.2:9000"), ("[2001:db8::1]:40000", "[2001:db8::2]:9000"), ("192.0.2.1:1", "[::1]:2")] {
            for payload in [&b""[..], b"odd", b"even", &[0xFF; 1_200]] {
                let out = blocks(&captured(from, to, payload, None)).remove(0).1;
                let length = u32::from_le_bytes(out[12..16].try_into().expect("four bytes")) as usize;
                let packet = &out[20..20 + length];
                let (pseudo, udp) = match packet[0] >> 4 {
                    4 => {
                        assert_eq!(fold(sum_words(&packet[..20])), 0xFFFF);
                        assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])), length);
                        (sum_words(&packet[12..20]), &packet[20..])
                    }
                    _ => (sum_words(&packet[8..40]), &packet[40..]),
                };
                assert_eq!(usize::from(u16::from_be_bytes([udp[4], udp[5]])), udp.len());
                assert_eq!(fold(pseudo + u64::from(UDP) + udp.len() as u64 + sum_words(udp)), 0xFFFF);
                assert_eq!(&udp[8..], payload);
            }
        }
    }

    #[test]
    fn times_and_comments_are_kept() {
        let out = blocks(&captured("127.0.0.1:1", "127.0.0.1:2", b"x", Some("lost on purpose"))).remove(0).1;
        assert_eq!(out[4..12], [2, 0, 1, 0, 4, 0, 3, 0]);
        assert!(out.windows(15).any(|w| w == b"lost on purpose"));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let out = blocks(&captured("127.0.0.1:1", "127.0.0.1:2", &vec![1; 70_000], Some(&"ü".repeat(2_000)))).remove(0).1;
        assert_eq!(u32::from_le_bytes(out[12..16].try_into().expect("four bytes")), 65_535);
    }
}
