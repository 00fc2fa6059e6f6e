#!/usr/bin/env bash
# fuzz.sh --runs N | --seconds N [TARGET...]: builds the fuzz targets and runs them, one after the other.
#
# The targets are those of cargo-fuzz, which also works. libFuzzer's coverage is what a stable compiler can do;
# SANITIZER=address adds AddressSanitizer, for the unsafe code of dependencies, and takes rustup's nightly.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
    fail "usage: scripts/fuzz.sh --runs N | --seconds N [TARGET...]"
}

found=fuzz/target/corpus
case ${1:-} in
--runs)
    # The same runs every time: what fails is found again, and what passed keeps passing.
    limits=("-runs=${2:?}" -seed=1)
    found=$(mktemp -d)
    trap 'rm -rf "$found"' EXIT
    ;;
--seconds) limits=("-max_total_time=${2:?}") ;;
*) usage ;;
esac
shift 2

need_rust
need c++ g++
fuzz_cargo build
bin=fuzz/target/$(host)/release

targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
    mapfile -t targets < <(awk -F'"' '/^\[/ { bin = $0 == "[[bin]]" } bin && /^name/ { print $2 }' fuzz/Cargo.toml)
fi
for target in "${targets[@]}"; do
    # What a run discovers goes elsewhere; the seeds are only read.
    mkdir -p "$found/$target" fuzz/artifacts
    log=fuzz/target/$target.log
    if ! "$bin/$target" "${limits[@]}" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_funcs=0 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target-" \
        "$found/$target" "fuzz/corpus/$target" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        fail "$target failed; the input is in fuzz/artifacts/: give it to $bin/$target again"
    fi
    awk -v target="$target" '/number_of_executed_units/ { print "-- " target ": " $2 " runs" }' "$log"
done
