//! How both relays receive strangers: what is no request, Binding, authentication, challenges, limits.
//!
//! A request without valid credentials is a stranger's: at most one small answer, paced by source, and no state.
//! Whose credentials are valid is for the relay to say; see `request` and `public::request`.

use std::net::IpAddr;
use std::time::Instant;

use crate::address::FiveTuple;
use crate::answer;
use crate::attribute;
use crate::auth::{Claim, Signer};
use crate::config::Config;
use crate::dropped::Dropped;
use crate::integrity;
use crate::limiter::Limiter;
use crate::message::{Class, Message, Method, ParseError};
use crate::nonce::Nonces;
use crate::rejection::Rejection;

/// What stands between a relay and the world.
#[derive(Debug)]
pub(crate) struct Reception {
    pub(crate) nonces: Nonces,
    limiter: Limiter,
    realm: String,
    amplification_percent: usize,
    /// Answers 401 and 438, and other errors before authentication.
    pub(crate) challenges: u64,
    /// Of them 438.
    pub(crate) stale_nonces: u64,
}

/// What authentication came to.
pub(crate) enum Admission<Id> {
    /// The client is who it says; answers are signed so.
    Granted(Id, Signer),
    /// Send this and forget the request.
    Refused(Vec<u8>),
}

/// What a packet turned out to be.
pub(crate) enum Received<'a> {
    /// A Binding, which asks nothing of a relay: this is its answer.
    Answered(Vec<u8>),
    /// Something for those who authenticate.
    Request(Asked, Message<'a>),
}

/// The requests of TURN (RFC 8656 §5), by what they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Allocate,
    /// Something of the allocation that there must be.
    Change(Changed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Lifetime,
    Permission,
    Channel,
}

/// Reads one message and refuses what is no request, before anything else is looked at.
fn read<'a>(from: &FiveTuple, packet: &'a [u8]) -> Result<Message<'a>, Dropped> {
    if !can_be_a_source(from) {
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
    Ok(message)
}

impl Reception {
    pub(crate) fn new(config: &Config, nonces: Nonces, limiter: Limiter) -> Self {
        Self {
            nonces,
            limiter,
            realm: config.realm.clone(),
            amplification_percent: config.amplification_percent,
            challenges: 0,
            stale_nonces: 0,
        }
    }

    /// Reads one control packet, and answers it if no relay is needed for that.
    ///
    /// # Errors
    /// Why it gets no answer.
    pub(crate) fn receive<'a>(
        &mut self,
        now: Instant,
        from: &FiveTuple,
        packet: &'a [u8],
    ) -> Result<Received<'a>, Dropped> {
        let request = read(from, packet)?;
        let asked = match request.method {
            Method::Binding => return Ok(Received::Answered(self.binding(now, from, &request)?)),
            Method::Send => return Err(Dropped::UnknownMethod),
            Method::Allocate => Asked::Allocate,
            Method::Refresh => Asked::Change(Changed::Lifetime),
            Method::CreatePermission => Asked::Change(Changed::Permission),
            Method::ChannelBind => Asked::Change(Changed::Channel),
        };
        Ok(Received::Request(asked, request))
    }

    /// RFC 8489 §12: the basic server. No authentication, so the answer counts as a stranger's.
    fn binding(&mut self, now: Instant, from: &FiveTuple, request: &Message<'_>) -> Result<Vec<u8>, Dropped> {
        self.admit_stranger(now, from)?;
        let answer = match request.refuse_unknown_attributes() {
            Ok(()) => answer::binding(request, from),
            Err(refusal) => answer::unsigned(request, &refusal),
        };
        self.answer_stranger(from, request, answer)
    }

    /// RFC 8656 §5: every other request is authenticated first. `check` gets realm and claim, and says who has
    /// made it and under which key; it does equal work for those who exist and those who do not.
    ///
    /// `begins`: a first Allocate. Inside a running allocation clients take the new nonce of a 438 and go on; on a
    /// first Allocate both browsers give up at 438, so it gets 401 there, with the same new nonce.
    pub(crate) fn authenticate<Id>(
        &mut self,
        now: Instant,
        from: &FiveTuple,
        request: &Message<'_>,
        begins: bool,
        check: impl FnOnce(&str, &Claim<'_>) -> Option<(Id, Vec<u8>)>,
    ) -> Result<Admission<Id>, Dropped> {
        let has_nonce = request
            .first(attribute::NONCE)
            .is_some_and(|nonce| self.nonces.is_valid(now, from, nonce));
        // Whether whoever sent this receives what we send to that address.
        let proves_address = has_nonce || from.transport.is_stream();
        if !proves_address {
            // Before any key is derived: an unproved packet costs no more than its nonce.
            self.admit_stranger(now, from)?;
        }
        let claim = Claim::read(request);
        let refusal = match &claim {
            Err(refusal) => refusal.clone(),
            Ok(claim) => match check(&self.realm, claim) {
                Some((id, key)) if has_nonce => {
                    return Ok(Admission::Granted(id, claim.signer(key)));
                }
                Some(_) => {
                    self.refund(now, from);
                    let stale = if begins {
                        Rejection::Unauthorized
                    } else {
                        self.stale_nonces += 1;
                        Rejection::StaleNonce
                    };
                    return self
                        .challenge(now, from, request, &stale, proves_address)
                        .map(Admission::Refused);
                }
                None => Rejection::Unauthorized,
            },
        };
        if proves_address {
            self.admit_stranger(now, from)?;
        }
        if refusal == Rejection::Unauthorized {
            return self
                .challenge(now, from, request, &refusal, proves_address)
                .map(Admission::Refused);
        }
        self.challenges += 1;
        let answer = answer::unsigned(request, &refusal);
        self.answer_stranger(from, request, answer)
            .map(Admission::Refused)
    }

    /// Gives back what a source was charged for its last packet: it has proved who it is.
    pub(crate) fn refund(&mut self, now: Instant, from: &FiveTuple) {
        self.limiter.refund(now, from.client.ip());
    }

    /// Streams have proved their address by the handshake, and their number is limited elsewhere.
    pub(crate) fn admit_stranger(&mut self, now: Instant, from: &FiveTuple) -> Result<(), Dropped> {
        if from.transport.is_stream() {
            Ok(())
        } else {
            self.limiter.admit(now, from.client.ip())
        }
    }

    /// Answers with realm and nonce (RFC 8489 §9.2.4), and with the offer of algorithms if the bytes allow.
    fn challenge(
        &mut self,
        now: Instant,
        from: &FiveTuple,
        request: &Message<'_>,
        rejection: &Rejection,
        proves_address: bool,
    ) -> Result<Vec<u8>, Dropped> {
        self.challenges += 1;
        let with_offer = |offers| {
            let nonce = self.nonces.make(now, from, offers);
            answer::challenge(request, rejection, &self.realm, &nonce, offers)
        };
        let mut answer = with_offer(true);
        if proves_address {
            return Ok(answer);
        }
        if self.amplifies(request, &answer) {
            answer = with_offer(false);
        }
        self.answer_stranger(from, request, answer)
    }

    /// An answer to somebody who may have forged the source, unless it would serve to flood it.
    fn answer_stranger(
        &self,
        to: &FiveTuple,
        request: &Message<'_>,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, Dropped> {
        if !to.transport.is_stream() && self.amplifies(request, &bytes) {
            return Err(Dropped::WouldAmplify);
        }
        Ok(bytes)
    }

    fn amplifies(&self, request: &Message<'_>, answer: &[u8]) -> bool {
        answer.len() * 100 > request.bytes().len() * self.amplification_percent
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
