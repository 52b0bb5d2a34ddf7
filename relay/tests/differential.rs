//! Our reader and writer against the `stun` crate, which others wrote.
//!
//! What we write, it must read alike, and the reverse. On bytes that are wrong the two may differ in one
//! direction only: we are stricter, for the reasons named in `stricter_reason`.

use std::net::{IpAddr, SocketAddr};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stun::attributes::AttrType;
use stun::fingerprint::FINGERPRINT;
use stun::integrity::MessageIntegrity;
use stun::message::{Message as Theirs, Setter as _};
use stun::xoraddr::XorMappedAddress;
use turn::proto::chandata::ChannelData;

use crate::attribute;
use crate::channel_data;
use crate::integrity::{Integrity, PasswordAlgorithm, fingerprint_fits, long_term_key};
use crate::message::{Class, HEADER, Message, Method, xor_address};
use crate::response::Writer;

const METHODS: [Method; 6] = [
    Method::Binding,
    Method::Allocate,
    Method::Refresh,
    Method::Send,
    Method::CreatePermission,
    Method::ChannelBind,
];
const CLASSES: [Class; 4] = [Class::Request, Class::Indication, Class::Success, Class::Error];
/// Numbers that neither side gives a meaning that ends the attributes.
const NUMBERS: [u16; 8] = [
    attribute::USERNAME,
    attribute::NONCE,
    attribute::REALM,
    attribute::LIFETIME,
    attribute::DATA,
    0x7001,
    0x8022,
    0xFF05,
];

fn theirs(bytes: &[u8]) -> Option<Theirs> {
    let mut message = Theirs::new();
    message.unmarshal_binary(bytes).ok().map(|()| message)
}

fn random_bytes(rng: &mut StdRng, most: usize) -> Vec<u8> {
    (0..rng.random_range(0..=most)).map(|_| rng.random()).collect()
}

fn random_address(rng: &mut StdRng) -> SocketAddr {
    let ip = if rng.random() {
        IpAddr::from(rng.random::<[u8; 4]>())
    } else {
        IpAddr::from(rng.random::<[u8; 16]>())
    };
    SocketAddr::new(ip.to_canonical(), rng.random())
}

fn long_term() -> (Vec<u8>, MessageIntegrity) {
    let key = long_term_key(PasswordAlgorithm::Md5, "user", "realm", "pass");
    let theirs = MessageIntegrity::new_long_term_integrity("user".into(), "realm".into(), "pass".into());
    assert_eq!(theirs.0, key);
    (key, theirs)
}

#[test]
fn they_read_what_we_write() {
    let mut rng = StdRng::from_seed([1; 32]);
    let (key, integrity) = long_term();
    for _ in 0..3000 {
        let method = METHODS[rng.random_range(0..METHODS.len())];
        let class = CLASSES[rng.random_range(0..CLASSES.len())];
        let transaction = rng.random();
        let mut writer = Writer::new(method, class, transaction);
        let mut written = Vec::new();
        for _ in 0..rng.random_range(0..8) {
            let (number, value) = (
                NUMBERS[rng.random_range(0..NUMBERS.len())],
                random_bytes(&mut rng, 60),
            );
            writer.attribute(number, &value);
            written.push((number, value));
        }
        let address = random_address(&mut rng);
        writer.xor_address(attribute::XOR_RELAYED_ADDRESS, address);
        writer.integrity(Integrity::Sha1, &key);
        writer.fingerprint();
        let bytes = writer.finish();

        let mut read = theirs(&bytes).expect("they read what we write");
        assert_eq!(read.typ.value(), method.number() | class.bits());
        assert_eq!(read.transaction_id.0, transaction);
        for (found, (number, value)) in read.attributes.0.iter().zip(&written) {
            assert_eq!((found.typ.value(), &found.value), (*number, value));
        }
        assert_eq!(read.attributes.0.len(), written.len() + 3);
        let mut relayed = XorMappedAddress::default();
        relayed
            .get_from_as(&read, AttrType(attribute::XOR_RELAYED_ADDRESS))
            .unwrap();
        assert_eq!(SocketAddr::new(relayed.ip, relayed.port), address);
        FINGERPRINT.check(&read).expect("the fingerprint fits");
        integrity.check(&mut read).expect("the integrity fits");
    }
}

#[test]
fn we_read_what_they_write() {
    let mut rng = StdRng::from_seed([2; 32]);
    let (key, integrity) = long_term();
    for _ in 0..3000 {
        let method = METHODS[rng.random_range(0..METHODS.len())];
        let class = CLASSES[rng.random_range(0..CLASSES.len())];
        let mut message = Theirs::new();
        message.typ.read_value(method.number() | class.bits());
        message.transaction_id.0 = rng.random();
        message.write_header();
        let mut written = Vec::new();
        for _ in 0..rng.random_range(0..8) {
            let (number, value) = (
                NUMBERS[rng.random_range(0..NUMBERS.len())],
                random_bytes(&mut rng, 60),
            );
            message.add(AttrType(number), &value);
            written.push((number, value));
        }
        let address = random_address(&mut rng);
        XorMappedAddress {
            ip: address.ip(),
            port: address.port(),
        }
        .add_to_as(&mut message, AttrType(attribute::XOR_PEER_ADDRESS))
        .unwrap();
        integrity.add_to(&mut message).unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();

        let read = Message::parse(&message.raw).expect("we read what they write");
        assert_eq!(
            (read.method, read.class, read.transaction),
            (method, class, message.transaction_id.0)
        );
        for (found, (number, value)) in read.attributes().zip(&written) {
            assert_eq!((found.number, found.value), (*number, value.as_slice()));
        }
        let peer = read.first(attribute::XOR_PEER_ADDRESS).unwrap();
        assert_eq!(xor_address(peer, &read.transaction), Some(address));
        assert!(fingerprint_fits(&read));
        assert!(Integrity::Sha1.verify(&key, &read, read.integrity.unwrap()));
    }
}

#[test]
fn on_broken_bytes_we_accept_nothing_that_they_reject_and_say_why_we_reject_more() {
    let mut rng = StdRng::from_seed([3; 32]);
    let (key, _) = long_term();
    let (mut both, mut stricter) = (0, 0);
    for _ in 0..30_000 {
        let mut writer = Writer::new(
            METHODS[rng.random_range(0..6)],
            CLASSES[rng.random_range(0..4)],
            rng.random(),
        );
        for _ in 0..rng.random_range(0..6) {
            let number = NUMBERS[rng.random_range(0..NUMBERS.len())];
            writer.attribute(number, &random_bytes(&mut rng, 20));
        }
        if rng.random() {
            writer.integrity(Integrity::Sha1, &key);
        }
        if rng.random() {
            writer.fingerprint();
        }
        let mut bytes = writer.finish();
        mutate(&mut rng, &mut bytes);
        match (Message::parse(&bytes), theirs(&bytes)) {
            (Ok(ours), Some(theirs)) => {
                both += 1;
                assert_alike(&ours, &theirs);
            }
            (Ok(_), None) => panic!("we accept what they reject: {bytes:02x?}"),
            (Err(_), Some(theirs)) => {
                stricter += 1;
                assert!(
                    stricter_reason(&bytes, &theirs).is_some(),
                    "no reason to reject {bytes:02x?}"
                );
            }
            (Err(_), None) => {}
        }
    }
    assert!(both > 3000 && stricter > 1000, "{both} {stricter}");
}

/// They accept numbers up to 0x7FFF, as RFC 5766 did; RFC 8656 ends at 0x4FFF.
#[test]
fn channel_data_is_read_as_the_turn_crate_reads_it() {
    let mut rng = StdRng::from_seed([4; 32]);
    for _ in 0..20_000 {
        let mut raw = random_bytes(&mut rng, 24);
        if let Some(first) = raw.first_mut() {
            *first = 0x40 | (*first & 0x3F);
        }
        if let (Some(length), true) = (raw.get_mut(2), rng.random()) {
            *length = 0;
        }
        let mut theirs = ChannelData {
            raw: raw.clone(),
            ..ChannelData::default()
        };
        let read = theirs.decode().ok().filter(|()| theirs.number.0 <= 0x4FFF);
        let expected = read.map(|()| (theirs.number.0, theirs.data.len()));
        assert_eq!(
            channel_data::parse(&raw).map(|(number, length)| (number.get(), length)),
            expected
        );
    }
}

fn mutate(rng: &mut StdRng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.random_range(0..3) {
        if bytes.is_empty() {
            return;
        }
        let place = rng.random_range(0..bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[place] ^= 1 << rng.random_range(0..8),
            1 => bytes[place] = rng.random(),
            2 => bytes.truncate(place),
            3 => bytes.extend(std::iter::repeat_n(0, rng.random_range(1..6))),
            // Lengths are where readers disagree.
            4 if bytes.len() > 3 => bytes[3] = rng.random(),
            _ if bytes.len() > 24 => bytes[23] = rng.random(),
            _ => {}
        }
    }
}

/// Every attribute that we obey is, for them, the first of its number.
fn assert_alike(ours: &Message<'_>, theirs: &Theirs) {
    assert_eq!(ours.transaction, theirs.transaction_id.0);
    assert_eq!(ours.method.number() | ours.class.bits(), theirs.typ.value());
    for (found, expected) in ours.attributes().zip(&theirs.attributes.0) {
        // They take 0x8020, a number of an old draft, for XOR-MAPPED-ADDRESS.
        let number = if found.number == 0x8020 {
            attribute::XOR_MAPPED_ADDRESS
        } else {
            found.number
        };
        assert_eq!(
            (number, found.value),
            (expected.typ.value(), expected.value.as_slice())
        );
        if number == attribute::XOR_MAPPED_ADDRESS {
            continue;
        }
        let first = theirs.get(AttrType(found.number)).unwrap();
        assert_eq!(ours.first(found.number), Some(first.as_slice()));
    }
    let obeyed = ours.attributes().count();
    if obeyed < theirs.attributes.0.len() {
        let ends = [
            attribute::MESSAGE_INTEGRITY,
            attribute::MESSAGE_INTEGRITY_SHA256,
            attribute::FINGERPRINT,
        ];
        assert!(
            ends.contains(&theirs.attributes.0[obeyed].typ.value()),
            "only these end what is obeyed"
        );
    }
}

/// Why RFC 8489 lets us drop what they accept.
fn stricter_reason(bytes: &[u8], theirs: &Theirs) -> Option<&'static str> {
    let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    let known = METHODS
        .iter()
        .any(|method| method.number() == theirs.typ.value() & !0x0110);
    let fingerprint = theirs
        .attributes
        .0
        .iter()
        .position(|found| found.typ.value() == attribute::FINGERPRINT);
    let reasons = [
        (bytes[0] & 0xC0 != 0, "the two top bits are not zero (§5)"),
        (
            !length.is_multiple_of(4),
            "the length is not a multiple of four (§5)",
        ),
        (bytes.len() != HEADER + length, "bytes follow the message"),
        (!known, "a method that we do not have (§6.3)"),
        (
            fingerprint.is_some_and(|place| place + 1 != theirs.attributes.0.len()),
            "FINGERPRINT is not last (§14.7)",
        ),
    ];
    reasons
        .into_iter()
        .find(|(holds, _)| *holds)
        .map(|(_, reason)| reason)
}
