#!/bin/sh
# Losses of power, simulated: tests/crash/run.sh BUILD [COUNT] [SEED] [WORK …]
# COUNT states (default 300, the short form; 20000 is the long one) of the works of work.py. Told: states, broken ones,
# for each of those how to look at it again; at last  N passed, N failed.
. "$(dirname "$0")/tools.sh"
exec python3 -B "$here/crash.py" "$build" "$@"
