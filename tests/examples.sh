#!/bin/sh
# examples.sh STAGE — builds the examples against the installed library (shared by pkg-config, and static), runs them,
# and compares what they print.
set -eu
stage=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PKG_CONFIG_PATH="$stage/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="${stage%/usr}"
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
passed=0
check() { # NAME EXPECTED
    for how in shared static; do
        case $how in
        shared) libs=$(pkg-config --libs libsearch) ;;
        static) libs="$stage/lib/libsearch.a $(pkg-config --static --libs-only-l libsearch | sed 's/-lsearch//')" ;;
        esac
        # shellcheck disable=SC2046,SC2086
        ${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$work/$1" "$here/examples/$1.c" $(pkg-config --cflags libsearch) $libs -pthread
        out=$(LD_LIBRARY_PATH="$stage/lib" "$work/$1" "$work/$1.$how.index") || { echo "FAIL example $1 ($how): $out"; exit 1; }
        [ "$out" = "$2" ] || { echo "FAIL example $1 ($how): printed '$out', expected '$2'"; exit 1; }
        passed=$((passed + 1))
    done
}
lines=$(wc -l < "$here/examples/embed.c")
[ "$lines" -lt 40 ] || { echo "FAIL examples/embed.c has $lines lines (under 40 is promised)"; exit 1; }

case_embed() {
    ${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$work/embed" "$here/examples/embed.c" $(pkg-config --cflags --libs libsearch)
    out=$(LD_LIBRARY_PATH="$stage/lib" "$work/embed" "$work/embed.index")
    case $out in "1 "[0-9]*) passed=$((passed + 1)) ;; *) echo "FAIL example embed: '$out'"; exit 1 ;; esac
}
case_embed
check threads '500 documents, each commit seen whole'
check schema 'salad: 30 minutes
soup: 40 minutes
Salad (1)
soup (1)'
if [ -e "$stage/lib/libsearch.so.0" ] && command -v readelf >/dev/null; then
    readelf -d "$stage/lib/libsearch.so.0" | grep -q 'SONAME.*libsearch.so.0' || { echo "FAIL no SONAME"; exit 1; }
fi
echo "$passed passed, 0 failed"
