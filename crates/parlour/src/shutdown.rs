//! Signals to stages: the first SIGTERM or Ctrl-C asks for a polite end, the second insists.

use std::io;
use std::sync::Arc;

use tokio::sync::watch;

/// How often the process has been asked to stop.
#[derive(Clone)]
pub(crate) struct Stop {
    asked: watch::Receiver<u32>,
    _kept: Arc<watch::Sender<u32>>,
}

impl Stop {
    /// Starts to listen for SIGINT, SIGTERM (Ctrl-C elsewhere).
    ///
    /// # Errors
    /// If the system does not let us listen for signals.
    pub(crate) fn listen() -> io::Result<Self> {
        let (sender, asked) = watch::channel(0);
        let sender = Arc::new(sender);
        let mut signals = Signals::new()?;
        let counter = Arc::clone(&sender);
        tokio::spawn(async move {
            while signals.next().await {
                counter.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { asked, _kept: sender })
    }

    /// Returns once the process has been asked to stop.
    pub(crate) async fn requested(&self) {
        self.at_least(1).await;
    }

    /// Returns once somebody has asked twice.
    pub(crate) async fn insisted(&self) {
        self.at_least(2).await;
    }

    async fn at_least(&self, times: u32) {
        // The sender lives as long as we do, so waiting cannot fail.
        let _ = self.asked.clone().wait_for(|asked| *asked >= times).await;
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            got = self.interrupt.recv() => got.is_some(),
            got = self.terminate.recv() => got.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
