# Shared by the scripts: they run from the root of the repository and fail with a sentence that says what to do.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
CARGO=${CARGO:-cargo}
ROOT=$PWD

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# need COMMAND DEBIAN_PACKAGE: makes sure that a command is there, and installs it where that is possible.
need() {
    command -v "$1" >/dev/null && return
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        echo "installing $2, for $1" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2"; } >&2 ||
            fail "$1 is missing, and 'apt-get install $2' failed"
    else
        fail "$1 is missing: install it (Debian and Ubuntu: apt-get install $2)"
    fi
}

# need_npm_packages: Node.js, and the packages that the checks in conformance/ use.
need_npm_packages() {
    need node nodejs
    need npm npm
    [[ conformance/node_modules/.package-lock.json -nt conformance/package-lock.json ]] && return
    (cd conformance && npm ci) || fail "cannot install what conformance/package-lock.json lists: see npm's words above"
}

# run_cases SUITE RUNNER PREFIX... -- [SELECTION...]: runs cases of a test runner, with a second look at those that fail;
# see scripts/cases.
run_cases() {
    need python3 python3-venv
    "$ROOT/scripts/run_cases.py" "$@"
}

need_rust() {
    command -v "$CARGO" >/dev/null || fail "cargo is missing: install Rust, see https://rustup.rs"
    need cc gcc
}

# need_component COMMAND COMPONENT: a part of the toolchain that a minimal installation leaves out.
need_component() {
    "$CARGO" "$1" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null && rustup component add "$2" && return
    fail "'cargo $1' is missing: install the Rust component $2"
}

host() {
    rustc -vV | awk '/^host:/ { print $2 }'
}

# fuzz_cargo COMMAND [ARGUMENT...]: cargo in the workspace of the fuzz targets, with libFuzzer's instrumentation. With a
# target named, build scripts and macros are built without it, as they have to be.
fuzz_cargo() {
    local command=$1 flags=(--cfg=fuzzing -Cpasses=sancov-module) flag
    shift
    for flag in level=4 inline-8bit-counters pc-table trace-compares; do
        flags+=("-Cllvm-args=-sanitizer-coverage-$flag")
    done
    if [[ ${SANITIZER:-none} == address ]]; then
        flags+=(-Zsanitizer=address)
        local -x RUSTUP_TOOLCHAIN=nightly
    fi
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}") \
        "$CARGO" "$command" --release --locked --manifest-path fuzz/Cargo.toml --target "$(host)" "$@"
}
