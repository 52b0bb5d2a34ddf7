#!/bin/sh
# Makes the Debian package: target/debian/parlour_*.deb. Needs cargo-deb (cargo install cargo-deb).
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked -p parlour
# Manual and completions come from the program itself.
mkdir -p target/package/man
target/release/parlour man target/package/man
target/release/parlour completions bash > target/package/parlour.bash
target/release/parlour completions zsh > target/package/_parlour
target/release/parlour completions fish > target/package/parlour.fish
cargo deb --no-build --locked -p parlour
