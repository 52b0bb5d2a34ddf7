//! Writing STUN messages (RFC 8489 §5, §14).
//!
//! Attributes are appended in the order of the calls; integrity and fingerprint must come last, in this
//! order, and each covers what is before it.

use std::net::{IpAddr, SocketAddr};

use crate::attribute;
use crate::integrity::{self, Integrity};
use crate::message::{Class, HEADER, MAGIC_COOKIE, Method, TransactionId, xor_mask};

/// RFC 8656 §17: Data, an indication.
const DATA_INDICATION: u16 = 0x0017;

/// A message being written.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    transaction: TransactionId,
}

impl Writer {
    pub(crate) fn new(method: Method, class: Class, transaction: TransactionId) -> Self {
        // All our methods fit the four lowest bits, which stand unchanged in the message type.
        let message_type = method.number() | class.bits();
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(message_type.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(MAGIC_COOKIE.to_be_bytes());
        bytes.extend(transaction);
        Self { bytes, transaction }
    }

    /// A Data indication (RFC 8656 §11.3) in the memory of `bytes`, whose content is lost.
    pub(crate) fn data_indication(mut bytes: Vec<u8>, transaction: TransactionId) -> Self {
        bytes.clear();
        bytes.extend(DATA_INDICATION.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(MAGIC_COOKIE.to_be_bytes());
        bytes.extend(transaction);
        Self { bytes, transaction }
    }

    /// Finishes a Data indication.
    pub(crate) fn with_data(mut self, peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
        self.xor_address(attribute::XOR_PEER_ADDRESS, peer);
        self.attribute(attribute::DATA, payload);
        self.bytes
    }

    /// Appends an attribute and pads it with zeros.
    pub(crate) fn attribute(&mut self, number: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).expect("no attribute that we write comes near 64 KiB");
        self.bytes.extend(number.to_be_bytes());
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let length =
            u16::try_from(self.bytes.len() - HEADER).expect("no message that we write comes near 64 KiB");
        if let Some(field) = self.bytes.get_mut(2..4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
    }

    pub(crate) fn word(&mut self, number: u16, value: u32) {
        self.attribute(number, &value.to_be_bytes());
    }

    /// RFC 8489 §14.2. An IPv4 address that reached a dual-stack socket is written as IPv4.
    pub(crate) fn xor_address(&mut self, number: u16, address: SocketAddr) {
        let port = (address.port() ^ (MAGIC_COOKIE >> 16) as u16).to_be_bytes();
        let mut value = Vec::with_capacity(20);
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => {
                value.extend([0, 1]);
                value.extend(port);
                value.extend((ip.to_bits() ^ MAGIC_COOKIE).to_be_bytes());
            }
            IpAddr::V6(ip) => {
                value.extend([0, 2]);
                value.extend(port);
                value.extend((ip.to_bits() ^ xor_mask(&self.transaction)).to_be_bytes());
            }
        }
        self.attribute(number, &value);
    }

    /// RFC 8489 §14.8. `reason` may be empty.
    pub(crate) fn error_code(&mut self, code: u16, reason: &str) {
        let mut value = vec![0, 0, (code / 100) as u8, (code % 100) as u8];
        value.extend(reason.as_bytes());
        self.attribute(attribute::ERROR_CODE, &value);
    }

    /// RFC 8489 §14.13.
    pub(crate) fn unknown_attributes(&mut self, numbers: &[u16]) {
        let value: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        self.attribute(attribute::UNKNOWN_ATTRIBUTES, &value);
    }

    /// RFC 8489 §14.5, §14.6.
    pub(crate) fn integrity(&mut self, kind: Integrity, key: &[u8]) {
        let covered = self.bytes.len();
        let number = match kind {
            Integrity::Sha1 => attribute::MESSAGE_INTEGRITY,
            Integrity::Sha256 => attribute::MESSAGE_INTEGRITY_SHA256,
        };
        // First with an empty tag, so that the header's length counts the attribute; then with the tag.
        self.attribute(number, &vec![0; kind.len()]);
        let tag = kind.tag(key, self.bytes.get(..covered).unwrap_or_default());
        if let Some(place) = self.bytes.get_mut(covered + 4..) {
            place.copy_from_slice(&tag);
        }
    }

    /// RFC 8489 §14.7.
    pub(crate) fn fingerprint(&mut self) {
        let covered = self.bytes.len();
        self.word(attribute::FINGERPRINT, 0);
        let value = integrity::fingerprint(self.bytes.get(..covered).unwrap_or_default());
        if let Some(place) = self.bytes.get_mut(covered + 4..) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
