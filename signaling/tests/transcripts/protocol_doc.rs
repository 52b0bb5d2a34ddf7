//! docs/protocol.md is a fixture: every example is read, printed back equal, and true.

use std::collections::BTreeSet;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use parlour_signaling::{
    BlobError, BlobList, BlobRefusal, ClientFrame, ClientMessage, Down, Join, Opened, Pid, RoomName,
    ServerFrame, ServerMessage, SessionId, Signature, SignedState, Up,
};

use crate::common::Bench;
use crate::common::room::lv;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The lines of all blocks of a kind.
fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("```json {kind}\n");
    let mut blocks = vec![];
    for part in DOCUMENT.split(&fence).skip(1) {
        blocks.extend(part.split("```").next().unwrap().lines());
    }
    blocks
}

fn client() -> Vec<ClientFrame> {
    blocks("client")
        .into_iter()
        .map(|text| ClientFrame::read(text).unwrap())
        .collect()
}

fn server() -> Vec<ServerFrame> {
    blocks("server")
        .into_iter()
        .map(|text| ServerFrame::read(text).unwrap())
        .collect()
}

#[test]
fn every_client_example_reads_and_prints_back() {
    for text in blocks("client") {
        let frame = ClientFrame::read(text).unwrap_or_else(|why| panic!("{why:?}: {text}"));
        assert_eq!(frame.write(), text);
    }
}

#[test]
fn every_server_example_reads_and_prints_back() {
    for text in blocks("server") {
        let frame = ServerFrame::read(text).unwrap_or_else(|why| panic!("{why:?}: {text}"));
        assert_eq!(frame.write(), text);
    }
}

/// A block of a kind each, of several lines.
fn batches(kind: &str) -> Vec<&'static str> {
    let fence = format!("```json {kind}\n");
    let parts = DOCUMENT.split(&fence).skip(1);
    parts.map(|part| part.split("\n```").next().unwrap()).collect()
}

#[test]
fn every_batch_reads_and_prints_back_and_so_do_its_frames() {
    for text in batches("up") {
        let up = Up::read(text).unwrap_or_else(|why| panic!("{why:?}: {text}"));
        assert_eq!(up.write(), text);
        if let Up::Frames { frames, .. } = up {
            assert!(
                frames
                    .iter()
                    .all(|frame| ClientFrame::read(frame).unwrap().write() == *frame)
            );
        }
    }
    for text in batches("down") {
        let down = Down::read(text).unwrap_or_else(|why| panic!("{why:?}: {text}"));
        assert_eq!(down.write(), text);
        assert!(
            down.frames
                .iter()
                .all(|frame| ServerFrame::read(frame).unwrap().write() == *frame)
        );
    }
    for text in batches("opened") {
        assert_eq!(Opened::read(text).unwrap().write(), text);
    }
    assert_eq!(
        (
            batches("up").len(),
            batches("down").len(),
            batches("opened").len()
        ),
        (3, 2, 1)
    );
}

#[test]
fn no_block_is_unmarked() {
    let kinds = ["client", "server", "up", "down", "opened", "blobs", "blob-error"];
    let count = |kind: &&str| DOCUMENT.matches(&format!("```json {kind}\n")).count();
    let marked: usize = kinds.iter().map(count).sum();
    assert_eq!(DOCUMENT.matches("```").count(), marked * 2);
}

/// What is answered over HTTP about blobs, and the whole list of its refusals.
#[test]
fn what_is_said_of_blobs_reads_and_prints_back() {
    let [list] = batches("blobs")[..] else {
        panic!("one list")
    };
    let read: BlobList = serde_json::from_str(list).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), list);
    let [error] = batches("blob-error")[..] else {
        panic!("one error")
    };
    let read: BlobError = serde_json::from_str(error).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), error);
    assert_eq!(BlobRefusal::Busy.error(), Some(read), "it is what is really said");
    let codes = table("| code | status | of blobs |\n");
    assert_eq!(codes.len(), 8);
    for code in codes {
        let text = format!(r#"{{"code":"{code}","text":""}}"#);
        assert!(serde_json::from_str::<BlobError>(&text).is_ok(), "{code}");
    }
}

#[test]
fn every_type_of_message_has_an_example() {
    let kinds = |texts: Vec<&'static str>| -> BTreeSet<&'static str> {
        texts.iter().map(|text| text.split('"').nth(3).unwrap()).collect()
    };
    let client = kinds(blocks("client"));
    let expected = [
        "ack", "create", "hello", "host", "ice", "invite", "join", "leave", "look", "ping", "redeem",
        "restore", "revoke", "seated", "signal", "state",
    ];
    assert_eq!(client, BTreeSet::from(expected));
    let server = kinds(blocks("server"));
    let expected = [
        "bye",
        "created",
        "done",
        "error",
        "gone",
        "ice",
        "invitation",
        "joined",
        "left",
        "pong",
        "resumed",
        "room",
        "seat",
        "signal",
        "view",
        "welcome",
    ];
    assert_eq!(
        server,
        BTreeSet::from(expected),
        "all but ack, which looks the same from both sides"
    );
}

/// The room of the examples can be made, seen and entered as the document says.
#[test]
fn the_examples_are_true() {
    let mut bench = Bench::new();
    let page = bench.page();
    let mut pid = None;
    let mut claimed = vec![];
    let documented = server().into_iter().find_map(|frame| match frame.message {
        ServerMessage::Welcome(welcome) => Some(welcome.session),
        _ => None,
    });
    let documented = documented.unwrap();
    for frame in client() {
        match frame.message {
            ClientMessage::Create(_) | ClientMessage::Restore(_) | ClientMessage::State(_) => {
                bench.done(page, frame.message);
            }
            ClientMessage::Join(join) => {
                // Signed for the session of the document's welcome; here it is another one.
                verify(&join.core.0[33..65], &join_text(&join, documented), join.join_sig);
                let join_sig = sign(&join_text(&join, bench.session(page)));
                let join = Join { join_sig, ..join };
                let joined = bench.join(page, join);
                assert!(joined.seat);
                pid = Some(joined.pid);
            }
            ClientMessage::Host(_) => bench.done(page, frame.message),
            ClientMessage::Look(_) => {
                let ServerMessage::Room(room) = bench.ask(page, frame.message) else {
                    panic!("no room")
                };
                let claim = &room.hosts[0];
                claimed.extend(claim.states.clone());
                assert!(server().into_iter().any(|frame| match frame.message {
                    ServerMessage::Room(room) => {
                        let [host] = &room.hosts[..] else {
                            panic!("one host")
                        };
                        (host.host_pk, &host.room_box, host.box_sig, &host.states)
                            == (claim.host_pk, &claim.room_box, claim.box_sig, &claim.states)
                    }
                    _ => false,
                }));
            }
            _ => {}
        }
    }
    let pids: Vec<Pid> = server()
        .into_iter()
        .filter_map(|frame| joined_pid(frame.message))
        .collect();
    assert_eq!(pids, [pid.unwrap()]);
    let states: Vec<SignedState> = server()
        .into_iter()
        .flat_map(|frame| states(frame.message))
        .collect();
    assert_eq!(
        states.len(),
        4,
        "of the link room three times, of the named one once"
    );
    let known = [bench.view(page).states, claimed].concat();
    assert!(states.iter().all(|state| known.contains(state)));
}

fn join_text(join: &Join, session: SessionId) -> Vec<u8> {
    lv(&[
        b"parlour/1 join",
        RoomName::of_link(join.host_pk).as_bytes(),
        &session.0,
        &join.core.0,
    ])
}

/// As the person of the examples: RFC 8032 §7.1, test 2.
fn sign(message: &[u8]) -> Signature {
    let secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let bytes: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&secret[at..at + 2], 16).unwrap())
        .collect();
    let key = SigningKey::from_bytes(&bytes.try_into().unwrap());
    Signature(key.sign(message).to_bytes())
}

fn verify(key: &[u8], message: &[u8], sig: Signature) {
    let key = VerifyingKey::from_bytes(key.try_into().unwrap()).unwrap();
    let sig = ed25519_dalek::Signature::from_bytes(&sig.0);
    key.verify_strict(message, &sig)
        .expect("the document's join is signed for the document's session");
}

fn joined_pid(message: ServerMessage) -> Option<Pid> {
    match message {
        ServerMessage::Joined(joined) => Some(joined.pid),
        _ => None,
    }
}

fn states(message: ServerMessage) -> Vec<SignedState> {
    match message {
        ServerMessage::Joined(joined) => joined.view.states,
        ServerMessage::View(view) => view.states,
        ServerMessage::Room(room) => room.hosts.into_iter().flat_map(|host| host.states).collect(),
        _ => vec![],
    }
}

/// The first column of the table that has this headline.
fn table(headline: &str) -> BTreeSet<String> {
    let rows = DOCUMENT.split(headline).nth(1).unwrap().lines();
    let rows = rows.skip_while(|line| line.starts_with("| ---"));
    rows.map_while(|line| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned()))
        .collect()
}

/// The lists of codes are closed: the document has neither more nor fewer than the types.
#[test]
fn the_lists_of_codes_are_complete() {
    let reads = |kind: &str, body: &str| {
        ServerFrame::read(&format!(r#"{{"t":"{kind}","s":1,"a":0,"d":{body}}}"#)).is_ok()
    };
    let errors = table("| code | meaning |\n");
    assert_eq!(errors.len(), 17);
    assert!(
        errors
            .iter()
            .all(|code| reads("error", &format!(r#"{{"code":"{code}","text":""}}"#)))
    );
    let byes = table("| code | action | close | meaning |\n");
    assert_eq!(byes.len(), 7);
    assert!(byes.iter().all(|code| reads(
        "bye",
        &format!(r#"{{"action":"stop","code":"{code}","text":""}}"#)
    )));
    assert!(!reads("error", r#"{"code":"other","text":""}"#));
}
