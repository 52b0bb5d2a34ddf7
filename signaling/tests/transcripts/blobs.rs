//! What rooms in standard mode keep (seal, section 9): for whoever has a seat, within bounds, and gone with the room.

use std::time::Duration;

use parlour_signaling::{
    BlobAnswer, BlobId, BlobPlace, BlobRefusal, BlobRequest, ClientMessage, Config, Empty, RoomId, Seated,
    ServerMessage, Token,
};

use crate::common::{Bench, Host, Person, Rules, config, link, rate};

pub(crate) fn id(n: u8) -> BlobId {
    BlobId([n; 16])
}

fn standard(name: RoomId) -> Rules {
    Rules {
        mode: "standard",
        ..Rules::open(name)
    }
}

pub(crate) fn small() -> Config {
    Config {
        blob_bytes: 1000,
        blob_bytes_per_room: 10_000,
        blob_bytes_total: 1_000_000,
        blobs_per_room: 4,
        blob_for: Duration::from_secs(3600),
        ..config()
    }
}

impl Bench {
    pub(crate) fn blob(&mut self, token: Token, request: BlobRequest) -> Result<BlobAnswer, BlobRefusal> {
        let answer = self.machine.handle_blob(self.now, token, request);
        self.pump();
        answer
    }

    pub(crate) fn put(&mut self, token: Token, n: u8, bytes: usize) -> Result<BlobAnswer, BlobRefusal> {
        self.blob(token, BlobRequest::Announce(id(n)))?;
        self.blob(token, BlobRequest::Put(id(n), vec![n; bytes].into()))
    }

    fn ids(&mut self, token: Token) -> Vec<(u8, usize)> {
        match self.blob(token, BlobRequest::List) {
            Ok(BlobAnswer::List(list)) => list.blobs.iter().map(|blob| (blob.id.0[0], blob.bytes)).collect(),
            other => panic!("no list: {other:?}"),
        }
    }

    /// Whether whoever has this secret finds anything at all.
    fn is_nowhere(&mut self, token: Token) -> bool {
        [
            BlobRequest::List,
            BlobRequest::Get(id(1)),
            BlobRequest::Announce(id(9)),
            BlobRequest::Put(id(9), vec![1].into()),
            BlobRequest::Delete(id(1)),
        ]
        .into_iter()
        .all(|request| self.blob(token, request) == Err(BlobRefusal::Nowhere))
    }

    /// A room in standard mode with its host in it, and the host's way to its blobs.
    pub(crate) fn keeping(&mut self, n: u8) -> (usize, Host, Token) {
        let host = Host::new(n);
        let page = self.page();
        self.done(
            page,
            ClientMessage::Create(host.claim(link(n), &[standard(link(n))])),
        );
        let joined = self.join(page, host.join_as_host(link(n), &Person::new(100), 100));
        (page, host, joined.blobs.expect("a place for blobs").token)
    }

    fn guest(&mut self, host: &Host, n: u8, person: u8) -> (usize, BlobPlace) {
        let page = self.page();
        let joined = self.join(page, host.join(link(n), &Person::new(person), person));
        (page, joined.blobs.expect("a place for blobs"))
    }
}

#[test]
fn whoever_has_a_seat_reads_what_another_one_left() {
    let mut bench = Bench::with(small());
    let (_, host, ana) = bench.keeping(1);
    let (ben_page, place) = bench.guest(&host, 1, 2);
    assert_eq!(
        (place.bytes, place.room_bytes, place.blobs, place.keep_s),
        (1000, 10_000, 4, 3600)
    );
    bench.put(place.token, 1, 300).unwrap();
    bench.leave(ben_page);
    assert!(bench.is_nowhere(place.token), "it ends with the seat");
    assert_eq!(bench.ids(ana), [(1, 300)]);
    let (_, cy) = bench.guest(&host, 1, 3);
    assert_eq!(
        bench.blob(cy.token, BlobRequest::Get(id(1))),
        Ok(BlobAnswer::Content(vec![1; 300].into()))
    );
    assert_eq!(
        bench.blob(cy.token, BlobRequest::Get(id(2))),
        Err(BlobRefusal::NoSuchBlob)
    );
    let stats = bench.machine.stats();
    assert_eq!(
        (stats.blobs, stats.blob_bytes, stats.blobs_put_total),
        (1, 556, 1)
    );
}

/// Promise 93: the server has no place for content of a room off the record.
#[test]
fn a_room_off_the_record_has_no_such_place_and_a_server_may_have_none_at_all() {
    let mut bench = Bench::with(small());
    let host = Host::new(1);
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Create(host.claim(link(1), &[Rules::open(link(1))])),
    );
    let joined = bench.join(page, host.join_as_host(link(1), &Person::new(100), 100));
    assert_eq!(joined.blobs, None);

    let mut bench = Bench::with(Config {
        blob_bytes_total: 0,
        ..small()
    });
    let host = Host::new(1);
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Create(host.claim(link(1), &[standard(link(1))])),
    );
    let joined = bench.join(page, host.join_as_host(link(1), &Person::new(100), 100));
    assert_eq!(joined.blobs, None);
}

#[test]
fn strangers_and_the_porch_find_nothing_and_a_seat_brings_the_way() {
    let mut bench = Bench::with(small());
    let host = Host::new(1);
    let rules = Rules {
        door: "knock",
        ..standard(link(1))
    };
    let page = bench.page();
    bench.done(page, ClientMessage::Create(host.claim(link(1), &[rules])));
    let ana = bench
        .join(page, host.join_as_host(link(1), &Person::new(100), 100))
        .blobs
        .unwrap();
    bench.put(ana.token, 1, 10).unwrap();
    assert!(bench.is_nowhere(Token([7; 32])), "somebody who guesses");

    let porch = bench.page();
    let joined = bench.join(porch, host.join(link(1), &Person::new(2), 2));
    assert!(!joined.seat && joined.blobs.is_none());
    bench.heard(porch);
    bench.done(page, ClientMessage::Seated(Seated { pid: joined.pid }));
    let place = bench.heard(porch).into_iter().find_map(|message| match message {
        ServerMessage::Seat(seat) => seat.blobs,
        _ => None,
    });
    assert_eq!(bench.ids(place.unwrap().token), [(1, 10)]);
}

#[test]
fn whom_the_host_removes_finds_nothing_any_more() {
    let mut bench = Bench::with(small());
    let (page, host, ana) = bench.keeping(1);
    let (_, ben) = bench.guest(&host, 1, 2);
    bench.put(ana, 1, 10).unwrap();
    assert_eq!(bench.ids(ben.token), [(1, 10)]);
    let without = Rules {
        removed: vec![Person::new(2).spk()],
        ..standard(link(1)).next()
    };
    bench.done(page, ClientMessage::State(host.states(&[without])));
    assert!(bench.is_nowhere(ben.token));
    assert_eq!(bench.ids(ana), [(1, 10)]);
}

#[test]
fn a_seat_in_one_room_opens_no_other() {
    let mut bench = Bench::with(small());
    let (_, _, ana) = bench.keeping(1);
    let (_, _, eve) = bench.keeping(2);
    bench.put(ana, 1, 10).unwrap();
    assert_eq!(bench.ids(eve), []);
    assert_eq!(
        bench.blob(eve, BlobRequest::Get(id(1))),
        Err(BlobRefusal::NoSuchBlob)
    );
    assert_eq!(
        bench.blob(eve, BlobRequest::Delete(id(1))),
        Err(BlobRefusal::NoSuchBlob)
    );
    bench.put(eve, 1, 20).unwrap();
    assert_eq!((bench.ids(ana), bench.ids(eve)), (vec![(1, 10)], vec![(1, 20)]));
}

#[test]
fn it_is_written_once_and_taken_back_by_who_wrote_it_or_a_host() {
    let mut bench = Bench::with(small());
    let (_, host, ana) = bench.keeping(1);
    let (ben_page, ben) = bench.guest(&host, 1, 2);
    let (_, cy) = bench.guest(&host, 1, 3);
    bench.put(ben.token, 1, 10).unwrap();
    bench.put(ben.token, 2, 10).unwrap();
    assert_eq!(bench.put(ben.token, 1, 20), Err(BlobRefusal::Exists));
    let put = BlobRequest::Put(id(1), vec![1; 20].into());
    assert_eq!(bench.blob(ben.token, put), Err(BlobRefusal::Exists));
    let delete = |n| BlobRequest::Delete(id(n));
    assert_eq!(bench.blob(cy.token, delete(1)), Err(BlobRefusal::NotYours));
    // The same person again, on another page: still theirs.
    bench.leave(ben_page);
    let page = bench.page();
    let again = bench
        .join(page, host.join(link(1), &Person::new(2), 22))
        .blobs
        .unwrap();
    assert_eq!(bench.blob(again.token, delete(1)), Ok(BlobAnswer::Done));
    assert_eq!(bench.blob(again.token, delete(1)), Err(BlobRefusal::NoSuchBlob));
    assert_eq!(bench.blob(ana, delete(2)), Ok(BlobAnswer::Done));
    assert_eq!(bench.ids(ana), []);
    assert_eq!(bench.machine.stats().blob_bytes, 0);
}

#[test]
fn one_has_a_length_and_a_room_its_bounds() {
    let mut bench = Bench::with(Config {
        blob_bytes_per_room: 3000,
        ..small()
    });
    let (_, _, ana) = bench.keeping(1);
    assert_eq!(bench.put(ana, 1, 0), Err(BlobRefusal::Length));
    assert_eq!(bench.put(ana, 1, 1001), Err(BlobRefusal::Length));
    bench.put(ana, 1, 1000).unwrap();
    bench.put(ana, 2, 1000).unwrap();
    assert_eq!(
        bench.put(ana, 3, 300),
        Err(BlobRefusal::RoomFull),
        "256 more for each"
    );
    bench.put(ana, 3, 100).unwrap();
    assert_eq!(bench.put(ana, 4, 1), Err(BlobRefusal::RoomFull));
    bench.blob(ana, BlobRequest::Delete(id(1))).unwrap();
    bench.put(ana, 4, 1).unwrap();
    bench.put(ana, 5, 1).unwrap();
    assert_eq!(bench.put(ana, 6, 1), Err(BlobRefusal::RoomFull), "four pieces");
}

/// Promise of `rooms.blob_bytes_total`: whatever rooms do, and a few cannot take it all.
#[test]
fn the_server_has_a_bound_and_beyond_half_of_it_each_room_an_eighth() {
    let mut bench = Bench::with(Config {
        blob_bytes_total: 10_000,
        blob_bytes_per_room: 8000,
        ..small()
    });
    let (_, _, ana) = bench.keeping(1);
    let (_, _, ben) = bench.keeping(2);
    for n in 1..=4 {
        bench.put(ana, n, 1000).unwrap();
    }
    bench.put(ben, 1, 700).unwrap();
    assert_eq!(
        bench.put(ben, 2, 100),
        Err(BlobRefusal::Busy),
        "an eighth is 1000"
    );
    let (_, _, cy) = bench.keeping(3);
    bench.put(cy, 1, 700).unwrap();
    assert!(bench.machine.stats().blob_bytes <= 10_000);
    bench.blob(ana, BlobRequest::Delete(id(1))).unwrap();
    bench.blob(ana, BlobRequest::Delete(id(2))).unwrap();
    bench.put(ben, 2, 1000).unwrap();
}

#[test]
fn each_is_kept_for_its_time() {
    let mut bench = Bench::with(small());
    let (_, _, ana) = bench.keeping(1);
    bench.put(ana, 1, 10).unwrap();
    bench.seconds(1800);
    bench.put(ana, 2, 10).unwrap();
    bench.seconds(1799);
    assert_eq!(bench.ids(ana), [(1, 10), (2, 10)]);
    bench.seconds(1);
    assert_eq!(bench.machine.stats().blobs, 1, "without anybody asking");
    assert_eq!(bench.ids(ana), [(2, 10)]);
    bench.seconds(1800);
    assert_eq!(bench.machine.stats().blob_bytes, 0);
}

#[test]
fn they_end_with_the_room_however_it_ends() {
    type End = dyn Fn(&mut Bench, usize, &Host);
    let last_leave = |bench: &mut Bench, page: usize, _: &Host| bench.leave(page);
    let over = |bench: &mut Bench, page: usize, host: &Host| {
        let over = Rules {
            over: true,
            ..standard(link(1)).next()
        };
        bench.done(page, ClientMessage::State(host.states(&[over])));
    };
    let timed = |bench: &mut Bench, page: usize, host: &Host| {
        let timed = Rules {
            ends: Some(crate::common::UNIX + 60),
            ..standard(link(1)).next()
        };
        bench.done(page, ClientMessage::State(host.states(&[timed])));
        assert_eq!(bench.machine.stats().blobs, 2);
        bench.seconds(60);
    };
    let by_the_operator = |bench: &mut Bench, _: usize, _: &Host| {
        bench.close_rooms(Some(link(1)));
    };
    let ends: [&End; 4] = [&last_leave, &over, &timed, &by_the_operator];
    for end in ends {
        let mut bench = Bench::with(small());
        let (page, host, ana) = bench.keeping(1);
        bench.put(ana, 1, 10).unwrap();
        bench.put(ana, 2, 10).unwrap();
        end(&mut bench, page, &host);
        assert!(bench.is_nowhere(ana));
        let stats = bench.machine.stats();
        assert_eq!((stats.rooms, stats.blobs, stats.blob_bytes), (0, 0, 0));
    }
}

/// A room that merely lost everybody is kept for them, and what it keeps with it.
#[test]
fn a_broken_connection_loses_nothing() {
    let mut bench = Bench::with(small());
    let (page, host, ana) = bench.keeping(1);
    bench.put(ana, 1, 10).unwrap();
    bench.cut(page);
    assert_eq!(bench.ids(ana), [(1, 10)], "a seat that is held");
    bench.seconds(600);
    assert!(bench.is_nowhere(ana), "the seat has ended");
    let page = bench.page();
    let again = bench
        .join(page, host.join_as_host(link(1), &Person::new(100), 101))
        .blobs
        .unwrap();
    assert_eq!(bench.ids(again.token), [(1, 10)]);
}

#[test]
fn a_seat_asks_at_a_pace() {
    let mut bench = Bench::with(Config {
        blob_requests: rate(2, 1),
        ..small()
    });
    let (_, _, ana) = bench.keeping(1);
    bench.put(ana, 1, 10).unwrap();
    assert_eq!(
        bench.ids(ana),
        [(1, 10)],
        "what was announced is not counted again"
    );
    assert_eq!(
        bench.blob(ana, BlobRequest::List),
        Err(BlobRefusal::Rate(Duration::from_secs(1)))
    );
    bench.seconds(1);
    assert_eq!(bench.ids(ana), [(1, 10)]);
}

/// Keeping may be switched off while rooms are there: what is there is no longer handed out.
#[test]
fn switched_off_in_mid_meeting_it_is_nowhere() {
    let mut bench = Bench::with(small());
    let (page, _, ana) = bench.keeping(1);
    bench.put(ana, 1, 10).unwrap();
    bench.machine.handle_config(Config {
        blob_bytes_total: 0,
        ..small()
    });
    assert!(bench.is_nowhere(ana));
    assert_eq!(
        bench.ask(page, ClientMessage::Leave(Empty {})),
        ServerMessage::Left(Empty {})
    );
    assert_eq!(bench.machine.stats().blob_bytes, 0);
}
