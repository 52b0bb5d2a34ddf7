//! HTTPS, WSS and TURN/TLS on one port, over real sockets, judged by rustls, openssl and curl.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_tls;

use std::time::Duration;

use common::{server, stop};
use common_tls::{Pki, Tls, output};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A STUN Binding request (RFC 8489 §5) and what its answer begins with.
const BINDING: [u8; 20] = *b"\x00\x01\x00\x00\x21\x12\xa4\x42parlour-test";
const BOUND: [u8; 2] = [0x01, 0x01];

fn get(path: &str, host: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn http_and_turn_share_the_port_whatever_alpn_says() {
    let pki = Pki::new("share", &["meet.example.org"]);
    let server = server(&pki.flags()).await;
    for alpn in [&[][..], &["http/1.1"], &["stun.turn"], &["h2", "http/1.1"]] {
        let mut http = Tls::connect(&pki, server.page(), alpn).await.unwrap();
        let answer = http.ask(get("/", "meet.example.org").as_bytes()).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{alpn:?}");
        let group = http.0.get_ref().1.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, rustls::NamedGroup::X25519MLKEM768, "docs/decisions/0006");
        let mut turn = Tls::connect(&pki, server.page(), alpn).await.unwrap();
        turn.0.write_all(&BINDING).await.unwrap();
        let mut answer = [0; 32];
        turn.0.read_exact(&mut answer).await.unwrap();
        assert!(answer.starts_with(&BOUND), "{alpn:?}");
    }
    stop(server).await;
}

#[tokio::test]
async fn http2_is_never_spoken() {
    let pki = Pki::new("h2", &["meet.example.org"]);
    let server = server(&pki.flags()).await;
    let refused = Tls::connect(&pki, server.page(), &["h2"]).await;
    assert!(refused.is_err(), "RFC 7301 §3.2: no_application_protocol");
    let mut prior = Tls::connect(&pki, server.page(), &[]).await.unwrap();
    let answer = prior.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(
        !answer.starts_with(b"HTTP/1.1 2") && !answer.starts_with(b"\0\0"),
        "{answer:?}"
    );
    stop(server).await;
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_told_so() {
    let pki = Pki::new("plain", &["meet.example.org"]);
    let server = server(&pki.flags()).await;
    let answer = common::exchange(&server, &get("/", "meet.example.org:8443")).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.ends_with("This port speaks https, not http: open https://meet.example.org:8443/\n"),
        "{answer}"
    );
    // In the clear, TURN has its own port.
    let mut stun = TcpStream::connect(server.page()).await.unwrap();
    stun.write_all(&BINDING).await.unwrap();
    let mut answer = Vec::new();
    let _reset = stun.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    stop(server).await;
}

#[tokio::test]
async fn every_first_byte_has_its_outcome() {
    let pki = Pki::new("bytes", &["meet.example.org"]);
    let server = server(&pki.flags()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for byte in 0..=u8::MAX {
        // 64 connections of one source may wait at a time; the others would push them out.
        while tasks.len() >= 32 {
            tasks.join_next().await.unwrap().unwrap();
        }
        let mut tls = Tls::connect(&pki, server.page(), &[]).await.unwrap();
        tasks.spawn(async move {
            let mut first = [0; 20];
            first[0] = byte;
            // Undecided streams end after five seconds; the rest is for a busy machine.
            let answer = tokio::time::timeout(Duration::from_secs(20), tls.ask(&first)).await;
            let answer = answer.expect("an end");
            let is_http = answer.starts_with(b"HTTP/1.1 400 ");
            assert_eq!(is_http, byte.is_ascii_alphabetic(), "{byte:#04x}: {answer:?}");
            assert!(is_http || answer.is_empty(), "{byte:#04x}: {answer:?}");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    stop(server).await;
}

#[tokio::test]
async fn a_name_of_our_own_brings_redirect_and_strictness_and_refuses_others() {
    let pki = Pki::new("name", &["meet.example.org"]);
    let server = server(&[&pki.flags()[..], &["--domain", "meet.example.org"]].concat()).await;
    let port = server.page().port();
    let host = format!("meet.example.org:{port}");
    let ask = async |text: String| {
        let mut tls = Tls::connect(&pki, server.page(), &[]).await.unwrap();
        String::from_utf8(tls.ask(text.as_bytes()).await).unwrap()
    };
    let page = ask(get("/", &host)).await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page:.200}");
    assert!(
        page.contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
        "{page:.2000}"
    );
    for other in ["evil.example", "127.0.0.1", "meet.example.org"] {
        let answer = ask(get("/", other)).await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{other}: {answer:.200}");
        assert!(ask(get("/healthz", other)).await.starts_with("HTTP/1.1 200 "));
    }
    let none = ask("GET / HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned()).await;
    assert!(none.starts_with("HTTP/1.1 400 "), "{none:.200}");

    let plain = server.http().unwrap();
    for host in ["meet.example.org", "evil.example"] {
        let mut stream = TcpStream::connect(plain).await.unwrap();
        stream.write_all(get("/r/blue", host).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 308 "), "{answer:.200}");
        let there = format!("\r\nlocation: https://meet.example.org:{port}/r/blue\r\n");
        assert!(answer.contains(&there), "{answer:.2000}");
        assert!(
            !answer.contains("strict-transport"),
            "RFC 6797 §7.2: not over plain http"
        );
    }
    stop(server).await;
}

#[tokio::test]
async fn without_a_name_of_its_own_a_server_is_not_strict() {
    let server = server(&["--lan", "--https-listen", "127.0.0.1:0"]).await;
    let fingerprint = server.certificate().unwrap().fingerprint().unwrap().to_owned();
    let at = server.page().to_string();
    let shown = output(
        "openssl",
        &["s_client", "-connect", &at, "-servername", "localhost"],
        b"",
    )
    .await;
    let pem = output(
        "openssl",
        &[
            "x509",
            "-noout",
            "-fingerprint",
            "-sha256",
            "-ext",
            "subjectAltName",
        ],
        shown.as_bytes(),
    );
    let pem = pem.await;
    assert!(pem.contains(&fingerprint), "{pem}\n{fingerprint}");
    assert!(
        pem.contains("DNS:localhost") && pem.contains("IP Address:127.0.0.1"),
        "{pem}"
    );
    let head = output("curl", &["-sSik", &format!("https://{at}/")], b"").await;
    assert!(
        head.starts_with("HTTP/1.1 200 ") && !head.contains("strict-transport"),
        "{head:.2000}"
    );
    stop(server).await;
}

#[tokio::test]
async fn openssl_and_curl_agree_on_both_versions_and_on_nothing_older() {
    let pki = Pki::new("strangers", &["meet.example.org"]);
    let server = server(&pki.flags()).await;
    let at = server.page().to_string();
    for version in ["-tls1_2", "-tls1_3"] {
        let words = [
            "s_client",
            "-connect",
            &at,
            "-servername",
            "meet.example.org",
            "-verify_return_error",
            "-CAfile",
            pki.authority(),
            version,
            "-quiet",
        ];
        let answer = output("openssl", &words, get("/healthz", "meet.example.org").as_bytes()).await;
        assert!(answer.contains("HTTP/1.1 200 OK"), "{version}: {answer}");
    }
    for version in ["-tls1", "-tls1_1"] {
        // Security level 0: otherwise openssl would not even ask.
        let words = ["s_client", "-connect", &at, version, "-cipher", "ALL:@SECLEVEL=0"];
        let answer = output("openssl", &words, b"").await;
        assert!(answer.contains("Cipher is (NONE)"), "{version}: {answer}");
    }
    let resolve = format!("meet.example.org:{}:127.0.0.1", server.page().port());
    let url = format!("https://meet.example.org:{}/", server.page().port());
    for (min, max) in [("--tlsv1.2", "1.2"), ("--tlsv1.3", "1.3")] {
        let words = [
            "-sSi",
            "--cacert",
            pki.authority(),
            "--resolve",
            &resolve,
            min,
            "--tls-max",
            max,
            &url,
        ];
        let answer = output("curl", &words, b"").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{max}: {answer:.500}");
    }
    stop(server).await;
}
