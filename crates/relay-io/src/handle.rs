//! Starting the data plane, and what the program may ask of it afterwards.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use parlour_credentials::{RoomTag, SeatId};
use parlour_relay::address::FiveTuple;
use parlour_relay::config::Config;
use parlour_relay::flows::Flows;
use parlour_relay::relay::Relay;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::bind::{Listeners, Opened};
use crate::hub::Hub;
use crate::listen;
use crate::running::Running;
use crate::settings::Settings;
use crate::stats::Stats;
use crate::stream::{self, StreamEnd};
use crate::worker;

/// A running data plane. Clones speak of the same one; [`Self::shutdown`] ends it, dropping does not.
#[derive(Clone)]
pub struct Handle {
    hub: Arc<Hub>,
    running: Running,
}

/// The data plane could not be started: the system gave no thread, or a listener could not be registered.
#[derive(Debug)]
pub struct StartError(pub(crate) std::io::Error);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "cannot start the relay's workers: {}; lower --relay-workers or raise the limits",
            self.0
        )
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Starts workers, timer and TCP listeners. Must be called within a tokio runtime, which the TCP side uses;
/// UDP has threads of its own.
///
/// `config` must be the one that `relay` was made with, and name the ports of `listeners` in its
/// `reserved_ports`.
///
/// # Errors
/// [`StartError`]; nothing runs then.
///
/// # Panics
/// Outside a tokio runtime with I/O and time enabled.
pub fn start(
    settings: Settings,
    config: &Config,
    relay: Relay,
    listeners: Listeners,
) -> Result<Handle, StartError> {
    let Opened { groups, sockets, tcp } = listeners.open().map_err(StartError)?;
    // Without a listening address there are still the streams that the program hands in.
    let hub = Arc::new(Hub::new(settings, relay, groups, sockets.len().max(1), || {
        Flows::new(config)
    }));
    let running = Running::default();
    let handle = Handle { hub, running };
    if let Err(error) = handle.spawn_threads(&sockets) {
        handle.shutdown();
        return Err(StartError(error));
    }
    for listener in tcp {
        handle
            .running
            .task(listen::run(Arc::clone(&handle.hub), listener));
    }
    Ok(handle)
}

impl Handle {
    /// Makes the seat's credential valid from now on.
    pub fn seat_opened(&self, seat: SeatId, room: RoomTag) {
        let now = Instant::now();
        self.hub
            .control(now, 0, |relay| relay.handle_seat_opened(now, seat, room));
    }

    /// Ends the seat's credential, its allocations and their connections. When this returns, no packet that
    /// arrives is forwarded to or from them any more.
    pub fn seat_closed(&self, seat: SeatId) {
        let now = Instant::now();
        self.hub
            .control(now, 0, |relay| relay.handle_seat_closed(now, seat));
    }

    /// Refuses new allocations; those there are live until `until` at most.
    pub fn drain(&self, until: Instant) {
        let now = Instant::now();
        self.hub.control(now, 0, |relay| relay.drain(now, until));
    }

    /// Serves one TCP or TLS connection until it ends; `first_bytes` were read from it already, to find out
    /// what it is. For accepted sockets call [`tune`](crate::tune) first.
    ///
    /// Dropping the future closes the connection and ends its allocation.
    pub async fn serve_stream<S>(&self, stream: S, from: FiveTuple, first_bytes: &[u8]) -> StreamEnd
    where
        S: AsyncRead + AsyncWrite,
    {
        stream::serve(&self.hub, stream, from, first_bytes).await
    }

    /// The addresses that are listened on, in the order of [`Listeners::bind`](crate::Listeners::bind).
    pub fn local_addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.hub.groups.iter().map(|group| group.bound)
    }

    /// Sums and gauges of the relay and its data plane.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::read(&self.hub)
    }

    /// Stops listening, closes every connection and waits for the threads: at most half a second. Calling it
    /// again does nothing.
    ///
    /// # Panics
    /// If a worker has panicked, which is a bug of ours.
    pub fn shutdown(&self) {
        self.running.stop(|| self.hub.stop());
    }

    /// Starts a thread for each socket (its listening address, its index there) and one for the timer.
    fn spawn_threads(&self, sockets: &[(usize, usize)]) -> std::io::Result<()> {
        for (desk, &(group, index)) in sockets.iter().enumerate() {
            let hub = Arc::clone(&self.hub);
            let work = move || worker::run(&hub, group, index, desk);
            self.running.thread(format!("relay-udp-{desk}"), work)?;
        }
        let hub = Arc::clone(&self.hub);
        self.running
            .thread("relay-timer".to_owned(), move || hub.run_timer())
    }
}
