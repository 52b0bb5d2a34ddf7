//! What the model of the public relay plays with: people and their secrets, peers, limits that random steps reach.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use parlour_relay::Transport;
use parlour_relay::public::AllocationId;

pub(super) const CLIENTS: usize = 7;
pub(super) const PORTS: std::ops::RangeInclusive<u16> = 50_000..=50_011;
pub(super) const PER_USER: usize = 2;
pub(super) const PER_APPLICATION: usize = 4;
pub(super) const PER_SERVER: usize = 5;
pub(super) const RESTING_PER_USER: usize = 2;
pub(super) const PERMISSIONS: usize = 3;
pub(super) const CHANNELS: usize = 3;
pub(super) const ATTEMPTS: u8 = 3;
pub(super) const EXTERNAL_V6: &str = "2a00::7";

/// Two applications; one is changing its secret.
pub(super) const SECRETS: [(&str, &str); 3] = [
    ("talk", "the first secret of talk"),
    ("talk", "the second secret of talk"),
    ("synapse", "a secret of synapse alone"),
];
/// Versions of the file: which secrets are in force.
pub(super) const FILES: [&[usize]; 5] = [&[0, 2], &[1, 0, 2], &[0, 1, 2], &[2, 1], &[2]];

/// Addresses, and whether the policy lets them be peers; `81.1.1.1` may become our own.
pub(super) const PEERS: [(&str, bool); 13] = [
    ("8.8.8.8:9", true),
    ("8.8.8.8:10", true),
    ("9.9.9.9:9", true),
    ("[::ffff:9.9.9.9]:9", true),
    ("77.1.1.1:9", true),
    ("81.1.1.1:9", true),
    ("[2a00:1450::1]:9", true),
    ("8.8.8.8:0", false),
    ("10.0.0.1:9", false),
    ("127.0.0.1:9", false),
    ("77.0.0.1:9", false),
    ("[64:ff9b::808:808]:9", false),
    ("[::ffff:127.0.0.1]:9", false),
];

/// Who quotas are kept for: application, and name or whole user name.
pub(super) type Person = (&'static str, String);

#[derive(Clone)]
pub(super) struct Credential {
    pub(super) secret: usize,
    pub(super) person: Person,
    pub(super) expires: Instant,
    pub(super) user: (String, String),
}

#[derive(Clone)]
pub(super) struct Believed {
    pub(super) id: AllocationId,
    pub(super) client: usize,
    pub(super) relayed: SocketAddr,
    pub(super) credential: Credential,
    /// The Allocate that made it, and when.
    pub(super) request: (Vec<u8>, Instant),
    /// None as long as sockets are tried.
    pub(super) answer: Option<Vec<u8>>,
    pub(super) attempts: u8,
    pub(super) expires: Instant,
    pub(super) permissions: Vec<(std::net::IpAddr, Instant)>,
    pub(super) channels: Vec<(u16, SocketAddr, Instant)>,
}

/// Where a payload goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    Peer(AllocationId, SocketAddr),
    Client(usize, Option<u16>, SocketAddr),
}

pub(super) fn transport(n: usize) -> Transport {
    [Transport::Udp, Transport::Tcp, Transport::Tls][n % 3]
}

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

impl Believed {
    pub(super) fn permits(&self, now: Instant, peer: SocketAddr) -> bool {
        let mut permissions = self.permissions.iter();
        permissions.any(|(ip, until)| *ip == peer.ip() && now < *until)
    }
}
