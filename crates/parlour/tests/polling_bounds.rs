//! What polls may take: of one body, for one source, of the listener's places, of time.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_poll;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::{exchange, server, stop};
use common_poll::{HELLO, PING, body, down, frames, get, open, post, status, types, up};
use parlour_signaling::{Down, Up};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

#[tokio::test]
async fn as_much_as_the_document_says_and_not_a_byte_more() {
    let server = server(&[]).await;
    let pings = vec![PING; 64];
    let secret = open(&server, &[HELLO]).await;
    assert_eq!(status(&up(&server, &secret, 2, &pings).await), "204", "64 frames");
    assert_eq!(
        status(&up(&server, &secret, 3, &[&pings[..], &[PING]].concat()).await),
        "400"
    );
    let head = frames(3, &[""]).len();
    let (most, more) = ("x".repeat(66_560 - head), "x".repeat(66_561 - head));
    assert_eq!(
        status(&up(&server, &secret, 3, &[&more]).await),
        "413",
        "66 561 bytes"
    );
    assert_eq!(
        types(&down(&server, &secret, 0).await).0,
        1,
        "so far nothing is wrong"
    );
    assert_eq!(
        status(&up(&server, &secret, 3, &[&most]).await),
        "204",
        "66 560 bytes"
    );
    // The body is none too long; the one frame in it is, and closes the connection as a WebSocket's would.
    let (mut got, mut close) = (1, None);
    while close.is_none() {
        let answer = down(&server, &secret, got).await;
        let down = Down::read(body(&answer)).unwrap();
        (got, close) = (down.n, down.close);
    }
    assert_eq!(close, Some(1009));
    stop(server).await;
}

#[tokio::test]
async fn one_source_has_128_and_gives_back_what_it_ends() {
    let server = server(&["--rooms-connections-per-source", "1000"]).await;
    let mut secrets = Vec::new();
    for _ in 0..128 {
        secrets.push(open(&server, &[HELLO]).await);
    }
    let hello = post("", &frames(1, &[HELLO]));
    let refused = exchange(&server, &hello).await;
    assert_eq!(status(&refused), "503");
    assert_eq!(body(&refused), "Too many connections; try again in a moment.\n");
    let mut elsewhere = from("127.0.0.2", server.page()).await;
    assert_eq!(status(&say(&mut elsewhere, &hello).await), "200");
    let close = post(
        &format!("parlour-poll: {}\r\n", secrets[0]),
        &Up::Close { code: 1000 }.write(),
    );
    assert_eq!(status(&exchange(&server, &close).await), "204");
    let until = Instant::now() + Duration::from_secs(5);
    while status(&exchange(&server, &hello).await) != "200" {
        assert!(Instant::now() < until, "its place is free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop(server).await;
}

/// A source has 64 connections that wait, and the oldest gives way to one more (`listen::gate`).
#[tokio::test]
async fn a_get_that_waits_does_not_give_way_to_strangers_and_one_without_a_poll_does() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    let mut waiting = TcpStream::connect(server.page()).await.unwrap();
    waiting.write_all(get(&secret, 1).as_bytes()).await.unwrap();
    let mut idle = TcpStream::connect(server.page()).await.unwrap();
    idle.write_all(b"G").await.unwrap();
    // Their order at the gate is that of their requests, not of what the system accepts meanwhile.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(server.page()).await.unwrap());
    }
    assert_eq!(rest(&mut idle).await, "", "it has given way");
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(5),
        "before its own deadline of 10 s: {took:?}"
    );
    let from_elsewhere = post(&format!("parlour-poll: {secret}\r\n"), &frames(2, &[PING]));
    let mut elsewhere = from("127.0.0.2", server.page()).await;
    assert_eq!(status(&say(&mut elsewhere, &from_elsewhere).await), "204");
    assert_eq!(types(&rest(&mut waiting).await), (2, vec!["pong".to_owned()]));
    drop(crowd);
    stop(server).await;
}

/// The listener's deadlines are 10 s for a head and between two requests; a GET may wait for 25 s.
#[tokio::test]
async fn who_waits_is_not_idle_and_who_is_slow_or_gone_is_not_waited_for() {
    let server = server(&[]).await;
    tokio::join!(
        waits_longer_than_an_idle_connection_may(&server),
        takes_too_long_for_a_body(&server),
        asks_no_more(&server),
    );
    stop(server).await;
}

async fn waits_longer_than_an_idle_connection_may(server: &parlour::Server) {
    let secret = open(server, &[HELLO]).await;
    down(server, &secret, 0).await;
    let mut stream = TcpStream::connect(server.page()).await.unwrap();
    for n in 2..=3 {
        let keeping = get(&secret, n - 1).replace("connection: close\r\n", "");
        stream.write_all(keeping.as_bytes()).await.unwrap();
        // Once beyond the deadlines, and once more to see that the connection is as good as before.
        tokio::time::sleep(Duration::from_secs(if n == 2 { 12 } else { 0 })).await;
        assert_eq!(status(&up(server, &secret, n, &[PING]).await), "204");
        let mut answer = Vec::new();
        while !answer.ends_with(b"}}") {
            let read = tokio::time::timeout(Duration::from_secs(10), stream.read_buf(&mut answer)).await;
            assert_ne!(read.unwrap().unwrap(), 0, "cut");
        }
        let answer = String::from_utf8(answer).unwrap();
        assert_eq!(types(&answer), (n, vec!["pong".to_owned()]));
    }
}

/// Byte by byte, so that no pause is long.
async fn takes_too_long_for_a_body(server: &parlour::Server) {
    let begun = Instant::now();
    let (mut hear, mut say) = TcpStream::connect(server.page()).await.unwrap().into_split();
    let drip = async {
        say.write_all(b"POST /poll HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n{")
            .await
            .unwrap();
        while say.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let mut answer = Vec::new();
    let hear = async {
        // What we still say when it has closed makes this an error; the answer came before.
        let _how = hear.read_to_end(&mut answer).await;
    };
    tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(drip, hear) })
        .await
        .expect("it is closed");
    assert!(
        String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 408 "),
        "{answer:?}"
    );
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}", begun.elapsed());
}

async fn asks_no_more(server: &parlour::Server) {
    let secret = open(server, &[HELLO]).await;
    down(server, &secret, 0).await;
    let mut last = TcpStream::connect(server.page()).await.unwrap();
    last.write_all(get(&secret, 1).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(last);
    let begun = Instant::now();
    // What it says meanwhile does not count: who cannot hear is not there.
    for n in 2.. {
        if status(&up(server, &secret, n, &[PING]).await) == "410" {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it is still known");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(begun.elapsed() > Duration::from_secs(14), "{:?}", begun.elapsed());
    assert_eq!(status(&down(server, &secret, 1).await), "410");
}

/// A connection from another source than 127.0.0.1.
async fn from(source: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

async fn say(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

/// What comes until the server closes, ten seconds at most.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Closed with something unread it is a reset.
    let closed = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    let _how = closed.expect("the server closes it");
    String::from_utf8(answer).unwrap()
}
