//! Bounds of `Config` on what waits for somebody: kept frames, full outboxes, views, blobs that are read slowly.

use std::time::Duration;

use parlour_signaling::{
    BlobAnswer, BlobContent, BlobRefusal, BlobRequest, ByeCode, ClientMessage, Config, Empty, ServerMessage,
};

use crate::blobs::{id, small};
use crate::common::{Bench, Host, Person, Rules, config, link, rate};
use crate::limits::two;

#[test]
fn a_full_outbox_costs_the_connection_and_not_the_session() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let (a, b) = two(&mut bench, &host);
    let id = bench.pages[b].connection.unwrap();
    bench.machine.handle_overflow(bench.now, id);
    bench.pump();
    assert_eq!(bench.pages[b].closed, Some(1013));
    let ben = bench.seats(a)[1];
    bench.heard(b);
    bench.signal(a, ben, "meanwhile");
    bench.connect(b);
    assert_eq!(bench.signals(b).len(), 1);
    assert_eq!(bench.machine.stats().overflows_total, 1);
}

/// A page that acknowledges nothing is told too much at last; the others notice nothing but its leaving.
#[test]
fn what_is_kept_for_a_session_has_a_bound() {
    let generous = Config {
        frames: rate(100_000, 1),
        ..config()
    };
    for (limits, page_asks) in [
        (
            Config {
                kept_frames: 20,
                ..generous.clone()
            },
            20,
        ),
        (
            Config {
                kept_bytes: 20_000,
                ..generous.clone()
            },
            23,
        ),
        (
            Config {
                kept_bytes: 160_000,
                kept_bytes_total: 2,
                ..generous
            },
            23,
        ),
    ] {
        let mut bench = Bench::with(limits);
        let host = Host::new(1);
        let (a, b) = two(&mut bench, &host);
        bench.pages[b].acknowledges = false;
        // It asks and asks, and says each time that it has heard nothing.
        let from = bench.pages[b].said;
        let mut asked = 0;
        while bench.pages[b].closed.is_none() {
            asked += 1;
            let (s, id) = (from + asked, 1000 + asked);
            bench.pages[b].said = s;
            let text = format!(
                r#"{{"t":"look","id":{id},"s":{s},"a":0,"d":{{"room_id":"{}"}}}}"#,
                link(1).to_text()
            );
            bench.transmit(b, &text);
            bench.pump();
        }
        assert_eq!(asked, page_asks);
        let Some(ServerMessage::Bye(bye)) = bench.heard(b).pop() else {
            panic!("no bye")
        };
        assert_eq!(
            (bye.code, bye.retry_ms, bench.pages[b].closed),
            (ByeCode::Queue, Some(1000), Some(1008))
        );
        bench.settle();
        assert_eq!((bench.seats(a).len(), bench.relay.open.len()), (1, 1));
        bench.cut(a);
        bench.seconds(61);
        assert_eq!(bench.machine.stats().kept_bytes, 0);
    }
}

/// A stranger on the porch must not be able to fill a host's queue and so end the host's session.
#[test]
fn a_speaker_waits_for_a_slow_listener_instead_of_ending_it() {
    // Three quarters of 256 KiB for those who have a seat, one for those on the porch.
    for (door, most) in [("open", 24), ("knock", 7)] {
        let mut bench = Bench::with(Config {
            signals: rate(1000, 1),
            ..config()
        });
        let host = Host::new(1);
        let a = bench.room(
            &host,
            &Rules {
                door,
                ..Rules::open(link(1))
            },
        );
        let b = bench.page();
        bench.join(b, host.join(link(1), &Person::new(2), 2));
        bench.settle();
        bench.cut(a);
        let ana = bench.view(b).seats[0].pid;
        let body = "x".repeat(8_000);
        let mut passed = 0;
        bench.heard(b);
        for _ in 0..40 {
            bench.signal(b, ana, &body);
            passed += usize::from(bench.heard(b).is_empty());
            bench.seconds(0);
        }
        assert_eq!(passed, most, "{door}");
        bench.connect(a);
        assert!(!bench.pages[a].was_gone);
        assert_eq!(bench.signals(a).len(), passed);
        assert!(
            matches!(bench.ask(a, ClientMessage::Ice(Empty {})), ServerMessage::Ice(_)),
            "it acknowledges"
        );
        bench.signal(b, ana, &body);
        assert_eq!(bench.signals(a).len(), 1, "it listens again");
    }
}

#[test]
fn views_come_ten_a_second_at_most() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let (a, b) = two(&mut bench, &host);
    bench.heard(a);
    for _ in 0..25 {
        bench.cut(b);
        bench.after(Duration::from_millis(10));
        bench.connect(b);
        bench.after(Duration::from_millis(10));
    }
    bench.settle();
    let views = bench
        .heard(a)
        .iter()
        .filter(|message| matches!(message, ServerMessage::View(_)))
        .count();
    assert!((3..=6).contains(&views), "{views} views in half a second");
    assert!(!bench.view(a).seats[1].away);
}

/// Whoever reads slowly has it until the end; meanwhile it takes the place that it takes.
#[test]
fn what_is_taken_back_counts_until_it_has_been_read() {
    let mut bench = Bench::with(Config {
        blob_bytes_total: 2 * 1256,
        ..small()
    });
    let reads = |bench: &mut Bench, token, n| match bench.blob(token, BlobRequest::Get(id(n))) {
        Ok(BlobAnswer::Content(content)) => content,
        other => panic!("{other:?}"),
    };
    let (page, _, ana) = bench.keeping(1);
    bench.put(ana, 1, 1000).unwrap();
    let reader = reads(&mut bench, ana, 1);
    bench.blob(ana, BlobRequest::Delete(id(1))).unwrap();
    bench.put(ana, 2, 1000).unwrap();
    assert_eq!(bench.put(ana, 3, 1000), Err(BlobRefusal::Busy));
    drop(reader);
    bench.put(ana, 3, 1000).unwrap();

    let reader = reads(&mut bench, ana, 3);
    bench.leave(page);
    assert_eq!(bench.machine.stats().rooms, 0);
    let (_, _, ben) = bench.keeping(2);
    bench.put(ben, 1, 1000).unwrap();
    assert_eq!(bench.put(ben, 2, 1000), Err(BlobRefusal::Busy));
    let BlobContent::Here(held) = reader else {
        panic!("it is in memory")
    };
    let watched = std::sync::Arc::downgrade(&held);
    drop(held);
    bench.seconds(1);
    assert_eq!(watched.strong_count(), 0, "it is gone with its last reader");
    bench.put(ben, 2, 1000).unwrap();
}
