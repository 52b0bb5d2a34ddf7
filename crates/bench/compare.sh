#!/usr/bin/env bash
# Builds Parlour's release binary, the seat holder and the load generator, then compares servers on this machine.
# Options are those of `parlour-bench compare`; try --help. Needs Linux with util-linux, openssl, and two cores. For the others:
# apt-get install coturn, and cargo install turn-server --version 4.1.5 --locked --root target/turn-rs (needs protoc).
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release -p parlour
cargo build --release -p parlour-client --example hold-seats
cargo build --release -p parlour-bench
exec "$target/release/parlour-bench" compare \
  --parlour "$target/release/parlour" \
  --hold-seats "$target/release/examples/hold-seats" \
  --turn-rs "$target/turn-rs/bin/turn-server" "$@"
