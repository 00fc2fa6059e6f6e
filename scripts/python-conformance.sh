#!/usr/bin/env bash
# python-conformance.sh HOST [GROUP | GROUP/FILE | GROUP/FILE::CASE]...: runs the checks of conformance/ (default: wire and
# attacks) against a Python server in that host; see conformance/README.md. SUBJECT=original has them meet python-engineio
# instead, which fails many.
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
    install_list "$environment" original
else
    venv "$environment"
    install_wheel "$environment"
fi
[[ $# -gt 0 ]] || set -- wire attacks

export SUITE=$host CONFORMANCE_HOST=$host CONFORMANCE_STYLE=python
export CONFORMANCE_SERVER="$PWD/$VENVS/$environment/bin/python $PWD/conformance/hosts/serve.py $host --package $package {args}"
exec conformance/run.sh "$@"
