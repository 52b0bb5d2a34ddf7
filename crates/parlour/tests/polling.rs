//! Polling over real sockets, request by request: what is lost, doubled, late or not meant for us.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_poll;
mod common_tls;

use std::time::Duration;

use common::{exchange, server, stop};
use common_poll::{HELLO, PING, body, down, frames, get, open, post, status, types, up};
use common_tls::{Pki, Tls};
use parlour_signaling::{Down, Opened, Up};

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
async fn a_waiting_get_hears_goodbye_and_a_late_one_too_and_nobody_comes_in() {
    let server = server(&[]).await;
    // Has something to hear, and so the server waits for it.
    let silent = open(&server, &[HELLO]).await;
    let secret = open(&server, &[HELLO]).await;
    down(&server, &secret, 0).await;
    let page = server.page();
    let waiting = tokio::spawn(async move { common::exchange_with(page, &get(&secret, 1)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopping = tokio::spawn(server.stop(Duration::from_secs(20), std::future::pending()));
    let answer = waiting.await.unwrap();
    assert_eq!(types(&answer), (2, vec!["bye".to_owned()]));
    assert_eq!(Down::read(body(&answer)).unwrap().close, Some(1001));
    let hello = common::exchange_with(page, &post("", &frames(1, &[HELLO]))).await;
    assert_eq!(status(&hello), "503", "nobody comes in any more");
    let late = common::exchange_with(page, &get(&silent, 0)).await;
    assert_eq!(types(&late), (1, vec!["welcome".to_owned(), "bye".to_owned()]));
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

#[tokio::test]
async fn over_tls_by_our_name_and_no_other() {
    let pki = Pki::new("poll", &["meet.example.org"]);
    let server = server(&[&pki.flags()[..], &["--domain", "meet.example.org"]].concat()).await;
    let host = format!("meet.example.org:{}", server.page().port());
    let ask = async |request: String, host: &str| {
        let mut tls = Tls::connect(&pki, server.page(), &[]).await.unwrap();
        let request = request.replace("host: 127.0.0.1", &format!("host: {host}"));
        String::from_utf8(tls.ask(request.as_bytes()).await).unwrap()
    };
    let hello = post(&format!("origin: https://{host}\r\n"), &frames(1, &[HELLO]));
    let opened = ask(hello.clone(), &host).await;
    assert_eq!(status(&opened), "200", "{opened}");
    let secret = Opened::read(body(&opened)).unwrap().poll;
    assert_eq!(
        types(&ask(get(&secret, 0), &host).await),
        (1, vec!["welcome".to_owned()])
    );
    assert_eq!(status(&ask(hello, "evil.example").await), "421");
    assert_eq!(status(&ask(get(&secret, 0), "evil.example").await), "421");
    // In the clear people are sent to https, and a poll is never carried.
    let plain = server.http().unwrap();
    assert_eq!(
        status(&common::exchange_with(plain, &get(&secret, 0)).await),
        "308"
    );
    assert_eq!(
        status(&common::exchange_with(plain, &post("", &frames(1, &[HELLO]))).await),
        "405"
    );
    stop(server).await;
}

#[tokio::test]
async fn behind_a_proxy_it_is_found_below_its_path_and_counts_as_its_client() {
    let server = server(&[
        "--public-url",
        "https://example.org/parlour",
        "--trusted-proxies",
        "127.0.0.1",
        "--rooms-connections-per-source",
        "1",
    ])
    .await;
    let at = |path: &str, request: String| request.replacen(" /poll ", &format!(" {path} "), 1);
    for (client, path, origin, opens, begins) in [
        (
            "198.51.100.7",
            "/parlour/poll",
            "https://example.org",
            "200",
            true,
        ),
        ("198.51.100.7", "/poll", "https://example.org", "200", false),
        ("198.51.100.8", "/poll", "https://example.org", "200", true),
        ("198.51.100.9", "/poll", "https://127.0.0.1", "403", false),
    ] {
        let more = format!("origin: {origin}\r\nx-forwarded-for: {client}\r\n");
        let answer = exchange(&server, &at(path, post(&more, &frames(1, &[HELLO])))).await;
        assert_eq!(status(&answer), opens, "{client} {path} {origin}");
        if opens != "200" {
            continue;
        }
        let secret = Opened::read(body(&answer)).unwrap().poll;
        let answer = exchange(&server, &at(path, get(&secret, 0))).await;
        let down = Down::read(body(&answer)).unwrap();
        let code = if begins { None } else { Some(1013) };
        assert_eq!(
            down.close, code,
            "the second of one client has no place: {answer}"
        );
    }
    stop(server).await;
}
