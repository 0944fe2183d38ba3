#!/bin/sh
# What queries find, without scores: sh tests/format/answers.sh LIBSEARCH INDEX <QUERIES, one a line
bin=$1 index=$2
while IFS= read -r query; do
    ids=$("$bin" export "$index" "$query" | sed 's/.*"id":"\([^"]*\)".*/\1/' | LC_ALL=C sort | paste -sd' ' -)
    printf '%s => %s\n' "$query" "$ids"
done
