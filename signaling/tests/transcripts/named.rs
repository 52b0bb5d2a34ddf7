//! Named rooms (seal, sections 1.4 and 1.7): no box, no link, one name, and who has it after a restart.

use parlour_signaling::{
    ByeCode, Claim, ClientMessage, ErrorCode, HostClaim, HostPk, Look, RoomName, ServerMessage,
};

use crate::common::{Bench, Host, Person, Rules, link, name_id};

const NAME: &str = "choir";

fn claim(n: u8) -> Claim {
    Host::named(n, NAME).claim(name_id(NAME), &[Rules::named()])
}

fn look(bench: &mut Bench, page: usize) -> Vec<HostClaim> {
    let room_id = name_id(NAME);
    match bench.ask(page, ClientMessage::Look(Look { room_id })) {
        ServerMessage::Room(room) => room.hosts,
        other => panic!("{other:?}"),
    }
}

fn keys(bench: &mut Bench, page: usize) -> Vec<HostPk> {
    look(bench, page).iter().map(|host| host.host_pk).collect()
}

/// Host `n` makes the room and takes a seat.
fn open(bench: &mut Bench, n: u8) -> usize {
    let page = bench.page();
    bench.done(page, ClientMessage::Create(claim(n)));
    sit(bench, page, n, n);
    page
}

/// Somebody of host `n`'s room gives it back and takes a seat.
fn bring_back(bench: &mut Bench, n: u8, person: u8) -> usize {
    let page = bench.page();
    bench.done(page, ClientMessage::Restore(claim(n)));
    sit(bench, page, n, person);
    page
}

fn sit(bench: &mut Bench, page: usize, n: u8, person: u8) {
    let join = Host::named(n, NAME).join(name_id(NAME), &Person::new(person), person);
    assert!(bench.join(page, join).seat);
}

fn bye(bench: &mut Bench, page: usize) -> Option<ByeCode> {
    bench.heard(page).into_iter().find_map(|message| match message {
        ServerMessage::Bye(bye) => Some(bye.code),
        _ => None,
    })
}

#[test]
fn the_first_one_makes_it_and_others_come_in() {
    let mut bench = Bench::new();
    assert_eq!(RoomName::of_name(NAME).unwrap().id(), Some(name_id(NAME)));
    let host = Host::named(1, NAME);
    let first = bench.page();
    let room_id = name_id(NAME);
    let nobody = ClientMessage::Look(Look { room_id });
    assert_eq!(bench.refused(first, nobody), ErrorCode::NoSuchRoom);
    bench.done(first, ClientMessage::Create(claim(1)));
    let as_host = host.join_as_host(room_id, &Person::new(1), 1);
    assert!(bench.join(first, as_host).seat);
    let guest = bench.page();
    let [seen] = &look(&mut bench, guest)[..] else {
        panic!()
    };
    assert_eq!(
        (seen.host_pk, &seen.room_box, seen.box_sig, seen.seats),
        (host.pk(), &None, None, 1)
    );
    sit(&mut bench, guest, 1, 2);
    bench.settle();
    assert_eq!(bench.seats(first).len(), 2);
}

#[test]
fn a_name_is_taken_until_its_room_ends_and_free_afterwards() {
    let mut bench = Bench::new();
    let first = open(&mut bench, 1);
    let second = bench.page();
    let refused = bench.refused(second, ClientMessage::Create(claim(2)));
    assert_eq!(refused, ErrorCode::RoomExists);
    bench.leave(first);
    let room_id = name_id(NAME);
    assert_eq!(
        bench.refused(second, ClientMessage::Look(Look { room_id })),
        ErrorCode::NoSuchRoom,
        "a link would be over"
    );
    let again = bench.refused(second, ClientMessage::Restore(claim(1)));
    assert_eq!(
        again,
        ErrorCode::RoomOver,
        "the host key of what has ended opens nothing"
    );
    bench.done(second, ClientMessage::Create(claim(2)));
    assert_eq!(keys(&mut bench, second), [Host::named(2, NAME).pk()]);
}

#[test]
fn papers_of_one_kind_are_none_of_the_other() {
    let mut bench = Bench::new();
    let page = bench.page();
    let (named, linked) = (Host::named(1, NAME), Host::new(1));
    let with_box = linked.claim(link(1), &[Rules::open(link(1))]);
    let rules = Rules::open(link(1));
    let bent = [
        // A box where there is none, none where there must be one, and half of one.
        (
            Claim {
                room_box: with_box.room_box.clone(),
                box_sig: with_box.box_sig,
                ..claim(1)
            },
            ErrorCode::BadRequest,
        ),
        (
            Claim {
                room_box: None,
                box_sig: None,
                ..with_box.clone()
            },
            ErrorCode::BadRequest,
        ),
        (
            Claim {
                box_sig: None,
                ..with_box.clone()
            },
            ErrorCode::BadRequest,
        ),
        // Under the id of another name, or of a link.
        (
            Claim {
                room_id: name_id("other"),
                ..claim(1)
            },
            ErrorCode::BadRequest,
        ),
        (
            Claim {
                room_id: link(1),
                ..claim(1)
            },
            ErrorCode::BadRequest,
        ),
        // A link in a named room, none in a link room.
        (named.claim(name_id(NAME), &[rules]), ErrorCode::BadState),
        (linked.claim(link(1), &[Rules::named()]), ErrorCode::BadState),
        // States of two rooms.
        (
            Claim {
                states: [
                    claim(1).states,
                    Host::named(1, "other").states(&[Rules::named()]).states,
                ]
                .concat(),
                ..claim(1)
            },
            ErrorCode::BadState,
        ),
    ];
    for (n, (claim, code)) in bent.into_iter().enumerate() {
        assert_eq!(bench.refused(page, ClientMessage::Create(claim)), code, "{n}");
    }
    for name in ["Choir", "a b", "", "ch\u{f6}r"] {
        let host = Host::named(1, name);
        let claim = host.claim(name_id(name), &[Rules::named()]);
        assert_eq!(
            bench.refused(page, ClientMessage::Create(claim)),
            ErrorCode::BadState,
            "{name}"
        );
    }
    assert_eq!(bench.machine.stats().rooms, 0);
}

#[test]
fn a_host_key_has_one_room() {
    let mut bench = Bench::new();
    let page = open(&mut bench, 1);
    let other = Host::named(1, "other");
    let elsewhere = other.claim(name_id("other"), &[Rules::named()]);
    assert_eq!(
        bench.refused(page, ClientMessage::Create(elsewhere)),
        ErrorCode::BadState
    );
    let linked = Host::new(1).claim(link(1), &[Rules::open(link(1))]);
    assert_eq!(
        bench.refused(page, ClientMessage::Create(linked)),
        ErrorCode::BadState
    );
    let states = other.states(&[Rules::named().next()]);
    assert_eq!(
        bench.refused(page, ClientMessage::State(states)),
        ErrorCode::BadState
    );
}

#[test]
fn a_core_for_another_name_is_nobodys() {
    let mut bench = Bench::new();
    open(&mut bench, 1);
    let page = bench.page();
    let (other, ben) = (Host::named(1, "other"), Person::new(2));
    let mut join = other.join(name_id(NAME), &ben, 2);
    let session = bench.session(page);
    join.join_sig = ben.join_sig(other.room(), session, &join.core);
    assert_eq!(
        bench.refused(page, ClientMessage::Join(join)),
        ErrorCode::BadSignature
    );
}

/// Seal 1.4: a name created within 60 s of a start gives way to a restore that has more seats.
#[test]
fn who_was_quick_after_a_restart_makes_way_for_those_who_were_here_before() {
    let mut bench = Bench::new();
    bench.seconds(59);
    let squatter = open(&mut bench, 9);
    let ana = bring_back(&mut bench, 1, 1);
    let looker = bench.page();
    assert_eq!(keys(&mut bench, looker).len(), 2, "as many people here as there");
    let ben = bring_back(&mut bench, 1, 2);
    assert_eq!(keys(&mut bench, looker), [Host::named(1, NAME).pk()]);
    assert_eq!(bye(&mut bench, squatter), Some(ByeCode::GaveWay));
    bench.settle();
    assert_eq!((bench.seats(ana).len(), bench.seats(ben).len()), (2, 2));
    assert_eq!(bench.relay.open.len(), 2, "the squatter's relay seat has ended");
}

#[test]
fn a_room_that_was_made_later_makes_way_for_nobody() {
    let mut bench = Bench::new();
    bench.seconds(61);
    let ana = open(&mut bench, 1);
    for person in 2..=4 {
        bring_back(&mut bench, 9, person);
    }
    assert_eq!(bye(&mut bench, ana), None);
    assert_eq!(keys(&mut bench, ana), [1, 9].map(|n| Host::named(n, NAME).pk()));
}

#[test]
fn nor_does_one_that_has_stood_for_ten_minutes() {
    let mut bench = Bench::new();
    let ana = open(&mut bench, 1);
    bench.seconds(601);
    for person in 2..=4 {
        bring_back(&mut bench, 9, person);
    }
    assert_eq!(bye(&mut bench, ana), None);
}

#[test]
fn a_named_room_has_invitations_passwords_and_doors_like_any_other() {
    let mut bench = Bench::new();
    let host = Host::named(1, NAME);
    let page = bench.page();
    let rules = Rules {
        door: "knock",
        ..Rules::named()
    };
    let papers = host.claim(name_id(NAME), std::slice::from_ref(&rules));
    bench.done(page, ClientMessage::Create(papers));
    assert!(
        bench
            .join(page, host.join_as_host(name_id(NAME), &Person::new(1), 1))
            .seat
    );
    let guest = bench.page();
    let knock = host.join(name_id(NAME), &Person::new(2), 2);
    assert!(!bench.join(guest, knock).seat);
    let admitted = host.states(&[rules.next().members(&[&Person::new(2)])]);
    bench.done(page, ClientMessage::State(admitted));
    bench.settle();
    assert_eq!(bench.seats(page).len(), 2);
}
