#!/usr/bin/env bash
# Builds Parlour's release binary and the load generator, has npm put two signaling servers of others into target/, then
# compares them on this machine. Options are those of `parlour-bench signaling`; try --help. Needs Linux with util-linux,
# node, npm, two cores, and 20 000 open files.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
others=$target/signaling-servers
ulimit -n "$(ulimit -Hn)"
cargo build --release -p parlour
cargo build --release -p parlour-bench
if [ ! -e "$others/node_modules/peer" ] || [ ! -e "$others/node_modules/y-webrtc" ]; then
  mkdir -p "$others"
  npm install --prefix "$others" --no-save --no-audit --no-fund --ignore-scripts --silent peer@1.0.2 y-webrtc@10.3.0 yjs@13 ws@8
fi
exec "$target/release/parlour-bench" signaling --parlour "$target/release/parlour" --node-modules "$others/node_modules" "$@"
