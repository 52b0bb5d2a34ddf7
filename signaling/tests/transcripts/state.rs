//! "New rules" (seal, section 2): which texts are states, which of several count, and what the server does about them.

use parlour_signaling::{Action, ByeCode, ClientMessage, ErrorCode, ServerMessage, SignedState, States};

use crate::common::{Bench, Host, Person, Rules, TOMORROW, UNIX, link};

fn state(states: Vec<SignedState>) -> ClientMessage {
    ClientMessage::State(States { states })
}

/// A room, its host's page, and the state of the next rules.
fn room_with_next() -> (Bench, usize, Host, Rules) {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules::open(link(1));
    let page = bench.room(&host, &rules);
    (bench, page, host, rules.next())
}

#[test]
fn a_state_has_one_text() {
    let (mut bench, page, host, next) = room_with_next();
    let members = next
        .clone()
        .members(&[&Person::new(1), &Person::new(2), &Person::new(3)]);
    let text = members.text(&host);
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let first = &text[text.find("members\":[").unwrap() + 10..][..45];
    let second = &text[text.find("members\":[").unwrap() + 56..][..45];
    let wrong_rules = [
        format!(" {text}"),
        format!("{text} "),
        swap(":[", ": ["),
        swap(r#""mode":"off","door":"open""#, r#""door":"open","mode":"off""#),
        swap(r#""cap":8"#, r#""cap":8.0"#),
        swap(r#""cap":8"#, r#""cap":8e0"#),
        swap(r#""cap":8"#, r#""cap":08"#),
        swap(r#""cap":8"#, r#""cap":"8""#),
        swap(r#""cap":8"#, r#""cap":0"#),
        swap(r#""cap":8"#, r#""cap":65"#),
        swap(r#""cap":8"#, r#""cap":8,"cap":8"#),
        swap(r#""cap":8"#, r#""cap":-8"#),
        swap(r#""pw":0"#, r#""pw":4294967296"#),
        swap(r#""pw":0"#, r#""pw":null"#),
        swap(r#""pw":0,"#, ""),
        swap(r#""door":"open""#, r#""door":"ajar""#),
        swap(r#""door":"open""#, r#""door":"\u006fpen""#),
        swap(r#""mode":"off""#, r#""mode":"on""#),
        swap(r#""n":1"#, r#""n":0"#),
        swap(r#""n":1"#, r#""n":9007199254740992"#),
        swap(r#""link":{"#, r#""link":{"x":1,"#),
        swap(r#""h00000001":2"#, r#""h00000001":0"#),
        swap(r#""h00000001":2"#, r#""h0000001":2"#),
        swap(r#""h00000001":2"#, r#""hABCDEF01":2"#),
        swap(r#""h00000001":2"#, r#""h00000002":1,"h00000001":2"#),
        swap(r#""h00000001":2"#, r#""h00000001":2,"h00000001":2"#),
        swap(r#"{"h00000001":2}"#, "{}"),
        swap(first, second),
        text.replace(&format!("{first},{second}"), &format!("{second},{first}")),
        swap(r#""removed":[]"#, &format!(r#""removed":[{first}]"#)),
        swap(r#""removed":[]"#, r#""removed":["AAAA"]"#),
        swap(r#""removed":[]"#, r#""removed":[],"over":false"#),
        swap(r#""removed":[]"#, r#""removed":[],"ends":null"#),
        swap(r#""removed":[]"#, r#""removed":[],"extra":1"#),
        swap(r#""removed":[]"#, r#""removed":[],"over":true,"ends":1"#),
        "{}".to_owned(),
        "[]".to_owned(),
        String::new(),
        "[".repeat(3000),
    ];
    for rules in &wrong_rules {
        let state_text = host.state_text(rules, TOMORROW);
        assert_eq!(
            bench.refused(page, state(vec![host.sign_state(state_text)])),
            ErrorCode::BadState,
            "{rules}"
        );
        bench.seconds(1);
    }
    let good = host.state_text(&text, TOMORROW);
    let wrong_states = [
        good.replace(r#""v":1"#, r#""v":2"#),
        good.replace(r#"{"v":1,"#, r#"{"v":1, "#),
        good.replace(&format!(r#","until":{TOMORROW}"#), ""),
        good.replace(&TOMORROW.to_string(), "9007199254740992"),
        good.replace(&TOMORROW.to_string(), "1.5"),
        good.replace(r#"{"v":1"#, r#"{"x":1,"v":1"#),
        good.replace("\\\"", "\\u0022"),
        Host::new(2).state_text(&text, TOMORROW),
        host.state_text(&members.text(&Host::new(2)), TOMORROW),
    ];
    for text in wrong_states {
        assert_ne!(text, good);
        assert_eq!(
            bench.refused(page, state(vec![host.sign_state(text.clone())])),
            ErrorCode::BadState,
            "{text}"
        );
        bench.seconds(1);
    }
    bench.done(page, state(vec![host.sign_state(good)]));
}

#[test]
fn a_state_has_8_kib_at_most() {
    let (mut bench, page, host, next) = room_with_next();
    let people: Vec<Person> = (0..200).map(Person::new).collect();
    let people: Vec<&Person> = people.iter().collect();
    let long = host.state(&next.clone().removed(&people));
    assert!(long.json.len() > 8192);
    assert_eq!(bench.refused(page, state(vec![long])), ErrorCode::BadState);
    let short = host.state(&next.removed(&people[..150]));
    assert!(short.json.len() < 8192);
    bench.done(page, state(vec![short]));
    let crowd = Rules::open(link(1)).next().next().members(&people[..65]);
    assert_eq!(
        bench.refused(page, state(vec![host.state(&crowd)])),
        ErrorCode::BadState,
        "64 members at most"
    );
}

#[test]
fn a_state_is_signed_by_the_host() {
    let (mut bench, page, host, next) = room_with_next();
    let mut forged = host.state(&next);
    forged.sig = Host::new(2).state(&next).sig;
    assert_eq!(bench.refused(page, state(vec![forged])), ErrorCode::BadSignature);
    let mut raw = host.state(&next);
    raw.sig = host.sign(raw.json.as_bytes());
    assert_eq!(
        bench.refused(page, state(vec![raw])),
        ErrorCode::BadSignature,
        "without the label"
    );
    assert_eq!(bench.view(page).states, [host.state(&Rules::open(link(1)))]);
}

#[test]
fn of_several_states_all_are_taken_or_none() {
    let (mut bench, page, host, next) = room_with_next();
    let good = host.state(&next);
    let mut bad = host.state(&next.clone().next());
    bad.sig.0[0] ^= 1;
    assert_eq!(
        bench.refused(page, state(vec![good, bad])),
        ErrorCode::BadSignature
    );
    assert_eq!(bench.view(page).states.len(), 1);
    assert_eq!(bench.view(page).states, [host.state(&Rules::open(link(1)))]);
}

#[test]
fn mode_is_fixed_for_a_rooms_life() {
    let (mut bench, page, host, next) = room_with_next();
    let other = Rules {
        mode: "standard",
        ..next
    };
    assert_eq!(
        bench.refused(page, state(vec![host.state(&other)])),
        ErrorCode::BadState
    );
    let both = host.claim(
        link(2),
        &[
            Rules::open(link(2)),
            Rules {
                clock: vec![("h00000002", 1)],
                ..other
            },
        ],
    );
    assert_eq!(
        bench.refused(page, ClientMessage::Restore(both)),
        ErrorCode::BadState
    );
}

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
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
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

#[test]
fn an_hour_of_tolerance_for_clocks_that_are_wrong() {
    let mut bench = Bench::new();
    let page = bench.page();
    for (n, until, fine) in [(1, UNIX - 3600, true), (2, UNIX - 3601, false)] {
        let claim = Host::new(n).claim(
            link(n),
            &[Rules {
                until,
                ..Rules::open(link(n))
            }],
        );
        let answer = bench.ask(page, ClientMessage::Create(claim));
        assert_eq!(matches!(answer, ServerMessage::Created(_)), fine, "{answer:?}");
    }
}
