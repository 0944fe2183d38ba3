#!/bin/sh
# afl.sh SECONDS TARGET… — targets of fuzz/ under AFL++, one after the other, each so long on one core, from its seeds; what
# it keeps lies in build/afl/out/TARGET and is its beginning the next time. Prints a line a target: executions, edges found
# and all, inputs kept, crashes, hangs. Wants Debian's afl++, and installs it where that may be done.
set -u
cd "$(dirname "$0")/.."
seconds=${1:?usage: afl.sh SECONDS TARGET…} build=build/afl
shift
if ! command -v afl-clang-fast >/dev/null; then
    [ "$(id -u)" -eq 0 ] || { echo "afl.sh: as root: apt-get install afl++" >&2; exit 2; }
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends afl++ >/dev/null || exit 2
fi
# AFL's driver takes the place of libFuzzer's main; ASan finds what would not crash by itself.
targets=$(for t in "$@"; do echo "$build/fuzz/$t"; done)
# shellcheck disable=SC2086
AFL_QUIET=1 make -s -j"$(nproc)" $targets CC="${AFL_CC:-afl-clang-fast}" BUILD=$build CFLAGS="-O1 -g" SAN=address FUZZER=1 || exit 2
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_AUTORESUME=1
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1
bad=0
printf '%-12s %12s %8s %8s %8s %8s %8s\n' target executions edges of kept crashes hangs
for t in "$@"; do
    out=$build/out/$t
    mkdir -p "$out"
    nice -n 19 afl-fuzz -i "fuzz/seeds/$t" -o "$out" -V "$seconds" -m none -t 5000+ -- "$build/fuzz/$t" >"$build/$t.log" 2>&1
    said() { sed -n "s/^$1 *: *//p" "$out/default/fuzzer_stats" 2>/dev/null; }
    printf '%-12s %12s %8s %8s %8s %8s %8s\n' "$t" "$(said execs_done)" "$(said edges_found)" "$(said total_edges)" \
        "$(said corpus_count)" "$(said saved_crashes)" "$(said saved_hangs)"
    [ "$(said saved_crashes)$(said saved_hangs)" = 00 ] || bad=1
done
exit $bad
