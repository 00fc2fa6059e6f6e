#!/usr/bin/env bash
# python-hosting.sh [PYTEST ARGUMENT...]: tries the Python package in every server that can host it, with real clients;
# HOSTS=werkzeug,uvicorn limits that to some. Needs the wheel: `make wheel`.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

need_npm_packages
need openssl openssl
need cc gcc
for environment in hosting hosting-eventlet; do
    venv "$environment"
    install_wheel "$environment"
done
export HOSTS_PYTHON=$PWD/$VENVS/hosting/bin/python HOSTS_PYTHON_EVENTLET=$PWD/$VENVS/hosting-eventlet/bin/python
cd conformance/hosting
run_cases hosting pytest "$HOSTS_PYTHON" -m pytest --quiet -- "$@"
