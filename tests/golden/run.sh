#!/bin/sh
# Golden cases: what queries must find. A case is a folder here and needs no C:
#   query     the query, raw bytes; the newline at its end is left out
#   flags     optional: further flags of `libsearch search`, one a line; paths in them are the case's own
#   input     optional: NDJSON, or a folder; without it the articles of corpus/, whose ids are then told as the
#             first three characters of their file names
#   expected  one assertion a line:
#     ids A B …       exactly these are found, in any order; nothing behind it: none
#     order A B … *   the first ones, in this order; * at the end: others may follow
#     total N · count N   of the answer, of the hits in it
#     exit N          status of the search (0 where ids are expected, unless said otherwise)
#     answered        status 0 or 1, whatever is found
#     parsed TEXT     how the query was understood
#     warning CODE · warned   a warning of this code, or any
#     marked TEXT     highlighted in a title or a snippet
#     field ID NAME JSON      a member of a hit
#     suggestion TEXT · undated N
#     has TEXT · absent TEXT  in the JSON answer
#
# usage: tests/golden/run.sh [LIBSEARCH [CASE …]]
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=${1:-${LIBSEARCH:-$root/build/plain/libsearch}}
[ $# -gt 0 ] && shift
case $bin in */*) ;; *) bin=$(command -v "$bin") ;; esac
[ -x "$bin" ] || { echo "golden: no program $bin" >&2; exit 2; }
bin=$(cd "$(dirname "$bin")" && pwd)/$(basename "$bin")
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C
export LC_ALL
passed=0 failed=0

# The index of corpus/, and a sed script from its ids to the beginnings of the file names.
"$bin" add "$tmp/corpus" "$root/corpus" >"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err" >&2; exit 2; }
for f in "$root"/corpus/*.txt; do
    "$bin" add "$tmp/one" "$f" >"$tmp/out" || exit 2
    id=$("$bin" search --ndjson --fields id "$tmp/one" '*' | sed 's/.*"id":"\([^"]*\)".*/\1/')
    name=$(basename "$f" | cut -c1-3)
    printf 's/"id":"%s"/"id":"%s"/g\n' "$id" "$name" >>"$tmp/names"
    rm -rf "$tmp/one"
done

fail() {
    ok=no
    printf 'FAIL %s: %s\n' "$name" "$1"
}

# Index of a case's own input, made once for equal inputs.
own_index() {
    key=$(cksum <"$1" | tr ' ' -)
    if [ ! -d "$tmp/$key" ]; then
        "$bin" add "$tmp/$key" - <"$1" >"$tmp/out" 2>"$tmp/err" || [ $? -eq 2 ] || return 1
    fi
    index=$tmp/$key
}

ids_of() { # hits of an NDJSON answer, in order, on one line
    sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$1" | tr '\n' ' ' | sed 's/ $//'
}

check_line() {
    key=${1%% *}
    rest=${1#"$key"}
    rest=${rest# }
    case $key in
    ids)
        want=$(printf '%s' "$rest" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')
        got=$(ids_of "$tmp/hits" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ *//;s/ $//')
        [ "$got" = "$want" ] || fail "ids: expected '$want', found '$got'"
        if [ -n "$rest" ] && [ "$status" -ne 0 ]; then fail "exit $status, expected 0"; fi ;;
    order)
        got=$(ids_of "$tmp/hits")
        case $rest in
        *' *') case "$got " in "${rest% \*} "*) ;; *) fail "order: expected '$rest', found '$got'" ;; esac ;;
        *) [ "$got" = "$rest" ] || fail "order: expected '$rest', found '$got'" ;;
        esac ;;
    total) grep -qF "\"total\":$rest," "$tmp/answer" || fail "total: expected $rest" ;;
    count) got=$(wc -l <"$tmp/hits"); [ "$got" -eq "$rest" ] || fail "count: expected $rest, found $got" ;;
    exit) [ "$status" -eq "$rest" ] || fail "exit $status, expected $rest" ;;
    answered) [ "$status" -le 1 ] || fail "exit $status, expected 0 or 1: $(head -1 "$tmp/err")" ;;
    parsed)
        got=$(sed 's/^{"query":.*,"parsed":"\(.*\)","warnings":\[.*/\1/;s/\\"/"/g' "$tmp/answer")
        [ "$got" = "$rest" ] || fail "parsed: expected '$rest', found '$got'" ;;
    warning) grep -qF "{\"code\":\"$rest\"," "$tmp/answer" || fail "no warning $rest" ;;
    warned) grep -qF '"warnings":[{' "$tmp/answer" || fail "no warning" ;;
    marked) grep -qF "<mark>$rest</mark>" "$tmp/answer" || fail "'$rest' is not marked" ;;
    field)
        id=${rest%% *}
        member=${rest#* }
        value=${member#* }
        member=${member%% *}
        grep -F "\"id\":\"$id\"" "$tmp/hits" | grep -qF "\"$member\":$value" || fail "$member of $id is not $value" ;;
    suggestion) grep -qF "\"suggestion\":\"$rest\"}" "$tmp/answer" || fail "suggestion is not '$rest'" ;;
    undated) grep -qF "\"undated_excluded\":$rest," "$tmp/answer" || fail "undated_excluded is not $rest" ;;
    has) grep -qF -- "$rest" "$tmp/answer" || fail "answer without '$rest'" ;;
    absent) if grep -qF -- "$rest" "$tmp/answer"; then fail "answer with '$rest'"; fi ;;
    '') ;;
    *) fail "unknown assertion '$key'" ;;
    esac
}

run_case() {
    dir=$here/$1
    name=$1
    ok=yes
    index=$tmp/corpus
    [ -f "$dir/query" ] && [ -f "$dir/expected" ] || { fail "no query or no expected"; return; }
    if [ -d "$dir/input" ]; then
        index=$tmp/dir-$1
        "$bin" add "$index" "$dir/input" >"$tmp/out" 2>"$tmp/err" || fail "add: $(head -1 "$tmp/err")"
    elif [ -f "$dir/input" ]; then
        own_index "$dir/input" || { fail "add: $(head -1 "$tmp/err")"; return; }
    fi
    set --
    if [ -f "$dir/flags" ]; then
        while IFS= read -r flag; do set -- "$@" "$flag"; done <"$dir/flags"
    fi
    query=$(cat "$dir/query")
    names=/dev/null
    [ "$index" = "$tmp/corpus" ] && names=$tmp/names
    (cd "$dir" && "$bin" search --json "$@" "$index" -- "$query") 2>"$tmp/err" | sed -f "$names" >"$tmp/answer"
    (cd "$dir" && "$bin" search --ndjson "$@" "$index" -- "$query") >"$tmp/raw" 2>"$tmp/err"
    status=$?
    sed -f "$names" "$tmp/raw" >"$tmp/hits"
    [ "$status" -le 1 ] || fail "exit $status: $(head -1 "$tmp/err")"
    while IFS= read -r line; do check_line "$line"; done <"$dir/expected"
}

if [ $# -eq 0 ]; then
    for dir in "$here"/*/; do set -- "$@" "$(basename "$dir")"; done
fi
for one in "$@"; do
    run_case "$one"
    if [ "$ok" = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "golden: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
