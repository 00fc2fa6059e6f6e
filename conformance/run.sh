#!/usr/bin/env bash
# Runs real clients and raw attacks against a real server, and our client against real servers. Installs what is
# missing first.
# Usage: run.sh [--prepare] [GROUP | GROUP/FILE | GROUP/FILE::CASE]...      --prepare: only installs what is missing
# groups: wire autobahn attacks peers browser client cli python terminal (default: all), and socketio, which needs
# CONFORMANCE_SERVER to be a Socket.IO server. A case is named as a failure names it: GROUP > NAME.
set -uo pipefail
# A relative path is meant from where the caller stands.
[[ -n ${ENGINEIO_BIN:-} ]] && export ENGINEIO_BIN=$(realpath -m "$ENGINEIO_BIN")
cd "$(dirname "$0")" || exit 1

JS_GROUPS=(wire autobahn attacks peers browser client cli)
OTHER_JS_GROUPS=(socketio)
PYTEST_GROUPS=(python terminal)
# No file needs nearly as long; one that hangs must not hold up the rest for ever.
FILE_TIMEOUT_MS=900000
# Test files at a time: many of them wait rather than work.
FILES_AT_A_TIME=${FILES_AT_A_TIME:-3}
CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
BINARY=${ENGINEIO_BIN:-../target/release/engineio}

fail() {
  echo "run.sh: $*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "$1 is missing: install $2"
}

need_server() {
  [[ -n ${CONFORMANCE_SERVER:-} || -x $BINARY ]] ||
    fail "no server at $BINARY: build it (cargo build --release) or set ENGINEIO_BIN or CONFORMANCE_SERVER"
}

need_node() {
  need node "Node.js 20 or newer"
  need npm "npm"
  [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci || fail "npm ci failed"
}

# need_package PACKAGE WORDS...: installs a Debian package, or fails with these words.
need_package() {
  local package=$1
  shift
  [[ $EUID -eq 0 ]] || fail "$*"
  { apt-get update -qq && apt-get install --yes -qq --no-install-recommends "$package"; } ||
    fail "cannot install $package"
}

need_chromium() {
  [[ -x $CHROMIUM ]] || need_package chromium "no browser at $CHROMIUM: install chromium, or set CHROMIUM"
}

# The servers, proxies and certificates that our client is held against.
need_servers() {
  need cargo "Rust, for the peer engineioxide"
  cargo build --quiet --locked --manifest-path servers/engineioxide/Cargo.toml || fail "cannot build engineioxide"
  cargo build --quiet --locked --release --manifest-path ../Cargo.toml --package engineio --example axum ||
    fail "cannot build the example axum"
  command -v microsocks >/dev/null || need_package microsocks "microsocks, the SOCKS proxy, is missing: install it"
  need openssl openssl
}

need_python() {
  need python3 "Python 3.11 or newer"
  [[ .venv/installed -nt python/requirements.txt && .venv/installed -nt ../python/requirements/constraints.txt ]] && return
  { python3 -m venv .venv && .venv/bin/pip install --quiet -r python/requirements.txt && touch .venv/installed; } ||
    fail "cannot install the Python clients"
}

wants() {
  [[ " ${groups[*]} " == *" $1 "* ]]
}

# selected GROUP: what was asked for of a group.
selected() {
  local one
  for one in "${selection[@]}"; do
    [[ ${one%%/*} == "$1" ]] && printf '%s\0' "$one"
  done
}

# cases RUNNER PREFIX... -- SELECTION...: runs them, with a second look at what fails.
cases() {
  need python3 "Python 3.11 or newer"
  ../scripts/run_cases.py "${SUITE:-conformance}" "$@"
}

run_js() {
  local files=() group one
  for group in "${JS_GROUPS[@]}" "${OTHER_JS_GROUPS[@]}"; do
    while IFS= read -r -d '' one; do
      [[ $one == */* ]] && files+=("$one") || files+=("$group"/*.test.js)
    done < <(selected "$group")
  done
  [[ ${#files[@]} -eq 0 ]] && return
  need_node
  wants browser && need_chromium
  cases node node --test --test-timeout="$FILE_TIMEOUT_MS" --test-concurrency="$FILES_AT_A_TIME" -- "${files[@]}"
}

run_pytest() {
  local group status=0 wanted
  for group in "${PYTEST_GROUPS[@]}"; do
    wants "$group" || continue
    mapfile -d '' -t wanted < <(selected "$group")
    cases pytest .venv/bin/python -m pytest --quiet -- "${wanted[@]}" || status=1
  done
  return $status
}

prepare=
[[ ${1:-} == --prepare ]] && prepare=yes && shift
selection=("$@")
[[ $# -gt 0 ]] || selection=("${JS_GROUPS[@]}" "${PYTEST_GROUPS[@]}")
groups=("${selection[@]%%/*}")
for group in "${groups[@]}"; do
  [[ " ${JS_GROUPS[*]} ${OTHER_JS_GROUPS[*]} ${PYTEST_GROUPS[*]} " == *" $group "* ]] || fail "unknown group $group"
done

need_server
if wants client || wants cli || wants python || wants terminal; then need_python; fi
if wants client || wants cli; then need_servers; fi
if [[ -n $prepare ]]; then
  need_node
  wants browser && need_chromium
  exit 0
fi
status=0
run_js || status=1
run_pytest || status=1
exit $status
