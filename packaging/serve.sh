#!/bin/sh
# The README's first command line: installs what is missing, builds, indexes corpus/ and serves it.
# Further arguments go to libsearchd.
set -eu
cd "$(dirname "$0")/.."
sh tests/deps.sh build
echo 'building (a minute or two) …' >&2
make -s -j"$(nproc 2>/dev/null || echo 2)" all
exec build/plain/libsearchd --index build/demo.index --corpus corpus "$@"
