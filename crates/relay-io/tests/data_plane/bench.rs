//! A running relay on loopback ports of its own, ended with the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use parlour_credentials::{Credentials, RoomTag, SeatId, TurnCredential};
use parlour_relay::{Config, Relay};
use parlour_relay_io::{Backend, Handle, Listeners, Settings, start};

use crate::client::{Client, Wire};

/// Which of the relay's transports a client uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

/// Long enough for any loaded machine; only failing tests wait for it.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Waits for what happens in other threads. Counters, for example, are added to after the batch has left.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) struct Bench {
    pub(crate) handle: Handle,
    pub(crate) server: SocketAddr,
    pub(crate) runtime: tokio::runtime::Runtime,
    credentials: Credentials,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), "127.0.0.1:0")
    }

    pub(crate) fn portable() -> Self {
        Self::with(
            Settings {
                backend: Backend::Portable,
                ..Settings::default()
            },
            "127.0.0.1:0",
        )
    }

    pub(crate) fn with(settings: Settings, listen: &str) -> Self {
        Self::listening(settings, &[listen])
    }

    pub(crate) fn listening(settings: Settings, listen: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listen: Vec<SocketAddr> = listen.iter().map(|text| text.parse().unwrap()).collect();
        let listeners = Listeners::bind(&listen, &settings).unwrap();
        let server = listeners
            .local_addrs()
            .next()
            .unwrap_or_else(|| ([0; 4], 0).into());
        let config = Config {
            relayed_ip: Ipv4Addr::LOCALHOST,
            // All clients of a test have one address, and the small client asks only once.
            replies_per_source: 10_000,
            reply_burst_per_source: 10_000,
            reserved_ports: listeners.local_addrs().map(|address| address.port()).collect(),
            ..Config::default()
        };
        let credentials = Credentials::new([7; 32]);
        let relay = Relay::new(Instant::now(), config.clone(), credentials.clone(), [8; 32]);
        let guard = runtime.enter();
        let handle = start(settings, &config, relay, listeners).unwrap();
        drop(guard);
        Self {
            handle,
            server,
            runtime,
            credentials,
        }
    }

    /// Seat number `n` of `room` with its credential.
    pub(crate) fn seat(&self, n: u8, room: u64) -> (SeatId, TurnCredential) {
        let seat = SeatId::from_random([n; 16]);
        self.handle.seat_opened(seat, RoomTag(room));
        (seat, self.credentials.mint(seat))
    }

    /// A client in seat `n` of `room` that has an allocation.
    pub(crate) fn client(&self, n: u8, room: u64, over: Over) -> Client {
        self.client_at(n, room, over, self.server)
    }

    pub(crate) fn client_at(&self, n: u8, room: u64, over: Over, server: SocketAddr) -> Client {
        let wire = match over {
            Over::Udp => Wire::udp(server),
            Over::Tcp => Wire::tcp(server),
        };
        let (_, credential) = self.seat(n, room);
        let mut client = Client::new(wire, credential);
        client.allocate();
        client
    }

    /// Two clients of one room that may send to each other.
    pub(crate) fn pair(&self, a: Over, b: Over) -> (Client, Client) {
        let (mut a, mut b) = (self.client(1, 1, a), self.client(2, 1, b));
        a.permit(b.relayed());
        b.permit(a.relayed());
        (a, b)
    }
}
