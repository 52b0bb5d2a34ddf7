//! coturn's client over TLS at the TURN server for other applications. At the relay of the meetings: `crates/client`,
//! whose tests can join a room.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;
mod common_tls;

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

use common::{server, stop};
use common_tls::{Pki, output};

const MESSAGES: u32 = 20;

/// How many of the client's messages came back to it. Its TLS side takes what one `SSL_read` gives for one message, so
/// that of two that share a record one is lost to it: hence the slow pace, and on a busy machine some are missing. What counts
/// them exactly is the relay; the client's word only says that they arrive as they should.
fn heard(said: &str) -> u32 {
    let last = said
        .rsplit("tot_recv_msgs=")
        .find_map(|text| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    last.unwrap_or_default()
}

#[tokio::test]
async fn a_client_of_another_application_reaches_its_peer_over_tls() {
    let pki = Pki::new("turn", &["127.0.0.1"]);
    let secret = std::env::temp_dir().join(format!("parlour-tls-secret-{}", std::process::id()));
    std::fs::write(&secret, "lab = 0123456789abcdef0123456789abcdef\n").unwrap();
    let flags = [
        "--public-relay-listen",
        "127.0.0.1:0",
        "--public-relay-tls-listen",
        "127.0.0.1:0",
        "--public-relay-secret-file",
        secret.to_str().unwrap(),
        "--public-relay-allow",
        "127.0.0.2/32,127.0.0.1/32",
    ];
    let server = server(&[&pki.flags()[..], &flags].concat()).await;
    let port = server.public_relay_tls().unwrap().port().to_string();
    let count = MESSAGES.to_string();
    let echo = Echo::start();
    let peer = echo.port.to_string();
    let common = [
        "-t",
        "-S",
        "-E",
        pki.authority(),
        "-s",
        "-c",
        "-m",
        "2",
        "-z",
        "100",
        "-l",
        "200",
        "-n",
        &count,
        "-p",
        &port,
    ];
    let who = ["-W", "0123456789abcdef0123456789abcdef", "-u", "alice"];
    let words = [&common[..], &who, &["-e", "127.0.0.2", "-r", &peer, "127.0.0.1"]].concat();
    let said = output("turnutils_uclient", &words, b"").await;
    assert!(heard(&said) >= MESSAGES, "{said}");
    let packets = server.public_relay().unwrap().stats().packets;
    assert!(
        packets >= u64::from(2 * 2 * MESSAGES),
        "there and back: {packets}"
    );
    std::fs::remove_file(secret).unwrap();
    stop(server).await;
}

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
        let port = UdpSocket::bind("127.0.0.2:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
            & !1;
        let child = Command::new("turnutils_peer")
            .args(["-L", "127.0.0.2", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("needs turnutils_peer");
        let echo = Self { child, port };
        let probe = UdpSocket::bind("127.0.0.2:0").unwrap();
        probe
            .set_read_timeout(Some(std::time::Duration::from_millis(50)))
            .unwrap();
        for _ in 0..100 {
            let _refused = probe.send_to(b"hello", ("127.0.0.2", port));
            if probe.recv_from(&mut [0; 16]).is_ok() {
                return echo;
            }
        }
        panic!("the peer does not echo");
    }
}
