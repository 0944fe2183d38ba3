#!/bin/sh
# Makes an index of one of made.py's sets: sh tests/format/build_set.sh LIBSEARCH SET FOLDER; the index is FOLDER/index.
here=$(cd "$(dirname "$0")" && pwd)
bin=$1 set=$2 to=$3
python3 "$here/made.py" "$set" "$to" || exit 2
"$bin" init --schema "$to/schema.json" "$to/index" >"$to/log" 2>&1 || { cat "$to/log" >&2; exit 2; }
n=1
while [ -f "$to/$n.ndjson" ]; do
    "$bin" add "$to/index" "$to/$n.ndjson" >>"$to/log" 2>&1 || { cat "$to/log" >&2; exit 2; }
    if [ -f "$to/$n.delete" ]; then # an id that was deleted before is not found: status 1, by way of xargs 123
        xargs "$bin" delete "$to/index" <"$to/$n.delete" >>"$to/log" 2>&1
        status=$?
        case $status in 0 | 1 | 123) ;; *) cat "$to/log" >&2; exit 2 ;; esac
    fi
    n=$((n + 1))
done
