//! Two people who have met, for the targets of private chat.

use std::sync::LazyLock;
use std::time::Duration;

use lectern_proto::chat::content::{Body, Content, FileInfo, MessageId};
use lectern_proto::chat::keys::Keys;
use lectern_proto::chat::messenger::{Messenger, Output, Presence};
use lectern_proto::chat::party::Party;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::stamp::{Evidence, Stamp, Stamped};
use lectern_proto::chat::{IdentityId, KeyId};
use lectern_proto::control::PersonId;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Who writes, and who reads.
pub const ANA: PersonId = PersonId(1);
pub const BEN: PersonId = PersonId(2);
pub const NOW: Duration = Duration::from_secs(1);

static DER: LazyLock<[[Vec<u8>; 2]; 2]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(21);
    std::array::from_fn(|_| std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key").to_pkcs8().expect("its bytes").to_vec()))
});

/// The keys of Ana (0) or Ben (1), the same in each run.
pub fn keys(who: usize) -> Keys {
    let key = |i: usize| PrivateKey::from_pkcs8(&DER[who][i]).expect("a key");
    Keys::new(&mut StdRng::seed_from_u64(1), key(0), key(1)).expect("keys")
}

pub fn stamp() -> Stamp {
    Stamp { at_ms: 1, mac: [1; 32] }
}

/// Ana's side, who knows Ben's keys.
pub fn ana() -> Party {
    let mut ana = Party::new(keys(0));
    ana.meet(keys(1).bundle().check().expect("right"));
    ana
}

/// Ben's program, in the class together with Ana, and with her keys.
pub fn ben(rng: &mut StdRng) -> Messenger {
    let mut ben = Messenger::new(Party::new(keys(1)));
    let there = |identity| Presence { connected: true, mailbox: false, identity: Some(identity) };
    ben.joined(NOW, rng, BEN);
    ben.people(NOW, rng, [(ANA, there(keys(0).id())), (BEN, there(keys(1).id()))].into());
    ben.meet(NOW, ANA);
    answer(&mut ben, rng);
    ben
}

/// Gives Ben's program the keys that it asks for; what it says otherwise is for nobody.
pub fn answer(ben: &mut Messenger, rng: &mut StdRng) -> Vec<Output> {
    static BUNDLE: LazyLock<lectern_proto::chat::keys::Bundle> = LazyLock::new(|| keys(0).bundle().clone());
    let mut said = Vec::new();
    while let Some(output) = ben.poll() {
        match output {
            Output::AskKeys { token, .. } => ben.keys(NOW, rng, token, Ok(&BUNDLE)),
            other => said.push(other),
        }
    }
    said
}

pub fn id_of(who: usize) -> IdentityId {
    static IDS: LazyLock<[IdentityId; 2]> = LazyLock::new(|| [keys(0).id(), keys(1).id()]);
    IDS[who]
}

/// One of each kind of what people say.
pub fn bodies() -> Vec<Body> {
    let evidence = Evidence {
        stamped: Stamped { from: ANA, sender: id_of(0), to: BEN, recipient: id_of(1), commitment: [1; 32], at_ms: 1 },
        mac: [1; 32],
        key: KeyId([1; 16]),
        counter: 1,
        opening: [1; 32],
        series: 1,
        number: 1,
        id: MessageId([1; 16]),
        sent_ms: 1,
        text: "reported".into(),
    };
    let contents = [
        Content::Text { id: MessageId([1; 16]), sent_ms: 1, text: "hello".into() },
        Content::Delivered(vec![MessageId([1; 16])]),
        Content::Read(vec![MessageId([2; 16])]),
        Content::Typing,
        Content::Report { id: MessageId([3; 16]), evidence: Box::new(evidence) },
        Content::File { id: MessageId([4; 16]), sent_ms: 1, file: FileInfo { name: "notes.txt".into(), size: 5_000, digest: [7; 32] } },
        Content::Fetch { id: MessageId([5; 16]), file: MessageId([4; 16]) },
        Content::Piece { id: MessageId([6; 16]), file: MessageId([4; 16]), index: 0, bytes: vec![1; 5_000] },
        Content::Unavailable { id: MessageId([7; 16]), file: MessageId([4; 16]) },
    ];
    contents.into_iter().map(|content| Body { series: 1, number: 1, content }).collect()
}
