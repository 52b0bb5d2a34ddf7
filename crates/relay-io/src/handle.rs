//! Starting the data plane, and what the program may ask of it afterwards.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use parlour_credentials::{RoomTag, SeatId};
use parlour_relay::address::FiveTuple;
use parlour_relay::config::Config;
use parlour_relay::flows::Flows;
use parlour_relay::relay::Relay;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::bind::Listeners;
use crate::hub::Hub;
use crate::listen;
use crate::settings::Settings;
use crate::stats::Stats;
use crate::stream::{self, StreamEnd};
use crate::worker;

/// A running data plane. Clones speak of the same one; [`Self::shutdown`] ends it, dropping does not.
#[derive(Clone)]
pub struct Handle {
    hub: Arc<Hub>,
    running: Arc<Mutex<Running>>,
}

/// What [`Handle::shutdown`] ends.
#[derive(Default)]
struct Running {
    threads: Vec<thread::JoinHandle<()>>,
    accepting: Vec<AbortHandle>,
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
    let mut tcp = Vec::new();
    let mut groups = listeners.groups;
    for group in &mut groups {
        if let Some(listener) = group.tcp.take() {
            tcp.push(TcpListener::from_std(listener).map_err(StartError)?);
        }
    }
    let sockets: Vec<_> = (0..groups.len())
        .flat_map(|g| (0..groups[g].workers.len()).map(move |index| (g, index)))
        .collect();
    // Without a listening address there are still the streams that the program hands in.
    let hub = Arc::new(Hub::new(settings, relay, groups, sockets.len().max(1), || {
        Flows::new(config)
    }));
    let handle = Handle {
        hub: Arc::clone(&hub),
        running: Arc::default(),
    };
    if let Err(error) = handle.spawn_threads(&sockets) {
        handle.shutdown();
        return Err(StartError(error));
    }
    handle.lock().accepting = tcp
        .into_iter()
        .map(|tcp| tokio::spawn(listen::run(Arc::clone(&hub), tcp)).abort_handle())
        .collect();
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
        let running = std::mem::take(&mut *self.lock());
        for accepting in &running.accepting {
            accepting.abort();
        }
        self.hub.stop();
        for thread in running.threads {
            thread.join().expect("workers of the relay do not panic");
        }
    }

    /// Starts a thread for each socket (its listening address, its index there) and one for the timer.
    fn spawn_threads(&self, sockets: &[(usize, usize)]) -> std::io::Result<()> {
        let mut running = self.lock();
        for (desk, &(group, index)) in sockets.iter().enumerate() {
            let hub = Arc::clone(&self.hub);
            let builder = thread::Builder::new().name(format!("relay-udp-{desk}"));
            running
                .threads
                .push(builder.spawn(move || worker::run(&hub, group, index, desk))?);
        }
        let hub = Arc::clone(&self.hub);
        let builder = thread::Builder::new().name("relay-timer".to_owned());
        running.threads.push(builder.spawn(move || hub.run_timer())?);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running
            .lock()
            .expect("nothing panics while it holds the list of threads")
    }
}
