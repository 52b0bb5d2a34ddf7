//! Every budget of the relay: what it allows, and what whoever exceeds it gets.

use std::time::Duration;

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped, FiveTuple, Transport};

fn v4(a: u8, b: u8, port: u16) -> FiveTuple {
    FiveTuple {
        client: std::net::SocketAddr::from(([198, 51, a, b], port)),
        ..tuple(1, Transport::Udp)
    }
}

fn bindings_answered(bench: &mut Bench, count: usize, from: impl Fn(usize) -> FiveTuple) -> usize {
    (0..count)
        .filter(|n| {
            let request = bench.builder(BINDING).bytes;
            bench.send(from(*n), &request).0.is_some()
        })
        .count()
}

#[test]
fn strangers_get_ten_answers_a_second_and_twenty_at_once_per_address() {
    let mut bench = Bench::new();
    let many_ports = |n: usize| v4(1, 1, 1000 + n as u16);
    assert_eq!(
        bindings_answered(&mut bench, 100, many_ports),
        20,
        "the port does not matter"
    );
    assert_eq!(bench.relay.stats().dropped(Dropped::SourceLimit), 80);
    bench.after(1);
    assert_eq!(bindings_answered(&mut bench, 100, many_ports), 10);
    assert_eq!(
        bindings_answered(&mut bench, 100, |_| v4(1, 2, 9)),
        20,
        "others are not touched"
    );
}

#[test]
fn challenges_and_bindings_draw_on_the_same_budget() {
    let mut bench = Bench::new();
    bindings_answered(&mut bench, 20, |_| v4(1, 1, 9));
    let request = bench.builder(ALLOCATE).with_transport(17).bytes;
    bench.send(v4(1, 1, 9), &request).is_silence();
}

/// A nonce proves an address, not a right: whoever guesses passwords is a stranger all the same.
#[test]
fn wrong_passwords_are_paced_even_with_a_good_nonce() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17);
    let mut wrong = bench.signed(client, request).bytes;
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    let answered = (0..100)
        .filter(|_| bench.send(client.tuple, &wrong).0.is_some())
        .count();
    assert_eq!(answered, 19, "twenty at once, the first challenge among them");
}

#[test]
fn an_ipv6_source_is_its_64() {
    let mut bench = Bench::new();
    let answered = bindings_answered(&mut bench, 100, |n| FiveTuple {
        client: format!("[2001:db8:0:1::{n:x}]:4000").parse().unwrap(),
        server: "[2001:db8::1]:3478".parse().unwrap(),
        transport: Transport::Udp,
    });
    assert_eq!(answered, 20);
}

#[test]
fn streams_have_proved_their_address_and_are_not_limited() {
    let mut bench = Bench::new();
    assert_eq!(
        bindings_answered(&mut bench, 500, |_| tuple(1, Transport::Tls)),
        500
    );
}

#[test]
fn all_strangers_together_get_2000_answers_a_second() {
    let mut bench = Bench::new();
    let anywhere = |n: usize| v4((n >> 8) as u8, n as u8, 9);
    assert_eq!(bindings_answered(&mut bench, 10_000, anywhere), 2000);
    assert_eq!(bench.relay.stats().dropped(Dropped::ServerLimit), 8000);
}

/// Under a flood, those who are in a room go on as if nothing were.
#[test]
fn a_member_is_answered_while_strangers_flood() {
    let mut bench = Bench::new();
    let member = bench.joined(60_000, RoomTag(1));
    bench.allocate(member).succeeds();
    bindings_answered(&mut bench, 5000, |n| v4((n >> 8) as u8, n as u8, 9));
    let mut second = member;
    second.tuple.client.set_port(41_000);
    bench.allocate(second).succeeds();
    bench.refresh(member, 600).succeeds();
}

/// A mesh of eight opens dozens of allocations at once, and a whole office may sit behind one address.
#[test]
fn whoever_authenticates_gets_back_what_the_challenge_cost() {
    let mut bench = Bench::new();
    let clients: Vec<_> = (0..8).map(|n| bench.joined(n, RoomTag(1))).collect();
    for (n, client) in clients.iter().cycle().take(200).enumerate() {
        let one = Client {
            tuple: v4(9, 9, 10_000 + n as u16),
            ..*client
        };
        bench.allocate(one).succeeds();
    }
}

#[test]
fn the_rates_are_configurable_down_to_silence() {
    let mut bench = Bench::with(Config {
        replies_per_source: 0,
        ..Config::default()
    });
    assert_eq!(bindings_answered(&mut bench, 10, |_| v4(1, 1, 9)), 0);
    let mut bench = Bench::with(Config {
        replies_per_server: 3,
        ..Config::default()
    });
    assert_eq!(bindings_answered(&mut bench, 10, |_| v4(1, 1, 9)), 3);
}

/// The mirror must not enlarge: no unauthenticated answer is more than 2.3 times its request.
#[test]
fn no_stranger_gets_more_than_2_3_times_what_it_sent() {
    let mut bench = Bench::new();
    let mut checked = 0;
    for message_type in [BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        for padding in 0..40 {
            for variant in 0..8 {
                let mut request = bench.builder(message_type);
                if variant & 1 != 0 {
                    request = request.with_transport(17);
                }
                if padding > 0 {
                    request = request.with(SOFTWARE, &vec![b'x'; padding * 4 - 4]);
                }
                if variant & 2 != 0 {
                    request = request.signed(b"nobody's key");
                }
                if variant & 4 != 0 {
                    request = request.fingerprinted();
                }
                let from = v4(checked as u8, (checked >> 8) as u8, 9);
                checked += 1;
                if let Some(answer) = bench.send(from, &request.bytes).0 {
                    let (sent, got) = (request.bytes.len(), answer.bytes.len());
                    assert!(got * 10 <= sent * 23, "{message_type}: {sent} bytes got {got}");
                }
                bench.after_duration(Duration::from_millis(1));
            }
        }
    }
}

/// The numbers that the design promises: 32/20, 64/28, and nothing for a header alone.
#[test]
fn the_smallest_requests_get_known_answers() {
    let mut bench = Bench::new();
    let allocate = bench.builder(ALLOCATE).with_transport(17).bytes;
    assert_eq!(allocate.len(), 28);
    assert_eq!(
        bench
            .send(v4(1, 1, 1), &allocate)
            .is_rejected_with(401)
            .bytes
            .len(),
        64
    );
    for message_type in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let header = bench.builder(message_type).bytes;
        bench.send(v4(1, 1, 1), &header).is_silence();
    }
    assert_eq!(bench.relay.stats().dropped(Dropped::WouldAmplify), 4);
    // Firefox: LIFETIME and FINGERPRINT leave room for the offer of SHA-256.
    let firefox = bench
        .builder(ALLOCATE)
        .with_transport(17)
        .with(LIFETIME, &3600_u32.to_be_bytes())
        .fingerprinted();
    let answer = bench.send(v4(1, 1, 1), &firefox.bytes).is_rejected_with(401);
    assert_eq!((firefox.bytes.len(), answer.bytes.len()), (44, 84));
    assert!(answer.has(PASSWORD_ALGORITHMS));
}

#[test]
fn a_realm_that_is_too_long_for_the_budget_costs_bare_requests_their_answer() {
    let mut bench = Bench::with(Config {
        realm: "a-much-longer-realm".to_owned(),
        ..Config::default()
    });
    let bare = bench.builder(ALLOCATE).with_transport(17).bytes;
    bench.send(tuple(1, Transport::Udp), &bare).is_silence();
    bench.send(tuple(1, Transport::Tcp), &bare).is_rejected_with(401);
}

#[test]
fn a_seat_has_sixteen_allocations_for_each_other_member() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let allocate = |bench: &mut Bench, count: u16| {
        (0..count)
            .take_while(|_| {
                let mut one = client;
                one.tuple
                    .client
                    .set_port(bench.relay.stats().opened as u16 + 1000);
                match bench.allocate(one).0.unwrap().error() {
                    None => true,
                    Some(code) => {
                        assert_eq!(code, 486);
                        false
                    }
                }
            })
            .count()
    };
    assert_eq!(allocate(&mut bench, 100), 16, "alone");
    bench.joined(2, RoomTag(1));
    assert_eq!(allocate(&mut bench, 100), 0, "with one other");
    bench.joined(3, RoomTag(1));
    assert_eq!(allocate(&mut bench, 100), 16, "with two others");
    let other = bench.joined(4, RoomTag(1));
    bench.allocate(other).succeeds();
}

#[test]
fn ending_an_allocation_gives_its_place_back() {
    let mut bench = Bench::with(Config {
        allocations_per_peer: 1,
        ..Config::default()
    });
    let client = bench.joined(1, RoomTag(1));
    let mut second = client;
    second.tuple.client.set_port(50_000);
    for _ in 0..100 {
        bench.allocate(client).succeeds();
        bench.allocate(second).is_rejected_with(486);
        bench.refresh(client, 0).succeeds();
    }
    assert!(bench.relay.is_consistent());
}

/// After its NAT gave it another address, a browser cannot free what it had; it must not lock itself out.
#[test]
fn a_full_seat_loses_its_longest_silent_allocation() {
    let mut bench = Bench::with(Config {
        allocations_per_peer: 2,
        ..Config::default()
    });
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    let with_port = |port| {
        let mut one = client;
        one.tuple.client.set_port(port);
        one
    };
    let (old, talking, new) = (with_port(1), with_port(2), with_port(3));
    bench.allocate(talking).succeeds();
    let relayed = bench.allocated(old);
    bench.permit(talking, relayed).succeeds();
    bench.permit(old, relayed).succeeds();
    bench.after(59);
    bench.allocate(new).is_rejected_with(486);
    bench.say(talking, relayed, b"media keeps it alive").unwrap();
    bench.after(1);
    bench.allocate(new).succeeds();
    assert_eq!(bench.closed, [old.tuple]);
    bench.refresh(old, 600).is_rejected_with(437);
    bench.refresh(talking, 600).succeeds();
    assert_eq!(
        (bench.relay.stats().allocations, bench.relay.stats().retired),
        (2, 1)
    );
}

#[test]
fn the_server_has_a_limit_and_says_508() {
    let mut bench = Bench::with(Config {
        allocations_per_server: 3,
        ..Config::default()
    });
    let clients: Vec<_> = (1..=4).map(|n| bench.joined(n, RoomTag(u64::from(n)))).collect();
    for client in &clients[..3] {
        bench.allocate(*client).succeeds();
    }
    bench.allocate(clients[3]).is_rejected_with(508);
    bench.close_seat(clients[0].seat);
    bench.allocate(clients[3]).succeeds();
}

/// Allocating and freeing in a circle must not put every number of the server to rest.
#[test]
fn a_seat_can_put_only_so_many_numbers_to_rest() {
    let mut bench = Bench::with(Config {
        quarantined_per_seat: 10,
        ..Config::default()
    });
    let client = bench.joined(1, RoomTag(1));
    for _ in 0..10 {
        bench.allocate(client).succeeds();
        bench.refresh(client, 0).succeeds();
    }
    bench.allocate(client).is_rejected_with(486);
    bench.after(600);
    bench.forget_nonce(client.tuple);
    bench.allocate(client).succeeds();
}

#[test]
fn a_thousand_cycles_leave_nothing_behind() {
    let mut bench = Bench::new();
    for n in 0..1000_u64 {
        let client = bench.joined_by(1, RoomTag(n % 7), Transport::Tcp);
        bench.allocate(client).succeeds();
        if n % 3 == 0 {
            bench.refresh(client, 0).succeeds();
        }
        bench.close_seat(client.seat);
        bench.after_duration(Duration::from_millis(50));
        bench.forget_nonce(client.tuple);
    }
    bench.after(600);
    assert!(bench.relay.is_consistent());
    assert_eq!(
        (
            bench.relay.stats().allocations,
            bench.relay.stats().seats,
            bench.flows.len()
        ),
        (0, 0, 0)
    );
    assert_eq!(bench.relay.poll_timeout(), None);
}

#[test]
fn requests_of_one_seat_are_paced() {
    let mut bench = Bench::with(Config {
        requests_per_seat: 10,
        ..Config::default()
    });
    let (client, other) = (bench.joined(1, RoomTag(1)), bench.joined(2, RoomTag(1)));
    bench.allocate(client).succeeds();
    bench.allocate(other).succeeds();
    let answered = (0..100)
        .filter(|_| bench.refresh(client, 600).0.is_some())
        .count();
    assert_eq!(answered, 19, "twenty at once, the Allocate among them");
    assert_eq!(bench.relay.stats().dropped(Dropped::RequestLimit), 81);
    bench.refresh(other, 600).succeeds();
    bench.after(1);
    assert_eq!(
        (0..100)
            .filter(|_| bench.refresh(client, 600).0.is_some())
            .count(),
        10
    );
}
