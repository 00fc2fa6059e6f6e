#!/usr/bin/env bash
# Checks the types of the Python package: mypy --strict over its source, the native module's stubs against the module, and
# programs written for python-engineio against our types.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

venv types
install_wheel types
"$VENVS/types/bin/python" -m mypy --config-file python/pyproject.toml --strict python/engineio_rs
"$VENVS/types/bin/python" -m mypy.stubtest engineio_rs._core

as_engineio=$(mktemp -d)
trap 'rm -rf "$as_engineio"' EXIT
ln -s "$PWD/python/engineio_rs" "$as_engineio/engineio"
MYPYPATH=$as_engineio "$VENVS/types/bin/python" -m mypy --config-file= --check-untyped-defs python/tests/examples
