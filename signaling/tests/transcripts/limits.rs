//! Bounds of `Config` on connections, sessions and what they may say; each at its value and beyond.
//!
//! Those on rooms are in `limits_of_rooms`, those on what is kept in `limits_of_queues`.

use std::net::IpAddr;
use std::time::Duration;

use parlour_signaling::{ClientMessage, Config, ErrorCode, Look, Output, ServerFrame, ServerMessage};

use crate::common::{Bench, Host, P, Person, Rules, config, link, rate};

pub(crate) const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 1, 1));
const HELLO: &str = r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#;

pub(crate) fn look(n: u8) -> ClientMessage {
    ClientMessage::Look(Look { room_id: link(n) })
}

fn close_code(outputs: &[Output]) -> Option<u16> {
    outputs.iter().find_map(|output| match output {
        Output::Close { code, .. } => Some(*code),
        _ => None,
    })
}

fn first_error(outputs: &[Output]) -> Option<ErrorCode> {
    outputs.iter().find_map(|output| match output {
        Output::Send { text, .. } => match ServerFrame::read(text).unwrap().message {
            ServerMessage::Error(error) => Some(error.code),
            _ => None,
        },
        _ => None,
    })
}

/// A room and a guest in it who says nothing of its own accord: host, guest.
pub(crate) fn two(bench: &mut Bench, host: &Host) -> (P, P) {
    let a = bench.room(host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.settle();
    (a, b)
}

#[test]
fn hello_within_five_seconds() {
    let mut bench = Bench::new();
    let id = bench.open(IP);
    bench.after(Duration::from_millis(4999));
    assert_eq!(bench.raw.get(&id), None);
    bench.after(Duration::from_millis(1));
    assert_eq!(close_code(&bench.raw[&id]), Some(4000));
    assert_eq!(bench.machine.stats().connections, 0);
}

#[test]
fn eight_frames_before_hello() {
    let mut bench = Bench::new();
    let id = bench.open(IP);
    for _ in 0..8 {
        assert_eq!(
            close_code(&bench.raw(id, r#"{"t":"ping","s":0,"a":0,"d":{}}"#)),
            None
        );
    }
    assert_eq!(close_code(&bench.raw(id, HELLO)), Some(1008));
}

#[test]
fn frames_of_64_kib() {
    let mut bench = Bench::new();
    for (length, code) in [(65_536, 4001), (65_537, 1009)] {
        let id = bench.open(IP);
        assert_eq!(close_code(&bench.raw(id, &"x".repeat(length))), Some(code));
        let page = bench.page();
        bench.transmit(page, &"x".repeat(length));
        bench.pump();
        assert_eq!(bench.pages[page].closed, Some(code));
    }
}

#[test]
fn two_hundred_frames_at_once_and_fifty_a_second() {
    let mut bench = Bench::new();
    let page = bench.page();
    let ping = r#"{"t":"ping","s":0,"a":0,"d":{}}"#;
    for _ in 0..200 {
        bench.transmit(page, ping);
    }
    bench.after(Duration::from_millis(100));
    for _ in 0..5 {
        bench.transmit(page, ping);
    }
    bench.pump();
    assert_eq!(bench.pages[page].closed, None);
    bench.transmit(page, ping);
    bench.pump();
    assert_eq!(bench.pages[page].closed, Some(1008));
    bench.connect(page);
    assert!(
        !bench.pages[page].was_gone,
        "the session goes on when it has calmed down"
    );
}

#[test]
fn signals_have_a_bucket_of_their_own() {
    let mut bench = Bench::with(Config {
        signals: rate(3, 10),
        ..config()
    });
    let host = Host::new(1);
    let (a, b) = two(&mut bench, &host);
    let ana = bench.seats(b)[0];
    for _ in 0..4 {
        bench.signal(b, ana, "x");
    }
    let Some(ServerMessage::Error(error)) = bench.heard(b).pop() else {
        panic!("no error")
    };
    assert_eq!((error.code, error.retry_ms), (ErrorCode::Rate, Some(10_000)));
    bench.heard(a);
    bench.seconds(10);
    bench.signal(b, ana, "y");
    assert_eq!(bench.signals(a).len(), 1);
}

#[test]
fn what_costs_signature_checks_is_limited() {
    let mut bench = Bench::with(Config {
        costly: rate(3, 10),
        ..config()
    });
    let host = Host::new(1);
    let page = bench.page();
    let claim = host.claim(link(1), &[Rules::open(link(1))]);
    bench.done(page, ClientMessage::Create(claim.clone()));
    bench.done(page, ClientMessage::Restore(claim.clone()));
    bench.join(page, host.join_as_host(link(1), &Person::new(1), 1));
    let rules = ClientMessage::State(host.states(&[Rules::open(link(1)).next()]));
    assert_eq!(bench.refused(page, rules.clone()), ErrorCode::Rate);
    assert_eq!(bench.refused(page, ClientMessage::Create(claim)), ErrorCode::Rate);
    bench.seconds(10);
    bench.done(page, rules);
}

#[test]
fn connections_in_all() {
    let mut bench = Bench::with(Config {
        connections: 3,
        ..config()
    });
    let ids: Vec<_> = (0..4).map(|_| bench.open(IP)).collect();
    bench.pump();
    assert_eq!(close_code(&bench.raw[&ids[3]]), Some(1013));
    assert_eq!((bench.raw.len(), bench.machine.stats().connections), (1, 3));
    bench
        .machine
        .handle_closed(bench.now, ids[0], parlour_signaling::Closed::Broken);
    let again = bench.open(IP);
    assert!(matches!(bench.raw(again, HELLO)[..], [Output::Send { .. }]));
}

#[test]
fn connections_of_one_source() {
    let mut bench = Bench::with(Config {
        connections_per_source: 2,
        ..config()
    });
    let sources = [
        "10.0.0.1",
        "10.0.0.1",
        "10.0.0.2",
        "2001:db8::1",
        "2001:db8::2",
        "10.0.0.1",
        "2001:db8::3",
        "2001:db8:0:1::",
    ];
    let ids: Vec<_> = sources.iter().map(|ip| bench.open(ip.parse().unwrap())).collect();
    bench.pump();
    let refused: Vec<bool> = ids.iter().map(|id| bench.raw.contains_key(id)).collect();
    assert_eq!(refused, [false, false, false, false, false, true, true, false]);
}

#[test]
fn sessions_in_all_and_of_one_source() {
    for (limits, fine) in [
        (
            Config {
                sessions: 2,
                ..config()
            },
            "10.0.0.9",
        ),
        (
            Config {
                sessions_per_source: 2,
                ..config()
            },
            "10.1.1.1",
        ),
    ] {
        let mut bench = Bench::with(limits);
        let (a, _) = (bench.page_from(IP), bench.page_from(IP));
        let third = bench.open(fine.parse().unwrap());
        let outputs = bench.raw(third, HELLO);
        assert_eq!(
            (first_error(&outputs), close_code(&outputs)),
            (Some(ErrorCode::Busy), Some(1013))
        );
        bench.cut(a);
        let third = bench.open(IP);
        assert_eq!(
            first_error(&bench.raw(third, HELLO)),
            Some(ErrorCode::Busy),
            "a held session counts"
        );
        bench.connect(a);
        assert!(!bench.pages[a].was_gone, "and can always be resumed");
        bench.close(a);
        let third = bench.open(IP);
        assert_eq!(first_error(&bench.raw(third, HELLO)), None);
    }
}

#[test]
fn a_session_counts_where_its_page_is_now() {
    let mut bench = Bench::with(Config {
        sessions_per_source: 1,
        ..config()
    });
    let page = bench.page_from(IP);
    bench.cut(page);
    bench.pages[page].ip = "10.2.2.2".parse().unwrap();
    bench.connect(page);
    assert!(!bench.pages[page].was_gone);
    let (there, here) = (bench.open("10.2.2.2".parse().unwrap()), bench.open(IP));
    assert_eq!(first_error(&bench.raw(there, HELLO)), Some(ErrorCode::Busy));
    assert_eq!(first_error(&bench.raw(here, HELLO)), None);
}

#[test]
fn sources_are_remembered_in_bounds_and_forgotten() {
    let mut bench = Bench::with(Config {
        sources: 3,
        ..config()
    });
    for n in 0..50 {
        let page = bench.page_from(IpAddr::V4(std::net::Ipv4Addr::new(10, 3, 3, n)));
        assert_eq!(bench.refused(page, look(n)), ErrorCode::NoSuchRoom);
        bench.close(page);
        assert!(bench.machine.stats().sources <= 3);
    }
    bench.seconds(700);
    assert_eq!(bench.machine.stats().sources, 0);
    assert_eq!(bench.machine.poll_timeout(), None);
    let ids: Vec<_> = (0..4)
        .map(|n| bench.open(IpAddr::V4(std::net::Ipv4Addr::new(10, 4, 4, n))))
        .collect();
    bench.pump();
    assert_eq!(close_code(&bench.raw[&ids[3]]), Some(1013));
}

#[test]
fn quiet_connections_are_pinged_and_dead_ones_closed() {
    let mut bench = Bench::new();
    let (alive, dead) = (bench.page(), bench.page());
    bench.pages[dead].answers_pings = false;
    bench.after(Duration::from_millis(44_999));
    assert_eq!(bench.pages[dead].closed, None);
    bench.after(Duration::from_millis(1));
    assert_eq!(
        (bench.pages[alive].closed, bench.pages[dead].closed),
        (None, Some(4003))
    );
    bench.connect(dead);
    assert!(!bench.pages[dead].was_gone);
}

#[test]
fn pings_come_every_20_seconds_of_quiet() {
    let mut bench = Bench::new();
    let id = bench.open(IP);
    bench.raw(id, HELLO);
    bench.seconds(19);
    assert_eq!(bench.raw(id, r#"{"t":"ack","s":0,"a":0,"d":{}}"#), []);
    bench.after(Duration::from_millis(19_999));
    assert_eq!(bench.raw.get(&id), None);
    bench.after(Duration::from_millis(1));
    assert_eq!(bench.raw[&id], [Output::Ping { to: id }]);
    bench.seconds(20);
    assert_eq!(bench.raw[&id].len(), 2);
}
