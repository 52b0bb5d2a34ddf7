//! Porch and seat (seal, section 7): who comes in by themselves, who waits, and how one gets in from there.

use parlour_signaling::{ClientMessage, Empty, ErrorCode, Pid, Seated, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, TOMORROW, link};

fn seated(pid: Pid) -> ClientMessage {
    ClientMessage::Seated(Seated { pid })
}

fn was_given_a_seat(bench: &mut Bench, page: usize) -> bool {
    bench
        .heard(page)
        .iter()
        .any(|message| matches!(message, ServerMessage::Seat(seat) if seat.ice_servers.len() == 2))
}

#[test]
fn the_door_decides_who_waits() {
    let guest = Person::new(2);
    for (door, pw, listed, seat) in [
        ("open", 0, false, true),
        ("open", 65_536, false, false),
        ("knock", 0, false, false),
        ("invite", 0, false, false),
        ("locked", 0, false, false),
        ("open", 65_536, true, true),
        ("knock", 0, true, true),
        ("invite", 0, true, true),
        ("locked", 0, true, true),
    ] {
        let mut bench = Bench::new();
        let host = Host::new(1);
        let members: &[&Person] = if listed { &[&guest] } else { &[] };
        let a = bench.room(
            &host,
            &Rules {
                door,
                pw,
                ..Rules::open(link(1)).members(members)
            },
        );
        let b = bench.page();
        let joined = bench.join(b, host.join(link(1), &guest, 2));
        assert_eq!(joined.seat, seat, "{door} {pw} {listed}");
        assert_eq!(joined.ice_servers.len(), if seat { 2 } else { 0 });
        assert_eq!(bench.relay.open.len(), if seat { 2 } else { 1 });
        bench.settle();
        let view = bench.view(a);
        assert_eq!(
            (view.seats.len(), view.porch.len()),
            if seat { (2, 0) } else { (1, 1) }
        );
    }
}

/// jitsi-meet#8646, edumeet#128: hosts locked out of their own rooms.
#[test]
fn a_host_comes_in_by_the_key_through_every_door() {
    for (door, pw) in [
        ("open", 0),
        ("open", 65_536),
        ("knock", 0),
        ("invite", 0),
        ("locked", 0),
    ] {
        let mut bench = Bench::new();
        let host = Host::new(1);
        bench.room(
            &host,
            &Rules {
                door,
                pw,
                ..Rules::open(link(1))
            },
        );
        let b = bench.page();
        assert!(
            bench.join(b, host.join_as_host(link(1), &Person::new(2), 2)).seat,
            "{door} {pw}"
        );
    }
}

#[test]
fn a_seated_page_gives_a_seat_to_whom_it_admitted() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(
        &host,
        &Rules {
            pw: 65_536,
            ..Rules::open(link(1))
        },
    );
    let b = bench.page();
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    let ServerMessage::Ice(ice) = bench.ask(b, ClientMessage::Ice(Empty {})) else {
        panic!("no ice")
    };
    assert!(ice.ice_servers.is_empty(), "the porch has no credentials");
    bench.done(a, seated(ben));
    assert!(was_given_a_seat(&mut bench, b));
    bench.done(a, seated(ben));
    assert!(!was_given_a_seat(&mut bench, b), "once is enough");
    bench.settle();
    assert_eq!((bench.seats(a).len(), bench.view(a).porch.len()), (2, 0));
}

#[test]
fn only_who_has_a_seat_may_give_one() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::knock(link(1)));
    let (b, c, d) = (bench.page(), bench.page(), bench.page());
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    let cyd = bench.join(c, host.join(link(1), &Person::new(3), 3)).pid;
    assert_eq!(bench.refused(b, seated(cyd)), ErrorCode::NotAllowed);
    assert_eq!(bench.refused(b, seated(ben)), ErrorCode::NotAllowed);
    assert_eq!(bench.refused(d, seated(ben)), ErrorCode::NotInRoom);
}

#[test]
fn a_seat_is_given_only_to_somebody_who_is_here() {
    let mut bench = Bench::new();
    let (one, two) = (Host::new(1), Host::new(2));
    let a = bench.room(&one, &Rules::knock(link(1)));
    bench.room(&two, &Rules::knock(link(2)));
    let b = bench.page();
    let elsewhere = bench.join(b, two.join(link(2), &Person::new(2), 2)).pid;
    assert_eq!(bench.refused(a, seated(elsewhere)), ErrorCode::NoSuchParticipant);
}

#[test]
fn admission_by_new_rules_seats_whom_they_name() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules::knock(link(1));
    let a = bench.room(&host, &rules);
    let (b, c) = (bench.page(), bench.page());
    let (ben, cyd) = (Person::new(2), Person::new(3));
    bench.join(b, host.join(link(1), &ben, 2));
    bench.join(c, host.join(link(1), &cyd, 3));
    bench.done(
        a,
        ClientMessage::State(host.states(&[rules.next().members(&[&cyd])])),
    );
    assert!(!was_given_a_seat(&mut bench, b) && was_given_a_seat(&mut bench, c));
}

#[test]
fn an_opened_door_lets_the_porch_in_up_to_the_cap() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules {
        cap: 3,
        ..Rules::knock(link(1))
    };
    let a = bench.room(&host, &rules);
    let waiting: Vec<usize> = (2..6)
        .map(|n| {
            let page = bench.page();
            assert!(!bench.join(page, host.join(link(1), &Person::new(n), n)).seat);
            page
        })
        .collect();
    bench.done(
        a,
        ClientMessage::State(host.states(&[Rules {
            door: "open",
            ..rules.next()
        }])),
    );
    let inside: Vec<bool> = waiting
        .iter()
        .map(|page| was_given_a_seat(&mut bench, *page))
        .collect();
    assert_eq!(
        inside,
        [true, true, false, false],
        "in the order in which they came"
    );
    bench.leave(waiting[0]);
    assert!(
        was_given_a_seat(&mut bench, waiting[2]),
        "a seat that gets free is taken"
    );
}

#[test]
fn who_had_a_seat_comes_back_by_the_same_right() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(
        &host,
        &Rules {
            pw: 65_536,
            ..Rules::open(link(1))
        },
    );
    let b = bench.page();
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    bench.done(a, seated(ben));
    bench.close(b);
    let b = bench.page();
    assert!(
        bench.join(b, host.join(link(1), &Person::new(2), 3)).seat,
        "a reload: another page, the same person"
    );
}

#[test]
fn a_new_password_ends_the_right_of_those_who_are_not_listed() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let (ben, cyd) = (Person::new(2), Person::new(3));
    let rules = Rules {
        pw: 65_536,
        ..Rules::open(link(1))
    };
    let a = bench.room(&host, &rules);
    let (b, c) = (bench.page(), bench.page());
    for (page, person, n) in [(b, &ben, 2), (c, &cyd, 3)] {
        let pid = bench.join(page, host.join(link(1), person, n)).pid;
        bench.done(a, seated(pid));
    }
    let rules = Rules {
        pw: 2 * 65_536 + 7,
        ..rules.next().members(&[&ben])
    };
    bench.done(a, ClientMessage::State(host.states(&[rules])));
    bench.settle();
    let view = bench.view(c);
    assert_eq!((view.seats.len(), &view.porch), (2, &vec![cyd.pid(&host, 3)]));
    assert_eq!(bench.relay.open.len(), 2, "the relay stopped serving the seat");
    bench.close(b);
    let b = bench.page();
    assert!(bench.join(b, host.join(link(1), &ben, 4)).seat);
}

#[test]
fn rules_that_have_run_out_let_nobody_in_but_hosts_and_cut_nobody_off() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let ben = Person::new(2);
    let a = bench.room(&host, &Rules::open(link(1)).members(&[&ben]));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(3), 3));
    bench.seconds(TOMORROW - crate::common::UNIX + 3601);
    assert_eq!(bench.seats(a).len(), 2);
    let (c, d) = (bench.page(), bench.page());
    assert!(!bench.join(c, host.join(link(1), &ben, 4)).seat);
    assert!(bench.join(d, host.join_as_host(link(1), &Person::new(5), 5)).seat);
    let renewed = Rules {
        until: TOMORROW + 48 * 3600,
        ..Rules::open(link(1)).members(&[&ben])
    };
    bench.done(a, ClientMessage::State(host.states(&[renewed])));
    assert!(
        was_given_a_seat(&mut bench, c),
        "renewed with the rules unchanged"
    );
}

#[test]
fn who_restored_the_room_has_a_seat_in_it() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let claim = host.claim(link(1), &[Rules::knock(link(1))]);
    let (a, b, c) = (bench.page(), bench.page(), bench.page());
    bench.done(a, ClientMessage::Restore(claim.clone()));
    bench.done(c, ClientMessage::Restore(claim));
    assert!(
        bench.join(b, host.join(link(1), &Person::new(2), 2)).seat,
        "the first page"
    );
    assert!(
        bench.join(a, host.join(link(1), &Person::new(1), 1)).seat,
        "who brought the room back"
    );
    assert!(
        !bench.join(c, host.join(link(1), &Person::new(3), 3)).seat,
        "who merely repeated it"
    );
}

#[test]
fn a_porch_place_is_held_like_a_seat_and_ends_silently() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::knock(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.cut(b);
    bench.seconds(29);
    assert_eq!(bench.view(a).porch.len(), 1);
    bench.seconds(2);
    assert_eq!(bench.view(a).porch.len(), 0);
    assert_eq!(bench.machine.stats().porch, 0);
}
