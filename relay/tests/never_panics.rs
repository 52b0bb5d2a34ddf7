//! Whatever bytes arrive, nothing panics, nothing answers with more than one message, and nothing is kept.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Frame, HEADROOM, TAILROOM, Transport, Verdict, frame};

/// One of everything that a client sends, valid for `client` in its present state.
fn samples(bench: &mut Bench, client: Client, peer: std::net::SocketAddr) -> Vec<Vec<u8>> {
    let requests = [
        bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(LIFETIME, &600_u32.to_be_bytes())
            .with(EVEN_PORT, &[0]),
        bench.builder(REFRESH).with(LIFETIME, &600_u32.to_be_bytes()),
        bench
            .builder(CREATE_PERMISSION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with_address(XOR_PEER_ADDRESS, peer),
        bench
            .builder(CHANNEL_BIND)
            .with_channel(0x4000)
            .with_address(XOR_PEER_ADDRESS, peer),
    ];
    let mut samples: Vec<Vec<u8>> = requests
        .into_iter()
        .flat_map(|request| {
            let key = bench.key(client);
            let signed = bench.signed(client, request);
            [
                signed.clone().bytes,
                signed.clone().fingerprinted().bytes,
                signed.signed_sha256(&key).fingerprinted().bytes,
            ]
        })
        .collect();
    samples.push(bench.builder(BINDING).with(SOFTWARE, b"x").fingerprinted().bytes);
    samples.push(
        bench
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with(DATA, b"hello")
            .fingerprinted()
            .bytes,
    );
    samples.push(channel_data(0x4000, b"hello"));
    samples
}

/// Gives the packet to every entry there is.
fn feed(bench: &mut Bench, client: Client, packet: &[u8]) {
    if let Verdict::Forward(forward) = bench.flows.forward(bench.now, client.tuple, packet) {
        let mut buf = vec![0; HEADROOM + packet.len() + TAILROOM];
        buf[HEADROOM..HEADROOM + packet.len()].copy_from_slice(packet);
        let out = forward.rewrite(&mut buf, HEADROOM..HEADROOM + packet.len());
        assert!(out.end <= buf.len());
    }
    bench.relay.handle_client(bench.now, client.tuple, packet);
    bench.settle();
    assert!(bench.replies.len() <= 1);
    bench.replies.clear();
    let _ = frame(packet, 4096);
}

#[test]
fn every_truncation_and_every_changed_byte_of_every_message_is_survived() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    for sample in samples(&mut bench, one, second) {
        for end in 0..=sample.len() {
            feed(&mut bench, one, &sample[..end]);
        }
        for place in 0..sample.len() {
            for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                let mut changed = sample.clone();
                changed[place] = value;
                feed(&mut bench, one, &changed);
            }
        }
        bench.after(2);
    }
    assert!(bench.relay.is_consistent());
}

#[test]
fn random_and_spliced_bytes_are_survived() {
    let mut rng = StdRng::from_seed([7; 32]);
    let (mut bench, [(one, _), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    let samples = samples(&mut bench, one, second);
    for round in 0..12_000 {
        let mut packet: Vec<u8> = match rng.random_range(0..3) {
            0 => (0..rng.random_range(0..80)).map(|_| rng.random()).collect(),
            1 => {
                let (head, tail) = (
                    &samples[rng.random_range(0..samples.len())],
                    &samples[rng.random_range(0..samples.len())],
                );
                [
                    &head[..rng.random_range(0..=head.len())],
                    &tail[rng.random_range(0..=tail.len())..],
                ]
                .concat()
            }
            _ => samples[rng.random_range(0..samples.len())].clone(),
        };
        for _ in 0..rng.random_range(0..4) {
            if !packet.is_empty() {
                let place = rng.random_range(0..packet.len());
                packet[place] = rng.random();
            }
        }
        // Half of them with lengths that hold, so that they get further.
        if packet.len() >= 20 && rng.random() {
            let length = (packet.len() - 20) as u16;
            packet[2..4].copy_from_slice(&length.to_be_bytes());
            packet[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
        }
        feed(&mut bench, if round % 2 == 0 { one } else { other }, &packet);
    }
    assert!(bench.relay.is_consistent());
    assert!(bench.relay.stats().allocations <= 2);
}

/// A signed request with attributes in every order, number and length: what an insider may try.
#[test]
fn signed_nonsense_is_answered_and_survived() {
    let mut rng = StdRng::from_seed([8; 32]);
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    bench.allocate(client).succeeds();
    let numbers = [
        CHANNEL_NUMBER,
        LIFETIME,
        XOR_PEER_ADDRESS,
        DATA,
        REQUESTED_ADDRESS_FAMILY,
        EVEN_PORT,
        REQUESTED_TRANSPORT,
        PASSWORD_ALGORITHM,
        USERHASH,
        RESERVATION_TOKEN,
        ADDITIONAL_ADDRESS_FAMILY,
        PASSWORD_ALGORITHMS,
    ];
    for _ in 0..2000 {
        let method = [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND][rng.random_range(0..4)];
        let mut request = bench.builder(method);
        for _ in 0..rng.random_range(0..6) {
            let value: Vec<u8> = (0..rng.random_range(0..24)).map(|_| rng.random()).collect();
            request = request.with(numbers[rng.random_range(0..numbers.len())], &value);
        }
        let request = bench.signed(client, request).bytes;
        let answer = bench
            .send(client.tuple, &request)
            .0
            .expect("whoever is known gets an answer");
        let codes = [
            None,
            Some(400),
            Some(403),
            Some(437),
            Some(440),
            Some(442),
            Some(443),
            Some(508),
        ];
        assert!(codes.contains(&answer.error()), "{answer:?}");
        bench.after_duration(std::time::Duration::from_millis(10));
        bench.forget_nonce(client.tuple);
    }
    assert!(bench.relay.is_consistent());
}

#[test]
fn the_deframer_survives_every_beginning_and_never_asks_for_more_than_the_limit() {
    let mut rng = StdRng::from_seed([9; 32]);
    for _ in 0..50_000 {
        let mut bytes: Vec<u8> = (0..rng.random_range(0..40)).map(|_| rng.random()).collect();
        if let Some(first) = bytes.first_mut() {
            *first &= 0x4F;
        }
        match frame(&bytes, 4096) {
            Frame::Incomplete { need } => assert!(need > bytes.len() && need <= 4096),
            Frame::Message { len, padded } => assert!(len <= padded && padded <= bytes.len()),
            Frame::Invalid => {}
        }
    }
}
