//! RFC 8656 §12: channels.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped, Frame, Transport, frame};

#[test]
fn s12_2_a_channel_is_bound_and_carries_media() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    assert_eq!(
        bench.bind(one, 0x4000, second).succeeds().numbers(),
        [MESSAGE_INTEGRITY]
    );
    bench.permit(other, first).succeeds();
    let delivery = bench.say_on(one, 0x4000, b"hello").unwrap();
    assert_eq!(delivery.to, other.tuple);
    assert_eq!(delivery.how, How::Data { peer: first });
    assert_eq!(delivery.payload, b"hello");
}

#[test]
fn s12_7_who_has_bound_the_sender_gets_channel_data() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(other, 0x4FFF, first).succeeds();
    let delivery = bench.say_on(one, 0x4000, b"there").unwrap();
    assert_eq!((delivery.to, delivery.how), (other.tuple, How::Channel(0x4FFF)));
    let delivery = bench.say_on(other, 0x4FFF, b"and back").unwrap();
    assert_eq!((delivery.to, delivery.how), (one.tuple, How::Channel(0x4000)));
    let delivery = bench.say(other, first, b"by indication").unwrap();
    assert_eq!((delivery.to, delivery.how), (one.tuple, How::Channel(0x4000)));
}

#[test]
fn s12_2_numbers_outside_4000_to_4fff_are_bad_requests() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    for number in [0x0000, 0x3FFF, 0x5000, 0x7FFF, 0x8000, 0xFFFF] {
        bench.bind(one, number, second).is_rejected_with(400);
    }
    bench.bind(one, 0x4FFF, second).succeeds();
}

#[test]
fn s12_2_number_and_peer_must_both_be_there_and_well_formed() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    let no_peer = bench.builder(CHANNEL_BIND).with_channel(0x4000);
    bench.request(one, no_peer).is_rejected_with(400);
    let no_number = bench.builder(CHANNEL_BIND).with_address(XOR_PEER_ADDRESS, second);
    bench.request(one, no_number).is_rejected_with(400);
    let short = bench
        .builder(CHANNEL_BIND)
        .with(CHANNEL_NUMBER, &[0x40, 0])
        .with_address(XOR_PEER_ADDRESS, second);
    bench.request(one, short).is_rejected_with(400);
    let odd = bench
        .builder(CHANNEL_BIND)
        .with_channel(0x4000)
        .with(XOR_PEER_ADDRESS, &[0, 9, 1, 2, 3, 4, 5, 6]);
    bench.request(one, odd).is_rejected_with(400);
}

#[test]
fn s12_2_a_number_bound_to_another_peer_is_a_bad_request() {
    let (mut bench, [(one, first), (_, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(one, 0x4000, first).is_rejected_with(400);
}

#[test]
fn s12_2_the_same_peer_cannot_be_bound_to_two_channels() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(one, 0x4001, second).is_rejected_with(400);
}

#[test]
fn s12_2_two_clients_may_use_the_same_number() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(other, 0x4000, first).succeeds();
}

#[test]
fn s12_2_a_binding_lasts_600_seconds_and_is_refreshed_by_repeating_it() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(other, 0x4000, first).succeeds();
    bench.after(590);
    for client in [one, other] {
        bench.forget_nonce(client.tuple);
        bench.refresh(client, 600).succeeds();
    }
    bench.bind(one, 0x4000, second).succeeds();
    bench.after(9);
    assert_eq!(bench.say_on(one, 0x4000, b"x").unwrap().how, How::Channel(0x4000));
    bench.after(1);
    assert_eq!(
        bench.say_on(other, 0x4000, b"x"),
        Err(Dropped::UnboundChannel),
        "not refreshed"
    );
    assert_eq!(
        bench.say_on(one, 0x4000, b"x"),
        Err(Dropped::NotPermitted),
        "nor permitted any more"
    );
}

#[test]
fn s12_an_expired_binding_cools_for_300_seconds() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.after(599);
    for client in [one, other] {
        bench.forget_nonce(client.tuple);
        bench.refresh(client, 600).succeeds();
    }
    bench.after(300);
    bench.bind(one, 0x4000, first).is_rejected_with(400);
    bench.bind(one, 0x4001, second).is_rejected_with(400);
    bench.after(1);
    bench.bind(one, 0x4000, first).succeeds();
    bench.bind(one, 0x4001, second).succeeds();
    assert!(bench.say_on(one, 0x4000, b"to myself").is_ok());
}

#[test]
fn s12_a_cooling_binding_may_be_taken_up_again() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    bench.bind(one, 0x4000, second).succeeds();
    bench.after(599);
    for client in [one, other] {
        bench.forget_nonce(client.tuple);
        bench.refresh(client, 600).succeeds();
    }
    bench.after(100);
    assert_eq!(bench.say_on(one, 0x4000, b"x"), Err(Dropped::UnboundChannel));
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.say_on(one, 0x4000, b"x").unwrap();
}

#[test]
fn s9_a_channel_installs_and_refreshes_the_permission() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.say(one, second, b"permitted by the channel").unwrap();
    bench.after(200);
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.after(299);
    bench.say(one, second, b"refreshed by the channel").unwrap();
    bench.after(1);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s12_6_data_on_an_unbound_channel_is_discarded() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    assert_eq!(bench.say_on(one, 0x4000, b"x"), Err(Dropped::UnboundChannel));
    bench.bind(one, 0x4000, second).succeeds();
    assert_eq!(bench.say_on(one, 0x4001, b"x"), Err(Dropped::UnboundChannel));
    let stranger = tuple(9, Transport::Udp);
    assert_eq!(
        bench.forward(stranger, &channel_data(0x4000, b"x")),
        Err(Dropped::NoAllocation)
    );
}

#[test]
fn s12_4_the_length_field_must_fit_and_the_rest_is_padding() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    assert_eq!(
        bench.forward(one.tuple, &[0x40, 0, 0, 2, 1]),
        Err(Dropped::Malformed)
    );
    assert_eq!(bench.forward(one.tuple, &[0x40, 0, 0]), Err(Dropped::Malformed));
    assert_eq!(
        bench
            .forward(one.tuple, &[0x40, 0, 0, 1, 7, 0, 0, 0])
            .unwrap()
            .payload,
        [7]
    );
    assert_eq!(
        bench.forward(one.tuple, &[0x40, 0, 0, 0]).unwrap().payload,
        [0; 0]
    );
}

#[test]
fn s12_numbers_from_5000_on_are_reserved_and_dropped() {
    let (mut bench, [(one, _), _]) = Bench::with_pair();
    for first in 0x50..=0xFF {
        assert_eq!(
            bench.forward(one.tuple, &[first, 0, 0, 0]),
            Err(Dropped::Malformed)
        );
    }
}

/// §12.5: padded over TCP and TLS, not over UDP.
#[test]
fn s12_5_channel_data_is_padded_towards_streams_only() {
    let mut bench = Bench::new();
    let by_udp = bench.joined(1, RoomTag(1));
    let by_tcp = bench.joined_by(2, RoomTag(1), Transport::Tcp);
    let (first, second) = (bench.allocated(by_udp), bench.allocated(by_tcp));
    bench.bind(by_udp, 0x4000, second).succeeds();
    bench.bind(by_tcp, 0x4001, first).succeeds();
    for length in 0..9 {
        let payload = vec![0x55; length];
        let to_stream = bench.say_on(by_udp, 0x4000, &payload).unwrap();
        assert_eq!(to_stream.packet.len(), 4 + length.next_multiple_of(4));
        assert_eq!(
            frame(&to_stream.packet, 4096),
            Frame::Message {
                len: 4 + length,
                padded: to_stream.packet.len()
            }
        );
        let to_datagram = bench.say_on(by_tcp, 0x4001, &payload).unwrap();
        assert_eq!(to_datagram.packet.len(), 4 + length);
    }
}

#[test]
fn s12_the_largest_payloads_do_not_wrap_a_length() {
    let mut bench = Bench::with(Config {
        bits_per_allocation: 1 << 40,
        burst_per_allocation: 1 << 30,
        burst_per_room: 1 << 30,
        bits_per_room: 1 << 40,
        ..Config::default()
    });
    let (one, other) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(1)));
    let (first, second) = (bench.allocated(one), bench.allocated(other));
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    // A Data indication's 36 bytes of header and the padding have to fit into 64 KiB, too.
    for (length, fits) in [(65_496, true), (65_497, false), (65_532, false), (65_535, false)] {
        let result = bench.say_on(one, 0x4000, &vec![1; length]);
        assert_eq!(result.is_ok(), fits, "{length}");
        if !fits {
            assert_eq!(result, Err(Dropped::TooLarge));
        }
    }
    bench.bind(other, 0x4000, first).succeeds();
    assert!(bench.say_on(one, 0x4000, &[1; 65_532]).is_ok());
}

#[test]
fn s12_2_an_allocation_has_32_channels_and_no_more() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let peers: Vec<_> = (2..35).map(|n| bench.joined(n, RoomTag(1))).collect();
    let peers: Vec<_> = peers.into_iter().map(|peer| bench.allocated(peer)).collect();
    for (peer, number) in peers.iter().zip(0x4000..0x4020) {
        bench.bind(client, number, *peer).succeeds();
    }
    bench.bind(client, 0x4020, peers[32]).is_rejected_with(508);
    bench.bind(client, 0x4000, peers[0]).succeeds();
    bench.after(400);
    for (peer, number) in peers.iter().zip(0x4000..0x4020) {
        bench.bind(client, number, *peer).succeeds();
    }
}

#[test]
fn s5_without_an_allocation_a_channel_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench
        .bind(client, 0x4000, "192.0.2.1:5000".parse().unwrap())
        .is_rejected_with(437);
}
