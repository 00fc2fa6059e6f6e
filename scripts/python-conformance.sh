#!/usr/bin/env bash
# python-conformance.sh HOST [GROUP|FILE...]: runs the checks of conformance/ against a Python server in that host; see
# conformance/README.md. SUBJECT=original has them meet python-engineio instead, which fails many.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

host=${1:?which host? werkzeug, gevent, uvicorn or aiohttp}
shift
subject=${SUBJECT:-ours}
need node nodejs
need npm npm
package=engineio_rs
environment=conformance
if [[ $subject == original ]]; then
    package=engineio
    environment+=-original
    venv "$environment" "" conformance
    "$VENVS/$environment/bin/pip" install --quiet --disable-pip-version-check python-engineio==4.15.1 simple-websocket==1.1.0
else
    venv "$environment"
    install_wheel "$environment"
fi
export CONFORMANCE_SERVER="$PWD/$VENVS/$environment/bin/python $PWD/conformance/hosts/serve.py $host --package $package {args}"
export CONFORMANCE_STYLE=python CONFORMANCE_HOST=$host
[[ $# -gt 0 ]] || set -- wire attacks
exec conformance/run.sh "$@"
