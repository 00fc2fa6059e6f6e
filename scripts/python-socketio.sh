#!/usr/bin/env bash
# python-socketio.sh [APP...]: runs npm socket.io-client against Socket.IO applications on our package: `flask` is
# Flask-SocketIO on werkzeug, `asgi` is python-socketio on uvicorn. SUBJECT=original puts python-engineio under them.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

subject=${SUBJECT:-ours}
need node nodejs
need npm npm
package=engineio_rs
environment=suite-socketio
if [[ $subject == original ]]; then
    package=engineio
    environment+=-original
fi
[[ $# -gt 0 ]] || set -- flask asgi
venv "$environment" "" suite-socketio
"$VENVS/$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps -r python/requirements/socketio-peers.txt
if [[ $subject == original ]]; then
    "$VENVS/$environment/bin/pip" install --quiet --disable-pip-version-check python-engineio==4.15.1 simple-websocket==1.1.0 websockets==17.4
else
    install_wheel "$environment"
fi
status=0
for app in "$@"; do
    echo "-- socket.io-client and $app"
    CONFORMANCE_SERVER="$PWD/$VENVS/$environment/bin/python $PWD/conformance/socketio/app.py $app --package $package {args}" \
        conformance/run.sh socketio || status=1
done
exit $status
