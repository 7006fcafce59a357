//! The task behind a [`Fetcher`](super::Fetcher): one connection after another, to the media port or around it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_proto::media::{End, MediaError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::way::{self, Stream};
use super::{Ask, FetchError, MediaRoute};

/// Pause before a media connection that failed is tried again over the same route.
const RETRY: Duration = Duration::from_millis(300);
/// Bytes read at once: some records.
const READ: usize = 64 * 1024;

type Records = mpsc::Sender<Result<Bytes, FetchError>>;

/// A fetch that has not come to its end, and the record it goes on at.
struct Open {
    chunk: ChunkHash,
    next_record: u32,
    records: Records,
    /// Its reader is gone and the server was told; the end is still to come.
    cancelled: bool,
}

impl Open {
    fn new(ask: Ask) -> Self {
        Self { chunk: ask.chunk, next_record: 0, records: ask.records, cancelled: false }
    }
}

struct Task {
    route: watch::Receiver<Option<MediaRoute>>,
    asks: mpsc::Receiver<Ask>,
    received: watch::Sender<u64>,
    /// To be asked for again over the next connection, in order.
    waiting: VecDeque<Open>,
}

/// Why a connection was left.
enum Left {
    /// Nobody asks any more, or the class has ended.
    Over,
    Lost(String),
}

pub(super) async fn run(route: watch::Receiver<Option<MediaRoute>>, asks: mpsc::Receiver<Ask>, received: watch::Sender<u64>) {
    let mut task = Task { route, asks, received, waiting: VecDeque::new() };
    loop {
        // A connection is opened when something is asked for.
        if task.waiting.is_empty() {
            match task.asks.recv().await {
                Some(ask) => task.waiting.push_back(Open::new(ask)),
                None => return,
            }
        }
        let found = task.route.wait_for(Option::is_some).await.map(|route| route.clone());
        let route = match found {
            Ok(Some(route)) => route,
            Ok(None) => continue,
            Err(_) => return task.fail_all().await,
        };
        match task.connection(&route).await {
            Left::Over => return task.fail_all().await,
            Left::Lost(why) => debug!(%why, "media connection lost"),
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            changed = task.route.changed() => if changed.is_err() { return task.fail_all().await },
        }
    }
}

impl Task {
    async fn fail_all(&mut self) {
        for open in self.waiting.drain(..) {
            let _ = open.records.send(Err(FetchError::Gone)).await;
        }
    }

    async fn connection(&mut self, route: &MediaRoute) -> Left {
        let mut stream = match way::open(route).await {
            Ok(stream) => stream,
            Err(why) => return Left::Lost(why),
        };
        let (mut core, _) = route.core();
        let mut open = BTreeMap::new();
        for fetch in self.waiting.drain(..) {
            open.insert(core.fetch(fetch.chunk, fetch.next_record), fetch);
        }
        let left = self.serve(stream.as_mut(), &mut core, &mut open, route).await;
        // What is unfinished goes on over the next connection.
        for (request, _, next_record) in core.unfinished() {
            if let Some(fetch) = open.remove(&request).filter(|f| !f.records.is_closed()) {
                self.waiting.push_back(Open { next_record, ..fetch });
            }
        }
        left
    }

    async fn serve(&mut self, stream: &mut (dyn Stream + '_), core: &mut MediaClientCore, open: &mut BTreeMap<u32, Open>, route: &MediaRoute) -> Left {
        let mut buffer = vec![0; READ];
        loop {
            // After what it already wrote, the server goes on with what is wanted.
            for (request, fetch) in open.iter_mut().filter(|(_, f)| !f.cancelled && f.records.is_closed()) {
                core.cancel(*request);
                fetch.cancelled = true;
            }
            if let Some(bytes) = core.poll_transmit() {
                // TLS may hold back what its socket did not take.
                let sent = async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                };
                if let Err(e) = sent.await {
                    return Left::Lost(e.to_string());
                }
            }
            tokio::select! {
                read = stream.read(&mut buffer) => match read {
                    Ok(0) => return Left::Lost("closed by the server".to_owned()),
                    Err(e) => return Left::Lost(e.to_string()),
                    Ok(n) => {
                        self.received.send_modify(|sum| *sum += n as u64);
                        core.receive(&buffer[..n]);
                        if let Err(e) = deliver(core, open).await {
                            return Left::Lost(e.to_string());
                        }
                    }
                },
                ask = self.asks.recv() => match ask {
                    Some(ask) => {
                        let request = core.fetch(ask.chunk, 0);
                        open.insert(request, Open::new(ask));
                    }
                    None => return Left::Over,
                },
                changed = self.route.changed() => {
                    if changed.is_err() {
                        return Left::Over;
                    }
                    let now = self.route.borrow_and_update().clone();
                    match now {
                        // A new key of the same session; anything else is another connection.
                        Some(now) if now.session == route.session && now.address == route.address => {
                            now.keys.into_iter().for_each(|(epoch, key)| core.add_key(epoch, key));
                        }
                        Some(_) => return Left::Lost("the class was joined anew".to_owned()),
                        None => return Left::Over,
                    }
                }
            }
        }
    }
}

/// Hands records on. A reader that does not take them makes the connection wait: that is the back-pressure.
async fn deliver(core: &mut MediaClientCore, open: &mut BTreeMap<u32, Open>) -> Result<(), MediaError> {
    while let Some(output) = core.poll_output()? {
        match output {
            // Live streams and clocks have connections of their own.
            Output::Accepted { .. } | Output::Live { .. } | Output::Said(_) => {}
            Output::Record { request, data, last } => {
                if let Some(fetch) = open.get(&request) {
                    // A reader that is gone is noticed and cancelled by the caller.
                    let _ = fetch.records.send(Ok(data)).await;
                }
                if last {
                    open.remove(&request);
                }
            }
            Output::Ended { request, why } => {
                if let Some(fetch) = open.remove(&request)
                    && why != End::Cancelled
                {
                    let _ = fetch.records.send(Err(why.into())).await;
                }
            }
        }
    }
    Ok(())
}
