//! "Envelope" and "Beginning a session": numbers, acknowledgements, and frames that are none.

use std::net::IpAddr;

use parlour_signaling::{ClientMessage, Config, Empty, ErrorCode, Look, Output, ServerFrame, ServerMessage};

use crate::common::{Bench, config, link};

const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 1, 1));

fn look() -> ClientMessage {
    ClientMessage::Look(Look { room_id: link(9) })
}

fn messages(outputs: &[Output]) -> Vec<ServerMessage> {
    let text = |output: &Output| match output {
        Output::Send { text, .. } => Some(ServerFrame::read(text).unwrap().message),
        _ => None,
    };
    outputs.iter().filter_map(text).collect()
}

fn error(outputs: &[Output]) -> ErrorCode {
    match messages(outputs).first() {
        Some(ServerMessage::Error(error)) => error.code,
        other => panic!("no error: {other:?}"),
    }
}

fn closed(outputs: &[Output]) -> Option<u16> {
    outputs.iter().find_map(|output| match output {
        Output::Close { code, .. } => Some(*code),
        _ => None,
    })
}

#[test]
fn hello_is_answered_with_a_ticket_and_the_limits() {
    let mut bench = Bench::new();
    let id = bench.open(IP);
    let outputs = bench.raw(id, r#"{"t":"hello","id":5,"s":0,"a":0,"d":{"v":[3,1]}}"#);
    let [Output::Send { text, .. }] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    let frame = ServerFrame::read(text).unwrap();
    assert_eq!((frame.re.unwrap().get(), frame.s, frame.a), (5, 0, 0));
    let ServerMessage::Welcome(welcome) = frame.message else {
        panic!("no welcome")
    };
    assert_eq!(
        (welcome.v, welcome.ping_ms, welcome.hold_ms, welcome.frame_bytes),
        (1, 20_000, 30_000, 65_536)
    );
}

/// A page sees which ways to the relay its network lets through before it has a seat, and so before it has credentials.
#[test]
fn welcome_has_the_relays_addresses_and_no_credentials() {
    let hello = r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#;
    let mut bench = Bench::new();
    let id = bench.open(IP);
    let outputs = bench.raw(id, hello);
    let [ServerMessage::Welcome(welcome)] = &messages(&outputs)[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(welcome.relay, ["turn:meet.example:3478?transport=udp"]);

    let mut bench = Bench::with(Config {
        ice_servers: vec![],
        ..config()
    });
    let id = bench.open(IP);
    let outputs = bench.raw(id, hello);
    let [Output::Send { text, .. }] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert!(
        !text.contains("relay"),
        "without a relay there is no such field: {text}"
    );
}

#[test]
fn two_sessions_have_different_tickets() {
    let mut bench = Bench::new();
    let (a, b) = (bench.page(), bench.page());
    let (a, b) = (bench.pages[a].ticket.unwrap(), bench.pages[b].ticket.unwrap());
    assert!(a.0 != b.0 && a.1 != b.1);
    assert_eq!(bench.machine.stats().sessions, 2);
}

#[test]
fn before_hello_nothing_else_is_heard() {
    let mut bench = Bench::new();
    for (text, code) in [
        (
            r#"{"t":"look","id":1,"s":1,"a":0,"d":{"room_id":"AAECAwQFBgcICQoL"}}"#,
            ErrorCode::HelloFirst,
        ),
        (r#"{"t":"nonsense","s":1,"a":0,"d":{}}"#, ErrorCode::HelloFirst),
        (r#"{"t":"look","s":1,"a":0,"d":{}}"#, ErrorCode::HelloFirst),
        (
            r#"{"t":"hello","s":0,"a":0,"d":{"v":[2]}}"#,
            ErrorCode::Unsupported,
        ),
        (
            r#"{"t":"hello","s":0,"a":0,"d":{"v":[1],"extra":1}}"#,
            ErrorCode::BadRequest,
        ),
        (r#"{"t":"hello","s":1,"a":0,"d":{"v":[1]}}"#, ErrorCode::BadFrame),
    ] {
        let id = bench.open(IP);
        let outputs = bench.raw(id, text);
        assert_eq!((error(&outputs), closed(&outputs)), (code, None), "{text}");
        let outputs = bench.raw(id, r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#);
        assert!(
            matches!(messages(&outputs)[..], [ServerMessage::Welcome(_)]),
            "it may still say hello"
        );
    }
}

#[test]
fn what_is_no_frame_closes_the_connection_with_4001() {
    for text in [
        "",
        "[]",
        "null",
        "{}",
        "hello",
        r#"{"t":"look","s":1,"a":0}"#,
        r#"{"t":"look","s":1,"a":0,"d":[]}"#,
        r#"{"t":"look","s":1,"a":0,"d":null}"#,
        r#"{"t":"look","s":-1,"a":0,"d":{}}"#,
        r#"{"t":"look","s":1.5,"a":0,"d":{}}"#,
        r#"{"t":"look","s":4294967296,"a":0,"d":{}}"#,
        r#"{"t":"look","s":1,"a":0,"d":{},"x":1}"#,
        r#"{"t":"look","s":1,"s":1,"a":0,"d":{}}"#,
        r#"{"t":"look","id":0,"s":1,"a":0,"d":{}}"#,
        r#"{"t":"look","id":4294967296,"s":1,"a":0,"d":{}}"#,
        r#"{"t":"look","s":1,"a":0,"d":{}} x"#,
        r#"["look",7,1,0,{}]"#,
        r#"["hello",null,0,0,{"v":[1]}]"#,
        r#"{"t":"look","s":0,"a":0,"d":{"room_id":"AAECAwQFBgcICQoL"}}"#,
        r#"{"t":"ping","s":1,"a":0,"d":{}}"#,
        r#"{"t":"ping","s":0,"a":0,"d":{"x":1}}"#,
        r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#,
    ] {
        let mut bench = Bench::new();
        let page = bench.page();
        bench.transmit(page, text);
        bench.pump();
        assert_eq!(bench.pages[page].closed, Some(4001), "{text}");
        let [ServerMessage::Error(error)] = &bench.pages[page].outside[..] else {
            panic!("{text}")
        };
        assert_eq!(error.code, ErrorCode::BadFrame, "{text}");
    }
}

#[test]
fn the_same_goes_for_a_connection_that_has_no_session_yet() {
    for text in [
        "",
        "[]",
        "{}",
        "hello",
        r#"{"t":"hello","s":0,"a":0,"d":[1]}"#,
        r#"{"t":"hello","s":0,"d":{"v":[1]}}"#,
    ] {
        let mut bench = Bench::new();
        let id = bench.open(IP);
        let outputs = bench.raw(id, text);
        assert_eq!(
            (error(&outputs), closed(&outputs)),
            (ErrorCode::BadFrame, Some(4001)),
            "{text}"
        );
    }
}

#[test]
fn an_unknown_type_is_an_error_and_the_session_goes_on() {
    let mut bench = Bench::new();
    let page = bench.page();
    bench.pages[page].said = 2;
    bench.transmit(
        page,
        r#"{"t":"dance","id":8,"s":1,"a":0,"d":{"any":[{"thing":1}]}}"#,
    );
    bench.transmit(page, r#"{"t":"look","id":9,"s":2,"a":0,"d":{}}"#);
    bench.pump();
    let codes: Vec<_> = bench.pages[page]
        .log
        .iter()
        .map(|(re, message)| match message {
            ServerMessage::Error(error) => (*re, error.code),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        codes,
        [
            (Some(8), ErrorCode::Unsupported),
            (Some(9), ErrorCode::BadRequest)
        ]
    );
    assert_eq!(bench.refused(page, look()), ErrorCode::NoSuchRoom);
}

#[test]
fn unknown_fields_and_other_spellings_are_refused() {
    let mut bench = Bench::new();
    let page = bench.page();
    for (n, d) in [
        r#"{"room_id":"AAECAwQFBgcICQoL","x":1}"#,
        r#"{"room_id":"AAECAwQFBgcICQoL","room_id":"AAECAwQFBgcICQoL"}"#,
        r#"{"room_id":"AAECAwQFBgcICQo="}"#,
        r#"{"room_id":"AAECAwQFBgcICQ"}"#,
        r#"{"room_id":"AAECAwQFBgcICQoLDA"}"#,
        r#"{"room_id":"AAECAwQFBgcICQo+"}"#,
        r#"{"room_id":null}"#,
        r#"{"room_id":7}"#,
        r#"{}"#,
    ]
    .into_iter()
    .enumerate()
    {
        bench.pages[page].said += 1;
        bench.transmit(
            page,
            &format!(r#"{{"t":"look","id":9,"s":{},"a":0,"d":{d}}}"#, n + 1),
        );
        bench.pump();
        match bench.pages[page].answer(9) {
            Some(ServerMessage::Error(error)) => assert_eq!(error.code, ErrorCode::BadRequest, "{d}"),
            other => panic!("{d}: {other:?}"),
        }
    }
}

#[test]
fn a_gap_closes_the_connection_and_the_session_resumes() {
    let mut bench = Bench::new();
    let page = bench.page();
    let ticket = bench.pages[page].ticket.unwrap();
    bench.transmit(
        page,
        r#"{"t":"look","s":2,"a":0,"d":{"room_id":"AAECAwQFBgcICQoL"}}"#,
    );
    bench.pump();
    assert_eq!(bench.pages[page].closed, Some(4001));
    bench.connect(page);
    assert_eq!(bench.pages[page].ticket.unwrap().0, ticket.0);
    assert_eq!(bench.refused(page, look()), ErrorCode::NoSuchRoom);
}

#[test]
fn to_acknowledge_what_was_never_said_is_a_gap() {
    let mut bench = Bench::new();
    let page = bench.page();
    bench.transmit(page, r#"{"t":"ack","s":0,"a":1,"d":{}}"#);
    bench.pump();
    assert_eq!(bench.pages[page].closed, Some(4001));
}

#[test]
fn what_was_seen_already_is_dropped() {
    let mut bench = Bench::new();
    let page = bench.page();
    let (_, frame) = bench.pages[page].frame(look(), true);
    for _ in 0..3 {
        bench.transmit(page, &frame);
    }
    bench.pump();
    assert_eq!(bench.pages[page].log.len(), 1);
    assert_eq!(bench.machine.stats().repeated_total, 2);
}

#[test]
fn ping_is_answered_with_pong() {
    let mut bench = Bench::new();
    let page = bench.page();
    bench.transmit(page, r#"{"t":"ping","id":3,"s":0,"a":0,"d":{}}"#);
    bench.pump();
    assert!(matches!(bench.pages[page].outside[..], [ServerMessage::Pong(_)]));
}

/// Signals without a request number are not answered, so they leave acknowledgements owed.
fn quiet_page(bench: &mut Bench) -> usize {
    use crate::common::{Host, Person, Rules};
    let host = Host::new(1);
    bench.room(&host, &Rules::open(link(1)));
    let page = bench.page();
    bench.join(page, host.join(link(1), &Person::new(2), 2));
    bench.after(std::time::Duration::from_secs(3));
    bench.pages[page].outside.clear();
    page
}

#[test]
fn the_server_acknowledges_after_a_second() {
    let mut bench = Bench::new();
    let page = quiet_page(&mut bench);
    let host = bench.seats(page)[0];
    bench.signal(page, host, "x");
    assert_eq!(bench.pages[page].pending(), 1);
    bench.after(std::time::Duration::from_millis(999));
    assert!(bench.pages[page].outside.is_empty());
    bench.after(std::time::Duration::from_millis(1));
    assert!(matches!(bench.pages[page].outside[..], [ServerMessage::Ack(_)]));
    assert_eq!(bench.pages[page].pending(), 0);
}

#[test]
fn the_server_acknowledges_after_32_frames() {
    let mut bench = Bench::new();
    let page = quiet_page(&mut bench);
    let host = bench.seats(page)[0];
    for _ in 0..31 {
        bench.signal(page, host, "x");
    }
    assert!(bench.pages[page].outside.is_empty());
    bench.signal(page, host, "x");
    assert!(matches!(bench.pages[page].outside[..], [ServerMessage::Ack(_)]));
    assert_eq!(bench.pages[page].pending(), 0);
}

#[test]
fn what_comes_after_the_end_of_a_connection_is_ignored() {
    let mut bench = Bench::new();
    let id = bench.open(IP);
    bench.raw(id, "nonsense");
    for text in ["nonsense", r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#] {
        assert_eq!(bench.raw(id, text), []);
    }
    bench.machine.handle_pong(bench.now, id);
    bench.machine.handle_overflow(bench.now, id);
    bench
        .machine
        .handle_closed(bench.now, id, parlour_signaling::Closed::Broken);
    bench
        .machine
        .handle_closed(bench.now, id, parlour_signaling::Closed::Clean);
    assert_eq!(bench.machine.poll_output(), None);
    assert_eq!(bench.machine.stats().connections, 0);
}

#[test]
fn a_page_that_leaves_without_a_room_leaves_nothing() {
    let mut bench = Bench::new();
    let page = bench.page();
    bench.close(page);
    assert_eq!(
        (bench.machine.stats().sessions, bench.machine.stats().connections),
        (0, 0)
    );
    let page = bench.page();
    bench.cut(page);
    bench.seconds(30);
    assert_eq!(bench.machine.stats().sessions, 0);
}

#[test]
fn nothing_secret_is_printed() {
    let mut bench = Bench::new();
    let page = bench.page();
    let (session, token) = bench.pages[page].ticket.unwrap();
    let printed = format!("{session:?} {token:?} {:?}", ClientMessage::Ping(Empty {}));
    assert!(!printed.contains(&session.to_text()) && !printed.contains(&token.to_text()));
    let source = parlour_signaling::Source {
        ip: IP,
        host: "meet.example".to_owned(),
    };
    assert_eq!(format!("{source:?}"), "Source(..)");
}
