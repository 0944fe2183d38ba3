#!/usr/bin/env python3
"""copies.py - figures of copies on real articles: python3 bench/copies.py BUILD DATA [draw N SEED [read]]

Newswire pairs found (reuters-copies.tsv), relations of press releases, releases in many languages, what folding adds to a
search; press releases alike by statutory text, and how many of them fold; with draw: N pairs of each relation, their titles
and shares, to be judged by eye (docs/COPIES.md), with read their texts too, what both have in [ ]. DATA holds the
collections as JSON lines, compressed by zstd; nothing of them is kept."""
import collections
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile

FIELDS = ("title", "date", "source", "byline", "section", "body", "lang")


def run(*command, **more):
    return subprocess.run(command, check=False, capture_output=True, text=True, **more).stdout


class Collection:
    def __init__(self, build, data, name, tmp, houses=0):
        self.index = os.path.join(tmp, "%s-%d" % (name, houses))
        raw = run("zstd", "-dc", os.path.join(data, name + ".jsonl.zst"))
        self.rows = [json.loads(line) for line in raw.split("\n") if line]
        for i, row in enumerate(self.rows if houses else ()):
            row["source"] = "house %d" % (i % houses)
        self.number = {r["id"]: "d%d" % i for i, r in enumerate(self.rows)}
        lines = (json.dumps({"id": "d%d" % i, **{k: r[k] for k in FIELDS if r.get(k)}}) for i, r in enumerate(self.rows))
        run(os.path.join(build, "libsearch"), "add", self.index, "-", input="\n".join(lines) + "\n")
        told = (line.split("\t") for line in run(os.path.join(build, "bench/copies"), "pairs", self.index).splitlines())
        self.pairs = {frozenset((a, b)): (relation, float(shared)) for a, b, relation, shared in told}

    def row(self, id_):
        return self.rows[int(id_[1:])]

    def folding(self):
        return {p: x for p, x in self.pairs.items() if x[1] >= .4}

    def told(self, name):
        size = collections.Counter(x[0] for x in self.folding().values())
        print("%s: %d documents; pairs from .40 on: %s; below: %d"
              % (name, len(self.rows), ", ".join("%s %d" % x for x in sorted(size.items())), len(self.pairs) - sum(size.values())))


def words(row):
    return len(row["body"].split())


def shingles(text):
    w = re.findall(r"\w+", text.lower())
    return [" ".join(w[i:i + 5]) for i in range(len(w) - 4)]


def own_shingles(rows):
    """Of each row, without lines that one in a hundred of its source's rows has."""
    def lines(row):
        return [" ".join(re.findall(r"\w+", x.lower())) for x in row["body"].split("\n")]
    rows_of, lines_of = collections.Counter(r["source"] for r in rows), collections.Counter()
    for r in rows:
        lines_of.update((r["source"], x) for x in set(lines(r)))
    return [{s for x in lines(r) if lines_of[r["source"], x] < max(2, .01 * rows_of[r["source"]]) for s in shingles(x)} for r in rows]


def statutory(press):
    """Pairs whose whole bodies have a Jaccard coefficient of .5 or more over 5-word shingles, and what becomes of them."""
    own, sets = own_shingles(press.rows), [set(shingles(r["body"])) for r in press.rows]
    having = collections.defaultdict(list)
    for i, some in enumerate(sets):
        for s in some:
            having[s].append(i)
    told = collections.Counter()
    for i, some in enumerate(sets):
        common = collections.Counter()
        for s in some:
            if len(having[s]) > 1:
                common.update(having[s])
        for j in (j for j, n in common.items() if j > i and 2 * n >= len(some) + len(sets[j]) - n):
            relation, shared = press.pairs.get(frozenset(("d%d" % i, "d%d" % j)), ("", 0))
            fold = "similar" if shared >= .4 and relation != "update" else "story" if shared >= .4 else ""
            alike = len(own[i] & own[j]) >= .4 * max(1, min(len(own[i]), len(own[j])))
            for kind in ("all", "alike without recurring lines" if alike else "not alike without recurring lines"):
                told[kind, "pairs"] += 1
                told[kind, "similar"] += fold == "similar"
                told[kind, "story"] += fold != ""
    print("press releases with Jaccard >= .5, recurring lines left in: " + "; ".join(
        "%s %d, fold=similar folds %d, fold=story %d" % (kind, told[kind, "pairs"], told[kind, "similar"], told[kind, "story"])
        for kind in ("all", "alike without recurring lines", "not alike without recurring lines")))


def marked(row, other):
    """The text, what it shares with the other in [ ]."""
    w, theirs = re.findall(r"\w+", row["body"]), set(shingles(other["body"]))
    shared = {k for i, s in enumerate(shingles(row["body"])) if s in theirs for k in range(i, i + 5)}
    return " ".join("[" * (i in shared and i - 1 not in shared) + x + "]" * (i in shared and i + 1 not in shared) for i, x in enumerate(w))


def draw(title, sets, n, chance, read, relations=("copy", "excerpt", "shared", "update")):
    every = [(name, p, x) for name, s in sets.items() for p, x in s.folding().items()]
    for relation in relations:
        some = sorted((e for e in every if e[2][0] == relation), key=lambda e: (e[0], sorted(e[1])))
        print("\n%s: %s, %d of %d" % (title, relation, min(n, len(some)), len(some)))
        for name, pair, (_, shared) in chance.sample(some, min(n, len(some))):
            a, b = (sets[name].row(d) for d in sorted(pair, key=lambda d: int(d[1:])))
            print("  %.2f %s" % (shared, " | ".join("%s %s (%d)" % (r["date"][:16], r["title"][:90], words(r)) for r in (a, b))))
            if read:
                print("    1: %s\n    2: %s" % (marked(a, b), marked(b, a)))


def main():
    build, data, more = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as tmp:
        sets = {}
        for name in ("reuters", "press-releases", "news-31-languages"):
            sets[name] = Collection(build, data, name, tmp)
            sets[name].told(name)
        wire = sets["reuters"]
        alike = [0] * 6
        with open(os.path.join(data, "reuters-copies.tsv"), encoding="utf-8") as f:
            for row in csv.DictReader(f, delimiter="\t"):
                a, b = wire.number[row["a"]], wire.number[row["b"]]
                found = frozenset((a, b)) in wire.folding()
                long = min(words(wire.row(a)), words(wire.row(b))) >= 24
                for no, is_one in enumerate((float(row["jaccard"]) >= .8, float(row["jaccard"]) >= .8 and long,
                                             float(row["containment"]) >= .8)):
                    alike[2 * no] += is_one and found
                    alike[2 * no + 1] += is_one
        print("newswire: Jaccard >= .8: %d of %d found, %d of %d with 20 shingles in both; containment >= .8: %d of %d" % tuple(alike))
        many = sets["news-31-languages"]
        crossing = sum(len({many.row(d)["lang"] for d in p}) > 1 for p in many.folding())
        print("releases in many languages: %d pairs of different languages" % crossing)
        queries = "\n".join(("oil", "trade", "bank", "the", "company", "shares", "market", "price", "dollar", "year", "japan",
                             "oil OR gas", "trade OR deficit", "bank AND rate", "government", "foreign", "interest")) + "\n"
        print("searches: " + run(os.path.join(build, "bench/copies"), "time", wire.index, input=queries).strip())
        statutory(sets["press-releases"])
        if more:
            n, seed, read = int(more[1]), int(more[2]), more[3:] == ["read"]
            chance, many = random.Random(seed), {"news-31-languages": sets.pop("news-31-languages")}
            draw("newswire and press releases", sets, n, chance, read)
            draw("releases in many languages", many, n // 5, chance, read)
            two = Collection(build, data, "reuters", tmp, 2)
            two.told("newswire as of two houses")
            draw("newswire as of two houses", {"two": two}, n, random.Random(seed), read, ("excerpt", "shared"))


if __name__ == "__main__":
    main()
