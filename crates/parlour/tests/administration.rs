//! The admin listener of the real program: metrics, health, commands, and who may give them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use running::{Running, Scratch, free_port, output, text};

struct Admin {
    running: Running,
    scratch: Scratch,
    loopback: String,
    socket: String,
}

impl Admin {
    fn start(name: &str, words: &[&str]) -> Self {
        let scratch = Scratch::new(name);
        let loopback = format!("127.0.0.1:{}", free_port());
        let socket = format!("unix:{}", scratch.path("admin.sock"));
        let both = format!("{socket},{loopback}");
        let running = Running::start(&[&["--admin-listen", &both], words].concat());
        Self {
            running,
            scratch,
            loopback,
            socket,
        }
    }

    /// Asks on loopback; the whole answer.
    fn ask(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.loopback).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asks by `parlour admin`.
    fn command(&self, words: &[&str]) -> (bool, String) {
        let done = output(&[&["admin", "--admin-listen", &self.socket], words].concat());
        (done.status.success(), text(&done))
    }

    fn metrics(&self) -> String {
        let answer = self.ask("GET", "/metrics");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200") && head.contains("openmetrics-text"),
            "{head}"
        );
        body.to_owned()
    }
}

/// Names and kinds of the page, from its TYPE lines.
fn kinds(page: &str) -> BTreeMap<String, String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            (name.to_owned(), kind.to_owned())
        })
        .collect()
}

fn value(page: &str, sample: &str) -> f64 {
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{sample} is missing in\n{page}"))
        .parse()
        .unwrap()
}

#[test]
fn metrics_count_and_name_nobody() {
    let admin = Admin::start("metrics", &[]);
    let before = admin.metrics();
    assert!(before.ends_with("# EOF\n"), "{before}");
    assert!((value(&before, "parlour_ready") - 1.0).abs() < 0.1);
    let hello = "GET / HTTP/1.1\r\nhost: secret-name.example\r\nconnection: close\r\n\r\n";
    admin.running.exchange(hello);
    admin.running.exchange(&hello.replace("GET / ", "GET /nothing "));
    let after = admin.metrics();
    for class in ["2xx", "4xx"] {
        let sample = format!("parlour_http_answers_total{{status=\"{class}\"}}");
        assert!(
            (value(&after, &sample) - value(&before, &sample) - 1.0).abs() < 0.1,
            "{class}"
        );
    }
    assert!(value(&after, "parlour_process_open_files") > 5.0);
    assert!(value(&after, "parlour_process_resident_bytes") > 1e6);

    // Labels come from a fixed list, so that no address and no name can be one.
    for line in after.lines().filter(|line| !line.starts_with('#')) {
        if let Some((_, labels)) = line.split_once('{') {
            let label = labels.split('=').next().unwrap();
            assert!(
                ["status", "version", "code", "outcome", "reason", "le"].contains(&label),
                "{line}"
            );
        }
    }
    assert!(
        !after.contains("127.0.0.1") && !after.contains("secret-name"),
        "{after}"
    );
    assert!(after.lines().count() < 400, "{}", after.lines().count());
}

#[test]
fn a_call_through_the_relay_is_counted() {
    let admin = Admin::start("counted", &[]);
    let words = [
        "doctor",
        "--listen",
        &admin.running.page,
        "--relay-listen",
        &admin.running.relay,
    ];
    let done = output(&words);
    assert!(text(&done).contains("ok   relay udp"), "{}", text(&done));
    let page = admin.metrics();
    for (sample, least) in [
        ("parlour_rooms_made_total", 1.0),
        ("parlour_seats_opened_total", 2.0),
        ("parlour_frames_total", 4.0),
        ("parlour_relay_allocations_made_total", 4.0),
        ("parlour_relay_forwarded_packets_total", 2.0),
        ("parlour_relay_udp_datagrams_received_total", 8.0),
        ("parlour_relay_streams_opened_total", 2.0),
        ("parlour_relay_requests_total{outcome=\"challenged\"}", 4.0),
        ("parlour_relay_requests_total{outcome=\"success\"}", 8.0),
    ] {
        assert!(
            value(&page, sample) >= least,
            "{sample} is {}",
            value(&page, sample)
        );
    }
}

#[test]
fn health_is_for_get_and_head_and_readiness_follows_draining() {
    let admin = Admin::start("health", &[]);
    assert!(admin.ask("GET", "/healthz").ends_with("ok\n"));
    let head = admin.ask("HEAD", "/readyz");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let health = || {
        let listening = ["health", "--admin-listen", &admin.loopback];
        output(&listening).status.code()
    };
    let by_page = || output(&["health", "--listen", &admin.running.page]).status.code();
    assert_eq!((health(), by_page()), (Some(0), Some(0)));

    assert_eq!(
        admin.command(&["drain"]),
        (true, "draining: nobody new is let in\n".to_owned())
    );
    assert!(admin.ask("GET", "/readyz").ends_with("draining\n"));
    assert!(admin.ask("GET", "/readyz").starts_with("HTTP/1.1 503"));
    assert!(
        admin.ask("GET", "/healthz").starts_with("HTTP/1.1 200"),
        "alive all the same"
    );
    assert_eq!((health(), by_page()), (Some(1), Some(1)));
    assert!((value(&admin.metrics(), "parlour_ready")).abs() < 0.1);
    assert!(admin.command(&["drain", "--undo"]).0);
    assert_eq!((health(), by_page()), (Some(0), Some(0)));
}

#[test]
fn nobody_listens_and_health_says_so() {
    let listen = format!("127.0.0.1:{}", free_port());
    let done = output(&["health", "--listen", &listen]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done).contains(&listen) && text(&done).contains("is the server running"),
        "{}",
        text(&done)
    );
}

#[test]
fn rooms_are_counted_and_the_log_level_changes_at_once() {
    let admin = Admin::start("level", &["--log", "warn"]);
    let (fine, rooms) = admin.command(&["rooms"]);
    let rooms: serde_json::Value = serde_json::from_str(&rooms).unwrap();
    assert!(fine && rooms["rooms"] == 0 && rooms["ready"] == true, "{rooms}");
    assert_eq!(admin.command(&["log-level"]), (true, "warn\n".to_owned()));
    assert!(admin.command(&["log-level", "debug"]).0);
    assert_eq!(admin.command(&["log-level"]).1, "debug\n");
    admin.running.signal("-HUP");
    admin
        .running
        .log_line("the configuration was read again", Duration::from_secs(10));
    assert!(!admin.command(&["log-level", "loud"]).0);
    assert!(admin.command(&["metrics"]).1.contains("parlour_rooms 0"));
}

/// A room is ended by its public id, or by its name, or with all others; its people hear that it is over.
#[tokio::test]
async fn rooms_are_ended_by_command_and_their_people_are_told() {
    use parlour_client::{Bye, ByeCode, Client, Error, HostKey, Options, PagePapers, Rules, random_room_id};
    let admin = Admin::start("close", &[]);
    let options = Options::to(admin.running.page.parse::<std::net::SocketAddr>().unwrap());
    let until = u64::try_from(parlour::clock::unix_seconds()).unwrap() + 600;
    let mut people = Vec::new();
    let mut rooms = Vec::new();
    for _ in 0..3 {
        let (host, room) = (HostKey::random().unwrap(), random_room_id().unwrap());
        let state = host.state(&Rules::open(room, 2), until);
        let mut person = Client::connect(&options).await.unwrap();
        person.create(host.claim(room, &[state]).unwrap()).await.unwrap();
        let papers = PagePapers::fresh(host.pk()).unwrap();
        person.join(papers.join(room, person.session())).await.unwrap();
        people.push(person);
        rooms.push(room.to_text());
    }
    let counted = |admin: &Admin| admin.command(&["rooms"]).1.contains("\"rooms\": 2");
    let (fine, said) = admin.command(&["close", &rooms[0]]);
    assert!(fine && said == "1 room ended\n" && counted(&admin), "{said}");
    assert_eq!(admin.command(&["close", &rooms[0]]).1, "0 rooms ended\n");
    assert_eq!(admin.command(&["close", "/r/choir"]).1, "0 rooms ended\n");
    assert_eq!(admin.command(&["close", "--all"]).1, "2 rooms ended\n");
    for mut person in people {
        let ended = loop {
            match tokio::time::timeout(Duration::from_secs(10), person.next_event())
                .await
                .unwrap()
            {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(
            matches!(
                ended,
                Error::Ended(Bye {
                    code: ByeCode::Over,
                    ..
                })
            ),
            "{ended:?}"
        );
    }
    for wrong in [
        &["close"][..],
        &["close", "choir"],
        &["close", "--all", &rooms[0]],
    ] {
        assert!(!admin.command(wrong).0, "{wrong:?}");
    }
    assert!(admin.ask("POST", "/close/all").starts_with("HTTP/1.1 403"));
}

#[test]
fn commands_are_taken_from_the_owner_by_the_socket_file_only() {
    let admin = Admin::start("owner", &[]);
    let answer = admin.ask("POST", "/drain/on");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(admin.ask("GET", "/readyz").starts_with("HTTP/1.1 200"));
    let path = admin.scratch.path("admin.sock");
    let mode = Command::new("stat").args(["-c", "%a", &path]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&mode.stdout).trim(), "600");

    // Somebody else, even if the file lets them in. Only root can try to be somebody else.
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        Command::new("chmod")
            .args(["777", &path, admin.scratch.0.to_str().unwrap()])
            .status()
            .unwrap();
        let script = format!(
            "import os,socket\nos.setgid(65534); os.setuid(65534)\ns=socket.socket(socket.AF_UNIX)\ns.connect('{path}')\n\
             s.sendall(b'POST /drain/on HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n')\n\
             print(s.recv(4096).decode())"
        );
        let done = Command::new("python3").args(["-c", &script]).output().unwrap();
        assert!(text(&done).starts_with("HTTP/1.1 403"), "{}", text(&done));
        assert!(admin.ask("GET", "/readyz").starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn a_socket_file_is_taken_over_from_the_dead_and_not_from_the_living() {
    let mut admin = Admin::start("stale", &[]);
    let path = admin.scratch.path("admin.sock");
    let refused = output(&[
        "--listen",
        "127.0.0.1:0",
        "--relay-listen",
        "127.0.0.1:0",
        "--admin-listen",
        &admin.socket,
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused).contains("another server listens there"),
        "{}",
        text(&refused)
    );

    admin.running.child.kill().unwrap();
    admin.running.child.wait().unwrap();
    assert!(Path::new(&path).exists(), "a killed server leaves it behind");
    let mut second = Running::start(&["--admin-listen", &admin.socket]);
    assert!(admin.command(&["rooms"]).0);
    second.signal("-TERM");
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
    assert!(!Path::new(&path).exists(), "a stopped one does not");

    admin.scratch.file("admin.sock", "something of somebody's");
    let refused = output(&[
        "--listen",
        "127.0.0.1:0",
        "--relay-listen",
        "127.0.0.1:0",
        "--admin-listen",
        &admin.socket,
    ]);
    assert!(
        text(&refused).contains("a file that is no socket"),
        "{}",
        text(&refused)
    );
    assert!(Path::new(&path).exists());
}

/// The metrics of a server that speaks HTTPS.
fn with_tls() -> String {
    let [page, admin] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
    let words = ["--lan", "--https-listen", &page, "--admin-listen", &admin];
    let _running = Running::start_tls(&words, &page);
    let ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        running::exchange(&admin, &request)
    };
    let status = ask("/status");
    assert!(
        status.contains("is good for 363 days more") || status.contains("is good for 364 days more"),
        "{status}"
    );
    ask("/metrics")
}

/// Every metric that a dashboard or an alert asks for exists, under that name and of that kind.
#[test]
fn dashboard_and_alerts_ask_for_what_there_is() {
    let scratch = Scratch::new("deploy");
    let secrets = scratch.file("secrets", "talk = 0123456789abcdef0123456789abcdef\n");
    let public = format!("127.0.0.1:{}", free_port());
    let admin = Admin::start(
        "dashboard",
        &[
            "--public-relay-listen",
            &public,
            "--public-relay-secret-file",
            &secrets,
        ],
    );
    let mut kinds = kinds(&admin.metrics());
    kinds.extend(self::kinds(&with_tls()));
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let dashboard = std::fs::read_to_string(deploy.join("grafana/parlour.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&dashboard).unwrap();
    let alerts = std::fs::read_to_string(deploy.join("prometheus/alerts.yml")).unwrap();
    let mut asked = 0;
    for text in [&dashboard, &alerts] {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if !word.starts_with("parlour_") {
                continue;
            }
            asked += 1;
            let kind = match word.strip_suffix("_total") {
                Some(name) => kinds.get(name).filter(|kind| *kind == "counter"),
                None => kinds.get(word).filter(|kind| *kind == "gauge"),
            };
            assert!(kind.is_some(), "there is no {word}; there are {:?}", kinds.keys());
        }
    }
    assert!(asked > 30, "{asked}");
}
