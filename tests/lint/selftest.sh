#!/bin/sh
# Breaks each rule of the house on purpose and expects house.awk to say so; then a clean file to which it says nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/libsearch/util" "$dir/libsearch/codec" "$dir/cli" "$dir/server" "$dir/json"
cd "$dir" || exit 1
expect() { # NAME FILE WORDS: the file's text on standard input; WORDS empty: no complaint
    cat > "$2"
    out=$(awk -f "$here/house.awk" "$here/layers.txt" "$2" 2>&1); rc=$?
    if [ -z "$3" ] && [ $rc -eq 0 ] && [ -z "$out" ]; then echo ok >> "$dir/passed"
    elif [ -n "$3" ] && [ $rc -ne 0 ] && printf '%s' "$out" | grep -q -- "$3"; then echo ok >> "$dir/passed"
    else echo no >> "$dir/failed"; echo "FAIL $1: expected '$3', got: $out"; fi
    rm -f "$2"
}
body() { echo "int f(void)"; echo "{"; i=0; while [ $i -lt "$1" ]; do echo "    g();"; i=$((i + 1)); done; echo "}"; }
printf '#include "libsearch/query/ast.h"\n' | expect upward libsearch/codec/a.c 'may not include libsearch/query'
printf '#include "libsearch/util/base.h"\n' | expect downward libsearch/codec/a.c ''
printf '#include "base.h"\n' | expect unrooted libsearch/codec/a.c 'not written from the root'
printf '#include "libsearch/util/buf.h"\n' | expect cli-inside cli/a.c 'may not include libsearch/util'
printf '#include <sys/mman.h>\n' | expect mman libsearch/codec/a.c 'confined'
printf '#include <jansson.h>\n' | expect jansson server/a.c 'confined'
printf '#include <jansson.h>\n' | expect jansson-home json/a.c ''
printf '#include <microhttpd.h>\n' | expect microhttpd server/a.c 'confined'
printf '    p = malloc(3);\n' | expect malloc libsearch/codec/a.c 'banned in the library'
printf '    p = lsi_malloc(3); /* free(p) */ q("malloc(3)");\n' | expect wrapped libsearch/codec/a.c ''
printf '    sprintf(b, "x");\n' | expect sprintf cli/a.c 'banned call'
printf '    n = atoi(s);\n' | expect atoi server/a.c 'banned call'
printf '    exit(1);\n' | expect exit libsearch/util/a.c 'banned in the library'
printf '    getenv("X");\n' | expect getenv libsearch/util/a.c 'banned in the library'
printf '    printf("x");\n' | expect printf libsearch/util/a.c 'banned in the library'
printf '#define _GNU_SOURCE\n' | expect gnu libsearch/util/a.c '_GNU_SOURCE'
body 71 | expect long-function cli/a.c 'function of 71'
body 70 | expect fitting-function cli/a.c ''
{ echo '/* long: one table */'; body 71; } | expect excused cli/a.c ''
{ echo '/* long: one table */'; body 7; } | expect idle-excuse cli/a.c 'not needed'
awk 'BEGIN { for (i = 0; i < 601; i++) print "int a" i ";" }' | expect long-file cli/a.c 'file of 601'
{ echo '/* long file: generated */'; awk 'BEGIN { for (i = 0; i < 601; i++) print "int a" i ";" }'; } | expect excused-file cli/a.c ''
{ echo '/* long file: generated */'; echo 'int a;'; } | expect idle-file-excuse cli/a.c 'not needed'
: >> "$dir/passed"; : >> "$dir/failed" # the cases ran in subshells of their pipes
echo "$(wc -l < "$dir/passed") passed, $(wc -l < "$dir/failed") failed"
[ ! -s "$dir/failed" ]
