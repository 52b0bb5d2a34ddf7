//! RFC 8656 §11: Send and Data indications, which carry all of Firefox's media.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Dropped, Transport};
use std::net::SocketAddr;

/// A pair that has permitted each other.
fn talking() -> (Bench, [(Client, SocketAddr); 2]) {
    let (mut bench, pair) = Bench::with_pair();
    let [(one, first), (other, second)] = pair;
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    (bench, pair)
}

#[test]
fn s11_a_send_indication_arrives_as_a_data_indication_from_the_senders_relayed_address() {
    let (mut bench, [(one, first), (other, second)]) = talking();
    let delivery = bench.say(one, second, b"hello").unwrap();
    assert_eq!(delivery.to, other.tuple);
    assert_eq!(delivery.how, How::Data { peer: first });
    assert_eq!(delivery.payload, b"hello");
}

#[test]
fn s11_payloads_of_every_length_arrive_whole_and_padded() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    for length in (0..70).chain([119, 120, 1199, 1200, 1420, 4000]) {
        let payload: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let delivery = bench.say(one, second, &payload).unwrap();
        assert_eq!(delivery.payload, payload);
        assert_eq!(delivery.packet.len(), 36 + payload.len().next_multiple_of(4));
        assert!(
            delivery.packet[36 + payload.len()..]
                .iter()
                .all(|byte| *byte == 0)
        );
    }
}

/// Firefox puts a FINGERPRINT behind DATA; it would be wrong in the new message and is cut.
#[test]
fn s11_2_firefoxes_fingerprint_is_cut_off() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    for payload in [&b""[..], b"a", b"abcd", b"abcdefg"] {
        let request = bench
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, second)
            .with(DATA, payload);
        let delivery = bench.forward(one.tuple, &request.fingerprinted().bytes).unwrap();
        assert_eq!(delivery.payload, payload);
    }
}

#[test]
fn s11_2_data_may_come_before_the_peer_and_be_followed_by_optional_attributes() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    let packet = bench
        .builder(SEND_INDICATION)
        .with(DATA, b"payload")
        .with(SOFTWARE, b"any")
        .with_address(XOR_PEER_ADDRESS, second)
        .with(0xFF05, b"vendor")
        .bytes;
    assert_eq!(bench.forward(one.tuple, &packet).unwrap().payload, b"payload");
}

#[test]
fn s11_2_the_first_data_and_the_first_peer_count() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    let foreign: SocketAddr = "198.51.100.77:9".parse().unwrap();
    let packet = bench
        .builder(SEND_INDICATION)
        .with_address(XOR_PEER_ADDRESS, second)
        .with_address(XOR_PEER_ADDRESS, foreign)
        .with(DATA, b"first")
        .with(DATA, b"second")
        .bytes;
    assert_eq!(bench.forward(one.tuple, &packet).unwrap().payload, b"first");
}

#[test]
fn s11_2_without_peer_or_data_it_is_discarded() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    let no_data = bench
        .builder(SEND_INDICATION)
        .with_address(XOR_PEER_ADDRESS, second)
        .bytes;
    assert_eq!(bench.forward(one.tuple, &no_data), Err(Dropped::Malformed));
    let no_peer = bench.builder(SEND_INDICATION).with(DATA, b"x").bytes;
    assert_eq!(bench.forward(one.tuple, &no_peer), Err(Dropped::Malformed));
    let short_peer = bench
        .builder(SEND_INDICATION)
        .with(XOR_PEER_ADDRESS, &[0, 1, 2])
        .with(DATA, b"x")
        .bytes;
    assert_eq!(bench.forward(one.tuple, &short_peer), Err(Dropped::Malformed));
}

#[test]
fn s11_2_what_must_be_understood_and_is_not_discards_the_indication() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    for number in [DONT_FRAGMENT, 0x0003, 0x7FFF] {
        let packet = bench
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, second)
            .with(DATA, b"x")
            .with(number, &[])
            .bytes;
        assert_eq!(
            bench.forward(one.tuple, &packet),
            Err(Dropped::Malformed),
            "{number:04x}"
        );
    }
}

#[test]
fn s11_2_data_behind_an_integrity_is_not_data() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    let packet = bench
        .builder(SEND_INDICATION)
        .with_address(XOR_PEER_ADDRESS, second)
        .with(MESSAGE_INTEGRITY, &[0; 20])
        .with(DATA, b"x")
        .bytes;
    assert_eq!(bench.forward(one.tuple, &packet), Err(Dropped::Malformed));
}

#[test]
fn s11_2_without_an_allocation_it_is_discarded() {
    let (mut bench, [_, (_, second)]) = talking();
    let stranger = bench.joined(9, RoomTag(1));
    assert_eq!(bench.say(stranger, second, b"x"), Err(Dropped::NoAllocation));
}

#[test]
fn s11_2_without_a_permission_of_the_sender_it_is_discarded() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s11_3_without_a_permission_of_the_receiver_it_is_discarded() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NotPermitted));
    assert_eq!(bench.flows.dropped(Dropped::NotPermitted), 1);
}

#[test]
fn s11_media_crosses_between_udp_tcp_and_tls() {
    let mut bench = Bench::new();
    let clients: Vec<_> = [Transport::Udp, Transport::Tcp, Transport::Tls]
        .into_iter()
        .zip(1..)
        .map(|(transport, n)| bench.joined_by(n, RoomTag(1), transport))
        .collect();
    let relayed: Vec<_> = clients.iter().map(|client| bench.allocated(*client)).collect();
    for client in &clients {
        bench.permit(*client, relayed[0]).succeeds();
    }
    for (sender, from) in clients.iter().zip(&relayed) {
        for (receiver, to) in clients.iter().zip(&relayed) {
            let delivery = bench.say(*sender, *to, b"odd").unwrap();
            assert_eq!(
                (delivery.to, delivery.how),
                (receiver.tuple, How::Data { peer: *from })
            );
        }
    }
}

#[test]
fn s11_indications_get_no_answer_from_the_control_side() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    let packet = bench
        .builder(SEND_INDICATION)
        .with_address(XOR_PEER_ADDRESS, second)
        .with(DATA, b"x")
        .bytes;
    bench.send(one.tuple, &packet).is_silence();
    let nonsense = bench.builder(SEND_INDICATION).bytes;
    bench.send(one.tuple, &nonsense).is_silence();
    assert_eq!(bench.relay.stats().dropped(Dropped::Unexpected), 2);
}

#[test]
fn s11_forwarded_packets_and_payload_bytes_are_counted() {
    let (mut bench, [(one, _), (_, second)]) = talking();
    bench.say(one, second, b"hello").unwrap();
    bench.say(one, second, b"you").unwrap();
    let forwarded = bench.flows.forwarded();
    assert_eq!((forwarded.packets, forwarded.bytes), (2, 8));
}
