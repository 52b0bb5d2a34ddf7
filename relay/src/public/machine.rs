//! The public relay's machine: what lives and ends, and the verbs that drive it.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use parlour_credentials::SharedSecrets;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::address::FiveTuple;
use crate::allocate::{IPV4, IPV6};
use crate::budget::Bucket;
use crate::flows::Forwarded;
use crate::limiter::{Limiter, Pace};
use crate::nonce::Nonces;
use crate::ports::Ports;
use crate::public::allocations::{AllocationId, Table, User};
use crate::public::config::Config;
use crate::public::policy::PeerPolicy;
use crate::reception::Reception;
use crate::relay::Stream;
use crate::stats::Stats;

/// What the shell has to do, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send exactly one STUN message.
    Transmit {
        /// The client; send from its `server` address.
        to: FiveTuple,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Bind a UDP socket for this allocation, then call [`PublicRelay::handle_bound`] whatever came of it. On a
    /// host that does not have the address itself (NAT), bind the port at the wildcard address of its family.
    Bind {
        /// Names the socket from now on.
        id: AllocationId,
        /// The relayed address as clients will see it.
        wanted: SocketAddr,
    },
    /// Close the socket of this allocation.
    Close {
        /// As in [`Self::Bind`].
        id: AllocationId,
    },
    /// Close the TCP or TLS connection, after what has been sent on it.
    CloseStream(FiveTuple),
}

/// A TURN server for other applications. See the [module](crate::public).
#[derive(Debug)]
pub struct PublicRelay {
    pub(crate) config: Config,
    pub(crate) secrets: SharedSecrets,
    pub(crate) policy: PeerPolicy,
    pub(crate) reception: Reception,
    pub(crate) table: Table,
    pub(crate) ports_v4: Ports<User>,
    pub(crate) ports_v6: Ports<User>,
    pub(crate) rng: StdRng,
    pub(crate) stats: Stats,
    pub(crate) forwarded: Forwarded,
    pub(crate) bandwidth: Arc<Bucket>,
    pub(crate) request_pace: Pace,
    pub(crate) epoch: Instant,
    pub(crate) outputs: VecDeque<Output>,
}

impl PublicRelay {
    /// A relay without allocations. `seed` is 32 random bytes, from which nonces and ports come.
    #[must_use]
    pub fn new(
        now: Instant,
        config: Config,
        secrets: SharedSecrets,
        policy: PeerPolicy,
        seed: [u8; 32],
    ) -> Self {
        let mut rng = StdRng::from_seed(seed);
        let base = &config.base;
        // USERHASH cannot be looked up: users are not known before they come.
        let nonces = Nonces::new(now, rng.random(), base.nonce_life, false);
        let ports = || Ports::new(config.ports.clone(), &base.reserved_ports, base.quarantine);
        Self {
            reception: Reception::new(base, nonces, Limiter::new(now, base, rng.random())),
            table: Table::default(),
            ports_v4: ports(),
            ports_v6: ports(),
            stats: Stats::default(),
            forwarded: Forwarded::default(),
            bandwidth: Arc::new(Bucket::new(now, base.bits_per_room, base.burst_per_room)),
            request_pace: Pace::new(base.requests_per_seat, base.requests_per_seat.saturating_mul(2)),
            epoch: now,
            outputs: VecDeque::new(),
            rng,
            secrets,
            policy,
            config,
        }
    }

    /// The TCP or TLS connection is gone: its allocation ends (RFC 8656 §7.2).
    pub fn handle_stream_closed(&mut self, now: Instant, from: FiveTuple) {
        if let Some(id) = self.table.by_tuple(&from) {
            self.end(now, id, Stream::Leave);
        }
    }

    /// Other secrets are good from now on. Who holds an allocation under a secret that is gone keeps it until it would
    /// have to be refreshed, and gets nothing new.
    pub fn handle_secrets(&mut self, secrets: SharedSecrets) {
        self.secrets = secrets;
    }

    /// The addresses of this host's interfaces have changed. What is sent from now on is judged by these.
    pub fn handle_own_addresses(&mut self, own: Vec<IpAddr>) {
        self.policy.own = own;
    }

    /// To be called when [`Self::poll_timeout`] is reached; earlier and later calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(id) = self.table.deadlines.due(now) {
            self.end(now, id, Stream::Close);
        }
    }

    /// Begins the end: new allocations get 508, the rest lives until `until` at most.
    pub fn drain(&mut self, now: Instant, until: Instant) {
        self.table.deadlines.drain(until);
        self.handle_timeout(now);
    }

    /// The next thing to do, in order; to be drained after every `handle_*` and `drain`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`]; may change with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.table.deadlines.next()
    }

    /// Counters and gauges; `seats` counts users with allocations.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Packets and payload bytes that found a way, in either direction.
    #[must_use]
    pub fn forwarded(&self) -> Forwarded {
        self.forwarded
    }

    /// Whether this 5-tuple has an allocation: a stream without one has no business here for long.
    #[must_use]
    pub fn has_allocation(&self, tuple: &FiveTuple) -> bool {
        self.table.by_tuple(tuple).is_some()
    }

    /// Whether all tables agree with each other, for model tests and self-checks.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let [v4, v6] = [&self.ports_v4, &self.ports_v6].map(|ports| ports.total() - ports.unused());
        self.table.indexes_agree()
            && v4 + v6 == self.table.len()
            && self.stats.allocations == self.table.len()
            && self.stats.seats == self.table.accounts.len()
    }

    /// The families that can be had, the default first.
    pub(crate) fn families(&self) -> Vec<u8> {
        let v4 = self.config.external_ipv4.map(|_| IPV4);
        let v6 = self.config.external_ipv6.map(|_| IPV6);
        v4.into_iter().chain(v6).collect()
    }

    /// The pool of ports of a family, and what draws from it.
    pub(crate) fn pool(&mut self, is_v4: bool) -> (&mut Ports<User>, &mut StdRng) {
        let ports = if is_v4 {
            &mut self.ports_v4
        } else {
            &mut self.ports_v6
        };
        (ports, &mut self.rng)
    }

    /// Whether this is an address of ours behind which there are relayed ports and nothing else.
    pub(crate) fn is_external(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => self.config.external_ipv4 == Some(ip),
            IpAddr::V6(ip) => self.config.external_ipv6 == Some(ip),
        }
    }

    /// Ends an allocation: socket closed, number to rest, quota back.
    pub(crate) fn end(&mut self, now: Instant, id: AllocationId, stream: Stream) {
        let Some(allocation) = self.table.remove(id) else {
            return;
        };
        let relayed = allocation.relayed;
        self.pool(relayed.is_ipv4())
            .0
            .rest(now, relayed.port(), allocation.user);
        self.note_changes();
        self.outputs.push_back(Output::Close { id });
        if stream == Stream::Close && allocation.tuple.transport.is_stream() {
            self.outputs.push_back(Output::CloseStream(allocation.tuple));
        }
    }

    /// To be called when the table has changed: gauges follow, and every user's even share of the whole.
    pub(crate) fn note_changes(&mut self) {
        self.stats.allocations = self.table.len();
        let users = self.table.accounts.len();
        if self.stats.seats == users {
            return;
        }
        self.stats.seats = users;
        let even = self.config.base.bits_per_room / (users as u64).max(1);
        for account in self.table.accounts.values() {
            account.share.set_rate(even);
        }
    }
}
