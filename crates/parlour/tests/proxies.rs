//! Behind other people's proxies: whose word is taken, below which path, by which socket.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_tls;

use std::net::SocketAddr;
use std::time::Duration;

use common::{server, stop};
use common_tls::{Pki, output};
use parlour::Server;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, UnixStream};

/// A WebSocket's handshake with further headers.
fn handshake(path: &str, host: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: parlour.v1\r\n{more}\r\n"
    )
}

/// Says `what`, hears until `enough` or the end, ten seconds at most.
async fn says<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, what: &[u8], enough: &str) -> String {
    stream.write_all(what).await.unwrap();
    let mut heard = Vec::new();
    let all = async {
        while !String::from_utf8_lossy(&heard).contains(enough) {
            if !matches!(stream.read_buf(&mut heard).await, Ok(1..)) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

/// Whether the rooms let a page of `forwarded` in: they refuse the second of one source when one is allowed.
async fn gets_in(server: &Server, forwarded: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(server.page()).await.unwrap();
    let more = format!("x-forwarded-for: {forwarded}\r\n");
    let head = says(
        &mut stream,
        handshake("/ws", "127.0.0.1", &more).as_bytes(),
        "\r\n\r\n",
    )
    .await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    // A masked hello (RFC 6455 §5.2) with a mask of zeros.
    let hello = br#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#;
    let frame = [&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0], &hello[..]].concat();
    let said = says(&mut stream, &frame, "welcome").await;
    said.contains("welcome").then_some(stream)
}

#[tokio::test]
async fn a_trusted_proxys_word_about_its_clients_is_taken_and_nobody_elses() {
    let one = ["--rooms-connections-per-source", "1"];
    let trusting = server(&[&one[..], &["--trusted-proxies", "127.0.0.1"]].concat()).await;
    let first = gets_in(&trusting, "198.51.100.7").await;
    assert!(first.is_some());
    assert!(
        gets_in(&trusting, "198.51.100.7").await.is_none(),
        "the same client again"
    );
    assert!(
        gets_in(&trusting, "203.0.113.9, 198.51.100.7").await.is_none(),
        "hearsay is no client"
    );
    assert!(gets_in(&trusting, "198.51.100.8").await.is_some());
    stop(trusting).await;

    let wary = server(&one).await;
    let first = gets_in(&wary, "198.51.100.7").await;
    assert!(first.is_some());
    assert!(
        gets_in(&wary, "198.51.100.8").await.is_none(),
        "a stranger speaks for nobody"
    );
    stop(wary).await;
}

#[tokio::test]
async fn below_a_path_the_page_is_found_whether_the_proxy_passes_it_on_or_not() {
    let server = server(&[
        "--public-url",
        "https://example.org/parlour",
        "--trusted-proxies",
        "127.0.0.1",
    ])
    .await;
    for (path, status) in [
        ("/parlour/", "200"),
        ("/parlour/sdk/parlour.js", "200"),
        ("/", "200"),
        ("/parlour", "308"),
        ("/parlour/nothing", "404"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: backend:8080\r\nconnection: close\r\n\r\n");
        let answer = common::exchange(&server, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer:.200}"
        );
    }
    for (origin, status) in [("https://example.org", "101"), ("https://backend:8080", "403")] {
        let mut stream = TcpStream::connect(server.page()).await.unwrap();
        let request = handshake("/parlour/ws", "backend:8080", &format!("origin: {origin}\r\n"));
        let answer = says(&mut stream, request.as_bytes(), "\r\n\r\n").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{origin}: {answer:.200}"
        );
    }
    stop(server).await;
}

#[tokio::test]
async fn a_unix_socket_serves_a_proxy_of_this_machine_and_goes_with_the_server() {
    let path = std::env::temp_dir().join(format!("parlour-{}.sock", std::process::id()));
    let listen = format!("unix:{}", path.display());
    for round in 0..2 {
        if round == 1 {
            // What a server leaves that was killed.
            drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        }
        let server = server(&["--listen", &listen]).await;
        let answer = output(
            "curl",
            &[
                "-sSi",
                "--unix-socket",
                path.to_str().unwrap(),
                "http://meet.example.org/",
            ],
            b"",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:.500}");
        let mut stream = UnixStream::connect(&path).await.unwrap();
        let answer = says(
            &mut stream,
            handshake("/ws", "meet.example.org", "").as_bytes(),
            "\r\n\r\n",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        stop(server).await;
        assert!(!path.exists(), "round {round}");
    }
    std::fs::write(&path, "somebody's file").unwrap();
    let settings = common::settings(&["--listen", &listen]);
    let refused = Server::start(&settings).await.err().unwrap().to_string();
    assert!(refused.contains("--listen"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), b"somebody's file");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_proxy_header_comes_before_tls_from_trusted_proxies_and_from_nobody_else() {
    let pki = Pki::new("proxy", &["meet.example.org"]);
    let more = ["--trusted-proxies", "127.0.0.1", "--proxy-protocol"];
    let server = server(&[&pki.flags()[..], &more].concat()).await;
    let v1 = b"PROXY TCP4 198.51.100.7 10.0.0.1 4660 443\r\n".to_vec();
    let v2 = [
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(),
        &[198, 51, 100, 7, 10, 0, 0, 1, 18, 52, 1, 187],
    ]
    .concat();
    for (source, header, served) in [
        ("127.0.0.1", v1.clone(), true),
        ("127.0.0.1", v2, true),
        ("127.0.0.1", Vec::new(), false),
        ("127.0.0.2", v1, false),
        ("127.0.0.2", Vec::new(), true),
    ] {
        let answered = https(&pki, source, server.page(), &header).await;
        assert_eq!(answered, served, "{source} {header:?}");
    }
    stop(server).await;
}

/// Whether HTTPS is spoken after `header`.
async fn https(pki: &Pki, source: &str, to: SocketAddr, header: &[u8]) -> bool {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    stream.write_all(header).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("meet.example.org").unwrap();
    let Ok(mut tls) = pki.connector(&[]).connect(name, stream).await else {
        return false;
    };
    let request = b"GET /healthz HTTP/1.1\r\nhost: meet.example.org\r\nconnection: close\r\n\r\n";
    says(&mut tls, request, "ok\n").await.starts_with("HTTP/1.1 200 ")
}
