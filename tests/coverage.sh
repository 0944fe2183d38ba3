#!/bin/sh
# coverage.sh BUILD [FILE…] — which lines and branches of the library the tests that ran in BUILD (made with --coverage) have
# reached: a line a file, the least covered branches first, then each room and all. With FILEs: their lines on which a branch
# was never taken, and how many of its branches were. Branches are counted as gcov counts them (the two sides of each
# condition, && and || too, and of those in macros), but for those of lines with an assert, whose other side is a mistake of
# our own, and of the lines that unroll rows of packed numbers (BLOCK, WIDTHS), whose conditions are of constants.
set -eu
build=$1
shift
cd "$(dirname "$0")/.."
branches() { # DATA SOURCE: for each line of SOURCE: number, times, branches, taken, text
    gcov -b -c -t -o "$1" "$2" 2>/dev/null | awk -v want="$2" '
        function flush() { if (line) printf "%s\t%s\t%d\t%d\t%s\n", line, times, of, taken, text; line = "" }
        /^ *[-0-9#=*]+: *[0-9]+:/ {
            flush()
            number = $0; sub(/^[^:]*: */, "", number); text = number; sub(/:.*/, "", number); sub(/^[^:]*:/, "", text)
            if (number == 0) { if (text ~ /^Source:/) mine = text == "Source:" want; next }
            times = $1; sub(/:.*/, "", times); of = taken = 0
            if (mine && times != "-") line = number
            counted = text !~ /assert\(|^WIDTHS\(/
        }
        /^branch/ && counted { of++; if ($3 == "taken" && $4 > 0) taken++ }
        END { flush() }'
}
if [ $# -gt 0 ]; then
    for source in "$@"; do
        branches "$build/obj/${source%.c}.gcda" "$source" | awk -F '\t' -v f="$source" '
            $4 < $3 || $2 ~ /#/ { printf "%s:%s: %d of %d branches, %s times:%s\n", f, $1, $4, $3, $2 ~ /#/ ? 0 : $2, $5 }'
    done
    exit 0
fi
find "$build/obj/libsearch" -name '*.gcda' | LC_ALL=C sort | while read -r data; do
    source=${data#"$build"/obj/}
    source=${source%.gcda}.c
    case $source in *.pic.c) continue ;; esac
    branches "$data" "$source" | awk -F '\t' -v f="$source" '
        { all++; hit += $2 !~ /#/; of += $3; taken += $4 }
        END { if (all) printf "%s %d %d %d %d\n", f, hit, all, taken, of }'
done | awk '
    function show(name, h, a, t, o) {
        return sprintf("%-44s lines %6.2f %% of %4d   branches %6.2f %% of %4d", name, 100 * h / a, a, o ? 100 * t / o : 100, o)
    }
    {
        split($1, part, "/"); room = part[2]
        hit[room] += $2; all[room] += $3; taken[room] += $4; of[room] += $5
        print show($1, $2, $3, $4, $5) | "sort -k8,8n"
    }
    END {
        close("sort -k8,8n")
        for (r in all) { print show(r, hit[r], all[r], taken[r], of[r]); h += hit[r]; a += all[r]; t += taken[r]; o += of[r] }
        if (a) print show("all", h, a, t, o)
    }'
