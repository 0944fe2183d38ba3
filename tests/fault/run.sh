#!/bin/sh
# Programs whose calls fail: tests/fault/run.sh BUILD [COUNT] [SEED] [WORK …]
# COUNT points (default 100, the short form; 0 takes every point, hours) of the works of fault.py, or of those named.
crash=$(cd "$(dirname "$0")/../crash" && pwd)
. "$crash/tools.sh"
mkdir -p "$build/fault"
faults=$root/tests/fault
if [ ! "$build/fault/preload.so" -nt "$faults/preload.c" ]; then
    $CC -O2 -g -Wall -Wextra -shared -fPIC -o "$build/fault/preload.so.$$" "$faults/preload.c" -ldl || exit 2
    mv "$build/fault/preload.so.$$" "$build/fault/preload.so"
fi
export PYTHONPATH="$here:$faults"
python3 -B "$faults/full.py" "$build" || exit 1
exec python3 -B "$faults/fault.py" "$build" "$@"
