//! The long-term credential mechanism, server side: RFC 8489 §9.2.4 as a checklist.
//!
//! A [`Claim`] is what a request says; who it is true of depends on the relay. In the closed one the credential
//! is the seat: a user name is valid exactly while its seat is registered ([`seat_of`]).

use parlour_credentials::{Credentials, SeatId};

use crate::attribute;
use crate::integrity::{Integrity, PasswordAlgorithm, long_term_key};
use crate::message::{Attribute, Message};
use crate::nonce;
use crate::rejection::Rejection;
use crate::seats::Seats;

/// PASSWORD-ALGORITHMS as we offer it (RFC 8489 §14.11): SHA-256, then MD5, neither with parameters.
pub(crate) const OFFERED_ALGORITHMS: [u8; 8] = {
    let [s0, s1] = PasswordAlgorithm::Sha256.number().to_be_bytes();
    let [m0, m1] = PasswordAlgorithm::Md5.number().to_be_bytes();
    [s0, s1, 0, 0, m0, m1, 0, 0]
};

/// Signs the answer to a request like the request (RFC 8489 §9.2.4).
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) integrity: Integrity,
    pub(crate) key: Vec<u8>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({:?})", self.integrity)
    }
}

/// What a signed request says of its sender, well-formed and not yet believed: RFC 8489 §9.2.4 up to the look-up
/// of the user name.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    integrity: Integrity,
    tag: Attribute<'a>,
    algorithm: PasswordAlgorithm,
    pub(crate) username: Option<&'a [u8]>,
    pub(crate) userhash: Option<&'a [u8]>,
}

impl<'a> Claim<'a> {
    /// # Errors
    /// 401 without integrity; 400 without what is needed to check it, or if the algorithms contradict the offer.
    pub(crate) fn read(request: &Message<'a>) -> Result<Self, Rejection> {
        let (integrity, tag) = match (request.integrity_sha256, request.integrity) {
            (Some(tag), _) => (Integrity::Sha256, tag),
            (None, Some(tag)) => (Integrity::Sha1, tag),
            (None, None) => return Err(Rejection::Unauthorized),
        };
        let username = request.first(attribute::USERNAME);
        let userhash = request.first(attribute::USERHASH);
        let (Some(nonce), Some(_), true) = (
            request.first(attribute::NONCE),
            request.first(attribute::REALM),
            username.is_some() || userhash.is_some(),
        ) else {
            return Err(Rejection::BadRequest);
        };
        let algorithm = password_algorithm(request, nonce).ok_or(Rejection::BadRequest)?;
        Ok(Self {
            integrity,
            tag,
            algorithm,
            username,
            userhash,
        })
    }

    /// The key that this sender would have with that password.
    pub(crate) fn key(&self, username: &str, realm: &str, password: &str) -> Vec<u8> {
        long_term_key(self.algorithm, username, realm, password)
    }

    pub(crate) fn is_signed_with(&self, request: &Message<'_>, key: &[u8]) -> bool {
        self.integrity.verify(key, request, self.tag)
    }

    pub(crate) fn signer(&self, key: Vec<u8>) -> Signer {
        Signer {
            integrity: self.integrity,
            key,
        }
    }
}

/// The seat that holds the claim, and its key. Names that were never given out, seats that are gone and wrong
/// passwords take one path with the same work and end in the same answer; nothing can be learnt from either.
pub(crate) fn seat_of(
    claim: &Claim<'_>,
    request: &Message<'_>,
    realm: &str,
    credentials: &Credentials,
    seats: &Seats,
) -> Option<(SeatId, Vec<u8>)> {
    let seat = match (claim.username, claim.userhash) {
        (Some(name), _) => std::str::from_utf8(name).ok().and_then(SeatId::from_username),
        (None, Some(hash)) => seats.by_userhash(hash),
        (None, None) => None,
    };
    // Whoever has no seat is measured against a key that nobody has; the work is the same.
    let name = seat.unwrap_or(SeatId::from_random([0; 16])).username();
    let key = claim.key(&name, realm, &credentials.password(&name));
    let is_signed = claim.is_signed_with(request, &key);
    let seat = seat.filter(|seat| is_signed && seats.get(*seat).is_some())?;
    Some((seat, key))
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
