#!/usr/bin/env bash
# python-conformance.sh HOST[,HOST...] [GROUP...]: runs the checks of conformance/ against a Python server in that host; see
# conformance/README.md. Two hosts are tried at a time, as most cases wait. SUBJECT=original has them meet
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
failed=()
for host in ${hosts//,/ }; do
    # More than two at a time would take the time from each other that the cases give a server.
    [[ $(jobs -rp | wc -l) -lt 2 ]] || wait -n || true
    { check "$host" "$@" && touch "$logs/$host.passed"; } >"$logs/$host" 2>&1 &
done
wait
for host in ${hosts//,/ }; do
    echo "-- $host"
    cat "$logs/$host"
    [[ -f $logs/$host.passed ]] || failed+=("$host")
done
[[ ${#failed[@]} == 0 ]] || fail "failed in: ${failed[*]}"
