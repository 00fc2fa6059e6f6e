#!/usr/bin/env bash
# python-own.sh [PYTEST ARGUMENT...]: runs our own tests of the Python package, as it is installed. Needs the wheel.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

need_rust
need_npm_packages
need openssl openssl
[[ -n ${ENGINEIO_BIN:-} ]] || "$CARGO" build --release --locked --quiet -p engineio-cli
venv tests
install_wheel tests
# Its servers choose eventlet where it is installed, so it is not among the tests' own packages.
venv hosting-eventlet
install_list hosting-eventlet clients
install_wheel hosting-eventlet
export EVENTLET_PYTHON=$PWD/$VENVS/hosting-eventlet/bin/python
python=$PWD/$VENVS/tests/bin/python
# From inside of python/ the source would be taken.
cd python/tests
export PYTHONDONTWRITEBYTECODE=1
[[ $# -gt 0 ]] || set -- .
run_cases python pytest "$python" -m pytest -p no:cacheprovider --quiet --timeout 300 -- "$@"
