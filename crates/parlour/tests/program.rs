//! The binary as a person meets it: what it prints, how it refuses, how it ends.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::net::{TcpListener, UdpSocket};
use std::process::Output;
use std::time::Instant;

use running::{Running, output};

/// Asserts a refusal in one line that contains `words`, and no trace of a panic.
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

#[test]
fn a_taken_page_port_is_refused_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = output(&["--listen", &address, "--relay-listen", "127.0.0.1:0"]);
    assert_refused(
        &refused,
        1,
        &["parlour: cannot listen on", &address, "port is taken", "--listen"],
    );
}

#[test]
fn a_taken_relay_port_is_refused_with_a_way_out() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = output(&["--listen", "127.0.0.1:0", "--relay-listen", &address]);
    assert_refused(&refused, 1, &[&address, "--relay-listen"]);
}

#[test]
fn an_address_of_another_machine_is_refused_with_a_way_out() {
    let refused = output(&["--listen", "198.51.100.1:8080", "--relay-listen", "127.0.0.1:0"]);
    assert_refused(&refused, 1, &["does not have that address", "--listen"]);
}

#[test]
fn a_mistyped_flag_names_the_nearest_one() {
    assert_refused(
        &output(&["--lisen", "127.0.0.1:1"]),
        2,
        &["--lisen", "'--listen'"],
    );
    assert_refused(&output(&["--listen", "8080"]), 2, &["--listen", "8080"]);
    assert_refused(
        &output(&["--max-people", "99"]),
        2,
        &["--max-people", "from 2 to 16"],
    );
    assert_refused(&output(&["sreve"]), 2, &["sreve"]);
}

#[test]
fn the_version_is_for_people_and_for_programs() {
    let plain = output(&["version"]);
    assert_eq!(
        plain.stdout,
        format!("parlour {}\n", env!("CARGO_PKG_VERSION")).as_bytes()
    );
    let json: serde_json::Value = serde_json::from_slice(&output(&["version", "--json"]).stdout).unwrap();
    assert_eq!(json["name"], "parlour");
    assert_eq!(json["protocol"], serde_json::json!([1]));
}

#[test]
fn the_help_is_a_manual() {
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    for word in [
        "--listen",
        "--relay-listen",
        "--relay-host",
        "PARLOUR_LISTEN",
        "127.0.0.1:3478",
        "serve",
    ] {
        assert!(help.contains(word), "{word} is missing in:\n{help}");
    }
}

#[test]
fn it_starts_serves_and_stops_when_asked() {
    let begun = Instant::now();
    let mut running = Running::start(&[]);
    let took = begun.elapsed();
    // A promise of milliseconds, judged generously: machines that run tests are busy.
    assert!(took.as_secs() < 5, "the start took {took:?}");
    let answer = running.exchange("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    running.signal("-TERM");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let log = running.rest_of_log();
    assert!(
        log.contains("stopped") && log.contains("relayed_calls_cut=0"),
        "{log}"
    );
    assert!(TcpListener::bind(&running.page).is_ok(), "the port is free again");
}
