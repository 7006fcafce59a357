//! What ends the program: SIGINT and SIGTERM, Ctrl-C where there are no signals, and the end of standard input where the
//! program that started this one wishes it.

use std::io::Read;

use anyhow::Context;
use tokio::sync::oneshot;

/// Waits for any of them, again and again.
pub(crate) struct Endings {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    input: Option<oneshot::Receiver<()>>,
}

impl Endings {
    /// Listens from now on. With `input`, the end of standard input counts too: it comes however the program at its other end
    /// ended, on every system.
    pub(crate) fn listen(input: bool) -> anyhow::Result<Self> {
        let input = input.then(input_ended).transpose().context("standard input cannot be read")?;
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).context("signals cannot be received");
            Ok(Self { signals: [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?], input })
        }
        #[cfg(not(unix))]
        Ok(Self { input })
    }

    /// The next of them; input ends once.
    pub(crate) async fn next(&mut self) {
        let Self { input, .. } = self;
        let input_ended = async {
            match input {
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => return,
                _ = terminate.recv() => return,
                () = input_ended => {}
            }
        }
        #[cfg(not(unix))]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            () = input_ended => {}
        }
        self.input = None;
    }
}

/// Reads standard input on a thread of its own, which nobody waits for, and tells its end.
fn input_ended() -> std::io::Result<oneshot::Receiver<()>> {
    let (told, ended) = oneshot::channel::<()>();
    let read = move || {
        let mut buffer = [0; 256];
        let mut input = std::io::stdin();
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = told.send(());
    };
    std::thread::Builder::new().name("input".into()).spawn(read).map(|_| ended)
}
