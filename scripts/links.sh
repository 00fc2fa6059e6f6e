#!/usr/bin/env bash
# Checks that the relative links of the Markdown files lead somewhere.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

broken=0
while IFS=: read -r file target; do
    target=${target%%#*}
    [[ -z $target || -e $(dirname "$file")/$target ]] && continue
    echo "$file: no such file: $target" >&2
    broken=1
done < <(git ls-files -z '*.md' | xargs -0 grep -oHE '\]\([^)]+\)' | sed -E 's/\]\(//; s/\)$//' | grep -vE ':(https?|mailto):')
[[ $broken == 0 ]] || fail "the links above are broken"
