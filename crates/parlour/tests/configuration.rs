//! The configuration as an operator meets it: `check`, `config`, and SIGHUP on the running program.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod running;

use std::time::Duration;

use running::{Scratch, free_port, output, text};

#[test]
fn check_says_yes_with_0_and_no_with_1_and_every_mistake() {
    let scratch = Scratch::new("check");
    let good = scratch.file("good.toml", "[rooms]\nmax_people = 6\n");
    let done = output(&["check", "--config", &good]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert!(
        text(&done).contains(&format!("{good} is right.")),
        "{}",
        text(&done)
    );

    let bad = scratch.file("bad.toml", "[rooms]\nmax_pepole = 6\nhold = \"30\"\n");
    let done = output(&["check", "--config", &bad]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done);
    for words in [
        "line 2",
        "did you mean rooms.max_people?",
        "line 3",
        "rooms.hold = \"30\"",
    ] {
        assert!(said.contains(words), "{words:?} is missing in {said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");

    let contradiction = scratch.file("same.toml", "listen.http = \"127.0.0.1:3478\"\n");
    let said = text(&output(&["check", "--config", &contradiction]));
    assert!(
        said.contains("same.toml, line 1") && said.contains("--relay-listen"),
        "{said}"
    );
}

#[test]
fn a_secret_that_everybody_may_read_is_warned_of() {
    let scratch = Scratch::new("open");
    let file = scratch.file(
        "parlour.toml",
        "[public_relay]\nlisten = \"127.0.0.1:3479\"\nsecret = \"talk = topsecret-topsecret\"\n",
    );
    assert!(output(&["check", "--config", &file]).status.success());
    std::process::Command::new("chmod")
        .args(["644", &file])
        .status()
        .unwrap();
    let said = text(&output(&["check", "--config", &file]));
    assert!(said.contains("chmod o=") && !said.contains("topsecret"), "{said}");

    let secrets = scratch.file("secrets", "talk = topsecret-topsecret\n");
    let words = [
        "check",
        "--public-relay-listen",
        "127.0.0.1:3479",
        "--public-relay-secret-file",
        &secrets,
    ];
    assert!(!text(&output(&words)).contains("warning"));
    std::process::Command::new("chmod")
        .args(["644", &secrets])
        .status()
        .unwrap();
    assert!(text(&output(&words)).contains(&format!("chmod o= {secrets}")));
}

#[test]
fn the_example_is_a_file_that_is_right() {
    let example = output(&["config", "example"]).stdout;
    let scratch = Scratch::new("example");
    let file = scratch.file("parlour.toml", &String::from_utf8(example).unwrap());
    assert!(output(&["check", "--config", &file]).status.success());
}

#[test]
fn show_says_where_values_come_from() {
    let scratch = Scratch::new("show");
    let file = scratch.file("parlour.toml", "[rooms]\nmax_people = 6\n");
    let shown = output(&["config", "show", "--origin", "--config", &file, "--log", "warn"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for (value, from) in [
        ("max_people = 6", "# line 2 of the file"),
        ("level = \"warn\"", "# --log"),
        ("hold = \"30s\"", "# default"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(value)).unwrap();
        assert!(line.ends_with(from), "{line}");
    }
}

#[test]
fn sighup_takes_on_what_is_right_and_keeps_the_old_when_it_is_wrong() {
    let scratch = Scratch::new("sighup");
    let file = scratch.file("parlour.toml", "");
    let running = running::Running::start(&["--config", &file]);
    let foreign = "GET /ws HTTP/1.1\r\nhost: x\r\norigin: https://team.example\r\nconnection: close\r\n\r\n";
    assert!(
        running.exchange(foreign).starts_with("HTTP/1.1 403"),
        "foreign pages are kept out"
    );

    let port = free_port();
    scratch.file(
        "parlour.toml",
        &format!(
            "listen.http = \"127.0.0.1:{port}\"\n[embed]\nallowed_origins = [\"https://team.example\"]\n[rooms]\nhold = \
             \"40s\"\n[relay]\nworkers = 3\n"
        ),
    );
    running.signal("-HUP");
    let line = running.log_line("the configuration was read again", Duration::from_secs(10));
    assert!(line.contains("embed.allowed_origins rooms.hold"), "{line}");
    let line = running.log_line("wait for a restart", Duration::from_secs(10));
    // The page's address was typed, so what the file says about it counts for nothing.
    assert!(
        line.contains("relay.workers") && !line.contains("listen.http"),
        "{line}"
    );
    assert!(
        running.exchange(foreign).starts_with("HTTP/1.1 426"),
        "allowed now"
    );

    scratch.file(
        "parlour.toml",
        "[embed]\nallowed_origins = []\n[rooms]\nhodl = \"40s\"\n",
    );
    running.signal("-HUP");
    let line = running.log_line("parlour.toml", Duration::from_secs(10));
    assert!(line.contains("line 4") && line.contains("rooms.hold"), "{line}");
    running.log_line("the configuration stays as it was", Duration::from_secs(10));
    assert!(
        running.exchange(foreign).starts_with("HTTP/1.1 426"),
        "still allowed"
    );
}

#[test]
fn a_file_may_hold_everything_and_a_wrong_one_stops_the_start() {
    let scratch = Scratch::new("start");
    let file = scratch.file("parlour.toml", "[log]\nlevel = \"loud\"\n");
    let done = output(&["--config", &file]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done);
    assert!(said.contains("line 2") && said.contains("warn"), "{said}");
}
