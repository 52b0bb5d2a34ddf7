//! Numbers of the attributes this server reads or writes (RFC 8489 §18.3, RFC 8656 §18).

/// RFC 8489 §14.1. Known, and never of use in a request.
const MAPPED_ADDRESS: u16 = 0x0001;
/// RFC 8489 §14.3.
pub(crate) const USERNAME: u16 = 0x0006;
/// RFC 8489 §14.5.
pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;
/// RFC 8489 §14.8.
pub(crate) const ERROR_CODE: u16 = 0x0009;
/// RFC 8489 §14.13.
pub(crate) const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
/// RFC 8656 §18.1.
pub(crate) const CHANNEL_NUMBER: u16 = 0x000C;
/// RFC 8656 §18.2.
pub(crate) const LIFETIME: u16 = 0x000D;
/// RFC 8656 §18.3.
pub(crate) const XOR_PEER_ADDRESS: u16 = 0x0012;
/// RFC 8656 §18.4.
pub(crate) const DATA: u16 = 0x0013;
/// RFC 8489 §14.9.
pub(crate) const REALM: u16 = 0x0014;
/// RFC 8489 §14.10.
pub(crate) const NONCE: u16 = 0x0015;
/// RFC 8656 §18.5.
pub(crate) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
/// RFC 8656 §18.6.
pub(crate) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
/// RFC 8656 §18.7.
pub(crate) const EVEN_PORT: u16 = 0x0018;
/// RFC 8656 §18.8.
pub(crate) const REQUESTED_TRANSPORT: u16 = 0x0019;
/// RFC 8489 §14.6.
pub(crate) const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
/// RFC 8489 §14.12.
pub(crate) const PASSWORD_ALGORITHM: u16 = 0x001D;
/// RFC 8489 §14.4.
pub(crate) const USERHASH: u16 = 0x001E;
/// RFC 8489 §14.2.
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// RFC 8656 §18.10.
pub(crate) const RESERVATION_TOKEN: u16 = 0x0022;
/// RFC 8656 §18.11. The numbers from 0x8000 on are optional to understand.
pub(crate) const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
/// RFC 8656 §18.12.
pub(crate) const ADDRESS_ERROR_CODE: u16 = 0x8001;
/// RFC 8489 §14.11.
pub(crate) const PASSWORD_ALGORITHMS: u16 = 0x8002;
/// RFC 8489 §14.7.
pub(crate) const FINGERPRINT: u16 = 0x8028;

/// Whether a request with this attribute must be refused (RFC 8489 §6.3.1): its number says that it has to
/// be understood, and it is not.
///
/// Attributes that are known but out of place are ignored. DONT-FRAGMENT (0x001A) is deliberately not in
/// the list: RFC 8656 §7.2 wants 420 from a server that cannot set DF, and a relay without sockets cannot.
pub(crate) const fn must_be_refused(number: u16) -> bool {
    number < 0x8000
        && !matches!(
            number,
            MAPPED_ADDRESS
                | USERNAME
                | MESSAGE_INTEGRITY
                | ERROR_CODE
                | UNKNOWN_ATTRIBUTES
                | CHANNEL_NUMBER
                | LIFETIME
                | XOR_PEER_ADDRESS
                | DATA
                | REALM
                | NONCE
                | XOR_RELAYED_ADDRESS
                | REQUESTED_ADDRESS_FAMILY
                | EVEN_PORT
                | REQUESTED_TRANSPORT
                | MESSAGE_INTEGRITY_SHA256
                | PASSWORD_ALGORITHM
                | USERHASH
                | XOR_MAPPED_ADDRESS
                | RESERVATION_TOKEN
        )
}
