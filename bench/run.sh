#!/bin/sh
# run.sh BUILD DATA — our driver and those of the peers this machine has (SQLite FTS5, Xapian) over the same corpus and
# query lines; prints the tables of bench/peers/run.py. CORPUS=file.jsonl(.zst) chooses another corpus than the
# newswire of DATA; SET=default|quick the number of queries.
set -eu
build=$1 data=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
corpus=${CORPUS:-${data:+$data/reuters.jsonl.zst}}
if [ -z "$corpus" ] || [ ! -f "$corpus" ]; then
    echo "bench: skipped: no corpus (DATA=folder with reuters.jsonl.zst, or CORPUS=file.jsonl)"
    exit 0
fi
work=$build/bench/work
mkdir -p "$work"
case $corpus in
*.zst) zstd -dcq "$corpus" > "$work/corpus.jsonl" ;;
*) cp "$corpus" "$work/corpus.jsonl" ;;
esac
p=$here/peers
out=$build/bench/peers
mkdir -p "$out"
cc=${CC:-cc} cxx=${CXX:-c++}
$cc -O2 -w -c "$p/hx.c" -o "$out/hx.o"
engines=libsearch
cp "$build/bench/drv_libsearch" "$out/" 2>/dev/null || true
if echo '#include <sqlite3.h>' | $cc -E - >/dev/null 2>&1; then
    $cc -O2 -w -o "$out/drv_sqlite" "$p/drv_sqlite.c" "$out/hx.o" -lsqlite3 -lpthread && engines=$engines,sqlite
else echo "bench: sqlite skipped: libsqlite3-dev is not here"; fi
if echo '#include <xapian.h>' | $cxx -E -x c++ - >/dev/null 2>&1; then
    $cxx -O2 -w -o "$out/drv_xapian" "$p/drv_xapian.cc" "$out/hx.o" -lxapian -lpthread && engines=$engines,xapian
else echo "bench: xapian skipped: libxapian-dev is not here"; fi
cp "$p/run.py" "$p/engines.json" "$out/"
log=
[ -n "$data" ] && [ -f "$data/queries/aol_search_benchmark_game.tsv" ] && log="--game $data/queries/aol_search_benchmark_game.tsv"
# shellcheck disable=SC2086
python3 "$p/genqueries.py" "$work/corpus.jsonl" "$work/q.tsv" --n "${QUERIES:-60}" ${GAME:+$log}
run() { python3 "$out/run.py" "$@"; }
rm -rf "$work/idx"
run build --corpus "$work/corpus.jsonl" --idx "$work/idx" --engines "$engines"
run bench --clock cpu --idx "$work/idx" --queries "$work/q.tsv" --out "$work/r.json" --passes "${PASSES:-3}" --budget "${BUDGET:-1.5}" --engines "$engines" --baseline libsearch
run compare --out "$work/r.json" --baseline libsearch
run open --idx "$work/idx" --queries "$work/q.tsv" --engines "$engines"
python3 "$here/verdict.py" "$work/r.json"
