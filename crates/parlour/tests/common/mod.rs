//! A server on loopback with ports of its own, and its end.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser as _;
use parlour::Server;
use parlour::cli::Cli;
use parlour::settings::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Starts a server with free ports and the further `words` on its command line.
pub(crate) async fn server(words: &[&str]) -> Server {
    Server::start(&settings(words)).await.unwrap()
}

/// What such words mean.
pub(crate) fn settings(words: &[&str]) -> Settings {
    let mut typed = vec!["parlour", "--relay-listen", "127.0.0.1:0"];
    if !words.contains(&"--listen") {
        typed.extend(["--listen", "127.0.0.1:0"]);
    }
    let typed = [&typed[..], words].concat();
    Settings::load(&Cli::parse_from(typed).serve.0).unwrap().1
}

/// Ends it without giving anybody time.
pub(crate) async fn stop(server: Server) {
    server
        .stop(Duration::from_millis(50), std::future::pending())
        .await;
}

/// Sends bytes and reads the head of the answer; the connection may stay open.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]
pub(crate) async fn head(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.page()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_buf(&mut answer)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "closed before the head was complete");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends bytes and reads until the server closes, ten seconds at most.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]
pub(crate) async fn exchange(server: &Server, request: &str) -> String {
    exchange_with(server.page(), request).await
}

/// The same where the server itself is needed elsewhere.
pub(crate) async fn exchange_with(page: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(page).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
