#!/usr/bin/env python3
"""queries.py LINES OUT [--n 100] [--seed 1] [--sample 40000] [--log FILE] — query lines from the articles themselves.

CLASS tab QUERY, in the words of peers/drive.h, shuffled within a class, so that any first N of it are a fair sample.
Words are drawn as readers do: those of one article together, so that AND finds something. With --log, the public log
queries of a file QUERY lines (third column: tags) become log_or, log_and, log_phrase and log_mixed."""
import argparse, collections, random, re

WORD = re.compile(r"[a-z]+")
# Runs with single blanks between, so that every analyser sees the words side by side.
RUN = r"(?<![\w'\-.])[a-z]{2,}(?: [a-z]{2,}){%d}(?![\w'\-.])"
INFLECTED = re.compile(r"(s|e|y|ed|ing|er|ly|ion|al|ment|ness|ful|ous|ive|able|ible|ize|ant|ent|ic|or|ism|ate|ance|ence|iti)$")


def read(path, sample, rnd):
    df, keep, n = collections.Counter(), [], 0
    with open(path, encoding="utf-8") as f:
        for line in f:
            if n >= sample:
                break
            _, _, _, _, _, title, body = line.rstrip("\n").split("\t", 6)
            title, body = title.replace("\\n", " "), body.replace("\\n", "\n").replace("\\t", " ")
            df.update(set(WORD.findall((title + "\n" + body).lower())))
            n += 1
            if len(keep) < 4000:
                keep.append((title, body))
            else:
                j = rnd.randrange(n)
                if j < 4000:
                    keep[j] = (title, body)
    return df, keep, n


class Maker:
    def __init__(self, df, keep, docs, n, rnd):
        self.df, self.keep, self.docs, self.n, self.rnd = df, keep, docs, n, rnd

    def band(self, low, high):
        words = sorted(w for w, c in self.df.items() if low * self.docs <= c <= high * self.docs and c >= 3 and 3 <= len(w) <= 16)
        self.rnd.shuffle(words)
        return words[: self.n]

    def tried(self, draw):
        """The first n different results of draw() that are not None."""
        found = {}
        for _ in range(200 * self.n):
            if len(found) >= self.n:
                break
            q = draw()
            if q:
                found[q] = True
        return list(found)

    def together(self, k, common):
        def draw():
            title, body = self.rnd.choice(self.keep)
            words = sorted({w for w in WORD.findall((title + " " + body).lower()) if len(w) >= 3 and 5 <= self.df[w] <= .2 * self.docs})
            if len(words) < k:
                return None
            q = self.rnd.sample(words, k)
            if common and self.rnd.random() < .2:  # one of five holds a very common word
                q[0] = self.rnd.choice(common)
            return tuple(q) if len(set(q)) == k else None
        return self.tried(draw)

    def phrases(self, k):
        run = re.compile(RUN % (k - 1))

        def draw():
            runs = run.findall(self.rnd.choice(self.keep)[1].lower())
            q = self.rnd.choice(runs) if runs else ""
            return '"%s"' % q if any(self.df[w] <= .1 * self.docs and len(w) > 3 for w in q.split()) else None
        return self.tried(draw)

    def prefixes(self):
        words = sorted(w for w, c in self.df.items() if c >= 5 and len(w) >= 5)
        return self.tried(lambda: self.rnd.choice(words)[: self.rnd.randint(3, 5)] + "*")

    def slips(self):
        """Words that are their own stems, with one letter wrong."""
        words = sorted(w for w, c in self.df.items() if .001 * self.docs <= c <= .05 * self.docs and c >= 3 and 5 <= len(w) <= 9 and not INFLECTED.search(w))

        def draw():
            if not words:
                return None
            w, kind = self.rnd.choice(words), self.rnd.randrange(4)
            i = self.rnd.randrange(1, len(w) - 1)
            letter = self.rnd.choice("abcdefghijklmnoprstuvw")
            out = (w[:i] + letter + w[i + 1:], w[:i] + w[i + 1:], w[:i] + letter + w[i:], w[:i] + w[i + 1] + w[i] + w[i + 2:])[kind]
            return out + "~" if out != w else None
        return self.tried(draw)

    def titles(self):
        def draw():
            title, body = self.rnd.choice(self.keep)
            words = WORD.findall((title.strip() or re.split(r"[.!?\n]", body.strip())[0]).lower())
            return " ".join(words) if 3 <= len(words) <= 14 else None
        return self.tried(draw)


def log_classes(path):
    by = collections.defaultdict(list)
    for line in open(path, encoding="utf-8"):
        _, q, tags = line.rstrip("\n").split("\t")
        q = re.sub(r"[^a-z0-9+\-\" ]", " ", q.lower())
        words = re.findall(r'[+\-]?(?:"[^"]*"|[^\s"+\-]+)', q)
        q = " ".join(words)
        first = tags.split(",")[0]
        name = {"union": "log_or", "intersection": "log_and", "phrase": "log_phrase"}.get(first, "log_mixed")
        by[name].append(q)
    return by


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("lines")
    ap.add_argument("out")
    ap.add_argument("--n", type=int, default=100)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--sample", type=int, default=40000, help="articles read")
    ap.add_argument("--log")
    a = ap.parse_args()
    rnd = random.Random(a.seed)
    df, keep, docs = read(a.lines, a.sample, rnd)
    m = Maker(df, keep, docs, a.n, rnd)
    classes = {"term_high": m.band(.05, 1), "term_mid": m.band(.003, .03), "term_low": m.band(0, max(.0005, 5 / docs))}
    common = classes["term_high"]
    for k in (2, 3, 5):
        sets = m.together(k, common)
        classes[f"or{k}"] = [" ".join(q) for q in sets]
        classes[f"and{k}"] = [" ".join("+" + w for w in q) for q in sets]
    for k in (2, 3, 4):
        classes[f"phrase{k}"] = m.phrases(k)
    classes.update(prefix=m.prefixes(), fuzzy=m.slips(), title=m.titles())
    if a.log:
        classes.update(log_classes(a.log))
    with open(a.out, "w", encoding="utf-8") as f:
        for name, qs in classes.items():
            rnd.shuffle(qs)
            f.writelines(f"{name}\t{q}\n" for q in qs)
    print(docs, "articles read;", ", ".join(f"{k} {len(v)}" for k, v in classes.items()))


main()
