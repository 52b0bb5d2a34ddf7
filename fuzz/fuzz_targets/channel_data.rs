//! `fuzz_targets::channel_data` of the relay's tests, driven by libFuzzer. See docs/fuzzing.md.
#![no_main]
#![allow(
    dead_code,
    reason = "the harness serves many tests; this program runs one of them"
)]

#[path = "../../relay/tests/common/mod.rs"]
mod common;
#[path = "../../relay/tests/fuzz_targets.rs"]
mod fuzz_targets;
#[path = "../../relay/tests/model.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::channel_data(bytes));
