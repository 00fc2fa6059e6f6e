#!/usr/bin/env bash
# Tests the scripts that run the tests.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need python3 python3-venv
need node nodejs
exec python3 -m unittest discover --start-directory scripts/tests --top-level-directory scripts
