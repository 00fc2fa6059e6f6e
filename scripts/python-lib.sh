# Shared by the scripts for the Python package: the interpreters that are there, and virtual environments.
# shellcheck shell=bash

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The wheel is tried on each of these that is there; the tests run with one of them, see default_python.
PYTHON_VERSIONS=(3.14 3.13 3.12 3.11 3.10)
VENVS=python/.venvs
REQUIREMENTS=python/requirements
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

# default_python: the interpreter of the tests; some packages that they use need 3.11. Every one has wheels for 3.11 and
# 3.12, which come first.
default_python() {
    local version path
    if [[ -n ${PYTHON:-} ]]; then
        command -v "$PYTHON" || fail "PYTHON=$PYTHON is not there"
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
            fail "PYTHON=$PYTHON is $("$PYTHON" -V 2>&1): the tests need 3.11 or newer"
        return
    fi
    for version in 3.11 3.12 3.13 3.14; do
        path=$(find_python "$version")
        [[ -n $path ]] && echo "$path" && return
    done
    fail "no CPython 3.11 or newer is there, which the tests need: install it, or name it in PYTHON (Debian and Ubuntu: apt-get install python3 python3-venv)"
}

# venv NAME [PYTHON] [LIST]: makes the environment NAME from python/requirements/LIST.txt, which is its own name unless
# given, and anew when what is listed there has changed.
venv() {
    local name=$1 python=${2:-} list=${3:-$1} directory=$VENVS/$1 wanted
    wanted=$(cat "$REQUIREMENTS"/{constraints,original,"$list"}.txt)
    [[ -f $directory/installed && $(<"$directory/installed") == "$wanted" ]] && return
    [[ -n $python ]] || python=$(default_python) || exit
    echo "-- making the environment $name with $("$python" -V)"
    rm -rf "$directory"
    "$python" -m venv "$directory" || fail "cannot make a virtual environment (Debian and Ubuntu: apt-get install python3-venv)"
    install_list "$name" "$list"
    echo "$wanted" >"$directory/installed"
}

# install_list NAME LIST [OPTION...]: installs what python/requirements/LIST.txt lists into the environment NAME.
install_list() {
    local list=$REQUIREMENTS/$2.txt
    pip "$1" install -r "$list" "${@:3}" ||
        fail "cannot install what $list lists into $VENVS/$1: see pip's words above; it needs PyPI, or a mirror of it"
}

# pip NAME ARGUMENT...: the environment's own, found by its interpreter: scripts do not survive that a tree is moved.
pip() {
    "$VENVS/$1/bin/python" -m pip --quiet --disable-pip-version-check "${@:2}"
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
    wheel=$(wheel) || exit
    [[ $directory/wheel -nt $wheel && $directory/wheel -nt $directory/installed ]] && return
    pip "$1" install --force-reinstall --no-deps --no-index "$wheel" ||
        fail "cannot install $wheel into $directory"
    touch "$directory/wheel"
}
