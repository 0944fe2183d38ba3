#!/bin/sh
# Writers killed while readers read: tests/crash/kill.sh BUILD [COUNT] [SEED]
# COUNT kills (default 20, the short form; 1000 is the long one) of the command line and as many of the server.
. "$(dirname "$0")/tools.sh"
exec python3 -B "$here/kill.py" "$build" "$@"
