//! The control machine: everything that is not an established flow.
//!
//! Packets go in by [`Relay::handle_client`], seats by [`Relay::handle_seat_opened`] and
//! [`Relay::handle_seat_closed`], time by [`Relay::handle_timeout`]; after each of them the shell drains
//! [`Relay::poll_output`]. Media does not come here: see [`Flows`](crate::flows::Flows). What the requests
//! mean stands in `allocate`, `refresh`, `permission` and `channel`; here they are sorted, authenticated and
//! answered, all in one place.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use parlour_credentials::{Credentials, RoomTag, SeatId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::address::FiveTuple;
use crate::allocations::Allocations;
use crate::answer::{self, Success};
use crate::auth::{Authentication, Authenticator};
use crate::config::Config;
use crate::dropped::Dropped;
use crate::flows::{Change, FlowChange, FlowId};
use crate::integrity;
use crate::limiter::Limiter;
use crate::message::{Class, Message, Method, ParseError};
use crate::nonce::Nonces;
use crate::ports::Ports;
use crate::rejection::Rejection;
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
    pub(crate) ports: Ports,
    pub(crate) seats: Seats,
    pub(crate) stats: Stats,
    pub(crate) phase: Phase,
    credentials: Credentials,
    nonces: Nonces,
    limiter: Limiter,
    outputs: VecDeque<Output>,
}

/// Where the relay is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// New allocations are refused; the rest ends at `until`.
    Draining {
        until: Instant,
    },
    Drained,
}

impl Relay {
    /// A relay without seats. `credentials` must be those that signaling mints with; `seed` is 32 random
    /// bytes, from which nonces and relayed ports come.
    #[must_use]
    pub fn new(now: Instant, config: Config, credentials: Credentials, seed: [u8; 32]) -> Self {
        let mut rng = StdRng::from_seed(seed);
        Self {
            nonces: Nonces::new(now, rng.random(), config.nonce_life),
            limiter: Limiter::new(now, &config, rng.random()),
            ports: Ports::new(&config),
            seats: Seats::new(now, &config),
            allocations: Allocations::default(),
            stats: Stats::default(),
            phase: Phase::Open,
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

    fn try_handle_client(&mut self, now: Instant, from: FiveTuple, packet: &[u8]) -> Result<(), Dropped> {
        if !can_be_a_source(&from) {
            return Err(Dropped::ImpossibleSource);
        }
        let message = Message::parse(packet).map_err(|error| match error {
            ParseError::Malformed => Dropped::Malformed,
            ParseError::UnknownMethod => Dropped::UnknownMethod,
        })?;
        if !integrity::fingerprint_fits(&message) {
            return Err(Dropped::WrongFingerprint);
        }
        if message.class != Class::Request {
            return Err(Dropped::Unexpected);
        }
        match message.method {
            Method::Binding => self.binding(now, from, &message),
            Method::Send => Err(Dropped::UnknownMethod),
            Method::Allocate | Method::Refresh | Method::CreatePermission | Method::ChannelBind => {
                self.authenticated(now, from, &message)
            }
        }
    }

    /// RFC 8489 §12: the basic server. No authentication, so the answer counts as a stranger's.
    fn binding(&mut self, now: Instant, from: FiveTuple, request: &Message<'_>) -> Result<(), Dropped> {
        self.admit_stranger(now, &from)?;
        let unknown = request.unknown_attributes();
        let answer = if unknown.is_empty() {
            answer::binding(request, &from)
        } else {
            answer::unsigned(request, &Rejection::UnknownAttributes(unknown))
        };
        self.answer_stranger(from, request, answer)
    }

    /// Every other request: authentication first (RFC 8656 §5), then what is asked.
    fn authenticated(&mut self, now: Instant, from: FiveTuple, request: &Message<'_>) -> Result<(), Dropped> {
        let proves_address = self.proves_address(now, &from, request);
        if !proves_address {
            // Before any key is derived: an unproved packet costs no more than its nonce.
            self.admit_stranger(now, &from)?;
        }
        let authenticator = Authenticator {
            credentials: &self.credentials,
            realm: &self.config.realm,
            nonces: &self.nonces,
            seats: &self.seats,
        };
        let (seat, signer) = match authenticator.authenticate(now, &from, request) {
            Authentication::Granted(seat, signer) => (seat, signer),
            Authentication::Stale => {
                self.limiter.refund(now, from.client.ip());
                let rejection = self.stale(&from, request);
                return self.challenge(now, from, request, &rejection);
            }
            refused @ (Authentication::Unauthorized | Authentication::BadRequest) => {
                if proves_address && !from.transport.is_stream() {
                    self.admit_stranger(now, &from)?;
                }
                if matches!(refused, Authentication::Unauthorized) {
                    return self.challenge(now, from, request, &Rejection::Unauthorized);
                }
                let answer = answer::unsigned(request, &Rejection::BadRequest);
                self.stats.challenges += 1;
                return self.answer_stranger(from, request, answer);
            }
        };
        self.limiter.refund(now, from.client.ip());
        if !self.seats.admit_request(now, seat) {
            return Err(Dropped::RequestLimit);
        }
        let result = self.fulfil(now, from, request, seat);
        match &result {
            Ok(_) => self.stats.successes += 1,
            Err(_) => self.stats.rejections += 1,
        }
        let bytes = answer::signed(request, result, &signer);
        self.outputs.push_back(Output::Transmit { to: from, bytes });
        Ok(())
    }

    fn fulfil(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        seat: SeatId,
    ) -> Result<Success, Rejection> {
        let unknown = request.unknown_attributes();
        if !unknown.is_empty() {
            return Err(Rejection::UnknownAttributes(unknown));
        }
        if request.method == Method::Allocate {
            return self.allocate(now, from, request, seat);
        }
        // RFC 8656 §5: whatever else is asked, there must be an allocation, and of this user.
        let id = self
            .allocations
            .by_tuple(&from)
            .ok_or(Rejection::AllocationMismatch)?;
        let allocation = self
            .allocations
            .get_mut(id)
            .ok_or(Rejection::AllocationMismatch)?;
        if allocation.seat != seat {
            return Err(Rejection::WrongCredentials);
        }
        allocation.last_request = now;
        match request.method {
            Method::Refresh => self.refresh(now, id, request),
            Method::CreatePermission => self.create_permission(now, id, request),
            Method::ChannelBind => self.channel_bind(now, id, request),
            Method::Binding | Method::Allocate | Method::Send => unreachable!("sorted out above"),
        }
    }

    /// 438 inside a running allocation, where clients take the new nonce and go on. On a first Allocate both
    /// browsers give up at 438, so it gets 401 there, with the same new nonce.
    fn stale(&self, from: &FiveTuple, request: &Message<'_>) -> Rejection {
        if request.method == Method::Allocate && self.allocations.by_tuple(from).is_none() {
            Rejection::Unauthorized
        } else {
            Rejection::StaleNonce
        }
    }

    /// Answers with realm and nonce (RFC 8489 §9.2.4), and with the offer of algorithms if the bytes allow.
    fn challenge(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        rejection: &Rejection,
    ) -> Result<(), Dropped> {
        self.stats.challenges += 1;
        let proves_address = self.proves_address(now, &from, request);
        let with_offer = |offers| {
            let nonce = self.nonces.make(now, &from, offers);
            answer::challenge(request, rejection, &self.config.realm, &nonce, offers)
        };
        let mut answer = with_offer(true);
        if !proves_address && self.amplifies(request, &answer) {
            answer = with_offer(false);
        }
        if proves_address {
            self.outputs.push_back(Output::Transmit {
                to: from,
                bytes: answer,
            });
            return Ok(());
        }
        self.answer_stranger(from, request, answer)
    }

    /// Sends an answer to somebody who may have forged the source, unless that would serve to flood it.
    fn answer_stranger(
        &mut self,
        to: FiveTuple,
        request: &Message<'_>,
        bytes: Vec<u8>,
    ) -> Result<(), Dropped> {
        if !to.transport.is_stream() && self.amplifies(request, &bytes) {
            return Err(Dropped::WouldAmplify);
        }
        self.outputs.push_back(Output::Transmit { to, bytes });
        Ok(())
    }

    fn amplifies(&self, request: &Message<'_>, answer: &[u8]) -> bool {
        answer.len() * 100 > request.bytes().len() * self.config.amplification_percent
    }

    /// Streams have proved their address by the handshake, and their number is limited elsewhere.
    fn admit_stranger(&mut self, now: Instant, from: &FiveTuple) -> Result<(), Dropped> {
        if from.transport.is_stream() {
            Ok(())
        } else {
            self.limiter.admit(now, from.client.ip())
        }
    }

    /// Whether whoever sent this receives what we send to that address.
    fn proves_address(&self, now: Instant, from: &FiveTuple, request: &Message<'_>) -> bool {
        let nonce = request.first(crate::attribute::NONCE);
        from.transport.is_stream() || nonce.is_some_and(|nonce| self.nonces.is_valid(now, from, nonce))
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
        while let Some((_, id)) = self.allocations.first_to_die().filter(|(dies, _)| *dies <= now) {
            self.end(now, id, Stream::Close);
        }
        if matches!(self.phase, Phase::Draining { until } if until <= now) {
            self.phase = Phase::Drained;
            for id in self.allocations.ids() {
                self.end(now, id, Stream::Close);
            }
        }
    }

    /// Begins the end: new allocations get 508, the rest lives until `until` at most.
    pub fn drain(&mut self, now: Instant, until: Instant) {
        self.phase = Phase::Draining { until };
        self.handle_timeout(now);
    }

    /// The next thing to do, in order; to be drained after every `handle_*` and `drain`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`]; may change with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let death = self.allocations.first_to_die().map(|(dies, _)| dies);
        match self.phase {
            Phase::Draining { until } => Some(death.map_or(until, |death| death.min(until))),
            Phase::Open | Phase::Drained => death,
        }
    }

    /// Counters and gauges.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
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

/// Nobody can receive there; answering would only make the socket fail, or worse.
fn can_be_a_source(from: &FiveTuple) -> bool {
    let ip = from.client.ip().to_canonical();
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    from.client.port() != 0
        && !ip.is_unspecified()
        && !ip.is_multicast()
        && !is_broadcast
        && from.client != from.server
}
