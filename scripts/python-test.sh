#!/usr/bin/env bash
# Tests the wheel that `make wheel` built: on every CPython that is here, its types, others' own suites, real peers, and
# our own tests. Ends with pytest's own closing lines.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

export PYTHONDONTWRITEBYTECODE=1
failed=()

# part NAME COMMAND...: runs a part; one that fails does not keep the others from being run.
part() {
    echo "-- $1"
    ("${@:2}") || failed+=("$1")
}

on_every_python() {
    local version path status=0
    while read -r version path; do
        venv "cpython-$version" "$path" wheel-test && install_wheel "cpython-$version" &&
            "$VENVS/cpython-$version/bin/python" python/tools/smoke.py || status=1
    done < <(all_pythons)
    return $status
}

# The package is the installed one: from inside of python/ the source would be taken.
own_tests() {
    need_npm_packages
    need openssl openssl
    [[ -n ${ENGINEIO_BIN:-} ]] || "$CARGO" build --release --locked --quiet -p engineio-cli || return 1
    venv tests
    install_wheel tests
    local python=$PWD/$VENVS/tests/bin/python
    (cd python/tests && "$python" -m pytest -p no:cacheprovider -q --timeout 300 .)
}

part "the wheel on every CPython that is here" on_every_python
part "types" scripts/python-types.sh
part "npm socket.io-client with Flask-SocketIO and python-socketio" scripts/python-socketio.sh
part "python-engineio's own tests" scripts/python-suite.sh engineio
part "python-socketio's own tests" scripts/python-suite.sh socketio
part "our own tests" own_tests
[[ ${#failed[@]} == 0 ]] || fail "failed: $(printf '%s; ' "${failed[@]}")"
