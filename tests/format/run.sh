#!/bin/sh
# The format against a second reader: sh tests/format/run.sh BUILD
#   1. indexes that use every branch of the format are decoded by reader.py and compared with the words of their texts
#   2. docs/FORMAT.md: its examples are decoded, its numbers compared with the sources
#   3. tests/format/v1, an index of long ago: both readers read it as on the day it was made
#   4. an index of stories: versions, guids, tombstones, hidden segments
#   5. flipped bits are seen
# Wants python3 and the zstd command. Prints a line for each part and "N passed, N failed".
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:-$root/build/plain}
bin=$build/libsearch
tokens=$build/tests/format/tokens
for program in "$bin" "$tokens" "$build/tests/format/grow" "$build/tests/format/stories"; do
    [ -x "$program" ] || { echo "format: $program is wanted: make check-format" >&2; exit 2; }
done
command -v zstd >/dev/null || { echo "format: the zstd command is wanted" >&2; exit 2; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 FORMAT_SEEN=$tmp/seen
export LC_ALL PYTHONDONTWRITEBYTECODE FORMAT_SEEN

# part NAME COMMAND …: its lines with the name in front; a part that dies without a line of its own has failed
part() {
    name=$1
    shift
    "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    sed "s/^\(ok  \|FAIL\) /\1 $name: /" "$tmp/out"
    if [ $status -gt 1 ] || ! grep -q '^ok\|^FAIL' "$tmp/out" || { [ $status -eq 1 ] && ! grep -q '^FAIL' "$tmp/out"; }; then
        echo "FAIL $name: status $status: $(tail -1 "$tmp/err")"
    fi
    cat "$tmp/out" >>"$tmp/all"
}
same() { diff -u "$1" "$2" >"$tmp/diff" && echo "ok   $3" || { head -20 "$tmp/diff" >&2; echo "FAIL $3"; }; }

sets() {
    "$bin" add "$tmp/corpus" "$root"/corpus/*.txt >/dev/null || exit 2
    part corpus python3 "$here/truth.py" "$tokens" "$bin" "$tmp/corpus"
    for set in small mixed wide; do
        sh "$here/build_set.sh" "$bin" $set "$tmp/$set" || { echo "FAIL $set: could not be made"; continue; }
        part $set python3 "$here/truth.py" "$tokens" "$bin" "$tmp/$set/index" "$tmp/$set"
    done
    "$bin" merge "$tmp/mixed/index" >/dev/null || echo "FAIL mixed: could not be merged"
    part "mixed, merged" python3 "$here/truth.py" "$tokens" "$bin" "$tmp/mixed/index" "$tmp/mixed"
    "$build/tests/format/grow" "$tmp/mixed/index" || echo "FAIL grown: no fields could be added"
    part grown python3 "$here/truth.py" "$tokens" "$bin" "$tmp/mixed/index"
    "$bin" merge "$tmp/mixed/index" >/dev/null || echo "FAIL grown: could not be merged"
    part "grown, merged" python3 "$here/truth.py" "$tokens" "$bin" "$tmp/mixed/index"
    LC_ALL=C sort -u "$tmp/seen" >"$tmp/branches"
    same "$here/branches" "$tmp/branches" "every branch of the format was met"
}
# Versions, guids, tombstones, hidden segments: what is told of them by the second reader, which also checks their hashes.
stories() {
    "$build/tests/format/stories" "$tmp/stories" || echo "FAIL stories: could not be made"
    python3 "$here/reader.py" --stable "$tmp/stories" >"$tmp/dump" || echo "FAIL stories: could not be read"
    grep -E '^  (tombstone|segment)|^    (> body|<)' "$tmp/dump" | sed 's/segment [0-9]* /segment /; s/ live=[0-9]*//' >"$tmp/told"
    same "$here/stories" "$tmp/told" "stories: what reader.py tells"
    part "stories, damaged" python3 "$here/damage.py" "$bin" "$tmp/stories"
}
old() {
    python3 "$here/reader.py" "$here/v1/index" >"$tmp/dump"
    same "$here/v1/dump" "$tmp/dump" "v1: the dump by reader.py"
    sh "$here/answers.sh" "$bin" "$here/v1/index" <"$here/v1/queries" >"$tmp/answers"
    same "$here/v1/answers" "$tmp/answers" "v1: the answers of libsearch"
    "$bin" check "$here/v1/index" >"$tmp/check" 2>&1 && echo "ok   v1: libsearch check" || { cat "$tmp/check" >&2; echo "FAIL v1: libsearch check"; }
}

{
    sets
    part doc python3 "$here/check_doc.py" "$bin" "$tmp/small/index"
    old
    stories
    part damage python3 "$here/damage.py" "$bin" "$here/v1/index"
} >"$tmp/report"
cat "$tmp/report"
failed=$(grep -c '^FAIL' "$tmp/report")
echo "format: $(grep -c '^ok' "$tmp/report") passed, $failed failed"
[ "$failed" -eq 0 ]
