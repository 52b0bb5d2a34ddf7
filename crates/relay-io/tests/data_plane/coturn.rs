//! coturn's own test client: two of its clients talk through two relayed addresses (`-y`), over UDP and TCP,
//! by channels and by indications. A stranger who knows nothing of rooms, let alone of virtual addresses.
//!
//! Needs `turnutils_uclient` (Debian: package `coturn`, which `test.sh` installs); without it these tests fail.

use std::process::Command;

use crate::bench::Bench;

/// Messages that each of the two clients sends.
const MESSAGES: u32 = 50;

/// That client draws its channel numbers from 0x4000 to 0x7FFF, as RFC 5766 had it; three in four are no
/// channels any more (RFC 8656 §12) and get 400, whereupon it gives up. One run in sixteen gets further, so
/// this many fail once in half a million.
const RUNS: u8 = 200;

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

fn talk(mode: &[&str]) {
    let bench = Bench::new();
    for run in 0..RUNS {
        let (_, credential) = bench.seat(run, run.into());
        let output = Command::new("turnutils_uclient")
            .args(mode)
            // Client to client, without RTCP's second allocation: EVEN-PORT is not offered.
            .args(["-y", "-c", "-m", "2", "-z", "5", "-l", "200"])
            .args([
                "-n",
                &MESSAGES.to_string(),
                "-p",
                &bench.server.port().to_string(),
            ])
            .args([
                "-u",
                &credential.username,
                "-w",
                &credential.password,
                "127.0.0.1",
            ])
            .output()
            .expect("turnutils_uclient runs: install coturn");
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains("channel bind: error 400") {
            continue;
        }
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
        return;
    }
    panic!("{RUNS} runs of turnutils_uclient have drawn no pair of valid channel numbers");
}
