//! RFC 8489 §9.2: password algorithms, security features and the protection against bidding down.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{FiveTuple, Transport};

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
