//! What the machine around the program may do (research R9, R11, R19, R21): few open files, a clock that jumps, a log that
//! nobody reads or that has no place, a disk that is full. People who talk notice nothing.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parlour_client::{Client, Error, ErrorCode, HostKey, Options, PagePapers, Rules, random_room_id};
use running::{Scratch, exchange, free_port, output, parlour, text};

/// The program with an output of our choice for its log.
struct Quiet {
    child: Child,
    page: String,
    relay: String,
}

impl Quiet {
    fn start(mut command: Command, log: Stdio) -> Self {
        let [page, relay] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
        let mut child = command
            .env("PARLOUR_LISTEN", &page)
            .env("PARLOUR_RELAY_LISTEN", &relay)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("Parlour is ready"), "{line}");
        Self { child, page, relay }
    }

    /// Whether somebody new gets a seat, and media passes the relay.
    fn serves(&self) {
        let words = ["doctor", "--listen", &self.page, "--relay-listen", &self.relay];
        let done = output(&words);
        assert!(done.status.success(), "{}", text(&done));
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(page: &str, path: &str) -> String {
    exchange(
        page,
        &format!("GET {path} HTTP/1.1\r\nhost: {page}\r\nconnection: close\r\n\r\n"),
    )
}

/// R21: a pipe that nobody reads is full after 64 KiB, and what comes next waits for ever.
#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let scratch = Scratch::new("full-pipe");
    let (socket, admin) = (scratch.path("admin.sock"), format!("127.0.0.1:{}", free_port()));
    let listen = format!("unix:{socket},{admin}");
    let server = Quiet::start(parlour(&["--admin-listen", &listen]), Stdio::piped());
    let until = Instant::now() + Duration::from_secs(60);
    let dropped = || {
        let page = get(&admin, "/metrics");
        let mut lines = page.lines();
        let line = lines.find_map(|line| line.strip_prefix("parlour_log_lines_dropped_total "));
        line.unwrap().parse::<u64>().unwrap()
    };
    // Each of these says a line.
    let command = |end: &str| format!("POST /drain/off HTTP/1.1\r\nhost: x\r\n{end}\r\n");
    let many = command("").repeat(200) + &command("connection: close\r\n");
    while dropped() == 0 {
        assert!(Instant::now() < until, "the pipe was never full");
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(many.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    server.serves();
}

/// R21: a full disk, and a pipe whose reader has gone.
#[test]
fn a_log_without_a_place_stops_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    Quiet::start(parlour(&["--log", "trace"]), full.into()).serves();
    let mut closed = Quiet::start(parlour(&["--log", "trace"]), Stdio::piped());
    drop(closed.child.stderr.take());
    closed.serves();
    closed.serves();
}

/// R11: by a year back, a day on and an hour back, while two people are in a room. Nobody is thrown out, and who comes
/// afterwards gets in.
#[tokio::test]
async fn a_clock_that_jumps_throws_nobody_out() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    let library = [library, "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .expect("faketime is installed (test.sh does)");
    let scratch = Scratch::new("faketime");
    let clock = scratch.file("clock", "+0");
    let mut command = parlour(&[]);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        // What jumps is the clock on the wall; the other one cannot, but for sleep.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let server = Quiet::start(command, Stdio::null());
    let options = Options::to(server.page.parse::<std::net::SocketAddr>().unwrap());
    let (host, room) = (HostKey::random().unwrap(), random_room_id().unwrap());
    let until = u64::try_from(parlour::clock::unix_seconds()).unwrap() + 3600;
    let state = host.state(&Rules::open(room, 4), until);
    let mut people = Vec::new();
    for first in [true, false] {
        let mut person = Client::connect(&options).await.unwrap();
        if first {
            let claim = host.claim(room, std::slice::from_ref(&state)).unwrap();
            person.create(claim).await.unwrap();
        }
        let papers = PagePapers::fresh(host.pk()).unwrap();
        person.join(papers.join(room, person.session())).await.unwrap();
        people.push(person);
    }
    for jump in ["-365d", "+1d", "-1h"] {
        scratch.file("clock", jump);
        server.serves();
        for person in &mut people {
            let seen = person.look(room).await;
            assert!(seen.is_ok(), "{jump}: {:?}", seen.err());
        }
    }
    let mut late = Client::connect(&options).await.unwrap();
    let papers = PagePapers::fresh(host.pk()).unwrap();
    let joined = late.join(papers.join(room, late.session())).await.unwrap();
    assert_eq!(joined.view.seats.len(), 3, "nobody was lost");
}

/// R20: one core, every place taken, thousands at the door: those inside are answered, and afterwards the next gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_sheds_new_work_and_never_old() {
    let mut command = Command::new("taskset");
    command
        .args(["--cpu-list", "0", env!("CARGO_BIN_EXE_parlour")])
        .args([
            "--listen-connections",
            "64",
            "--rooms-connections-per-source",
            "64",
            "--rooms-sessions",
            "21",
        ])
        .env_clear();
    let server = Quiet::start(command, Stdio::null());
    let page: std::net::SocketAddr = server.page.parse().unwrap();
    let (host, room) = (HostKey::random().unwrap(), random_room_id().unwrap());
    let mut inside = Vec::new();
    for _ in 0..20 {
        inside.push(Client::connect(&Options::to(page)).await.unwrap());
    }
    let until = u64::try_from(parlour::clock::unix_seconds()).unwrap() + 3600;
    let state = host.state(&Rules::open(room, 4), until);
    inside[0]
        .create(host.claim(room, &[state]).unwrap())
        .await
        .unwrap();

    // Each newcomer says half a request and waits; there is a place for it only as long as nobody else comes.
    let over = Arc::new(AtomicBool::new(false));
    let flood = |n: u8| {
        let over = Arc::clone(&over);
        tokio::spawn(async move {
            let (mut tried, mut held) = (0_u32, VecDeque::new());
            while !over.load(Ordering::Relaxed) {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind(([127, 0, 0, n], 0).into()).unwrap();
                if let Ok(mut stream) = socket.connect(page).await {
                    let _ =
                        tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\nhost:").await;
                    held.push_back(stream);
                    if held.len() > 100 {
                        held.pop_front();
                    }
                }
                tried += 1;
            }
            tried
        })
    };
    let floods: Vec<_> = (2..10).map(flood).collect();
    let mut took = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        for person in &mut inside {
            let asked = Instant::now();
            person
                .look(room)
                .await
                .expect("who is inside stays and is answered");
            took.push(asked.elapsed());
        }
        // Not faster than a person's messages may come.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    over.store(true, Ordering::Relaxed);
    let mut tried = 0;
    for flood in floods {
        tried += flood.await.unwrap();
    }
    took.sort_unstable();
    let (half, most) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    eprintln!(
        "{tried} newcomers; of {} questions half took {half:?}, 99 of 100 {most:?}",
        took.len()
    );
    assert!(tried > 200, "{tried}: that was no flood");
    let next = Client::connect(&Options::to(page)).await;
    assert!(next.is_ok(), "and now the next gets in: {:?}", next.err());
    match Client::connect(&Options::to(page)).await {
        Err(Error::Refused(said)) => {
            assert!(
                said.code == ErrorCode::Busy && said.retry_ms.is_some(),
                "{said:?}"
            );
        }
        other => panic!("the one after that is told to come back later: {:?}", other.err()),
    }
}

/// The soft limit is for programs of old; what the system grants is taken, and too little is told.
#[test]
fn all_open_files_that_are_granted_are_taken() {
    let admin = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new("prlimit");
    command
        .args([
            "--nofile=256:3000",
            env!("CARGO_BIN_EXE_parlour"),
            "--admin-listen",
            &admin,
        ])
        .env_clear();
    let _server = Quiet::start(command, Stdio::null());
    assert!(get(&admin, "/metrics").contains("parlour_process_max_files 3000\n"));
}

/// R19: where certificates cannot be kept it is said at once, and nothing starts.
#[test]
fn a_state_directory_that_cannot_be_used_is_told_at_the_start() {
    let words = ["--domain", "meet.example.org", "--state-dir", "/proc/parlour"];
    let ports = [
        "--https-listen",
        "127.0.0.1:0",
        "--listen",
        "127.0.0.1:0",
        "--relay-listen",
        "127.0.0.1:0",
    ];
    let done = output(&[&words[..], &ports].concat());
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done).contains("--state-dir"), "{}", text(&done));
}
