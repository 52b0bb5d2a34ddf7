//! Bounds of `Config` on rooms: how many are made, asked for, entered, remembered.

use crate::common::{Bench, Host, Person, Rules, config, link, rate};
use crate::limits::{IP, look};
use parlour_signaling::{ClientMessage, Config, ErrorCode, ServerMessage};

#[test]
fn ten_different_rooms_in_vain() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(100)));
    let (page, neighbour) = (bench.page_from(IP), bench.page_from(IP));
    for n in 0..9 {
        assert_eq!(bench.refused(page, look(n)), ErrorCode::NoSuchRoom);
        assert_eq!(
            bench.refused(page, look(n)),
            ErrorCode::NoSuchRoom,
            "to ask for the same again is free"
        );
    }
    let stranger = ClientMessage::Join(host.join(link(9), &Person::new(1), 1));
    assert_eq!(bench.refused(neighbour, stranger.clone()), ErrorCode::NoSuchRoom);
    for message in [
        look(10),
        look(100),
        ClientMessage::Join(host.join(link(100), &Person::new(1), 1)),
    ] {
        assert_eq!(
            bench.refused(neighbour, message),
            ErrorCode::Rate,
            "what exists looks like what does not"
        );
    }
    assert_eq!(bench.refused(neighbour, look(3)), ErrorCode::NoSuchRoom);
    let wait = bench.refusal(page, look(10)).retry_ms.unwrap();
    assert_eq!(wait, 600_000);
    bench.seconds(600);
    assert_eq!(bench.refused(page, look(10)), ErrorCode::NoSuchRoom);
}

#[test]
fn rooms_made_by_one_source() {
    let mut bench = Bench::with(Config {
        rooms_per_source: rate(2, 100),
        ..config()
    });
    let page = bench.page();
    let make = |n: u8| ClientMessage::Create(Host::new(n).claim(link(n), &[Rules::open(link(n))]));
    bench.done(page, make(1));
    bench.done(page, make(2));
    let error = bench.refusal(page, make(3));
    assert_eq!((error.code, error.retry_ms), (ErrorCode::Rate, Some(100_000)));
    bench.done(page, make(2));
    let other = bench.page();
    bench.done(other, make(3));
}

#[test]
fn joins_of_one_source() {
    let mut bench = Bench::with(Config {
        joins_per_source: rate(2, 100),
        ..config()
    });
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let page = bench.page();
    let join = host.join(link(1), &Person::new(2), 2);
    for _ in 0..2 {
        bench.join(page, join.clone());
        bench.leave(page);
    }
    assert_eq!(bench.refused(page, ClientMessage::Join(join)), ErrorCode::Rate);
}

#[test]
fn rooms_in_all_the_longest_empty_makes_way() {
    let mut bench = Bench::with(Config { rooms: 3, ..config() });
    let full = bench.room(&Host::new(1), &Rules::open(link(1)));
    let page = bench.page();
    let make = |n: u8| ClientMessage::Create(Host::new(n).claim(link(n), &[Rules::open(link(n))]));
    for n in [2, 3, 4] {
        bench.seconds(1);
        bench.done(page, make(n));
    }
    assert_eq!(bench.machine.stats().rooms, 3);
    assert_eq!(bench.refused(page, look(2)), ErrorCode::NoSuchRoom);
    assert_eq!(bench.seats(full).len(), 1);
    for n in [3, 4] {
        let page = bench.page();
        bench.join(page, Host::new(n).join(link(n), &Person::new(n), n));
    }
    assert_eq!(bench.refused(page, make(5)), ErrorCode::Busy);
}

#[test]
fn porch_in_all_and_of_one_source() {
    let mut bench = Bench::with(Config {
        porch: 3,
        porch_per_source: 2,
        ..config()
    });
    let host = Host::new(1);
    bench.room(&host, &Rules::knock(link(1)));
    let sources = ["10.0.9.1", "10.0.9.1", "10.0.9.1", "10.0.9.2", "10.0.9.3"];
    for (n, (ip, fine)) in sources
        .into_iter()
        .zip([true, true, false, true, false])
        .enumerate()
    {
        let page = bench.page_from(ip.parse().unwrap());
        let n = u8::try_from(n).unwrap();
        let answer = bench.ask(page, ClientMessage::Join(host.join(link(1), &Person::new(n), n)));
        match answer {
            ServerMessage::Joined(joined) => assert!(fine && !joined.seat),
            ServerMessage::Error(error) => assert!(!fine && error.code == ErrorCode::Busy),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bench.machine.stats().porch, 3);
}

#[test]
fn links_of_one_room() {
    let mut bench = Bench::with(Config {
        names_per_room: 8,
        ..config()
    });
    let host = Host::new(1);
    let page = bench.room(&host, &Rules::open(link(1)));
    for n in 2..=8 {
        bench.done(
            page,
            ClientMessage::Create(host.claim(link(n), &[Rules::open(link(1))])),
        );
    }
    let ninth = ClientMessage::Create(host.claim(link(9), &[Rules::open(link(1))]));
    assert_eq!(bench.refused(page, ninth), ErrorCode::Busy);
    bench.done(
        page,
        ClientMessage::Create(host.claim(link(8), &[Rules::open(link(1))])),
    );
}

#[test]
fn ended_rooms_are_remembered_in_bounds() {
    let mut bench = Bench::with(Config {
        tombstones: 4,
        ..config()
    });
    for n in 1..=5 {
        let page = bench.room(&Host::new(n), &Rules::open(link(n)));
        bench.leave(page);
        assert!(bench.machine.stats().tombstones <= 4);
    }
    let page = bench.page();
    assert_eq!(bench.refused(page, look(5)), ErrorCode::RoomOver);
    assert_eq!(bench.refused(page, look(1)), ErrorCode::NoSuchRoom);
}

/// matchbox, y-webrtc: empty rooms stay for ever.
#[test]
fn after_much_coming_and_going_nothing_is_left() {
    let mut bench = Bench::with(Config {
        rooms_per_source: rate(10_000, 1),
        joins_per_source: rate(10_000, 1),
        costly: rate(10_000, 1),
        frames: rate(100_000, 1),
        ..config()
    });
    let page = bench.page();
    let hosts: Vec<Host> = (0..40).map(Host::new).collect();
    for round in 0..10 {
        for (n, host) in hosts.iter().enumerate() {
            let name = link(u8::try_from(n).unwrap());
            let create = ClientMessage::Create(host.claim(name, &[Rules::open(name)]));
            if round == 0 {
                bench.done(page, create);
                bench.join(page, host.join(name, &Person::new(1), 1));
                bench.leave(page);
            } else {
                assert_eq!(bench.refused(page, create), ErrorCode::RoomOver);
            }
        }
    }
    bench.close(page);
    bench.seconds(31 * 24 * 3600);
    let stats = bench.machine.stats();
    assert_eq!(
        (stats.rooms, stats.sessions, stats.connections, stats.seats),
        (0, 0, 0, 0)
    );
    assert_eq!((stats.sources, stats.tombstones, stats.kept_bytes), (0, 0, 0));
    assert_eq!(bench.machine.poll_timeout(), None);
}

/// An operator changes the configuration while people talk.
#[test]
fn other_limits_hold_from_then_on_and_what_was_taken_stays() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let first = bench.room(&host, &Rules::open(link(1)));
    let join = |n: u8| host.join(link(1), &Person::new(n), n);
    let second = bench.page();
    bench.join(second, join(2));
    bench.machine.handle_config(Config { cap: 2, ..config() });
    let third = bench.page();
    assert_eq!(
        bench.refused(third, ClientMessage::Join(join(3))),
        ErrorCode::RoomFull
    );
    bench.machine.handle_config(Config { cap: 3, ..config() });
    bench.join(third, join(3));
    bench.machine.handle_config(Config { cap: 2, ..config() });
    // Time goes on for everybody under deadlines that were set before.
    bench.seconds(120);
    assert_eq!(bench.seats(first).len(), 3);
}
