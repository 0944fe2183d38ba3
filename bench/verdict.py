#!/usr/bin/env python3
"""verdict.py R.json — is libsearch faster than each peer in each command and class? Medians over the same queries."""
import collections, json, statistics, sys

engines = json.load(open(sys.argv[1]))["engines"]
ours = engines.pop("libsearch")["rows"]
slower = 0
for name, e in engines.items():
    by = collections.defaultdict(list)
    for key, row in e["rows"].items():
        if key in ours:
            by[tuple(key.split("\t")[:2])].append((ours[key][0], row[0]))
    for (cmd, cls), pairs in sorted(by.items()):
        a, b = statistics.median(x for x, _ in pairs), statistics.median(y for _, y in pairs)
        worse = a >= b
        slower += worse
        print(f"{name:10} {cmd:13} {cls:14} ours {a/1000:9.1f} us  theirs {b/1000:10.1f} us  {b/max(a, 1):8.1f}x{'  SLOWER' if worse else ''}")
print(f"slower in {slower} classes")
sys.exit(1 if slower else 0)
