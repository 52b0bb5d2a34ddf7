//! What rooms in standard mode keep, over real sockets: for whoever has a seat, and for nobody else not even a sign of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_blobs;

use std::time::Duration;

use common::{exchange, server, stop};
use common_blobs::{ask, code, guest, host, id, read, request, shows};
use parlour::Server;
use parlour_signaling::{BlobErrorCode, BlobList, Token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The answer without what differs from one to the next.
async fn whole(server: &Server, request: &str) -> String {
    let answer = exchange(server, request).await;
    answer.lines().filter(|line| !line.starts_with("date:")).collect()
}

#[tokio::test]
async fn who_comes_late_reads_what_somebody_left_who_is_gone() {
    let server = server(&[]).await;
    let mut host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    let put = format!("PUT /blob/{}", id(1));
    assert_eq!(ask(&server, &put, token, "sealed").await.0, 204);
    let (_ben, place) = guest(&server, &host).await;
    host.client.leave().await.unwrap();
    let ben = place.unwrap().token;
    let (status, list) = ask(&server, "GET /blob/", ben, "").await;
    let list: BlobList = serde_json::from_str(&list).unwrap();
    assert_eq!((status, list.blobs.len(), list.blobs[0].bytes), (200, 1, 6));
    let get = format!("GET /blob/{}", id(1));
    assert_eq!(ask(&server, &get, ben, "").await, (200, "sealed".to_owned()));
    assert_eq!(
        ask(&server, &get, token, "").await.0,
        404,
        "a seat that has ended opens nothing"
    );
    stop(server).await;
}

/// Promise 93: the answers to whoever has no seat in a standard room are, byte for byte, those of a path that never was.
#[tokio::test]
async fn for_everybody_else_there_is_no_such_place() {
    let server = server(&[]).await;
    let host = host(&server, true).await;
    assert!(host.place.is_none());
    let nobody = shows(Token([9; 32]));
    for (method, tail) in [
        ("GET", String::new()),
        ("GET", id(1)),
        ("PUT", id(1)),
        ("DELETE", id(1)),
        ("POST", String::new()),
        ("OPTIONS", id(1)),
    ] {
        for secret in ["", &nobody, "parlour-blobs: nonsense\r\n"] {
            let here = whole(&server, &request(&format!("{method} /blob/{tail}"), secret, "")).await;
            let nowhere = whole(
                &server,
                &request(&format!("{method} /nowhere/{tail}"), secret, ""),
            )
            .await;
            assert_eq!(here, nowhere, "{method} {tail} {secret}");
        }
    }
    stop(server).await;
}

#[tokio::test]
async fn a_server_that_keeps_nothing_says_so_in_the_beginning() {
    let server = server(&["--rooms-blob-bytes-total", "0B"]).await;
    let host = host(&server, false).await;
    assert!(host.place.is_none());
    stop(server).await;
}

#[tokio::test]
async fn what_may_not_be_is_refused_with_a_code() {
    let server = server(&["--rooms-blob-bytes", "64KiB", "--rooms-blobs-per-room", "16"]).await;
    let host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    let (_ben, place) = guest(&server, &host).await;
    let ben = place.unwrap().token;
    let at = |method: &str, n: u8| format!("{method} /blob/{}", id(n));
    assert_eq!(ask(&server, &at("PUT", 1), token, "sealed").await.0, 204);
    let again = ask(&server, &at("PUT", 1), token, "other").await;
    assert_eq!(code(&again), (409, BlobErrorCode::BlobExists));
    let empty = ask(&server, &at("PUT", 2), token, "").await;
    assert_eq!(code(&empty), (413, BlobErrorCode::BadLength));
    let long = ask(&server, &at("PUT", 2), token, &"x".repeat(65_537)).await;
    assert_eq!(code(&long), (413, BlobErrorCode::BadLength));
    assert_eq!(
        ask(&server, &at("PUT", 2), token, &"x".repeat(65_536)).await.0,
        204
    );
    let missing = ask(&server, &at("GET", 3), token, "").await;
    assert_eq!(code(&missing), (404, BlobErrorCode::NoSuchBlob));
    let foreign = ask(&server, &at("DELETE", 1), ben, "").await;
    assert_eq!(code(&foreign), (403, BlobErrorCode::NotAllowed));
    assert_eq!(ask(&server, &at("DELETE", 1), token, "").await.0, 204);
    for n in 3..=17 {
        assert_eq!(ask(&server, &at("PUT", n), ben, "x").await.0, 204);
    }
    let full = ask(&server, &at("PUT", 18), ben, "x").await;
    assert_eq!(code(&full), (507, BlobErrorCode::BlobsFull));
    assert_eq!(ask(&server, "GET /blob/nonsense", token, "").await.0, 404);
    assert_eq!(ask(&server, &at("POST", 1), token, "x").await.0, 405);
    stop(server).await;
}

/// Uploads that do not come hold two places of their seat and nobody else's.
#[tokio::test]
async fn slow_uploads_stop_nobody_but_their_sender() {
    let server = server(&[]).await;
    let host = host(&server, false).await;
    let token = host.place.as_ref().unwrap().token;
    let (_ben, place) = guest(&server, &host).await;
    let begin = |n: u8| {
        format!(
            "PUT /blob/{} HTTP/1.1\r\nhost: 127.0.0.1\r\n{}content-length: 10\r\nexpect: 100-continue\r\n\r\n",
            id(n),
            shows(token)
        )
    };
    let mut slow = Vec::new();
    for n in 1..=2 {
        let mut stream = TcpStream::connect(server.page()).await.unwrap();
        stream.write_all(begin(n).as_bytes()).await.unwrap();
        // The server asks for the body once it has a place for it.
        let mut answer = [0; 25];
        tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 100"), "{answer:?}");
        slow.push(stream);
    }
    let put = request(&format!("PUT /blob/{}", id(3)), &shows(token), "x");
    let third = exchange(&server, &put).await;
    assert!(third.contains("\r\nretry-after: 2\r\n"), "{third}");
    assert_eq!(code(&read(&third)), (429, BlobErrorCode::Rate));
    let other = ask(
        &server,
        &format!("PUT /blob/{}", id(4)),
        place.unwrap().token,
        "x",
    )
    .await;
    assert_eq!(other.0, 204);
    let mut first = slow.remove(0);
    first.write_all(b"0123456789").await.unwrap();
    let mut answer = vec![0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 204");
    assert_eq!(
        ask(&server, &format!("PUT /blob/{}", id(3)), token, "x").await.0,
        204,
        "a place is free again"
    );
    drop(slow);
    let list = ask(&server, "GET /blob/", token, "").await.1;
    let list: BlobList = serde_json::from_str(&list).unwrap();
    assert_eq!(list.blobs.len(), 3, "what broke off is not kept");
    stop(server).await;
}

#[tokio::test]
async fn pages_of_other_origins_come_by_leave_only() {
    let server = server(&["--allow-origin", "https://team.example"]).await;
    let host = host(&server, false).await;
    let token = shows(host.place.as_ref().unwrap().token);
    let from = |origin: &str| format!("{token}origin: {origin}\r\n");
    let own = exchange(&server, &request("GET /blob/", &from("https://team.example"), "")).await;
    assert!(
        own.starts_with("HTTP/1.1 200") && own.contains("access-control-allow-origin: https://team.example")
    );
    let foreign = exchange(&server, &request("GET /blob/", &from("https://evil.example"), "")).await;
    assert!(
        foreign.starts_with("HTTP/1.1 404") && !foreign.contains("access-control"),
        "{foreign}"
    );
    let ask = "origin: https://team.example\r\naccess-control-request-method: PUT\r\n";
    let leave = exchange(&server, &request(&format!("OPTIONS /blob/{}", id(1)), ask, "")).await;
    assert!(
        leave.starts_with("HTTP/1.1 204") && leave.contains("access-control-allow-methods: GET, PUT, DELETE")
    );
    stop(server).await;
}
