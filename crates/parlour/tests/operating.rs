//! docs/operating.md: every `parlour …` in a box is run against a running server; the rest is listed with its judge.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common_tls;
mod running;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common_tls::Pki;
use running::{Running, Scratch, free_port, parlour, text};

/// Lines of other programs, and who judges them.
const OTHERS: [(&str, &str); 8] = [
    ("cargo build --release -p parlour", "test.sh, step release"),
    (
        "deploy/package.sh",
        "run by hand: cargo-deb is no part of test.sh",
    ),
    (
        "dpkg -i target/debian/parlour_0.1.0-1_amd64.deb",
        "run by hand, with the package",
    ),
    ("systemctl enable --now parlour", "systemd-analyze verify, below"),
    ("systemctl reload parlour", "SIGHUP in configuration.rs"),
    (
        "docker compose up -d",
        "docker-compose config, test.sh, step compose",
    ),
    (
        "docker compose -f docker-compose.bridge.yml up -d",
        "docker-compose config, test.sh, step compose",
    ),
    ("kill -HUP $(pidof parlour)", "SIGHUP in configuration.rs"),
];

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines of all sh boxes.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let (mut lines, mut inside) = (Vec::new(), false);
    for line in page.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

#[test]
fn every_command_of_the_page_is_run() {
    let scratch = Scratch::new("operating");
    let secrets = scratch.file("secrets", "talk = 0123456789abcdef0123456789abcdef\n");
    let public = format!("127.0.0.1:{}", free_port());
    let socket = format!("unix:{}", scratch.path("admin.sock"));
    let words = [
        "--admin-listen",
        &socket,
        "--public-relay-listen",
        &public,
        "--public-relay-secret-file",
        &secrets,
    ];
    let running = Running::start(&words);
    // What the reader has in the file stands here in variables; the commands are typed as printed.
    let variables = [
        ("PARLOUR_LISTEN", running.page.as_str()),
        ("PARLOUR_RELAY_LISTEN", &running.relay),
        ("PARLOUR_ADMIN_LISTEN", &socket),
        ("PARLOUR_PUBLIC_RELAY_LISTEN", &public),
        ("PARLOUR_PUBLIC_RELAY_SECRET_FILE", &secrets),
    ];
    let pki = Pki::new("operating", &["meet.example.org"]);
    let mut run = 0;
    for line in commands() {
        if OTHERS.iter().any(|(known, _)| *known == line) {
            continue;
        }
        let typed: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(typed[0], "parlour", "{line}: nobody judges this line; see OTHERS");
        let words: Vec<&str> = typed[1..].iter().map(String::as_str).collect();
        if words.is_empty() || words[0].starts_with("--") {
            serves(&line, &words, &scratch, &pki);
        } else {
            let words: Vec<String> = words
                .iter()
                .map(|word| word.replace("127.0.0.1:8080", &running.page))
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let done = parlour(&words).envs(variables).output().unwrap();
            assert!(done.status.success(), "{line}\n{}", text(&done));
        }
        run += 1;
    }
    assert!(run >= 20, "{run} commands were found");
}

/// A line that starts a server: with free ports and files of ours in the place of those that are written, it serves. The
/// authority that it asks for a certificate is nowhere: one that is there is asked in acme.rs.
fn serves(line: &str, words: &[&str], scratch: &Scratch, pki: &Pki) {
    let words: Vec<String> = words
        .iter()
        .map(|word| {
            word.replace(":3478", &format!(":{}", free_port()))
                .replace(":8080", &format!(":{}", free_port()))
                .replace("/etc/ssl/meet/fullchain.pem", pki.certificate_file())
                .replace("/etc/ssl/meet/privkey.pem", pki.key_file())
                .replace("/run/parlour/http.sock", &scratch.path("http.sock"))
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let local = || format!("127.0.0.1:{}", free_port());
    let mut variables = vec![("PARLOUR_LISTEN", local()), ("PARLOUR_RELAY_LISTEN", local())];
    if words.iter().any(|word| ["--domain", "--lan"].contains(word)) {
        variables.push(("PARLOUR_HTTPS_LISTEN", local()));
    }
    if words.contains(&"--domain") && !words.contains(&"--tls-cert") {
        variables.push((
            "PARLOUR_ACME_DIRECTORY",
            "https://127.0.0.1:9/directory".to_owned(),
        ));
        variables.push(("PARLOUR_STATE_DIR", scratch.path("state")));
    }
    let with = |words: &[&str]| {
        let mut command = parlour(words);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
    };
    let checked = with(&[&["check"], &words[..]].concat()).output().unwrap();
    assert!(checked.status.success(), "{line}\n{}", text(&checked));
    let mut child = with(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut said,
    )
    .unwrap();
    let _ = child.kill();
    let _ = child.wait();
    assert!(said.starts_with("Parlour is ready: open http"), "{line}: {said}");
}

#[test]
fn the_unit_is_one_that_systemd_understands_and_thinks_safe() {
    let scratch = Scratch::new("unit");
    let unit = std::fs::read_to_string(root().join("deploy/parlour.service")).unwrap();
    let unit = scratch.file(
        "parlour.service",
        &unit.replace("/usr/bin/parlour", env!("CARGO_BIN_EXE_parlour")),
    );
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no", &unit])
        .output()
        .unwrap();
    let said = text(&verified);
    assert!(!said.contains("parlour.service"), "{said}");

    // Exposure from 0 to 10; the threshold is ten times that.
    let rated = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", &unit])
        .output()
        .unwrap();
    assert!(rated.status.success(), "{}", text(&rated));
}

/// systemd is told when everything listens, that the program lives, and that it stops.
#[test]
fn systemd_is_told_ready_watchdog_and_stopping() {
    let scratch = Scratch::new("notify");
    let path = scratch.path("notify.sock");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut running = Running::start_with(&[], &[("NOTIFY_SOCKET", &path), ("WATCHDOG_USEC", "900000")]);
    let wait_for = |word: &str| {
        let until = Instant::now() + Duration::from_secs(10);
        let mut buffer = [0; 1024];
        while Instant::now() < until {
            let len = socket.recv(&mut buffer).unwrap();
            if String::from_utf8_lossy(&buffer[..len])
                .lines()
                .any(|line| line == word)
            {
                return;
            }
        }
        panic!("{word} was not said");
    };
    wait_for("READY=1");
    wait_for("WATCHDOG=1");
    wait_for("WATCHDOG=1");
    running.signal("-TERM");
    wait_for("STOPPING=1");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}
