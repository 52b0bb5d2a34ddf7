//! The public relay with real sockets, judged by coturn's client and peer, and by plain sockets as peers.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../data_plane/client.rs"]
#[expect(dead_code, reason = "the other test program uses the rest of this client")]
mod client;
mod coturn;
#[path = "../data_plane/cutting.rs"]
mod cutting;
#[path = "../data_plane/door.rs"]
mod door;
mod streams;
mod transports;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use client::{Client, Heard, Wire};
use door::Serve;
use parlour_credentials::{Anchor, SharedSecrets, TurnCredential};
use parlour_relay::public::{Config, PeerPolicy, PublicRelay};
use parlour_relay_io::{Listeners, PublicHandle, Settings, start_public};

const SECRET: &str = "a secret that is long enough";
/// Long enough for any loaded machine; only failing tests wait for it.
const SOON: Duration = Duration::from_secs(10);

struct Bench {
    handle: PublicHandle,
    server: SocketAddr,
    secrets: SharedSecrets,
    runtime: tokio::runtime::Runtime,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Bench {
    /// A relay on 127.0.0.1 that may reach 127.0.0.2 and nothing else of this host.
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listeners = Listeners::bind_for(
            "--public-relay-listen",
            &["127.0.0.1:0", "[::1]:0"].map(|text| text.parse().unwrap()),
            &settings,
        )
        .unwrap();
        let server = listeners.local_addrs().next().unwrap();
        let now = Instant::now();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let secrets =
            SharedSecrets::parse(Anchor::new(now, unix.as_secs()), &format!("tests = {SECRET}")).unwrap();
        let mut config = Config {
            external_ipv4: Some(Ipv4Addr::LOCALHOST),
            // Below the range from which this machine's own sockets take theirs.
            ports: 20_000..=29_999,
            ..Config::default()
        };
        config.base.replies_per_source = 10_000;
        config.base.reply_burst_per_source = 10_000;
        let policy = PeerPolicy {
            allow: vec!["127.0.0.2/32".parse().unwrap()],
            listeners: listeners.local_addrs().collect(),
            ..PeerPolicy::default()
        };
        let relay = PublicRelay::new(now, config, secrets.clone(), policy, [3; 32]);
        let guard = runtime.enter();
        let handle = start_public(settings, relay, listeners).unwrap();
        drop(guard);
        Self {
            handle,
            server,
            secrets,
            runtime,
        }
    }

    /// How doors hand streams to this relay.
    fn serve(&self) -> Serve {
        let handle = self.handle.clone();
        Arc::new(move |stream, from| {
            let handle = handle.clone();
            Box::pin(async move {
                handle.serve_stream(stream, from, &[]).await;
            })
        })
    }

    fn credential(&self, name: &str) -> TurnCredential {
        let hour = Duration::from_secs(3600);
        self.secrets
            .mint(Instant::now(), "tests", hour, Some(name))
            .unwrap()
    }

    fn client(&self, name: &str, wire: Wire) -> Client {
        let mut client = Client::new(wire, self.credential(name));
        client.allocate();
        client
    }
}

fn peer() -> UdpSocket {
    let peer = UdpSocket::bind("127.0.0.2:0").unwrap();
    peer.set_read_timeout(Some(SOON)).unwrap();
    peer
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_peer_hears_the_relayed_address_and_is_heard_over_udp_and_tcp() {
    let bench = Bench::new();
    for wire in [Wire::udp(bench.server), Wire::tcp(bench.server)] {
        let (mut client, peer) = (bench.client("alice", wire), peer());
        let to = peer.local_addr().unwrap();
        client.permit(to);
        client.send_to(to, b"out");
        let mut bytes = [0; 100];
        let (len, from) = peer.recv_from(&mut bytes).unwrap();
        assert_eq!((&bytes[..len], from), (b"out".as_slice(), client.relayed()));
        peer.send_to(b"back", from).unwrap();
        assert_eq!(client.hear(), Heard::Data(to, b"back".to_vec()));
        client.bind(0x4000, to);
        client.send_channel(0x4000, b"odd");
        let (len, _) = peer.recv_from(&mut bytes).unwrap();
        assert_eq!(&bytes[..len], b"odd");
        peer.send_to(b"again", from).unwrap();
        assert_eq!(client.hear(), Heard::Channel(0x4000, b"again".to_vec()));
    }
    eventually("TCP ends its allocation", || {
        bench.handle.stats().allocations <= 1
    });
}

#[test]
fn two_clients_reach_each_other_by_their_relayed_addresses() {
    let bench = Bench::new();
    let mut one = bench.client("alice", Wire::udp(bench.server));
    let mut other = bench.client("bob", Wire::tcp(bench.server));
    one.permit(other.relayed());
    other.permit(one.relayed());
    one.send_to(other.relayed(), b"hello");
    assert_eq!(other.hear(), Heard::Data(one.relayed(), b"hello".to_vec()));
    other.send_to(one.relayed(), b"hello yourself");
    assert_eq!(
        one.hear(),
        Heard::Data(other.relayed(), b"hello yourself".to_vec())
    );
}

/// A01, A6 with sockets: a listener on an address that nobody opened hears nothing, by whatever message.
#[test]
fn what_policy_excludes_receives_not_a_byte() {
    let bench = Bench::new();
    let victim = UdpSocket::bind("127.0.0.1:0").unwrap();
    victim.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let to = victim.local_addr().unwrap();
    for wire in [Wire::udp(bench.server), Wire::tcp(bench.server)] {
        let mut client = bench.client("mallory", wire);
        // Our own address may be permitted, since other clients' relayed ports are there; no other port is.
        client.permit(to);
        assert_eq!(client.try_bind(0x4000, to), Err(403));
        assert_eq!(client.try_bind(0x4000, bench.server), Err(403));
        client.send_to(to, b"x");
        client.send_to(bench.server, b"x");
    }
    assert!(victim.recv_from(&mut [0; 10]).is_err());
}

#[test]
fn relay_sockets_are_closed_with_their_allocations() {
    let bench = Bench::new();
    let mut client = bench.client("alice", Wire::udp(bench.server));
    let relayed = client.relayed();
    assert!(UdpSocket::bind(relayed).is_err(), "the relay holds it");
    assert_eq!(client.refresh(0), Ok(()));
    eventually("the port is free", || UdpSocket::bind(relayed).is_ok());
    let kept = bench.client("bob", Wire::udp(bench.server)).relayed();
    bench.handle.shutdown();
    eventually("shutdown closes the rest", || UdpSocket::bind(kept).is_ok());
}

#[test]
fn a_draining_relay_ends_by_its_timer() {
    let bench = Bench::new();
    let _client = bench.client("alice", Wire::udp(bench.server));
    bench.handle.drain(Instant::now() + Duration::from_millis(300));
    let mut late = Client::new(Wire::udp(bench.server), bench.credential("bob"));
    assert_eq!(late.try_allocate(), Err(508));
    eventually("the timer ends it", || bench.handle.stats().allocations == 0);
}

#[test]
fn a_connection_that_never_allocates_is_closed() {
    let bench = Bench::with(Settings {
        allocation_deadline: Duration::from_millis(300),
        ..Settings::default()
    });
    let mut kept = bench.client("alice", Wire::tcp(bench.server));
    let mut idle = Client::new(Wire::tcp(bench.server), bench.credential("bob"));
    idle.mapped();
    assert_eq!(idle.hear(), Heard::Closed);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(kept.refresh(600), Ok(()), "who has an allocation stays");
}
