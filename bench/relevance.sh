#!/bin/sh
# relevance.sh BUILD DATA — MAP, nDCG@10 and R@100 on DATA/time and DATA/cranfield, and what each setting adds.
set -eu
build=$1 data=${2:-}
if [ -z "$data" ] || [ ! -f "$data/time/queries.tsv" ]; then
    echo "bench-relevance: skipped: no collections (DATA=folder with time/ and cranfield/)"
    exit 0
fi
work=$build/bench/relevance.d
rm -rf "$work"
mkdir -p "$work"
index() { # COLLECTION NAME TITLE-WEIGHT
    printf '{"language":"english","fields":{"title":{"type":"text","weight":%s},"body":{"type":"text","weight":1},"date":{"type":"stored"},"source":{"type":"keyword"},"byline":{"type":"stored"},"section":{"type":"keyword"}}}' "$3" > "$work/$1.schema.json"
    "$build/libsearch" add --schema "$work/$1.schema.json" "$work/$1.$2" "$data/$1/corpus.jsonl" > /dev/null
}
line() { # COLLECTION INDEX LABEL SETTINGS…
    c=$1 i=$2 label=$3
    shift 3
    printf '%-10s %-34s %s\n' "$c" "$label" "$("$build/bench/relevance" "$work/$c.$i" "$data/$c/queries.tsv" "$data/$c/qrels.txt" "$@")"
}
for c in time cranfield; do
    for w in 1 3 5; do index "$c" "t$w" "$w"; done
    "$build/libsearch" add "$work/$c.news" "$data/$c/corpus.jsonl" > /dev/null
    line $c news "defaults (news schema)"
    line $c t3 "title 3, body 1"
    for w in 1 5; do line $c t$w "title $w"; done
    for k in 0.9 1.5 2.0; do line $c news "k1 $k" k1=$k; done
    for b in 0.4 0.6 0.9; do line $c news "b $b" b=$b; done
    line $c news "k1 0.9, b 0.4" k1=0.9 b=0.4
    line $c news "function words scored" function_words=1
    for p in 0.2 0.5; do line $c news "proximity $p" proximity=$p; done
    line $c news "expand=feedback" feedback=0
    line $c news "feedback, 10 hits, weight 0.5" feedback=0.5 documents=10
done
