#!/usr/bin/env python3
"""copies.py - figures of copies on real articles: python3 bench/copies.py BUILD DATA [draw N SEED]

Newswire pairs found (reuters-copies.tsv), relations of press releases, releases in many languages, what folding adds to a
search; with draw: N pairs of each relation, their titles and shares, to be judged by eye. DATA holds the collections as
JSON lines, compressed by zstd; nothing of them is kept."""
import collections
import csv
import json
import os
import random
import subprocess
import sys
import tempfile

FIELDS = ("title", "date", "source", "byline", "section", "body", "lang")


def run(*command, **more):
    return subprocess.run(command, check=False, capture_output=True, text=True, **more).stdout


class Collection:
    def __init__(self, build, data, name, tmp):
        self.index, self.rows, self.programs = os.path.join(tmp, name), [], build
        raw = run("zstd", "-dc", os.path.join(data, name + ".jsonl.zst"))
        self.rows = [json.loads(line) for line in raw.split("\n") if line]
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


def main():
    build, data, draw = sys.argv[1], sys.argv[2], sys.argv[3:]
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
        if draw:
            chance = random.Random(int(draw[2]))
            every = [(name, p, x) for name, s in sets.items() for p, x in s.folding().items()]
            for relation in ("copy", "excerpt", "shared", "update"):
                some = sorted((e for e in every if e[2][0] == relation), key=lambda e: (e[0], sorted(e[1])))
                print("\n%s, %d of %d" % (relation, min(int(draw[1]), len(some)), len(some)))
                for name, pair, (_, shared) in chance.sample(some, min(int(draw[1]), len(some))):
                    print("  %.2f %s" % (shared, " | ".join("%s %s (%d)" % (r["date"][:10], r["title"][:90], words(r))
                                                           for r in map(sets[name].row, sorted(pair)))))


if __name__ == "__main__":
    main()
