//! `parlour doctor` against the running program, and through proxies as people run them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use running::{Running, Scratch, free_port, output, text};

fn doctor(running: &Running, words: &[&str]) -> (Option<i32>, String) {
    let done = output(
        &[
            &[
                "doctor",
                "--listen",
                &running.page,
                "--relay-listen",
                &running.relay,
            ],
            words,
        ]
        .concat(),
    );
    (done.status.code(), text(&done))
}

#[test]
fn a_server_that_works_is_told_to_work() {
    let running = Running::start(&[]);
    let (code, said) = doctor(&running, &[]);
    assert_eq!(code, Some(0), "{said}");
    for subject in ["page", "signaling", "relay udp", "relay tcp"] {
        assert!(
            said.contains(&format!("ok   {subject}")),
            "{subject} is missing in\n{said}"
        );
    }
    for subject in ["files", "clock", "ipv6", "buffers"] {
        assert!(
            said.lines()
                .any(|line| line.get(5..).is_some_and(|rest| rest.starts_with(subject))),
            "{subject}: {said}"
        );
    }
    for line in said.lines().filter(|line| line.starts_with("warn")) {
        assert!(line.contains("type: "), "{line}");
    }
}

#[test]
fn what_is_in_the_way_is_told_with_what_to_type() {
    let listen = format!("127.0.0.1:{}", free_port());
    let done = output(&["doctor", "--listen", &listen]);
    assert_eq!(done.status.code(), Some(1));
    assert!(
        text(&done).contains("fail page") && text(&done).contains("start the server: parlour"),
        "{}",
        text(&done)
    );

    // The page runs, but the relay is elsewhere: as behind a firewall.
    let running = Running::start(&[]);
    let dead = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let relay = dead.local_addr().unwrap().to_string();
    let done = output(&["doctor", "--listen", &running.page, "--relay-listen", &relay]);
    let said = text(&done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(
        said.contains("fail relay udp") && said.contains("not answered") && said.contains("ufw allow"),
        "{said}"
    );
    assert!(
        said.contains("fail relay tcp") && said.contains("2 things are in the way"),
        "{said}"
    );
}

#[test]
fn https_and_turn_over_tls_are_tried_and_the_certificate_is_judged() {
    let page = format!("127.0.0.1:{}", free_port());
    let words = ["--lan", "--https-listen", &page];
    let running = Running::start_tls(&words, &page);
    let relay = running.relay.clone();
    let ask = |command: &str| output(&[&[command, "--relay-listen", &relay], &words[..]].concat());
    let done = ask("doctor");
    let said = text(&done);
    assert!(done.status.success(), "{said}");
    for line in [
        "ok   page        https://localhost",
        "ok   certificate is good for 3",
        "ok   authority   nobody vouches",
        "ok   signaling",
        "ok   relay udp",
        "ok   relay tcp",
        "ok   relay tls",
    ] {
        assert!(said.contains(line), "{line:?} is missing in\n{said}");
    }
    let url = format!("https://{page}/");
    let through = output(&[&["doctor", &url, "--relay-listen", &relay], &words[..]].concat());
    let said = text(&through);
    for line in [
        "ok   proxy       https://127.0.0.1:",
        "warn authority   browsers that know no authorities but the public ones refuse the certificate for 127.0.0.1",
        "ok   websocket   opens",
    ] {
        assert!(said.contains(line), "{line:?} is missing in\n{said}");
    }
    let health = ask("health");
    assert!(health.status.success(), "{}", text(&health));
    drop(running);
    let said = text(&ask("doctor"));
    assert!(
        said.contains("fail page") && said.contains("start the server"),
        "{said}"
    );
    assert!(!ask("health").status.success());
}

#[test]
fn the_start_tries_the_relay_and_says_nothing_when_it_works() {
    let running = Running::start(&["--log", "debug"]);
    let line = running.log_line("the relay passes messages on", Duration::from_secs(20));
    assert!(line.contains("Udp"), "{line}");
    running.log_line("the relay passes messages on", Duration::from_secs(20));
}

struct Proxy(Child);

impl Proxy {
    fn start(command: &mut Command, port: u16) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let proxy = Self(child.expect("nginx-light and caddy are installed (test.sh does)"));
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the proxy does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Terminated rather than killed: its workers go with it.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn example(path: &str) -> String {
    std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples")
            .join(path),
    )
    .unwrap()
}

/// examples/behind-nginx without its TLS, on ports of our own.
fn nginx(scratch: &Scratch, running: &Running, change: impl Fn(String) -> String) -> (Proxy, u16) {
    let port = free_port();
    let site: String = example("behind-nginx/nginx.conf")
        .lines()
        .filter(|line| !line.contains("ssl_certificate") && !line.contains("[::]:443"))
        .map(|line| format!("{line}\n"))
        .collect();
    let site = site.replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"));
    let site = change(site.replace("127.0.0.1:8080", &running.page));
    let dir = scratch.0.display();
    let config = scratch.file(
        "nginx.conf",
        &format!(
            "daemon off; pid {dir}/pid; error_log {dir}/error.log; events {{}} http {{ access_log off; \
             client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; \
             scgi_temp_path {dir}/s;\n{site}\n}}"
        ),
    );
    // As root the workers would be nobody's, who may not enter our directory; one process needs none.
    let mut command = Command::new("nginx");
    command.args([
        "-e",
        &scratch.path("error.log"),
        "-g",
        "master_process off;",
        "-c",
        &config,
    ]);
    (Proxy::start(&mut command, port), port)
}

#[test]
fn behind_nginx_as_in_the_example() {
    let scratch = Scratch::new("nginx");
    let running = Running::start(&[]);
    let (_proxy, port) = nginx(&scratch, &running, |site| site);
    let (code, said) = doctor(&running, &[&format!("http://127.0.0.1:{port}/")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("ok   proxy") && said.contains("ok   websocket"),
        "{said}"
    );
}

#[test]
fn behind_an_nginx_that_forgets_a_header_the_doctor_says_which() {
    let scratch = Scratch::new("nginx-wrong");
    let running = Running::start(&[]);
    let without = |word: &'static str| {
        move |site: String| -> String {
            site.lines()
                .filter(|line| !line.contains(word))
                .map(|line| format!("{line}\n"))
                .collect()
        }
    };
    let (proxy, port) = nginx(&scratch, &running, without("Upgrade $http_upgrade"));
    let (code, said) = doctor(&running, &[&format!("http://127.0.0.1:{port}/")]);
    assert!(
        code == Some(1) && said.contains("proxy_set_header Upgrade"),
        "{said}"
    );
    drop(proxy);
    let (_proxy, port) = nginx(&scratch, &running, without("proxy_set_header Host"));
    let (code, said) = doctor(&running, &[&format!("http://127.0.0.1:{port}/")]);
    assert!(
        code == Some(1) && said.contains("proxy_set_header Host"),
        "{said}"
    );
}

#[test]
fn behind_caddy_as_in_the_example() {
    let scratch = Scratch::new("caddy");
    let running = Running::start(&[]);
    let port = free_port();
    let config = scratch.file(
        "Caddyfile",
        &format!("{{\n\tadmin off\n}}\n{}", example("behind-caddy/Caddyfile")),
    );
    let mut command = Command::new("caddy");
    command
        .args(["run", "--config", &config, "--adapter", "caddyfile"])
        .env("PARLOUR_DOMAIN", format!("http://127.0.0.1:{port}"))
        .env("PARLOUR_BACKEND", &running.page)
        .env("HOME", &scratch.0);
    let _proxy = Proxy::start(&mut command, port);
    let (code, said) = doctor(&running, &[&format!("http://127.0.0.1:{port}/")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("ok   proxy") && said.contains("ok   websocket"),
        "{said}"
    );
}

/// Debian has no Traefik to try it with: its form at least, and that its parts name each other.
#[test]
fn the_example_for_traefik_leads_to_the_server() {
    let script = "import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    // Debian's own, whatever else is called python3: that is where its package puts the module.
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = example("behind-traefik/dynamic.yml");
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let done = python.wait_with_output().unwrap();
    let file: serde_json::Value =
        serde_json::from_slice(&done.stdout).expect("python3-yaml is installed (test.sh does)");
    let router = &file["http"]["routers"]["parlour"];
    assert!(router["rule"].as_str().unwrap().starts_with("Host(`"));
    let service = &file["http"]["services"][router["service"].as_str().unwrap()];
    assert_eq!(
        service["loadBalancer"]["servers"][0]["url"],
        "http://127.0.0.1:8080"
    );
}
