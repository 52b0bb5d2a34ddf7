//! `public_fuzz::public_packet` of the relay's tests, driven by libFuzzer. See docs/fuzzing.md.
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
#[path = "../../relay/tests/public_bench.rs"]
mod public_bench;
#[path = "../../relay/tests/public_fuzz.rs"]
mod public_fuzz;
#[path = "../../relay/tests/public_model/mod.rs"]
mod public_model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| public_fuzz::public_packet(bytes));
