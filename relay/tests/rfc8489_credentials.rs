//! RFC 8489 §9.2: the long-term credential mechanism, with §14.4–14.6 and §14.10–14.12.

use std::time::Duration;

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, FiveTuple, Transport};

/// What we offer: SHA-256 (2), then MD5 (1), without parameters.
const OFFER: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];
const SHA256: [u8; 4] = [0, 2, 0, 0];
const MD5: [u8; 4] = [0, 1, 0, 0];

/// Allocate without credentials, with enough SOFTWARE that an offer fits into the answer.
fn challenged(bench: &mut Bench, tuple: FiveTuple) -> Parsed {
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(SOFTWARE, b"a client of RFC 8489");
    bench.send(tuple, &request.bytes).is_rejected_with(401)
}

/// An Allocate of a client that knows RFC 8489, up to its integrity.
fn modern(bench: &mut Bench, client: Client, algorithm: &[u8], offer: &[u8], nonce: &[u8]) -> Builder {
    let username = client.seat.username();
    bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(USERNAME, username.as_bytes())
        .with(REALM, REALM_NAME.as_bytes())
        .with(NONCE, nonce)
        .with(PASSWORD_ALGORITHMS, offer)
        .with(PASSWORD_ALGORITHM, algorithm)
}

fn sha256_key_of(bench: &Bench, client: Client) -> Vec<u8> {
    let username = client.seat.username();
    sha256_key(&username, REALM_NAME, &bench.credentials.password(&username))
}

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
fn s9_2_1_the_nonce_begins_with_the_cookie_and_its_bits_match_the_offer() {
    let mut bench = Bench::new();
    let bare = bench.builder(ALLOCATE).with_transport(17).bytes;
    let answer = bench.send(tuple(1, Transport::Udp), &bare).is_rejected_with(401);
    assert!(
        answer.get(NONCE).unwrap().starts_with(b"obMatJos2AAAC"),
        "user name anonymity only"
    );
    assert!(!answer.has(PASSWORD_ALGORITHMS));
    let answer = challenged(&mut bench, tuple(1, Transport::Udp));
    assert!(
        answer.get(NONCE).unwrap().starts_with(b"obMatJos2AAAD"),
        "and password algorithms"
    );
    assert_eq!(answer.get(PASSWORD_ALGORITHMS), Some(&OFFER[..]));
}

#[test]
fn s9_2_1_over_a_stream_even_a_bare_request_gets_the_offer() {
    let mut bench = Bench::new();
    for transport in [Transport::Tcp, Transport::Tls] {
        let bare = bench.builder(ALLOCATE).with_transport(17).bytes;
        let answer = bench.send(tuple(1, transport), &bare).is_rejected_with(401);
        assert_eq!(answer.get(PASSWORD_ALGORITHMS), Some(&OFFER[..]));
    }
}

#[test]
fn s9_2_4_sha256_is_negotiated_and_the_answer_is_signed_with_it() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = challenged(&mut bench, client.tuple).get(NONCE).unwrap().to_vec();
    let key = sha256_key_of(&bench, client);
    let request = modern(&mut bench, client, &SHA256, &OFFER, &nonce).signed_sha256(&key);
    let answer = bench.send(client.tuple, &request.bytes).succeeds();
    assert!(!answer.has(MESSAGE_INTEGRITY));
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY_SHA256, &key));
}

#[test]
fn s9_2_4_md5_may_be_chosen_from_the_offer() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = challenged(&mut bench, client.tuple).get(NONCE).unwrap().to_vec();
    let key = bench.key(client);
    let request = modern(&mut bench, client, &MD5, &OFFER, &nonce).signed_sha256(&key);
    bench.send(client.tuple, &request.bytes).succeeds();
}

/// Browsers and coturn's client ignore the offer: no algorithm means MD5 with SHA-1.
#[test]
fn s9_2_4_a_client_that_knows_no_algorithms_keeps_working_with_an_offering_nonce() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = challenged(&mut bench, client.tuple).get(NONCE).unwrap().to_vec();
    assert!(nonce.starts_with(b"obMatJos2AAAD"));
    let (key, username) = (bench.key(client), client.seat.username());
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(USERNAME, username.as_bytes())
        .with(REALM, REALM_NAME.as_bytes())
        .with(NONCE, &nonce)
        .signed(&key);
    let answer = bench.send(client.tuple, &request.bytes).succeeds();
    assert!(answer.is_signed_with(MESSAGE_INTEGRITY, &key));
}

/// An attacker in the middle who shortens the offer is found out: the client echoes what it saw.
#[test]
fn s9_2_4_algorithms_that_contradict_the_offer_are_a_bad_request() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let nonce = challenged(&mut bench, client.tuple).get(NONCE).unwrap().to_vec();
    let (md5, sha256) = (bench.key(client), sha256_key_of(&bench, client));
    let cases: [(&[u8], &[u8]); 7] = [
        (&MD5, &MD5),
        (&SHA256, &SHA256),
        (&MD5, &[0, 1, 0, 0, 0, 2, 0, 0]),
        (&[0, 3, 0, 0], &OFFER),
        (&[0, 2, 0, 4, 1, 2, 3, 4], &OFFER),
        (&[0, 2], &OFFER),
        (&[], &OFFER),
    ];
    for (algorithm, offer) in cases {
        for key in [&md5, &sha256] {
            let request = modern(&mut bench, client, algorithm, offer, &nonce).signed_sha256(key);
            bench.send(client.tuple, &request.bytes).is_rejected_with(400);
        }
    }
    let username = client.seat.username();
    for lone in [
        (PASSWORD_ALGORITHM, &SHA256[..]),
        (PASSWORD_ALGORITHMS, &OFFER[..]),
    ] {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .with(lone.0, lone.1)
            .signed_sha256(&sha256);
        bench.send(client.tuple, &request.bytes).is_rejected_with(400);
    }
}

/// Clearing the bit in the nonce, to make the client believe that nothing was offered, spoils the nonce.
#[test]
fn s9_2_the_feature_bits_cannot_be_changed() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let mut nonce = challenged(&mut bench, client.tuple).get(NONCE).unwrap().to_vec();
    assert_eq!(nonce[12], b'D');
    nonce[12] = b'C';
    let (key, username) = (bench.key(client), client.seat.username());
    let request = bench
        .builder(REFRESH)
        .with(USERNAME, username.as_bytes())
        .with(REALM, REALM_NAME.as_bytes())
        .with(NONCE, &nonce)
        .signed(&key);
    bench.send(client.tuple, &request.bytes).is_rejected_with(438);
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
