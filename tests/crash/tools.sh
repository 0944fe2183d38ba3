# tools.sh — read by run.sh and kill.sh: builds what they need into $build/crash, where it is older than its source.
# The library preloaded and the programs recorded must not be built with sanitizers.
: "${CC:=cc}"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:?usage: $0 BUILD [COUNT] [SEED]}
for f in libsearch libsearchd libsearch.a; do
    [ -e "$build/$f" ] || { echo "crash: no $build/$f: make BUILD=$build all" >&2; exit 2; }
done
build=$(cd "$build" && pwd)
command -v python3 >/dev/null || { echo 'crash: python3 is wanted' >&2; exit 2; }
mkdir -p "$build/crash"
if [ ! "$build/crash/record.so" -nt "$here/record.c" ]; then
    $CC -O2 -g -Wall -Wextra -shared -fPIC -o "$build/crash/record.so" "$here/record.c" -ldl || exit 2
fi
if [ ! "$build/crash/judge" -nt "$here/judge.c" ] || [ ! "$build/crash/judge" -nt "$build/libsearch.a" ]; then
    $CC -std=c11 -D_POSIX_C_SOURCE=200809L -pthread -I"$root" -Wall -Wextra -O2 -g -o "$build/crash/judge" \
        "$here/judge.c" "$build/libsearch.a" -lstemmer -lutf8proc -lzstd -lxxhash -lm || exit 2
fi
shift
