//! From a packet to an answer: sorting, authentication, limits.
//!
//! Requests without valid credentials are a stranger's: at most one small answer, paced by source, and no
//! state. Authenticated ones go on to `allocate`, `refresh`, `permission` and `channel`; how an answer is
//! written stands in `answer`.

use std::net::IpAddr;
use std::time::Instant;

use parlour_credentials::SeatId;

use crate::address::FiveTuple;
use crate::answer::{self, Success};
use crate::attribute;
use crate::auth::{Authentication, Authenticator};
use crate::dropped::Dropped;
use crate::integrity;
use crate::message::{Class, Message, Method, ParseError};
use crate::rejection::Rejection;
use crate::relay::{Output, Relay};

impl Relay {
    /// What [`Relay::handle_client`] does, with the reason if it does nothing.
    pub(crate) fn try_handle_client(
        &mut self,
        now: Instant,
        from: FiveTuple,
        packet: &[u8],
    ) -> Result<(), Dropped> {
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
        let nonce = request.first(attribute::NONCE);
        from.transport.is_stream() || nonce.is_some_and(|nonce| self.nonces.is_valid(now, from, nonce))
    }
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
