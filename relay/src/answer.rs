//! The one place where answers become bytes.
//!
//! Answers to strangers are as small as they can be: no SOFTWARE, no reason phrase (RFC 8489 §14.8 allows an
//! empty one), FINGERPRINT only if the request had one. Answers after authentication are signed like the
//! request (RFC 8489 §9.2.4), errors included, except 401 and 438.

use std::net::SocketAddr;
use std::time::Duration;

use crate::address::FiveTuple;
use crate::attribute;
use crate::auth::{OFFERED_ALGORITHMS, Signer};
use crate::message::{Class, Message};
use crate::rejection::Rejection;
use crate::response::Writer;

/// What a granted request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    /// RFC 8656 §7.2. `refuses_ipv6`: an additional IPv6 address was asked for and there is none.
    Allocated {
        relayed: SocketAddr,
        lifetime: Duration,
        mapped: SocketAddr,
        refuses_ipv6: bool,
    },
    /// RFC 8656 §8.2. Zero: the allocation is deleted.
    Refreshed { lifetime: Duration },
    /// RFC 8656 §10.2, §12.2: nothing to say.
    Done,
}

impl Success {
    /// A Refresh has ended its allocation.
    pub(crate) const DELETED: Self = Self::Refreshed {
        lifetime: Duration::ZERO,
    };
}

/// RFC 8489 §12: where the request came from.
pub(crate) fn binding(request: &Message<'_>, from: &FiveTuple) -> Vec<u8> {
    let mut writer = Writer::new(request.method, Class::Success, request.transaction);
    writer.xor_address(attribute::XOR_MAPPED_ADDRESS, from.client);
    finish(writer, request)
}

/// RFC 8489 §9.2.4: 401 or 438 with what the client needs for its next try.
pub(crate) fn challenge(
    request: &Message<'_>,
    rejection: &Rejection,
    realm: &str,
    nonce: &[u8],
    offers_algorithms: bool,
) -> Vec<u8> {
    let mut writer = Writer::new(request.method, Class::Error, request.transaction);
    writer.error_code(rejection.code(), "");
    writer.attribute(attribute::REALM, realm.as_bytes());
    writer.attribute(attribute::NONCE, nonce);
    if offers_algorithms {
        writer.attribute(attribute::PASSWORD_ALGORITHMS, &OFFERED_ALGORITHMS);
    }
    finish(writer, request)
}

/// An error before authentication other than a challenge.
pub(crate) fn unsigned(request: &Message<'_>, rejection: &Rejection) -> Vec<u8> {
    let mut writer = Writer::new(request.method, Class::Error, request.transaction);
    writer.error_code(rejection.code(), "");
    write_details(&mut writer, rejection);
    finish(writer, request)
}

/// The answer to an authenticated request.
pub(crate) fn signed(request: &Message<'_>, result: Result<Success, Rejection>, signer: &Signer) -> Vec<u8> {
    let mut writer = match result {
        Ok(success) => {
            let mut writer = Writer::new(request.method, Class::Success, request.transaction);
            write_success(&mut writer, &success);
            writer
        }
        Err(rejection) => {
            let mut writer = Writer::new(request.method, Class::Error, request.transaction);
            writer.error_code(rejection.code(), rejection.reason());
            write_details(&mut writer, &rejection);
            writer
        }
    };
    writer.integrity(signer.integrity, &signer.key);
    finish(writer, request)
}

fn write_success(writer: &mut Writer, success: &Success) {
    match success {
        Success::Allocated {
            relayed,
            lifetime,
            mapped,
            refuses_ipv6,
        } => {
            writer.xor_address(attribute::XOR_RELAYED_ADDRESS, *relayed);
            write_lifetime(writer, *lifetime);
            writer.xor_address(attribute::XOR_MAPPED_ADDRESS, *mapped);
            if *refuses_ipv6 {
                // RFC 8656 §18.12: family, then class and number of the code.
                let code = Rejection::AddressFamilyNotSupported.code();
                let value = [0x02, 0, (code / 100) as u8, (code % 100) as u8];
                writer.attribute(attribute::ADDRESS_ERROR_CODE, &value);
            }
        }
        Success::Refreshed { lifetime } => write_lifetime(writer, *lifetime),
        Success::Done => {}
    }
}

fn write_lifetime(writer: &mut Writer, lifetime: Duration) {
    writer.word(
        attribute::LIFETIME,
        u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX),
    );
}

fn write_details(writer: &mut Writer, rejection: &Rejection) {
    match rejection {
        Rejection::UnknownAttributes(numbers) => writer.unknown_attributes(numbers),
        Rejection::BadRequest
        | Rejection::Unauthorized
        | Rejection::Forbidden
        | Rejection::AllocationMismatch
        | Rejection::StaleNonce
        | Rejection::AddressFamilyNotSupported
        | Rejection::WrongCredentials
        | Rejection::UnsupportedTransport
        | Rejection::PeerAddressFamilyMismatch
        | Rejection::QuotaReached
        | Rejection::InsufficientCapacity => {}
    }
}

fn finish(mut writer: Writer, request: &Message<'_>) -> Vec<u8> {
    if request.fingerprint.is_some() {
        writer.fingerprint();
    }
    writer.finish()
}
