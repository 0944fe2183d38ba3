#!/bin/sh
# figures.sh BUILD DATA — rate, sizes, opening, memory over the newswire of DATA (or CORPUS=file.jsonl[.zst]); THREADS=n.
set -eu
build=$1 data=${2:-}
corpus=${CORPUS:-${data:+$data/reuters.jsonl.zst}}
if [ -z "$corpus" ] || [ ! -f "$corpus" ]; then
    echo "bench-figures: skipped: no corpus (DATA=folder with reuters.jsonl.zst, or CORPUS=file.jsonl)"
    exit 0
fi
work=$build/bench/figures.d
rm -rf "$work"
mkdir -p "$work"
case $corpus in
*.zst) zstd -dcq "$corpus" > "$work/corpus.jsonl" ;;
*) cp "$corpus" "$work/corpus.jsonl" ;;
esac
"$build/bench/figures" "$work/corpus.jsonl" "$work/index" ${THREADS:-1}
rm -rf "$work"
