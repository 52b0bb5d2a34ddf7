//! The shell of the public relay: listeners for clients, a socket for each relayed address.
//!
//! Simpler than the closed relay's data plane: one lock around the machine, one datagram per call. Clients' UDP has
//! a thread per listening socket; relay sockets and connections are tasks of the caller's tokio runtime.

mod hub;
mod limit;
mod socket;
mod stream;
mod worker;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parlour_credentials::SharedSecrets;
use parlour_relay::address::FiveTuple;
use parlour_relay::public::PublicRelay;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::bind::{Listeners, Opened};
use crate::handle::StartError;
use crate::listen;
use crate::running::Running;
use crate::settings::Settings;
use crate::stream::StreamEnd;
use hub::Hub;
pub use limit::{open_files_limit, raise_open_files_limit};

/// How often this host's own addresses are looked up: a new one must not stay reachable by way of us.
const OWN_ADDRESSES_EVERY: Duration = Duration::from_secs(2);

/// A running public relay. Clones speak of the same one; [`Self::shutdown`] ends it, dropping does not.
#[derive(Clone)]
pub struct PublicHandle {
    hub: Arc<Hub>,
    running: Running,
}

/// Numbers for metrics; no name or address is in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicStats {
    /// Gauge: live allocations, each with a socket.
    pub allocations: usize,
    /// Gauge: users with allocations.
    pub users: usize,
    /// Gauge: open TCP and TLS connections.
    pub streams: usize,
    /// Allocations ever made.
    pub opened: u64,
    /// Errors before authentication.
    pub challenges: u64,
    /// Packets that found a way, in either direction.
    pub packets: u64,
    /// Their payload.
    pub bytes: u64,
    /// Datagrams that the kernel did not take.
    pub refused: u64,
    /// Media for connections that did not take it: no room in the queue, or too old when its turn came.
    pub stream_frames_dropped: u64,
}

/// Starts listeners, timer and the look-out for own addresses. Must be called within a tokio runtime.
///
/// `relay`'s policy must name every socket address on which this process listens.
///
/// # Errors
/// [`StartError`]; nothing runs then.
///
/// # Panics
/// Outside a tokio runtime with I/O and time enabled.
pub fn start_public(
    settings: Settings,
    relay: PublicRelay,
    listeners: Listeners,
) -> Result<PublicHandle, StartError> {
    let Opened { groups, sockets, tcp } = listeners.open().map_err(StartError)?;
    let hub = Arc::new(Hub::new(settings, relay, groups));
    let running = Running::default();
    let handle = PublicHandle { hub, running };
    // Before the first packet: nobody may ask for a peer while our own addresses are unknown.
    let own = own_addresses().map_err(StartError)?;
    handle
        .hub
        .control(|relay| relay.handle_own_addresses(own.clone()));
    if let Err(error) = handle.spawn_threads(&sockets) {
        handle.shutdown();
        return Err(StartError(error));
    }
    let hub = || Arc::clone(&handle.hub);
    handle.running.task(watch_own_addresses(hub(), own));
    handle.running.task(Hub::run_timer(hub()));
    for listener in tcp {
        let hub = hub();
        handle.running.task(listen::accept(listener, move |socket, from| {
            let hub = Arc::clone(&hub);
            async move {
                stream::serve(&hub, socket, from, &[]).await;
            }
        }));
    }
    Ok(handle)
}

impl PublicHandle {
    /// Serves one TCP or TLS connection until it ends, as [`Handle::serve_stream`](crate::Handle::serve_stream).
    pub async fn serve_stream<S>(&self, stream: S, from: FiveTuple, first_bytes: &[u8]) -> StreamEnd
    where
        S: AsyncRead + AsyncWrite,
    {
        stream::serve(&self.hub, stream, from, first_bytes).await
    }

    /// Puts other shared secrets in force; see [`PublicRelay::handle_secrets`].
    pub fn replace_secrets(&self, secrets: SharedSecrets) {
        self.hub.control(|relay| relay.handle_secrets(secrets));
    }

    /// Refuses new allocations; those there are live until `until` at most.
    pub fn drain(&self, until: Instant) {
        self.hub.control(|relay| relay.drain(Instant::now(), until));
    }

    /// The addresses that are listened on, in the order of [`Listeners::bind`](crate::Listeners::bind).
    pub fn local_addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.hub.groups.iter().map(|group| group.bound)
    }

    /// Sums and gauges.
    #[must_use]
    pub fn stats(&self) -> PublicStats {
        self.hub.stats()
    }

    /// Stops listening, closes every connection and relay socket and waits for the threads: at most half a second.
    /// Calling it again does nothing.
    ///
    /// # Panics
    /// If a worker has panicked, which is a bug of ours.
    pub fn shutdown(&self) {
        self.running.stop(|| self.hub.stop());
    }

    fn spawn_threads(&self, sockets: &[(usize, usize)]) -> std::io::Result<()> {
        for (count, &(group, index)) in sockets.iter().enumerate() {
            let hub = Arc::clone(&self.hub);
            let work = move || worker::run(&hub, group, index);
            self.running.thread(format!("public-udp-{count}"), work)?;
        }
        Ok(())
    }
}

/// The addresses of this host's interfaces.
///
/// # Errors
/// What the system says.
pub fn own_addresses() -> std::io::Result<Vec<IpAddr>> {
    let interfaces = if_addrs::get_if_addrs()?;
    Ok(interfaces.iter().map(if_addrs::Interface::ip).collect())
}

/// Tells the machine whenever the addresses change. When they cannot be had, the last ones stay.
async fn watch_own_addresses(hub: Arc<Hub>, mut known: Vec<IpAddr>) {
    loop {
        tokio::time::sleep(OWN_ADDRESSES_EVERY).await;
        if let Ok(own) = own_addresses()
            && own != known
        {
            known.clone_from(&own);
            hub.control(|relay| relay.handle_own_addresses(own));
        }
    }
}
