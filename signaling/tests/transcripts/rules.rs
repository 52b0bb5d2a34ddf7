//! "New rules" (seal, section 2): which of several count, and what the server does about them.

use parlour_signaling::{Action, ByeCode, ClientMessage, ErrorCode, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, TOMORROW, link};
use crate::state::{room_with_next, state};

#[test]
fn nobody_goes_back() {
    let (mut bench, page, host, next) = room_with_next();
    let tight = host.state(&Rules {
        door: "locked",
        ..next
    });
    bench.done(page, state(vec![tight.clone()]));
    bench.done(page, state(vec![host.state(&Rules::open(link(1)))]));
    bench.settle();
    assert_eq!(bench.view(page).states, [tight]);
    let guest = bench.page();
    assert!(!bench.join(guest, host.join(link(1), &Person::new(2), 2)).seat);
}

#[test]
fn of_equal_rules_the_later_until_counts() {
    let (mut bench, page, host, _) = room_with_next();
    let renewed = host.state(&Rules {
        until: TOMORROW + 3600,
        ..Rules::open(link(1))
    });
    let older = host.state(&Rules {
        until: TOMORROW - 3600,
        ..Rules::open(link(1))
    });
    bench.done(page, state(vec![renewed.clone()]));
    bench.done(page, state(vec![older]));
    bench.settle();
    assert_eq!(bench.view(page).states, [renewed]);
}

#[test]
fn of_rules_that_know_nothing_of_each_other_the_strictest_counts() {
    let (mut bench, page, host, next) = room_with_next();
    let (ben, cyd, dan) = (Person::new(2), Person::new(3), Person::new(4));
    let one = Rules {
        door: "knock",
        ..next.clone().members(&[&ben, &cyd, &dan])
    };
    let mut two = Rules {
        cap: 5,
        ..Rules::open(link(1)).members(&[&ben, &dan]).removed(&[&cyd])
    };
    two.clock = vec![("h00000001", 1), ("h00000002", 1)];
    for rules in [&one, &two] {
        bench.done(page, state(vec![host.state(rules)]));
    }
    bench.settle();
    assert_eq!(bench.view(page).states.len(), 2);
    let guests: Vec<usize> = (0..4).map(|_| bench.page()).collect();
    assert!(
        bench.join(guests[0], host.join(link(1), &ben, 2)).seat,
        "a member of both"
    );
    assert_eq!(
        bench.refused(guests[1], ClientMessage::Join(host.join(link(1), &cyd, 3))),
        ErrorCode::NoSuchRoom
    );
    assert!(
        bench.join(guests[2], host.join(link(1), &dan, 4)).seat,
        "a member of both"
    );
    assert!(
        !bench.join(guests[3], host.join(link(1), &Person::new(5), 5)).seat,
        "the stricter door"
    );

    let mut merged = Rules {
        door: "knock",
        cap: 5,
        ..Rules::open(link(1)).members(&[&ben]).removed(&[&cyd])
    };
    merged.clock = vec![("h00000001", 2), ("h00000002", 2)];
    bench.done(page, state(vec![host.state(&merged)]));
    bench.settle();
    assert_eq!(
        bench.view(page).states,
        [host.state(&merged)],
        "one that dominates both replaces them"
    );
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let host = Host::new(1);
    let pages = [
        "h00000001",
        "h00000002",
        "h00000003",
        "h00000004",
        "h00000005",
        "h00000006",
    ];
    let people: Vec<Person> = (10..16).map(Person::new).collect();
    let rules: Vec<Rules> = pages
        .iter()
        .zip(&people)
        .map(|(page, person)| Rules {
            clock: vec![(page, 1)],
            ..Rules::open(link(1)).removed(&[person])
        })
        .collect();
    let mut results = vec![];
    for shift in 0..6 {
        let mut bench = Bench::new();
        let page = bench.page();
        bench.done(
            page,
            ClientMessage::Create(host.claim(link(1), &rules[shift..=shift])),
        );
        bench.join(page, host.join_as_host(link(1), &Person::new(100), 100));
        for n in 1..6 {
            bench.done(page, state(vec![host.state(&rules[(shift + n) % 6])]));
        }
        bench.settle();
        assert_eq!(bench.view(page).states.len(), 4, "four at most");
        results.push(bench.view(page).states);
        for person in &people {
            let guest = bench.page();
            let join = ClientMessage::Join(host.join(link(1), person, 1));
            assert_eq!(
                bench.refused(guest, join),
                ErrorCode::NoSuchRoom,
                "removed by all, whichever stay"
            );
        }
        let merged = Rules {
            clock: pages.map(|page| (page, 2)).to_vec(),
            ..Rules::open(link(1))
        };
        bench.done(page, state(vec![host.state(&merged)]));
        for person in &people {
            let guest = bench.page();
            assert!(
                bench.join(guest, host.join(link(1), person, 2)).seat,
                "until rules come that know of all"
            );
        }
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

/// One by one, in both orders: what two host pages issued without knowing of each other.
#[test]
fn each_rule_is_merged_to_the_stricter_of_two() {
    let ben = Person::new(2);
    let base = Rules::open(link(1));
    let apart = |rules: Rules| Rules {
        clock: vec![("h00000002", 1)],
        ..rules
    };
    let soon = crate::common::UNIX + 60;
    let cases = [
        (
            "cap",
            base.clone(),
            Rules {
                cap: 1,
                ..base.clone()
            },
        ),
        (
            "pw",
            base.clone(),
            Rules {
                pw: 65_536,
                ..base.clone()
            },
        ),
        (
            "door",
            base.clone(),
            Rules {
                door: "invite",
                ..base.clone()
            },
        ),
        (
            "members",
            Rules::knock(link(1)).members(&[&ben]),
            Rules::knock(link(1)),
        ),
        (
            "link",
            base.clone(),
            Rules {
                link: Some((2, link(2))),
                ..base.clone()
            },
        ),
        (
            "link of equal number",
            base.clone(),
            Rules {
                link: Some((1, link(2))),
                ..base.clone()
            },
        ),
        (
            "removed",
            base.clone().members(&[&ben]),
            base.clone().removed(&[&ben]),
        ),
        (
            "ends",
            Rules {
                ends: Some(soon + 600),
                ..base.clone()
            },
            Rules {
                ends: Some(soon),
                ..base.clone()
            },
        ),
        (
            "ends at all",
            base.clone(),
            Rules {
                ends: Some(soon),
                ..base
            },
        ),
    ];
    for (name, loose, strict) in cases {
        let (strict, host) = (apart(strict), Host::new(1));
        for order in [[&loose, &strict], [&strict, &loose]] {
            let mut bench = Bench::new();
            let (a, b) = (bench.page(), bench.page());
            bench.done(
                a,
                ClientMessage::Create(host.claim(link(1), &order.map(Clone::clone))),
            );
            bench.join(a, host.join_as_host(link(1), &Person::new(1), 1));
            bench.seconds(61);
            let answer = bench.ask(b, ClientMessage::Join(host.join(link(1), &ben, 2)));
            let has_seat = matches!(answer, ServerMessage::Joined(joined) if joined.seat);
            assert!(!has_seat, "{name}");
        }
        let mut bench = Bench::new();
        let (a, b) = (bench.page(), bench.page());
        bench.done(a, ClientMessage::Create(host.claim(link(1), &[loose])));
        bench.join(a, host.join_as_host(link(1), &Person::new(1), 1));
        bench.seconds(61);
        assert!(
            bench.join(b, host.join(link(1), &ben, 2)).seat,
            "{name}: the looser alone lets in"
        );
    }
}

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
fn of_states_in_one_message_those_that_others_dominate_are_dropped() {
    let host = Host::new(1);
    let old = Rules::open(link(1));
    let new = Rules {
        door: "locked",
        ..old.clone().next()
    };
    for order in [[&old, &new], [&new, &old]] {
        let mut bench = Bench::new();
        let page = bench.page();
        bench.done(
            page,
            ClientMessage::Create(host.claim(link(1), &order.map(Clone::clone))),
        );
        let joined = bench.join(page, host.join_as_host(link(1), &Person::new(1), 1));
        assert_eq!(joined.view.states, [host.state(&new)]);
    }
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
