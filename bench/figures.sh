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
python3 "$(dirname "$0")/lines.py" "$corpus" "$work/lines" > /dev/null
"$build/bench/figures" "$work/lines" "$work/index" ${THREADS:-1}
rm -rf "$work"
