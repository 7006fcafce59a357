//! The golden bytes of accounts, and what a password becomes.

mod golden;

use golden::{Vectors, bytes_of, document, golden, hex};
use lectern_proto::account::{AccountKeys, AccountSalt, LoginSecret, SessionToken};
use lectern_proto::control::*;

#[test]
fn every_message_of_accounts() {
    let (salt, secret, token) = (AccountSalt([0x5a; 16]), LoginSecret([0x10; 32]), SessionToken([0x70; 32]));
    let mut all: Vectors = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.into(), bytes));
    let register = |by| AccountProof::Register { account: "Ana".into(), secret: secret.clone(), by };
    let proofs = [
        ("Named", AccountProof::Named { account: "Ana".into() }),
        ("Secret", AccountProof::Secret { account: "Ana".into(), secret: secret.clone() }),
        ("Session", AccountProof::Session(token.clone())),
        ("Register", register(RegisterBy::Nothing)),
        ("Register.Password", register(RegisterBy::Password("open-sesame".into()))),
        ("Register.InstructorKey", register(RegisterBy::InstructorKey([0x1c; 16]))),
    ];
    for (name, proof) in proofs {
        add(&format!("Proof.Account.{name}"), bytes_of(&Proof::Account(proof)));
    }
    let wrapped = || WrappedIdentity { version: 1, bytes: vec![0x3e; 4] };
    let ana = || "Ana".to_owned();
    let requests = [
        ("LogOut", AccountRequest::LogOut { session: Some(token.clone()) }),
        ("LogOut.everywhere", AccountRequest::LogOut { session: None }),
        ("Salt", AccountRequest::Salt),
        ("ChangePassword", AccountRequest::ChangePassword { old: secret.clone(), new: LoginSecret([0x11; 32]), identity: Some(wrapped()) }),
        ("Identity", AccountRequest::Identity),
        ("KeepIdentity", AccountRequest::KeepIdentity(wrapped())),
        ("List", AccountRequest::List { after: Some(ana()) }),
        ("SaltOf", AccountRequest::SaltOf { account: ana() }),
        ("Make", AccountRequest::Make { account: ana(), secret: secret.clone(), role: Role::Assistant }),
        ("SetRole", AccountRequest::SetRole { account: ana(), role: Role::Student }),
        ("Reset", AccountRequest::Reset { account: ana(), secret: secret.clone() }),
        ("Remove", AccountRequest::Remove { account: ana() }),
    ];
    for (name, what) in requests {
        add(&format!("Request.Account.{name}"), bytes_of(&Request::Account { request: 1, what }));
    }
    let session = Session { token, expires_at: 1_790_000_000 };
    add("Event.Account.You", bytes_of(&Event::Account(AccountEvent::You(YourAccount { name: ana(), session: Some(session), salt }))));
    let info = AccountInfo { name: ana(), role: Role::Instructor, made_at: 1_780_000_000, sessions: 2 };
    let answers = [
        ("Done", AccountAnswer::Done),
        ("Salt", AccountAnswer::Salt(salt)),
        ("Accounts", AccountAnswer::Accounts(vec![info])),
        ("Identity", AccountAnswer::Identity(Some(wrapped()))),
    ];
    for (name, answer) in answers {
        add(&format!("Event.Account.Answer.{name}"), bytes_of(&Event::Account(AccountEvent::Answer { request: 1, result: Ok(answer) })));
    }
    let mut names: Vec<&str> =
        vec!["Named", "Secret", "Session", "Register", "LogOut", "ChangePassword", "KeepIdentity", "SaltOf", "SetRole", "Reset", "Remove", "You"];
    let refusals = [
        ("WrongAccountOrPassword", AccountRefusal::WrongAccountOrPassword),
        ("SessionUnknown", AccountRefusal::SessionUnknown),
        ("NoRegistration", AccountRefusal::NoRegistration),
        ("NameTaken", AccountRefusal::NameTaken),
        ("BadName", AccountRefusal::BadName(NameFault::MixedScripts)),
        ("NotAllowed", AccountRefusal::NotAllowed),
        ("NoSuchAccount", AccountRefusal::NoSuchAccount),
        ("NoAccount", AccountRefusal::NoAccount),
        ("OtherVersion", AccountRefusal::OtherVersion),
        ("TooLong", AccountRefusal::TooLong),
        ("BadRole", AccountRefusal::BadRole),
        ("LastInstructor", AccountRefusal::LastInstructor),
        ("TooMany", AccountRefusal::TooMany),
        ("Unavailable", AccountRefusal::Unavailable),
    ];
    for (name, refusal) in refusals {
        add(&format!("Event.Account.Answer.{name}"), bytes_of(&Event::Account(AccountEvent::Answer { request: 1, result: Err(refusal) })));
        names.push(name);
    }
    // Of the password `café 1234`, in NFC, and the salt of 5a.
    let keys = AccountKeys::derive("cafe\u{301} 1234", &salt).expect("derived");
    add("LoginSecret", keys.login.0.to_vec());
    add("WrappingKey", keys.wrapping.0.to_vec());
    golden(
        "account.txt",
        "Accounts over the control plane, and what the password `caf\u{e9} 1234` and a salt of 16 bytes 5a become.\nName = bytes in hexadecimal.",
        &all,
    );
    let document = document();
    for name in names {
        assert!(document.contains(&format!("`{name}")), "docs/PROTOCOL.md does not name {name}");
    }
    assert!(document.contains(&hex(&keys.login.0)) && document.contains(&hex(&keys.wrapping.0)), "docs/PROTOCOL.md shows what a password becomes");
}
