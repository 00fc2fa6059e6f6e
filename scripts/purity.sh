#!/usr/bin/env bash
# Guards of the architecture that no lint knows: what the core depends on, and who looks at packets.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust

echo "-- the core depends on no runtime, no socket and no randomness"
tree=$("$CARGO" tree -p engineio-proto -e normal --prefix none --locked)
banned='^(tokio|tokio-[a-z]+|hyper|hyper-util|mio|socket2|futures-[a-z]+|http-body|async-[a-z]+|rand|getrandom) '
if grep -E "$banned" <<<"$tree"; then
    fail "engineio-proto must not depend on the crates above: it is sans-IO"
fi

echo "-- the core names no file, thread, process or environment"
if grep -rnE 'std::(fs|thread|process|env)\b' crates/engineio-proto/src; then
    fail "engineio-proto must not use the modules above: it is sans-IO"
fi

echo "-- protocol decisions stand in the core alone"
sources=(crates/*/src)
[[ -d python/src ]] && sources+=(python/src)
decisions='PacketType::|Packet::(Ping|Pong|Upgrade|Noop|Close|Open)\b'
if grep -rnE "$decisions" "${sources[@]}" --include='*.rs' |
    grep -v '^crates/engineio-proto/' | grep -vE '^[^:]+:[0-9]+: *//'; then
    fail "only engineio-proto may look at a packet's type"
fi

target=wasm32-unknown-unknown
if [[ -d $(rustc --print sysroot)/lib/rustlib/$target ]]; then
    echo "-- the core compiles to $target"
    "$CARGO" check -p engineio-proto --target "$target" --locked
else
    echo "-- NOT CHECKED: that the core compiles to $target (rustup target add $target)"
fi
