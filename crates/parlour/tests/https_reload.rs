//! A new certificate is used without dropping anything (research R6): a thousand of them under two hundred live
//! connections.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_tls;
mod running;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{server, stop};
use common_tls::{Pki, Tls};
use parlour::settings::Settings;
use running::{Running, free_port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

const RELOADS: u32 = 1000;
const CONNECTIONS: usize = 200;
/// A STUN Binding request (RFC 8489 §5); its answer has 32 bytes over IPv4.
const BINDING: [u8; 20] = *b"\x00\x01\x00\x00\x21\x12\xa4\x42parlour-test";
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: meet.example.org\r\n\r\n";

/// One exchange on a live connection: TURN or HTTP, whichever it is.
async fn alive(tls: &mut Tls, is_turn: bool) {
    let mut answer = vec![0; 2048];
    let (question, begins): (&[u8], &[u8]) = match is_turn {
        true => (&BINDING, &[0x01, 0x01]),
        false => (REQUEST, b"HTTP/1.1 200 "),
    };
    tls.0.write_all(question).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(10), tls.0.read(&mut answer)).await;
    let read = read.expect("an answer in time").unwrap();
    assert!(answer[..read].starts_with(begins), "{:?}", &answer[..read]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_new_certificates_drop_nobody() {
    let pki = Pki::new("reload", &["meet.example.org"]);
    // Of one source 64 TURN connections are let in, and after a minute none without an allocation.
    let more = [
        "--relay-max-streams-per-prefix",
        "200",
        "--relay-allocation-deadline",
        "10m",
    ];
    let server = server(&[&pki.flags()[..], &more].concat()).await;
    let certificate = server.certificate().unwrap().clone();
    let settings = settings(&pki);
    let done = Arc::new(AtomicBool::new(false));
    let mut live = JoinSet::new();
    for index in 0..CONNECTIONS {
        // HTTP connections wait for their next request, and of one source at most 64 may.
        let is_turn = index >= 40;
        let mut tls = Tls::connect(&pki, server.page(), &[]).await.unwrap();
        alive(&mut tls, is_turn).await;
        let done = Arc::clone(&done);
        live.spawn(async move {
            let mut exchanges = 0;
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(200)).await;
                alive(&mut tls, is_turn).await;
                exchanges += 1;
            }
            exchanges
        });
    }
    let reloading = tokio::task::spawn_blocking(move || {
        let mut last = pki.renew(&["meet.example.org"]);
        for _ in 0..RELOADS {
            last = pki.renew(&["meet.example.org"]);
            certificate.replace(settings.https.certificate_again().unwrap().unwrap());
        }
        (pki, last)
    });
    let (pki, last) = reloading.await.unwrap();
    done.store(true, Ordering::Relaxed);
    while let Some(exchanges) = live.join_next().await {
        assert!(exchanges.unwrap() > 0, "nobody was dropped, and everybody spoke");
    }
    let begun = Instant::now();
    let fresh = Tls::connect(&pki, server.page(), &[]).await.unwrap();
    assert_eq!(
        fresh.certificate(),
        last,
        "new handshakes get the new certificate"
    );
    assert!(begun.elapsed() < Duration::from_secs(1));
    stop(server).await;
}

/// The same by the way that an operator has: files and SIGHUP, the whole configuration read each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_with_a_changed_certificate_drops_nobody() {
    let pki = Pki::new("sighup", &["meet.example.org"]);
    let page = format!("127.0.0.1:{}", free_port());
    let mut flags = pki.flags();
    flags.pop();
    let more = [
        "--relay-max-streams-per-prefix",
        "200",
        "--relay-allocation-deadline",
        "10m",
    ];
    let running = Running::start_tls(&[&flags[..], &[&page], &more].concat(), &page);
    let at = page.parse().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut live = JoinSet::new();
    for index in 0..100 {
        let is_turn = index >= 40;
        let mut tls = Tls::connect(&pki, at, &[]).await.unwrap();
        alive(&mut tls, is_turn).await;
        let done = Arc::clone(&done);
        live.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                alive(&mut tls, is_turn).await;
            }
        });
    }
    let reloading = tokio::task::spawn_blocking(move || {
        let mut last = None;
        for _ in 0..100 {
            last = Some(pki.renew(&["meet.example.org"]));
            running.signal("-HUP");
            running.log_line("new connections get the certificate", Duration::from_secs(30));
        }
        (pki, running, last)
    });
    let (pki, _running, last) = reloading.await.unwrap();
    done.store(true, Ordering::Relaxed);
    while let Some(ended) = live.join_next().await {
        ended.unwrap();
    }
    let fresh = Tls::connect(&pki, at, &[]).await.unwrap();
    assert_eq!(Some(fresh.certificate()), last);
}

#[tokio::test]
async fn a_bad_certificate_is_a_sentence_and_the_old_one_stays() {
    let pki = Pki::new("bad", &["meet.example.org"]);
    let settings = settings(&pki);
    let other = Pki::new("other", &["elsewhere.example"]);
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    let good = read(pki.certificate_file());
    for (text, words) in [
        (String::new(), "BEGIN CERTIFICATE"),
        (
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n".to_owned(),
            "--tls-cert",
        ),
        (good[..good.len() / 2].to_owned(), "--tls-cert"),
        (read(other.certificate_file()), "not the key of the certificate"),
    ] {
        std::fs::write(pki.certificate_file(), text).unwrap();
        let sentence = settings.https.certificate_again().unwrap_err();
        assert!(sentence.contains(words), "{sentence}");
    }
    std::fs::remove_file(pki.certificate_file()).unwrap();
    let sentence = settings.https.certificate_again().unwrap_err();
    assert!(sentence.contains("cannot read it"), "{sentence}");

    let named = Pki::new("named", &["elsewhere.example"]);
    let words = [
        &["parlour"],
        &named.flags()[..],
        &["--domain", "meet.example.org"],
    ]
    .concat();
    let sentence = load(&words).https.certificate().err().unwrap().to_string();
    assert!(sentence.contains("not for meet.example.org"), "{sentence}");
}

fn settings(pki: &Pki) -> Settings {
    load(&[&["parlour"], &pki.flags()[..]].concat())
}

fn load(words: &[&str]) -> Settings {
    use clap::Parser as _;
    Settings::load(&parlour::cli::Cli::parse_from(words).serve.0)
        .unwrap()
        .1
}
