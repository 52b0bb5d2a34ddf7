//! The harness: a public relay, a clock that only tests move, and a shell without sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use parlour_credentials::{Anchor, SharedSecrets};
use parlour_relay::public::{AllocationId, Config, Output, Passage, PeerPolicy, PublicRelay};
use parlour_relay::{Dropped, FiveTuple, Transport};

use crate::common::wire::*;
use crate::common::{Answer, REALM_NAME, tuple};

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const SECRETS: &str =
    "talk = a secret that is long enough\nsynapse = another secret, quite as long\n";
pub(crate) const EXTERNAL: &str = "80.1.2.3";

/// A relay, a clock, and a shell without sockets.
pub(crate) struct Bench {
    pub(crate) relay: PublicRelay,
    pub(crate) secrets: SharedSecrets,
    pub(crate) now: Instant,
    pub(crate) bound: Vec<(AllocationId, SocketAddr)>,
    pub(crate) closed: Vec<AllocationId>,
    pub(crate) closed_streams: Vec<FiveTuple>,
    pub(crate) replies: Vec<(FiveTuple, Vec<u8>)>,
    /// What the next calls of `bind` come to; true when empty.
    pub(crate) bindings: Vec<bool>,
    /// Sockets that are asked for stay in `pending` until a test says what became of them.
    pub(crate) holds: bool,
    pub(crate) pending: Vec<(AllocationId, SocketAddr)>,
    pub(crate) next: u64,
}

pub(crate) struct User {
    pub(crate) tuple: FiveTuple,
    pub(crate) username: String,
    pub(crate) password: String,
}

pub(crate) fn config() -> Config {
    Config {
        external_ipv4: Some(EXTERNAL.parse().unwrap()),
        ports: 50_000..=50_099,
        ..Config::default()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(config(), PeerPolicy::default())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tests count from any moment, and std makes one only this way"
    )]
    pub(crate) fn with(config: Config, policy: PeerPolicy) -> Self {
        let now = Instant::now();
        let secrets = SharedSecrets::parse(Anchor::new(now, START), SECRETS).unwrap();
        Self {
            relay: PublicRelay::new(now, config, secrets.clone(), policy, [9; 32]),
            secrets,
            now,
            bound: Vec::new(),
            closed: Vec::new(),
            closed_streams: Vec::new(),
            replies: Vec::new(),
            bindings: Vec::new(),
            holds: false,
            pending: Vec::new(),
            next: 0,
        }
    }

    pub(crate) fn user(&self, n: u16, name: &str) -> User {
        self.user_by(n, name, Transport::Udp)
    }

    pub(crate) fn user_by(&self, n: u16, name: &str, transport: Transport) -> User {
        let minted = self
            .secrets
            .mint(self.now, "talk", Duration::from_secs(3600), Some(name))
            .unwrap();
        User {
            tuple: tuple(n, transport),
            username: minted.username,
            password: minted.password,
        }
    }

    pub(crate) fn settle(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => self.replies.push((to, bytes)),
                Output::Bind { id, wanted } if self.holds => {
                    self.bound.push((id, wanted));
                    self.pending.push((id, wanted));
                }
                Output::Bind { id, wanted } => {
                    let works = self.bindings.pop().unwrap_or(true);
                    self.bound.push((id, wanted));
                    self.relay.handle_bound(self.now, id, works);
                }
                Output::Close { id } => self.closed.push(id),
                Output::CloseStream(tuple) => self.closed_streams.push(tuple),
            }
        }
        assert!(self.relay.is_consistent());
    }

    pub(crate) fn builder(&mut self, message_type: u16) -> Builder {
        self.next += 1;
        let mut transaction = [0x17; 12];
        transaction[4..].copy_from_slice(&self.next.to_be_bytes());
        Builder::new(message_type, transaction)
    }

    pub(crate) fn send(&mut self, from: FiveTuple, packet: &[u8]) -> Answer {
        let passage = self.relay.handle_client(self.now, from, packet, &mut Vec::new());
        assert_eq!(passage, Passage::Nothing);
        self.settle();
        assert!(self.replies.len() <= 1);
        Answer(self.replies.pop().map(|(to, bytes)| {
            assert_eq!(to, from);
            Parsed::read(&bytes)
        }))
    }

    pub(crate) fn signed(&mut self, user: &User, request: Builder) -> Vec<u8> {
        let bare = self.builder(ALLOCATE).with_transport(17).bytes;
        let nonce = self
            .send(user.tuple, &bare)
            .is_rejected_with(401)
            .get(NONCE)
            .unwrap()
            .to_vec();
        request
            .with(USERNAME, user.username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .signed(&md5_key(&user.username, REALM_NAME, &user.password))
            .bytes
    }

    pub(crate) fn request(&mut self, user: &User, request: Builder) -> Answer {
        let bytes = self.signed(user, request);
        // One source asks twenty times at once at most; time heals that.
        self.now += Duration::from_millis(250);
        self.send(user.tuple, &bytes)
    }

    pub(crate) fn allocate(&mut self, user: &User) -> Answer {
        let request = self.builder(ALLOCATE).with_transport(17);
        self.request(user, request)
    }

    pub(crate) fn allocated(&mut self, user: &User) -> SocketAddr {
        self.allocate(user)
            .succeeds()
            .address(XOR_RELAYED_ADDRESS)
            .unwrap()
    }

    pub(crate) fn permit(&mut self, user: &User, peer: SocketAddr) -> Answer {
        let request = self
            .builder(CREATE_PERMISSION)
            .with_address(XOR_PEER_ADDRESS, peer);
        self.request(user, request)
    }

    pub(crate) fn bind(&mut self, user: &User, number: u16, peer: SocketAddr) -> Answer {
        let request = self
            .builder(CHANNEL_BIND)
            .with_channel(number)
            .with_address(XOR_PEER_ADDRESS, peer);
        self.request(user, request)
    }

    pub(crate) fn refresh(&mut self, user: &User, lifetime: u32) -> Answer {
        let request = self.builder(REFRESH).with(LIFETIME, &lifetime.to_be_bytes());
        self.request(user, request)
    }

    /// A Send indication; what the shell would send, and where.
    pub(crate) fn say(&mut self, user: &User, peer: SocketAddr, payload: &[u8]) -> (Passage, Vec<u8>) {
        let indication = self
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with(DATA, payload);
        self.media(user, &indication.bytes)
    }

    pub(crate) fn media(&mut self, user: &User, packet: &[u8]) -> (Passage, Vec<u8>) {
        let mut out = b"left over".to_vec();
        let passage = self.relay.handle_client(self.now, user.tuple, packet, &mut out);
        (passage, out)
    }

    pub(crate) fn hear(&mut self, id: AllocationId, from: SocketAddr, payload: &[u8]) -> (Passage, Vec<u8>) {
        let mut out = b"left over".to_vec();
        let passage = self.relay.handle_peer(self.now, id, from, payload, &mut out);
        (passage, out)
    }

    pub(crate) fn after(&mut self, seconds: u64) {
        let target = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= target) {
            self.now = self.now.max(due);
            self.relay.handle_timeout(self.now);
            self.settle();
        }
        self.now = target;
    }

    pub(crate) fn dropped(&self, reason: Dropped) -> u64 {
        self.relay.stats().dropped(reason)
    }
}

pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Where a passage to a peer leads.
pub(crate) fn peer_of(passage: Passage) -> Option<(AllocationId, SocketAddr)> {
    match passage {
        Passage::ToPeer { id, permit } => Some((id, permit.peer())),
        Passage::Nothing | Passage::ToClient(_) => None,
    }
}
