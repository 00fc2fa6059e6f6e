#!/usr/bin/env bash
# unit.sh [PACKAGE/TARGET[::CASE]...]: runs the unit, integration and documentation tests; `lib`, `bin` and `doc` are targets.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
run_cases rust cargo "$CARGO" test --workspace --all-features --locked -- "$@"
