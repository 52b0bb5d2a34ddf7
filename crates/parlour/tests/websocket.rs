//! The WebSocket's handshake and limits, with an independent client.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::{exchange, head, server, stop};
use futures_util::{SinkExt as _, StreamExt as _};
use parlour::Server;
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
