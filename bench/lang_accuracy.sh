#!/bin/sh
# lang_accuracy.sh BUILD FILE.jsonl.zst [BYTES]: how often the language of an article is told right.
# FILE: JSON Lines with "lang" (ISO 639-1) and "body". With BYTES, only the beginning of each body is shown.
set -eu
zstd -dc "$2" | python3 -c '
import json, sys
cut = int(sys.argv[1])
for line in sys.stdin:
    article = json.loads(line)
    body = " ".join(article["body"].split())
    if cut: body = body.encode()[:cut].decode("utf-8", "ignore")
    if body: print(article["lang"], body, sep="\t")
' "${3:-0}" | "$1/bench/lang_accuracy"
