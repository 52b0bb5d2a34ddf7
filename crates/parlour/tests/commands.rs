//! The commands that look and end: ports, TURN credentials, completions, manual, help.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use running::{Running, Scratch, free_port, output, text};

const SECRETS: &str = "talk = 0123456789abcdef0123456789abcdef\nsynapse = fedcba9876543210fedcba9876543210\n";

fn stdout(words: &[&str]) -> String {
    let done = output(words);
    assert!(done.status.success(), "{}", text(&done));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn ports_are_those_that_others_must_reach() {
    assert!(stdout(&["ports"]).contains("Nothing to open"));
    let scratch = Scratch::new("ports");
    let secrets = scratch.file("secrets", SECRETS);
    let all = [
        "--listen",
        "127.0.0.1:8080",
        "--relay-listen",
        "0.0.0.0:3478",
        "--public-relay-listen",
        "198.51.100.7:3479",
        "--public-relay-secret-file",
        &secrets,
        "--public-relay-ports",
        "50000-50999",
    ];
    let list = |format: &str| stdout(&[&["ports", "--format", format], &all[..]].concat());
    let first_words = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.split("  ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        first_words(&list("text")),
        ["3478/udp", "3478/tcp", "3479/udp", "3479/tcp", "50000-50999/udp"]
    );
    let ufw = list("ufw");
    assert!(
        ufw.contains("ufw allow 3478/udp comment '") && ufw.contains("ufw allow 50000:50999/udp"),
        "{ufw}"
    );
    let compose = list("compose");
    assert!(compose.starts_with("ports:\n  - \"3478:3478/udp\""), "{compose}");
    assert_eq!(compose.lines().count(), 6, "{compose}");
    let nft = list("nft");
    for line in nft.lines() {
        assert!(line.starts_with("nft add rule inet filter input "), "{line}");
    }
    assert!(nft.contains("udp dport 50000-50999 accept"), "{nft}");
}

/// What nft itself says about the rules, in a network namespace of its own.
#[test]
fn nft_takes_the_rules() {
    let rules = stdout(&[
        "ports",
        "--format",
        "nft",
        "--listen",
        "0.0.0.0:8080",
        "--relay-listen",
        "0.0.0.0:3478",
    ]);
    let script = format!(
        "set -e\nnft add table inet filter\nnft add chain inet filter input '{{ type filter hook input priority 0; }}'\n\
         {rules}\nnft list chain inet filter input"
    );
    let done = Command::new("unshare")
        .args(["--net", "sh", "-c", &script])
        .output()
        .unwrap();
    assert!(
        done.status.success() && text(&done).contains("udp dport 3478 accept"),
        "{}",
        text(&done)
    );
}

fn credentials(words: &[&str]) -> (String, String, Vec<String>) {
    let scratch = Scratch::new(&format!("credentials-{}", words.len()));
    let secrets = scratch.file("secrets", SECRETS);
    let always = [
        "turn",
        "credentials",
        "--public-relay-listen",
        "127.0.0.1:3479",
        "--public-relay-secret-file",
        &secrets,
    ];
    let printed: serde_json::Value = serde_json::from_str(&stdout(&[&always[..], words].concat())).unwrap();
    let server = &printed["iceServers"][0];
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let urls = server["urls"].as_array().unwrap().iter().map(word).collect();
    (word(&server["username"]), word(&server["credential"]), urls)
}

/// Computed by Python's own hmac, as Synapse (`voip.py`) and Nextcloud Talk (`Config.php`) do: base64 of HMAC-SHA1.
#[test]
fn credentials_are_those_that_synapse_and_nextcloud_would_mint() {
    for (words, secret, name) in [
        (
            vec!["--ttl", "1h", "--name", "alice"],
            "0123456789abcdef0123456789abcdef",
            Some("alice"),
        ),
        (
            vec![
                "--ttl",
                "1d",
                "--name",
                "@alice:example.org",
                "--application",
                "synapse",
            ],
            "fedcba9876543210fedcba9876543210",
            Some("@alice:example.org"),
        ),
        (vec![], "0123456789abcdef0123456789abcdef", None),
    ] {
        let (username, credential, urls) = credentials(&words);
        let script = "import base64,hashlib,hmac,sys\n\
                      print(base64.b64encode(hmac.new(sys.argv[1].encode(),sys.argv[2].encode(),hashlib.sha1).digest()).decode())";
        let python = Command::new("python3")
            .args(["-c", script, secret, &username])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&python.stdout).trim(), credential);
        let (expiry, rest) = username
            .split_once(':')
            .map_or((&username[..], None), |(a, b)| (a, Some(b)));
        assert_eq!(rest, name);
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let left = expiry.parse::<u64>().unwrap() - now;
        let wanted = if words.contains(&"1d") { 86_400 } else { 3600 };
        assert!((wanted - 60..=wanted).contains(&left), "{left}");
        assert_eq!(
            urls,
            [
                "turn:127.0.0.1:3479?transport=udp",
                "turn:127.0.0.1:3479?transport=tcp"
            ]
        );
    }
}

/// coturn's client against the running program: with what we minted, and with what it mints itself from the secret.
#[test]
fn turnutils_uclient_is_served_with_both() {
    let scratch = Scratch::new("uclient");
    let secrets = scratch.file("secrets", SECRETS);
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let public = [
        "--public-relay-listen",
        &listen,
        "--public-relay-secret-file",
        &secrets,
    ];
    // Peers on this machine must be named whole.
    let _running = Running::start(&[&public[..], &["--public-relay-allow", "127.0.0.1/32"]].concat());
    let printed = stdout(
        &[
            &[
                "turn",
                "credentials",
                "--name",
                "alice",
                "--application",
                "synapse",
            ],
            &public[..],
        ]
        .concat(),
    );
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let server = &printed["iceServers"][0];
    let (name, password) = (
        server["username"].as_str().unwrap(),
        server["credential"].as_str().unwrap(),
    );
    let port = port.to_string();
    for login in [
        vec!["-u", name, "-w", password],
        vec!["-u", "ninefingers", "-W", "0123456789abcdef0123456789abcdef"],
        // What nobody has shared with us gets nothing.
        vec!["-u", "ninefingers", "-W", "an-unknown-secret-of-some-length"],
    ] {
        let unknown = login.contains(&"an-unknown-secret-of-some-length");
        let words = [
            &[
                "20",
                "turnutils_uclient",
                "-y",
                "-c",
                "-s",
                "-n",
                "10",
                "-p",
                &port,
            ],
            &login[..],
            &["127.0.0.1"],
        ]
        .concat();
        let done = Command::new("timeout").args(&words).output().unwrap();
        let passed = text(&done).contains("tot_send_msgs=10, tot_recv_msgs=10")
            || text(&done).contains("tot_send_msgs=20, tot_recv_msgs=20");
        assert_eq!(passed, !unknown, "{words:?}\n{}", text(&done));
    }
}

#[test]
fn credentials_need_an_application() {
    let done = output(&["turn", "credentials"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done).contains("--public-relay-listen turns it on"),
        "{}",
        text(&done)
    );
    let scratch = Scratch::new("application");
    let secrets = scratch.file("secrets", SECRETS);
    let words = [
        "turn",
        "credentials",
        "--public-relay-listen",
        "127.0.0.1:3479",
        "--public-relay-secret-file",
        &secrets,
    ];
    let done = output(&[&words[..], &["--application", "jitsi"]].concat());
    assert!(
        text(&done).contains("there are: talk, synapse"),
        "{}",
        text(&done)
    );
    let done = output(&[&words[..], &["--ttl", "60"]].concat());
    assert!(
        done.status.code() == Some(2) && text(&done).contains("ms, s, m, h or d"),
        "{}",
        text(&done)
    );
}

#[test]
fn completions_know_every_command_and_flag() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell]);
        for word in ["doctor", "relay-listen", "public-relay-ports"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    let scratch = Scratch::new("bash");
    let script = scratch.file("parlour.bash", &stdout(&["completions", "bash"]));
    assert!(
        Command::new("bash")
            .args(["-n", &script])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn manual_pages_are_written_where_wanted() {
    let scratch = Scratch::new("man");
    stdout(&["man", scratch.0.to_str().unwrap()]);
    let page = std::fs::read_to_string(scratch.path("parlour.1")).unwrap();
    assert!(
        page.contains(".TH") && page.contains("relay\\-listen"),
        "{page:.200}"
    );
    assert!(Path::new(&scratch.path("parlour-turn-credentials.1")).exists());
    let done = output(&["man", "/nowhere"]);
    assert!(
        done.status.code() == Some(1) && text(&done).contains("/nowhere"),
        "{}",
        text(&done)
    );
}

#[test]
fn the_version_for_programs_says_how_it_was_built() {
    let json: serde_json::Value = serde_json::from_str(&stdout(&["version", "--json"])).unwrap();
    for field in ["name", "version", "commit", "protocol", "os", "arch", "debug"] {
        assert!(json.get(field).is_some(), "{field} is missing in {json}");
    }
}

/// By the tool that anybody has, where the source lies.
#[test]
fn the_page_is_the_source_byte_for_byte() {
    let done = output(&["page"]);
    let list = String::from_utf8(done.stdout.clone()).unwrap();
    assert!(
        list.lines().count() > 100 && list.contains("  index.html\n"),
        "{list}"
    );
    let mut check = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert!(check.wait().unwrap().success());

    let digest = String::from_utf8(done.stderr).unwrap();
    let digest = digest.trim().strip_prefix("page ").unwrap();
    let version = stdout(&["version", "--json"]);
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["page"], digest);
}

#[test]
fn a_page_that_is_another_is_told_file_by_file() {
    let running = Running::start(&[]);
    let done = output(&["page", &format!("http://{}/#a-secret", running.page)]);
    assert!(
        done.status.success() && text(&done).starts_with("ok   "),
        "{}",
        text(&done)
    );

    // What a server could do; each answer closes the connection, as some do.
    let meddler = meddler(&running.page, |path, answer| match path {
        "/sdk/seal/pair.js" => answer.replacen("export", "xxport", 1),
        "/app/main.js" => answer
            .replacen("\r\n\r\n", "\r\n\r\n// more\n", 1)
            .replace("content-length: ", "x-was: "),
        "/check" => answer.replacen("\r\n", "\r\nLink: </x.js>; rel=modulepreload\r\n", 1),
        "/security" => answer.replacen("script-src 'self'", "script-src 'self' 'unsafe-inline'", 1),
        "/app/qr.js" => answer.replacen("200 OK", "302 Found", 1),
        "/app/tokens.css" => answer.replacen("text/css", "text/html", 1),
        _ => answer,
    });
    let done = output(&["page", &format!("http://{meddler}")]);
    let said = text(&done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for line in [
        "fail sdk/seal/pair.js: is another file there",
        "fail app/main.js: is longer there",
        "fail pages/check.html: comes with the header link",
        "fail pages/security.html: comes with another policy: default-src",
        "fail app/qr.js: leads elsewhere",
        "fail app/tokens.css: is said to be text/html",
    ] {
        assert!(said.contains(line), "{line} is missing in\n{said}");
    }
    assert_eq!(said.lines().count(), 7, "{said}");

    for (url, sentence) in [
        ("meet.example.org", "write it like https://"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ] {
        let done = output(&["page", url]);
        assert!(
            !done.status.success() && text(&done).contains(sentence),
            "{}",
            text(&done)
        );
    }
}

/// A proxy that bends what it passes on; it ends with the test.
fn meddler(page: &str, bend: impl Fn(&str, String) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let page = page.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let Some(path) = head.split(' ').nth(1) else {
                continue;
            };
            let mut there = TcpStream::connect(&page).unwrap();
            write!(
                there,
                "GET {path} HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            there.read_to_string(&mut answer).unwrap();
            let _ = stream.write_all(bend(path, answer).as_bytes());
        }
    });
    address
}

/// The help is the manual, so a change of it is seen in review: `PARLOUR_WRITE_DOCS=1 cargo test -p parlour` writes it.
#[test]
fn every_help_text_is_the_one_that_was_reviewed() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let mut differing = Vec::new();
    for command in [
        "-h",
        "--help",
        "serve --help",
        "check --help",
        "config --help",
        "config show --help",
        "config example --help",
        "ports --help",
        "health --help",
        "turn --help",
        "turn credentials --help",
        "doctor --help",
        "page --help",
        "admin --help",
        "admin rooms --help",
        "admin metrics --help",
        "admin drain --help",
        "admin log-level --help",
        "completions --help",
        "man --help",
        "version --help",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let help = stdout(&words);
        let name = format!("{}.txt", command.replace(" --help", "").replace(' ', "-"));
        let path = snapshots.join(name);
        if std::env::var_os("PARLOUR_WRITE_DOCS").is_some() {
            std::fs::create_dir_all(&snapshots).unwrap();
            std::fs::write(&path, &help).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != help {
            differing.push(command);
        }
    }
    assert!(
        differing.is_empty(),
        "changed: {differing:?}; PARLOUR_WRITE_DOCS=1 writes them anew"
    );
    // None is forgotten: what the first help lists has a snapshot.
    let listed = stdout(&["-h"]);
    let commands = listed
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    for line in commands.lines() {
        let name = line.split_whitespace().next().unwrap();
        assert!(
            name == "help" || snapshots.join(format!("{name}.txt")).exists(),
            "{name} has no snapshot"
        );
    }
}
