#!/usr/bin/env bash
# advisories.sh: asks the databases of advisories (RustSec, PyPI) for everything that is built, tested with or packed.
# Not a part of `make test`: it would make yesterday's green commit red today.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

status=0
ask() {
    echo "-- $1"
    "${@:2}" || status=1
}

ask_cargo() {
    local manifest
    for manifest in Cargo.toml fuzz/Cargo.toml bench/Cargo.toml; do
        ask "crates of $manifest" env DENY_CHECKS=advisories DENY_MANIFEST="$manifest" scripts/deny.sh
    done
}

# Each package that an environment of the tests has, in the one version that it has.
ask_pip() {
    venv audit
    ask "Python packages" "$VENVS/audit/bin/python" -m pip_audit --progress-spinner off --strict --no-deps --disable-pip \
        --requirement "$REQUIREMENTS/constraints.txt"
}

ask_cargo
ask_pip
exit $status
