//! The WebSocket's handshake and limits, with an independent client.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::{exchange, head, server, stop};
use futures_util::{SinkExt as _, StreamExt as _};
use parlour::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &Server) -> Client {
    let mut request = format!("ws://{}/ws", server.page())
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "parlour.v1".parse().unwrap());
    let origin = format!("http://{}", server.page());
    request.headers_mut().insert("origin", origin.parse().unwrap());
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

/// The next message that is not a ping, within ten seconds; `None` when the socket has ended.
async fn next(client: &mut Client) -> Option<Message> {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), client.next())
            .await
            .expect("the server answers")
        {
            Some(Ok(Message::Ping(_))) => {}
            Some(Ok(message)) => return Some(message),
            Some(Err(_)) | None => return None,
        }
    }
}

async fn close_code(client: &mut Client) -> Option<u16> {
    while let Some(message) = next(client).await {
        if let Message::Close(frame) = message {
            return frame.map(|frame| frame.code.into());
        }
    }
    None
}

fn handshake(more: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nhost: meet.example.org\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn hello_is_answered_with_welcome() {
    let server = server(&[]).await;
    let mut client = connect(&server).await;
    client
        .send(Message::text(r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#))
        .await
        .unwrap();
    let welcome = next(&mut client).await.unwrap().into_text().unwrap();
    let welcome: serde_json::Value = serde_json::from_str(welcome.as_str()).unwrap();
    assert_eq!(welcome["t"], "welcome");
    assert_eq!(welcome["d"]["v"], 1);
    stop(server).await;
}

#[tokio::test]
async fn only_our_own_pages_may_open_it() {
    let server = server(&[]).await;
    for (origin, status) in [
        ("origin: https://evil.example\r\n", "403"),
        ("origin: null\r\n", "403"),
        ("origin: https://meet.example.org.evil.example\r\n", "403"),
        ("origin: http://meet.example.org:1234\r\n", "403"),
    ] {
        let answer = head(
            &server,
            &handshake(&format!("{origin}sec-websocket-protocol: parlour.v1\r\n")),
        )
        .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{origin}{answer}"
        );
    }
    stop(server).await;
}

#[tokio::test]
async fn a_client_without_our_protocol_is_told_so() {
    let server = server(&[]).await;
    for more in ["", "sec-websocket-protocol: chat\r\n"] {
        let answer = exchange(&server, &handshake(&format!("{more}connection: close\r\n"))).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 ") && answer.contains("parlour.v1"),
            "{answer}"
        );
    }
    stop(server).await;
}

#[tokio::test]
async fn what_is_too_large_or_no_text_is_refused_by_its_code() {
    let server = server(&[]).await;
    let mut large = connect(&server).await;
    large.send(Message::text("x".repeat(65_537))).await.unwrap();
    assert_eq!(close_code(&mut large).await, Some(1009));
    let mut binary = connect(&server).await;
    binary.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(close_code(&mut binary).await, Some(1003));
    stop(server).await;
}

/// One frame as a client writes it, under a mask that changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut bytes = vec![first];
    if length < 126 {
        bytes.push(0x80 | length as u8);
    } else {
        bytes.push(0x80 | 126);
        bytes.extend(length.to_be_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Says these bytes after the handshake and hears everything until the server closes.
async fn raw(server: &Server, said: &[u8]) -> Vec<u8> {
    let origin = format!("http://{}", server.page());
    let request = handshake(&format!(
        "origin: {origin}\r\nsec-websocket-protocol: parlour.v1\r\n"
    ))
    .replace("meet.example.org", &server.page().to_string());
    let mut stream = TcpStream::connect(server.page()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(said).await.unwrap();
    let mut heard = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut heard))
        .await
        .expect("the server closes")
        .unwrap();
    let head = heard.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    heard.split_off(head + 4)
}

/// RFC 6455 §5 and §8.1: each of these fails the connection by its code and with words of ours.
#[tokio::test]
async fn what_is_no_websocket_is_refused_by_its_code() {
    const TEXT: u8 = 1;
    const FIN: u8 = 0x80;
    let server = server(&[]).await;
    let long = vec![b'x'; 40_000];
    let cases = [
        ("no UTF-8", frame(FIN | TEXT, b"ab\xff"), 1007),
        (
            "a character that its last fragment, an empty one, leaves unfinished",
            [frame(TEXT, b"ab\xc3"), frame(FIN, b"")].concat(),
            1007,
        ),
        (
            "fragments that are too long together",
            [frame(TEXT, &long), frame(FIN, &long)].concat(),
            1009,
        ),
        ("no mask", b"\x81\x02{}".to_vec(), 1002),
        ("a bit of an extension", frame(FIN | 0x40 | TEXT, b"{}"), 1002),
        ("a continuation of nothing", frame(FIN, b"{}"), 1002),
        ("a ping in fragments", frame(9, b""), 1002),
    ];
    for (what, said, code) in cases {
        let heard = raw(&server, &said).await;
        let [0x88, length, high, low, words @ ..] = heard.as_slice() else {
            panic!("{what}: {heard:?}");
        };
        assert_eq!(u16::from_be_bytes([*high, *low]), code, "{what}");
        assert_eq!(
            usize::from(*length),
            2 + words.len(),
            "{what}: nothing comes after it"
        );
        assert!(!words.is_empty() && words.is_ascii(), "{what}: {words:?}");
    }
    stop(server).await;
}

#[tokio::test]
async fn a_text_in_fragments_is_one_text_and_a_ping_between_them_is_answered_first() {
    let server = server(&[]).await;
    let said = [
        frame(1, br#"{"t":"hello","s":0,"#),
        frame(0x89, b"there?"),
        frame(0x80, br#""a":0,"d":{"v":[1]}}"#),
        frame(0x88, &[3, 232]),
    ]
    .concat();
    let heard = raw(&server, &said).await;
    assert!(heard.starts_with(b"\x8a\x06there?\x81"), "{heard:?}");
    assert!(
        String::from_utf8_lossy(&heard).contains(r#""t":"welcome""#),
        "{heard:?}"
    );
    assert!(heard.ends_with(b"\x88\x02\x03\xe8"), "{heard:?}");
    stop(server).await;
}

#[tokio::test]
async fn who_says_nothing_is_closed() {
    let server = server(&[]).await;
    let mut silent = connect(&server).await;
    assert_eq!(close_code(&mut silent).await, Some(4000));
    stop(server).await;
}

#[tokio::test]
async fn compression_is_never_agreed_on() {
    let server = server(&[]).await;
    let mut request = format!("ws://{}/ws", server.page())
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "parlour.v1".parse().unwrap());
    request
        .headers_mut()
        .insert("sec-websocket-extensions", "permessage-deflate".parse().unwrap());
    let (_, answer) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert!(answer.headers().get("sec-websocket-extensions").is_none());
    stop(server).await;
}

#[tokio::test]
async fn stopping_says_goodbye() {
    let server = server(&[]).await;
    let mut client = connect(&server).await;
    client
        .send(Message::text(r#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#))
        .await
        .unwrap();
    next(&mut client).await.unwrap();
    let stopping = tokio::spawn(server.stop(Duration::from_secs(2), std::future::pending()));
    let bye = next(&mut client).await.unwrap().into_text().unwrap();
    let bye: serde_json::Value = serde_json::from_str(bye.as_str()).unwrap();
    assert_eq!(
        (&bye["t"], &bye["d"]["action"]),
        (&"bye".into(), &"rejoin".into())
    );
    assert_eq!(close_code(&mut client).await, Some(1001));
    stopping.await.unwrap();
}
