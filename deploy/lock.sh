#!/bin/sh
# Resolves the hash-pinned requirement files anew from pyproject.toml. uv.lock is not used: it writes registry addresses.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
compile() {
    "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"
}
compile pyproject.toml -o requirements/run.txt
compile --group dev pyproject.toml -o requirements/dev.txt
echo "hatchling" | compile - -o requirements/build.txt
echo "uv" | compile - -o requirements/uv.txt
