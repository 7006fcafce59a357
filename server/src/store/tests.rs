//! The same tests over both databases.

mod doors;
#[path = "../../tests/support/postgres.rs"]
mod postgres;

use std::future::Future;
use std::time::{Duration, Instant};

use lectern_proto::account::{AccountSalt, SessionToken};
use lectern_proto::control::{FailureKind, FailureReason, Role, SeatToken};

use super::seats::Seat;
use super::*;
use postgres::Postgres;

/// Runs a test over a new database of each kind.
pub(super) async fn on_both<F: Future<Output = ()>>(test: impl Fn(StoreUrl) -> F) {
    let dir = tempfile::tempdir().expect("a directory");
    test(StoreUrl::Sqlite(dir.path().join("a b?%.db"))).await;
    test(postgres_url(Postgres::shared())).await;
}

fn postgres_url(server: &Postgres) -> StoreUrl {
    StoreUrl::parse(&server.database(), dir()).expect("a URL")
}

fn dir() -> &'static std::path::Path {
    std::path::Path::new("")
}

pub(super) async fn opened(url: &StoreUrl) -> Store {
    Store::open(url).await.expect("opened")
}

#[tokio::test]
async fn seats_outlive_a_restart_and_expire() {
    on_both(async |url| {
        let token = SeatToken([3; 16]);
        let store = opened(&url).await;
        let person = store.new_seat("class", "Ana", Role::Student, &token, 100).await.expect("stored");
        store.close().await;
        let store = opened(&url).await;
        let seat = store.seat(&token, 99).await.expect("asked").expect("there");
        assert_eq!(seat, Seat { person, room: "class".into(), name: "Ana".into(), role: Role::Student });
        assert_eq!(store.seat(&token, 100).await.expect("asked"), None);
        store.keep_seat(person, "Ana (2)", 200).await.expect("kept");
        assert_eq!(store.seat(&token, 150).await.expect("asked").expect("there").name, "Ana (2)");
        assert_eq!(store.seat(&SeatToken([4; 16]), 0).await.expect("asked"), None);
        assert_eq!(store.forget_expired(200).await.expect("forgotten"), 1);
        let next = store.new_seat("class", "Bo", Role::Instructor, &token, 100).await.expect("stored");
        assert!(next.0 > person.0, "numbers are not used again");
        assert!(matches!(store.new_seat("class", "Cy", Role::Student, &token, 100).await, Err(StoreError::Taken)));
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().expect("a directory");
    let store = opened(&StoreUrl::Sqlite(dir.path().join("a.db"))).await;
    store.new_seat("class", "Ana", Role::Student, &SeatToken([3; 16]), 100).await.expect("stored");
    for entry in std::fs::read_dir(dir.path()).expect("readable").flatten() {
        assert_eq!(entry.metadata().expect("there").mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn contents_are_known_by_path_and_stamp() {
    on_both(async |url| {
        let store = opened(&url).await;
        let stamp = FileStamp { size: 5, modified_ns: -7 };
        store.remember_content(b"a\xff\n", stamp, &[1; 32]).await.expect("stored");
        assert_eq!(store.file_content(b"a\xff\n", stamp).await.expect("asked"), Some([1; 32]));
        assert_eq!(store.file_content(b"a\xff\n", FileStamp { size: 6, ..stamp }).await.expect("asked"), None);
        store.remember_content(b"a\xff\n", stamp, &[2; 32]).await.expect("stored");
        assert_eq!(store.file_content(b"a\xff\n", stamp).await.expect("asked"), Some([2; 32]));
        store.forget_content(b"a\xff\n").await.expect("forgotten");
        assert_eq!(store.file_content(b"a\xff\n", stamp).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn failures_are_those_of_their_maker() {
    on_both(async |url| {
        let store = opened(&url).await;
        let (no_video, too_long) = (FailureReason::new(FailureKind::NoMedia, "no video"), FailureReason::new(FailureKind::TooSlow, "too long"));
        store.remember_failure(&[1; 32], "one", &no_video).await.expect("stored");
        assert_eq!(store.failure(&[1; 32], "one").await.expect("asked"), Some(no_video));
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), None);
        assert_eq!(store.failure(&[2; 32], "one").await.expect("asked"), None);
        store.remember_failure(&[1; 32], "two", &too_long).await.expect("stored");
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), Some(too_long));
        store.forget_failure(&[1; 32]).await.expect("forgotten");
        assert_eq!(store.failure(&[1; 32], "two").await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.db");
    std::fs::write(&path, vec![b'x'; 10_000]).expect("writable");
    let error = Store::open(&StoreUrl::Sqlite(path)).await.expect_err("not a database");
    assert!(error.to_string().contains("a.db"), "{error}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_without_its_password() {
    let url = StoreUrl::parse("postgres://ana:geheim@localhost/class?host=/nowhere", dir()).expect("a URL");
    let error = Store::open(&url).await.expect_err("nothing there");
    let told = format!("{error} {error:?}");
    assert!(told.contains("postgres://ana@/nowhere/class") && told.contains("[store] url") && !told.contains("geheim"), "{told}");
}

#[tokio::test]
async fn writes_that_wait_together_fail_one_by_one() {
    on_both(async |url| {
        let store = opened(&url).await;
        let held = hold(&store).await;
        let seats: Vec<_> = (0..40u8)
            .map(|i| {
                let store = store.clone();
                // Each token comes twice.
                tokio::spawn(async move { store.new_seat("class", "Ana", Role::Student, &SeatToken([i / 2; 16]), 100).await })
            })
            .collect();
        held.send(()).expect("held");
        let mut taken = 0;
        for seat in seats {
            taken += usize::from(matches!(seat.await.expect("ran"), Err(StoreError::Taken)));
        }
        assert_eq!(taken, 20, "one of each two");
        for i in 0..20 {
            assert!(store.seat(&SeatToken([i; 16]), 0).await.expect("asked").is_some(), "{i}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_that_fails_leaves_nothing_and_others_stay() {
    on_both(async |url| {
        let store = opened(&url).await;
        let held = hold(&store).await;
        let insert = |hash: u8| sqlx::query("INSERT INTO failures (sha256, maker, reason) VALUES ($1, 'm', 'r')").bind(vec![hash; 32]);
        let (first, second) = (insert(1), insert(1));
        let two = store.change(|at| {
            Box::pin(async move {
                first.execute(&mut *at).await?;
                second.execute(at).await?;
                Ok(())
            })
        });
        let one = store.write(insert(2));
        let (two, one, held) = tokio::join!(two, one, async { held.send(()) });
        assert!(held.is_ok() && one.is_ok());
        assert!(matches!(two, Err(StoreError::Taken)));
        assert_eq!(store.failure(&[1; 32], "m").await.expect("asked"), None);
        assert!(store.failure(&[2; 32], "m").await.expect("asked").is_some());
    })
    .await;
}

/// Makes the writer task wait until something is sent, so that what follows gathers.
async fn hold(store: &Store) -> tokio::sync::oneshot::Sender<()> {
    let (let_go, waits) = tokio::sync::oneshot::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let holder = store.clone();
    tokio::spawn(async move {
        let change = holder.change(|_| {
            Box::pin(async move {
                let _ = began.send(());
                let _ = waits.await;
                Ok(())
            })
        });
        change.await
    });
    begun.await.expect("begun");
    let_go
}

#[tokio::test]
async fn what_waits_is_written_before_it_closes_and_nothing_after() {
    on_both(async |url| {
        let store = opened(&url).await;
        let held = hold(&store).await;
        let token = SeatToken([5; 16]);
        let seat = tokio::spawn({
            let (store, token) = (store.clone(), token.clone());
            async move { store.new_seat("class", "Ana", Role::Student, &token, 100).await }
        });
        tokio::task::yield_now().await;
        held.send(()).expect("held");
        let person = seat.await.expect("ran").expect("stored");
        store.close().await;
        assert!(matches!(store.end_seat(person).await, Err(StoreError::Closed)));
        assert_eq!(opened(&url).await.seat(&token, 0).await.expect("asked").expect("there").person, person);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_told_and_used_again_when_it_lets_go() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.db");
    let store = opened(&StoreUrl::Sqlite(path.clone())).await;
    let (writer, _readers) = open::open(&StoreUrl::Sqlite(path)).await.expect("another program");
    let mut other = writer.begin().await.expect("begun");
    sqlx::query("DELETE FROM failures").execute(&mut *other).await.expect("it writes");
    let token = SeatToken([1; 16]);
    let try_it = || store.new_seat("class", "Ana", Role::Student, &token, 100);
    let error = try_it().await.expect_err("held");
    assert!(matches!(error, StoreError::Locked), "{error:?}");
    other.rollback().await.expect("let go");
    try_it().await.expect("stored");
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = StoreUrl::Sqlite(dir.path().join("a.db"));
    let store = opened(&url).await;
    // SQLite's own bound on its file says "full" as a disk does.
    let full = store.change(|at| Box::pin(async move { Ok(sqlx::query("PRAGMA max_page_count = 60").fetch_all(at).await?.len()) }));
    full.await.expect("bounded");
    let mut kept = Vec::new();
    let error = loop {
        let content: [u8; 32] = std::array::from_fn(|i| u8::try_from(kept.len() >> (8 * (i % 2)) & 0xff).unwrap_or(0));
        match store.remember_failure(&content, "m", &FailureReason::new(FailureKind::Other, "x".repeat(400))).await {
            Ok(()) => kept.push(content),
            Err(error) => break error,
        }
        assert!(kept.len() < 2_000, "never full");
    };
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    store.close().await;
    let store = opened(&url).await;
    for content in kept {
        assert!(store.failure(&content, "m").await.expect("asked").is_some());
    }
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back_is_found_again() {
    let server = Postgres::start();
    let store = opened(&postgres_url(&server)).await;
    let token = |n| SeatToken([n; 16]);
    store.new_seat("class", "Ana", Role::Student, &token(1), 100).await.expect("stored");
    server.stop();
    let begun = Instant::now();
    for _ in 0..2 {
        let error = store.new_seat("class", "Bo", Role::Student, &token(2), 100).await.expect_err("gone");
        assert!(matches!(error, StoreError::Gone(_)), "{error:?}");
        assert!(matches!(store.seat(&token(1), 0).await, Err(StoreError::Gone(_))));
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "whoever asks does not wait for long");
    server.start_again();
    store.new_seat("class", "Cy", Role::Student, &token(3), 100).await.expect("stored again");
    assert!(store.seat(&token(1), 0).await.expect("asked").is_some(), "what was acknowledged is there");
    assert!(store.seat(&token(2), 0).await.expect("asked").is_none(), "what was refused is not");
}

#[tokio::test]
async fn codes_are_spent_revoked_and_expire() {
    use lectern_proto::code::AccessCode;
    use lectern_proto::control::{CodeInfo, PersonId, VideoId};
    on_both(async |url| {
        let store = opened(&url).await;
        let code = |from: u8| AccessCode::draw(from..=255).expect("a code");
        let video = Some(VideoId("00112233445566ff".into()));
        let info = CodeInfo { code: 0, video: video.clone(), uses: 2, used: 0, made_s: 10, expires_s: 100 };
        let one = store.new_code("class", &code(0), info.clone()).await.expect("kept");
        let two = store.new_code("class", &code(1), CodeInfo { video: None, ..info }).await.expect("kept");
        assert_eq!(store.codes("class", 99).await.expect("asked"), [one.clone(), two.clone()]);
        assert!(store.codes("other", 99).await.expect("asked").is_empty());
        for (room, which, now) in [("other", 0, 50), ("class", 2, 50), ("class", 0, 100)] {
            assert_eq!(store.use_code(room, &code(which), now).await.expect("asked"), None, "{room} {which} {now}");
        }
        // Two at once spend two, and the third gets none.
        let (a, b) = (code(0), code(0));
        let (first, second) = tokio::join!(store.use_code("class", &a, 99), store.use_code("class", &b, 99));
        let used = first.expect("asked").expect("good");
        assert_eq!((used.code, &used.video, second.expect("asked").is_some()), (one.code, &video, true));
        assert_eq!(store.use_code("class", &code(0), 99).await.expect("asked"), None, "used up");
        assert_eq!(store.codes("class", 99).await.expect("asked"), std::slice::from_ref(&two));
        store.keep_guest(PersonId(7), one.code).await.expect("kept");
        assert_eq!(store.code_of(PersonId(7)).await.expect("asked"), Some(used));
        assert!(!store.revoke_code("other", two.code).await.expect("asked"));
        assert!(store.revoke_code("class", two.code).await.expect("asked") && !store.revoke_code("class", two.code).await.expect("asked"));
        assert_eq!(store.use_code("class", &code(1), 50).await.expect("asked"), None, "revoked");
        assert_eq!(store.forget_codes(99).await.expect("asked"), 0, "not expired");
        let gil = store.new_seat("class", "Gil", Role::Guest, &SeatToken([4; 16]), 200).await.expect("stored");
        store.keep_guest(gil, two.code).await.expect("kept");
        assert_eq!(store.forget_codes(100).await.expect("asked"), 1, "a guest of the other has a seat");
        store.end_seat(gil).await.expect("ended");
        assert_eq!(store.forget_codes(100).await.expect("asked"), 1);
        let three = store.new_code("class", &code(1), CodeInfo { video: None, uses: 1, expires_s: 300, ..two }).await.expect("kept");
        assert!(store.use_code("class", &code(1), 150).await.expect("asked").is_some());
        store.give_back_code(three.code).await.expect("given back");
        assert!(store.use_code("class", &code(1), 150).await.expect("asked").is_some(), "it let nobody in the first time");
        store.close().await;
        assert!(opened(&url).await.codes("class", 0).await.expect("asked").is_empty(), "for good");
    })
    .await;
}

#[tokio::test]
async fn who_was_there_is_kept_told_and_forgotten() {
    use lectern_proto::control::{PersonId, Stay, TalkId, TalkMessage, TalkNonce};
    on_both(async |url| {
        let store = opened(&url).await;
        let stay =
            |person, name: &str, from_s, until_s| Stay { person: PersonId(person), name: name.into(), role: Role::Guest, from_s, until_s: Some(until_s) };
        let all = [stay(1, "Ana", 0, 86_400), stay(2, "Ben", 5, 172_800), stay(1, "Ana", 100_000, 259_200)];
        store.keep_stays("class", all.to_vec()).await.expect("kept");
        assert_eq!(store.stays("class", 2).await.expect("asked"), all[1..], "the newest, oldest first");
        assert!(store.stays("other", 2).await.expect("asked").is_empty());
        let ana = store.new_seat("class", "Ana", Role::Student, &SeatToken([3; 16]), 100).await.expect("stored");
        let kept = store.kept_of("Ana").await.expect("asked");
        assert_eq!((kept.seats.len(), kept.attendance.iter().map(|s| s.until_s).collect::<Vec<_>>()), (1, vec![86_400, 259_200]));
        // Three days later, for two days: the first has ended before.
        assert_eq!(store.forget_stays(3 * 86_400, 2).await.expect("forgotten"), 0);
        assert_eq!(store.forget_stays(3 * 86_400 + 1, 2).await.expect("forgotten"), 1);
        store.keep_guest(ana, 7).await.expect("kept");
        let said = TalkMessage {
            id: TalkId(0),
            from: ana,
            name: "Ana".into(),
            role: Role::Student,
            at_ms: 5,
            text: "hello".into(),
            mentions: Vec::new(),
            reply_to: None,
            revision: 0,
            taken: None,
            reactions: Vec::new(),
        };
        store.talk_write("class", vec![TalkWrite::Say { message: said, nonce: TalkNonce([1; 16]) }]).await.expect("kept");
        assert_eq!(store.kept_of("Ana").await.expect("asked").messages[0].text, "hello");
        assert_eq!(store.forget_person("Ana").await.expect("forgotten"), 4);
        assert_eq!(store.kept_of("Ana").await.expect("asked"), Kept::default());
        assert_eq!(store.kept_of("Ben").await.expect("asked").attendance.len(), 1, "others stay");
        assert_eq!(store.seat(&SeatToken([3; 16]), 0).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn accounts_sessions_and_their_seats() {
    on_both(async |url| {
        let store = opened(&url).await;
        let new = |name: &str, role| NewAccount {
            name: name.to_owned(),
            skeleton: name.to_lowercase(),
            role,
            salt: AccountSalt([7; 16]),
            secret_hash: [8; 32],
            made_at: 10,
        };
        let ana = store.new_account(new("Ana", Role::Assistant), 2).await.expect("made").expect("there is room");
        assert!(matches!(store.new_account(new("ANA", Role::Student), 2).await, Err(StoreError::Taken)));
        let ben = store.new_account(new("Ben", Role::Student), 2).await.expect("made").expect("there is room");
        assert_eq!(store.new_account(new("Cy", Role::Student), 2).await.expect("asked"), None, "full");
        let known = store.account("ana").await.expect("asked").expect("there");
        assert_eq!((known.id, known.name.as_str(), known.role, known.salt), (ana, "Ana", Role::Assistant, AccountSalt([7; 16])));
        assert_eq!(AccountId::of(ana.person()), Some(ana));

        let token = |n: u8| SessionToken([n; 32]);
        store.new_session(ana, &token(1), 10, 100).await.expect("begun");
        assert_eq!(store.session(&token(1), 99).await.expect("asked").expect("there").id, ana);
        assert_eq!(store.session(&token(1), 100).await.expect("asked"), None, "expired");
        assert_eq!(store.session(&token(2), 0).await.expect("asked"), None, "made up");
        store.end_sessions(ben, Some(&token(1))).await.expect("asked");
        assert!(store.session(&token(1), 50).await.expect("asked").is_some(), "it is not Ben's to end");
        let most = u8::try_from(lectern_proto::limits::ACCOUNT_SESSIONS_MAX).expect("small");
        for n in 0..most {
            store.new_session(ana, &token(100 + n), 20 + i64::from(n), 200).await.expect("begun");
        }
        assert_eq!(store.session(&token(1), 50).await.expect("asked"), None, "the oldest of too many");
        assert_eq!(store.accounts("", 50).await.expect("asked")[0].sessions, u32::from(most));

        let seat = SeatToken([6; 16]);
        store.new_account_seat(ana, "class", &seat, 100).await.expect("kept");
        let found = store.seat(&seat, 50).await.expect("asked").expect("there");
        assert_eq!(found, Seat { person: ana.person(), room: "class".into(), name: "Ana".into(), role: Role::Assistant });
        store.set_role(ana, Role::Student).await.expect("set");
        assert_eq!(store.seat(&seat, 50).await.expect("asked").expect("there").role, Role::Student, "the role that the account has now");
        store.keep_seat(ana.person(), "Ana", 300).await.expect("kept");
        assert!(store.seat(&seat, 250).await.expect("asked").is_some());
        assert!(store.set_secret(ana, [9; 32], None).await.expect("set"));
        assert_eq!(store.seat(&seat, 50).await.expect("asked"), None, "a new password ends every way in");
        assert_eq!(store.session(&token(100), 50).await.expect("asked"), None);
        assert_eq!(store.account_of(ana).await.expect("asked").expect("there").secret_hash, [9; 32]);
        store.new_session(ana, &token(1), 10, 100).await.expect("begun");
        assert_eq!(store.remove_account(ana).await.expect("asked"), Changed::Done);
        assert_eq!(store.session(&token(1), 50).await.expect("asked"), None, "its sessions went with it");
        store.new_session(ben, &token(2), 10, 100).await.expect("begun");
        assert_eq!(store.kept_of("Ben").await.expect("asked").accounts.len(), 1);
        assert_eq!(store.forget_person("Ben").await.expect("forgotten"), 1);
        assert_eq!(store.session(&token(2), 50).await.expect("asked"), None);
        assert_eq!(store.kept_of("Ben").await.expect("asked"), Kept::default());
    })
    .await;
}
