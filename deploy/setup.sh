#!/bin/sh
# Makes .venv at the root of the checkout and brings what the hub needs; says what it installs before it does.
# Needs only a POSIX shell and Python 3.11, 3.12 or 3.13. Usage: deploy/setup.sh run|dev
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-dev}

say() { printf '%s\n' "setup: $*"; }
fail() { say "$*" >&2; exit 1; }

find_python() {
    # One that was asked for is used or refused: never quietly another.
    for name in ${DOORSTEP_PYTHON:-python3.12 python3.13 python3.11 python3}; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    if command -v apt-get >/dev/null 2>&1; then
        say "installing system packages: $* (apt-get$([ "$(id -u)" = 0 ] || printf ', with sudo'))"
        root apt-get update -q >/dev/null || fail "apt-get update failed"
        root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null ||
            fail "could not install: $*"
    elif command -v brew >/dev/null 2>&1; then
        fail "missing: run 'brew install tesseract poppler python@3.12', then try again"
    else
        fail "missing system packages ($*): install them with this system's package manager, then try again"
    fi
}

packages=""
python=$(find_python) || python=""
if [ -z "$python" ]; then
    [ -z "${DOORSTEP_PYTHON:-}" ] || fail "DOORSTEP_PYTHON=$DOORSTEP_PYTHON is no Python 3.11, 3.12 or 3.13 that runs"
    fail "Python 3.11, 3.12 or 3.13 is needed (set DOORSTEP_PYTHON to its path)"
fi
if [ ! -x .venv/bin/python ] && ! "$python" -c 'import ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages="$packages python$version-venv"
fi
command -v tesseract >/dev/null 2>&1 || packages="$packages tesseract-ocr"
command -v pdftoppm >/dev/null 2>&1 || packages="$packages poppler-utils"
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086
    install_packages $packages
fi

if [ ! -x .venv/bin/python ]; then
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
stamp=.venv/.doorstep-$wanted
if [ ! -f "$stamp" ] || [ "requirements/$wanted.txt" -nt "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    say "installing the pinned Python packages of requirements/$wanted.txt"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
    VIRTUAL_ENV=.venv .venv/bin/uv pip install -q --require-hashes -r "requirements/$wanted.txt" -r requirements/build.txt
    VIRTUAL_ENV=.venv .venv/bin/uv pip install -q --no-deps --no-build-isolation -e .
    touch "$stamp"
fi
say "ready ($(.venv/bin/python --version))"
