#!/usr/bin/env bash
# python-suite.sh NAME [PYTEST ARGUMENT...]: runs the own tests of python-engineio (NAME `engineio`) or of
# python-socketio (`socketio`) against our package; see python/suites/README.md.
# SUBJECT=original runs them against the original python-engineio, where all of them must pass.
set -euo pipefail
source "$(dirname "$0")/python-lib.sh"

name=${1:?which suite? engineio or socketio}
shift
[[ $name == engineio || $name == socketio ]] || fail "there is no suite $name: engineio or socketio"
sdist=python-$name
subject=${SUBJECT:-ours}
environment=suite-$name
[[ $subject == ours ]] || environment+=-$subject
directory=$VENVS/$environment

# The tests are their project's: fetched when they are needed, and never committed.
fetch() {
    local source=$directory/source
    [[ -d $source ]] && return
    pip "$environment" download --no-deps --no-binary :all: --constraint "$REQUIREMENTS/constraints.txt" \
        --dest "$directory" "$sdist" || fail "cannot fetch the tests of $sdist from PyPI"
    mkdir "$source"
    tar --extract --gzip --strip-components=1 --directory "$source" --file "$directory"/python*.tar.gz
}

# The sdist of python-engineio lacks files that two of its tests read.
add_missing_files() {
    local part
    for part in async common; do
        mkdir -p "$directory/source/tests/$part/files"
        cp python/suites/engineio/files/* "$directory/source/tests/$part/files/"
    done
}

install_subject() {
    if [[ $subject == original ]]; then
        install_list "$environment" original
    else
        install_wheel "$environment"
    fi
    case $name in
        engineio) [[ $subject == original ]] || "$directory/bin/python" python/suites/rename.py ;;
        socketio) install_list "$environment" socketio-peers --no-deps ;;
    esac
}

venv "$environment" "" "suite-$name"
install_subject
fetch
[[ $name == socketio ]] || add_missing_files

plugins=(-p expected)
[[ $name == engineio || $subject == original ]] || plugins+=(-p as_engineio)
[[ $subject == ours ]] || plugins+=(--override-ini suite_expected_failures=../none.txt)
export PYTHONPATH=$PWD/python/suites PYTHONDONTWRITEBYTECODE=1
configuration=$PWD/python/suites/$name/pytest.ini
cd "$directory/source"
[[ $# -gt 0 ]] || set -- tests
# Tests of python-socketio listen on port 8900: two runs on a machine take turns.
[[ $name == engineio ]] || { exec 9>"${TMPDIR:-/tmp}/port-8900.lock" && flock 9; }
run_cases "suite-$name" pytest ../bin/python -m pytest -c "$configuration" --rootdir . "${plugins[@]}" -- "$@" 9>&-
