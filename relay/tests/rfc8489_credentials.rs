//! RFC 8489 §9.2: the long-term credential mechanism, with §14.4–14.6 and §14.10–14.12.

use std::time::Duration;

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Transport};

#[test]
fn s9_2_4_without_integrity_the_answer_is_401_with_realm_and_nonce() {
    let mut bench = Bench::new();
    let request = bench.builder(ALLOCATE).with_transport(17).bytes;
    let answer = bench
        .send(tuple(1, Transport::Udp), &request)
        .is_rejected_with(401);
    assert_eq!(answer.numbers(), [ERROR_CODE, REALM, NONCE]);
    assert_eq!(answer.get(REALM), Some(REALM_NAME.as_bytes()));
    assert_eq!(
        answer.get(ERROR_CODE),
        Some(&[0, 0, 4, 1][..]),
        "no reason phrase for strangers"
    );
}

#[test]
fn s9_2_4_every_turn_request_is_authenticated() {
    let mut bench = Bench::new();
    for method in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let request = bench.builder(method).with_transport(17).bytes;
        bench
            .send(tuple(1, Transport::Udp), &request)
            .is_rejected_with(401);
    }
}

#[test]
fn s9_2_4_integrity_without_username_realm_or_nonce_is_a_bad_request() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let (key, nonce) = (bench.key(client), bench.nonce(client.tuple));
    let username = client.seat.username();
    let parts: [(u16, &[u8]); 3] = [
        (USERNAME, username.as_bytes()),
        (REALM, REALM_NAME.as_bytes()),
        (NONCE, &nonce),
    ];
    for missing in 0..3 {
        let mut request = bench.builder(ALLOCATE).with_transport(17);
        for (_, (number, value)) in parts.iter().enumerate().filter(|(n, _)| *n != missing) {
            request = request.with(*number, value);
        }
        let answer = bench
            .send(client.tuple, &request.signed(&key).bytes)
            .is_rejected_with(400);
        assert_eq!(answer.numbers(), [ERROR_CODE], "neither realm nor nonce");
    }
}

#[test]
fn s9_2_4_a_wrong_password_is_401_with_realm_and_nonce() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let username = client.seat.username();
    let right = bench.credentials.password(&username);
    for wrong in ["", "x", &right[1..], &format!("{right}x"), &right.to_uppercase()] {
        let nonce = bench.nonce(client.tuple);
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .signed(&md5_key(&username, REALM_NAME, wrong));
        let answer = bench.send(client.tuple, &request.bytes).is_rejected_with(401);
        assert!(answer.has(REALM) && answer.has(NONCE) && !answer.has(MESSAGE_INTEGRITY));
    }
    assert_eq!(bench.relay.stats().allocations, 0);
    bench.allocate(client).succeeds();
}

#[test]
fn s9_2_4_no_random_integrity_is_accepted() {
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    let nonce = bench.nonce(client.tuple);
    for n in 0..2000_u32 {
        let username = client.seat.username();
        let tag = hmac_sha1(&n.to_be_bytes(), b"noise");
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .with(MESSAGE_INTEGRITY, &tag[..(n % 21) as usize]);
        bench.send(client.tuple, &request.bytes).is_rejected_with(401);
    }
    assert_eq!(bench.relay.stats().allocations, 0);
}

/// Nothing tells a stranger whether a user name exists, existed, or never did.
#[test]
fn s9_2_4_unknown_gone_and_wrong_look_alike() {
    let mut bench = Bench::new();
    let gone = bench.joined(1, RoomTag(1));
    bench.allocate(gone).succeeds();
    bench.close_seat(gone.seat);
    let present = bench.joined(1, RoomTag(1));
    let never = Client {
        tuple: gone.tuple,
        seat: bench.seat(),
    };
    let nonce = bench.nonce(gone.tuple);
    let transaction = [9; 12];
    let mut answer = |username: &str, password: &str| {
        let request = Builder::new(ALLOCATE, transaction)
            .with_transport(17)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .signed(&md5_key(username, REALM_NAME, password));
        bench.send(gone.tuple, &request.bytes).is_rejected_with(401).bytes
    };
    let credentials = parlour_credentials::Credentials::new([0x5A; 32]);
    let right = |client: Client| credentials.password(&client.seat.username());
    let wrong = answer(&present.seat.username(), "wrong");
    assert_eq!(
        answer(&gone.seat.username(), &right(gone)),
        wrong,
        "right once, but the seat is gone"
    );
    assert_eq!(
        answer(&never.seat.username(), &right(never)),
        wrong,
        "right, but the seat was never taken"
    );
    assert_eq!(answer("no seat at all", "x"), wrong);
    assert_eq!(answer("", ""), wrong);
}

#[test]
fn s9_2_4_another_realm_gives_another_key_and_is_401() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = bench.nonce(client.tuple);
    let username = client.seat.username();
    let password = bench.credentials.password(&username);
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(USERNAME, username.as_bytes())
        .with(REALM, b"elsewhere")
        .with(NONCE, &nonce)
        .signed(&md5_key(&username, "elsewhere", &password));
    bench.send(client.tuple, &request.bytes).is_rejected_with(401);
}

/// RFC 8489 says 438 here too, but both browsers give up on a first Allocate that gets it.
#[test]
fn s9_2_4_an_old_nonce_is_401_on_a_first_allocate() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.nonce(client.tuple);
    bench.after(620);
    let request = bench.builder(ALLOCATE).with_transport(17);
    let answer = bench.request(client, request).is_rejected_with(401);
    let fresh = answer.get(NONCE).unwrap().to_vec();
    assert_ne!(fresh, bench.nonce(client.tuple));
    bench.forget_nonce(client.tuple);
    bench.allocate(client).succeeds();
}

#[test]
fn s9_2_4_an_old_nonce_is_438_in_a_running_allocation_and_the_new_one_works() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    for _ in 0..2 {
        bench.after(300);
        bench.refresh(client, 600).succeeds();
    }
    bench.after(20);
    let answer = bench.refresh(client, 600).is_rejected_with(438);
    assert_eq!(answer.get(REALM), Some(REALM_NAME.as_bytes()));
    assert!(answer.has(NONCE) && !answer.has(MESSAGE_INTEGRITY));
    bench.forget_nonce(client.tuple);
    bench.refresh(client, 600).succeeds();
}

#[test]
fn s9_2_4_a_nonce_of_another_address_is_stale() {
    let mut bench = Bench::new();
    let (one, other) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(1)));
    bench.allocate(one).succeeds();
    let request = bench.builder(REFRESH);
    let captured = bench.signed(one, request).bytes;
    bench.send(other.tuple, &captured).is_rejected_with(438);
    bench.send(one.tuple, &captured).succeeds();
}

#[test]
fn s9_2_4_a_made_up_nonce_is_stale() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let username = client.seat.username();
    for nonce in [&b""[..], b"x", b"obMatJos2AAACxxxxxxx", &[0xFF; 20], &[b'A'; 700]] {
        let key = bench.key(client);
        let request = bench
            .builder(REFRESH)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, nonce)
            .signed(&key);
        bench.send(client.tuple, &request.bytes).is_rejected_with(438);
    }
}

#[test]
fn s9_2_1_the_life_of_a_nonce_is_configurable() {
    let mut bench = Bench::with(Config {
        nonce_life: Duration::from_secs(60),
        ..Config::default()
    });
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    bench.after(60);
    bench.refresh(client, 600).succeeds();
    bench.after(10);
    bench.refresh(client, 600).is_rejected_with(438);
}

#[test]
fn s14_4_a_userhash_stands_for_the_user_name() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = bench.nonce(client.tuple);
    let (key, username) = (bench.key(client), client.seat.username());
    let mut with_hash = |hash: &[u8]| {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(USERHASH, hash)
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .signed(&key);
        bench.send(client.tuple, &request.bytes)
    };
    with_hash(&userhash(&username, "elsewhere")).is_rejected_with(401);
    with_hash(&userhash(&username, REALM_NAME)[..31]).is_rejected_with(401);
    with_hash(&[]).is_rejected_with(401);
    with_hash(&userhash(&username, REALM_NAME)).succeeds();
}

#[test]
fn s14_4_the_userhash_ends_with_the_seat() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = bench.nonce(client.tuple);
    bench.close_seat(client.seat);
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(USERHASH, &userhash(&client.seat.username(), REALM_NAME))
        .with(REALM, REALM_NAME.as_bytes())
        .with(NONCE, &nonce)
        .signed(&bench.key(client));
    bench.send(client.tuple, &request.bytes).is_rejected_with(401);
}

/// An attacker on the path cannot add to a signed request (coturn obeyed such attributes until 2026).
#[test]
fn s14_5_what_follows_the_integrity_is_ignored() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let appended: [(u16, &[u8]); 4] = [
        (LIFETIME, &[0, 0, 0, 0]),
        (REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]),
        (0x7FFF, b"unknown"),
        (MESSAGE_INTEGRITY, &[0; 20]),
    ];
    for (number, value) in appended {
        let request = bench.builder(REFRESH);
        let request = bench.signed(client, request).with(number, value);
        assert_eq!(
            bench.send(client.tuple, &request.bytes).succeeds().lifetime(),
            Some(600)
        );
        let request = bench.builder(REFRESH);
        let request = bench.signed(client, request).with(number, value).fingerprinted();
        assert_eq!(
            bench.send(client.tuple, &request.bytes).succeeds().lifetime(),
            Some(600)
        );
    }
    assert_eq!(bench.relay.stats().allocations, 1);
}

#[test]
fn s14_6_of_two_integrities_the_stronger_is_checked_and_answered() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let key = bench.key(client);
    let request = bench.builder(ALLOCATE).with_transport(17);
    let request = bench.signed(client, request).signed_sha256(&key);
    let answer = bench.send(client.tuple, &request.bytes).succeeds();
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY_SHA256, &key));
    let request = bench.builder(REFRESH);
    let request = bench.signed(client, request).signed_sha256(b"wrong");
    bench.send(client.tuple, &request.bytes).is_rejected_with(401);
}

#[test]
fn s14_6_a_truncated_sha256_tag_is_wrong() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let key = bench.key(client);
    let username = client.seat.username();
    let nonce = bench.nonce(client.tuple);
    for length in [0, 4, 16, 20, 28] {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce);
        let mut covered = request.bytes.clone();
        let counted = covered.len() - 20 + 4 + length;
        covered[2..4].copy_from_slice(&(counted as u16).to_be_bytes());
        let tag = hmac_sha256(&key, &covered);
        let request = request.with(MESSAGE_INTEGRITY_SHA256, &tag[..length]);
        bench.send(client.tuple, &request.bytes).is_rejected_with(401);
    }
}

/// A tag of one byte, were it accepted, could be guessed in 256 tries.
#[test]
fn s14_5_a_tag_of_one_byte_is_never_right() {
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    let nonce = bench.nonce(client.tuple);
    let username = client.seat.username();
    for number in [MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256] {
        for tag in 0..=255_u8 {
            let request = Builder::new(ALLOCATE, [5; 12])
                .with_transport(17)
                .with(USERNAME, username.as_bytes())
                .with(REALM, REALM_NAME.as_bytes())
                .with(NONCE, &nonce)
                .with(number, &[tag]);
            bench.send(client.tuple, &request.bytes).is_rejected_with(401);
        }
    }
}

#[test]
fn s9_2_4_errors_after_authentication_are_signed_too() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let answer = bench.refresh(client, 600).is_rejected_with(437);
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY, &bench.key(client)));
    assert_eq!(&answer.get(ERROR_CODE).unwrap()[4..], b"Allocation Mismatch");
}

#[test]
fn s14_7_signed_answers_have_a_fingerprint_if_the_request_had_one() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17);
    let request = bench.signed(client, request).fingerprinted();
    let answer = bench.send(client.tuple, &request.bytes).succeeds();
    assert_eq!(answer.numbers().last(), Some(&FINGERPRINT));
    assert_eq!(
        answer.get(FINGERPRINT),
        Some(&fingerprint(&answer.bytes[..answer.bytes.len() - 8])[..])
    );
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY, &bench.key(client)));
}

#[test]
fn s6_3_1_unknown_attributes_are_named_after_authentication_only() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17).with(0x7ABC, b"what?");
    bench.send(client.tuple, &request.bytes).is_rejected_with(401);
    let answer = bench.request(client, request).is_rejected_with(420);
    assert_eq!(answer.get(UNKNOWN_ATTRIBUTES), Some(&[0x7A, 0xBC][..]));
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY, &bench.key(client)));
}
