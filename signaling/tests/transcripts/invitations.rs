//! Invitations (seal, section 7): hosts leave boxes, whoever names the id gets them, revoking takes them away.

use parlour_signaling::{
    ClientMessage, Empty, ErrorCode, Invitation, Invite, Redeem, RoomId, SealedBox, ServerMessage,
};

use crate::common::{Bench, Host, Person, Rules, config, link};

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
