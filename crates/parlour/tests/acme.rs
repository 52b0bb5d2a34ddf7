//! ACME against pebble, Let's Encrypt's own server for tests: obtaining and renewing with half of all nonces refused, an
//! authority that is away, one that has forgotten us, and challenges by plain http.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common_tls;
mod running;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common_tls::{Pki, Unverified};
use running::{Running, Scratch, free_port};

const NAME: &str = "meet.example.org";
/// One step of the authority or of the server on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that ends with its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ports of the authority and of the server that it asks.
struct World {
    scratch: Scratch,
    pki: Pki,
    directory: String,
    dns: u16,
    api: u16,
    https: u16,
    http: u16,
    _names: Ended,
}

impl World {
    fn new(what: &str) -> Self {
        let [dns, api, https, http, management] = [(); 5].map(|()| free_port());
        let names = Command::new("pebble-challtestsrv")
            .args([
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-defaultIPv6",
                "",
            ])
            .args(["-dns01", &format!("127.0.0.1:{dns}")])
            .args(["-management", &format!("127.0.0.1:{management}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (test.sh does)");
        listening(dns);
        Self {
            scratch: Scratch::new(&format!("acme-{what}")),
            pki: Pki::new(&format!("acme-{what}"), &["localhost"]),
            directory: format!("https://localhost:{api}/dir"),
            dns,
            api,
            https,
            http,
            _names: Ended(names),
        }
    }

    /// The authority, whose certificates live for so many seconds, and which asks the server on these ports.
    fn authority(&self, life: u64, (https, http): (u16, u16)) -> Ended {
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{}", self.api),
            "managementListenAddress": format!("127.0.0.1:{}", free_port()),
            "certificate": self.pki.certificate_file(),
            "privateKey": self.pki.key_file(),
            "tlsPort": https,
            "httpPort": http,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": life,
        }});
        let file = self.scratch.file("pebble.json", &config.to_string());
        let child = Command::new("pebble")
            .args(["-config", &file, "-dnsserver", &format!("127.0.0.1:{}", self.dns)])
            .env("PEBBLE_WFE_NONCEREJECT", "50")
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_AUTHZREUSE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (test.sh does)");
        let authority = Ended(child);
        listening(self.api);
        authority
    }

    fn server(&self) -> Running {
        let (https, http) = (
            format!("127.0.0.1:{}", self.https),
            format!("127.0.0.1:{}", self.http),
        );
        let state = self.state().display().to_string();
        let words = [
            "--domain",
            NAME,
            "--https-listen",
            &https,
            "--listen",
            &http,
            "--state-dir",
            &state,
            "--acme-directory",
            &self.directory,
            "--acme-ca",
            self.pki.authority(),
            "--acme-email",
            "admin@example.org",
        ];
        Running::start_tls(&words, &format!("{NAME}:{}", self.https))
    }

    fn state(&self) -> std::path::PathBuf {
        self.scratch.0.join("state")
    }

    /// Where a certificate is kept, and where the account.
    fn kept(&self) -> [std::path::PathBuf; 2] {
        let directory = self.state().join(format!("acme/localhost-{}-dir", self.api));
        [
            directory.join(format!("{NAME}.pem")),
            directory.join("account.json"),
        ]
    }

    fn page(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.https).into()
    }

    /// Status line of the plain listener's answer.
    fn readyz(&self) -> String {
        let running = running::exchange(
            &format!("127.0.0.1:{}", self.http),
            "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        );
        running.lines().next().unwrap_or_default().to_owned()
    }
}

fn listening(port: u16) {
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until visitors are shown another certificate than `old`.
async fn another(world: &World, old: Option<&Vec<u8>>) -> Vec<u8> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(tls) = Unverified::connect(world.page(), NAME).await {
            let now = tls.certificate();
            if Some(&now) != old {
                return now;
            }
        }
        assert!(Instant::now() < until, "no other certificate came");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks again and again on one connection; ends, by a panic, when that does.
async fn stays(mut visitor: Unverified) {
    loop {
        visitor.alive(NAME).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn obtained_with_bad_nonces_renewed_in_time_and_kept_for_the_next_start() {
    let world = World::new("life");
    // Renewed after ten seconds.
    let authority = world.authority(15, (world.https, world.http));
    let server = world.server();
    let line = server.log_line("obtained a certificate", PATIENCE);
    assert!(line.contains("tls-alpn-01"), "{line}");
    let first = another(&world, None).await;
    let visitor = Unverified::connect(world.page(), NAME).await.unwrap();
    let visit = tokio::spawn(stays(visitor));
    let second = another(&world, Some(&first)).await;
    server.log_line("obtained a certificate", PATIENCE);
    assert!(!visit.is_finished(), "who was there before is there still");
    visit.abort();
    assert!(world.readyz().contains("200"));

    // The authority goes; the certificate is kept, and nobody else may read it.
    drop(authority);
    drop(server);
    for file in world.kept() {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        let above = fs::metadata(file.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(above & 0o777, 0o700);
    }
    let server = world.server();
    let now = Unverified::connect(world.page(), NAME)
        .await
        .unwrap()
        .certificate();
    assert!(
        now == second || now != first,
        "the last one that was kept is shown at once"
    );
    let line = server.log_line("no new certificate", PATIENCE);
    assert!(
        line.contains("refused") && line.contains("tried again in"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_away_stops_nothing_and_one_that_forgot_us_gets_a_new_account() {
    let world = World::new("away");
    let server = world.server();
    let line = server.log_line("no new certificate", PATIENCE);
    assert!(
        line.contains("localhost:") && line.contains("nobody gets in") && line.contains("SIGHUP"),
        "{line}"
    );
    assert!(
        Unverified::connect(world.page(), NAME).await.is_err(),
        "there is none to show"
    );
    assert!(world.readyz().contains("503"), "and readiness says so");

    let authority = world.authority(3600, (world.https, world.http));
    server.signal("-HUP");
    server.log_line("obtained a certificate", PATIENCE);
    let first = another(&world, None).await;
    assert!(world.readyz().contains("200"));

    // It forgets everything with its end; that the kept certificate is gone makes the server ask again.
    drop((authority, server));
    let [certificate, account] = world.kept();
    fs::remove_file(certificate).unwrap();
    let before = fs::read(&account).unwrap();
    let _authority = world.authority(3600, (world.https, world.http));
    let server = world.server();
    server.log_line("obtained a certificate", PATIENCE);
    another(&world, Some(&first)).await;
    assert_ne!(fs::read(&account).unwrap(), before, "with a new account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_tls_does_not_get_through_the_second_attempt_is_by_plain_http() {
    let world = World::new("http");
    // As behind something that answers TLS by itself: the authority finds nobody of ours on its port of TLS.
    let _authority = world.authority(3600, (free_port(), world.http));
    let server = world.server();
    let line = server.log_line("no new certificate", PATIENCE);
    assert!(
        line.contains("tls-alpn-01") && line.contains("the authority refuses"),
        "{line}"
    );
    server.signal("-HUP");
    let line = server.log_line("obtained a certificate", PATIENCE);
    assert!(line.contains("http-01"), "{line}");
    another(&world, None).await;
}
