#!/usr/bin/env bash
# Builds the wheel of the Python package into python/dist, and checks what is in it.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

need_rust
venv build
mkdir -p "$DIST"
# The texts of everything that is linked in; what begins with LICENSE- is packed.
"$VENVS/build/bin/python" python/tools/licences.py python/LICENSE-THIRD-PARTY
built=$(mktemp -d "$DIST/build.XXXXXX")
trap 'rm -rf "$built"' EXIT
"$VENVS/build/bin/python" -m maturin build --release --locked --strip --manifest-path python/Cargo.toml \
    --interpreter "$VENVS/build/bin/python" --out "$built"
"$VENVS/build/bin/python" python/tools/check_wheel.py "$built"/*.whl
# An unchanged wheel keeps its date, so that environments need not install it again.
for wheel in "$built"/*.whl; do
    cmp -s "$wheel" "$DIST/${wheel##*/}" && continue
    rm -f "$DIST"/*.whl
    mv "$wheel" "$DIST/"
done
