//! A STUN client's reader and writer, made only for tests and from the RFCs alone: it shares no line with
//! the relay's own, so that the two can disagree. It can write whatever is wrong, too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

pub(crate) const BINDING: u16 = 0x0001;
pub(crate) const ALLOCATE: u16 = 0x0003;
pub(crate) const REFRESH: u16 = 0x0004;
pub(crate) const SEND_INDICATION: u16 = 0x0016;
pub(crate) const DATA_INDICATION: u16 = 0x0017;
pub(crate) const CREATE_PERMISSION: u16 = 0x0008;
pub(crate) const CHANNEL_BIND: u16 = 0x0009;

pub(crate) const USERNAME: u16 = 0x0006;
pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;
pub(crate) const ERROR_CODE: u16 = 0x0009;
pub(crate) const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
pub(crate) const CHANNEL_NUMBER: u16 = 0x000C;
pub(crate) const LIFETIME: u16 = 0x000D;
pub(crate) const XOR_PEER_ADDRESS: u16 = 0x0012;
pub(crate) const DATA: u16 = 0x0013;
pub(crate) const REALM: u16 = 0x0014;
pub(crate) const NONCE: u16 = 0x0015;
pub(crate) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
pub(crate) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
pub(crate) const EVEN_PORT: u16 = 0x0018;
pub(crate) const REQUESTED_TRANSPORT: u16 = 0x0019;
pub(crate) const DONT_FRAGMENT: u16 = 0x001A;
pub(crate) const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
pub(crate) const PASSWORD_ALGORITHM: u16 = 0x001D;
pub(crate) const USERHASH: u16 = 0x001E;
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub(crate) const RESERVATION_TOKEN: u16 = 0x0022;
pub(crate) const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
pub(crate) const ADDRESS_ERROR_CODE: u16 = 0x8001;
pub(crate) const PASSWORD_ALGORITHMS: u16 = 0x8002;
pub(crate) const SOFTWARE: u16 = 0x8022;
pub(crate) const FINGERPRINT: u16 = 0x8028;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// A message under construction.
#[derive(Clone)]
pub(crate) struct Builder {
    pub(crate) bytes: Vec<u8>,
}

impl Builder {
    pub(crate) fn new(message_type: u16, transaction: [u8; 12]) -> Self {
        let mut bytes = message_type.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(transaction);
        Self { bytes }
    }

    pub(crate) fn transaction(&self) -> [u8; 12] {
        self.bytes[8..20].try_into().unwrap()
    }

    fn set_length(&mut self, length: usize) {
        self.bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
    }

    pub(crate) fn with(mut self, number: u16, value: &[u8]) -> Self {
        self.bytes.extend(number.to_be_bytes());
        self.bytes.extend((value.len() as u16).to_be_bytes());
        self.bytes.extend(value);
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
        let length = self.bytes.len() - 20;
        self.set_length(length);
        self
    }

    pub(crate) fn with_address(self, number: u16, address: SocketAddr) -> Self {
        let value = xor(address, &self.transaction());
        self.with(number, &value)
    }

    pub(crate) fn with_transport(self, protocol: u8) -> Self {
        self.with(REQUESTED_TRANSPORT, &[protocol, 0, 0, 0])
    }

    pub(crate) fn with_channel(self, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        self.with(CHANNEL_NUMBER, &[high, low, 0, 0])
    }

    pub(crate) fn signed(mut self, key: &[u8]) -> Self {
        let covered = self.bytes.len();
        self.set_length(covered - 20 + 24);
        let tag = hmac_sha1(key, &self.bytes);
        self.with(MESSAGE_INTEGRITY, &tag)
    }

    pub(crate) fn signed_sha256(mut self, key: &[u8]) -> Self {
        let covered = self.bytes.len();
        self.set_length(covered - 20 + 36);
        let tag = hmac_sha256(key, &self.bytes);
        self.with(MESSAGE_INTEGRITY_SHA256, &tag)
    }

    pub(crate) fn fingerprinted(mut self) -> Self {
        let covered = self.bytes.len();
        self.set_length(covered - 20 + 8);
        let value = fingerprint(&self.bytes);
        self.with(FINGERPRINT, &value)
    }
}

/// A message read back, strictly: tests fail on anything that is not exactly right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) message_type: u16,
    pub(crate) transaction: [u8; 12],
    pub(crate) attributes: Vec<(u16, Vec<u8>)>,
    pub(crate) bytes: Vec<u8>,
}

impl Parsed {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        assert_eq!(bytes[4..8], COOKIE, "magic cookie");
        let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        assert_eq!(length + 20, bytes.len(), "length field");
        assert_eq!(length % 4, 0, "length is a multiple of four");
        let mut attributes = Vec::new();
        let mut rest = &bytes[20..];
        while !rest.is_empty() {
            let number = u16::from_be_bytes([rest[0], rest[1]]);
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            attributes.push((number, rest[4..4 + length].to_vec()));
            rest = &rest[4 + length.div_ceil(4) * 4..];
        }
        Self {
            message_type: u16::from_be_bytes([bytes[0], bytes[1]]),
            transaction: bytes[8..20].try_into().unwrap(),
            attributes,
            bytes: bytes.to_vec(),
        }
    }

    pub(crate) fn get(&self, number: u16) -> Option<&[u8]> {
        self.attributes
            .iter()
            .find(|(found, _)| *found == number)
            .map(|(_, value)| value.as_slice())
    }

    pub(crate) fn has(&self, number: u16) -> bool {
        self.get(number).is_some()
    }

    pub(crate) fn numbers(&self) -> Vec<u16> {
        self.attributes.iter().map(|(number, _)| *number).collect()
    }

    pub(crate) fn error(&self) -> Option<u16> {
        let value = self.get(ERROR_CODE)?;
        assert_eq!(value[..2], [0, 0], "reserved bits of ERROR-CODE");
        Some(u16::from(value[2]) * 100 + u16::from(value[3]))
    }

    pub(crate) fn lifetime(&self) -> Option<u32> {
        self.get(LIFETIME)
            .map(|value| u32::from_be_bytes(value.try_into().unwrap()))
    }

    pub(crate) fn address(&self, number: u16) -> Option<SocketAddr> {
        self.get(number).map(|value| unxor(value, &self.transaction))
    }

    /// Whether the integrity attribute `number` is right under `key`.
    pub(crate) fn is_signed_with(&self, number: u16, key: &[u8]) -> bool {
        let mut offset = 20;
        for (found, value) in &self.attributes {
            if *found == number {
                let mut covered = self.bytes[..offset].to_vec();
                covered[2..4].copy_from_slice(&((offset - 20 + 4 + value.len()) as u16).to_be_bytes());
                return match number {
                    MESSAGE_INTEGRITY => hmac_sha1(key, &covered) == *value,
                    MESSAGE_INTEGRITY_SHA256 => hmac_sha256(key, &covered) == *value,
                    _ => panic!("not an integrity"),
                };
            }
            offset += 4 + value.len().div_ceil(4) * 4;
        }
        false
    }
}

pub(crate) fn xor(address: SocketAddr, transaction: &[u8; 12]) -> Vec<u8> {
    let mask: Vec<u8> = COOKIE.iter().chain(transaction).copied().collect();
    let mut value = vec![0, if address.is_ipv4() { 1 } else { 2 }];
    value.extend(
        address
            .port()
            .to_be_bytes()
            .iter()
            .zip(&mask)
            .map(|(byte, mask)| byte ^ mask),
    );
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    value.extend(ip.iter().zip(&mask).map(|(byte, mask)| byte ^ mask));
    value
}

fn unxor(value: &[u8], transaction: &[u8; 12]) -> SocketAddr {
    let mask: Vec<u8> = COOKIE.iter().chain(transaction).copied().collect();
    let plain =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect() };
    let port = u16::from_be_bytes(plain(&value[2..4]).try_into().unwrap());
    let ip = plain(&value[4..]);
    let ip = match value[1] {
        1 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(ip).unwrap())),
        2 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(ip).unwrap())),
        family => panic!("family {family}"),
    };
    SocketAddr::new(ip, port)
}

pub(crate) fn hmac_sha1(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    Hmac::<Sha1>::new_from_slice(key)
        .unwrap()
        .chain_update(bytes)
        .finalize()
        .into_bytes()
        .to_vec()
}

pub(crate) fn hmac_sha256(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key)
        .unwrap()
        .chain_update(bytes)
        .finalize()
        .into_bytes()
        .to_vec()
}

pub(crate) fn md5_key(username: &str, realm: &str, password: &str) -> Vec<u8> {
    md5::Md5::digest(format!("{username}:{realm}:{password}")).to_vec()
}

pub(crate) fn sha256_key(username: &str, realm: &str, password: &str) -> Vec<u8> {
    Sha256::digest(format!("{username}:{realm}:{password}")).to_vec()
}

pub(crate) fn userhash(username: &str, realm: &str) -> Vec<u8> {
    Sha256::digest(format!("{username}:{realm}")).to_vec()
}

/// CRC-32, bit by bit, xored with "STUN".
pub(crate) fn fingerprint(bytes: &[u8]) -> [u8; 4] {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    });
    (!crc ^ u32::from_be_bytes(*b"STUN")).to_be_bytes()
}
