//! The server's side of the media port over UDP, without a socket: which addresses are proven, and for whom.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{ASK, Ask, CHALLENGE, HELLO, HELLO_LEN, KNOCK, KNOCK_LEN, LAB, LAB_HEADER, Opening, Sealing, TELL, Tell, VERSION, head, session_of};
use crate::limits::{DATAGRAM_PEERS_PER_SESSION, DATAGRAM_SILENCE_MAX};
use crate::seal::MediaSecret;
use crate::wire;

/// A cookie is good for one to two of these.
const COOKIE_LIFE: Duration = Duration::from_secs(15);

/// What came of a datagram.
#[derive(Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing, or nothing that is answered.
    None,
    /// Send this back.
    Answer(Vec<u8>),
    /// The address is proven for this session; send this back.
    Opened { session: u64, answer: Vec<u8> },
    /// The one behind this address asks.
    Ask(Ask),
    /// What is behind the first [`LAB_HEADER`] bytes is a packet of a run of the labs, from this session.
    Lab { session: u64, run: u64 },
}

#[derive(Debug)]
struct Peer {
    session: u64,
    cookie: [u8; 32],
    sealing: Sealing,
    opening: Opening,
    heard_at: Duration,
}

/// One socket's peers.
#[derive(Debug)]
pub struct DatagramServerCore {
    key: [u8; 32],
    peers: HashMap<SocketAddr, Peer>,
}

impl DatagramServerCore {
    /// `key` is 32 fresh random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, peers: HashMap::new() }
    }

    /// Takes a datagram; `secret` looks a session's secret up.
    pub fn receive(&mut self, now: Duration, from: SocketAddr, datagram: &[u8], secret: impl FnOnce(u64) -> Option<MediaSecret>) -> Reaction {
        let (Some(&kind), Some(session)) = (datagram.first(), session_of(datagram)) else { return Reaction::None };
        match kind {
            KNOCK if datagram.len() == KNOCK_LEN && datagram[1] == VERSION => {
                let mut answer = head(CHALLENGE, session);
                answer.extend_from_slice(&self.cookie(now, from, session));
                Reaction::Answer(answer)
            }
            HELLO if datagram.len() == HELLO_LEN && datagram[1] == VERSION => self.hello(now, from, session, datagram, secret),
            ASK => {
                let Some(peer) = self.peers.get_mut(&from).filter(|p| p.session == session) else { return Reaction::None };
                let Some(ask) = peer.opening.open(datagram).ok().and_then(|plain| wire::decode(&plain).ok()) else { return Reaction::None };
                peer.heard_at = now;
                if ask == Ask::Bye {
                    self.peers.remove(&from);
                }
                Reaction::Ask(ask)
            }
            LAB if datagram.len() > LAB_HEADER => {
                let Some(peer) = self.peers.get_mut(&from) else { return Reaction::None };
                peer.heard_at = now;
                Reaction::Lab { session: peer.session, run: session }
            }
            _ => Reaction::None,
        }
    }

    fn hello(&mut self, now: Duration, from: SocketAddr, session: u64, datagram: &[u8], secret: impl FnOnce(u64) -> Option<MediaSecret>) -> Reaction {
        let (Some(cookie), Some(answer)) = (datagram[12..].first_chunk::<32>(), datagram.last_chunk::<32>()) else { return Reaction::None };
        // The answer to it was lost: the flow is the same.
        if let Some(peer) = self.peers.get_mut(&from).filter(|p| p.session == session && p.cookie == *cookie) {
            return Reaction::Answer(peer.tell(&Tell::Open));
        }
        let earlier = now.saturating_sub(COOKIE_LIFE);
        let is_ours = [now, earlier].into_iter().any(|at| self.cookie(at, from, session).ct_eq(cookie).into());
        let Some(secret) = is_ours.then(|| secret(session)).flatten().filter(|s| s.verify(cookie, session, answer)) else { return Reaction::None };
        // A session that comes from many addresses has the newest.
        while self.peers.values().filter(|p| p.session == session).count() >= DATAGRAM_PEERS_PER_SESSION {
            let oldest = self.peers.iter().filter(|(_, p)| p.session == session).min_by_key(|(_, p)| p.heard_at).map(|(address, _)| *address);
            let Some(oldest) = oldest else { break };
            self.peers.remove(&oldest);
        }
        let (asks, tells) = secret.datagram_ciphers(cookie);
        let mut peer = Peer {
            session,
            cookie: *cookie,
            sealing: Sealing { cipher: tells, next: 0 },
            opening: Opening { cipher: asks, window: Default::default() },
            heard_at: now,
        };
        let answer = peer.tell(&Tell::Open);
        self.peers.insert(from, peer);
        Reaction::Opened { session, answer }
    }

    /// The datagram that tells a peer something; none when it is gone.
    pub fn tell(&mut self, to: SocketAddr, tell: &Tell) -> Option<Vec<u8>> {
        self.peers.get_mut(&to).map(|peer| peer.tell(tell))
    }

    /// A peer is wanted though it says nothing.
    pub fn keep(&mut self, now: Duration, address: SocketAddr) {
        if let Some(peer) = self.peers.get_mut(&address) {
            peer.heard_at = now;
        }
    }

    /// Forgets a peer.
    pub fn forget(&mut self, address: SocketAddr) {
        self.peers.remove(&address);
    }

    /// Forgets peers that said nothing for too long; gives their addresses.
    pub fn expire(&mut self, now: Duration) -> Vec<SocketAddr> {
        let gone: Vec<_> = self.peers.iter().filter(|(_, p)| now >= p.heard_at + DATAGRAM_SILENCE_MAX).map(|(address, _)| *address).collect();
        gone.iter().for_each(|address| drop(self.peers.remove(address)));
        gone
    }

    fn cookie(&self, now: Duration, from: SocketAddr, session: u64) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key) else { return [0; 32] };
        match from.ip() {
            std::net::IpAddr::V4(ip) => mac.update(&ip.octets()),
            std::net::IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&from.port().to_be_bytes());
        mac.update(&session.to_be_bytes());
        mac.update(&(now.as_secs() / COOKIE_LIFE.as_secs()).to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Peer {
    fn tell(&mut self, tell: &Tell) -> Vec<u8> {
        self.sealing.seal(TELL, self.session, &wire::encode(tell))
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::{DatagramClientCore, Output};
    use super::*;
    use proptest::prelude::*;

    const SECRET: MediaSecret = MediaSecret([4; 32]);

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn secret(session: u64) -> Option<MediaSecret> {
        (session == 7).then_some(SECRET)
    }

    fn opened() -> (DatagramClientCore, DatagramServerCore) {
        let (mut client, mut server) = (DatagramClientCore::new(at(0), 7, SECRET), DatagramServerCore::new([9; 32]));
        let knock = client.poll_transmit(at(0)).expect("a knock");
        let Reaction::Answer(challenge) = server.receive(at(0), address(1), &knock, secret) else { panic!("no challenge") };
        assert!(challenge.len() <= knock.len(), "nobody gets more than they sent");
        assert_eq!(client.receive(&challenge), None);
        let hello = client.poll_transmit(at(1)).expect("a hello");
        let Reaction::Opened { session: 7, answer } = server.receive(at(1), address(1), &hello, secret) else { panic!("not opened") };
        assert!(answer.len() <= hello.len());
        assert_eq!(client.receive(&answer), Some(Output::Open));
        (client, server)
    }

    #[test]
    fn asks_go_one_way_and_tells_the_other_each_once() {
        let (mut client, mut server) = opened();
        client.ask(&Ask::Clock { sent_us: 5 });
        let ask = client.poll_transmit(at(2)).expect("an ask");
        assert_eq!(server.receive(at(2), address(2), &ask, secret), Reaction::None, "from another address");
        assert_eq!(server.receive(at(2), address(1), &ask, secret), Reaction::Ask(Ask::Clock { sent_us: 5 }));
        assert_eq!(server.receive(at(2), address(1), &ask, secret), Reaction::None, "replayed");
        let tell = server.tell(address(1), &Tell::Clock { sent_us: 5, server_us: 6 }).expect("a peer");
        assert_eq!(client.receive(&tell), Some(Output::Tell(Tell::Clock { sent_us: 5, server_us: 6 })));
        assert_eq!(client.receive(&tell), None);
        assert_eq!(server.expire(at(2) + DATAGRAM_SILENCE_MAX), [address(1)]);
        assert_eq!(server.tell(address(1), &Tell::Open), None);
    }

    #[test]
    fn packets_of_the_labs_are_taken_from_who_is_proven() {
        let (_, mut server) = opened();
        let mut packet = crate::datagram::lab_head(0x0102_0304).to_vec();
        assert_eq!(server.receive(at(2), address(1), &packet, secret), Reaction::None, "nothing is behind it");
        packet.push(1);
        assert_eq!(server.receive(at(3), address(1), &packet, secret), Reaction::Lab { session: 7, run: 0x0102_0304 });
        assert_eq!(server.receive(at(3), address(2), &packet, secret), Reaction::None, "nobody is proven there");
        assert!(server.expire(at(3) + DATAGRAM_SILENCE_MAX - at(1)).is_empty(), "they keep the address alive");
        server.keep(at(9), address(1));
        assert!(server.expire(at(3) + DATAGRAM_SILENCE_MAX).is_empty());
        assert_eq!(server.expire(at(9) + DATAGRAM_SILENCE_MAX), [address(1)]);
    }

    #[test]
    fn lost_datagrams_are_sent_again_and_silence_is_a_wall() {
        let (mut client, mut server) = (DatagramClientCore::new(at(0), 7, SECRET), DatagramServerCore::new([9; 32]));
        let mut now = at(0);
        let mut sent = 0;
        while !client.is_blocked() {
            sent += usize::from(client.poll_transmit(now).is_some());
            now = client.poll_timeout().unwrap_or(now + at(1));
        }
        assert_eq!((sent, client.poll_timeout()), (TRIES_SEEN, None));
        let mut client = DatagramClientCore::new(at(0), 7, SECRET);
        let knock = client.poll_transmit(at(0)).expect("a knock");
        let Reaction::Answer(challenge) = server.receive(at(0), address(1), &knock, secret) else { panic!("no challenge") };
        client.receive(&challenge);
        let hello = client.poll_transmit(at(1)).expect("a hello");
        assert!(matches!(server.receive(at(1), address(1), &hello, secret), Reaction::Opened { .. }));
        // Its answer is lost.
        let again = client.poll_transmit(at(500)).expect("again");
        assert_eq!(again, hello);
        let Reaction::Answer(answer) = server.receive(at(500), address(1), &again, secret) else { panic!("no answer") };
        assert_eq!(client.receive(&answer), Some(Output::Open));
    }

    const TRIES_SEEN: usize = 10;

    #[test]
    fn a_cookie_is_of_one_address_and_not_for_ever_and_the_secret_is_needed() {
        let mut server = DatagramServerCore::new([9; 32]);
        let hello = |secret: MediaSecret, server: &mut DatagramServerCore| {
            let mut client = DatagramClientCore::new(at(0), 7, secret);
            let knock = client.poll_transmit(at(0)).expect("a knock");
            let Reaction::Answer(challenge) = server.receive(at(0), address(1), &knock, super::tests::secret) else { panic!("no challenge") };
            client.receive(&challenge);
            client.poll_transmit(at(1)).expect("a hello")
        };
        let right = hello(SECRET, &mut server);
        assert_eq!(server.receive(at(1), address(2), &right, secret), Reaction::None);
        assert_eq!(server.receive(3 * COOKIE_LIFE, address(1), &right, secret), Reaction::None);
        assert_eq!(server.receive(at(1), address(1), &right, |_| None), Reaction::None);
        let wrong = hello(MediaSecret([5; 32]), &mut server);
        assert_eq!(server.receive(at(1), address(1), &wrong, secret), Reaction::None);
        assert!(matches!(server.receive(at(1), address(1), &right, secret), Reaction::Opened { .. }));
    }

    proptest! {
        #[test]
        fn noise_never_panics_and_opens_nothing(noise: Vec<Vec<u8>>) {
            let (mut client, mut server) = opened();
            for datagram in &noise {
                let _ = client.receive(datagram);
                let reaction = server.receive(at(5), address(1), datagram, secret);
                // A run that nobody knows is nothing to the one who looks it up.
                let is_lab = matches!(reaction, Reaction::Lab { session: 7, .. }) && datagram[0] == LAB;
                let is_harmless = is_lab || matches!(reaction, Reaction::None | Reaction::Answer(_));
                prop_assert!(is_harmless);
            }
        }

        #[test]
        fn any_flipped_bit_is_seen(bit in 0usize..(8 * 40)) {
            let (mut client, mut server) = opened();
            client.ask(&Ask::Clock { sent_us: 5 });
            let mut ask = client.poll_transmit(at(2)).expect("an ask");
            ask[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(server.receive(at(2), address(1), &ask, secret), Reaction::None);
        }
    }
}
