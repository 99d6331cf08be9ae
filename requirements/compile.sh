#!/bin/sh
# Writes the hash-pinned *.txt beside this file from pyproject.toml and the *.in files.
#
#   sh requirements/compile.sh UV [--upgrade]
#
# Versions move only with --upgrade. dev.txt is the superset that the others are constrained to, so
# that any of them can be installed into one environment. oldest.txt has the lower bounds, which
# tools/versions.py compares with run.txt. Markers cover every Python from 3.11 on.
# No index is named: where packages come from is a matter of the machine, their hashes are not.
set -eu
uv=$1
shift
cd "$(dirname "$0")"
unset UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS || true

lock() { # OUTPUT INPUT… [options]
    output=$1
    shift
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --output-file "$output" "$@"
}

lock dev.txt ../pyproject.toml dev.in --extra markdown --extra provenance --extra qr --extra serve "$@"
lock run.txt ../pyproject.toml --constraint dev.txt "$@"
lock serve.txt ../pyproject.toml --extra serve --constraint dev.txt "$@"
lock oldest.txt ../pyproject.toml --resolution lowest-direct --only-binary :all: "$@"
lock binary.txt ../pyproject.toml --extra markdown --extra provenance --extra qr --constraint dev.txt "$@"
lock build.txt build.in --constraint dev.txt "$@"
lock fuzz.txt fuzz.in --constraint dev.txt "$@"
lock bench.txt bench.in --constraint dev.txt "$@"
lock ansible.txt ansible.in --constraint dev.txt "$@"
lock consumers.txt consumers.in --constraint dev.txt --constraint bench.txt "$@"
lock lock.txt lock.in "$@"
lock workflows.txt workflows.in --constraint dev.txt "$@"
lock tools.txt tools.in --constraint dev.txt --constraint lock.txt "$@"
