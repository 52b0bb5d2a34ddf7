//! coturn's own test client: two of its clients talk through two relayed addresses (`-y`), over UDP and TCP,
//! by channels and by indications. A stranger who knows nothing of rooms, let alone of virtual addresses.
//!
//! Needs `turnutils_uclient` (Debian: package `coturn`, which `test.sh` installs); without it these tests fail.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::bench::Bench;

/// Messages that each of the two clients sends.
const MESSAGES: u32 = 50;

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

fn talk(mode: &[&str]) {
    let bench = Bench::new();
    let (_, credential) = bench.seat(1, 1);
    let output = Command::new("turnutils_uclient")
        .env("LD_PRELOAD", &*WRAPPER)
        .args(mode)
        // Client to client, without RTCP's second allocation: EVEN-PORT is not offered.
        .args(["-y", "-c", "-m", "2", "-z", "5", "-l", "200"])
        .args(["-n", &MESSAGES.to_string()])
        .args(["-p", &bench.server.port().to_string()])
        .args(["-u", &credential.username, "-w", &credential.password])
        .arg("127.0.0.1")
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
