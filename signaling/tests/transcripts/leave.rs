//! "Leaving": seats end at once, and the room with the last explicit leave; who merely got lost may come back.

use std::time::Duration;

use parlour_signaling::{Action, ByeCode, ClientMessage, Empty, ErrorCode, Look, ServerMessage, Stays};

use crate::common::{Bench, Host, Person, Rules, link};

fn bye(bench: &mut Bench, page: usize) -> Option<(Action, ByeCode)> {
    bench.heard(page).into_iter().find_map(|message| match message {
        ServerMessage::Bye(bye) => Some((bye.action, bye.code)),
        _ => None,
    })
}

#[test]
fn a_seat_ends_in_the_moment_of_leaving() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    assert!(matches!(
        bench.ask(b, ClientMessage::Leave(Empty {})),
        ServerMessage::Left(_)
    ));
    assert_eq!(bench.relay.open.len(), 1);
    bench.settle();
    assert_eq!(bench.seats(a).len(), 1);
    assert_eq!(
        bench.refused(b, ClientMessage::Leave(Empty {})),
        ErrorCode::NotInRoom
    );
    assert!(
        bench.join(b, host.join(link(1), &Person::new(2), 2)).seat,
        "the session may join again"
    );
}

#[test]
fn a_page_that_is_closed_has_left() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.close(b);
    bench.settle();
    assert_eq!((bench.seats(a).len(), bench.relay.open.len()), (1, 1));
}

/// What an operator may do to a room: end it, and nothing else.
#[test]
fn the_operator_ends_one_room_or_all_and_their_links_are_dead() {
    let mut bench = Bench::new();
    let hosts = [1, 2, 3].map(Host::new);
    let rules = [1, 2, 3].map(|n| Rules::open(link(n)));
    let pages = [0, 1, 2].map(|n: usize| bench.room(&hosts[n], &rules[n]));
    let porch = bench.page();
    bench.join(porch, hosts[0].join(link(1), &Person::new(9), 2));
    assert_eq!(bench.close_rooms(Some(link(7))), 0, "nobody has that one");
    assert_eq!(bench.close_rooms(Some(link(1))), 1);
    for page in [pages[0], porch] {
        assert_eq!(bye(&mut bench, page), Some((Action::Stop, ByeCode::Over)));
    }
    assert_eq!((bench.machine.stats().rooms, bench.relay.open.len()), (2, 2));
    let again = bench.page();
    assert_eq!(
        bench.refused(
            again,
            ClientMessage::Restore(hosts[0].claim(link(1), &rules[..1]))
        ),
        ErrorCode::RoomOver
    );
    assert_eq!(bench.close_rooms(None), 2);
    for page in &pages[1..] {
        assert_eq!(bye(&mut bench, *page), Some((Action::Stop, ByeCode::Over)));
    }
    assert_eq!((bench.machine.stats().rooms, bench.relay.open.len()), (0, 0));
}

#[test]
fn with_the_last_leave_the_room_ends_for_good() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules::knock(link(1));
    let a = bench.room(&host, &rules);
    let porch = bench.page();
    assert!(!bench.join(porch, host.join(link(1), &Person::new(2), 2)).seat);
    bench.leave(a);
    assert_eq!(bye(&mut bench, porch), Some((Action::Stop, ByeCode::Over)));
    assert_eq!((bench.machine.stats().rooms, bench.relay.open.len()), (0, 0));

    let claim = host.claim(link(1), std::slice::from_ref(&rules));
    assert_eq!(
        bench.refused(a, ClientMessage::Create(claim.clone())),
        ErrorCode::RoomOver
    );
    assert_eq!(
        bench.refused(a, ClientMessage::Restore(claim)),
        ErrorCode::RoomOver
    );
    assert_eq!(
        bench.refused(a, ClientMessage::Restore(host.claim(link(2), &[rules]))),
        ErrorCode::RoomOver
    );
    assert_eq!(
        bench.refused(a, ClientMessage::Look(Look { room_id: link(1) })),
        ErrorCode::RoomOver
    );
    let join = host.join_as_host(link(1), &Person::new(100), 100);
    assert_eq!(bench.refused(a, ClientMessage::Join(join)), ErrorCode::RoomOver);
}

/// How long a seat lasted is counted when it ends, in a class; waiting on the porch is no stay.
#[test]
fn stays_are_counted_in_classes() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::knock(link(1)));
    let porch = bench.page();
    assert!(!bench.join(porch, host.join(link(1), &Person::new(2), 2)).seat);
    bench.seconds(10 * 60);
    bench.leave(porch);
    assert_eq!(bench.machine.stats().stays, Stays::default());
    bench.leave(a);
    let stays = &bench.machine.stats().stays;
    assert_eq!(
        (stays.counts(), stays.minutes()),
        (&[0, 0, 1, 0, 0, 0, 0, 0][..], 10)
    );
}

#[test]
fn the_dead_are_forgotten_in_the_end() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    bench.leave(a);
    bench.close(a);
    bench.seconds(30 * 24 * 3600 - 60);
    assert_eq!(bench.machine.stats().tombstones, 2);
    bench.seconds(120);
    assert_eq!(bench.machine.stats().tombstones, 0);
    assert_eq!(bench.machine.poll_timeout(), None, "nothing is left to do");
}

#[test]
fn a_room_that_lost_everybody_is_kept_for_them() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    bench.cut(a);
    bench.seconds(3600);
    assert_eq!((bench.machine.stats().rooms, bench.relay.open.len()), (1, 0));
    bench.connect(a);
    assert!(
        bench
            .join(a, host.join_as_host(link(1), &Person::new(100), 101))
            .seat
    );
}

#[test]
fn a_room_that_nobody_comes_back_to_is_forgotten_but_not_buried() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    bench.cut(a);
    bench.seconds(24 * 3600 + 3600);
    assert_eq!(
        (bench.machine.stats().rooms, bench.machine.stats().tombstones),
        (0, 0)
    );
    bench.connect(a);
    let rules = Rules {
        until: crate::common::TOMORROW + 48 * 3600,
        ..Rules::open(link(1))
    };
    bench.done(a, ClientMessage::Restore(host.claim(link(1), &[rules])));
}

#[test]
fn a_room_is_kept_no_longer_than_its_rules() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules {
        until: crate::common::UNIX + 7200,
        ..Rules::open(link(1))
    };
    let a = bench.room(&host, &rules);
    bench.cut(a);
    bench.seconds(2 * 3600 + 3599);
    assert_eq!(bench.machine.stats().rooms, 1, "an hour of tolerance");
    bench.seconds(1);
    assert_eq!(bench.machine.stats().rooms, 0);
}

#[test]
fn a_room_that_nobody_entered_is_forgotten() {
    let mut bench = Bench::new();
    let a = bench.page();
    bench.done(
        a,
        ClientMessage::Create(Host::new(1).claim(link(1), &[Rules::open(link(1))])),
    );
    bench.seconds(599);
    assert_eq!(bench.machine.stats().rooms, 1);
    bench.seconds(1);
    assert_eq!(bench.machine.stats().rooms, 0);
}

/// A guest who comes early, finds nobody and goes must not end the room of a host whose phone is asleep.
#[test]
fn a_guest_who_leaves_does_not_end_the_room_of_a_lost_host() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    bench.cut(a);
    bench.seconds(3600);
    let b = bench.page();
    assert!(bench.join(b, host.join(link(1), &Person::new(2), 2)).seat);
    bench.leave(b);
    bench.connect(a);
    assert!(
        bench
            .join(a, host.join_as_host(link(1), &Person::new(100), 101))
            .seat
    );
    bench.leave(a);
    assert_eq!(bench.machine.stats().rooms, 0, "nobody is missed any more");
}

#[test]
fn a_lost_guest_keeps_the_room_for_ten_minutes_and_against_no_host() {
    for (wait, host_leaves_last, kept) in [(300, false, true), (700, false, false), (300, true, false)] {
        let mut bench = Bench::new();
        let host = Host::new(1);
        let a = bench.room(&host, &Rules::open(link(1)));
        let (b, c) = (bench.page(), bench.page());
        bench.join(b, host.join(link(1), &Person::new(2), 2));
        bench.join(c, host.join(link(1), &Person::new(3), 3));
        bench.cut(b);
        bench.seconds(30 + wait);
        for page in if host_leaves_last { [c, a] } else { [a, c] } {
            bench.leave(page);
        }
        assert_eq!(
            bench.machine.stats().rooms == 1,
            kept,
            "{wait} {host_leaves_last}"
        );
    }
}

#[test]
fn a_room_ends_at_its_time() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(
        &host,
        &Rules {
            ends: Some(crate::common::UNIX + 600),
            ..Rules::open(link(1))
        },
    );
    bench.after(Duration::from_millis(599_999));
    assert_eq!(bye(&mut bench, a), None);
    bench.after(Duration::from_millis(1));
    assert_eq!(bye(&mut bench, a), Some((Action::Stop, ByeCode::Expired)));
    assert_eq!((bench.pages[a].closed, bench.relay.open.len()), (Some(1000), 0));
    bench.connect(a);
    assert_eq!(
        bench.refused(a, ClientMessage::Look(Look { room_id: link(1) })),
        ErrorCode::RoomOver
    );
}

#[test]
fn the_host_ends_it_for_all() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let over = Rules {
        over: true,
        ..Rules::open(link(1)).next()
    };
    bench.done(a, ClientMessage::State(host.states(&[over])));
    for page in [a, b] {
        assert_eq!(bye(&mut bench, page), Some((Action::Stop, ByeCode::Over)));
        assert_eq!(bench.pages[page].closed, Some(1000));
    }
    assert_eq!((bench.machine.stats().rooms, bench.relay.open.len()), (0, 0));
    assert_eq!(bench.machine.stats().sessions, 0);
}

#[test]
fn rooms_that_have_ended_cannot_be_given_back() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.page();
    let open = Rules::open(link(1));
    let over = Rules {
        over: true,
        ..open.clone().next()
    };
    let past = Rules {
        ends: Some(crate::common::UNIX - 1),
        ..open.clone()
    };
    for (n, rules) in [over, past].into_iter().enumerate() {
        let host = Host::new(10 + u8::try_from(n).unwrap());
        assert_eq!(
            bench.refused(a, ClientMessage::Restore(host.claim(link(1), &[rules]))),
            ErrorCode::RoomOver
        );
        let again = host.claim(link(1), std::slice::from_ref(&open));
        assert_eq!(
            bench.refused(a, ClientMessage::Restore(again)),
            ErrorCode::RoomOver,
            "it is remembered"
        );
    }
    let stale = Rules {
        until: crate::common::UNIX - 3601,
        ..open
    };
    assert_eq!(
        bench.refused(a, ClientMessage::Create(host.claim(link(1), &[stale]))),
        ErrorCode::BadState
    );
}

/// Who is alone and loads the page again closes it with 1001: that must not be the end of the room.
#[test]
fn a_closed_page_may_be_loading_again() {
    for (away, ended) in [(119, false), (120, true)] {
        let mut bench = Bench::new();
        let host = Host::new(1);
        let a = bench.room(&host, &Rules::open(link(1)));
        bench.close(a);
        assert_eq!(bench.relay.open.len(), 0, "the seat has ended all the same");
        bench.seconds(away);
        let again = bench.page();
        let join = host.join_as_host(link(1), &Person::new(100), 101);
        if ended {
            assert_eq!(
                bench.refused(again, ClientMessage::Join(join)),
                ErrorCode::RoomOver
            );
        } else {
            assert!(bench.join(again, join).seat);
            bench.seconds(3600);
            assert_eq!(bench.machine.stats().rooms, 1);
        }
    }
}

#[test]
fn who_leaves_while_another_loads_again_does_not_end_the_room() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.close(a);
    bench.leave(b);
    let again = bench.page();
    assert!(
        bench
            .join(again, host.join_as_host(link(1), &Person::new(100), 101))
            .seat
    );
}

/// Those on the porch wait no longer than the room does.
#[test]
fn the_porch_hears_that_a_closed_room_has_ended() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::knock(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.close(a);
    bench.seconds(119);
    assert_eq!(bye(&mut bench, b), None);
    bench.seconds(1);
    assert_eq!(bye(&mut bench, b), Some((Action::Stop, ByeCode::Over)));
}
