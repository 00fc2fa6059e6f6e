#!/usr/bin/env bash
# Tries the wheel that `make wheel` built where its modules are no source files: byte code only, a zip, and PyInstaller.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

venv frozen
install_wheel frozen
"$VENVS/frozen/bin/python" python/tools/frozen.py
