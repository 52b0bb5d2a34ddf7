//! "Making one", "Looking at one", "Joining", "The view".

use parlour_signaling::{ClientMessage, Empty, ErrorCode, Join, Look, RoomInfo, ServerMessage, Signature};

use crate::common::{Bench, Host, Person, Rules, link, signed};

fn look(bench: &mut Bench, page: usize, n: u8) -> RoomInfo {
    match bench.ask(page, ClientMessage::Look(Look { room_id: link(n) })) {
        ServerMessage::Room(room) => room,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_room_that_was_made_is_seen_as_it_was_made() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let claim = host.claim(link(1), &[Rules::open(link(1))]);
    let page = bench.page();
    bench.done(page, ClientMessage::Create(claim.clone()));
    let other = bench.page();
    let room = look(&mut bench, other, 1);
    let [seen] = &room.hosts[..] else {
        panic!("one host")
    };
    assert_eq!(
        (seen.host_pk, &seen.room_box, seen.box_sig),
        (claim.host_pk, &claim.room_box, claim.box_sig)
    );
    assert_eq!((&seen.states, seen.seats), (&claim.states, 0));
    bench.join(page, host.join_as_host(link(1), &Person::new(1), 1));
    assert_eq!(look(&mut bench, other, 1).hosts[0].seats, 1);
}

#[test]
fn to_make_the_same_room_again_is_harmless() {
    let mut bench = Bench::new();
    let claim = Host::new(1).claim(link(1), &[Rules::open(link(1))]);
    let (a, b) = (bench.page(), bench.page());
    for page in [a, a, b] {
        bench.done(page, ClientMessage::Create(claim.clone()));
    }
    assert_eq!(bench.machine.stats().rooms, 1);
}

#[test]
fn an_id_that_somebody_else_made_is_taken() {
    let mut bench = Bench::new();
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Create(Host::new(1).claim(link(1), &[Rules::open(link(1))])),
    );
    let other = Host::new(2).claim(link(1), &[Rules::open(link(1))]);
    assert_eq!(
        bench.refused(page, ClientMessage::Create(other)),
        ErrorCode::RoomExists
    );
}

#[test]
fn a_room_needs_a_box_signed_for_this_link() {
    let mut bench = Bench::new();
    let page = bench.page();
    let host = Host::new(1);
    let mut claim = host.claim(link(1), &[Rules::open(link(1))]);
    claim.box_sig = host.claim(link(2), &[Rules::open(link(1))]).box_sig;
    assert_eq!(
        bench.refused(page, ClientMessage::Create(claim)),
        ErrorCode::BadSignature
    );
    assert_eq!(bench.machine.stats().rooms, 0);
}

#[test]
fn a_room_needs_one_to_four_states() {
    let mut bench = Bench::new();
    let page = bench.page();
    let host = Host::new(1);
    for n in [0, 5] {
        let claim = host.claim(link(1), &vec![Rules::open(link(1)); n]);
        assert_eq!(
            bench.refused(page, ClientMessage::Create(claim)),
            ErrorCode::BadRequest
        );
    }
}

#[test]
fn the_first_page_of_a_new_room_has_a_seat_whatever_the_door() {
    for door in ["open", "knock", "invite", "locked"] {
        let mut bench = Bench::new();
        let host = Host::new(1);
        let page = bench.page();
        let rules = Rules {
            door,
            ..Rules::open(link(1))
        };
        bench.done(page, ClientMessage::Create(host.claim(link(1), &[rules])));
        let joined = bench.join(page, host.join(link(1), &Person::new(1), 1));
        assert!(joined.seat, "{door}");
        assert_eq!(joined.pid, Person::new(1).pid(&host, 1));
    }
}

#[test]
fn a_seat_comes_with_credentials_that_the_relay_knows() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Create(host.claim(link(1), &[Rules::open(link(1))])),
    );
    let joined = bench.join(page, host.join_as_host(link(1), &Person::new(1), 1));
    let [stun, turn] = &joined.ice_servers[..] else {
        panic!("two servers")
    };
    assert_eq!(
        (&stun.urls[..], &stun.username),
        (&["stun:meet.example:3478".to_owned()][..], &None)
    );
    assert_eq!(turn.urls, ["turn:meet.example:3478?transport=udp"]);
    let (seat, _) = bench.relay.open.first_key_value().unwrap();
    assert_eq!(turn.username.as_deref(), Some(&*seat.username()));
    let credentials = parlour_signaling::Credentials::new([3; 32]);
    assert_eq!(
        turn.credential.as_deref(),
        Some(&*credentials.mint(*seat).password)
    );

    let ServerMessage::Ice(ice) = bench.ask(page, ClientMessage::Ice(Empty {})) else {
        panic!("no ice")
    };
    assert_eq!(
        ice.ice_servers, joined.ice_servers,
        "a seat keeps its credentials"
    );
}

#[test]
fn everybody_sees_everybody_in_the_order_of_seating() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let first = bench.room(&host, &Rules::open(link(1)));
    let mut pages = vec![first];
    for n in 1..5 {
        let page = bench.page();
        let joined = bench.join(page, host.join(link(1), &Person::new(n), n));
        assert_eq!(joined.view.seats.last().unwrap().pid, joined.pid);
        pages.push(page);
    }
    bench.settle();
    let expected: Vec<_> = std::iter::once(Person::new(100).pid(&host, 100))
        .chain((1..5).map(|n| Person::new(n).pid(&host, n)))
        .collect();
    for page in pages {
        assert_eq!(bench.seats(page), expected);
        assert_eq!(bench.view(page).states, [host.state(&Rules::open(link(1)))]);
    }
}

#[test]
fn the_number_of_the_view_only_grows() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let first = bench.room(&host, &Rules::open(link(1)));
    for n in 1..6 {
        let page = bench.page();
        bench.join(page, host.join(link(1), &Person::new(n), n));
        bench.settle();
        bench.leave(page);
    }
    bench.settle();
    let numbers: Vec<u64> = bench
        .heard(first)
        .iter()
        .filter_map(|message| match message {
            ServerMessage::View(view) => Some(view.n),
            ServerMessage::Joined(joined) => Some(joined.view.n),
            _ => None,
        })
        .collect();
    assert!(
        numbers.len() >= 11 && numbers.is_sorted_by(|a, b| a < b),
        "{numbers:?}"
    );
}

#[test]
fn a_room_that_is_not_there_cannot_be_joined_nor_seen() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let page = bench.room(&host, &Rules::open(link(1)));
    let other = bench.page();
    let look = ClientMessage::Look(Look { room_id: link(2) });
    assert_eq!(bench.refused(other, look), ErrorCode::NoSuchRoom);
    let person = Person::new(2);
    for (host, name) in [
        (&host, link(2)),
        (&Host::new(2), link(1)),
        (&Host::new(2), link(2)),
    ] {
        let join = ClientMessage::Join(host.join(name, &person, 2));
        assert_eq!(bench.refused(other, join), ErrorCode::NoSuchRoom);
    }
    assert_eq!(bench.seats(page).len(), 1);
}

#[test]
fn a_session_is_in_one_room_at_a_time() {
    let mut bench = Bench::new();
    let (one, two) = (Host::new(1), Host::new(2));
    bench.room(&one, &Rules::open(link(1)));
    bench.room(&two, &Rules::open(link(2)));
    let page = bench.page();
    let person = Person::new(3);
    bench.join(page, one.join(link(1), &person, 1));
    for join in [one.join(link(1), &person, 2), two.join(link(2), &person, 2)] {
        assert_eq!(
            bench.refused(page, ClientMessage::Join(join)),
            ErrorCode::AlreadyInRoom
        );
    }
    bench.leave(page);
    assert!(bench.join(page, two.join(link(2), &person, 2)).seat);
}

#[test]
fn a_page_is_in_by_one_live_connection_at_a_time() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let (page, thief) = (bench.page(), bench.page());
    let join = host.join(link(1), &Person::new(2), 2);
    bench.join(page, join.clone());
    assert_eq!(
        bench.refused(thief, ClientMessage::Join(join)),
        ErrorCode::AlreadyInRoom
    );
}

#[test]
fn the_same_page_takes_its_place_back_from_a_broken_connection() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let first = bench.room(&host, &Rules::open(link(1)));
    let (page, again) = (bench.page(), bench.page());
    let join = host.join(link(1), &Person::new(2), 2);
    bench.join(page, join.clone());
    bench.cut(page);
    assert!(bench.join(again, join).seat);
    bench.settle();
    assert_eq!(bench.seats(first).len(), 2);
    assert_eq!((bench.relay.opened, bench.relay.closed), (3, 1));
    bench.connect(page);
    assert!(bench.pages[page].was_gone, "the session before it has ended");
}

#[test]
fn signatures_of_join_and_host_are_checked() {
    let mut bench = Bench::new();
    let (host, stranger) = (Host::new(1), Host::new(2));
    bench.room(&host, &Rules::open(link(1)));
    let (ana, ben) = (Person::new(2), Person::new(3));
    let (page, other) = (bench.page(), bench.page());
    let good = host.join_as_host(link(1), &ana, 2);
    let (session, elsewhere) = (bench.session(page), bench.session(other));
    let with = |join_sig| Join {
        join_sig,
        ..good.clone()
    };

    let foreign_person = with(ben.join_sig(host.room(), session, &good.core));
    let other_room = with(ana.join_sig(stranger.room(), session, &good.core));
    let other_core = with(ana.join_sig(host.room(), session, &ana.page(&host, 3).core));
    let other_session = with(ana.join_sig(host.room(), elsewhere, &good.core));
    let one = with(Signature([1; 64]));
    let mut foreign_host = good.clone();
    foreign_host.host_in = stranger.join_as_host(link(1), &ana, 2).host_in;
    let mut other_page = good.clone();
    other_page.host_in = host.join_as_host(link(1), &ana, 3).host_in;
    for join in [
        foreign_person,
        other_room,
        other_core,
        other_session,
        one,
        foreign_host,
        other_page,
    ] {
        assert_eq!(
            bench.refused(page, ClientMessage::Join(join)),
            ErrorCode::BadSignature
        );
    }
    let mut version = good.clone();
    version.core.0[0] = 2;
    assert_eq!(
        bench.refused(page, ClientMessage::Join(version)),
        ErrorCode::BadRequest
    );
    assert!(bench.join(page, good).seat);
}

/// Everybody inside knows everybody's core, and the server heard the signature of each join. Neither is a way to a seat
/// whose page is away.
#[test]
fn a_join_that_was_heard_cannot_be_said_again_by_somebody_else() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let ana = bench.room(&host, &Rules::open(link(1)));
    let (page, thief) = (bench.page(), bench.page());
    let ClientMessage::Join(heard) = signed(
        ClientMessage::Join(host.join(link(1), &Person::new(2), 2)),
        bench.session(page),
    ) else {
        panic!("a join")
    };
    let pid = bench.join(page, heard.clone()).pid;
    bench.cut(page);
    assert_eq!(
        bench.refused(thief, ClientMessage::Join(heard.clone())),
        ErrorCode::BadSignature
    );
    bench.settle();
    assert!(bench.seats(ana).contains(&pid), "the seat is held for its page");
    bench.connect(page);
    assert!(!bench.pages[page].was_gone);
    // In its own session the signature counts for as long as the session does: leaving and coming again needs no other.
    bench.leave(page);
    assert!(bench.join(page, heard).seat);
}

/// The key 1 has order 1: anything "verifies" under it unless one looks (RFC 8032 §8.9, verify_strict).
#[test]
fn a_key_of_small_order_signs_nothing() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let page = bench.page();
    let mut join = host.join(link(1), &Person::new(2), 2);
    let mut one = [0; 32];
    one[0] = 1;
    join.core.0[33..65].copy_from_slice(&one);
    join.join_sig = Signature([0; 64]);
    join.join_sig.0[0] = 1;
    assert_eq!(
        bench.refused(page, ClientMessage::Join(join)),
        ErrorCode::BadSignature
    );
}

#[test]
fn a_second_link_names_the_same_room() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let first = bench.room(&host, &Rules::open(link(1)));
    let mut rules = Rules::open(link(1)).next();
    rules.link = Some((2, link(2)));
    rules.members = vec![];
    bench.done(first, ClientMessage::Create(host.claim(link(2), &[rules])));
    assert_eq!(bench.machine.stats().rooms, 1);
    let (old, new) = (bench.page(), bench.page());
    assert!(bench.join(new, host.join(link(2), &Person::new(2), 2)).seat);
    assert!(
        !bench.join(old, host.join(link(1), &Person::new(3), 3)).seat,
        "the old link opens no more"
    );
    bench.settle();
    assert_eq!(
        (bench.view(first).seats.len(), bench.view(first).porch.len()),
        (2, 1)
    );
}

/// seal.md 3: another page of the same person is that person's new page. While the older one is connected the pages
/// settle it; once its connection broke it makes way, so that nobody sits beside their own ghost.
#[test]
fn a_new_page_takes_the_place_of_the_broken_one_of_the_same_person() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let ana = bench.room(&host, &Rules::open(link(1)));
    let ben = Person::new(2);
    let (connected, broken) = (bench.page(), bench.page());
    let first = bench.join(connected, host.join(link(1), &ben, 2)).pid;
    let second = bench.join(broken, host.join(link(1), &ben, 3)).pid;
    bench.cut(broken);
    let again = bench.page();
    let third = bench.join(again, host.join(link(1), &ben, 4)).pid;
    bench.settle();
    let seats = bench.seats(ana);
    assert!(seats.contains(&first) && seats.contains(&third) && !seats.contains(&second));
    assert_eq!(
        (seats.len(), bench.relay.open.len()),
        (3, 3),
        "the relay stopped serving the old seat"
    );
}
