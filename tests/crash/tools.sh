# tools.sh — read by run.sh and kill.sh: builds what they need into $build/crash, where it is older than its source
# (by way of another name, for others may be at work with it).
# The programs recorded must not be built with sanitizers, for which the library preloaded would come too early. But
# those states can be judged with them: SAN_BUILD is a second build, of SAN=address,undefined.
: "${CC:=cc}"
here=${crash:-$(cd "$(dirname "$0")" && pwd)} # where these files lie, for a caller from elsewhere
root=$(cd "$here/../.." && pwd)
build=${1:?usage: $0 BUILD [COUNT] [SEED]}
for f in libsearch libsearchd libsearch.a; do
    [ -e "$build/$f" ] || { echo "crash: no $build/$f: make BUILD=$build all" >&2; exit 2; }
done
build=$(cd "$build" && pwd)
command -v python3 >/dev/null || { echo 'crash: python3 is wanted' >&2; exit 2; }
mkdir -p "$build/crash"
if [ ! "$build/crash/record.so" -nt "$here/record.c" ]; then
    $CC -O2 -g -Wall -Wextra -shared -fPIC -o "$build/crash/record.so.$$" "$here/record.c" -ldl || exit 2
    mv "$build/crash/record.so.$$" "$build/crash/record.so"
fi
judge() { # PROGRAM ARCHIVE FLAGS…
    program=$1 archive=$2
    shift 2
    [ "$program" -nt "$here/judge.c" ] && [ "$program" -nt "$archive" ] && return
    $CC -std=c11 -D_POSIX_C_SOURCE=200809L -pthread -I"$root" -Wall -Wextra -O2 -g "$@" -o "$program.$$" \
        "$here/judge.c" "$archive" -lstemmer -lutf8proc -lzstd -lxxhash -lm || exit 2
    mv "$program.$$" "$program"
}
judge "$build/crash/judge" "$build/libsearch.a"
if [ -n "$SAN_BUILD" ]; then
    CRASH_JUDGE=$build/crash/judge-san
    judge "$CRASH_JUDGE" "$SAN_BUILD/libsearch.a" -fsanitize=address,undefined -fno-sanitize-recover=all
    export CRASH_JUDGE
fi
shift
