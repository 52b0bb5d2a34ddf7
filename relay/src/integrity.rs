//! Keys and checksums of STUN: long-term keys, MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, FINGERPRINT
//! (RFC 8489 §9.2.2, §14.5–14.7).
//!
//! All of them cover the message up to their own attribute, with the header's length field counting that
//! attribute as the last one. Secrets are compared in constant time, by `hmac`'s own `verify_slice`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::message::{Attribute, HEADER, Message};

/// RFC 8489 §18.5: how the key is made from the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordAlgorithm {
    Md5,
    Sha256,
}

impl PasswordAlgorithm {
    pub(crate) const fn number(self) -> u16 {
        match self {
            Self::Md5 => 0x0001,
            Self::Sha256 => 0x0002,
        }
    }
}

/// The long-term key, hash of `username:realm:password` (RFC 8489 §9.2.2). User names and passwords are
/// ASCII here, so OpaqueString (RFC 8265) changes nothing.
pub(crate) fn long_term_key(
    algorithm: PasswordAlgorithm,
    username: &str,
    realm: &str,
    password: &str,
) -> Vec<u8> {
    let parts = [username, ":", realm, ":", password];
    match algorithm {
        PasswordAlgorithm::Md5 => parts
            .iter()
            .fold(Md5::new(), |hash, part| hash.chain_update(part))
            .finalize()
            .to_vec(),
        PasswordAlgorithm::Sha256 => parts
            .iter()
            .fold(Sha256::new(), |hash, part| hash.chain_update(part))
            .finalize()
            .to_vec(),
    }
}

/// USERHASH: SHA-256 of `username:realm` (RFC 8489 §14.4).
pub(crate) fn userhash(username: &str, realm: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(username)
        .chain_update(":")
        .chain_update(realm)
        .finalize()
        .into()
}

/// Which of the two integrity attributes signs a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integrity {
    Sha1,
    Sha256,
}

impl Integrity {
    /// Bytes of the attribute's value.
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The tag over `covered`, a message up to the attribute, whose length field already counts it.
    pub(crate) fn tag(self, key: &[u8], covered: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => hmac_sha1(key, &[covered]).finalize().into_bytes().to_vec(),
            Self::Sha256 => hmac_sha256(key, &[covered]).finalize().into_bytes().to_vec(),
        }
    }

    /// Whether `attribute` of `message` is the tag under `key`. Truncated tags are wrong: RFC 8489 §14.6
    /// allows them only where a usage says so, and TURN does not.
    pub(crate) fn verify(self, key: &[u8], message: &Message<'_>, attribute: Attribute<'_>) -> bool {
        let Some((&[t0, t1, _, _], rest)) = message.bytes().split_first_chunk() else {
            return false;
        };
        let Some(covered) = rest.get(..attribute.offset - 4) else {
            return false;
        };
        let Ok(length) = u16::try_from(attribute.offset - HEADER + 4 + self.len()) else {
            return false;
        };
        let [l0, l1] = length.to_be_bytes();
        let parts: [&[u8]; 2] = [&[t0, t1, l0, l1], covered];
        match self {
            Self::Sha1 => hmac_sha1(key, &parts).verify_slice(attribute.value).is_ok(),
            Self::Sha256 => hmac_sha256(key, &parts).verify_slice(attribute.value).is_ok(),
        }
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha1> {
    let mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of every length (RFC 2104 §3)");
    parts.iter().fold(mac, |mac, part| mac.chain_update(part))
}

/// Also the nonce's pseudo-random function.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length (RFC 2104 §3)");
    parts.iter().fold(mac, |mac, part| mac.chain_update(part))
}

/// The value of FINGERPRINT over `covered`, a message up to it whose length field already counts it.
pub(crate) fn fingerprint(covered: &[u8]) -> u32 {
    crc32(covered) ^ 0x5354_554E
}

/// Whether the message has no FINGERPRINT or the right one. It is always last, so the length field is right
/// as it stands.
pub(crate) fn fingerprint_fits(message: &Message<'_>) -> bool {
    let Some(attribute) = message.fingerprint else {
        return true;
    };
    let covered = message.bytes().get(..attribute.offset).unwrap_or_default();
    attribute.value == fingerprint(covered).to_be_bytes()
}

/// CRC-32 of ITU V.42, as RFC 8489 §14.7 wants. Bit by bit over a table of 256 words.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let index = usize::from(crc as u8 ^ byte);
        (crc >> 8) ^ CRC_TABLE.get(index).copied().unwrap_or_default()
    })
}

const CRC_TABLE: [u32; 256] = crc_table();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which would notice"
)]
const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s14_7_crc32_has_the_check_value_of_its_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn s9_2_2_the_example_key_of_the_rfc() {
        let key = long_term_key(PasswordAlgorithm::Md5, "user", "realm", "pass");
        assert_eq!(
            key,
            [
                0x84, 0x93, 0xFB, 0xC5, 0x3B, 0xA5, 0x82, 0xFB, 0x4C, 0x04, 0x4C, 0x45, 0x6B, 0xDC, 0x40,
                0xEB
            ]
        );
    }
}
