//! What HTTP clients get, over real sockets.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{exchange, server, stop};

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let server = server(&[]).await;
    for (request, status) in [
        (get("/", ""), "200"),
        (get("/sdk/parlour.js", ""), "200"),
        (get("/nothing", ""), "404"),
        (get("/ws", ""), "426"),
        (get("/healthz", ""), "200"),
        (get("/readyz", ""), "200"),
        (get("/transparency", ""), "200"),
        (get("/transparency.json", ""), "200"),
        (get("/transparency.html", ""), "404"),
        (get("/", "").replace("GET", "POST"), "405"),
        (get("/", "").replace("GET", "HEAD"), "200"),
    ] {
        let answer = exchange(&server, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}\n{answer}"
        );
        for name in [
            "content-security-policy",
            "permissions-policy",
            "cross-origin-opener-policy",
            "cross-origin-embedder-policy",
            "cross-origin-resource-policy",
            "referrer-policy",
            "x-content-type-options",
            "cache-control",
        ] {
            assert!(
                header(&answer, name).is_some(),
                "{name} is missing in the answer to {request}\n{answer}"
            );
        }
        assert_eq!(header(&answer, "set-cookie"), None);
        assert_eq!(header(&answer, "server"), None);
    }
    stop(server).await;
}

#[tokio::test]
async fn the_page_is_compressed_and_revalidated() {
    let server = server(&[]).await;
    let plain = exchange(&server, &get("/sdk/parlour.js", "")).await;
    assert_eq!(header(&plain, "content-encoding"), None);
    assert_eq!(header(&plain, "access-control-allow-origin"), Some("*"));
    let gzip = exchange(&server, &get("/sdk/parlour.js", "accept-encoding: br, gzip\r\n")).await;
    assert_eq!(header(&gzip, "content-encoding"), Some("gzip"));
    let etag = header(&plain, "etag").unwrap();
    assert_eq!(header(&gzip, "etag"), Some(etag));
    let same = exchange(
        &server,
        &get("/sdk/parlour.js", &format!("if-none-match: {etag}\r\n")),
    )
    .await;
    assert!(same.starts_with("HTTP/1.1 304 "), "{same}");
    stop(server).await;
}

/// The page and nothing else: no name is a path into the site, and nothing tells whether a room of that name exists.
#[tokio::test]
async fn a_named_room_is_the_same_page() {
    let server = server(&[]).await;
    let page = exchange(&server, &get("/", "")).await;
    for path in [
        "/r/choir",
        "/r/nobody-is-here",
        "/r/Choir%20of%20Ana",
        "/r/..%2f..%2fetc",
    ] {
        let answer = exchange(&server, &get(path, "")).await;
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{path}");
        let body = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert_eq!(body(&answer), body(&page), "{path}");
    }
    let script = exchange(&server, &get("/r/app/main.js", "")).await;
    assert_eq!(
        header(&script, "content-type"),
        Some("text/javascript; charset=utf-8")
    );
    for path in [
        "/r/",
        "/r/choir/",
        "/r/choir/app/main.js",
        "/r/app/../../Cargo.toml",
        "/r/test/x.js",
    ] {
        let answer = exchange(&server, &get(path, "")).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}\n{answer}");
    }
    stop(server).await;
}

/// The operator may have it say nothing.
#[tokio::test]
async fn what_is_held_is_said_in_tens_unless_that_is_switched_off() {
    let quiet = server(&["--transparency=false"]).await;
    for path in ["/transparency", "/transparency.json"] {
        let answer = exchange(&quiet, &get(path, "")).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
    stop(quiet).await;
    let server = server(&[]).await;
    let page = exchange(&server, &get("/transparency", "")).await;
    assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.contains("<td>fewer than 10</td>") && !page.contains("<script"),
        "{page}"
    );
    assert!(page.contains("Kept on disk</th><td>nothing</td>"), "{page}");
    let json = exchange(&server, &get("/transparency.json", "")).await;
    let json: serde_json::Value = serde_json::from_str(json.split_once("\r\n\r\n").unwrap().1).unwrap();
    let counts = json["counts"].as_object().unwrap();
    assert!(
        counts.len() >= 7 && counts.values().all(|count| count == 0),
        "{json}"
    );
    assert_eq!(json["counts_are_rounded_down_to"], 10);
    stop(server).await;
}

#[tokio::test]
async fn head_has_no_body() {
    let server = server(&[]).await;
    let answer = exchange(&server, &get("/", "").replace("GET", "HEAD")).await;
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    stop(server).await;
}

#[tokio::test]
async fn traversal_in_every_spelling_finds_nothing() {
    let server = server(&[]).await;
    for path in [
        "/../Cargo.toml",
        "/app/../../Cargo.toml",
        "/app/..%2f..%2fCargo.toml",
        "/app/%2e%2e/%2e%2e/Cargo.toml",
        "/app/....//Cargo.toml",
        "/app//etc/passwd",
        "/sdk/..\\..\\Cargo.toml",
        "/app/main.js%00.css",
        "/index.html/",
        "/test/session.test.js",
        "/package.json",
    ] {
        let answer = exchange(&server, &get(path, "")).await;
        assert!(
            answer.starts_with("HTTP/1.1 404 ") || answer.starts_with("HTTP/1.1 400 "),
            "{path}\n{answer}"
        );
    }
    stop(server).await;
}

#[tokio::test]
async fn requests_that_could_be_read_two_ways_are_refused() {
    let server = server(&[]).await;
    let both =
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let h2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(20_000));
    for request in [both, h2, &long] {
        let answer = exchange(&server, request).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{request:.60}\n{answer}");
    }
    stop(server).await;
}

#[tokio::test]
async fn more_header_lines_than_anybody_needs_are_too_large() {
    let server = server(&[]).await;
    let answer = exchange(&server, &request_of(40)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:.200}");
    let answer = exchange(&server, &request_of(80)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:.200}");
    stop(server).await;
}

fn request_of(lines: usize) -> String {
    let more = "x: y\r\n".repeat(lines);
    format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = server(&[]).await;
    let mut stream = tokio::net::TcpStream::connect(server.page()).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nslow")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let closed =
        tokio::time::timeout(std::time::Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "half a request head is held open");
    stop(server).await;
}
