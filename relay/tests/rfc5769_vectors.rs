//! The published test vectors: RFC 5769 (SHA-1) and RFC 8489 Appendix B.1 (SHA-256, USERHASH).
//!
//! B.1 as printed is not a message: its length field says 156 and its attributes are 136 bytes, and its
//! integrity is right only with the wrong length. Erratum 6268 has a sound one, with PASSWORD-ALGORITHM. Both
//! are here: the printed one to be rejected, the corrected one to be accepted.

use crate::attribute;
use crate::integrity::{
    Integrity, PasswordAlgorithm, fingerprint_fits, hmac_sha256, long_term_key, userhash,
};
use crate::message::{Class, Message, Method, ParseError, xor_address};
use crate::response::Writer;
use hmac::Mac as _;

/// RFC 5769 §2: the password of the short-term samples.
const SHORT_TERM_KEY: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";
/// RFC 5769 §2.4 and RFC 8489 B.1. The password is "The<U+00AD>M<U+00AA>tr<U+2168>" after its preparation.
const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
const REALM: &str = "example.org";
const PASSWORD: &str = "TheMatrIX";

const REQUEST: &str = "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
     00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56
     781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf";
const IPV4_RESPONSE: &str =
    "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008
     0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96";
const IPV6_RESPONSE: &str = "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014
     0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004
     c8fb0b4c";
const LONG_TERM_REQUEST: &str = "00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3
     82b90000 0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e
     6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666";

/// RFC 8489 B.1 up to its integrity, with the length field left open.
const B1_HEAD: &str = "2112a442 78ad3433 c6ad72c0 29da412e 001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2
     05c46e41 407f1704 00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476
     79363473 41000000 0014000b 6578616d 706c652e 6f726700";
const B1_PRINTED_TAG: &str = "e4686c8f 0edeb590 13e07090 010a93ef ccbccc54 4c0a45d9 f830aa6d 6f735a01";
const B1_CORRECTED_TAG: &str = "b5c7bf00 5b6c52a2 1c51c5e8 92f81924 136296cb 927c4314 9309278c c6518e65";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn assert_signed(message: &Message<'_>, key: &[u8]) {
    let tag = message.integrity.expect("an integrity");
    assert!(Integrity::Sha1.verify(key, message, tag));
    assert!(!Integrity::Sha1.verify(b"another key", message, tag));
}

#[test]
fn rfc5769_2_1_the_sample_request() {
    let bytes = bytes(REQUEST);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.method, message.class), (Method::Binding, Class::Request));
    assert_eq!(message.first(attribute::USERNAME), Some(&b"evtj:h6vY"[..]));
    assert!(fingerprint_fits(&message));
    assert_signed(&message, SHORT_TERM_KEY);
    assert_eq!(
        message.unknown_attributes(),
        [0x0024],
        "PRIORITY is for ICE agents"
    );
}

#[test]
fn rfc5769_2_2_the_sample_ipv4_response_read_and_written() {
    let bytes = bytes(IPV4_RESPONSE);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.method, message.class), (Method::Binding, Class::Success));
    let mapped = message.first(attribute::XOR_MAPPED_ADDRESS).unwrap();
    let address = "192.0.2.1:32853".parse().unwrap();
    assert_eq!(xor_address(mapped, &message.transaction), Some(address));
    assert!(fingerprint_fits(&message));
    assert_signed(&message, SHORT_TERM_KEY);
    assert_eq!(
        before_integrity(&rewritten(&message, address)),
        before_integrity(&bytes)
    );
}

#[test]
fn rfc5769_2_3_the_sample_ipv6_response_read_and_written() {
    let bytes = bytes(IPV6_RESPONSE);
    let message = Message::parse(&bytes).unwrap();
    let mapped = message.first(attribute::XOR_MAPPED_ADDRESS).unwrap();
    let address = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
    assert_eq!(xor_address(mapped, &message.transaction), Some(address));
    assert!(fingerprint_fits(&message));
    assert_signed(&message, SHORT_TERM_KEY);
    assert_eq!(
        before_integrity(&rewritten(&message, address)),
        before_integrity(&bytes)
    );
}

/// Written by us with the same content. The samples pad SOFTWARE with a space and we pad with zero, so both
/// integrity and fingerprint differ; all that is not covered by them must be equal.
fn rewritten(message: &Message<'_>, address: std::net::SocketAddr) -> Vec<u8> {
    let mut writer = Writer::new(message.method, message.class, message.transaction);
    writer.attribute(0x8022, b"test vector");
    writer.xor_address(attribute::XOR_MAPPED_ADDRESS, address);
    writer.integrity(Integrity::Sha1, SHORT_TERM_KEY);
    writer.fingerprint();
    let bytes = writer.finish();
    let ours = Message::parse(&bytes).unwrap();
    assert!(fingerprint_fits(&ours));
    assert_signed(&ours, SHORT_TERM_KEY);
    bytes
}

/// What precedes MESSAGE-INTEGRITY, without the sample's padding.
fn before_integrity(bytes: &[u8]) -> Vec<u8> {
    let end = Message::parse(bytes).unwrap().integrity.unwrap().offset;
    let mut head = bytes[..end].to_vec();
    head[35] = 0;
    head
}

#[test]
fn rfc5769_2_4_the_sample_request_with_long_term_authentication() {
    let bytes = bytes(LONG_TERM_REQUEST);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.first(attribute::USERNAME), Some(USERNAME.as_bytes()));
    assert_eq!(message.first(attribute::REALM), Some(REALM.as_bytes()));
    assert_eq!(
        message.first(attribute::NONCE),
        Some(&b"f//499k954d6OL34oL9FSTvy64sA"[..])
    );
    assert_signed(
        &message,
        &long_term_key(PasswordAlgorithm::Md5, USERNAME, REALM, PASSWORD),
    );
}

#[test]
fn rfc8489_b_1_as_printed_is_no_message_but_its_hash_and_hmac_are_right() {
    let mut printed = bytes("0001009c");
    printed.extend(bytes(B1_HEAD));
    let key = long_term_key(PasswordAlgorithm::Sha256, USERNAME, REALM, PASSWORD);
    assert_eq!(
        hmac_sha256(&key, &[&printed]).finalize().into_bytes()[..],
        bytes(B1_PRINTED_TAG)
    );
    assert_eq!(printed[24..56], userhash(USERNAME, REALM));
    printed.extend(bytes("001c0020"));
    printed.extend(bytes(B1_PRINTED_TAG));
    assert_eq!(Message::parse(&printed).map(|_| ()), Err(ParseError::Malformed));
}

#[test]
fn rfc8489_b_1_as_corrected_by_erratum_6268_is_accepted() {
    let mut corrected = bytes("00010090");
    corrected.extend(bytes(B1_HEAD));
    corrected.extend(bytes("001d0004 00020000 001c0020"));
    corrected.extend(bytes(B1_CORRECTED_TAG));
    let message = Message::parse(&corrected).unwrap();
    let key = long_term_key(PasswordAlgorithm::Sha256, USERNAME, REALM, PASSWORD);
    let tag = message.integrity_sha256.unwrap();
    assert!(Integrity::Sha256.verify(&key, &message, tag));
    assert!(!Integrity::Sha256.verify(b"another key", &message, tag));
    assert_eq!(
        message.first(attribute::USERHASH),
        Some(&userhash(USERNAME, REALM)[..])
    );
    assert_eq!(
        message.first(attribute::PASSWORD_ALGORITHM),
        Some(&[0, 2, 0, 0][..])
    );
    assert!(message.integrity.is_none());
}
