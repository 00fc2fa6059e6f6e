#!/usr/bin/env bash
# step.sh NAME COMMAND...: runs one step of a target under a heading, and says which one failed.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
printf '\n== %s\n' "$name"
"$@" || {
    status=$?
    printf '\n== FAILED: %s\n' "$name" >&2
    exit "$status"
}
