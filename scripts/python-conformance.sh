#!/usr/bin/env bash
# python-conformance.sh HOST[,HOST...] [GROUP...]: runs the checks of conformance/ against a Python server in that host; see
# conformance/README.md. Several hosts are tried at the same time, as most cases wait. SUBJECT=original has them meet
# python-engineio instead, which fails many.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

hosts=${1:?which host? werkzeug, gevent, uvicorn or aiohttp}
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

# check HOST GROUP...
check() {
    local host=$1
    shift
    CONFORMANCE_SERVER="$PWD/$VENVS/$environment/bin/python $PWD/conformance/hosts/serve.py $host --package $package {args}" \
        CONFORMANCE_STYLE=python CONFORMANCE_HOST=$host conformance/run.sh "$@"
}

if [[ $hosts != *,* ]]; then
    check "$hosts" "$@"
    exit
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
declare -A running=()
for host in ${hosts//,/ }; do
    check "$host" "$@" >"$logs/$host" 2>&1 &
    running[$host]=$!
done
status=0
for host in "${!running[@]}"; do
    wait "${running[$host]}" || status=1
    echo "-- $host"
    cat "$logs/$host"
done
exit $status
