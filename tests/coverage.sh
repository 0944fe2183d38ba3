#!/bin/sh
# coverage.sh BUILD — which lines and branches of the library the tests that ran in BUILD (made with --coverage) have
# reached: a line a file, the least covered branches first, then each room and all. Branches that only the compiler made
# (the sides of && in a macro, vector tails) are counted as gcov counts them.
set -eu
build=$1
cd "$(dirname "$0")/.."
find "$build/obj/libsearch" -name '*.gcda' | LC_ALL=C sort | while read -r data; do
    source=${data#"$build"/obj/}
    source=${source%.gcda}.c
    case $source in *.pic.c) continue ;; esac
    gcov -b -n -o "$data" "$source" 2>/dev/null | awk -v want="$source" '
        /^File / { mine = ($0 == "File \x27" want "\x27") }
        mine && /^Lines executed:/ { split($0, a, /[:% ]+/); lines = a[3]; of_lines = a[5] }
        mine && /^Taken at least once:/ { split($0, a, /[:% ]+/); taken = a[5]; of_branches = a[7] }
        END { if (of_lines) printf "%s %s %d %s %d\n", want, lines, of_lines, taken == "" ? 100 : taken, of_branches }'
done | awk '
    {
        split($1, part, "/"); room = part[2]
        lines[room] += $2 * $3 / 100; of_lines[room] += $3; taken[room] += $4 * $5 / 100; branches[room] += $5
        printf "%-44s lines %6.2f %% of %4d   branches %6.2f %% of %4d\n", $1, $2, $3, $4, $5 | "sort -k8,8n"
    }
    END {
        close("sort -k8,8n")
        for (r in lines) {
            printf "%-44s lines %6.2f %% of %4d   branches %6.2f %% of %4d\n", r, 100 * lines[r] / of_lines[r], of_lines[r], branches[r] ? 100 * taken[r] / branches[r] : 100, branches[r]
            l += lines[r]; ol += of_lines[r]; t += taken[r]; ob += branches[r]
        }
        if (ol) printf "%-44s lines %6.2f %% of %4d   branches %6.2f %% of %4d\n", "all", 100 * l / ol, ol, 100 * t / ob, ob
    }'
