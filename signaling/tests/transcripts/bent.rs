//! Wrong input, value by value: every message of a page with each of its values missing, null, of every other type, empty,
//! much too long, or said twice. Each is answered with a code and changes nothing, and after all of them the same session takes
//! the message as it should have been.

use std::net::IpAddr;
use std::time::Duration;

use parlour_signaling::{
    ClientFrame, ClientMessage, ClientSignal, Empty, ErrorCode, Host as ShowHost, Invite, Look, Output,
    Redeem, RoomId, SealedBox, Seated, ServerFrame, ServerMessage,
};
use serde_json::{Map, Value, json};

use crate::common::{Bench, Host, P, Person, Rules, link, signed};

const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 9, 9, 9));
/// Longer than any field may be, and with it the frame is none too long.
const LONG: usize = 60_000;
const ID: u32 = 777;

/// A room with its host in it, somebody on its porch, an invitation, and somebody who has not come in.
struct Scene {
    bench: Bench,
    host: P,
    stranger: P,
    host_key: Host,
}

impl Scene {
    fn new() -> Self {
        let mut bench = Bench::new();
        let host_key = Host::new(1);
        let host = bench.room(&host_key, &Rules::knock(link(1)));
        let porch = bench.page();
        bench.join(porch, host_key.join(link(1), &Person::new(3), 3));
        bench.done(host, invite(9));
        let stranger = bench.page();
        bench.settle();
        Self {
            bench,
            host,
            stranger,
            host_key,
        }
    }

    /// Every message in sequence, from whom it is well taken.
    fn messages(&self) -> Vec<(P, ClientMessage)> {
        let Self {
            host,
            stranger,
            host_key: key,
            ..
        } = self;
        let porch = Person::new(3).pid(key, 3);
        let claim = Host::new(9).claim(link(2), &[Rules::open(link(2))]);
        let inv_id = RoomId([9; 12]);
        let signal = ClientSignal {
            to: porch,
            body: "sealed".repeat(100),
        };
        let host_in = key.host_in(&Person::new(100), 100);
        let joins = key.join_as_host(link(1), &Person::new(4), 4);
        vec![
            (*stranger, ClientMessage::Create(claim.clone())),
            (*stranger, ClientMessage::Restore(claim)),
            (*stranger, ClientMessage::Look(Look { room_id: link(1) })),
            (*stranger, ClientMessage::Join(joins)),
            (*stranger, ClientMessage::Redeem(Redeem { inv_id })),
            (*host, ClientMessage::Host(ShowHost { host_in })),
            (*host, ClientMessage::Seated(Seated { pid: porch })),
            (*host, invite(8)),
            (*host, ClientMessage::Revoke(Redeem { inv_id })),
            (*host, ClientMessage::Signal(signal)),
            (
                *host,
                ClientMessage::State(key.states(&[Rules::open(link(1)).next()])),
            ),
            (*host, ClientMessage::Ice(Empty {})),
            (*host, ClientMessage::Leave(Empty {})),
        ]
    }

    /// What may not change by what is refused.
    fn standing(&self) -> [usize; 7] {
        let stats = self.bench.machine.stats();
        [
            stats.connections,
            stats.sessions,
            stats.rooms,
            stats.seats,
            stats.porch,
            stats.sources,
            stats.tombstones,
        ]
    }

    /// Says a body and hears the answer.
    fn ask(&mut self, page: P, kind: &str, body: &str) -> ServerMessage {
        let Self { bench, .. } = self;
        bench.pages[page].said += 1;
        let (s, a) = (bench.pages[page].said, bench.pages[page].received);
        bench.transmit(
            page,
            &format!(r#"{{"t":"{kind}","id":{ID},"s":{s},"a":{a},"d":{body}}}"#),
        );
        bench.pump();
        assert_eq!(bench.pages[page].closed, None, "{kind} {body:.200}");
        bench.pages[page]
            .answer(ID)
            .cloned()
            .unwrap_or_else(|| panic!("no answer to {kind} {body:.200}"))
    }
}

fn invite(n: u8) -> ClientMessage {
    ClientMessage::Invite(Invite {
        inv_id: RoomId([n; 12]),
        inv_box: SealedBox::new(vec![n; 80]).unwrap(),
    })
}

/// Type and body of a message.
fn read(message: ClientMessage) -> (String, Value) {
    let text = ClientFrame {
        id: None,
        s: 1,
        a: 0,
        message,
    }
    .write();
    let mut frame: Value = serde_json::from_str(&text).unwrap();
    (frame["t"].as_str().unwrap().to_owned(), frame["d"].take())
}

/// One way in which a body is wrong.
struct Bend {
    /// Where, as a JSON pointer.
    at: String,
    how: String,
    body: String,
}

/// All ways in which a body can be wrong.
fn bends(body: &Value) -> Vec<Bend> {
    let mut bends = vec![];
    let mut bend = |at: &str, how: &str, body: String| {
        bends.push(Bend {
            at: at.to_owned(),
            how: how.to_owned(),
            body,
        });
    };
    for value in [json!({}), json!([]), json!({"x": 1})] {
        // Nothing is missing of a body that has nothing; and a list is no body (`session`).
        if value.is_object() && value != *body {
            bend("", "other", value.to_string());
        }
    }
    bend(
        "",
        "more",
        with(body, "", |value| {
            let mut more = value.as_object().unwrap().clone();
            more.insert("more".to_owned(), Value::Null);
            more.into()
        }),
    );
    for at in places(body) {
        let here = body.pointer(&at).unwrap();
        let others = [
            Value::Null,
            json!(false),
            json!(-1),
            json!(1.5),
            json!(u64::MAX),
            json!(""),
            json!("x"),
            json!([]),
            json!({}),
            json!([here]),
            json!({ "x": here }),
        ];
        for other in others.iter().filter(|other| *other != here) {
            bend(&at, &format!("{other:.20}"), with(body, &at, |_| other.clone()));
        }
        if let Some(text) = here.as_str() {
            // As it is written: quotes in it take two bytes.
            let longer = text.repeat(LONG / here.to_string().len());
            bend(&at, "long", with(body, &at, |_| json!(longer)));
            bend(&at, "padded", with(body, &at, |_| json!(format!("{text}="))));
        }
        if let Some(fields) = here.as_object() {
            bend(
                &at,
                "a list of its fields",
                with(body, &at, |_| fields.values().cloned().collect()),
            );
        }
        if let Some([first, ..]) = here.as_array().map(Vec::as_slice) {
            let many = LONG / first.to_string().len();
            bend(&at, "many", with(body, &at, |_| vec![first.clone(); many].into()));
        }
        let (parent, key) = at.rsplit_once('/').unwrap();
        if body.pointer(parent).unwrap().is_object() {
            bend(
                &at,
                "missing",
                with(body, parent, |value| {
                    let mut fewer = value.as_object().unwrap().clone();
                    fewer.remove(key);
                    fewer.into()
                }),
            );
            bend(&at, "twice", twice(body, parent, key));
        }
    }
    bends
}

/// Pointers to all values inside.
fn places(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => vec![],
    };
    let below = |(key, value): (String, &Value)| {
        let deeper = places(value)
            .into_iter()
            .map(|rest| format!("/{key}{rest}"))
            .collect::<Vec<_>>();
        [vec![format!("/{key}")], deeper].concat()
    };
    inner.into_iter().flat_map(below).collect()
}

fn with(body: &Value, at: &str, change: impl FnOnce(&Value) -> Value) -> String {
    let mut bent = body.clone();
    let place = bent.pointer_mut(at).unwrap();
    *place = change(place);
    bent.to_string()
}

/// The same with a field that stands there twice, which no [`Value`] can hold.
fn twice(body: &Value, parent: &str, key: &str) -> String {
    let mark = "\u{1}";
    let marked = with(body, parent, |value| {
        let mut more: Map<String, Value> = value.as_object().unwrap().clone();
        more.insert(mark.to_owned(), more[key].clone());
        more.into()
    });
    marked.replacen(r"\u0001", key, 1)
}

/// What is as good as the message itself: optional fields are absent or null, and what a signal says is the pages' affair.
fn is_fine(kind: &str, Bend { at, how, .. }: &Bend) -> bool {
    match (kind, at.as_str()) {
        ("join", "/host_in") => ["missing", "null"].contains(&how.as_str()),
        ("signal", "/body") => ["\"\"", "\"x\"", "padded"].contains(&how.as_str()),
        _ => false,
    }
}

/// What may be said of it.
fn codes(kind: &str, Bend { at, how, .. }: &Bend) -> &'static [ErrorCode] {
    match (kind, at.as_str(), how.as_str()) {
        ("signal", "/body", "long") => &[ErrorCode::TooLarge],
        // A text that is none of this room's states: signed by nobody, or too long to be looked at.
        ("create" | "restore" | "state", "/states/0/json", "\"\"" | "\"x\"" | "long" | "padded") => {
            &[ErrorCode::BadSignature, ErrorCode::BadState]
        }
        _ => &[ErrorCode::BadRequest],
    }
}

#[test]
fn every_value_of_every_message() {
    let mut tried = 0;
    for which in 0..Scene::new().messages().len() {
        let mut scene = Scene::new();
        let (page, message) = scene.messages().swap_remove(which);
        let (kind, body) = read(signed(message, scene.bench.session(page)));
        let before = scene.standing();
        for bend in bends(&body) {
            if is_fine(&kind, &bend) {
                continue;
            }
            let answer = scene.ask(page, &kind, &bend.body);
            let Bend { at, how, .. } = &bend;
            let ServerMessage::Error(error) = answer else {
                panic!("{kind}{at} {how}: {answer:?}")
            };
            assert!(
                codes(&kind, &bend).contains(&error.code),
                "{kind}{at} {how}: {error:?}"
            );
            assert!(error.text.ends_with('.'), "a sentence: {error:?}");
            assert_eq!(scene.standing(), before, "{kind}{at} {how}");
            tried += 1;
            // No faster than a session may.
            scene.bench.after(Duration::from_millis(500));
        }
        let answer = scene.ask(page, &kind, &body.to_string());
        assert!(
            !matches!(answer, ServerMessage::Error(_)),
            "{kind}, after all of that: {answer:?}"
        );
    }
    assert!(tried > 500, "{tried}");
}

/// The first message of a connection: eight tries, and none of them makes a session.
#[test]
fn every_value_of_hello() {
    let body = json!({"v": [1], "resume": {"session": "kQ2mZb1vT8y4cW0aJx7uNA", "token": "mJ0Yl1k3dZ6w9bq2u5x8zA7c4e1g0i3k6m9o2q5s8uw"}});
    let hello = |body: &str| format!(r#"{{"t":"hello","s":0,"a":0,"d":{body}}}"#);
    for Bend { at, how, body: bent } in bends(&body) {
        // Without a ticket it is a new session; and whoever speaks more versions speaks this one, too.
        if [("/resume", "missing"), ("/resume", "null"), ("/v", "many")]
            .contains(&(at.as_str(), how.as_str()))
        {
            continue;
        }
        let mut bench = Bench::new();
        let id = bench.open(IP);
        let error = match &bench.raw(id, &hello(&bent))[..] {
            [Output::Send { text, .. }] => match ServerFrame::read(text).unwrap().message {
                ServerMessage::Error(error) => error.code,
                other => panic!("hello{at} {how}: {other:?}"),
            },
            other => panic!("hello{at} {how}: {other:?}"),
        };
        let unsupported = at.starts_with("/v") && error == ErrorCode::Unsupported;
        assert!(
            unsupported || error == ErrorCode::BadRequest,
            "hello{at} {how}: {error:?}"
        );
        assert_eq!(bench.machine.stats().sessions, 0, "hello{at} {how}");
        assert!(
            matches!(&bench.raw(id, &hello(&body.to_string()))[..], [Output::Send { text, .. }] if text.contains("gone"))
        );
    }
}

/// What is in no sequence and has something in it is no frame, as for a wrong number.
#[test]
fn a_ping_and_an_ack_with_something_in_them() {
    for kind in ["ping", "ack"] {
        let mut bench = Bench::new();
        let page = bench.page();
        bench.transmit(
            page,
            &format!(r#"{{"t":"{kind}","id":3,"s":0,"a":0,"d":{{"more":1}}}}"#),
        );
        bench.pump();
        let [ServerMessage::Error(error)] = &bench.pages[page].outside[..] else {
            panic!("{kind}")
        };
        assert_eq!(
            (error.code, bench.pages[page].closed),
            (ErrorCode::BadFrame, Some(4001)),
            "{kind}"
        );
    }
}
