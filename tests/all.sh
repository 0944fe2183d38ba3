#!/bin/sh
# The README's test command: installs what the tests need (as root, by apt-get), then lint, a gcc build with all short
# tests, and an ASan+UBSan build with them. At most 20 minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
sh tests/deps.sh test
jobs=$(nproc 2>/dev/null || echo 2)
make -s -j"$jobs" WERROR=1 all
make -s -j"$jobs" WERROR=1 tests
make -s WERROR=1 check
make -s -j"$jobs" SAN=address,undefined WERROR=1 all tests
ASAN_OPTIONS=detect_stack_use_after_return=1 make -s SAN=address,undefined WERROR=1 asan-check
