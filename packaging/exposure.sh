#!/bin/sh
# exposure.sh — the exposure of libsearchd.service as systemd-analyze counts it: 1.5 at most. Says 'skipped' where there
# is no systemd-analyze that can judge a file (systemd 250 and later).
set -eu
cd "$(dirname "$0")"
command -v systemd-analyze >/dev/null || { echo "skipped: the unit's exposure (no systemd-analyze)"; exit 0; }
if ! said=$(systemd-analyze security --offline=true --no-pager ./libsearchd.service 2>&1); then
    case $said in *unrecognized*offline*) echo "skipped: the unit's exposure (systemd is older than 250)"; exit 0 ;; esac
    echo "$said"
    exit 1
fi
level=$(printf '%s\n' "$said" | sed -n 's/.*Overall exposure level for libsearchd.service: \([0-9.]*\).*/\1/p')
[ -n "$level" ] || { echo "no level in what systemd-analyze said:"; printf '%s\n' "$said" | tail -n 3; exit 1; }
awk -v level="$level" 'BEGIN { exit !(level <= 1.5) }' || { printf '%s\n' "$said"; echo "FAIL exposure $level, at most 1.5 expected"; exit 1; }
echo "ok   the unit's exposure: $level of 10"
