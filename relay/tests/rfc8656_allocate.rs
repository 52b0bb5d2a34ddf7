//! RFC 8656 §7: creating an allocation.

use std::net::SocketAddr;

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Transport};

#[test]
fn s7_2_an_allocation_gives_relayed_and_mapped_address_and_lifetime() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let answer = bench.allocate(client).succeeds();
    let relayed = answer.address(XOR_RELAYED_ADDRESS).unwrap();
    assert_eq!(relayed.ip(), bench.config.relayed_ip);
    assert!(relayed.port() >= 1024 && !bench.config.reserved_ports.contains(&relayed.port()));
    assert_eq!(answer.address(XOR_MAPPED_ADDRESS), Some(client.tuple.client));
    assert_eq!(answer.lifetime(), Some(600));
    assert_eq!(
        answer.numbers(),
        [
            XOR_RELAYED_ADDRESS,
            LIFETIME,
            XOR_MAPPED_ADDRESS,
            MESSAGE_INTEGRITY
        ]
    );
    assert_eq!(bench.relay.stats().allocations, 1);
}

#[test]
fn s7_2_a_second_allocation_on_the_same_five_tuple_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    bench.allocate(client).is_rejected_with(437);
    assert_eq!(bench.relay.stats().allocations, 1);
}

#[test]
fn s5_a_retransmitted_allocate_gets_the_same_bytes_again() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17);
    let request = bench.signed(client, request).bytes;
    let first = bench.send(client.tuple, &request).succeeds();
    for _ in 0..5 {
        bench.after(8);
        assert_eq!(bench.send(client.tuple, &request).succeeds().bytes, first.bytes);
    }
    assert_eq!(bench.relay.stats().opened, 1);
}

#[test]
fn s5_another_seat_with_the_same_transaction_id_is_no_retransmission() {
    let mut bench = Bench::new();
    let (one, other) = (bench.joined(1, RoomTag(1)), bench.joined(1, RoomTag(1)));
    let request = bench.builder(ALLOCATE).with_transport(17);
    bench.request(one, request.clone()).succeeds();
    bench.request(other, request).is_rejected_with(437);
}

#[test]
fn s7_2_without_requested_transport_it_is_a_bad_request() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE);
    bench.request(client, request).is_rejected_with(400);
    let request = bench.builder(ALLOCATE).with(REQUESTED_TRANSPORT, &[17]);
    bench.request(client, request).is_rejected_with(400);
}

#[test]
fn s7_2_of_all_transports_only_udp_is_relayed() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    for protocol in (0..=255).filter(|protocol| *protocol != 17) {
        let request = bench.builder(ALLOCATE).with_transport(protocol);
        bench.request(client, request).is_rejected_with(442);
        bench.after(1);
    }
    bench.allocate(client).succeeds();
}

#[test]
fn s7_2_dont_fragment_is_an_unknown_attribute_here() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(DONT_FRAGMENT, &[]);
    let answer = bench.request(client, request).is_rejected_with(420);
    assert_eq!(answer.get(UNKNOWN_ATTRIBUTES), Some(&[0x00, 0x1A][..]));
}

#[test]
fn s7_2_an_asked_lifetime_neither_raises_nor_lowers_the_default() {
    let mut bench = Bench::new();
    for (n, asked) in [(1, 0_u32), (2, 1), (3, 599), (4, 601), (5, 3600), (6, u32::MAX)] {
        let client = bench.joined(n, RoomTag(1));
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(LIFETIME, &asked.to_be_bytes());
        assert_eq!(
            bench.request(client, request).succeeds().lifetime(),
            Some(600),
            "asked {asked}"
        );
    }
    let client = bench.joined(7, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17).with(LIFETIME, &[0, 0]);
    bench.request(client, request).is_rejected_with(400);
}

#[test]
fn s7_2_ipv4_may_be_asked_for_and_ipv6_is_not_supported() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    for (family, code) in [(0x02, 440), (0x00, 440), (0x7F, 440)] {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
        bench.request(client, request).is_rejected_with(code);
    }
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(REQUESTED_ADDRESS_FAMILY, &[1, 0]);
    bench.request(client, request).is_rejected_with(400);
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]);
    bench.request(client, request).succeeds();
}

#[test]
fn s7_2_a_client_that_comes_by_ipv6_gets_an_ipv4_address() {
    let mut bench = Bench::new();
    let mut client = bench.joined(1, RoomTag(1));
    client.tuple.client = "[2001:db8::7]:4000".parse().unwrap();
    client.tuple.server = "[2001:db8::1]:3478".parse().unwrap();
    let answer = bench.allocate(client).succeeds();
    assert!(answer.address(XOR_RELAYED_ADDRESS).unwrap().is_ipv4());
    assert_eq!(answer.address(XOR_MAPPED_ADDRESS), Some(client.tuple.client));
}

#[test]
fn s7_2_an_additional_ipv6_address_is_refused_inside_the_success() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    let answer = bench.request(client, request).succeeds();
    assert!(answer.address(XOR_RELAYED_ADDRESS).unwrap().is_ipv4());
    assert_eq!(answer.get(ADDRESS_ERROR_CODE), Some(&[2, 0, 4, 40][..]));
}

#[test]
fn s7_2_ipv4_cannot_be_additional() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(ADDITIONAL_ADDRESS_FAMILY, &[1, 0, 0, 0]);
    bench.request(client, request).is_rejected_with(400);
}

#[test]
fn s7_2_requested_and_additional_family_exclude_each_other() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0])
        .with(ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    bench.request(client, request).is_rejected_with(400);
}

#[test]
fn s7_2_even_port_without_reservation_gives_an_even_port() {
    let mut bench = Bench::new();
    for n in 1..=16 {
        let client = bench.joined(n, RoomTag(1));
        let request = bench.builder(ALLOCATE).with_transport(17).with(EVEN_PORT, &[0]);
        let relayed = bench
            .request(client, request)
            .succeeds()
            .address(XOR_RELAYED_ADDRESS)
            .unwrap();
        assert_eq!(relayed.port() % 2, 0);
    }
}

#[test]
fn s7_2_a_reservation_is_not_to_be_had() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(EVEN_PORT, &[0x80]);
    bench.request(client, request).is_rejected_with(508);
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(EVEN_PORT, &[0, 0]);
    bench.request(client, request).is_rejected_with(400);
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(RESERVATION_TOKEN, &[7; 8]);
    bench.request(client, request).is_rejected_with(508);
}

#[test]
fn s7_2_a_reservation_token_excludes_the_other_wishes() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let others: [(u16, &[u8]); 3] = [
        (EVEN_PORT, &[0]),
        (REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]),
        (ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]),
    ];
    for (number, value) in others {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(RESERVATION_TOKEN, &[7; 8])
            .with(number, value);
        bench.request(client, request).is_rejected_with(400);
    }
}

#[test]
fn s7_2_an_even_port_with_reservation_and_an_additional_family_contradict_each_other() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(EVEN_PORT, &[0x80])
        .with(ADDITIONAL_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    bench.request(client, request).is_rejected_with(400);
}

#[test]
fn s3_1_allocations_come_by_udp_tcp_and_tls_alike() {
    let mut bench = Bench::new();
    let mut ports = Vec::new();
    for (n, transport) in [(1, Transport::Udp), (2, Transport::Tcp), (3, Transport::Tls)] {
        let client = bench.joined_by(n, RoomTag(1), transport);
        ports.push(bench.allocated(client).port());
    }
    ports.dedup();
    assert_eq!(ports.len(), 3);
}

#[test]
fn s2_2_transports_and_server_addresses_make_different_five_tuples() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let mut by_tcp = client;
    by_tcp.tuple.transport = Transport::Tcp;
    bench.allocate(by_tcp).succeeds();
    let mut elsewhere = client;
    elsewhere.tuple.server = SocketAddr::from(([203, 0, 113, 2], 3478));
    bench.allocate(elsewhere).succeeds();
    assert_eq!(bench.relay.stats().allocations, 3);
}

#[test]
fn s7_2_when_every_port_is_taken_the_server_is_at_capacity() {
    let reserved_ports = (1024..=u16::MAX)
        .filter(|port| !(5000..5003).contains(port))
        .collect();
    let mut bench = Bench::with(Config {
        reserved_ports,
        ..Config::default()
    });
    for n in 1..=3 {
        let client = bench.joined(n, RoomTag(1));
        assert!((5000..5003).contains(&bench.allocated(client).port()));
    }
    let late = bench.joined(4, RoomTag(1));
    bench.allocate(late).is_rejected_with(508);
    assert!(bench.relay.is_consistent());
}

#[test]
fn s7_2_an_allocation_in_its_grace_gives_way_to_a_new_one() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let first = bench.allocated(client);
    bench.after(599);
    bench.forget_nonce(client.tuple);
    bench.allocate(client).is_rejected_with(437);
    bench.after(2);
    let second = bench.allocated(client);
    assert_ne!(first, second);
    assert_eq!(bench.relay.stats().allocations, 1);
}
