//! The impairment relay does what it says: in ratios and bounds, never in seconds that a busy machine could miss.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use lectern_tests::relay::{Condition, Relay};
use lectern_tests::stack::{turn, wait_until};

const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// A server that sends without end to whoever connects, and one that gives everything back.
fn source() -> SocketAddr {
    serve(|mut stream| while stream.write_all(&[7; 32 * 1024]).is_ok() {})
}

fn echo() -> SocketAddr {
    serve(|mut stream| {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..n]).is_err() {
                return;
            }
        }
    })
}

fn serve(session: impl Fn(TcpStream) + Send + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind(ANY).expect("a port");
    let at = listener.local_addr().expect("its address");
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(std::thread::spawn(move || session(stream)))));
    at
}

/// Reads so many bytes, and says how long that took.
fn take(stream: &mut TcpStream, bytes: usize) -> Duration {
    let begun = Instant::now();
    stream.read_exact(&mut vec![0; bytes]).expect("bytes");
    begun.elapsed()
}

fn near(relay: &Relay, to: SocketAddr) -> TcpStream {
    let at = relay.tcp(ANY.into(), to).expect("a relay");
    TcpStream::connect(at).expect("connected")
}

#[test]
fn a_line_is_as_fast_as_it_is_said_to_be_and_follows_its_changes() {
    let _turn = turn();
    let relay = Relay::new(1, Condition::mbit(2.0)).expect("a relay");
    let mut stream = near(&relay, source());
    // What was in buffers at a change is read before it is measured again.
    let settle = |stream: &mut TcpStream| take(stream, 200_000);
    settle(&mut stream);
    let slow = take(&mut stream, 200_000);
    relay.set(Condition::mbit(20.0));
    settle(&mut stream);
    let fast = take(&mut stream, 2_000_000);
    relay.set(Condition::mbit(2.0));
    settle(&mut stream);
    let again = take(&mut stream, 200_000);
    // 200 kB at 2 Mbit/s and 2 MB at 20 Mbit/s take the same time; never is a line faster than its rate.
    for (what, time) in [("slow", slow), ("fast", fast), ("again", again)] {
        let ratio = time.as_secs_f64() / 0.8;
        assert!((0.8..2.5).contains(&ratio), "{what}: {ratio} of the time that it should take");
    }
}

#[test]
fn connections_share_a_line_evenly() {
    let _turn = turn();
    let relay = Relay::new(2, Condition::mbit(16.0)).expect("a relay");
    let at = relay.tcp(ANY.into(), source()).expect("a relay");
    let readers: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(at).expect("connected");
                take(&mut stream, 100_000);
                let (begun, mut bytes, mut buffer) = (Instant::now(), 0, [0; 4096]);
                while begun.elapsed() < Duration::from_millis(900) {
                    bytes += stream.read(&mut buffer).expect("bytes");
                }
                bytes
            })
        })
        .collect();
    let bytes: Vec<_> = readers.into_iter().map(|r| r.join().expect("read")).collect();
    let (least, most) = (bytes.iter().min().expect("some"), bytes.iter().max().expect("some"));
    assert!(least * 2 > *most, "{bytes:?}");
}

#[test]
fn a_schedule_changes_the_rate_while_it_runs() {
    let _turn = turn();
    let relay = Relay::new(3, Condition::mbit(8.0)).expect("a relay");
    let mut stream = near(&relay, source());
    std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
    assert!(wait_until(Duration::from_secs(10), || relay.passed().1 > 100_000));
    let phase = Duration::from_millis(900);
    relay.schedule(vec![(phase, Condition::mbit(8.0)), (phase, Condition::mbit(0.8)), (phase, Condition::mbit(8.0))]).expect("a schedule");
    let begun = Instant::now();
    let passed: Vec<_> = [100, 800, 1_000, 1_700, 1_900, 2_600]
        .map(|ms| {
            std::thread::sleep(Duration::from_millis(ms).saturating_sub(begun.elapsed()));
            relay.passed().1
        })
        .to_vec();
    let (first, second, third) = (passed[1] - passed[0], passed[3] - passed[2], passed[5] - passed[4]);
    assert!(second * 3 < first && second * 3 < third && second > 0, "{first}, {second}, {third}");
}

#[test]
fn what_waits_before_the_bottleneck_is_bounded() {
    let relay = Relay::new(4, Condition { rate_bps: Some(8_000), queue_bytes: 32 * 1024, ..Condition::default() }).expect("a relay");
    let sink = serve(|mut stream| drop(std::io::copy(&mut stream, &mut std::io::sink())));
    let mut stream = near(&relay, sink);
    lectern_tests::relay::small_send_buffer(&stream, 16 * 1024).expect("a small buffer");
    stream.set_write_timeout(Some(Duration::from_millis(400))).expect("a timeout");
    let mut taken = 0;
    let full = loop {
        match stream.write(&[1; 4096]) {
            Ok(n) => taken += n,
            Err(error) => break error.kind(),
        }
        assert!(taken < 1_000_000, "the line takes whatever comes");
    };
    assert!(matches!(full, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{full:?}");
    // The kernel doubles both buffers and keeps the relay's for the window.
    assert!(taken <= 4 * (32 + 16) * 1024, "{taken}");
}

#[test]
fn a_stalled_line_holds_everything_and_a_cut_one_ends_it() {
    let relay = Relay::new(5, Condition::default()).expect("a relay");
    let mut stream = near(&relay, echo());
    let mut byte = [0];
    stream.write_all(b"a").expect("sent");
    stream.read_exact(&mut byte).expect("back");
    relay.set(Condition { stalled: true, ..Condition::default() });
    stream.write_all(b"b").expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    let held = stream.read(&mut byte).expect_err("nothing comes").kind();
    assert!(matches!(held, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{held:?}");
    relay.set(Condition::default());
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream.read_exact(&mut byte).expect("it comes after all");
    assert_eq!(&byte, b"b");
    relay.cut();
    assert!(matches!(stream.read(&mut byte), Ok(0) | Err(_)), "cut");
}

#[test]
fn a_delay_is_never_shorter_than_it_is_said_to_be_and_keeps_the_order() {
    let condition = Condition { delay: Duration::from_millis(60), jitter: Duration::from_millis(40), ..Condition::default() };
    let relay = Relay::new(6, condition).expect("a relay");
    let mut stream = near(&relay, echo());
    let begun = Instant::now();
    let sent: Vec<u8> = (0..200).collect();
    for byte in &sent {
        stream.write_all(&[*byte]).expect("sent");
    }
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back).expect("back");
    assert!(begun.elapsed() >= Duration::from_millis(120), "{:?}", begun.elapsed());
    assert_eq!(back, sent);
}

/// Sends numbered datagrams and gives the numbers in the order in which they came.
fn datagrams(seed: u64, condition: Condition, count: u32) -> Vec<u32> {
    let relay = Relay::new(seed, condition).expect("a relay");
    let receiver = UdpSocket::bind(ANY).expect("a socket");
    let at = relay.udp(ANY.into(), receiver.local_addr().expect("an address")).expect("a relay");
    receiver.set_read_timeout(Some(Duration::from_millis(700))).expect("a timeout");
    let reading = std::thread::spawn(move || {
        let (mut came, mut buffer) = (Vec::new(), [0; 64]);
        while let Ok(4) = receiver.recv(&mut buffer) {
            came.push(u32::from_be_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]));
        }
        came
    });
    let sender = UdpSocket::bind(ANY).expect("a socket");
    let begun = Instant::now();
    for number in 0..count {
        sender.send_to(&number.to_be_bytes(), at).expect("sent");
        // No kernel's buffer runs over: the seed alone decides.
        while relay.datagrams() <= u64::from(number) {
            assert!(begun.elapsed() < Duration::from_secs(30), "the relay takes nothing");
            std::thread::yield_now();
        }
    }
    reading.join().expect("read")
}

#[test]
fn datagrams_are_lost_doubled_and_overtaken_as_the_seed_says() {
    let bad = Condition { loss: 0.2, duplicate: 0.1, reorder: 0.1, ..Condition::default() };
    let came = datagrams(7, bad, 400);
    let set: BTreeSet<_> = came.iter().copied().collect();
    let doubled = came.len() - set.len();
    let overtaken = came.iter().scan(0, |newest, n| Some(std::mem::replace(newest, (*newest).max(*n)) > *n)).filter(|late| *late).count();
    assert!((260..380).contains(&set.len()), "{} of 400 came", set.len());
    assert!((10..80).contains(&doubled), "{doubled} came twice");
    assert!(overtaken >= 5, "{overtaken} came after a later one");
    let again: BTreeSet<_> = datagrams(7, bad, 400).into_iter().collect();
    assert_eq!(again, set, "the same seed, the same fate");
    let other: BTreeSet<_> = datagrams(8, bad, 400).into_iter().collect();
    assert_ne!(other, set);
    assert_eq!(datagrams(9, Condition::default(), 100), (0..100).collect::<Vec<_>>(), "a perfect line");
}

#[test]
fn datagrams_above_the_rate_are_dropped_when_the_queue_is_full() {
    let narrow = Condition { rate_bps: Some(1_600), queue_bytes: 40, ..Condition::default() };
    let came = datagrams(10, narrow, 60);
    assert!((5..40).contains(&came.len()), "{} of 60 came", came.len());
    assert!(came.windows(2).all(|w| w[0] < w[1]));
}
