//! The long-term credential mechanism, server side: RFC 8489 §9.2.4 as a checklist.
//!
//! The credential is the seat: a user name is valid exactly while its seat is registered. Names that were
//! never given out, seats that are gone and wrong passwords take one path with the same work and end in the
//! same answer; nothing can be learnt from either.

use std::time::Instant;

use parlour_credentials::{Credentials, SeatId};

use crate::address::FiveTuple;
use crate::attribute;
use crate::integrity::{Integrity, PasswordAlgorithm, long_term_key};
use crate::message::Message;
use crate::nonce::{self, Nonces};
use crate::seats::Seats;

/// PASSWORD-ALGORITHMS as we offer it (RFC 8489 §14.11): SHA-256, then MD5, neither with parameters.
pub(crate) const OFFERED_ALGORITHMS: [u8; 8] = {
    let [s0, s1] = PasswordAlgorithm::Sha256.number().to_be_bytes();
    let [m0, m1] = PasswordAlgorithm::Md5.number().to_be_bytes();
    [s0, s1, 0, 0, m0, m1, 0, 0]
};

/// What the checklist found.
#[derive(Debug)]
pub(crate) enum Authentication {
    /// The client holds this seat, and the nonce is good.
    Granted(SeatId, Signer),
    /// The client holds a seat, but the nonce is too old or of another address.
    Stale,
    /// No integrity, or credentials that are not valid.
    Unauthorized,
    /// Integrity without what is needed to check it, or algorithms that contradict the offer.
    BadRequest,
}

/// Signs the answer to a request like the request (RFC 8489 §9.2.4).
pub(crate) struct Signer {
    pub(crate) integrity: Integrity,
    pub(crate) key: Vec<u8>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({:?})", self.integrity)
    }
}

/// What the checklist looks things up in.
pub(crate) struct Authenticator<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) realm: &'a str,
    pub(crate) nonces: &'a Nonces,
    pub(crate) seats: &'a Seats,
}

impl Authenticator<'_> {
    /// Checks `request`, in the order of RFC 8489 §9.2.4.
    pub(crate) fn authenticate(
        &self,
        now: Instant,
        from: &FiveTuple,
        request: &Message<'_>,
    ) -> Authentication {
        let (integrity, tag) = match (request.integrity_sha256, request.integrity) {
            (Some(tag), _) => (Integrity::Sha256, tag),
            (None, Some(tag)) => (Integrity::Sha1, tag),
            (None, None) => return Authentication::Unauthorized,
        };
        let username = request.first(attribute::USERNAME);
        let userhash = request.first(attribute::USERHASH);
        let (Some(nonce), Some(_), true) = (
            request.first(attribute::NONCE),
            request.first(attribute::REALM),
            username.is_some() || userhash.is_some(),
        ) else {
            return Authentication::BadRequest;
        };
        let Some(algorithm) = password_algorithm(request, nonce) else {
            return Authentication::BadRequest;
        };

        let seat = match (username, userhash) {
            (Some(name), _) => std::str::from_utf8(name).ok().and_then(SeatId::from_username),
            (None, Some(hash)) => self.seats.by_userhash(hash),
            (None, None) => None,
        };
        // Whoever has no seat is measured against a key that nobody has; the work is the same.
        let name = seat.unwrap_or(SeatId::from_random([0; 16])).username();
        let key = long_term_key(algorithm, &name, self.realm, &self.credentials.password(&name));
        let is_signed = integrity.verify(&key, request, tag);
        let Some(seat) = seat.filter(|seat| is_signed && self.seats.get(*seat).is_some()) else {
            return Authentication::Unauthorized;
        };
        if self.nonces.is_valid(now, from, nonce) {
            Authentication::Granted(seat, Signer { integrity, key })
        } else {
            Authentication::Stale
        }
    }
}

/// How the client made its key; `None` if that contradicts what came with its nonce (RFC 8489 §9.2.4): an
/// attacker in the middle may have taken the better algorithm away. Clients that know nothing of algorithms
/// use MD5.
fn password_algorithm(request: &Message<'_>, nonce: &[u8]) -> Option<PasswordAlgorithm> {
    let offered = request.first(attribute::PASSWORD_ALGORITHMS);
    let chosen = request.first(attribute::PASSWORD_ALGORITHM);
    if !nonce::says_algorithms(nonce) || (offered.is_none() && chosen.is_none()) {
        return Some(PasswordAlgorithm::Md5);
    }
    if offered? != OFFERED_ALGORITHMS {
        return None;
    }
    let &[n0, n1, 0, 0] = chosen? else { return None };
    let number = u16::from_be_bytes([n0, n1]);
    [PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256]
        .into_iter()
        .find(|known| known.number() == number)
}
