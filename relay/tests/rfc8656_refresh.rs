//! RFC 8656 §8: refreshing and ending an allocation, and its end by time.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Dropped, Transport};

#[test]
fn s8_2_a_refresh_gives_a_whole_lifetime() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    for _ in 0..5 {
        bench.after(540);
        bench.forget_nonce(client.tuple);
        let answer = bench.refresh(client, 600).succeeds();
        assert_eq!(answer.lifetime(), Some(600));
        assert_eq!(answer.numbers(), [LIFETIME, MESSAGE_INTEGRITY]);
    }
    assert_eq!(bench.relay.stats().allocations, 1);
}

#[test]
fn s8_2_other_lifetimes_become_the_default() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    for asked in [1, 30, 599, 601, 3600, u32::MAX] {
        assert_eq!(
            bench.refresh(client, asked).succeeds().lifetime(),
            Some(600),
            "asked {asked}"
        );
    }
    let request = bench.builder(REFRESH);
    assert_eq!(
        bench.request(client, request).succeeds().lifetime(),
        Some(600),
        "asked nothing"
    );
}

#[test]
fn s8_2_a_lifetime_of_zero_deletes_and_its_retransmission_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    assert_eq!(bench.refresh(client, 0).succeeds().lifetime(), Some(0));
    assert_eq!(bench.relay.stats().allocations, 0);
    assert!(bench.flows.is_empty());
    bench.refresh(client, 0).is_rejected_with(437);
    bench.allocate(client).succeeds();
}

#[test]
fn s8_2_deleting_leaves_a_stream_open_for_the_answer() {
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    bench.allocate(client).succeeds();
    bench.refresh(client, 0).succeeds();
    assert!(bench.closed.is_empty());
}

#[test]
fn s8_2_a_refresh_for_another_family_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let request = bench
        .builder(REFRESH)
        .with(REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    bench.request(client, request).is_rejected_with(443);
    let request = bench
        .builder(REFRESH)
        .with(REQUESTED_ADDRESS_FAMILY, &[1, 0, 0, 0]);
    bench.request(client, request).succeeds();
}

#[test]
fn s8_2_a_malformed_lifetime_is_a_bad_request() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    for value in [&[][..], &[0, 0, 0], &[0, 0, 0, 0, 0]] {
        let request = bench.builder(REFRESH).with(LIFETIME, value);
        bench.request(client, request).is_rejected_with(400);
    }
    assert_eq!(bench.relay.stats().allocations, 1);
}

#[test]
fn s5_without_an_allocation_a_refresh_is_a_mismatch() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.refresh(client, 600).is_rejected_with(437);
}

/// Firefox refreshes ten seconds before the end: one lost packet must not cost the call.
#[test]
fn s8_an_allocation_lives_thirty_seconds_longer_than_it_says() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.after(500);
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.after(129);
    bench.say(one, second, b"still here").unwrap();
    bench.forget_nonce(one.tuple);
    bench.refresh(one, 600).succeeds();
    bench.after(1);
    assert_eq!(
        bench.relay.stats().allocations,
        1,
        "the other one ended after 630 s"
    );
    assert_eq!(bench.say(one, second, b"gone"), Err(Dropped::DeadPeer));
    bench.forget_nonce(other.tuple);
    bench.refresh(other, 600).is_rejected_with(437);
}

/// The moment counts, not when a timer got round to it.
#[test]
fn s8_media_ends_to_the_moment_even_if_the_timer_is_late() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.after(400);
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.now += std::time::Duration::from_secs(230);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::NoAllocation));
}

#[test]
fn s8_a_receiver_is_dead_to_the_moment_even_if_the_timer_is_late() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.after(400);
    bench.refresh(one, 600).succeeds();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    bench.now += std::time::Duration::from_secs(229);
    bench.say(one, second, b"x").unwrap();
    bench.now += std::time::Duration::from_secs(1);
    assert_eq!(bench.say(one, second, b"x"), Err(Dropped::DeadPeer));
}

#[test]
fn s8_an_expired_allocation_takes_its_stream_with_it() {
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tls);
    bench.allocate(client).succeeds();
    bench.after(629);
    assert!(bench.closed.is_empty());
    bench.after(1);
    assert_eq!(bench.closed, [client.tuple]);
    assert_eq!(bench.relay.poll_timeout(), None);
}

#[test]
fn s7_2_a_closed_stream_ends_its_allocation() {
    let mut bench = Bench::new();
    let client = bench.joined_by(1, RoomTag(1), Transport::Tcp);
    bench.allocate(client).succeeds();
    bench.relay.handle_stream_closed(bench.now, client.tuple);
    bench.relay.handle_stream_closed(bench.now, client.tuple);
    bench.settle();
    assert_eq!(bench.relay.stats().allocations, 0);
    assert!(bench.flows.is_empty() && bench.closed.is_empty());
}
