//! "Resuming": nothing is lost and nothing is doubled, wherever a connection breaks.

use std::collections::BTreeSet;
use std::time::Duration;

use parlour_signaling::{ClientMessage, ClientSignal, Empty, Look, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, link};

/// What a page heard, without what may differ after an interruption: the credentials' random numbers, and how often
/// the room was told.
type Log = Vec<String>;

/// Two people make a room, meet, talk, change the rules, and one leaves. Everybody's log and how the room looks.
fn meeting(losses: &[usize]) -> (Log, Log, String, usize) {
    let mut bench = Bench::new();
    bench.losses = losses.iter().copied().collect();
    bench.reconnects = true;
    let host = Host::new(1);
    let (ana, ben) = (Person::new(1), Person::new(2));
    let (ana_pid, ben_pid) = (ana.pid(&host, 1), ben.pid(&host, 2));

    let a = bench.page();
    bench.done(
        a,
        ClientMessage::Create(host.claim(link(1), &[Rules::knock(link(1))])),
    );
    bench.join(a, host.join_as_host(link(1), &ana, 1));
    let b = bench.page();
    assert!(matches!(
        bench.ask(b, ClientMessage::Look(Look { room_id: link(1) })),
        ServerMessage::Room(_)
    ));
    bench.join(b, host.join(link(1), &ben, 2));
    for n in 0..4 {
        bench.signal(b, ana_pid, &format!("knock {n}"));
        bench.signal(a, ben_pid, &format!("who is there {n}"));
    }
    bench.done(
        a,
        ClientMessage::State(host.states(&[Rules::knock(link(1)).next().members(&[&ana, &ben])])),
    );
    bench.done(
        a,
        ClientMessage::Signal(ClientSignal {
            to: ben_pid,
            body: "welcome".to_owned(),
        }),
    );
    bench.signal(b, ana_pid, "thanks");
    assert!(matches!(
        bench.ask(b, ClientMessage::Ice(Empty {})),
        ServerMessage::Ice(_)
    ));
    bench.leave(b);
    bench.settle();

    assert!(
        !bench.pages[a].was_gone && !bench.pages[b].was_gone,
        "a resumption must not fail"
    );
    assert_eq!(bench.relay.open.len(), 1);
    let mut view = bench.view(a);
    view.n = 0;
    (log(&bench, a), log(&bench, b), format!("{view:?}"), bench.frames)
}

fn log(bench: &Bench, page: usize) -> Log {
    let tell = |(re, message): &(Option<u32>, ServerMessage)| match message {
        ServerMessage::View(_) => None,
        ServerMessage::Joined(joined) => Some(format!("{re:?} joined {:?} {}", joined.pid, joined.seat)),
        ServerMessage::Signal(signal) => Some(format!("{:?} says {}", signal.from, signal.body)),
        ServerMessage::Ice(_) | ServerMessage::Seat(_) => Some(format!("{re:?} ice")),
        other => Some(format!("{re:?} {other:?}")),
    };
    bench.pages[page].log.iter().filter_map(tell).collect()
}

#[test]
fn a_connection_may_break_at_any_frame() {
    let (ana, ben, view, frames) = meeting(&[]);
    assert!(frames > 40, "{frames} frames are too few to prove anything");
    for lost in 1..=frames {
        let (a, b, v, _) = meeting(&[lost]);
        assert_eq!(
            (&a, &b, &v),
            (&ana, &ben, &view),
            "frame {lost} of {frames} was lost"
        );
    }
}

/// The frames right after a loss are `hello`, `resumed` and what is repeated: they may be lost in turn.
#[test]
fn the_resumption_may_break_as_well() {
    let (ana, ben, view, frames) = meeting(&[]);
    for lost in 1..=frames {
        for also in [&[1][..], &[2], &[3], &[1, 2], &[2, 4], &[1, 2, 3, 4, 5]] {
            let losses: Vec<usize> = std::iter::once(lost)
                .chain(also.iter().map(|n| lost + n))
                .collect();
            let (a, b, v, _) = meeting(&losses);
            assert_eq!((&a, &b, &v), (&ana, &ben, &view), "frames {losses:?} were lost");
        }
    }
}

#[test]
fn what_was_said_meanwhile_is_heard_afterwards() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    let ben = bench.join(b, host.join(link(1), &Person::new(2), 2)).pid;
    bench.cut(b);
    bench.seconds(29);
    for n in 0..20 {
        bench.signal(a, ben, &n.to_string());
    }
    bench.heard(b);
    bench.connect(b);
    let heard: Vec<String> = bench.signals(b).into_iter().map(|(_, body)| body).collect();
    assert_eq!(heard, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_seat_is_held_and_seen_as_away() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.settle();
    bench.cut(b);
    bench.settle();
    assert!(bench.view(a).seats[1].away);
    bench.connect(b);
    bench.settle();
    assert!(!bench.view(a).seats[1].away);
    assert_eq!(
        (bench.relay.opened, bench.relay.closed),
        (2, 0),
        "the relay heard nothing of it"
    );
    assert_eq!(bench.machine.stats().resumed_total, 1);
}

#[test]
fn a_guest_is_held_30_seconds_and_a_host_60() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    bench.cut(b);
    bench.after(Duration::from_millis(29_999));
    assert_eq!(bench.relay.closed, 0);
    bench.after(Duration::from_millis(1));
    assert_eq!(bench.relay.closed, 1);
    bench.connect(b);
    assert!(bench.pages[b].was_gone);

    bench.cut(a);
    bench.after(Duration::from_millis(59_999));
    assert_eq!(bench.relay.closed, 1);
    bench.after(Duration::from_millis(1));
    assert_eq!(bench.relay.closed, 2);
    bench.connect(a);
    assert!(bench.pages[a].was_gone);
    assert_eq!(bench.machine.stats().gone_total, 2);
}

#[test]
fn a_token_is_spent_by_the_frame_after_it() {
    let mut bench = Bench::new();
    let page = bench.page();
    let first = bench.pages[page].ticket;
    bench.cut(page);
    bench.connect(page);
    let second = bench.pages[page].ticket;
    assert!(first != second);
    // `resumed` may have been lost, so the first still opens …
    bench.cut(page);
    bench.pages[page].ticket = first;
    bench.connect(page);
    assert!(!bench.pages[page].was_gone);
    // … until a frame shows that it was not.
    bench.transmit(page, r#"{"t":"ping","s":0,"a":0,"d":{}}"#);
    bench.pump();
    bench.cut(page);
    bench.pages[page].ticket = first;
    bench.connect(page);
    assert!(bench.pages[page].was_gone);
}

#[test]
fn another_connection_with_the_token_takes_the_session_over() {
    let mut bench = Bench::new();
    let page = bench.page();
    let before = bench.pages[page].connection.unwrap();
    let thief = bench.open(bench.pages[page].ip);
    let hello = bench.pages[page].hello();
    let outputs = bench.raw(thief, &hello);
    assert_eq!(outputs.len(), 1, "resumed");
    assert_eq!(bench.pages[page].closed, Some(4002));
    assert_eq!(bench.machine.stats().connections, 1);
    bench
        .machine
        .handle_closed(bench.now, before, parlour_signaling::Closed::Broken);
    bench.seconds(31);
    assert_eq!(
        bench.machine.stats().sessions,
        1,
        "the old connection's end is not the session's"
    );
}

#[test]
fn a_wrong_token_opens_nothing_and_harms_nothing() {
    let mut bench = Bench::new();
    let (page, other) = (bench.page(), bench.page());
    let (session, token) = bench.pages[page].ticket.unwrap();
    bench.cut(other);
    bench.pages[other].ticket = bench.pages[other].ticket.map(|(_, token)| (session, token));
    bench.connect(other);
    assert!(bench.pages[other].was_gone);
    assert!(bench.pages[page].connection.is_some());
    bench.cut(page);
    bench.pages[page].ticket = Some((session, token));
    bench.connect(page);
    assert!(!bench.pages[page].was_gone);
}

#[test]
fn who_has_lost_count_begins_anew() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let page = bench.page();
    bench.join(page, host.join(link(1), &Person::new(2), 2));
    for received in [99, 0] {
        let page = bench.page();
        bench.join(
            page,
            host.join(link(1), &Person::new(10 + received), 10 + received),
        );
        bench.settle();
        // Acknowledges what it heard, then claims to have heard more than was said, or less than it acknowledged.
        assert!(matches!(
            bench.ask(page, ClientMessage::Ice(Empty {})),
            ServerMessage::Ice(_)
        ));
        bench.cut(page);
        bench.pages[page].received = u32::from(received);
        bench.connect(page);
        assert!(bench.pages[page].was_gone, "{received}");
    }
    assert_eq!(bench.relay.open.len(), 2, "their seats ended with their sessions");
}

#[test]
fn frames_repeated_by_a_page_are_dropped() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let a = bench.room(&host, &Rules::open(link(1)));
    let b = bench.page();
    bench.join(b, host.join(link(1), &Person::new(2), 2));
    let ana = bench.seats(b)[0];
    // Every frame to the page is lost from here on, so it repeats all it said.
    bench.reconnects = true;
    let from = bench.frames;
    bench.losses = BTreeSet::from([from + 3]);
    bench.heard(a);
    for n in 0..5 {
        bench.signal(b, ana, &n.to_string());
    }
    bench.settle();
    let heard: Vec<String> = bench.signals(a).into_iter().map(|(_, body)| body).collect();
    assert_eq!(heard, ["0", "1", "2", "3", "4"]);
}
