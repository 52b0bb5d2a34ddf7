//! "New rules" (seal, section 2): what the server does about them.

use parlour_signaling::{Action, ByeCode, ClientMessage, ErrorCode, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, link};
use crate::state::{room_with_next, state};

#[test]
fn who_is_removed_is_shown_out_and_does_not_come_back() {
    let (mut bench, page, host, next) = room_with_next();
    let (ben, cyd) = (Person::new(2), Person::new(3));
    let (b, c) = (bench.page(), bench.page());
    bench.join(b, host.join(link(1), &ben, 2));
    bench.join(c, host.join(link(1), &cyd, 3));
    bench.done(
        page,
        state(vec![host.state(&next.members(&[&cyd]).removed(&[&ben]))]),
    );
    let bye = bench.heard(b).into_iter().find_map(|message| match message {
        ServerMessage::Bye(bye) => Some((bye.action, bye.code)),
        _ => None,
    });
    assert_eq!(bye, Some((Action::Stop, ByeCode::Removed)));
    assert_eq!((bench.pages[b].closed, bench.relay.open.len()), (Some(1000), 2));
    bench.settle();
    assert_eq!(bench.seats(c).len(), 2);

    bench.connect(b);
    assert!(bench.pages[b].was_gone);
    let look_alike = bench.refusal(b, ClientMessage::Join(host.join(link(9), &ben, 2)));
    let removed = bench.refusal(b, ClientMessage::Join(host.join(link(1), &ben, 3)));
    assert_eq!(removed, look_alike, "it looks like no room at all");
    assert!(
        bench.join(b, host.join_as_host(link(1), &ben, 4)).seat,
        "a host cannot be removed"
    );
}

#[test]
fn who_is_cut_off_by_a_closed_door_goes_to_the_porch() {
    let (mut bench, page, host, next) = room_with_next();
    let (ben, cyd) = (Person::new(2), Person::new(3));
    let (b, c) = (bench.page(), bench.page());
    bench.join(b, host.join(link(1), &ben, 2));
    bench.join(c, host.join(link(1), &cyd, 3));
    bench.done(
        page,
        state(vec![host.state(&Rules {
            door: "knock",
            ..next.members(&[&ben])
        })]),
    );
    bench.settle();
    for page in [page, b, c] {
        let view = bench.view(page);
        assert_eq!((view.seats.len(), view.porch), (2, vec![cyd.pid(&host, 3)]));
    }
    assert_eq!((bench.relay.open.len(), bench.machine.stats().porch), (2, 1));
}

#[test]
fn the_cap_is_the_smaller_of_rules_and_operator() {
    for (rules_cap, operators, seats) in [(2, 16, 2), (8, 3, 3)] {
        let mut bench = Bench::with(parlour_signaling::Config {
            cap: operators,
            ..crate::common::config()
        });
        let host = Host::new(1);
        bench.room(
            &host,
            &Rules {
                cap: rules_cap,
                ..Rules::open(link(1))
            },
        );
        for n in 1..seats {
            let page = bench.page();
            assert!(bench.join(page, host.join(link(1), &Person::new(n), n)).seat);
        }
        let page = bench.page();
        let error = bench.refusal(
            page,
            ClientMessage::Join(host.join(link(1), &Person::new(50), 50)),
        );
        assert_eq!((error.code, error.retry_ms), (ErrorCode::RoomFull, Some(5000)));
        assert_eq!(
            error.text,
            format!("This room is full: {seats} people are in it.")
        );
    }
}

/// A reload while the old page's connection hangs must not find its own seat in the way.
#[test]
fn in_a_full_room_a_person_takes_the_place_of_their_own_broken_page() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(
        &host,
        &Rules {
            cap: 2,
            ..Rules::open(link(1))
        },
    );
    let (b, again, stranger) = (bench.page(), bench.page(), bench.page());
    let ben = Person::new(2);
    bench.join(b, host.join(link(1), &ben, 2));
    bench.cut(b);
    assert_eq!(
        bench.refused(
            stranger,
            ClientMessage::Join(host.join(link(1), &Person::new(3), 3))
        ),
        ErrorCode::RoomFull
    );
    assert!(bench.join(again, host.join(link(1), &ben, 4)).seat);
    bench.settle();
    assert_eq!(
        bench.seats(a),
        [Person::new(100).pid(&host, 100), ben.pid(&host, 4)]
    );
}

#[test]
fn their_place_is_not_given_to_somebody_who_waits_for_one() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules {
        cap: 2,
        ..Rules::knock(link(1))
    };
    let (ben, dan) = (Person::new(2), Person::new(4));
    let a = bench.room(&host, &rules.clone().members(&[&ben]));
    let (b, again, waiting) = (bench.page(), bench.page(), bench.page());
    bench.join(b, host.join(link(1), &ben, 2));
    bench.join(waiting, host.join(link(1), &dan, 3));
    bench.done(a, state(vec![host.state(&rules.next().members(&[&ben, &dan]))]));
    bench.cut(b);
    assert!(bench.join(again, host.join(link(1), &ben, 4)).seat);
    bench.settle();
    let view = bench.view(a);
    assert_eq!(
        (view.seats[1].pid, view.porch),
        (ben.pid(&host, 4), vec![dan.pid(&host, 3)])
    );
}

#[test]
fn rules_come_from_anybody_in_the_room_and_from_nobody_else() {
    let (mut bench, page, host, next) = room_with_next();
    let (b, outside) = (bench.page(), bench.page());
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let message = state(vec![host.state(&next)]);
    assert_eq!(bench.refused(outside, message.clone()), ErrorCode::NotInRoom);
    bench.done(b, message.clone());
    bench.settle();
    assert_eq!(bench.view(page).states, [host.state(&next)]);
    let n = bench.view(page).n;
    bench.done(page, message);
    bench.settle();
    assert_eq!(bench.view(page).n, n, "what is known already changes nothing");
    assert_eq!(bench.refused(page, state(vec![])), ErrorCode::BadRequest);
}
