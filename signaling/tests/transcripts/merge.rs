//! Several states (seal, section 2): which of them count, and the strictest of all.

use parlour_signaling::{ClientMessage, ErrorCode, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, TOMORROW, UNIX, link};
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
    let soon = UNIX + 60;
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
