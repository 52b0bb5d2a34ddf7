//! "New rules" (seal, section 2): which texts are states.

use parlour_signaling::{ClientMessage, ErrorCode, ServerMessage, SignedState, States};

use crate::common::{Bench, Host, Person, Rules, TOMORROW, UNIX, link};

pub(crate) fn state(states: Vec<SignedState>) -> ClientMessage {
    ClientMessage::State(States { states })
}

/// A room, its host's page, and the state of the next rules.
pub(crate) fn room_with_next() -> (Bench, usize, Host, Rules) {
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
