#!/bin/sh
# long.sh [DATA] — the long forms: clang, TSan, long properties, the fresh root, figures and benchmarks. Prints a line a part;
# DATA (a folder of collections) is optional: what needs it says 'skipped' without. With MOST=seconds a part is ended after so
# long and is good where nothing had failed until then: whether they all begin is known after an hour.
set -u
cd "$(dirname "$0")/.."
data=${1:-}
sh tests/deps.sh test || exit 1
failed=0
part() { # NAME COMMAND…
    name=$1
    shift
    start=$(date +%s)
    ${MOST:+timeout "$MOST"} "$@" > "build/long-$name.log" 2>&1
    status=$?
    if [ $status -eq 0 ] || { [ $status -eq 124 ] && [ -n "${MOST:-}" ]; }; then echo "ok   $name ($(($(date +%s) - start)) s)"; else failed=$((failed + 1)); echo "FAIL $name: build/long-$name.log"; tail -n 5 "build/long-$name.log"; fi
    grep -h skipped "build/long-$name.log" | head -n 3
}
mkdir -p build
jobs=$(nproc 2>/dev/null || echo 2)
make -s -j"$jobs" WERROR=1 all tests || exit 1
part clang make -s -j"$jobs" clang
part tsan make -s -j"$jobs" tsan
part tidy make -s tidy
for seed in 1 2 3; do
    part "prop_search-$seed" build/plain/tests/prop_search 10000 "$seed"
done
part draws sh tests/draws.sh build/plain 20
part prop_parse build/plain/tests/prop_parse 1 300000
part prop_noise build/plain/tests/prop_noise 7 300000
part fault_public build/plain/tests/fault_public 1 1
part fault_pages build/plain/tests/fault_pages 1 1
part corrupt_index build/plain/tests/corrupt_index 1
part corrupt_salvage build/plain/tests/corrupt_salvage 1
part t_trust build/plain/tests/t_trust 300
command -v clang >/dev/null && part fuzz make -s fuzz-run SECONDS=120
command -v afl-fuzz >/dev/null && part afl sh fuzz/afl.sh 300 f_frame f_sections f_nitf f_query
part coverage make -s coverage
part fault_index build/plain/tests/fault_index 1
part fault_commit build/plain/tests/fault_commit
for seed in 1 2 3; do
    part "prop_news-$seed" build/plain/tests/prop_news "$seed" 20000
    part "prop_hidden-$seed" build/plain/tests/prop_hidden "$seed"
done
make -s build/plain/bench/make-corpus && part export python3 tests/cli/export_long.py build/plain 1000000
part crash sh tests/crash/run.sh build/plain 24000 "$(date +%s)"
part faults sh tests/fault/run.sh build/plain 20000 "$(date +%s)"
part http python3 tests/http/run.py --server build/plain/libsearchd --long
part kill sh tests/crash/kill.sh build/plain 1000 "$(date +%s)"
part fresh-root make -s fresh-root
part relevance make -s bench-relevance DATA="$data"
part figures make -s bench-figures DATA="$data"
part bench make -s bench DATA="$data"
echo "$failed parts failed"
[ $failed -eq 0 ]
