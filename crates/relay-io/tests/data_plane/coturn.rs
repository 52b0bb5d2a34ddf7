//! coturn's own test client: two of its clients talk through two relayed addresses (`-y`), over UDP and TCP,
//! by channels and by indications. A stranger who knows nothing of rooms, let alone of virtual addresses.
//!
//! Needs `turnutils_uclient` (Debian: package `coturn`, which `test.sh` installs); without it these tests fail.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::bench::{Bench, SOON, eventually};

/// Messages that each of the two clients sends.
const MESSAGES: u32 = 50;

/// Clients that say wrong things, one after another, until one has said enough.
const CLIENTS: u8 = 4;

/// That client draws its channel numbers from 0x4000 to 0x7FFF, as RFC 5766 had it; three in four are no channels any
/// more (RFC 8656 §12) and get 400, whereupon it gives up. It takes no option and no seed, so its random source is
/// wrapped: two bits of each draw are cleared, which leaves 0x4000 to 0x4FFF. All else is as Debian ships it.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
int RAND_bytes(unsigned char *out, int count) {
  static int (*real)(unsigned char *, int);
  if (!real) real = (int (*)(unsigned char *, int))dlsym(RTLD_NEXT, "RAND_bytes");
  int done = real(out, count);
  if (count > 1) out[1] &= 0xCF;
  return done;
}
"#;

/// The wrapper, compiled with the compiler that Rust links with, too.
static WRAPPER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, library) = (
        folder.join("channel_numbers.c"),
        folder.join("channel_numbers.so"),
    );
    std::fs::write(&source, SOURCE).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .expect("cc runs: install gcc");
    assert!(compiled.success());
    library
});

#[test]
fn udp_by_channels() {
    talk(&[]);
}

#[test]
fn udp_by_indications() {
    talk(&["-s"]);
}

#[test]
fn tcp_by_channels() {
    talk(&["-t"]);
}

#[test]
fn tcp_by_indications() {
    talk(&["-t", "-s"]);
}

#[test]
fn udp_with_padded_channels() {
    talk(&["-D"]);
}

#[test]
fn udp_with_repeated_permission_requests() {
    talk(&["-s", "-G"]);
}

/// It says things wrongly first, and goes on when they were refused.
#[test]
fn udp_after_wrong_requests() {
    talk(&["-s", "-N"]);
}

/// Half of its clients go after their first packets (`-B`), the other half then waits for them for ever, so it is ended.
#[test]
fn clients_that_go_without_a_word_leave_nothing_over_tcp() {
    let bench = Bench::new();
    let opened = |bench: &Bench| bench.handle.stats().opened;
    interrupt(&bench, 2, &["-t", "-s", "-B"], |bench| opened(bench) >= 2);
    eventually("streams and allocations are gone", || {
        let stats = bench.handle.stats();
        (stats.streams, stats.allocations) == (0, 0)
    });
    talk_at(&bench, &["-t", "-s"]);
}

#[test]
fn clients_that_go_without_a_word_hinder_nobody_over_udp() {
    let bench = Bench::new();
    interrupt(&bench, 2, &["-s", "-B"], |bench| bench.handle.stats().opened >= 2);
    talk_at(&bench, &["-s"]);
}

/// Its wrong messages (`-R`) are such that it waits for answers that we do not give to strangers.
#[test]
fn wrong_messages_are_answered_or_dropped_and_hinder_nobody() {
    let bench = Bench::new();
    interrupt(&bench, 2, &["-s", "-R"], |bench| {
        let stats = bench.handle.stats();
        let answered = stats.successes + stats.rejections + stats.challenges;
        stats.challenges > 0 && stats.sockets.udp_datagrams_received > answered
    });
    talk_at(&bench, &["-s"]);
}

/// Runs the client until something has come of it, and a second longer, and ends it as a crash does. What it says wrongly it
/// draws by lot, and now and then waits for long before it says more: then another one, in a seat of its own, goes on.
fn interrupt(bench: &Bench, seat: u8, mode: &[&str], enough: impl Fn(&Bench) -> bool) {
    for another in 0..CLIENTS {
        let mut child = client(bench, seat + another, mode)
            .stdout(Stdio::null())
            .spawn()
            .expect("turnutils_uclient runs: install coturn");
        let deadline = Instant::now() + SOON;
        while !enough(bench) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_secs(1));
        let _ended_already = child.kill();
        let _status = child.wait();
        if enough(bench) {
            return;
        }
    }
    panic!("{CLIENTS} clients were not heard: {:?}", bench.handle.stats());
}

fn talk(mode: &[&str]) {
    talk_at(&Bench::new(), mode);
}

/// `seat`: whose it is, in the one room of these tests.
fn client(bench: &Bench, seat: u8, mode: &[&str]) -> Command {
    let (_, credential) = bench.seat(seat, 1);
    let mut client = Command::new("turnutils_uclient");
    client
        .env("LD_PRELOAD", &*WRAPPER)
        .args(mode)
        // Client to client, without RTCP's second allocation: EVEN-PORT is not offered.
        .args(["-y", "-c", "-m", "2", "-z", "5", "-l", "200"])
        .args(["-n", &MESSAGES.to_string()])
        .args(["-p", &bench.server.port().to_string()])
        .args(["-u", &credential.username, "-w", &credential.password])
        .arg("127.0.0.1");
    client
}

fn talk_at(bench: &Bench, mode: &[&str]) {
    let output = client(bench, 1, mode)
        .output()
        .expect("turnutils_uclient runs: install coturn");
    let said = String::from_utf8_lossy(&output.stdout);
    let all = 2 * MESSAGES;
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains(&format!("tot_send_msgs={all}, tot_recv_msgs={all}\n")),
        "{said}"
    );
    assert!(
        said.contains("Total lost packets 0 (0.000000%), total send dropped 0 (0.000000%)"),
        "{said}"
    );
    assert!(
        bench.handle.stats().forwarded.packets >= u64::from(all),
        "by way of this relay"
    );
}
