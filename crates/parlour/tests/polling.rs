//! Polling over real sockets, request by request: what is lost, doubled, late or not meant for us.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::{exchange, server, stop};
use parlour::Server;
use parlour_signaling::{Down, Opened, Up};

const HELLO: &str = r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#;
const PING: &str = r#"{"t":"ping","s":0,"a":0,"d":{}}"#;

fn post(more: &str, body: &str) -> String {
    format!(
        "POST /poll HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn get(secret: &str, got: u64) -> String {
    format!(
        "GET /poll HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nparlour-poll: {secret}\r\nparlour-got: {got}\r\n\r\n"
    )
}

fn frames(n: u64, frames: &[&str]) -> String {
    let frames = frames.to_vec();
    Up::Frames { n, frames }.write()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

async fn up(server: &Server, secret: &str, n: u64, said: &[&str]) -> String {
    exchange(
        server,
        &post(&format!("parlour-poll: {secret}\r\n"), &frames(n, said)),
    )
    .await
}

async fn down(server: &Server, secret: &str, got: u64) -> String {
    exchange(server, &get(secret, got)).await
}

/// A connection whose first frames are these.
async fn open(server: &Server, said: &[&str]) -> String {
    let answer = exchange(server, &post("", &frames(1, said))).await;
    assert_eq!(status(&answer), "200", "{answer}");
    Opened::read(body(&answer)).unwrap().poll
}

/// The frame types of a batch, and its number.
fn types(answer: &str) -> (u64, Vec<String>) {
    assert_eq!(status(answer), "200", "{answer}");
    let down = Down::read(body(answer)).unwrap();
    let types = down
        .frames
        .iter()
        .map(|frame| frame.split('"').nth(3).unwrap().to_owned());
    (down.n, types.collect())
}

#[tokio::test]
async fn hello_is_answered_with_welcome_and_ping_with_pong() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    assert_eq!(
        types(&down(&server, &secret, 0).await),
        (1, vec!["welcome".to_owned()])
    );
    assert_eq!(status(&up(&server, &secret, 2, &[PING]).await), "204");
    assert_eq!(
        types(&down(&server, &secret, 1).await),
        (2, vec!["pong".to_owned()])
    );
    stop(server).await;
}

#[tokio::test]
async fn an_answer_that_got_lost_comes_again_and_only_until_it_arrived() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    let first = down(&server, &secret, 0).await;
    assert_eq!(body(&first), body(&down(&server, &secret, 0).await));
    up(&server, &secret, 2, &[PING]).await;
    assert_eq!(
        body(&first),
        body(&down(&server, &secret, 0).await),
        "still the same batch"
    );
    let most = status(&down(&server, &secret, u64::MAX).await).to_owned();
    assert_eq!(most, "409", "no number is too large to be refused");
    assert_eq!(types(&down(&server, &secret, 1).await).0, 2);
    assert_eq!(
        status(&down(&server, &secret, 0).await),
        "409",
        "it said that it had this one"
    );
    assert_eq!(
        status(&down(&server, &secret, 3).await),
        "409",
        "nobody said a third"
    );
    stop(server).await;
}

#[tokio::test]
async fn a_post_that_is_made_again_is_heard_once_and_a_gap_not_at_all() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    for _ in 0..3 {
        assert_eq!(status(&up(&server, &secret, 2, &[PING]).await), "204");
    }
    // A second hello would break the session; as part of the first batch it was heard already.
    assert_eq!(status(&up(&server, &secret, 1, &[HELLO]).await), "204");
    assert_eq!(status(&up(&server, &secret, 4, &[PING]).await), "409");
    assert_eq!(
        types(&down(&server, &secret, 1).await),
        (2, vec!["pong".to_owned()])
    );
    assert_eq!(status(&up(&server, &secret, 3, &[PING]).await), "204");
    assert_eq!(
        types(&down(&server, &secret, 2).await),
        (3, vec!["pong".to_owned()])
    );
    stop(server).await;
}

#[tokio::test]
async fn of_two_gets_the_later_one_is_answered() {
    let server = std::sync::Arc::new(server(&[]).await);
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    let (of, known) = (server.clone(), secret.clone());
    let early = tokio::spawn(async move { down(&of, &known, 1).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (of, known) = (server.clone(), secret.clone());
    let late = tokio::spawn(async move { down(&of, &known, 1).await });
    assert_eq!(status(&early.await.unwrap()), "409");
    up(&server, &secret, 2, &[PING]).await;
    assert_eq!(types(&late.await.unwrap()).0, 2);
    stop(std::sync::Arc::into_inner(server).unwrap()).await;
}

#[tokio::test]
async fn who_does_not_know_the_secret_gets_nothing() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    for wrong in ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &secret[1..]] {
        assert_eq!(status(&down(&server, wrong, 0).await), "410");
        assert_eq!(status(&up(&server, wrong, 2, &[PING]).await), "410");
    }
    assert_eq!(
        types(&down(&server, &secret, 0).await).0,
        1,
        "nobody else took it"
    );
    stop(server).await;
}

#[tokio::test]
async fn what_is_no_poll_is_told_so() {
    let server = server(&[]).await;
    let many = vec![PING; 65];
    for (request, expected) in [
        (post("", "nonsense"), "400"),
        (post("", "{\"n\":2}\n{}"), "400"),
        (post("", "{\"close\":1000}"), "400"),
        (post("", &frames(1, &many)), "400"),
        (post("", &"x".repeat(70_000)), "413"),
        (get("x", 0).replace("parlour-got: 0\r\n", ""), "400"),
        (get("x", 0).replace("got: 0", "got: -1"), "400"),
        (get("x", 0).replace("GET", "DELETE"), "405"),
    ] {
        let answer = exchange(&server, &request).await;
        assert_eq!(status(&answer), expected, "{request:.200}");
        assert!(body(&answer).ends_with(".\n"), "a sentence: {answer}");
    }
    stop(server).await;
}

#[tokio::test]
async fn only_allowed_pages_may_poll_and_those_may_read_the_answer() {
    let server = server(&["--allow-origin", "https://team.example"]).await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let refused = exchange(
            &server,
            &post(&format!("origin: {origin}\r\n"), &frames(1, &[HELLO])),
        )
        .await;
        assert_eq!(status(&refused), "403");
        assert!(!refused.contains("access-control"), "{refused}");
    }
    let preflight = "OPTIONS /poll HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\norigin: https://team.example\r\n\
                     access-control-request-method: POST\r\naccess-control-request-headers: parlour-poll\r\n\r\n";
    let allowed = exchange(&server, preflight).await;
    assert_eq!(status(&allowed), "204");
    assert!(
        allowed.contains("access-control-allow-headers: parlour-poll, parlour-got\r\n"),
        "{allowed}"
    );
    assert!(allowed.contains("access-control-allow-origin: https://team.example\r\n"));
    let answer = exchange(
        &server,
        &post("origin: https://team.example\r\n", &frames(1, &[HELLO])),
    )
    .await;
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("access-control-allow-origin: https://team.example\r\n"));
    assert!(answer.contains("cache-control: no-store\r\n") && answer.contains("vary: origin, parlour-poll"));
    stop(server).await;
}

#[tokio::test]
async fn a_waiting_get_hears_goodbye_and_then_nobody_is_known() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    let page = server.page();
    let waiting = tokio::spawn(async move { common::exchange_with(page, &get(&secret, 1)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopping = tokio::spawn(server.stop(Duration::from_secs(2), std::future::pending()));
    let answer = waiting.await.unwrap();
    assert_eq!(types(&answer), (2, vec!["bye".to_owned()]));
    assert_eq!(Down::read(body(&answer)).unwrap().close, Some(1001));
    stopping.await.unwrap();
}

#[tokio::test]
async fn an_ended_connection_is_gone() {
    let server = server(&[]).await;
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    let close = Up::Close { code: 1000 }.write();
    let closed = exchange(&server, &post(&format!("parlour-poll: {secret}\r\n"), &close)).await;
    assert_eq!(status(&closed), "204");
    for _ in 0..50 {
        if status(&up(&server, &secret, 2, &[PING]).await) == "410" {
            return stop(server).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is still known");
}

#[tokio::test]
async fn who_never_says_hello_or_too_much_is_closed_as_on_a_websocket() {
    let server = server(&[]).await;
    let silent = open(&server, &[PING]).await;
    assert_eq!(
        types(&down(&server, &silent, 0).await),
        (1, vec!["error".to_owned()])
    );
    let answer = down(&server, &silent, 1).await;
    assert_eq!(Down::read(body(&answer)).unwrap().close, Some(4000));
    stop(server).await;
}
