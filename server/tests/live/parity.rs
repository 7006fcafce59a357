//! Parity through a real server: who asks for it restores what is lost.

use super::*;

#[tokio::test]
async fn who_asks_for_parity_restores_what_is_lost_and_nobody_else_gets_any() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut publisher = Publisher::start(&instructor(&server), "camera").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let ben = Member::enter(&join(&server), "Ben").await;
    let info = stream(&mut ana).await;
    let (video, _) = info.videos().next_back().expect("pictures");
    let (mut flow, mut other) = (Flow::open(&ana).await, Flow::open(&ben).await);
    let mut receiver = receiver(&ana, &info, video, Way::Udp);
    receiver.set_parity(true);
    for flow in [&mut flow, &mut other] {
        flow.core.ask(&Ask::Subscribe { stream: info.id, track: video });
        flow.transmit().await;
    }
    assert_eq!(publisher.media.next().await, Ok(Output::Said(Reply::KeyframeWanted)));
    flow.core.ask(&Ask::Parity { track: video, percent: 30 });
    flow.transmit().await;
    // The answer to a later ask says that this was heard.
    flow.core.ask(&Ask::Clock { sent_us: 1 });
    assert!(matches!(flow.next().await, Err(Tell::Clock { sent_us: 1, .. })));
    let (mut count, mut lost, mut rows) = (0, 0, 0);
    for n in 0..20 {
        publisher.unit(0, n == 0, &picture(n)).await;
        let unit = soon("the unit", async {
            loop {
                let datagram = flow.next().await.expect("a datagram");
                count += 1;
                match RecordHeader::read(&datagram) {
                    // Every ninth record is lost, and never sent again.
                    Some(header) if header.counter > 0 && count % 9 == 0 => lost += 1,
                    Some(_) => receiver.push(Duration::ZERO, &datagram),
                    None => {
                        rows += 1;
                        receiver.push_parity(Duration::ZERO, &datagram);
                    }
                }
                if let Some(received) = receiver.poll(Duration::ZERO) {
                    return received;
                }
            }
        })
        .await;
        assert!(matches!(unit, Received::Unit(unit) if unit.sequence == n && unit.data == picture(n)), "{n}");
        // Ben gets all records of it, and nothing beside them.
        soon("the records", async {
            loop {
                let record = other.next().await.expect("a record");
                if RecordHeader::read(&record).expect("no parity").last {
                    return;
                }
            }
        })
        .await;
    }
    let stats = receiver.stats();
    assert!(lost > 30 && stats.lost == 0 && stats.restored * 10 >= lost * 9, "{lost}, {rows} rows, {stats:?}");
    assert!(rows * 100 <= count * 35, "{rows} rows for {count} datagrams");
    server.stop().await;
}
