#!/usr/bin/env python3
"""side.py --queries Q --from STAMP --out R.json NAME=COMMAND… — every engine over the same lines, cell by cell.

A cell is a command and a class of queries. The engines are all open at once and take turns within a cell, so that what
disturbs the machine disturbs them alike. Of each query the median over the passes stands in R.json; an engine that is
too slow for its share of --budget gets fewer queries (the first ones), and is compared over those alone."""
import argparse, collections, json, os, shlex, statistics, subprocess, sys, time

RANKED = ["T10", "T100", "T1000", "C0", "C100"]
PASSAGES = {"term_mid", "or2", "or3", "and2", "phrase2", "title", "log_or", "log_and", "log_phrase"}


class Engine:
    def __init__(self, name, command, clock):
        self.name = name
        self.p = subprocess.Popen(shlex.split(command) + [f"clock={clock}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        ready = self.p.stdout.readline().decode().rstrip("\n").split("\t")
        if ready[0] != "ready":
            raise RuntimeError(f"{name}: does not open")
        self.open_ns, self.version = int(ready[1]), ready[2]

    def ask(self, lines):
        """Answers of all lines. They are written by parts, so that neither side waits for the other for ever."""
        out = []
        for i in range(0, len(lines), 64):
            part = lines[i:i + 64]
            self.p.stdin.write(("".join(l + "\n" for l in part) + "X\n").encode())
            self.p.stdin.flush()
            for _ in part:
                out.append(self.p.stdout.readline().decode(errors="replace").rstrip("\n").split("\t"))
            if self.p.stdout.readline() != b"x\n":
                raise RuntimeError(f"{self.name}: answers out of step")
        return out

    def anonymous_kb(self):
        """Memory that is no page of a mapped file."""
        with open(f"/proc/{self.p.pid}/status") as f:
            return next((int(l.split()[1]) for l in f if l.startswith("RssAnon")), 0)

    def close(self):
        self.p.stdin.close()
        self.p.wait()


def cells_of(by, only):
    for command in RANKED + ["F10", "N10", "S10"]:
        for cls in by:
            if (command != "S10" or cls in PASSAGES) and (not only or command in only or cls in only or f"{command}/{cls}" in only):
                yield command, cls


def line(command, query, since):
    return f"{command}\t{query}" + (f"\t{since}" if command == "F10" else "")


def measure(e, lines, a):
    """The row of one engine for one cell, or None where it cannot."""
    probe = e.ask(lines[:4])
    if any(r[0] == "-" for r in probe):
        return None
    mean = statistics.mean(int(r[0]) for r in probe) / 1e9
    n = max(6, min(len(lines), int(a.budget / max(mean, 1e-7) / (a.passes + 1))))
    passes = a.passes if n * mean * a.passes < 4 * a.budget else 1
    lines = lines[:n]
    if mean < .02:
        e.ask(lines)
    runs = [e.ask(lines) for _ in range(passes)]
    if any(r[0] == "-" for r in runs[0]):
        return None
    return {"ns": [statistics.median(int(run[i][0]) for run in runs) for i in range(len(lines))],
            "count": [int(r[1]) for r in runs[0]], "hits": [r[2].split(",") if r[2] else [] for r in runs[0]]}


def warm(e, by, cells, since, seconds):
    end, n = time.time() + seconds, 0
    while time.time() < end:
        for command, cls in cells:
            qs = by[cls]
            e.ask([line(command, qs[(n + i) % len(qs)], since) for i in range(4)])
            if time.time() > end:
                break
        n += 4


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--queries", required=True)
    ap.add_argument("--since", type=int, required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--n", type=int, default=100)
    ap.add_argument("--passes", type=int, default=3)
    ap.add_argument("--budget", type=float, default=.5, help="seconds of an engine for a cell, about")
    ap.add_argument("--warm", type=float, default=8, help="seconds of warming up (half of it where nothing is compiled)")
    ap.add_argument("--clock", default="wall", choices=["wall", "cpu"])
    ap.add_argument("--only", help="commands, classes or command/class, by commas")
    ap.add_argument("engines", nargs="+")
    a = ap.parse_args()
    by = collections.OrderedDict()
    for l in open(a.queries, encoding="utf-8"):
        cls, q = l.rstrip("\n").split("\t")
        by.setdefault(cls, []).append(q)
    cells = list(cells_of(by, a.only and set(a.only.split(","))))
    engines = [Engine(*x.split("=", 1), a.clock) for x in a.engines]
    t0 = time.time()
    for e in engines:
        warm(e, by, cells, a.since, a.warm if "lucene" in e.name else min(2, a.warm / 4))
    res = {"clock": a.clock, "load": os.getloadavg(), "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "engines": {}}
    for e in engines:
        res["engines"][e.name] = {"version": e.version, "open_ns": e.open_ns, "cells": {}}
    for i, (command, cls) in enumerate(cells):
        qs = by[cls][: a.n]
        for e in engines:
            row = measure(e, [line(command, q, a.since) for q in qs], a)
            if row:
                res["engines"][e.name]["cells"][f"{command}/{cls}"] = row
        if sys.stderr.isatty():
            print(f"\r{i + 1}/{len(cells)} {command} {cls}      ", end="", file=sys.stderr)
    for e in engines:
        res["engines"][e.name]["anonymous_kb"] = e.anonymous_kb()
        e.close()
    res["queries"] = {c: qs[: a.n] for c, qs in by.items()}
    res["seconds"] = time.time() - t0
    with open(a.out + ".tmp", "w") as f:
        json.dump(res, f)
    os.rename(a.out + ".tmp", a.out)
    print(f"{len(cells)} cells, {res['seconds']:.0f} s", file=sys.stderr)


main()
