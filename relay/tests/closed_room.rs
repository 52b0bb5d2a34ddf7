//! The closed relay: media goes between live allocations of one room and nowhere else, and the credential
//! is the seat. The rules are those of the relay's design, measured with browsers.

use std::net::{Ipv4Addr, SocketAddr};

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped, Transport};

/// Addresses that relays have been tricked into, and some that look harmless.
const FOREIGN: [&str; 42] = [
    "0.0.0.0:1",
    "0.1.2.3:80",
    "10.0.0.1:80",
    "100.64.0.1:80",
    "127.0.0.1:22",
    "127.8.8.8:3478",
    "169.254.169.254:80",
    "172.16.0.1:80",
    "172.17.0.1:2375",
    "192.0.0.1:80",
    "192.0.2.0:5000",
    "192.0.2.2:5000",
    "192.88.99.1:80",
    "192.168.1.1:80",
    "198.18.0.1:80",
    "198.51.100.1:80",
    "203.0.113.1:3478",
    "203.0.113.9:80",
    "224.0.0.1:80",
    "239.255.255.250:1900",
    "240.0.0.1:80",
    "255.255.255.255:67",
    "168.63.129.16:80",
    "8.8.8.8:53",
    "[::]:80",
    "[::1]:80",
    "[::127.0.0.1]:80",
    "[::ffff:127.0.0.1]:80",
    "[::ffff:192.0.2.1]:5000",
    "[::ffff:169.254.169.254]:80",
    "[64:ff9b::7f00:1]:80",
    "[64:ff9b::c000:201]:5000",
    "[64:ff9b:1::1]:80",
    "[2001::1]:80",
    "[2001:db8::1]:80",
    "[2002:7f00:1::]:80",
    "[2002:c000:201::]:5000",
    "[fc00::1]:80",
    "[fd00:ec2::254]:80",
    "[fe80::5efe:7f00:1]:80",
    "[fe80::1]:80",
    "[ff02::1]:80",
];

#[test]
fn a_foreign_peer_is_403_and_nothing_but_403() {
    let (mut bench, [(one, first), _]) = Bench::with_pair();
    bench.permit(one, first).succeeds();
    for (n, peer) in FOREIGN.iter().enumerate() {
        let peer: SocketAddr = peer.parse().unwrap();
        bench.permit(one, peer).is_rejected_with(403);
        bench.bind(one, 0x4100 + n as u16, peer).is_rejected_with(403);
        assert_eq!(bench.say(one, peer, b"x"), Err(Dropped::ForeignPeer), "{peer}");
    }
    assert_eq!(bench.flows.forwarded().packets, 0);
}

#[test]
fn a_dead_number_is_permitted_cannot_be_bound_and_drops_media() {
    let (mut bench, [(one, _), (other, second)]) = Bench::with_pair();
    bench.refresh(other, 0).succeeds();
    bench.permit(one, second).succeeds();
    bench.bind(one, 0x4000, second).is_rejected_with(403);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::DeadPeer));
}

#[test]
fn another_rooms_number_answers_exactly_like_a_dead_one() {
    let mut bench = Bench::new();
    let (one, stranger) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(2)));
    bench.allocate(one).succeeds();
    let foreign = bench.allocated(stranger);
    let dead = SocketAddr::new(foreign.ip(), if foreign.port() == 2000 { 2001 } else { 2000 });
    for peer in [foreign, dead] {
        bench.permit(one, peer).succeeds();
        let answer = bench.bind(one, 0x4000, peer).is_rejected_with(403);
        assert_eq!(answer.numbers(), [ERROR_CODE, MESSAGE_INTEGRITY]);
    }
    assert_eq!(bench.say(one, foreign, b"x"), Err(Dropped::OtherRoom));
    assert_eq!(bench.say(one, dead, b"x"), Err(Dropped::DeadPeer));
}

/// Permissions are per address and all have the same address: only the check per packet keeps rooms apart.
#[test]
fn rooms_hear_nothing_of_each_other_whatever_they_permit() {
    let mut bench = Bench::new();
    let clients: Vec<_> = (1..=6)
        .map(|n| bench.joined(n, RoomTag(u64::from(n % 2))))
        .collect();
    let relayed: Vec<_> = clients.iter().map(|client| bench.allocated(*client)).collect();
    for client in &clients {
        bench.permit(*client, relayed[0]).succeeds();
    }
    for (n, sender) in clients.iter().enumerate() {
        for (m, peer) in relayed.iter().enumerate() {
            let result = bench.say(*sender, *peer, b"x");
            if n % 2 == m % 2 {
                assert_eq!(result.unwrap().to, clients[m].tuple);
            } else {
                assert_eq!(result, Err(Dropped::OtherRoom));
            }
        }
    }
    assert_eq!(bench.flows.dropped(Dropped::OtherRoom), 18);
}

#[test]
fn ones_own_number_may_be_permitted_bound_and_talked_to() {
    let (mut bench, [(one, first), _]) = Bench::with_pair();
    bench.permit(one, first).succeeds();
    assert_eq!(bench.say(one, first, b"x").unwrap().to, one.tuple);
    bench.bind(one, 0x4000, first).succeeds();
}

/// Firefox asks once per address and then talks to five numbers.
#[test]
fn one_permission_is_enough_for_all_numbers_of_the_room() {
    let mut bench = Bench::new();
    let clients: Vec<_> = (1..=4).map(|n| bench.joined(n, RoomTag(1))).collect();
    let relayed: Vec<_> = clients.iter().map(|client| bench.allocated(*client)).collect();
    for client in &clients {
        bench.permit(*client, relayed[0]).succeeds();
    }
    for peer in &relayed {
        bench.say(clients[3], *peer, b"x").unwrap();
    }
}

#[test]
fn a_receiver_without_a_permission_hears_whom_it_has_bound() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.bind(other, 0x4001, first).succeeds();
    bench.after(301);
    let delivery = bench
        .say_on(one, 0x4000, b"the channel outlives the permission")
        .unwrap();
    assert_eq!(delivery.how, How::Channel(0x4001));
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn a_seat_that_was_never_opened_gets_nothing() {
    let mut bench = Bench::new();
    let client = Client {
        tuple: tuple(1, Transport::Udp),
        seat: bench.seat(),
    };
    bench.allocate(client).is_rejected_with(401);
    bench.relay.handle_seat_opened(bench.now, client.seat, RoomTag(1));
    bench.allocate(client).succeeds();
}

/// Nothing ends by the clock as long as the person is in the room.
#[test]
fn a_credential_has_no_expiry() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.after(30 * 24 * 3600);
    bench.allocate(client).succeeds();
}

#[test]
fn leaving_ends_credential_and_all_allocations_in_one_call() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let friend = bench.joined(2, RoomTag(1));
    let by = |n, transport| Client {
        tuple: tuple(n, transport),
        seat: client.seat,
    };
    let all = [
        client,
        by(3, Transport::Tcp),
        by(4, Transport::Tls),
        by(5, Transport::Udp),
    ];
    let relayed = all.map(|client| bench.allocated(client));
    let heard = bench.allocated(friend);
    for client in all {
        bench.permit(client, heard).succeeds();
    }
    bench.permit(friend, heard).succeeds();
    bench.relay.handle_seat_closed(bench.now, client.seat);
    bench.settle();
    assert_eq!(
        bench.closed,
        [all[1].tuple, all[2].tuple],
        "streams are closed, there is nothing to close of UDP"
    );
    assert_eq!((bench.relay.stats().allocations, bench.flows.len()), (1, 1));
    for (client, relayed) in all.into_iter().zip(relayed) {
        assert_eq!(bench.say(client, heard, b"x"), Err(Dropped::NoAllocation));
        assert_eq!(bench.say(friend, relayed, b"x"), Err(Dropped::DeadPeer));
        bench.refresh(client, 600).is_rejected_with(401);
        bench.allocate(client).is_rejected_with(401);
    }
    assert!(bench.relay.is_consistent());
}

#[test]
fn one_persons_leaving_leaves_the_others_alone() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    let third = bench.joined(3, RoomTag(1));
    bench.allocate(third).succeeds();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.close_seat(third.seat);
    bench.close_seat(third.seat);
    bench.say(one, second, b"still talking").unwrap();
}

#[test]
fn a_seat_may_come_back_and_starts_anew() {
    let (mut bench, [(one, _), _]) = Bench::with_pair();
    bench.close_seat(one.seat);
    bench.relay.handle_seat_opened(bench.now, one.seat, RoomTag(1));
    bench.refresh(one, 600).is_rejected_with(437);
    bench.allocate(one).succeeds();
}

#[test]
fn a_seat_that_changes_its_room_loses_its_allocations() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    bench.relay.handle_seat_opened(bench.now, one.seat, RoomTag(1));
    bench.settle();
    assert_eq!(bench.flows.len(), 2, "opening it again changes nothing");
    bench.relay.handle_seat_opened(bench.now, one.seat, RoomTag(2));
    bench.settle();
    assert_eq!(bench.flows.len(), 1);
    bench.allocate(one).succeeds();
    bench.permit(one, second).succeeds();
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::OtherRoom));
}

/// An old channel must never reach a newcomer: a number rests at least as long as a channel lives.
#[test]
fn a_freed_number_rests_ten_minutes() {
    let reserved_ports = (1024..=u16::MAX)
        .filter(|port| !(5000..5002).contains(port))
        .collect();
    let mut bench = Bench::with(Config {
        reserved_ports,
        ..Config::default()
    });
    let (one, leaver) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(1)));
    bench.allocate(one).succeeds();
    let left = bench.allocated(leaver);
    bench.bind(one, 0x4000, left).succeeds();
    bench.close_seat(leaver.seat);
    let newcomer = bench.joined(3, RoomTag(1));
    bench.after(590);
    bench.refresh(one, 600).succeeds();
    bench.allocate(newcomer).is_rejected_with(508);
    bench.after(10);
    assert_eq!(bench.allocated(newcomer), left, "the same number");
    bench.permit(newcomer, left).succeeds();
    assert_eq!(bench.say_on(one, 0x4000, b"x"), Err(Dropped::UnboundChannel));
}

#[test]
fn relayed_addresses_are_random_unprivileged_and_never_a_port_of_the_host() {
    let config = Config {
        relayed_ip: Ipv4Addr::new(203, 0, 113, 5),
        ..Config::default()
    };
    let mut bench = Bench::with(Config {
        reserved_ports: vec![3478, 443, 5349, 8443],
        ..config
    });
    let mut ports = Vec::new();
    for n in 0..500 {
        let client = bench.joined(n, RoomTag(u64::from(n)));
        let relayed = bench.allocated(client);
        assert_eq!(relayed.ip(), Ipv4Addr::new(203, 0, 113, 5));
        assert!(relayed.port() >= 1024 && ![3478, 443, 5349, 8443].contains(&relayed.port()));
        ports.push(relayed.port());
    }
    let ascending = ports.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((180..320).contains(&ascending), "{ascending} of 499 steps go up");
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 500);
}

#[test]
fn draining_refuses_newcomers_and_ends_the_rest_at_its_time() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    let by_tcp = bench.joined_by(3, RoomTag(1), Transport::Tcp);
    bench.allocate(by_tcp).succeeds();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench
        .relay
        .drain(bench.now, bench.now + std::time::Duration::from_secs(60));
    bench.settle();
    let late = bench.joined(4, RoomTag(1));
    bench.allocate(late).is_rejected_with(508);
    bench.after(59);
    bench.say(one, second, b"last words").unwrap();
    bench.refresh(one, 600).succeeds();
    bench.after(1);
    assert_eq!((bench.relay.stats().allocations, bench.flows.len()), (0, 0));
    assert_eq!(bench.closed, [by_tcp.tuple]);
    assert_eq!(bench.relay.poll_timeout(), None);
    bench.allocate(late).is_rejected_with(508);
}

#[test]
fn every_replica_decides_alike() {
    let mut bench = Bench::new();
    let mut replica = parlour_relay::Flows::new(&bench.config);
    let mut log = Vec::new();
    let (one, other) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(1)));
    for client in [one, other] {
        for request in [bench.builder(ALLOCATE).with_transport(17)] {
            let bytes = bench.signed(client, request).bytes;
            bench.relay.handle_client(bench.now, client.tuple, &bytes);
            while let Some(output) = bench.relay.poll_output() {
                if let parlour_relay::Output::Flow(change) = output {
                    bench.flows.apply(&change);
                    log.push(change);
                }
            }
        }
    }
    for change in &log {
        replica.apply(change);
    }
    assert_eq!(replica.len(), bench.flows.len());
    let packet = channel_data(0x4000, b"x");
    assert_eq!(
        replica.forward(bench.now, one.tuple, &packet),
        bench.flows.forward(bench.now, one.tuple, &packet)
    );
}
