#!/usr/bin/env bash
# Tests the wheel that `make wheel` built: our own tests on the interpreter of the tests, those that need no host on every
# other one, others' own suites, and real peers. Ends with pytest's own closing lines.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

export PYTHONDONTWRITEBYTECODE=1
status=0
failed=()

# part NAME COMMAND...: runs a part; one that fails does not keep the others from being run.
part() {
    echo "-- $1"
    "${@:2}" || {
        status=1
        failed+=("$1")
    }
}

# The package is the installed one: the tests run outside of the directory that has its source.
own_tests() {
    local python=$PWD/$VENVS/$1/bin/python
    shift
    (cd python/tests && "$python" -P -m pytest -p no:cacheprovider -q "$@" 2>&1) ||
        return 1
}

on_every_python() {
    local version path
    while read -r version path; do
        venv "cpython-$version" "$path" wheel-test
        install_wheel "cpython-$version"
        "$VENVS/cpython-$version/bin/python" python/tools/smoke.py || return 1
    done < <(all_pythons)
}

part "the wheel on every CPython that is here" on_every_python
part "python-engineio's own tests" scripts/python-suite.sh engineio
part "socket.io-client with Flask-SocketIO and python-socketio" scripts/python-socketio.sh
part "the wire checks on werkzeug" scripts/python-conformance.sh werkzeug wire attacks
part "python-socketio's own tests" scripts/python-suite.sh socketio
venv main
install_wheel main
part "types" scripts/python-types.sh
part "our own tests" own_tests main
[[ $status == 0 ]] || fail "failed: $(printf '%s; ' "${failed[@]}")"
