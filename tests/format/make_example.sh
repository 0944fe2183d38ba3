#!/bin/sh
# Makes the example of section 20 of docs/FORMAT.md: sh tests/format/make_example.sh BUILD prints it;
# with --write it is put into docs/FORMAT.md between its two marks. The index's number and time differ each time.
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
sh "$here/build_set.sh" "${1:?usage: make_example.sh BUILD [--write]}/libsearch" small "$tmp/small" || exit 2
python3 -B "$here/annotate.py" "$tmp/small/index" >"$tmp/example" || exit 2
[ "$2" = --write ] || { cat "$tmp/example"; exit 0; }
awk -v example="$tmp/example" '
    /^<!-- made by tests\/format\/make_example.sh: end/ { within = 0 }
    !within { print }
    /^<!-- made by tests\/format\/make_example.sh: begin/ {
        within = 1
        print ""
        while ((getline line < example) > 0) print line
        print ""
    }' "$root/docs/FORMAT.md" >"$tmp/doc" && cat "$tmp/doc" >"$root/docs/FORMAT.md"
