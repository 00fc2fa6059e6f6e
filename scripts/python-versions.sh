#!/usr/bin/env bash
# Tries the wheel that `make wheel` built on every CPython that is here.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

for version in "${PYTHON_VERSIONS[@]}"; do
    [[ -n $(find_python "$version") ]] || echo "-- NOT CHECKED: CPython $version, which is not installed"
done
status=0
while read -r version path; do
    { venv "cpython-$version" "$path" wheel-test && install_wheel "cpython-$version" &&
        "$VENVS/cpython-$version/bin/python" python/tools/smoke.py; } || status=1
done < <(all_pythons)
exit $status
