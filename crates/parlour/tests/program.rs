//! The binary as a person meets it: what it prints, how it refuses, how it ends.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn parlour(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.args(words).env_clear();
    command
}

fn output(words: &[&str]) -> Output {
    parlour(words).output().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Asserts a refusal in one line that contains `words`, and no trace of a panic.
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

struct Running(Child);

impl Running {
    /// Starts the program on free ports and returns the page's address and how long it took to say so.
    fn start() -> (Self, String, Duration) {
        let (page, relay) = (
            format!("127.0.0.1:{}", free_port()),
            format!("127.0.0.1:{}", free_port()),
        );
        let begun = Instant::now();
        let mut child = parlour(&["--listen", &page, "--relay-listen", &relay])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, format!("Parlour is ready: open http://{page}\n"));
        (Self(child), page, begun.elapsed())
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args([name, &self.0.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended in the good case.
        let _ = self.0.kill();
        let _ = self.0.wait();
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
        &[
            "parlour: cannot serve the page on",
            &address,
            "port is taken",
            "--listen",
        ],
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
    let (mut running, page, _) = Running::start();
    let mut stream = std::net::TcpStream::connect(&page).unwrap();
    std::io::Write::write_all(
        &mut stream,
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    running.signal("-TERM");
    let status = running.0.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    running.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(
        log.contains("stopped") && log.contains("relayed_calls_cut=0"),
        "{log}"
    );
    assert!(TcpListener::bind(&page).is_ok(), "the port is free again");
}
