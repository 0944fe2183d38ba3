#!/bin/sh
# Makes tests/format/v1: an index of format 1, what reader.py says of it, and what a few queries find in it. It is made
# once for a format: from the first release on, only reading it is tested (sh tests/format/make_v1.sh BUILD).
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:?usage: make_v1.sh BUILD}/libsearch
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
sh "$here/build_set.sh" "$bin" old "$tmp/old" || exit 2
rm -rf "$here/v1/index"
mkdir -p "$here/v1"
"$bin" backup "$tmp/old/index" "$here/v1/index" >/dev/null || exit 2
rm -f "$here/v1/index/LOCK"
python3 -B "$here/reader.py" "$here/v1/index" >"$here/v1/dump" || exit 2
sh "$here/answers.sh" "$bin" "$here/v1/index" <"$here/v1/queries" >"$here/v1/answers" || exit 2
sh "$here/make_example.sh" "$1" --write
