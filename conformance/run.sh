#!/usr/bin/env bash
# Runs real clients and raw attacks against a real server. Installs what is missing first.
# Usage: run.sh [GROUP]...      groups: wire attacks peers browser python (default: all), and socketio, which needs
# CONFORMANCE_SERVER to be a Socket.IO server
set -uo pipefail
# A relative path is meant from where the caller stands.
[[ -n ${ENGINEIO_BIN:-} ]] && export ENGINEIO_BIN=$(realpath -m "$ENGINEIO_BIN")
cd "$(dirname "$0")" || exit 1

JS_GROUPS=(wire attacks peers browser)
OTHER_JS_GROUPS=(socketio)
# No file needs nearly as long; one that hangs must not hold up the rest for ever.
FILE_TIMEOUT_MS=300000
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

need_chromium() {
  [[ -x $CHROMIUM ]] && return
  [[ $EUID -eq 0 ]] || fail "no browser at $CHROMIUM: install the package chromium, or set CHROMIUM"
  { apt-get update && apt-get install --yes --no-install-recommends chromium; } || fail "cannot install chromium"
}

need_python() {
  need python3 "Python 3.9 or newer"
  [[ .venv/installed -nt python/requirements.txt ]] && return
  { python3 -m venv .venv && .venv/bin/pip install --quiet -r python/requirements.txt && touch .venv/installed; } ||
    fail "cannot install the Python clients"
}

wants() {
  [[ " ${groups[*]} " == *" $1 "* ]]
}

run_js() {
  local files=() group
  for group in "${JS_GROUPS[@]}" "${OTHER_JS_GROUPS[@]}"; do
    wants "$group" && files+=("$group"/*.test.js)
  done
  [[ ${#files[@]} -eq 0 ]] && return
  need_node
  wants browser && need_chromium
  node --test --test-reporter=spec --test-timeout="$FILE_TIMEOUT_MS" \
    --test-concurrency="$FILES_AT_A_TIME" "${files[@]}"
}

run_python() {
  wants python || return 0
  .venv/bin/python -m pytest --quiet python
}

groups=("$@")
[[ $# -gt 0 ]] || groups=("${JS_GROUPS[@]}" python)
for group in "${groups[@]}"; do
  [[ " ${JS_GROUPS[*]} ${OTHER_JS_GROUPS[*]} python " == *" $group "* ]] || fail "unknown group $group"
done

need_server
wants python && need_python
status=0
run_js || status=1
run_python || status=1
exit $status
