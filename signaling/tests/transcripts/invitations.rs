//! Invitations (seal, section 7): hosts leave boxes, whoever names the id gets them, revoking takes them away.

use parlour_signaling::{
    ClientMessage, Empty, ErrorCode, Host as ShowHost, Invitation, Invite, Redeem, RoomId, SealedBox,
    ServerMessage, Signature,
};

use crate::common::{Bench, Host, Person, Rules, config, link, rate};

fn sealed(n: u8) -> SealedBox {
    SealedBox::new(vec![n; 80]).unwrap()
}

fn invite(id: u8, content: u8) -> ClientMessage {
    ClientMessage::Invite(Invite {
        inv_id: RoomId([id; 12]),
        inv_box: sealed(content),
    })
}

fn redeem(id: u8) -> ClientMessage {
    ClientMessage::Redeem(Redeem {
        inv_id: RoomId([id; 12]),
    })
}

fn revoke(id: u8) -> ClientMessage {
    ClientMessage::Revoke(Redeem {
        inv_id: RoomId([id; 12]),
    })
}

fn box_of(n: u8) -> ServerMessage {
    ServerMessage::Invitation(Invitation { inv_box: sealed(n) })
}

#[test]
fn a_box_is_handed_out_until_it_is_revoked() {
    let mut bench = Bench::new();
    let a = bench.room(&Host::new(1), &Rules::knock(link(1)));
    let b = bench.page();
    assert_eq!(bench.refused(b, redeem(9)), ErrorCode::NoSuchRoom);
    bench.done(a, invite(9, 1));
    assert_eq!(bench.ask(b, redeem(9)), box_of(1));
    assert_eq!(bench.ask(b, redeem(9)), box_of(1), "nobody burns it by its id");
    bench.done(a, revoke(9));
    assert_eq!(bench.refused(b, redeem(9)), ErrorCode::NoSuchRoom);
    bench.done(a, revoke(9));
}

#[test]
fn it_is_written_once() {
    let mut bench = Bench::new();
    let a = bench.room(&Host::new(1), &Rules::knock(link(1)));
    let other = bench.room(&Host::new(2), &Rules::knock(link(2)));
    bench.done(a, invite(9, 1));
    bench.done(a, invite(9, 1));
    assert_eq!(bench.refused(a, invite(9, 2)), ErrorCode::RoomExists);
    assert_eq!(bench.refused(other, invite(9, 1)), ErrorCode::RoomExists);
    bench.done(other, revoke(9));
    assert_eq!(
        bench.ask(other, redeem(9)),
        box_of(1),
        "only its own room revokes it"
    );
}

#[test]
fn only_hosts_invite() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let (b, c) = (bench.page(), bench.page());
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.done(a, invite(9, 1));
    assert_eq!(bench.refused(b, invite(8, 1)), ErrorCode::NotAllowed);
    assert_eq!(bench.refused(b, revoke(9)), ErrorCode::NotAllowed);
    assert_eq!(bench.refused(c, invite(8, 1)), ErrorCode::NotInRoom);
    assert_eq!(bench.ask(c, redeem(9)), box_of(1));
}

#[test]
fn a_room_has_so_many_and_takes_them_with_it() {
    let mut bench = Bench::with(parlour_signaling::Config {
        invitations_per_room: 2,
        ..config()
    });
    let a = bench.room(&Host::new(1), &Rules::knock(link(1)));
    bench.done(a, invite(1, 1));
    bench.done(a, invite(2, 1));
    assert_eq!(bench.refused(a, invite(3, 1)), ErrorCode::Busy);
    bench.done(a, revoke(1));
    bench.done(a, invite(3, 1));
    let b = bench.page();
    assert_eq!(
        bench.ask(a, ClientMessage::Leave(Empty {})),
        ServerMessage::Left(Empty {})
    );
    for id in 1..4 {
        assert_eq!(bench.refused(b, redeem(id)), ErrorCode::NoSuchRoom);
    }
}

#[test]
fn to_guess_ids_is_to_look_for_rooms_in_vain() {
    let mut bench = Bench::new();
    let a = bench.room(&Host::new(1), &Rules::knock(link(1)));
    bench.done(a, invite(200, 1));
    let b = bench.page();
    for id in 1..=10 {
        assert_eq!(bench.refused(b, redeem(id)), ErrorCode::NoSuchRoom);
    }
    assert_eq!(bench.refused(b, redeem(11)), ErrorCode::Rate);
    assert_eq!(bench.refused(b, redeem(200)), ErrorCode::Rate);
}

/// Somebody who was made host in mid-stay shows it once and can then do what hosts can, also on the porch.
#[test]
fn a_page_that_becomes_host_shows_the_key_later() {
    let mut bench = Bench::new();
    let (host, stranger) = (Host::new(1), Host::new(2));
    bench.room(&host, &Rules::knock(link(1)));
    let (b, c) = (bench.page(), bench.page());
    let (ben, cy) = (Person::new(2), Person::new(3));
    let shown = |host_in| ClientMessage::Host(ShowHost { host_in });
    assert_eq!(
        bench.refused(b, shown(host.host_in(&ben, 2))),
        ErrorCode::NotInRoom
    );
    assert!(!bench.join(b, host.join(link(1), &ben, 2)).seat);
    bench.join(c, host.join(link(1), &cy, 3));
    for wrong in [
        stranger.host_in(&ben, 2),
        host.host_in(&ben, 3),
        host.host_in(&cy, 3),
        Signature([0; 64]),
    ] {
        assert_eq!(bench.refused(b, shown(wrong)), ErrorCode::BadSignature);
    }
    assert_eq!(bench.refused(b, invite(9, 1)), ErrorCode::NotAllowed);

    bench.done(b, shown(host.host_in(&ben, 2)));
    bench.done(b, shown(host.host_in(&ben, 2)));
    bench.settle();
    assert_eq!(
        (bench.view(b).seats.len(), bench.view(b).porch.len()),
        (2, 1),
        "a host needs nobody to be let in, and brings nobody else in"
    );
    bench.done(b, invite(9, 1));
    assert_eq!(bench.refused(c, invite(8, 1)), ErrorCode::NotAllowed);
    bench.done(b, revoke(9));
}

/// A host's broken connection is waited for twice as long; from the moment on at which the key was shown.
#[test]
fn who_became_host_is_waited_for_like_a_host() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let (b, c) = (bench.page(), bench.page());
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.join(c, host.join(link(1), &Person::new(3), 3));
    let host_in = host.host_in(&Person::new(2), 2);
    bench.done(b, ClientMessage::Host(ShowHost { host_in }));
    bench.cut(b);
    bench.cut(c);
    bench.seconds(45);
    assert_eq!(bench.seats(a).len(), 2, "the guest is gone, the host is not");
    bench.seconds(30);
    assert_eq!(bench.seats(a).len(), 1);
}

/// Showing the key over and over is dear.
#[test]
fn showing_the_key_is_limited() {
    let mut bench = Bench::with(parlour_signaling::Config {
        costly: rate(3, 60),
        ..config()
    });
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let host_in = host.host_in(&Person::new(2), 2);
    let shown = ClientMessage::Host(ShowHost { host_in });
    bench.done(b, shown.clone());
    bench.done(b, shown.clone());
    assert_eq!(bench.refused(b, shown), ErrorCode::Rate);
}
