#!/bin/sh
# http.sh BUILD INDEX QUERIES [FLAG…] — libsearchd under wrk on this machine: requests a second, latencies, and the
# processor time of the server alone, which a busy machine does not spoil. INDEX: an index made by libsearch add.
# QUERIES: one a line, or the lines CLASS TAB QUERY of bench/peers/genqueries.py (CLASSES chooses: "and2|or2|…").
# SECONDS_EACH (4), CONNECTIONS (16) and CASES ("name=path …") may be set; FLAGs go to the server.
set -eu
build=$1 index=$2 queries=$3
shift 3
command -v wrk >/dev/null || { echo "bench-http: skipped: wrk is not here"; exit 0; }
each=${SECONDS_EACH:-4} connections=${CONNECTIONS:-16} classes=${CLASSES:-term_high|term_mid|and2|and3|or2|or3}
cases=${CASES:-health=/healthz none=/v1/search?limit=0&q= ids=/v1/search?limit=10&snippets=0&fields=id&q= \
ten=/v1/search?limit=10&snippets=0&q= defaults=/v1/search?q= suggest=/v1/suggest?q=}
work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2> /dev/null && wait "$server" || :; fi
    rm -rf "$work"
}
trap finish EXIT INT TERM
awk -F '\t' -v c="^($classes)\$" 'NF < 2 { print; next } $1 ~ c { print $2 }' "$queries" > "$work/queries"
cat > "$work/ask.lua" <<'LUA'
-- Every thread goes through the lines, each from a place of its own.
local lines, at, prefix = {}, 0, nil
function init(args)
    prefix = args[1]
    for line in io.lines(args[2]) do
        lines[#lines + 1] = line:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end)
    end
    math.randomseed(tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
    at = math.random(#lines)
end
function request()
    at = at % #lines + 1
    if prefix:sub(-1) ~= "=" then return wrk.format("GET", prefix) end
    return wrk.format("GET", prefix .. lines[at])
end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("%d %.0f %.2f %.2f %d\n", summary.requests, summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        e.connect + e.read + e.write + e.status + e.timeout))
end
LUA
"$build/libsearchd" --index "$index" --listen 127.0.0.1:0 --log none "$@" 2> "$work/said" &
server=$!
for _ in $(seq 200); do
    grep -q 'ready on' "$work/said" && break
    sleep .05
done
address=$(sed -n 's/.*ready on \(http:[^ ]*\)\/ .*/\1/p' "$work/said")
[ -n "$address" ] || { cat "$work/said"; exit 1; }
ticks=$(getconf CLK_TCK)
used() { sed 's/.*) //' "/proc/$server/stat" | awk '{ print $12 + $13 }'; }
printf '%-10s %10s %9s %9s %9s %12s\n' case requests rate/s p50/ms p99/ms 'cpu us/req'
for c in $cases; do
    wrk -t 2 -c "$connections" -d 1 -s "$work/ask.lua" "$address" -- "${c#*=}" "$work/queries" > /dev/null
    before=$(used)
    wrk -t 2 -c "$connections" -d "$each" -s "$work/ask.lua" "$address" -- "${c#*=}" "$work/queries" > "$work/out"
    after=$(used)
    tail -1 "$work/out" | awk -v n="${c%%=*}" -v t=$((after - before)) -v hz="$ticks" '{
        printf "%-10s %10d %9d %9s %9s %12.1f%s\n", n, $1, $2, $3, $4, t * 1e6 / hz / ($1 ? $1 : 1), \
            $5 ? "  ERRORS " $5 : "" }'
done
