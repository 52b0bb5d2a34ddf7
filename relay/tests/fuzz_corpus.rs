//! The fuzzers' corpora, replayed: what once found a way through the code finds it at every test run.

use std::path::Path;

use crate::{fuzz_targets, public_fuzz};

/// Runs `target` on every file of its corpus.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(name);
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() >= 20, "the corpus is there");
    for file in files {
        target(&std::fs::read(file).unwrap());
    }
    target(b"");
}

#[test]
fn stun_parse() {
    replay("stun_parse", fuzz_targets::stun_parse);
}

#[test]
fn channel_data() {
    replay("channel_data", fuzz_targets::channel_data);
}

#[test]
fn turn_stream() {
    replay("turn_stream", fuzz_targets::turn_stream);
}

#[test]
fn relay_sequence() {
    replay("relay_sequence", fuzz_targets::relay_sequence);
}

#[test]
fn public_packet() {
    replay("public_packet", public_fuzz::public_packet);
}

#[test]
fn public_text() {
    replay("public_text", public_fuzz::public_text);
}

#[test]
fn public_sequence() {
    replay("public_sequence", public_fuzz::public_sequence);
}
