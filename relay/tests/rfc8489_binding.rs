//! RFC 8489: the message format, Binding (§12), FINGERPRINT (§14.7) and unknown attributes (§6.3.1).

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Dropped, FiveTuple, Transport};

fn v6(port: u16) -> FiveTuple {
    FiveTuple {
        client: format!("[2001:db8::7]:{port}").parse().unwrap(),
        server: "[2001:db8::1]:3478".parse().unwrap(),
        transport: Transport::Udp,
    }
}

#[test]
fn s12_a_binding_says_where_the_request_came_from_and_nothing_else() {
    let mut bench = Bench::new();
    let from = tuple(1, Transport::Udp);
    let request = bench.builder(BINDING).bytes;
    let answer = bench.send(from, &request).succeeds();
    assert_eq!(answer.message_type, 0x0101);
    assert_eq!(answer.address(XOR_MAPPED_ADDRESS), Some(from.client));
    assert_eq!(answer.numbers(), [XOR_MAPPED_ADDRESS]);
}

#[test]
fn s14_2_ipv6_addresses_are_xored_with_cookie_and_transaction_id() {
    let mut bench = Bench::new();
    let request = bench.builder(BINDING).bytes;
    let answer = bench.send(v6(4000), &request).succeeds();
    assert_eq!(answer.address(XOR_MAPPED_ADDRESS), Some(v6(4000).client));
}

#[test]
fn s14_2_an_ipv4_address_on_a_dual_stack_socket_is_told_as_ipv4() {
    let mut bench = Bench::new();
    let mut from = v6(4000);
    from.client = "[::ffff:198.51.100.9]:4000".parse().unwrap();
    let request = bench.builder(BINDING).bytes;
    let answer = bench.send(from, &request).succeeds();
    assert_eq!(
        answer.address(XOR_MAPPED_ADDRESS),
        Some("198.51.100.9:4000".parse().unwrap())
    );
}

/// A mirror that enlarges is a weapon: 1.6 times for IPv4, 2.2 times for IPv6.
#[test]
fn s12_the_answer_is_as_small_as_it_can_be() {
    let mut bench = Bench::new();
    let request = bench.builder(BINDING).bytes;
    assert_eq!(request.len(), 20);
    assert_eq!(
        bench
            .send(tuple(1, Transport::Udp), &request)
            .succeeds()
            .bytes
            .len(),
        32
    );
    assert_eq!(bench.send(v6(1), &request).succeeds().bytes.len(), 44);
}

#[test]
fn s12_binding_needs_no_credentials_and_leaves_no_state() {
    let mut bench = Bench::new();
    for n in 0..1000 {
        let request = bench.builder(BINDING).bytes;
        bench.send(tuple(n, Transport::Udp), &request).succeeds();
    }
    assert_eq!(bench.relay.stats().allocations, 0);
    assert!(bench.flows.is_empty());
    assert_eq!(bench.relay.poll_timeout(), None);
}

#[test]
fn s14_7_the_answer_has_a_fingerprint_if_the_request_had_one() {
    let mut bench = Bench::new();
    let request = bench.builder(BINDING).fingerprinted().bytes;
    let answer = bench.send(tuple(1, Transport::Udp), &request).succeeds();
    assert_eq!(answer.numbers(), [XOR_MAPPED_ADDRESS, FINGERPRINT]);
    let covered = &answer.bytes[..answer.bytes.len() - 8];
    assert_eq!(answer.get(FINGERPRINT), Some(&fingerprint(covered)[..]));
}

#[test]
fn s7_3_a_wrong_fingerprint_is_dropped() {
    let mut bench = Bench::new();
    let request = bench.builder(BINDING).fingerprinted().bytes;
    for place in (8..20).chain(24..28) {
        let mut broken = request.clone();
        broken[place] ^= 0x10;
        bench.send(tuple(1, Transport::Udp), &broken).is_silence();
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::WrongFingerprint), 16);
}

#[test]
fn s14_7_nothing_may_follow_a_fingerprint() {
    let mut bench = Bench::new();
    let request = bench
        .builder(BINDING)
        .fingerprinted()
        .with(SOFTWARE, b"late")
        .bytes;
    bench.send(tuple(1, Transport::Udp), &request).is_silence();
    assert_eq!(bench.relay.stats().dropped(Dropped::Malformed), 1);
}

#[test]
fn s6_3_1_every_unknown_attribute_that_must_be_understood_is_named_in_420() {
    let known = [
        0x0001, // MAPPED-ADDRESS
        USERNAME,
        MESSAGE_INTEGRITY,
        ERROR_CODE,
        UNKNOWN_ATTRIBUTES,
        CHANNEL_NUMBER,
        LIFETIME,
        XOR_PEER_ADDRESS,
        DATA,
        REALM,
        NONCE,
        XOR_RELAYED_ADDRESS,
        REQUESTED_ADDRESS_FAMILY,
        EVEN_PORT,
        REQUESTED_TRANSPORT,
        MESSAGE_INTEGRITY_SHA256,
        PASSWORD_ALGORITHM,
        USERHASH,
        XOR_MAPPED_ADDRESS,
        RESERVATION_TOKEN,
    ];
    let mut bench = Bench::new();
    for number in 0..0x8000_u16 {
        let request = bench.builder(BINDING).with(number, &[]).bytes;
        let answer = bench.send(tuple(number, Transport::Tcp), &request);
        if known.contains(&number) {
            answer.succeeds();
        } else {
            let answer = answer.is_rejected_with(420);
            assert_eq!(answer.get(UNKNOWN_ATTRIBUTES), Some(&number.to_be_bytes()[..]));
        }
    }
}

#[test]
fn s6_3_1_several_unknown_attributes_are_named_once_each_in_order() {
    let mut bench = Bench::new();
    let request = bench
        .builder(BINDING)
        .with(0x7001, b"a")
        .with(0x0003, &[])
        .with(0x7001, b"b")
        .with(0xC001, b"optional")
        .bytes;
    let answer = bench
        .send(tuple(1, Transport::Udp), &request)
        .is_rejected_with(420);
    assert_eq!(
        answer.get(UNKNOWN_ATTRIBUTES),
        Some(&[0x70, 0x01, 0x00, 0x03][..])
    );
}

#[test]
fn s6_3_1_what_is_optional_to_understand_is_ignored() {
    let mut bench = Bench::new();
    for number in (0x8000..=0xFFFF_u16).filter(|number| *number != FINGERPRINT) {
        let request = bench.builder(BINDING).with(number, &[1, 2, 3]).bytes;
        bench.send(tuple(number, Transport::Tcp), &request).succeeds();
    }
}

#[test]
fn s6_3_other_methods_are_dropped() {
    let mut bench = Bench::new();
    for message_type in [
        0x0000, 0x0002, 0x0005, 0x0006, 0x0007, 0x000A, 0x000B, 0x000C, 0x0200, 0x3EEF,
    ] {
        let request = bench.builder(message_type).with_transport(17).bytes;
        bench.send(tuple(1, Transport::Udp), &request).is_silence();
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::UnknownMethod), 10);
}

#[test]
fn s6_3_responses_and_indications_are_dropped() {
    let mut bench = Bench::new();
    for message_type in [0x0101, 0x0111, 0x0011, 0x0103, 0x0113] {
        let request = bench.builder(message_type).bytes;
        bench.send(tuple(1, Transport::Udp), &request).is_silence();
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::Unexpected), 5);
}

#[test]
fn s5_cookie_length_and_top_bits_must_be_right() {
    let mut bench = Bench::new();
    let good = bench.builder(BINDING).with(SOFTWARE, b"test").bytes;
    let change = |place: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[place] = value;
        bytes
    };
    let longer = [good.clone(), vec![0; 4]].concat();
    let cases = [
        change(0, 0x40),
        change(0, 0x80),
        change(4, 0x20),
        change(7, 0x43),
        change(3, 4),
        change(3, 9),
        change(3, 12),
        change(2, 1),
        // The attribute is longer than the message, or its padding is missing.
        change(23, 5),
        change(22, 0xFF),
        longer,
        good[..19].to_vec(),
        Vec::new(),
    ];
    let count = cases.len() as u64;
    for bytes in cases {
        bench
            .relay
            .handle_client(bench.now, tuple(1, Transport::Udp), &bytes);
        bench.settle();
        assert!(bench.replies.is_empty(), "{bytes:02x?}");
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::Malformed), count);
    bench.send(tuple(1, Transport::Udp), &good).succeeds();
}

#[test]
fn s14_an_attribute_flood_is_no_message() {
    let mut bench = Bench::new();
    let with_attributes = |bench: &mut Bench, count| {
        (0..count)
            .fold(bench.builder(BINDING), |request, _| request.with(SOFTWARE, &[]))
            .bytes
    };
    let request = with_attributes(&mut bench, 96);
    bench.send(tuple(1, Transport::Udp), &request).succeeds();
    let request = with_attributes(&mut bench, 97);
    bench.send(tuple(1, Transport::Udp), &request).is_silence();
}

#[test]
fn s14_the_first_of_two_equal_attributes_counts() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17).with_transport(6);
    bench.request(client, request).succeeds();
    let other = bench.joined(2, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(6).with_transport(17);
    bench.request(other, request).is_rejected_with(442);
}

#[test]
fn s12_impossible_sources_are_not_answered() {
    let mut bench = Bench::new();
    let request = bench.builder(BINDING).bytes;
    for client in [
        "198.51.100.1:0",
        "0.0.0.0:4000",
        "224.0.0.1:4000",
        "255.255.255.255:4000",
        "[::]:4000",
        "[ff02::1]:4000",
        "203.0.113.1:3478",
    ] {
        let mut from = tuple(1, Transport::Udp);
        from.client = client.parse().unwrap();
        bench.send(from, &request).is_silence();
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::ImpossibleSource), 7);
}
