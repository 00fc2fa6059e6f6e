#!/usr/bin/env bash
# Checks the types of the Python package: mypy --strict over its source, and the native module's stubs against the module.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

venv types
install_wheel types
"$VENVS/types/bin/mypy" --config-file python/pyproject.toml --strict python/engineio_rs
"$VENVS/types/bin/python" -m mypy.stubtest engineio_rs._core
