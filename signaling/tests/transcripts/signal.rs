//! "Signals": who may tell whom, byte for byte, in order, and never to another room.

use parlour_signaling::{ClientMessage, ClientSignal, ErrorCode, Pid};

use crate::common::{Bench, Host, Person, Rules, link};

fn signal(to: Pid, body: impl Into<String>) -> ClientMessage {
    ClientMessage::Signal(ClientSignal {
        to,
        body: body.into(),
    })
}

#[test]
fn a_body_arrives_byte_for_byte_from_whom_the_server_says() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    let ana = bench.seats(b)[0];
    for body in [
        "",
        "AQID",
        "\"quoted\" \\ \n\t\u{1}\u{7f}",
        "ü€𝄞\u{202e}",
        "{\"t\":\"leave\"}",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0",
    ] {
        bench.heard(a);
        bench.signal(b, ana, body);
        assert_eq!(bench.signals(a), [(ben, body.to_owned())]);
    }
}

#[test]
fn only_those_who_ask_are_answered() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let ana = bench.seats(b)[0];
    bench.settle();
    bench.heard(b);
    bench.signal(b, ana, "x");
    assert!(bench.heard(b).is_empty());
    bench.done(b, signal(ana, "x"));
    bench.signal(b, Pid([9; 8]), "x");
    assert_eq!(bench.heard(b).len(), 2, "done, and an error without a number");
}

#[test]
fn order_is_kept_between_two() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let (b, c) = (bench.page(), bench.page());
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    let cyd = bench.join(c, host.join(link(1), &Person::new(3), 3)).pid;
    let ana = bench.seats(b)[0];
    bench.heard(a);
    for n in 0..40 {
        bench.signal(if n % 3 == 0 { b } else { c }, ana, &n.to_string());
    }
    let heard = bench.signals(a);
    for (pid, mine) in [(ben, true), (cyd, false)] {
        let from: Vec<String> = heard
            .iter()
            .filter(|(from, _)| *from == pid)
            .map(|(_, body)| body.clone())
            .collect();
        let sent: Vec<String> = (0..40)
            .filter(|n| (n % 3 == 0) == mine)
            .map(|n: i32| n.to_string())
            .collect();
        assert_eq!(from, sent);
    }
}

#[test]
fn no_signal_crosses_rooms() {
    let mut bench = Bench::new();
    let (one, two) = (Host::new(1), Host::new(2));
    let a = bench.room(&one, &Rules::open(link(1)));
    let b = bench.room(&two, &Rules::open(link(2)));
    let ana = bench.seats(a)[0];
    assert_eq!(bench.refused(b, signal(ana, "x")), ErrorCode::NoSuchParticipant);
    bench.heard(a);
    assert!(bench.signals(a).is_empty());
}

#[test]
fn nobody_talks_to_the_absent_to_themselves_or_from_outside() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    let ana = bench.seats(a)[0];
    assert_eq!(bench.refused(b, signal(ana, "x")), ErrorCode::NotInRoom);
    assert_eq!(bench.refused(a, signal(ana, "x")), ErrorCode::NoSuchParticipant);
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    bench.leave(b);
    assert_eq!(bench.refused(a, signal(ben, "x")), ErrorCode::NoSuchParticipant);
}

#[test]
fn the_porch_talks_with_those_inside_and_not_with_itself() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::knock(link(1)));
    let (b, c) = (bench.page(), bench.page());
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    let cyd = bench.join(c, host.join(link(1), &Person::new(3), 3)).pid;
    let ana = bench.seats(a)[0];
    bench.done(b, signal(ana, "knock"));
    bench.done(a, signal(ben, "wait"));
    assert_eq!(bench.refused(b, signal(cyd, "psst")), ErrorCode::NotAllowed);
}

#[test]
fn a_signal_never_overtakes_the_view_that_introduces_its_sender() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let (b, c) = (bench.page(), bench.page());
    // The first change of a room is told at once, the second would wait for 100 ms.
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let cyd = bench.join(c, host.join(link(1), &Person::new(3), 3)).pid;
    assert!(!bench.seats(a).contains(&cyd));
    bench.signal(c, bench.seats(c)[0], "hello");
    assert!(bench.seats(a).contains(&cyd));
    let heard = bench.heard(a);
    let [
        ..,
        parlour_signaling::ServerMessage::View(_),
        parlour_signaling::ServerMessage::Signal(_),
    ] = &heard[..]
    else {
        panic!("{heard:?}")
    };
}

#[test]
fn a_body_may_have_49152_bytes() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let ana = bench.seats(b)[0];
    bench.heard(a);
    bench.done(b, signal(ana, "x".repeat(49_152)));
    assert_eq!(bench.signals(a)[0].1.len(), 49_152);
    assert_eq!(
        bench.refused(b, signal(ana, "x".repeat(49_153))),
        ErrorCode::TooLarge
    );
    assert_eq!(
        bench.refused(b, signal(ana, "ü".repeat(24_577))),
        ErrorCode::TooLarge,
        "bytes, not letters"
    );
    // Within the limit, but its escapes would not fit the frame that carries it on.
    let tight = "\"".repeat(32_700);
    assert_eq!(bench.refused(b, signal(ana, tight)), ErrorCode::TooLarge);
}
