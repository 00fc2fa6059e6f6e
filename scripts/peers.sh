#!/usr/bin/env bash
# Installs what the tests with real peers use, so that no two of them do it at the same time. Needs the wheel.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

need_rust
need openssl openssl
"$CARGO" build --release --locked -p engineio-cli
conformance/run.sh --prepare
for environment in tests conformance hosting hosting-eventlet suite-engineio suite-socketio; do
    venv "$environment"
    install_wheel "$environment"
done
install_list suite-socketio socketio-peers --no-deps
install_list hosting-eventlet clients
