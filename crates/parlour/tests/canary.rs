//! The canary run: people with unmistakable names, words, keys and addresses use the real program by each of its doors, and
//! nothing of them may be found in anything that it puts out: its log, metrics, answers to the operator, pages for errors,
//! the doctor's report, files. At debug addresses and rooms may be logged; payloads and secrets never.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod canary_marks;
mod running;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use canary_marks::{Mark, Outputs, marks};
use parlour_client::stun::{self, Login, Writer};
use parlour_client::{Carrier, Client, Door, Event, HostKey, Options, PagePapers, RoomId, Rules};
use parlour_signaling::{BlobId, Token};
use running::{Running, Scratch, free_port, output, text};

/// What pages say to each other, here in the clear: the server cannot know whether it is sealed.
const PAYLOAD: &str =
    "CANARYNAME says CANARYCHAT, password CANARYPASSWORD, a=candidate:1 1 udp 1 198.51.100.77 9 typ host";
/// What a page chose for a blob.
const BLOB_ID: &[u8; 16] = b"CANARYBLOBIDENTI";
/// All on loopback: people on this machine, by addresses of their own, and people behind a proxy.
const ANA: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 77, 66, 55));
const BEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 77, 66, 56));
const BEHIND_A_PROXY: [&str; 2] = ["198.51.100.201", "2001:db8::c0de"];

/// One meeting and everything around it; what of it is secret, and what is somebody's.
struct Drive {
    secrets: Vec<Mark>,
    people: Vec<Mark>,
}

fn tomorrow() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.as_secs() + 24 * 3600
}

/// Makes a room, knocks, is let in, talks, guesses, resumes, is removed; by both carriers and by the relay.
async fn meet(running: &Running) -> Drive {
    let page = running.page.parse::<std::net::SocketAddr>().unwrap();
    let by = |from, carrier| Options {
        from: Some(from),
        carrier,
        ..Options::to(page)
    };
    let room_id = RoomId(*b"CANARYROOMID");
    let host = HostKey::from_seed(*b"CANARYSEED-CANARYSEED-CANARYSEED");
    let rules = Rules {
        door: Door::Knock,
        off_the_record: false,
        ..Rules::open(room_id, 8)
    };
    let claim = host.claim(room_id, &[host.state(&rules, tomorrow())]).unwrap();
    let room_box = claim.box_sig.unwrap().0.to_vec();
    let mut ana = Client::connect(&by(ANA, Carrier::WebSocket)).await.unwrap();
    ana.create(claim).await.unwrap();
    let host_page = PagePapers::fresh(host.pk()).unwrap();
    let joined = ana
        .join(host_page.join_as_host(room_id, ana.session(), &host))
        .await
        .unwrap();
    let blobs = joined.blobs.unwrap().token;
    keep(&running.page, blobs);

    let mut ben = Client::connect(&by(BEN, Carrier::Polling)).await.unwrap();
    let guest = PagePapers::fresh(host.pk()).unwrap();
    assert!(ben.look(RoomId(*b"CANARYGUESSX")).await.is_err(), "no such room");
    let join = guest.join(room_id, ben.session());
    let core = join.core.0.to_vec();
    let mut forged = join.clone();
    forged.core.0[100] ^= 1;
    assert!(ben.join(forged).await.is_err(), "a bad signature");
    assert!(!ben.join(join).await.unwrap().seat, "the door is for knocking");
    ben.signal(host_page.pid(), PAYLOAD).await.unwrap();
    ana.give_seat(guest.pid()).await.unwrap();
    let seat = loop {
        if let Event::Seat(servers) = ben.next_event().await.unwrap() {
            break servers.first().unwrap().clone();
        }
    };
    ana.signal(guest.pid(), PAYLOAD).await.unwrap();
    ana.cut();
    ana.resume().await.unwrap();
    assert!(
        ana.signal(guest.pid(), "CANARYCHAT".repeat(5000)).await.is_err(),
        "too large"
    );
    for _ in 0..400 {
        // Until the limiter fires.
        if ben.signal(host_page.pid(), PAYLOAD).await.is_err() {
            break;
        }
    }
    let (username, credential) = (seat.username.unwrap(), seat.credential.unwrap());
    by_the_relay(&running.relay, &username, &credential);
    // The allocation stands, and both are in.
    writes_no_file(running);

    let without = Rules {
        version: 2,
        removed: vec![guest.spk()],
        ..rules
    };
    ana.tell_states(vec![host.state(&without, tomorrow())])
        .await
        .unwrap();
    while ben.next_event().await.is_ok() {}
    let [poll, token, next] = secrets_of_a_session(running);

    Drive {
        secrets: marks(&[
            ("a poll's secret", &poll),
            ("a resume token", &token),
            ("a resume token", &next),
            ("a payload", b"CANARYNAME"),
            ("a payload", b"CANARYCHAT"),
            ("a payload", b"CANARYPASSWORD"),
            ("a payload", b"198.51.100.77"),
            ("a host's seed", b"CANARYSEED-CANARYSEED-CANARYSEED"),
            ("a relay password", credential.as_bytes()),
            ("the secret of a room's blobs", &blobs.0),
            ("a blob's id", BLOB_ID),
            ("a blob", b"CANARYBLOB"),
            ("a link's secret", b"CANARYLINK"),
            ("a cookie", b"CANARYCOOKIE"),
        ]),
        people: marks(&[
            ("a room", b"CANARYROOMID"),
            ("a room looked for", b"CANARYGUESSX"),
            ("a room's name", b"canary-choir"),
            ("a host's key", &host.pk().0),
            ("a box's signature", &room_box),
            ("a page", &core),
            ("a participant", &guest.pid().0),
            ("a person", &guest.spk().0),
            ("a session", &ben.session().0),
            ("a relay user", username.as_bytes()),
            ("a browser", b"CANARYAGENT"),
            ("where somebody came from", b"CANARYREFERRER"),
            ("an address", ANA.to_string().as_bytes()),
            ("an address", BEN.to_string().as_bytes()),
            ("an address behind a proxy", BEHIND_A_PROXY[0].as_bytes()),
            ("an address behind a proxy", BEHIND_A_PROXY[1].as_bytes()),
        ]),
    }
}

/// A blob is put, listed, read and taken back, and another one refused.
fn keep(page: &str, token: Token) {
    let (id, token) = (BlobId(*BLOB_ID).to_text(), token.to_text());
    for (method, id, status) in [
        ("PUT", &*id, "204"),
        ("PUT", &*id, "409"),
        ("GET", "", "200"),
        ("GET", &*id, "200"),
        ("DELETE", &*id, "204"),
        ("GET", &*id, "404"),
        ("PUT", "CANARYBLOB", "405"),
    ] {
        let mut stream = TcpStream::connect(page).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        let request = format!(
            "{method} /blob/{id} HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\nparlour-blobs: {token}\r\n\
             content-length: 10\r\n\r\nCANARYBLOB"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{method}: {answer}"
        );
    }
}

/// Begins a session by polling, resumes it on another poll, and says what nobody may learn: the first poll's secret and both
/// tokens, as bytes.
fn secrets_of_a_session(running: &Running) -> [Vec<u8>; 3] {
    let ask = |method: &str, more: &str, body: &str| -> serde_json::Value {
        let mut stream = TcpStream::connect(&running.page).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (page, length) = (&running.page, body.len());
        write!(
            stream,
            "{method} /poll HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let last = answer.lines().last().unwrap();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{answer}"))
    };
    let open = |hello: &str| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let body = format!("{{\"n\":1}}\n{{\"t\":\"hello\",\"s\":0,\"a\":0,\"d\":{hello}}}");
        let secret = text(&ask("POST", "", &body)["poll"]);
        let got = ask(
            "GET",
            &format!("parlour-poll: {secret}\r\nparlour-got: 0\r\n"),
            "",
        );
        let session = got["d"]["session"].as_str().unwrap_or_default().to_owned();
        (got["t"].clone(), secret, session, text(&got["d"]["token"]))
    };
    let (began, poll, session, token) = open("{\"v\":[1]}");
    let resume = format!("{{\"v\":[1],\"resume\":{{\"session\":\"{session}\",\"token\":\"{token}\"}}}}");
    let (resumed, _, _, next) = open(&resume);
    assert_eq!((began, resumed), ("welcome".into(), "resumed".into()));
    [poll, token, next].map(|secret| URL_SAFE_NO_PAD.decode(secret).unwrap())
}

/// An allocation from Ben's address, a wrong password, and noise.
fn by_the_relay(relay: &str, username: &str, credential: &str) {
    let socket = UdpSocket::bind((BEN, 0)).unwrap();
    socket.connect(relay).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let ask = |message: &[u8]| {
        let mut buffer = [0; 2048];
        socket.send(message).unwrap();
        let len = socket.recv(&mut buffer).unwrap();
        buffer[..len].to_vec()
    };
    let request = |n: u8| Writer::new(stun::ALLOCATE, [n; 12]).udp_transport();
    let challenge = ask(&request(1).bytes());
    let wrong = Login::new(username, "CANARYPASSWORD", &challenge).unwrap();
    assert_eq!(stun::outcome(&ask(&request(2).signed(&wrong))), Err(401));
    let login = Login::new(username, credential, &challenge).unwrap();
    let answer = ask(&request(3).signed(&login));
    assert_eq!(stun::outcome(&answer), Ok(()));
    let itself = stun::relayed_address(&answer).unwrap();
    assert_eq!(
        stun::outcome(&ask(&Writer::new(stun::CREATE_PERMISSION, [4; 12])
            .peer(itself)
            .signed(&login))),
        Ok(())
    );
    socket
        .send(
            &Writer::new(stun::SEND, [5; 12])
                .peer(itself)
                .data(PAYLOAD.as_bytes())
                .bytes(),
        )
        .unwrap();
    socket.send(PAYLOAD.as_bytes()).unwrap();
}

/// HTTP as browsers, proxies and strangers speak it, with marks wherever they fit; the answers.
fn knock_on_http(running: &Running, outputs: &mut Outputs) {
    let with = |address: &str| {
        format!(
            "host: {}\r\nconnection: close\r\nx-forwarded-for: {address}\r\nuser-agent: CANARYAGENT\r\n\
             referer: http://x/CANARYREFERRER\r\ncookie: id=CANARYCOOKIE\r\n",
            running.page
        )
    };
    for address in BEHIND_A_PROXY {
        let head = with(address);
        for (line, more) in [
            ("GET /r/canary-choir HTTP/1.1", ""),
            ("GET /canary-choir/CANARYLINK HTTP/1.1", ""),
            ("GET /?CANARYLINK=1 HTTP/1.1", ""),
            ("GET /../CANARYLINK HTTP/1.1", ""),
            ("GET /r/canary-choir%00CANARYLINK HTTP/1.1", ""),
            ("DELETE /CANARYLINK HTTP/1.1", ""),
            (
                "GET /ws HTTP/1.1",
                "origin: http://CANARYREFERRER.example\r\nupgrade: websocket\r\n",
            ),
            ("POST /poll HTTP/1.1", "content-length: 10\r\n"),
            ("GET /poll HTTP/1.1", "parlour-poll: CANARYLINK\r\n"),
            ("GET / CANARYLINK/9", ""),
        ] {
            let mut stream = TcpStream::connect(&running.page).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
            let body = if line.starts_with("POST") {
                "CANARYCHAT"
            } else {
                ""
            };
            // At once: a server that has read enough to refuse hangs up on the rest.
            let request = format!("{line}\r\n{head}{more}\r\n{body}");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            outputs.add(&format!("the answer to {line}"), String::from_utf8_lossy(&answer));
        }
    }
}

/// What an operator can ask of it while people are in, by the socket file and on loopback.
fn ask_as_operator(running: &Running, socket: &str, loopback: &str, outputs: &mut Outputs) {
    for words in [&["rooms"][..], &["metrics"], &["log-level"]] {
        let words = [&["admin", "--admin-listen", socket], words].concat();
        outputs.add(&format!("parlour {words:?}"), text(&output(&words)));
    }
    for path in ["/healthz", "/readyz", "/metrics", "/rooms", "/CANARYLINK"] {
        let mut stream = TcpStream::connect(loopback).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        outputs.add(path, answer.split_once("\r\n\r\n").unwrap().1);
    }
    let doctor = [
        "doctor",
        "--listen",
        &running.page,
        "--relay-listen",
        &running.relay,
    ];
    outputs.add("parlour doctor", text(&output(&doctor)));
}

/// Nothing that is a file is open for writing (but for what the test gave it as standard output), and a crash writes none.
fn writes_no_file(running: &Running) {
    let id = running.child.id();
    let limits = fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(
        core.split_whitespace().filter(|word| *word == "0").count(),
        2,
        "{core}"
    );
    for entry in fs::read_dir(format!("/proc/{id}/fd")).unwrap() {
        let path = entry.unwrap().path();
        // It may be closed meanwhile.
        let (Ok(about), Ok(target)) = (fs::metadata(&path), fs::read_link(&path)) else {
            continue;
        };
        let is_writable = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o200 != 0;
        assert!(
            !(about.is_file() && is_writable),
            "{} is being written",
            target.display()
        );
    }
}

fn files_below(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// The whole run, at one level of the log and in one of its forms.
fn run(name: &str, level: &str, form: &str) -> (Outputs, Drive) {
    let scratch = Scratch::new(name);
    let socket = scratch.path("admin.sock");
    let (socket, loopback) = (format!("unix:{socket}"), format!("127.0.0.1:{}", free_port()));
    let admin = format!("{socket},{loopback}");
    let home = scratch.0.to_str().unwrap();
    let words = [
        "--log",
        level,
        "--log-format",
        form,
        "--admin-listen",
        &admin,
        "--trusted-proxies",
        "127.0.0.1",
    ];
    let places = [
        "HOME",
        "TMPDIR",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
        "STATE_DIRECTORY",
    ]
    .map(|name| (name, home));
    let mut running = Running::start_with(&words, &places);
    let mut outputs = Outputs::default();
    knock_on_http(&running, &mut outputs);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let drive = runtime.block_on(async {
        let drive = meet(&running).await;
        ask_as_operator(&running, &socket, &loopback, &mut outputs);
        drive
    });
    running.signal("-HUP");
    running.signal("-TERM");
    running.child.wait().unwrap();
    outputs.add("the log", running.rest_of_log());
    assert_eq!(files_below(&scratch.0), Vec::<String>::new(), "no file stays");
    (outputs, drive)
}

/// The run went where it should: what was counted says so.
fn was_driven(outputs: &Outputs) {
    let (_, metrics) = outputs
        .0
        .iter()
        .find(|(what, _)| what.contains("metrics"))
        .unwrap();
    for (sample, least) in [
        ("parlour_signals_total", 3.0),
        ("parlour_sessions_resumed_total", 1.0),
        ("parlour_blobs_put_total", 1.0),
        ("parlour_blobs_refused_total", 2.0),
        ("parlour_relay_allocations_made_total", 1.0),
        ("parlour_http_answers_total{status=\"4xx\"}", 10.0),
        ("parlour_refusals_total{code=\"rate\"}", 1.0),
        ("parlour_byes_total{code=\"removed\"}", 1.0),
    ] {
        let line = metrics.lines().find_map(|line| line.strip_prefix(sample));
        let value: f64 = line
            .unwrap_or_else(|| panic!("{sample}: {metrics}"))
            .trim()
            .parse()
            .unwrap();
        assert!(value >= least, "{sample} is {value}");
    }
}

#[test]
fn at_its_usual_level_nothing_of_anybody_gets_out() {
    let (outputs, drive) = run("canary", "info", "pretty");
    was_driven(&outputs);
    outputs.hold_none_of(&drive.secrets);
    outputs.hold_none_of(&drive.people);
}

#[test]
fn nor_in_the_log_for_machines() {
    let (outputs, drive) = run("canary-json", "info", "json");
    outputs.hold_none_of(&drive.secrets);
    outputs.hold_none_of(&drive.people);
}

#[test]
fn even_with_everything_logged_no_payload_and_no_secret_gets_out() {
    let (outputs, drive) = run("canary-trace", "trace", "json");
    outputs.hold_none_of(&drive.secrets);
}

/// The search finds what it should, in each spelling.
#[test]
fn a_leak_would_be_found() {
    let secret = || marks(&[("a secret", b"CANARY\x07ROOM")]);
    for leak in [
        "room=CANARY\u{7}ROOM",
        "room=43414e415259",
        "Q0FOQVJZB1JPT00",
        "eHhDQU5BUlkHUk9PTXh4",
        "RoomId([67, 65, 78, 65, 82, 89, 7, 82, 79, 79, 77])",
        "43414E41525907524F4F4D",
    ] {
        let mut outputs = Outputs::default();
        outputs.add("a log", leak);
        let found = std::panic::catch_unwind(|| outputs.hold_none_of(&secret())).is_err();
        assert_eq!(found, leak != "room=43414e415259", "{leak}");
    }
}
