#!/bin/sh
# draws.sh BUILD [ROUNDS [SEED]] — the properties with seeds that were never drawn before, ROUNDS of each (3), from SEED on
# (the clock). What a change must pass has fixed seeds, so that no landing fails by a draw; this is where new ones are drawn.
set -u
build=${1:?BUILD} rounds=${2:-3} seed=${3:-$(date +%s)} passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
draw() { # PROPERTY ARGUMENT…
    if timeout 900 "$build/tests/$@" > "$log" 2>&1; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "FAIL $*"
    grep -v 'OK \]\|RUN  ' "$log" | tail -n 5
}
for s in $(seq "$seed" $((seed + rounds - 1))); do
    draw prop_answers 1000 "$s"
    draw prop_boilerplate 200 "$s"
    draw prop_codec "$s"
    draw prop_copies 8 "$s"
    draw prop_hidden "$s"
    draw prop_histogram 300 "$s"
    draw prop_index "$s"
    draw prop_json 20000 "$s"
    draw prop_match "$s"
    draw prop_news "$s"
    draw prop_noise "$s"
    draw prop_parse "$s"
    draw prop_rare 1500 "$s"
    draw prop_search 500 "$s"
    draw prop_segment "$s"
    draw prop_text 5000 "$s"
    draw prop_threads "$s"
done
echo "draws: seeds $seed to $((seed + rounds - 1))"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
