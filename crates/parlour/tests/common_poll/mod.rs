//! Requests of a poll (docs/protocol.md, "Polling"), by hand.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]

use parlour::Server;
use parlour_signaling::{Down, Opened, Up};

use crate::common::exchange;

pub(crate) const HELLO: &str = r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#;
pub(crate) const PING: &str = r#"{"t":"ping","s":0,"a":0,"d":{}}"#;

pub(crate) fn post(more: &str, body: &str) -> String {
    format!(
        "POST /poll HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn get(secret: &str, got: u64) -> String {
    format!(
        "GET /poll HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nparlour-poll: {secret}\r\nparlour-got: {got}\r\n\r\n"
    )
}

pub(crate) fn frames(n: u64, frames: &[&str]) -> String {
    let frames = frames.to_vec();
    Up::Frames { n, frames }.write()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

pub(crate) async fn up(server: &Server, secret: &str, n: u64, said: &[&str]) -> String {
    exchange(
        server,
        &post(&format!("parlour-poll: {secret}\r\n"), &frames(n, said)),
    )
    .await
}

pub(crate) async fn down(server: &Server, secret: &str, got: u64) -> String {
    exchange(server, &get(secret, got)).await
}

/// A connection whose first frames are these.
pub(crate) async fn open(server: &Server, said: &[&str]) -> String {
    let answer = exchange(server, &post("", &frames(1, said))).await;
    assert_eq!(status(&answer), "200", "{answer}");
    Opened::read(body(&answer)).unwrap().poll
}

/// The frame types of a batch, and its number.
pub(crate) fn types(answer: &str) -> (u64, Vec<String>) {
    assert_eq!(status(answer), "200", "{answer}");
    let down = Down::read(body(answer)).unwrap();
    let types = down
        .frames
        .iter()
        .map(|frame| frame.split('"').nth(3).unwrap().to_owned());
    (down.n, types.collect())
}
