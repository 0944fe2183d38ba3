#!/usr/bin/env python3
"""table.py R.json [--peers a,b] — the figures of side.py as a table (Markdown): ours in µs, then each peer's ratio to ours.

A ratio above 1 says that we are quicker. Medians and 99th percentiles are taken over the queries that both answered."""
import argparse, json, math, statistics


def percentile(values, p):
    v = sorted(values)
    return v[min(len(v) - 1, max(0, math.ceil(p / 100 * len(v)) - 1))]


def micro(ns):
    us = ns / 1000
    return f"{us:.1f}" if us < 100 else f"{us:,.0f}"


def ratios(ours, theirs):
    """(of medians, of 99th percentiles, of means) over the common queries."""
    n = min(len(ours["ns"]), len(theirs["ns"]))
    a, b = ours["ns"][:n], theirs["ns"][:n]
    return (statistics.median(b) / max(1, statistics.median(a)), percentile(b, 99) / max(1, percentile(a, 99)),
            statistics.mean(b) / max(1, statistics.mean(a)))


def x(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def rows(res, peers):
    mine = res["engines"]["libsearch"]["cells"]
    for cell, ours in mine.items():
        out = {"cell": cell, "p50": statistics.median(ours["ns"]), "p99": percentile(ours["ns"], 99),
               "mean": statistics.mean(ours["ns"]), "n": len(ours["ns"]), "peers": {}}
        for p in peers:
            theirs = res["engines"][p]["cells"].get(cell)
            if theirs:
                out["peers"][p] = ratios(ours, theirs)
        yield out


def agreement(res, peers):
    """How far the exact numbers of matches agree, by peer and class: (share equal, mean relative difference, worst)."""
    for p in peers:
        for cell, ours in res["engines"]["libsearch"]["cells"].items():
            theirs = res["engines"][p]["cells"].get(cell)
            if not cell.startswith("C0/") or not theirs:
                continue
            pairs = list(zip(ours["count"], theirs["count"]))
            off = [abs(a - b) / max(a, b, 1) for a, b in pairs]
            at = max(range(len(off)), key=off.__getitem__)
            q = res["queries"][cell[3:]][at]
            yield p, cell[3:], sum(a == b for a, b in pairs) / len(pairs), statistics.mean(off), (q, *pairs[at])


def markdown(res, peers, cells=None):
    head = ["command/class", "p50 µs", "p99 µs", "mean µs"] + [f"{p} ×p50 / ×p99 / ×mean" for p in peers]
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for r in rows(res, peers):
        if cells and not cells(r["cell"]):
            continue
        line = [r["cell"], micro(r["p50"]), micro(r["p99"]), micro(r["mean"])]
        for p in peers:
            v = r["peers"].get(p)
            line.append(" / ".join(f"**{x(y)}**" if y < 1 else x(y) for y in v) if v else "–")
        out.append("| " + " | ".join(line) + " |")
    return "\n".join(out)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("file")
    ap.add_argument("--peers")
    a = ap.parse_args()
    res = json.load(open(a.file))
    peers = a.peers.split(",") if a.peers else [p for p in res["engines"] if p != "libsearch"]
    print(f"{res['date']}, clock {res['clock']}, load {res['load'][0]:.1f};", "; ".join(f"{n}: {e['version']}" for n, e in res["engines"].items()))
    print(markdown(res, peers))
    print("\n| peer | class | equal counts | mean difference | worst (query, ours, theirs) |\n|---|---|---|---|---|")
    for p, cls, same, off, worst in agreement(res, peers):
        print(f"| {p} | {cls} | {same:.2f} | {off:.4f} | {worst[0]} ({worst[1]}, {worst[2]}) |")
