//! An idle relay costs nothing: its threads sleep until something comes. A program of its own, so that the
//! threads found by name are this relay's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "data_plane/bench.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod bench;
#[path = "data_plane/client.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod client;

use std::fs;
use std::time::Duration;

use bench::{Bench, Over};

/// How often each thread whose name begins so has gone to sleep until now.
fn sleeps(prefix: &str) -> Vec<(String, u64)> {
    let mut sleeps: Vec<_> = fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| {
            let task = task.unwrap().path();
            let name = fs::read_to_string(task.join("comm")).unwrap();
            let status = fs::read_to_string(task.join("status")).unwrap();
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
                .unwrap();
            name.starts_with(prefix)
                .then(|| (name, line.trim().parse().unwrap()))
        })
        .collect();
    sleeps.sort();
    sleeps
}

#[test]
fn threads_sleep_while_nothing_comes() {
    let bench = Bench::new();
    let members: Vec<_> = [Over::Udp, Over::Tcp].map(|over| bench.client(1, 1, over)).into();
    std::thread::sleep(Duration::from_millis(300));
    let (workers, timer) = (sleeps("relay-udp"), sleeps("relay-timer"));
    assert!(!workers.is_empty() && timer.len() == 1);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(sleeps("relay-udp"), workers, "no worker has woken up");
    assert!(
        sleeps("relay-timer")[0].1 - timer[0].1 <= 2,
        "the timer wakes up when the relay asks for it"
    );
    drop(members);
}
