//! Doors and bans over both databases.

use std::net::IpAddr;

use lectern_proto::control::{Door, PersonId};
use lectern_proto::limits::BANS_MAX;

use super::super::doors::Ban;
use super::super::rooms::PasswordHash;
use super::{on_both, opened};
use crate::net::Origin;

fn ban(name: &str, address: &str, account: Option<u64>) -> Ban {
    Ban { name: name.into(), origin: Origin::from(address.parse::<IpAddr>().expect("an address")), account: account.map(PersonId) }
}

#[tokio::test]
async fn doors_and_bans_outlive_a_restart_and_go_with_their_room() {
    on_both(async |url| {
        let store = opened(&url).await;
        assert_eq!(store.door("class").await.expect("asked"), (Door::default(), Vec::new()));
        let locked = Door { locked: true, waiting_room: false, guests_wait: true };
        store.keep_door("class", Door { waiting_room: true, ..Door::default() }).await.expect("kept");
        store.keep_door("class", locked).await.expect("kept over");
        let all = [ban("Eve", "192.0.2.7", None), ban("Zoë", "2001:db8:1:2::", Some(1 << 40)), ban("Eve", "192.0.2.8", None)];
        for one in &all {
            store.keep_ban("class", one.clone()).await.expect("kept");
        }
        store.keep_ban("lab", all[0].clone()).await.expect("kept");
        store.close().await;
        let store = opened(&url).await;
        assert_eq!(store.door("class").await.expect("asked"), (locked, all.to_vec()));
        store.end_bans("class", vec!["Eve".into()]).await.expect("let in");
        assert_eq!(store.door("class").await.expect("asked").1, all[1..2]);
        // What is kept of a person is told and deleted, in every room.
        let kept = store.kept_of("Eve").await.expect("asked");
        assert_eq!(kept.bans.iter().map(|b| (b.room.as_str(), b.origin.as_str())).collect::<Vec<_>>(), [("lab", "192.0.2.7")]);
        assert_eq!(store.forget_person("Eve").await.expect("forgotten"), 1);
        assert_eq!(store.door("lab").await.expect("asked").1, []);
        // Another room of the name begins anew.
        store.new_room("class", PasswordHash { salt: [1; 16], hash: [2; 32] }, 5).await.expect("opened");
        store.end_room("class").await.expect("closed");
        assert_eq!(store.door("class").await.expect("asked"), (Door::default(), Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn who_is_kept_out_for_good_is_bounded() {
    on_both(async |url| {
        let store = opened(&url).await;
        let mut kept = tokio::task::JoinSet::new();
        for n in 0..BANS_MAX {
            let store = store.clone();
            kept.spawn(async move { store.keep_ban("class", ban(&format!("n{n}"), "192.0.2.1", None)).await });
        }
        while let Some(done) = kept.join_next().await {
            done.expect("ran").expect("kept");
        }
        let oldest = store.door("class").await.expect("asked").1.swap_remove(0);
        store.keep_ban("class", ban("last", "192.0.2.1", None)).await.expect("kept");
        let bans = store.door("class").await.expect("asked").1;
        assert_eq!((bans.len(), bans.contains(&oldest), bans[BANS_MAX - 1].name.as_str()), (BANS_MAX, false, "last"));
    })
    .await;
}
