#!/bin/sh
# run.sh BUILD SECONDS TARGET… — each target in turn for so long, on one core, from its seeds; what it finds new goes to
# BUILD/corpus/TARGET and is its beginning the next time. Prints a line a target: executions, seconds of processor time,
# edges, features, inputs kept, findings (their files lie in BUILD/found/TARGET).
# $TIMEOUT: seconds, by the clock, after which an input counts as a hang. -entropic=0: its bookkeeping took half of the time of the larger targets.
set -u
LC_ALL=C
export LC_ALL
build=$1 seconds=$2
shift 2
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
printf '%-12s %12s %8s %9s %8s %9s %9s\n' target executions cpu_s edges features inputs findings
bad=0
processor() { # seconds of the children that have ended; not in a subshell, which has none
    times >"$build/times"
    cpu=$(sed -n '2s/[ms]/ /gp' "$build/times" | awk '{print int($1 * 60 + $2 + $3 * 60 + $4)}')
}
for t in "$@"; do
    corpus=$build/corpus/$t found=$build/found/$t log=$build/$t.log
    mkdir -p "$corpus" "$found"
    processor
    before=$cpu
    nice -n 10 "$build/fuzz/$t" -max_total_time="$seconds" -timeout=${TIMEOUT:-60} -rss_limit_mb=3000 -max_len=20000 -entropic=0 -print_final_stats=1 \
        -artifact_prefix="$found/" "$corpus" "fuzz/seeds/$t" >"$log" 2>&1
    [ $? -eq 0 ] || bad=1
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    processor
    spent=$((cpu - before))
    last=$(grep -aE '^#[0-9]+.*cov: ' "$log" | tail -n 1)
    printf '%-12s %12s %8s %9s %8s %9s %9s\n' "$t" "${runs:-?}" "$spent" "$(echo "$last" | sed -n 's/.*cov: \([0-9]*\).*/\1/p')" \
        "$(echo "$last" | sed -n 's/.*ft: \([0-9]*\).*/\1/p')" "$(find "$corpus" -type f | wc -l)" "$(find "$found" -type f | wc -l)"
done
exit $bad
