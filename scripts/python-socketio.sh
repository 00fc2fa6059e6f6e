#!/usr/bin/env bash
# python-socketio.sh [APP [FILE...]]: runs npm socket.io-client against Socket.IO applications on our package: `flask` is
# Flask-SocketIO on werkzeug, `asgi` is python-socketio on uvicorn. SUBJECT=original puts python-engineio under them.
# `clients`, which is ours only, is python-socketio's clients against npm socket.io.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

subject=${SUBJECT:-ours}
need_npm_packages
package=engineio_rs
environment=suite-socketio
if [[ $subject == original ]]; then
    package=engineio
    environment+=-original
fi
apps=("${@:1:1}")
if [[ $# == 0 ]]; then
    apps=(flask asgi)
    [[ $subject == original ]] || apps+=(clients)
fi
files=("${@:2}")
venv "$environment" "" suite-socketio
install_list "$environment" socketio-peers --no-deps
if [[ $subject == original ]]; then
    install_list "$environment" original
else
    install_wheel "$environment"
fi
status=0

# python-socketio's clients on our package, against npm socket.io.
clients() {
    local python=$PWD/$VENVS/$environment/bin/python
    # Servers choose a library of greenlets where it is installed; here are clients only.
    venv socketio-green
    install_list socketio-green socketio-peers --no-deps
    install_wheel socketio-green
    export GREEN_PYTHON=$PWD/$VENVS/socketio-green/bin/python
    cd conformance/socketio
    run_cases socketio-clients pytest "$python" -m pytest -p no:cacheprovider --quiet --timeout 300 -- \
        "${files[@]:-test_clients.py}"
}

for app in "${apps[@]}"; do
    if [[ $app == clients ]]; then
        echo "-- npm socket.io and python-socketio's clients"
        (clients) || status=1
        continue
    fi
    echo "-- socket.io-client and $app"
    CONFORMANCE_SERVER="$PWD/$VENVS/$environment/bin/python $PWD/conformance/socketio/app.py $app --package $package {args}" \
        SUITE=socketio-$app conformance/run.sh "${files[@]:-socketio}" || status=1
done
exit $status
