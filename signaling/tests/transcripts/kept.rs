//! Kept rooms: where the operator allows it, a room whose rules ask for it outlives its last leave.

use std::time::Duration;

use parlour_signaling::{ByeCode, ClientMessage, Config, ErrorCode, Look, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, UNIX, config, link};

const DAY: u64 = 24 * 3600;

fn bench(kept_rooms: usize) -> Bench {
    Bench::with(Config {
        kept_rooms,
        ..config()
    })
}

/// Rules of a room that is to be kept.
fn kept(n: u8) -> Rules {
    Rules {
        until: UNIX + 30 * DAY,
        ..Rules::open(link(n))
    }
}

fn look(bench: &mut Bench, n: u8) -> Result<usize, ErrorCode> {
    let page = bench.page();
    let answer = bench.ask(page, ClientMessage::Look(Look { room_id: link(n) }));
    bench.cut(page);
    match answer {
        ServerMessage::Room(room) => Ok(room.hosts[0].seats),
        ServerMessage::Error(error) => Err(error.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kept_room_stays_when_everybody_left_and_takes_them_back() {
    let mut bench = bench(1);
    let host = Host::new(1);
    let a = bench.room(&host, &kept(1));
    let b = bench.page();
    assert!(bench.join(b, host.join(link(1), &Person::new(2), 2)).may_keep);
    bench.leave(a);
    bench.leave(b);
    bench.cut(a);
    bench.cut(b);
    assert!(bench.relay.open.is_empty(), "nobody has a relay");
    assert_eq!(
        (look(&mut bench, 1), bench.machine.stats().kept_rooms),
        (Ok(0), 1)
    );
    bench.after(Duration::from_secs(10 * DAY));
    let guest = bench.page();
    assert!(bench.join(guest, host.join(link(1), &Person::new(3), 3)).seat);
    assert_eq!(bench.machine.stats().kept_rooms, 0, "somebody is in");
    bench.leave(guest);
    assert_eq!(
        (look(&mut bench, 1), bench.machine.stats().kept_rooms),
        (Ok(0), 1)
    );
}

#[test]
fn closed_pages_keep_it_too_and_whoever_waits_goes_on_waiting() {
    let mut bench = bench(1);
    let host = Host::new(1);
    let rules = Rules {
        until: UNIX + 30 * DAY,
        ..Rules::knock(link(1))
    };
    let a = bench.room(&host, &rules);
    let porch = bench.page();
    assert!(!bench.join(porch, host.join(link(1), &Person::new(2), 2)).seat);
    bench.close(a);
    bench.seconds(600);
    assert!(
        !bench
            .heard(porch)
            .iter()
            .any(|message| matches!(message, ServerMessage::Bye(_))),
        "nothing is over"
    );
    let again = bench.page();
    assert!(
        bench
            .join(again, host.join_as_host(link(1), &Person::new(100), 101))
            .seat
    );
    assert_eq!(bench.view(again).porch.len(), 1);
}

#[test]
fn it_is_forgotten_in_the_end_without_a_tombstone() {
    for (config, days) in [
        (
            Config {
                kept_rooms: 1,
                ..config()
            },
            31,
        ),
        (
            Config {
                kept_rooms: 1,
                kept_for: Duration::from_secs(2 * DAY),
                ..config()
            },
            3,
        ),
    ] {
        let mut bench = Bench::with(config);
        let a = bench.room(&Host::new(1), &kept(1));
        bench.leave(a);
        bench.cut(a);
        bench.after(Duration::from_secs((days - 1) * DAY - 7200));
        assert_eq!(look(&mut bench, 1), Ok(0));
        bench.after(Duration::from_secs(DAY + 3 * 7200));
        assert_eq!(look(&mut bench, 1), Err(ErrorCode::NoSuchRoom));
        let stats = bench.machine.stats();
        assert_eq!((stats.rooms, stats.kept_rooms, stats.tombstones), (0, 0, 0));
    }
}

#[test]
fn without_the_operators_leave_or_beyond_their_number_rooms_end_as_ever() {
    for (allowed, rules) in [(0, kept(1)), (1, Rules::open(link(1)))] {
        let mut bench = bench(allowed);
        let a = bench.room(&Host::new(1), &rules);
        bench.leave(a);
        assert_eq!(look(&mut bench, 1), Err(ErrorCode::RoomOver));
    }
    let mut bench = bench(1);
    let (a, b) = (
        bench.room(&Host::new(1), &kept(1)),
        bench.room(&Host::new(2), &kept(2)),
    );
    bench.leave(a);
    bench.leave(b);
    assert_eq!(look(&mut bench, 1), Ok(0));
    assert_eq!(look(&mut bench, 2), Err(ErrorCode::RoomOver));
    assert_eq!(
        bench.close_rooms(Some(link(1))),
        1,
        "an operator ends it as any other"
    );
    assert_eq!(look(&mut bench, 1), Err(ErrorCode::RoomOver));
    let c = bench.room(&Host::new(3), &kept(3));
    bench.leave(c);
    assert_eq!(look(&mut bench, 3), Ok(0), "there is a place again");
}

#[test]
fn its_host_ends_it() {
    let mut bench = bench(1);
    let host = Host::new(1);
    let a = bench.room(&host, &kept(1));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let over = Rules {
        clock: vec![("h00000001", 2)],
        over: true,
        ..kept(1)
    };
    bench.done(a, ClientMessage::State(host.states(&[over])));
    assert!(matches!(
        bench.heard(b).last(),
        Some(ServerMessage::Bye(bye)) if bye.code == ByeCode::Over
    ));
    assert_eq!(look(&mut bench, 1), Err(ErrorCode::RoomOver));
}
