#!/usr/bin/env bash
# Runs what takes too long for every change: SEEDS (400000) random conversations over a faulty network, in virtual time.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
export ENGINEIO_SEEDS=${SEEDS:-400000}
run_cases soak cargo "$CARGO" test --release --locked -p engineio-testkit --test faults --
