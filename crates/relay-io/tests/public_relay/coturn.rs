//! coturn's own client and peer by way of the public relay: it mints the credential from the shared secret itself
//! (`-W`), and talks to an echoing peer through a real relayed address.
//!
//! By indications only: for channels it draws numbers that are none any more since RFC 8656 (see
//! `data_plane/coturn.rs`). Channels to peers are tested with another client, in `main.rs`.
//!
//! Needs `turnutils_uclient` and `turnutils_peer` (Debian: package `coturn`, which `test.sh` installs); without them
//! these tests fail.

use std::process::{Child, Command, Stdio};

use super::*;

const MESSAGES: u32 = 50;
/// An echoing peer, ended with the test.
struct Echo {
    child: Child,
    port: u16,
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Echo {
    fn start() -> Self {
        // It takes a port and the one above.
        let port = peer().local_addr().unwrap().port() & !1;
        let child = Command::new("turnutils_peer")
            .args(["-L", "127.0.0.2", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("turnutils_peer runs: install coturn");
        let echo = Self { child, port };
        let probe = peer();
        probe.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        eventually("the peer echoes", || {
            // Refused until it listens.
            let _refused = probe.send_to(b"hello", ("127.0.0.2", port));
            probe.recv_from(&mut [0; 10]).is_ok()
        });
        echo
    }
}

#[test]
fn udp_by_indications() {
    talk(&["-s"], true);
}

#[test]
fn tcp_by_indications() {
    talk(&["-t", "-s"], true);
}

#[test]
fn client_to_client_by_indications() {
    talk(&["-y", "-s"], false);
}

fn talk(mode: &[&str], with_peer: bool) {
    let bench = Bench::new();
    let echo = with_peer.then(Echo::start);
    let mut command = Command::new("turnutils_uclient");
    command
        .args(mode)
        .args(["-c", "-m", "2", "-z", "5", "-l", "200"])
        .args([
            "-n",
            &MESSAGES.to_string(),
            "-p",
            &bench.server.port().to_string(),
        ])
        .args(["-W", SECRET, "-u", "alice"]);
    if let Some(echo) = &echo {
        command.args(["-e", "127.0.0.2", "-r", &echo.port.to_string()]);
    }
    let output = command
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
        bench.handle.stats().packets >= u64::from(all),
        "by way of this relay"
    );
}
