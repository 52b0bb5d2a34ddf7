//! Wrong requests, at every address: methods that are not for it, no body, half a body, heads that are too much. Each is
//! answered and hardened, or cut; none makes the server fail, and afterwards it is as before.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_poll;

use std::time::Duration;

use common::{exchange, server, stop};
use common_poll::{HELLO, down, frames, open, status, types};
use parlour::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One of each kind of address.
const PATHS: [&str; 14] = [
    "/",
    "/r/choir",
    "/sdk/parlour.js",
    "/security",
    "/check",
    "/ws",
    "/poll",
    "/blob/",
    "/blob/3q2-7wABAgMEBQYHCAkKCw",
    "/healthz",
    "/readyz",
    "/transparency",
    "/transparency.json",
    "/.well-known/acme-challenge/x",
];
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "get",
];
/// What a body can be like, and with it the head that announces it.
const BODIES: [(&str, &str); 4] = [
    ("", ""),
    ("content-length: 2\r\n", "{}"),
    ("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    ("content-length: 0\r\ncontent-type: application/json\r\n", ""),
];

fn request(method: &str, path: &str, more: &str, body: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}\r\n{body}")
}

/// What comes until the server closes or resets; it may have closed before it read all.
async fn send(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.page()).await.unwrap();
    let _early = stream.write_all(bytes).await;
    let _no_more = stream.shutdown().await;
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
    let _reset = closed.expect("it is answered or cut");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn every_method_at_every_address() {
    let server = server(&[]).await;
    for path in PATHS {
        for method in METHODS {
            for (more, body) in BODIES {
                let request = request(method, path, more, body);
                let answer = exchange(&server, &request).await;
                let status: u16 = status(&answer).parse().unwrap();
                let reads = matches!(method, "GET" | "HEAD");
                assert!((200..500).contains(&status), "{request}\n{answer}");
                assert!(reads || path == "/poll" || status == 405, "{request}\n{answer}");
                assert!(
                    answer.contains("\r\nx-content-type-options: nosniff\r\n"),
                    "{request}\n{answer}"
                );
                assert!(
                    answer.contains("\r\ncontent-security-policy: "),
                    "{request}\n{answer}"
                );
                if method == "HEAD" {
                    assert!(answer.ends_with("\r\n\r\n"), "{request}\n{answer}");
                }
            }
        }
    }
    stop(server).await;
}

/// A head beyond its bound is refused however it grows, and what was there before goes on.
#[tokio::test]
async fn heads_that_are_too_much() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    let long = "a".repeat(1 << 20);
    for path in PATHS {
        for request in [
            request("GET", path, &format!("x: {long}\r\n"), ""),
            request("POST", path, &format!("x: {long}\r\ncontent-length: 2\r\n"), "{}"),
            request("GET", &format!("{path}?{long}"), "", ""),
            request(
                "GET",
                path,
                &format!("cookie: {}\r\n", "a=b; ".repeat(1 << 15)),
                "",
            ),
            request("GET", path, &format!("{long}: x\r\n"), ""),
            request(&long, path, "", ""),
        ] {
            let answer = send(&server, request.as_bytes()).await;
            // What was not read when it was refused may take the answer away with it.
            let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(refused, "{path} {request:.60}: {answer:.300}");
        }
    }
    assert_eq!(types(&down(&server, &secret, 0).await).1, ["welcome"]);
    stop(server).await;
}

/// Bodies that break off, that lie about their length, or that are no text.
#[tokio::test]
async fn half_a_body_begins_nothing() {
    // One session that any of these began would be one too many at the end.
    let server = server(&["--rooms-sessions", "1"]).await;
    let batch = frames(1, &[HELLO]);
    let head = |more: &str| request("POST", "/poll", more, "");
    let announced = |length: usize| head(&format!("content-length: {length}\r\n"));
    for bytes in [
        announced(batch.len()).into_bytes(),
        [announced(batch.len()).as_bytes(), &batch.as_bytes()[..9]].concat(),
        [announced(batch.len() + 1).as_bytes(), batch.as_bytes()].concat(),
        [
            head("transfer-encoding: chunked\r\n").as_bytes(),
            b"ffffffffffffffff\r\n{}",
        ]
        .concat(),
        [head("transfer-encoding: chunked\r\n").as_bytes(), b"2\r\n{}\r\n"].concat(),
        [
            head("transfer-encoding: chunked\r\n").as_bytes(),
            b"zz\r\n{}\r\n0\r\n\r\n",
        ]
        .concat(),
        [announced(4).as_bytes(), &[0xff, 0xfe, 0x00, 0x80]].concat(),
        head("content-length: 18446744073709551616\r\n").into_bytes(),
        head("content-length: -1\r\n").into_bytes(),
        [
            head("content-length: 2\r\ncontent-length: 3\r\n").as_bytes(),
            b"{}x",
        ]
        .concat(),
    ] {
        let answer = send(&server, &bytes).await;
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{shown}\n{answer}"
        );
    }
    let secret = open(&server, &[HELLO]).await;
    assert_eq!(types(&down(&server, &secret, 0).await).1, ["welcome"]);
    stop(server).await;
}
