# Shared by the scripts for the Python package: the interpreters that are there, and virtual environments.
# shellcheck shell=bash

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The wheel is tried on each of these that is there; the tests run with one of them, see default_python.
PYTHON_VERSIONS=(3.14 3.13 3.12 3.11 3.10)
VENVS=python/.venvs
DIST=python/dist

# find_python VERSION: the path of that interpreter, from PATH or from pyenv; nothing if it is not there.
find_python() {
    local candidate
    for candidate in "$(command -v "python$1" || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if [[ -x $candidate ]] && "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>&-; then
            echo "$candidate"
            return
        fi
    done
}

# all_pythons: one line `VERSION PATH` for each interpreter that the wheel is for.
all_pythons() {
    local version path
    for version in "${PYTHON_VERSIONS[@]}"; do
        path=$(find_python "$version")
        [[ -n $path ]] && echo "$version $path"
    done
}

# default_python: the interpreter of the tests. 3.11 and 3.12 come first: every peer has wheels for them.
default_python() {
    local version path
    if [[ -n ${PYTHON:-} ]]; then
        command -v "$PYTHON" || fail "PYTHON=$PYTHON is not there"
        return
    fi
    for version in 3.11 3.12 3.13 3.10; do
        path=$(find_python "$version")
        [[ -n $path ]] && echo "$path" && return
    done
    fail "no CPython 3.10 or newer is there: install it (Debian and Ubuntu: apt-get install python3 python3-venv)"
}

# venv NAME [PYTHON]: makes the environment NAME from python/requirements/NAME.txt, anew when that file has changed.
venv() {
    local name=$1 python=${2:-} requirements=python/requirements/${3:-$1}.txt directory=$VENVS/$1
    [[ $directory/installed -nt $requirements ]] && return
    [[ -n $python ]] || python=$(default_python)
    echo "-- making the environment $name with $("$python" -V)"
    rm -rf "$directory"
    "$python" -m venv "$directory" || fail "cannot make a virtual environment (Debian and Ubuntu: apt-get install python3-venv)"
    "$directory/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" ||
        fail "cannot install what $requirements lists"
    touch "$directory/installed"
}

# wheel: the path of the wheel that `make wheel` built.
wheel() {
    local wheels=("$DIST"/*.whl)
    [[ -f ${wheels[0]} ]] || fail "no wheel in $DIST: run 'make wheel'"
    echo "${wheels[0]}"
}

# install_wheel NAME: installs the wheel into the environment, if that has not been done with this very wheel.
install_wheel() {
    local wheel directory=$VENVS/$1
    wheel=$(wheel)
    [[ $directory/wheel -nt $wheel && $directory/wheel -nt $directory/installed ]] && return
    "$directory/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps --no-index "$wheel" ||
        fail "cannot install $wheel into $directory"
    touch "$directory/wheel"
}
