#!/usr/bin/env bash
# Everything that must pass, quick checks first. People run it, CI runs it (.ci/run), nothing else counts.
#
#   ./test.sh               all steps but the long ones
#   ./test.sh --quick       without browsers and the release build
#   ./test.sh --long        what takes long and is no part of the normal run: minutes to half an hour each
#   ./test.sh --only STEP   one step of any kind (may be repeated); ./test.sh --list names them
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TERM_COLOR=never DEBIAN_FRONTEND=noninteractive

STEPS=(install format deny-names lints rust docs web oracle release compose e2e)
QUICK=(format deny-names lints rust docs web oracle)
LONG=(polling soak relay-call scan four)
passed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

say() { printf '\n== %s\n' "$*"; }
die() { printf '\ntest.sh: %s\n' "$*" >&2; exit 1; }

# Runs a command, shows its output, keeps it for counting.
keep() {
  local name=$1
  shift
  "$@" 2>&1 | tee "$log/$name" || die "step '$name' failed: $*"
}

# Adds up what a runner says it passed; a runner that ran nothing is a failure, not a success.
count() {
  local n
  n=$({ grep -oE "$2" "$log/$1" || true; } | { grep -oE '[0-9]+' || true; } | awk '{ all += $1 } END { print all + 0 }')
  [ "$n" -gt 0 ] || die "step '$1' ran no test"
  passed=$((passed + n))
}

need() { command -v "$1" >/dev/null 2>&1; }

step_install() {
  need cargo || die "install Rust 1.95 or newer first (https://rustup.rs), then run this again"
  local missing=()
  need chromium || missing+=(chromium)
  need firefox-esr || missing+=(firefox-esr)
  need turnutils_uclient || missing+=(coturn)
  need ip || missing+=(iproute2)
  need nft || missing+=(nftables)
  need Xvfb || missing+=(xvfb)
  need certutil || missing+=(libnss3-tools)
  need openssl || missing+=(openssl)
  need curl || missing+=(curl)
  need slowhttptest || missing+=(slowhttptest)
  need prlimit && need taskset || missing+=(util-linux)
  need node || missing+=(nodejs)
  need npm || missing+=(npm)
  need cc || missing+=(gcc libc6-dev)
  need python3 || missing+=(python3)
  need docker-compose || missing+=(docker-compose)
  need nginx || missing+=(nginx-light)
  need caddy || missing+=(caddy)
  need pebble || missing+=(pebble)
  need faketime || missing+=(faketime)
  need systemd-analyze || missing+=(systemd)
  /usr/bin/python3 -c 'import yaml' 2>/dev/null || missing+=(python3-yaml)
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
  fc-list 2>/dev/null | grep -qi dejavu || missing+=(fontconfig fonts-dejavu-core)
  if [ ${#missing[@]} -gt 0 ]; then
    need apt-get || die "these are missing and this is no Debian, so install them yourself: ${missing[*]}"
    [ "$(id -u)" = 0 ] || die "these are missing; run as root or: sudo apt-get install ${missing[*]}"
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${missing[@]}"
  fi
  node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' ||
    die "the tests of the page need Node 20 or newer (WebCrypto with X25519); this is $(node --version)"
  (cd web && npm ci --no-audit --no-fund --silent)
}

step_format() { cargo fmt --all --check; }

# The border of the pure crates: what they may depend on, by name (house.md, "Who may import whom").
step_deny-names() {
  direct() { cargo tree --locked -p "$1" -e normal --depth 1 --prefix none --format '{p}' | tail -n +2 | awk '{print $1}' | sort -u | tr '\n' ' '; }
  expect() {
    local have
    have=$(direct "$1")
    [ "$have" = "$2 " ] || die "$1 may depend on: $2
it depends on:      $have
a pure crate thinks twice; if the new one is right, change the list in test.sh and say why"
  }
  expect parlour-credentials "base64 hmac sha1 sha2 uuid"
  expect parlour-relay "hmac md-5 parlour-credentials rand sha1 sha2 subtle"
  expect parlour-signaling "base64 ed25519-dalek parlour-credentials rand serde serde_json sha2"
  ! cargo tree --locked -p parlour -e normal -i h2 2>/dev/null | grep -q . || die "h2 has come in; HTTP/1.1 is all we speak"
  # app/ uses the SDK by its public door only; sdk/ knows no DOM.
  ! grep -rnE "from '\.\./(\.\./)?sdk/" web/app --include='*.js' | grep -v "sdk/parlour.js'" || die "web/app imports past sdk/parlour.js"
  ! grep -rnE '\b(document|window)\.[a-zA-Z]' web/sdk --include='*.js' | grep -vE ':\s*(\*|//)' || die "web/sdk touches the DOM"
  ! grep -rnE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(' web/app web/sdk --include='*.js' | grep -vE ':\s*(\*|//)' || die "web/ builds DOM from text"
}

step_lints() { cargo clippy --locked --workspace --all-targets -- -D warnings; }

# Many tests mostly wait, so three programs run at a time; what each says comes out when it has ended.
step_rust() {
  cargo test --locked --workspace --no-run --message-format json-render-diagnostics >"$log/built"
  keep rust three_at_a_time
  keep rust-doc cargo test --locked --workspace --doc
  count rust '[0-9]+ passed'
  count rust-doc '[0-9]+ passed'
}

three_at_a_time() {
  python3 -c '
import json, os, sys
for line in sys.stdin:
    built = json.loads(line)
    if built.get("profile", {}).get("test") and built.get("executable"):
        print(os.path.dirname(built["manifest_path"]), built["executable"], sep="\0", end="\0")' <"$log/built" |
    xargs -0 -n 2 -P 3 bash -c 'cd "$0" && said=$("$1" 2>&1) && echo "$said" || { echo "$said"; echo "FAILED: $1"; exit 1; }'
}

step_docs() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet; }

step_web() {
  [ -d web/node_modules ] || (cd web && npm ci --no-audit --no-fund --silent)
  (cd web && npx tsc -p .)
  # Mostly waits: more files at a time than there are cores.
  keep web node --test --test-concurrency=8 web/test/
  count web '^# pass [0-9]+'
  ! grep -E '^# (skipped|todo) [1-9]' "$log/web" || die "a JavaScript test was skipped"
}

# The second implementation of the sealing, in Python, against the committed vectors.
step_oracle() {
  local venv=target/oracle-venv
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/python" -c 'import cryptography' 2>/dev/null || "$venv/bin/pip" install -q -r e2e/oracle/requirements.txt
  keep oracle "$venv/bin/python" e2e/oracle/check.py
  count oracle '[0-9]+ passed$'
}

step_release() { cargo build --release --locked; }

# Only the form can be checked where no container engine runs.
step_compose() {
  local file
  for file in docker-compose.yml docker-compose.bridge.yml; do docker-compose --file "$file" config --quiet; done
}

step_e2e() {
  [ -x target/release/parlour ] || cargo build --release --locked
  [ -d e2e/node_modules/axe-core ] || (cd e2e && npm ci --no-audit --no-fund --silent)
  keep e2e node e2e/run.mjs
  count e2e '[0-9]+ passed, 0 failed'
}

# Everything that meets a server, where no WebSocket gets through: the tests of the SDK, then the hostile server's signals.
step_polling() {
  [ -x target/release/parlour ] || cargo build --release --locked
  local tests
  tests=$(grep -lE "fakes/(server|world|meetings)" web/test/*.test.js) || die "no test of web/test meets a server"
  # shellcheck disable=SC2086 # names without spaces
  keep polling env PARLOUR_TEST_CARRIER=polling node --test --test-concurrency=8 $tests
  count polling '^# pass [0-9]+'
  keep polling-hostile env PARLOUR_TEST_CARRIER=polling node e2e/run.mjs --only hostile-frames
  count polling-hostile '[0-9]+ passed, 0 failed'
}

# Half an hour of an honest meeting that life disturbs; PARLOUR_SOAK_MINUTES and PARLOUR_SOAK_SEED as in the test.
step_soak() {
  [ -x target/release/parlour ] || cargo build --release --locked
  keep soak env PARLOUR_SOAK_MINUTES="${PARLOUR_SOAK_MINUTES:-30}" node --test e2e/tests/soak.test.mjs
  count soak '^# pass [0-9]+'
}

# Calls of every pairing by the relay alone, one over UDP, one over TCP, one over TLS, for twenty minutes; PARLOUR_CALL_MINUTES
# for another length, PARLOUR_CALL_TURN=1 and 2 for the transports dealt out the other ways.
step_relay-call() {
  [ -x target/release/parlour ] || cargo build --release --locked
  keep relay-call node --test e2e/long/relay-call.test.mjs
  count relay-call '^# pass [0-9]+'
}

# Four people with full cameras on one machine, one of them with a page that has no time.
step_four() {
  [ -x target/release/parlour ] || cargo build --release --locked
  keep four node --test e2e/long/four.test.mjs
  count four '^# pass [0-9]+'
}

# Scanners of TLS against the program.
step_scan() {
  [ -x target/release/parlour ] || cargo build --release --locked
  local venv=target/sslyze-venv
  [ -x "$venv/bin/sslyze" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q sslyze==6.3.1; }
  need testssl || die "install testssl.sh (Debian) first"
  keep scan env SSLYZE="$PWD/$venv/bin/sslyze" node --test e2e/long/scan.test.mjs
  count scan '^# pass [0-9]+'
}

run=()
while [ $# -gt 0 ]; do
  case $1 in
    --list) printf '%s\n' "${STEPS[@]}" "${LONG[@]}"; exit 0 ;;
    --quick) run+=("${QUICK[@]}") ;;
    --long) run+=("${LONG[@]}") ;;
    --only)
      [ $# -ge 2 ] || die "--only needs the name of a step: ${STEPS[*]} ${LONG[*]}"
      printf '%s\n' "${STEPS[@]}" "${LONG[@]}" | grep -qx -- "$2" || die "there is no step '$2'; there are: ${STEPS[*]} ${LONG[*]}"
      run+=("$2")
      shift
      ;;
    *) die "unknown option '$1'; try --quick, --long, --only STEP, --list" ;;
  esac
  shift
done
[ ${#run[@]} -gt 0 ] || run=("${STEPS[@]}")

for step in "${run[@]}"; do
  say "$step"
  started=$SECONDS
  "step_$step"
  printf -- '-- %s: %d s\n' "$step" $((SECONDS - started))
done

printf '\n%d passed, 0 failed\n' "$passed"
