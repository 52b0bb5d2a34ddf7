//! The server stops: nobody new, everybody told, relayed calls last to the end.

use std::time::Duration;

use parlour_signaling::{Action, ByeCode, ErrorCode, Output, ServerFrame, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, link};

const MINUTE: Duration = Duration::from_secs(60);

fn drain(bench: &mut Bench) {
    bench.machine.drain(bench.now, bench.now + MINUTE);
    bench.pump();
}

#[test]
fn everybody_is_told_to_come_back_at_a_time_of_their_own() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    for n in 1..8 {
        let page = bench.page();
        bench.join(page, host.join(link(1), &Person::new(n), n));
    }
    drain(&mut bench);
    let mut times = vec![];
    for page in 0..8 {
        let Some(ServerMessage::Bye(bye)) = bench.heard(page).pop() else {
            panic!("no bye")
        };
        assert_eq!((bye.action, bye.code), (Action::Rejoin, ByeCode::Restart));
        assert_eq!(bench.pages[page].closed, Some(1001));
        times.push(bye.retry_ms.unwrap());
    }
    assert!(times.iter().all(|ms| (500..=4000).contains(ms)), "{times:?}");
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 4, "spread out: {times:?}");
    assert_eq!(
        (bench.machine.stats().sessions, bench.machine.stats().connections),
        (0, 0)
    );
}

#[test]
fn seats_last_until_the_end() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    bench.room(&host, &Rules::knock(link(1)));
    let porch = bench.page();
    bench.join(porch, host.join(link(1), &Person::new(2), 2));
    drain(&mut bench);
    bench.after(MINUTE - Duration::from_millis(1));
    assert_eq!((bench.relay.open.len(), bench.machine.stats().seats), (1, 1));
    bench.after(Duration::from_millis(1));
    assert_eq!((bench.relay.open.len(), bench.relay.closed), (0, 1));
    let stats = bench.machine.stats();
    assert_eq!((stats.seats, stats.porch, stats.rooms), (0, 0, 0));
}

#[test]
fn nobody_new_is_taken() {
    let mut bench = Bench::new();
    let known = bench.page();
    let young = bench.open("10.9.9.9".parse().unwrap());
    let hello = bench.pages[known].hello();
    drain(&mut bench);
    assert!(matches!(
        bench.raw.remove(&young).unwrap()[..],
        [Output::Close { code: 1001, .. }]
    ));
    for text in [hello.as_str(), r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#] {
        let late = bench.open("10.9.9.9".parse().unwrap());
        let outputs = bench.raw(late, text);
        let [Output::Send { text, .. }, Output::Close { code: 1001, .. }] = &outputs[..] else {
            panic!("{outputs:?}")
        };
        let ServerMessage::Error(error) = ServerFrame::read(text).unwrap().message else {
            panic!("no error")
        };
        assert_eq!(error.code, ErrorCode::Busy);
    }
}

#[test]
fn to_be_told_twice_changes_only_the_end() {
    let mut bench = Bench::new();
    bench.room(&Host::new(1), &Rules::open(link(1)));
    drain(&mut bench);
    bench.machine.drain(bench.now, bench.now + MINUTE * 2);
    bench.after(MINUTE);
    assert_eq!(bench.relay.open.len(), 1);
    bench.after(MINUTE);
    assert_eq!(bench.relay.open.len(), 0);
}
