//! Nothing that a stranger sends panics, and nothing grows beyond its bound.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use parlour_signaling::{
    ClientFrame, ClientMessage, Closed, Config, ConnectionId, Output, ServerFrame, ServerMessage, SessionId,
    Source,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::common::{Bench, Host, Person, Rules, config, link, signed};

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// Frames to begin from: the document's, and some of a room that is there.
fn corpus(host: &Host) -> Vec<String> {
    let mut corpus: Vec<String> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(str::to_owned)
        .collect();
    let mut frame = |t: &str, d: String| corpus.push(format!(r#"{{"t":"{t}","id":1,"s":1,"a":0,"d":{d}}}"#));
    let text = |value: &dyn Fn() -> Result<String, serde_json::Error>| value().unwrap();
    for n in 0..4 {
        let person = Person::new(n);
        frame(
            "join",
            text(&|| serde_json::to_string(&host.join(link(1), &person, n))),
        );
        frame(
            "join",
            text(&|| serde_json::to_string(&host.join_as_host(link(1), &person, n))),
        );
        frame(
            "seated",
            format!(r#"{{"pid":"{}"}}"#, person.pid(host, n).to_text()),
        );
        frame(
            "signal",
            format!(r#"{{"to":"{}","body":"x"}}"#, person.pid(host, n).to_text()),
        );
    }
    for rules in [
        Rules::open(link(1)),
        Rules::knock(link(1)).next(),
        Rules {
            over: true,
            ..Rules::open(link(1)).next()
        },
    ] {
        frame(
            "create",
            text(&|| serde_json::to_string(&host.claim(link(1), std::slice::from_ref(&rules)))),
        );
        frame(
            "restore",
            text(&|| serde_json::to_string(&host.claim(link(2), std::slice::from_ref(&rules)))),
        );
        frame(
            "state",
            text(&|| serde_json::to_string(&host.states(std::slice::from_ref(&rules)))),
        );
    }
    corpus.push("[".repeat(60_000));
    corpus.push(format!(
        r#"{{"t":"look","s":1,"a":0,"d":{}1{}}}"#,
        "{\"a\":".repeat(9_000),
        "}".repeat(9_000)
    ));
    corpus.push(format!(
        r#"{{"t":"state","s":1,"a":0,"d":{{"states":{}{}}}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    ));
    corpus
}

/// A frame with its sequence number set right, and then perhaps something wrong with it.
fn mutate(random: &mut StdRng, corpus: &[String], next: u32) -> String {
    let mut text = corpus[random.random_range(0..corpus.len())].clone();
    if random.random_bool(0.8)
        && let Some(start) = text.find("\"s\":").map(|at| at + 4)
        && let Some(length) = text[start..].find(',')
    {
        text.replace_range(start..start + length, &next.to_string());
    }
    if random.random_bool(0.6) {
        return text;
    }
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..random.random_range(1..4) {
        if letters.is_empty() {
            break;
        }
        let at = random.random_range(0..letters.len());
        match random.random_range(0..6) {
            0 => drop(letters.remove(at)),
            1 => letters.insert(
                at,
                ['"', '{', '}', '\\', '9', '-', '\u{0}', '\u{202e}', '𝄞'][random.random_range(0..9)],
            ),
            2 => letters[at] = char::from(random.random_range(32..127_u8)),
            3 => letters.truncate(at),
            4 => letters.extend_from_within(at..),
            _ => letters[at] = char::from_digit(random.random_range(0..10), 10).unwrap_or('0'),
        }
    }
    letters.into_iter().collect()
}

#[test]
fn garbage_and_near_misses_in_any_order() {
    let host = Host::new(1);
    let corpus = corpus(&host);
    let mut seats = 0;
    for seed in 0..30 {
        let mut random = StdRng::seed_from_u64(seed);
        let limits = Config {
            rooms: 3,
            porch: 3,
            sessions: 12,
            connections: 16,
            sources: 4,
            tombstones: 4,
            ..config()
        };
        let mut bench = Bench::with(limits);
        // What a page would have to know to go on: connection, next number, ticket.
        let mut open: Vec<(ConnectionId, u32)> = vec![];
        let mut tickets: Vec<String> = vec![];
        let mut sessions: BTreeMap<ConnectionId, SessionId> = BTreeMap::new();
        for number in 0..400 {
            match random.random_range(0..20) {
                0..=2 => {
                    let id = ConnectionId(number);
                    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, random.random_range(0..6)));
                    let hosts = ["meet.example", "[::1]:1", "", "a b", "[", "]", "x:y", "ü"];
                    let from = Source {
                        ip,
                        host: hosts[random.random_range(0..hosts.len())].to_owned(),
                    };
                    bench.machine.handle_opened(bench.now, id, from);
                    let hello = match tickets.len() {
                        0 => r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#.to_owned(),
                        n => {
                            let ticket = &tickets[random.random_range(0..n)];
                            format!(
                                r#"{{"t":"hello","s":0,"a":{},"d":{{"v":[1],{ticket}}}}}"#,
                                random.random_range(0..3)
                            )
                        }
                    };
                    if random.random_bool(0.9) {
                        bench.machine.handle_text(bench.now, id, &hello);
                    }
                    open.push((id, 1));
                }
                3 if !open.is_empty() => {
                    let (id, _) = open.swap_remove(random.random_range(0..open.len()));
                    let how = if random.random_bool(0.5) {
                        Closed::Clean
                    } else {
                        Closed::Broken
                    };
                    bench.machine.handle_closed(bench.now, id, how);
                }
                4 if !open.is_empty() => {
                    let (id, _) = open[random.random_range(0..open.len())];
                    bench.machine.handle_overflow(bench.now, id);
                }
                5 => bench.after(Duration::from_millis(random.random_range(0..40_000))),
                6 => bench
                    .machine
                    .handle_pong(bench.now, ConnectionId(random.random_range(0..400))),
                7 if seed % 5 == 0 && number > 350 => {
                    bench.machine.drain(
                        bench.now,
                        bench.now + Duration::from_secs(random.random_range(0..9)),
                    );
                }
                _ if !open.is_empty() => {
                    let at = random.random_range(0..open.len());
                    let (id, next) = &mut open[at];
                    let text = sign(mutate(&mut random, &corpus, *next), sessions.get(id));
                    bench.machine.handle_text(bench.now, *id, &text);
                    *next += 1;
                }
                _ => {}
            }
            bench.pump();
            collect_tickets(&mut bench, &mut tickets, &mut sessions);
            check(&bench);
        }
        for (id, _) in open {
            bench.machine.handle_closed(bench.now, id, Closed::Broken);
        }
        bench.seconds(26 * 3600);
        seats += bench.relay.opened;
        assert_eq!(
            (bench.relay.opened, bench.relay.open.len()),
            (bench.relay.closed, 0),
            "seed {seed}"
        );
        let stats = bench.machine.stats();
        assert_eq!(
            (stats.sessions, stats.connections, stats.rooms, stats.kept_bytes),
            (0, 0, 0, 0),
            "seed {seed}"
        );
    }
    assert!(seats > 0, "some of them come as far as a seat");
}

/// A join that is whole is signed for the session in which it is about to be said.
fn sign(text: String, session: Option<&SessionId>) -> String {
    match (ClientFrame::read(&text), session) {
        (Ok(frame), Some(session)) if matches!(frame.message, ClientMessage::Join(_)) => ClientFrame {
            message: signed(frame.message, *session),
            ..frame
        }
        .write(),
        _ => text,
    }
}

fn collect_tickets(
    bench: &mut Bench,
    tickets: &mut Vec<String>,
    sessions: &mut BTreeMap<ConnectionId, SessionId>,
) {
    for output in std::mem::take(&mut bench.raw).into_values().flatten() {
        if let Output::Send { to, text } = output {
            assert!(text.len() <= 65_536);
            let frame = ServerFrame::read(&text).expect("the server speaks the protocol");
            if let ServerMessage::Welcome(welcome) | ServerMessage::Gone(welcome) = frame.message {
                sessions.insert(to, welcome.session);
                let (session, token) = (welcome.session.to_text(), welcome.token.to_text());
                tickets.push(format!(r#""resume":{{"session":"{session}","token":"{token}"}}"#));
            }
        }
    }
}

fn check(bench: &Bench) {
    let stats = bench.machine.stats();
    assert!(stats.rooms <= 3 && stats.sessions <= 12 && stats.connections <= 16);
    assert!(stats.tombstones <= 4);
    assert_eq!(stats.seats, bench.relay.open.len());
    assert_eq!(
        stats.seats_opened_total - stats.seats_closed_total,
        stats.seats as u64
    );
}

/// Every prefix of every frame of the document, on a young connection and in a session.
#[test]
fn frames_cut_short() {
    for text in DOCUMENT.lines().filter(|line| line.starts_with('{')) {
        for end in (0..text.len().min(200)).chain([text.len() - 1]) {
            let mut bench = Bench::new();
            let id = bench.open(IpAddr::V4(Ipv4Addr::LOCALHOST));
            assert_eq!(bench.raw(id, &text[..end]).len(), 2, "an error and a close");
            let page = bench.page();
            bench.transmit(page, &text[..end]);
            bench.pump();
            assert_eq!(bench.pages[page].closed, Some(4001));
        }
    }
}
