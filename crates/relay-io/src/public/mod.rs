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
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use parlour_credentials::SharedSecrets;
use parlour_relay::address::{FiveTuple, Transport};
use parlour_relay::public::PublicRelay;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::bind::Listeners;
use crate::handle::StartError;
use crate::listen;
use crate::settings::Settings;
use crate::stream::StreamEnd;
use hub::Hub;
pub use limit::open_files_limit;

/// How often this host's own addresses are looked up: a new one must not stay reachable by way of us.
const OWN_ADDRESSES_EVERY: Duration = Duration::from_secs(2);

/// A running public relay. Clones speak of the same one; [`Self::shutdown`] ends it, dropping does not.
#[derive(Clone)]
pub struct PublicHandle {
    hub: Arc<Hub>,
    running: Arc<Mutex<Running>>,
}

#[derive(Default)]
struct Running {
    threads: Vec<thread::JoinHandle<()>>,
    tasks: Vec<AbortHandle>,
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
    let mut groups = listeners.groups;
    let mut tcp = Vec::new();
    for group in &mut groups {
        if let Some(listener) = group.tcp.take() {
            tcp.push(TcpListener::from_std(listener).map_err(StartError)?);
        }
    }
    let sockets: Vec<_> = (0..groups.len())
        .flat_map(|g| (0..groups[g].workers.len()).map(move |index| (g, index)))
        .collect();
    let hub = Arc::new(Hub::new(settings, relay, groups));
    let handle = PublicHandle {
        hub: Arc::clone(&hub),
        running: Arc::default(),
    };
    // Before the first packet: nobody may ask for a peer while our own addresses are unknown.
    let own = own_addresses().map_err(StartError)?;
    hub.control(|relay| relay.handle_own_addresses(own.clone()));
    {
        let mut running = handle.lock();
        running
            .tasks
            .push(tokio::spawn(watch_own_addresses(Arc::clone(&hub), own)).abort_handle());
        running
            .tasks
            .push(tokio::spawn(Hub::run_timer(Arc::clone(&hub))).abort_handle());
        for listener in tcp {
            let hub = Arc::clone(&hub);
            let accepting = listen::accept(listener, move |socket, from| {
                let hub = Arc::clone(&hub);
                async move {
                    stream::serve(&hub, socket, from, &[]).await;
                }
            });
            running.tasks.push(tokio::spawn(accepting).abort_handle());
        }
    }
    if let Err(error) = handle.spawn_threads(&sockets) {
        handle.shutdown();
        return Err(StartError(error));
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
        let running = std::mem::take(&mut *self.lock());
        for task in &running.tasks {
            task.abort();
        }
        self.hub.stop();
        for thread in running.threads {
            thread.join().expect("workers of the public relay do not panic");
        }
    }

    fn spawn_threads(&self, sockets: &[(usize, usize)]) -> std::io::Result<()> {
        let mut running = self.lock();
        for (count, &(group, index)) in sockets.iter().enumerate() {
            let hub = Arc::clone(&self.hub);
            let builder = thread::Builder::new().name(format!("public-udp-{count}"));
            let thread = builder.spawn(move || worker::run(&hub, group, index))?;
            running.threads.push(thread);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running
            .lock()
            .expect("nothing panics while it holds the list of threads")
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

/// A client's 5-tuple over UDP.
fn over_udp(client: SocketAddr, server: SocketAddr) -> FiveTuple {
    FiveTuple {
        client,
        server,
        transport: Transport::Udp,
    }
}
