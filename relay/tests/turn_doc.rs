//! docs/turn.md is a fixture: every test that it names exists, and every section's test is named there.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/turn.md");
const SOURCES: [&str; 38] = [
    include_str!("bandwidth.rs"),
    include_str!("budgets.rs"),
    include_str!("closed_room.rs"),
    include_str!("model.rs"),
    include_str!("never_panics.rs"),
    include_str!("public_relay.rs"),
    include_str!("public_model/mod.rs"),
    include_str!("public_relay/budgets.rs"),
    include_str!("public_relay/special_addresses.rs"),
    include_str!("rfc5769_vectors.rs"),
    include_str!("rfc8489_algorithms.rs"),
    include_str!("rfc8489_binding.rs"),
    include_str!("rfc8489_credentials.rs"),
    include_str!("rfc8656_allocate.rs"),
    include_str!("rfc8656_channel.rs"),
    include_str!("rfc8656_permission.rs"),
    include_str!("rfc8656_refresh.rs"),
    include_str!("rfc8656_security.rs"),
    include_str!("rfc8656_send_data.rs"),
    include_str!("../src/channel_data.rs"),
    include_str!("../src/integrity.rs"),
    include_str!("../src/limiter.rs"),
    include_str!("../src/nonce.rs"),
    include_str!("../src/stream.rs"),
    include_str!("../src/public/cidr.rs"),
    include_str!("../src/public/embedded.rs"),
    include_str!("../src/public/policy.rs"),
    include_str!("../src/public/special.rs"),
    include_str!("../../crates/credentials/src/shared_secret.rs"),
    include_str!("../../crates/relay-io/src/queue.rs"),
    include_str!("../../crates/relay-io/src/streams.rs"),
    include_str!("../../crates/relay-io/tests/flood.rs"),
    include_str!("../../crates/relay-io/tests/data_plane/special_addresses.rs"),
    include_str!("../../crates/relay-io/tests/data_plane/tcp.rs"),
    include_str!("../../crates/relay-io/tests/data_plane/tls.rs"),
    include_str!("../../crates/relay-io/tests/public_relay/main.rs"),
    include_str!("../../crates/relay-io/tests/public_relay/streams.rs"),
    include_str!("../../crates/relay-io/tests/public_relay/transports.rs"),
];
const PORTS: &str = include_str!("../src/ports.rs");
const CONFIG: &str = concat!(
    include_str!("../src/config.rs"),
    include_str!("../src/public/config.rs"),
    include_str!("../../crates/relay-io/src/settings.rs")
);

/// The names of all tests in a source.
fn tests_of(source: &str) -> impl Iterator<Item = &str> {
    source
        .split("#[test]\n")
        .skip(1)
        .filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next())
}

/// Everything in backticks that can only be a test's name or a field.
fn names_of(page: &str) -> BTreeSet<&str> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| {
            name.contains('_')
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        })
        .collect()
}

#[test]
fn every_name_on_the_page_is_a_test_or_a_setting() {
    let tests: BTreeSet<&str> = SOURCES
        .iter()
        .chain([&PORTS])
        .flat_map(|source| tests_of(source))
        .collect();
    for name in names_of(PAGE) {
        let is_setting = CONFIG.contains(&format!("pub {name}:"));
        assert!(
            tests.contains(name) || is_setting || name == "turnutils_uclient",
            "{name} does not exist"
        );
    }
}

#[test]
fn every_test_of_a_section_is_on_the_page() {
    let named = names_of(PAGE);
    let sectioned = |name: &&str| {
        let mut letters = name.chars();
        letters.next() == Some('s') && letters.next().is_some_and(|digit| digit.is_ascii_digit())
    };
    let missing: Vec<&str> = SOURCES
        .iter()
        .flat_map(|source| tests_of(source))
        .filter(sectioned)
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "not on the page: {missing:#?}");
}

#[test]
fn every_budget_of_the_configuration_is_on_the_page() {
    let named = names_of(PAGE);
    for budget in ["_per_", "tracked_", "_percent", "_life:", "silent_after"] {
        for line in CONFIG
            .lines()
            .filter(|line| line.trim_start().starts_with("pub ") && line.contains(budget))
        {
            let name = line
                .trim_start()
                .trim_start_matches("pub ")
                .split(':')
                .next()
                .unwrap();
            assert!(named.contains(name), "{name}");
        }
    }
}
