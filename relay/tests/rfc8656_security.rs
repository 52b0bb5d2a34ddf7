//! RFC 8656 §21 and §5: what others must not be able to do.

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Dropped, Transport};

/// §5: whoever can send from a client's address still cannot touch its allocation without its user name.
#[test]
fn s5_another_users_allocation_is_out_of_reach() {
    let mut bench = Bench::new();
    let owner = bench.joined(1, RoomTag(1));
    let relayed = bench.allocated(owner);
    let intruder = Client {
        tuple: owner.tuple,
        seat: bench.joined(1, RoomTag(1)).seat,
    };
    bench.refresh(intruder, 600).is_rejected_with(441);
    bench.refresh(intruder, 0).is_rejected_with(441);
    bench.permit(intruder, relayed).is_rejected_with(441);
    bench.bind(intruder, 0x4000, relayed).is_rejected_with(441);
    assert_eq!(bench.relay.stats().allocations, 1);
    bench.refresh(owner, 600).succeeds();
}

/// §21.1.6 and security.md B3: requests without valid credentials leave nothing behind.
#[test]
fn s21_1_unauthenticated_requests_leave_no_state() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    for n in 0..2000_u16 {
        bench.after_duration(std::time::Duration::from_millis(5));
        let mut request = bench.builder(ALLOCATE).with_transport(17);
        if n % 2 == 0 {
            request = request
                .with(USERNAME, client.seat.username().as_bytes())
                .with(REALM, REALM_NAME.as_bytes())
                .with(NONCE, b"obMatJos2AAACnonsense")
                .with(MESSAGE_INTEGRITY, &[n as u8; 20]);
        }
        bench
            .send(tuple(n, Transport::Udp), &request.bytes)
            .is_rejected_with(401);
    }
    let stats = bench.relay.stats();
    assert_eq!((stats.allocations, stats.opened, stats.successes), (0, 0, 0));
    assert_eq!(stats.challenges, 2000);
    assert!(bench.flows.is_empty());
    assert_eq!(bench.relay.poll_timeout(), None);
    assert!(bench.relay.is_consistent());
}

/// A failed request changes nothing about the allocation it names.
#[test]
fn s5_a_forged_request_changes_nothing() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.permit(one, second).succeeds();
    bench.permit(other, first).succeeds();
    for method in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let request = bench.builder(method).with_transport(17).with(LIFETIME, &[0; 4]);
        let mut forged = bench.signed(one, request).bytes;
        let last = forged.len() - 1;
        forged[last] ^= 1;
        bench.send(one.tuple, &forged).is_rejected_with(401);
    }
    bench.say(one, second, b"still talking").unwrap();
}

/// §21.1.4: media from another address than the allocation's is nobody's.
#[test]
fn s21_1_media_from_a_foreign_five_tuple_is_dropped() {
    let (mut bench, [(one, first), (other, second)]) = Bench::with_pair();
    bench.bind(one, 0x4000, second).succeeds();
    bench.permit(other, first).succeeds();
    let mut elsewhere = one.tuple;
    elsewhere.client.set_port(elsewhere.client.port() + 1);
    assert_eq!(
        bench.forward(elsewhere, &channel_data(0x4000, b"x")),
        Err(Dropped::NoAllocation)
    );
    let mut by_tcp = one.tuple;
    by_tcp.transport = Transport::Tcp;
    assert_eq!(
        bench.forward(by_tcp, &channel_data(0x4000, b"x")),
        Err(Dropped::NoAllocation)
    );
}

/// §21.2, security.md A6: nothing that is relayed enters the relay again, so nothing can circle.
#[test]
fn s21_3_a_client_that_is_its_own_peer_gets_one_copy() {
    let (mut bench, [(one, first), _]) = Bench::with_pair();
    bench.bind(one, 0x4000, first).succeeds();
    let delivery = bench.say_on(one, 0x4000, b"echo").unwrap();
    assert_eq!((delivery.to, delivery.how), (one.tuple, How::Channel(0x4000)));
    assert_eq!(bench.flows.forwarded().packets, 1);
}

/// A captured request can be sent again from its own address only, and does the same once more.
#[test]
fn s21_1_a_replayed_request_has_no_new_effect() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    bench.allocate(client).succeeds();
    let request = bench.builder(REFRESH).with(LIFETIME, &600_u32.to_be_bytes());
    let captured = bench.signed(client, request).bytes;
    bench.send(client.tuple, &captured).succeeds();
    bench.send(client.tuple, &captured).succeeds();
    assert_eq!(bench.relay.stats().allocations, 1);
    bench.after(620);
    bench.send(client.tuple, &captured).is_rejected_with(438);
}

/// Nothing that an answer says differs between a stranger's request and a wrong one, byte for byte.
#[test]
fn s21_1_strangers_and_wrong_passwords_get_equal_challenges_from_equal_requests() {
    let mut bench = Bench::new();
    let client = bench.joined(1, RoomTag(1));
    let other = bench.joined(1, RoomTag(2));
    bench.allocate(other).succeeds();
    let mut answer = |username: &str| {
        let request = Builder::new(REFRESH, [3; 12])
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, b"some nonce")
            .signed(b"some key");
        bench
            .send(client.tuple, &request.bytes)
            .is_rejected_with(401)
            .bytes
    };
    let stranger = answer("00000000000000000000000000000000");
    assert_eq!(answer(&client.seat.username()), stranger);
    assert_eq!(answer(&other.seat.username()), stranger);
}
