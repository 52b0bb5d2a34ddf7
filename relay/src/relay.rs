//! The control machine: everything that is not an established flow.
//!
//! Packets go in by [`Relay::handle_client`], seats by [`Relay::handle_seat_opened`] and
//! [`Relay::handle_seat_closed`], time by [`Relay::handle_timeout`]; after each of them the shell drains
//! [`Relay::poll_output`]. Media does not come here: see [`Flows`](crate::flows::Flows). Packets are sorted,
//! authenticated and answered in `request`; what the requests mean stands in `allocate`, `refresh`,
//! `permission` and `channel`. Here is what lives and ends.

use std::collections::VecDeque;
use std::time::Instant;

use parlour_credentials::{Credentials, RoomTag, SeatId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::address::FiveTuple;
use crate::allocations::Allocations;
use crate::config::Config;
use crate::flows::{Change, FlowChange, FlowId};
use crate::limiter::Limiter;
use crate::nonce::Nonces;
use crate::ports::Ports;
use crate::reception::Reception;
use crate::seats::Seats;
use crate::stats::Stats;

/// What the shell has to do, in order.
#[derive(Debug)]
pub enum Output {
    /// Send exactly one STUN message; on streams it needs no further framing, since its length is a multiple
    /// of four.
    Transmit {
        /// The client; send from its `server` address.
        to: FiveTuple,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Apply to every replica of [`Flows`](crate::flows::Flows), before the outputs that follow: a client
    /// may use what its success response says as soon as it has it.
    Flow(FlowChange),
    /// Close the TCP or TLS connection, after what has been sent on it. No `handle_stream_closed` is needed
    /// for it, and none does harm.
    CloseStream(FiveTuple),
}

/// The control half of the relay.
#[derive(Debug)]
pub struct Relay {
    pub(crate) config: Config,
    pub(crate) rng: StdRng,
    pub(crate) allocations: Allocations,
    pub(crate) ports: Ports<SeatId>,
    pub(crate) seats: Seats,
    pub(crate) stats: Stats,
    pub(crate) credentials: Credentials,
    pub(crate) reception: Reception,
    pub(crate) outputs: VecDeque<Output>,
}

impl Relay {
    /// A relay without seats. `credentials` must be those that signaling mints with; `seed` is 32 random
    /// bytes, from which nonces and relayed ports come.
    #[must_use]
    pub fn new(now: Instant, config: Config, credentials: Credentials, seed: [u8; 32]) -> Self {
        let mut rng = StdRng::from_seed(seed);
        Self {
            reception: Reception::new(
                &config,
                Nonces::new(now, rng.random(), config.nonce_life, true),
                Limiter::new(now, &config, rng.random()),
            ),
            ports: Ports::new(1024..=u16::MAX, &config.reserved_ports, config.quarantine),
            seats: Seats::new(now, &config),
            allocations: Allocations::default(),
            stats: Stats::default(),
            outputs: VecDeque::new(),
            credentials,
            config,
            rng,
        }
    }

    /// Handles one packet that [`Flows::forward`](crate::flows::Flows::forward) called
    /// [`Verdict::Control`](crate::flows::Verdict::Control): one datagram or one frame of a stream. Whatever
    /// the bytes are, the effect is at most one answer and, for authenticated requests, a few flow changes.
    pub fn handle_client(&mut self, now: Instant, from: FiveTuple, packet: &[u8]) {
        if let Err(reason) = self.try_handle_client(now, from, packet) {
            self.stats.drops.count(reason);
        }
    }

    /// The TCP or TLS connection is gone: its allocation ends (RFC 8656 §7.2).
    pub fn handle_stream_closed(&mut self, now: Instant, from: FiveTuple) {
        if let Some(id) = self.allocations.by_tuple(&from) {
            self.end(now, id, Stream::Leave);
        }
    }

    /// The seat's credential is valid from now on. Repeating it is harmless; a seat that changes its room
    /// loses its allocations.
    pub fn handle_seat_opened(&mut self, now: Instant, seat: SeatId, room: RoomTag) {
        if self.seats.get(seat).is_some_and(|known| known.room == room) {
            return;
        }
        self.handle_seat_closed(now, seat);
        self.seats.open(now, seat, room);
        self.stats.seats = self.seats.len();
    }

    /// The seat's credential and its allocations end in this call, and its TCP and TLS connections with
    /// them. A seat that is not registered is ignored.
    pub fn handle_seat_closed(&mut self, now: Instant, seat: SeatId) {
        let Some(closed) = self.seats.close(seat) else {
            return;
        };
        for id in closed.allocations {
            self.end(now, id, Stream::Close);
        }
        self.stats.seats = self.seats.len();
    }

    /// To be called when [`Self::poll_timeout`] is reached; earlier and later calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(id) = self.allocations.deadlines.due(now) {
            self.end(now, id, Stream::Close);
        }
    }

    /// Begins the end: new allocations get 508, the rest lives until `until` at most.
    pub fn drain(&mut self, now: Instant, until: Instant) {
        self.allocations.deadlines.drain(until);
        self.handle_timeout(now);
    }

    /// The next thing to do, in order; to be drained after every `handle_*` and `drain`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`]; may change with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.allocations.deadlines.next()
    }

    /// Counters and gauges.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether this 5-tuple has an allocation: a stream without one has no business here for long.
    #[must_use]
    pub fn has_allocation(&self, tuple: &FiveTuple) -> bool {
        self.allocations.by_tuple(tuple).is_some()
    }

    /// Whether all tables of the relay agree with each other, for model tests and self-checks. Cost: some
    /// look-ups per allocation.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let owned: usize = self.seats.iter().map(|(_, seat)| seat.allocations.len()).sum();
        let owners = self.seats.iter().all(|(id, seat)| {
            seat.allocations.iter().all(|flow| {
                self.allocations
                    .get(*flow)
                    .is_some_and(|found| found.seat == *id && found.room == seat.room)
            })
        });
        owners
            && owned == self.allocations.len()
            && self.allocations.indexes_agree()
            && self.seats.indexes_agree()
            && self.stats.seats == self.seats.len()
            && self.stats.allocations == self.allocations.len()
            && self.ports.unused() + self.allocations.len() == self.ports.total()
    }

    /// Ends an allocation: number to rest, quota back, replicas told.
    pub(crate) fn end(&mut self, now: Instant, id: FlowId, stream: Stream) {
        let Some(allocation) = self.allocations.remove(id) else {
            return;
        };
        self.ports.rest(now, allocation.port, allocation.seat);
        if let Some(seat) = self.seats.get_mut(allocation.seat) {
            seat.allocations.retain(|other| *other != id);
        }
        self.stats.allocations = self.allocations.len();
        self.change(Change::Closed { id });
        if stream == Stream::Close && allocation.tuple.transport.is_stream() {
            self.outputs.push_back(Output::CloseStream(allocation.tuple));
        }
    }

    pub(crate) fn change(&mut self, change: Change) {
        self.outputs.push_back(Output::Flow(FlowChange(change)));
    }
}

/// What becomes of the connection when its allocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The client is alive and closes it itself, or it is gone already.
    Leave,
    Close,
}
