//! Rings of keys from within: their times, what they remember, how they merge.

use super::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::LazyLock;

static KEYS: LazyLock<[PrivateKey; 3]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(31);
    std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key"))
});
const DAY: i64 = 24 * 3600;

fn ring() -> Ring {
    Ring::new(KEYS[0].clone(), KEYS[1].clone(), 0)
}

fn id(n: usize) -> IdentityId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&n.to_be_bytes());
    IdentityId(id)
}

fn used(n: usize, prekey: &PrivateKey, next: u64) -> UsedKey {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&n.to_be_bytes());
    UsedKey { sender: id(n), prekey: prekey_id(prekey.public()), key: KeyId(key), next }
}

#[test]
fn it_opens_with_its_key_as_its_version_and_a_full_one_fits() {
    let mut ring = ring();
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 1..RING_PREKEYS_MAX {
        ring.prekeys.push(MailboxPrekey { key: KEYS[2].clone(), made_s: i64::MAX, replaced_s: Some(i64::MAX) });
    }
    let peer = |n| KnownPeer { person: PersonId(n as u64), identity: id(n), verified: n % 2 == 0, blocked: n % 3 == 0 };
    ring.memory.peers = (0..RING_PEERS_MAX).map(peer).collect();
    ring.memory.used = (1_000..1_000 + RING_USED_MAX).map(|n| used(n, &KEYS[1], 7)).collect();
    ring.memory.opened = (2_000..2_000 + RING_OPENED_MAX).map(|n| (id(n), MessageId([n as u8; 16]))).collect();
    let key = WrappingKey([3; 32]);
    let sealed = ring.seal(&mut rng, &key, 5).expect("it fits");
    assert!(sealed.len().is_multiple_of(STEP) && sealed.len() <= ACCOUNT_IDENTITY_MAX, "{}", sealed.len());
    let opened = Ring::open(&key, 5, &sealed).expect("opened");
    assert_eq!((opened.id(), &opened.memory), (ring.id(), &ring.memory));
    assert_eq!(opened.prekeys.len(), RING_PREKEYS_MAX);
    assert!(Ring::open(&key, 6, &sealed).is_err(), "an older one as a newer one");
    assert!(Ring::open(&WrappingKey([4; 32]), 5, &sealed).is_err());
    for at in [0, 20, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(Ring::open(&key, 5, &changed).is_err(), "byte {at}");
    }
    assert!(Ring::open(&key, 5, &sealed[..20]).is_err());
    // The newest of too many.
    ring.memory.opened.push((id(1), MessageId([0xff; 16])));
    let sealed = ring.seal(&mut rng, &key, 6).expect("it fits");
    assert_eq!(Ring::open(&key, 6, &sealed).expect("opened").memory.opened.last(), Some(&(id(1), MessageId([0xff; 16]))));
}

#[test]
fn a_prekey_is_replaced_and_destroyed_in_its_time() {
    let mut ring = ring();
    ring.memory.used = vec![used(1, &KEYS[1], 1)];
    assert!(!ring.tidy(7 * DAY - 1));
    assert!(ring.tidy(7 * DAY));
    ring.renew(KEYS[2].clone(), 8 * DAY);
    assert!(!ring.tidy(9 * DAY));
    assert_eq!((ring.prekeys.len(), ring.memory.used.len()), (2, 1), "what waits may be for it");
    ring.tidy(38 * DAY - 1);
    assert_eq!(ring.prekeys.len(), 2);
    ring.tidy(38 * DAY);
    assert_eq!((ring.prekeys.len(), ring.memory.used.len()), (1, 0));
    let mut rng = StdRng::seed_from_u64(2);
    let keys = ring.keys(&mut rng, KEYS[1].clone()).expect("keys");
    let contact = keys.mailbox_bundle().expect("one").check().expect("signed");
    assert_eq!((contact.id, contact.prekey), (ring.id(), KEYS[2].public().clone()));
    assert!(contact.life.is_over(99 * DAY) && !contact.life.is_over(98 * DAY));
}

#[test]
fn what_is_used_up_goes_with_its_prekey() {
    let mut ring = ring();
    ring.memory.used = (0..RING_USED_MAX).map(|n| used(n, &KEYS[1], 1)).collect();
    assert!(ring.tidy(1));
    ring.renew(KEYS[2].clone(), 1);
    assert_eq!((ring.prekeys.len(), ring.memory.used.len()), (1, 0), "no replay is let in for want of room");
}

#[test]
fn two_computers_forget_nothing() {
    let peer = |n| KnownPeer { person: PersonId(n), identity: id(n as usize), verified: false, blocked: false };
    let (mut one, mut two) = (ring(), ring());
    one.memory = Memory { peers: vec![peer(1)], used: vec![used(1, &KEYS[1], 4), used(2, &KEYS[1], 1)], opened: vec![(id(1), MessageId([1; 16]))] };
    two.memory = Memory { peers: vec![peer(1), peer(2)], used: vec![used(1, &KEYS[1], 2), used(3, &KEYS[2], 1)], opened: vec![(id(1), MessageId([2; 16]))] };
    two.renew(KEYS[2].clone(), 9 * DAY);
    two.memory.used.push(used(3, &KEYS[2], 1));
    assert!(one.merge(two));
    assert_eq!((one.memory.peers.len(), one.memory.used.len(), one.memory.opened.len(), one.prekeys.len()), (2, 3, 2, 2));
    assert_eq!(one.memory.used[0].next, 4);
    assert_eq!(one.prekeys[0].replaced_s, Some(9 * DAY));
    assert!(!one.merge(Ring::new(KEYS[2].clone(), KEYS[1].clone(), 0)), "somebody else's");
}
