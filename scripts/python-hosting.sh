#!/usr/bin/env bash
# python-hosting.sh [PYTEST ARGUMENT...]: tries the Python package in every server that can host it, with real clients;
# HOSTS=werkzeug,uvicorn limits that to some. Needs the wheel: `make wheel`.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

need node nodejs
need npm npm
need openssl openssl
need cc gcc
for environment in hosting hosting-eventlet; do
    venv "$environment"
    install_wheel "$environment"
done
[[ conformance/node_modules/.package-lock.json -nt conformance/package-lock.json ]] || (cd conformance && npm ci)
export HOSTS_PYTHON=$PWD/$VENVS/hosting/bin/python HOSTS_PYTHON_EVENTLET=$PWD/$VENVS/hosting-eventlet/bin/python
cd conformance/hosting
exec "$HOSTS_PYTHON" -m pytest --quiet "$@"
