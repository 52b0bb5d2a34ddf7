//! RFC 8656 §9, §10: permissions. Here there is one peer address, so there is one permission.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped};

#[test]
fn s10_2_a_permission_is_created_and_says_nothing() {
    let (mut bench, [(one, _), (_, second)]) = Bench::with_pair();
    let answer = bench.permit(one, second).succeeds();
    assert_eq!(answer.numbers(), [MESSAGE_INTEGRITY]);
}

#[test]
fn s10_2_without_a_peer_it_is_a_bad_request() {
    let (mut bench, [(one, _), _]) = Bench::with_pair();
    let request = bench.builder(CREATE_PERMISSION);
    bench.request(one, request).is_rejected_with(400);
}

#[test]
fn s10_2_a_malformed_peer_is_a_bad_request() {
    let (mut bench, [(one, _), _]) = Bench::with_pair();
    for value in [
        &[][..],
        &[0, 1, 0, 0],
        &[0, 1, 0, 0, 1, 2, 3],
        &[0, 2, 0, 0, 1, 2, 3, 4],
        &[0, 3, 0, 0, 1, 2, 3, 4],
    ] {
        let request = bench.builder(CREATE_PERMISSION).with(XOR_PEER_ADDRESS, value);
        bench.request(one, request).is_rejected_with(400);
    }
}

/// §9: the port of the peer does not matter.
#[test]
fn s9_a_permission_is_for_the_address_whatever_the_port() {
    let (mut bench, [(one, _), (other, second)]) = Bench::with_pair();
    let mut elsewhere = second;
    elsewhere.set_port(0);
    bench.permit(one, elsewhere).succeeds();
    elsewhere.set_port(65_535);
    bench.permit(other, elsewhere).succeeds();
    bench.say(one, second, b"hello").unwrap();
}

#[test]
fn s10_2_several_peers_are_permitted_by_one_request() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    let request = bench
        .builder(CREATE_PERMISSION)
        .with_address(XOR_PEER_ADDRESS, first)
        .with_address(XOR_PEER_ADDRESS, second);
    bench.request(one, request).succeeds();
    bench.say(one, second, b"hello").unwrap();
}

#[test]
fn s10_2_one_foreign_peer_among_several_refuses_all() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    let foreign = "198.51.100.77:9".parse().unwrap();
    for order in [[second, foreign], [foreign, second]] {
        let request = order
            .iter()
            .fold(bench.builder(CREATE_PERMISSION), |request, peer| {
                request.with_address(XOR_PEER_ADDRESS, *peer)
            });
        bench.request(one, request).is_rejected_with(403);
    }
    assert_eq!(
        bench.say(one, second, b"x"),
        Err(Dropped::NoPermission),
        "nothing was installed"
    );
}

#[test]
fn s10_2_one_malformed_peer_among_several_refuses_all() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    let request = bench
        .builder(CREATE_PERMISSION)
        .with_address(XOR_PEER_ADDRESS, second)
        .with(XOR_PEER_ADDRESS, &[0, 1, 2]);
    bench.request(one, request).is_rejected_with(400);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s10_2_more_peers_than_allowed_are_beyond_capacity() {
    let mut bench = Bench::with(Config {
        permissions_per_allocation: 3,
        ..Config::default()
    });
    let client = bench.joined(1, RoomTag(1));
    let relayed = bench.allocated(client);
    let mut with_peers = |count: u16| {
        let request = (0..count).fold(bench.builder(CREATE_PERMISSION), |request, _| {
            request.with_address(XOR_PEER_ADDRESS, relayed)
        });
        bench.request(client, request)
    };
    with_peers(3).succeeds();
    with_peers(4).is_rejected_with(508);
}

#[test]
fn s9_a_permission_lasts_300_seconds() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.after(299);
    bench.say(one, second, b"x").unwrap();
    bench.after(1);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s9_a_permission_is_refreshed_by_repeating_the_request() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(other, first).succeeds();
    bench.permit(one, second).succeeds();
    bench.after(200);
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.after(200);
    bench.say(one, second, b"x").unwrap();
}

/// §9: a refresh of the allocation does not refresh its permissions.
#[test]
fn s9_a_refresh_does_not_refresh_permissions() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.after(200);
    bench.refresh(one, 600).succeeds();
    bench.after(100);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s9_sending_does_not_refresh_permissions() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    for _ in 0..299 {
        bench.after(1);
        bench.say(one, second, b"x").unwrap();
    }
    bench.after(1);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s9_permissions_end_with_the_allocation() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.refresh(one, 0).succeeds();
    bench.allocate(one).succeeds();
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoPermission));
}

#[test]
fn s5_without_an_allocation_a_permission_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench
        .permit(client, "192.0.2.1:5000".parse().unwrap())
        .is_rejected_with(437);
}
