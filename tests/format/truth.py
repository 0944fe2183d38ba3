#!/usr/bin/env python3
"""truth.py - what an index must hold, found without it: the stored texts cut by ls_analyze (tokens.c) and counted here,
against what reader.py reads in the segments; the articles that were given and what `libsearch` answers, against what it
reads as live.

    python3 tests/format/truth.py TOKENS LIBSEARCH INDEX [SET_FOLDER]

Prints a line for each part; exit status 1 where one differs. With FORMAT_SEEN in the environment, appends to that file
which branches of the format were met."""
import json
import os
import subprocess
import sys

import reader
import structures
from reader import DATE, INTEGER, KEYWORD, TEXT

GAP = 8
CODES = {"english": "en", "french": "fr", "german": "de", "russian": "ru", "spanish": "es", "catalan": "ca"}


class Words:
    """The words of texts, by ls_analyze."""

    def __init__(self, program):
        self.program, self.known = program, {}

    def learn(self, texts):
        texts = [t for t in dict.fromkeys(texts) if t not in self.known]
        ask = b"".join(b"%s %d\n%s" % (lang.encode(), len(text), text) for lang, text in texts)
        said = subprocess.run([self.program], input=ask, capture_output=True, check=True).stdout.decode()
        for key, block in zip(texts, said.split("\n\n") if texts else []):
            rows = [r.split("\t") for r in block.strip("\n").split("\n") if r]
            self.known[key] = sorted_out([(int(p), int(a), int(e), f.encode(), t.encode()) for p, a, e, f, t in rows])


def sorted_out(rows):
    """[(position, form, term, joined, boilerplate)]. ls_analyze does not tell what is boilerplate, but counts it apart:
    a word that goes on where the other words do not is some."""
    out, nexts, last = [], [0, 0], (-1, False)
    for position, start, _, form, term in rows:
        if start == last[0]:  # a compound, behind its first part
            out.append((position, form, term, True, last[1]))
            continue
        apart = position != nexts[0]
        assert position == nexts[apart] and (nexts[0] != nexts[1] or not any(nexts)), "no telling boilerplate here"
        nexts[apart] += 1
        last = (start, apart)
        out.append((position, form, term, False, apart))
    return out


class Place:
    """Where words go in one list of a document."""

    def __init__(self):
        self.next = self.apart_next = 0

    def base(self, n):
        return n + GAP if n else 0

    def field(self, words, lang, texts):
        """([(position, form, term)] of the field, of its boilerplate, its length, where it begins or None)."""
        mine, apart, length, start = [], [], 0, None
        for text in texts:
            base, apart_base = self.base(self.next), self.base(self.apart_next)
            for position, form, term, joined, boilerplate in words.known[lang, text]:
                if boilerplate:
                    apart.append((apart_base + position, form, term))
                    self.apart_next = max(self.apart_next, apart_base + position + 1)
                    continue
                start = base if start is None else start
                mine.append((base + position, form, term))
                self.next = max(self.next, base + position + 1)
                length += not joined
        return mine, apart, length, start


class Truth:
    """The lists of one segment: {(term, list): {document: [scored tf, [(position, form)]]}}."""

    def __init__(self, schema):
        self.schema, self.lists, self.forms, self.lengths, self.starts, self.firsts = schema, {}, {}, [], [], []

    def put(self, term, no, doc, tf, position, form):
        row = self.lists.setdefault((term, no), {}).setdefault(doc, [0, []])
        row[0] += tf
        row[1].append((position, form))
        if form is not None:
            self.forms.setdefault((term, form), set()).add(doc)

    def document(self, doc, words, lang, texts):
        schema = self.schema
        lengths, starts, firsts, place, apart = [0] * len(schema.texts), [], [], Place(), []
        for f in schema.weighted:
            mine, more, lengths[f.text], start = place.field(words, lang, texts[f.no])
            starts.append(start)
            apart += more
            firsts += mine[:1]
            for position, form, term in mine:
                self.put(term, 0, doc, f.weight, position, form)
                if f.no != schema.main:
                    self.put(term, 1 + f.text, doc, 1, None, None)
        base = place.base(place.next)
        starts.append(base if apart else None)
        for position, form, term in apart:
            self.put(term, 0, doc, 0, base + position, form)
        for f in schema.texts:
            if f.weight:
                continue
            place = Place()
            mine, more, lengths[f.text], _ = place.field(words, lang, texts[f.no])
            base = place.base(place.next)
            for position, form, term in mine:
                self.put(term, 1 + f.text, doc, 1, position, form)
            for position, form, term in more:
                self.put(term, 1 + f.text, doc, 0, base + position, form)
        starts[0] = 0  # the first region, be it empty
        self.lengths.append(lengths)
        self.starts.append(starts)
        self.firsts.append({p for p, _, _ in firsts})


def values_of(s, doc):
    """The values of each field; of one that is not stored, those of the field NAME_text."""
    values = reader.stored_values(s, doc)
    out = {f.no: [v for g, v in values if g is f] for f in s.schema.fields}
    for f in s.schema.fields:
        if f.not_stored:
            out[f.no] = [v for g, v in values if g.name == f.name + "_text"]
    return out


def expected(s, words):
    docs = [values_of(s, doc) for doc in range(s.meta.docs)]
    words.learn((s.languages[i], t) for i, d in enumerate(docs) for f in s.schema.texts for t in d[f.no] if t)
    t = Truth(s.schema)
    for doc, values in enumerate(docs):
        t.document(doc, words, s.languages[doc], {f.no: [v for v in values[f.no] if v] for f in s.schema.texts})
    return t, docs


def same(what, got, wanted):
    if got != wanted:
        keys = [k for k in list(got) + list(wanted) if got.get(k) != wanted.get(k)] if isinstance(got, dict) else []
        if keys:
            raise AssertionError("%s %s: the index has %s, expected %s" % (what, keys[0], got.get(keys[0]), wanted.get(keys[0])))
        raise AssertionError("%s: the index has %s, expected %s" % (what, str(got)[:300], str(wanted)[:300]))


def check_lists(s, t):
    """Every posting, scored frequency, position and form; returns how many postings."""
    form_of = {(term, number): form for _, form, term, number, _ in s.forms}
    got, hidden, count = {}, {}, 0
    for ordinal, (term, _, lists) in enumerate(s.terms):
        for no in lists:
            for doc, n, tf, places, numbers in s.postings(ordinal, no):
                count += 1
                if term[:1] == b"\x01":
                    assert no == 0 and tf == n and not numbers
                    hidden.setdefault(term, {})[doc] = places
                    continue
                forms = numbers if numbers else [0] * n
                pairs = sorted((p, form_of[ordinal, f]) for p, f in zip(places, forms)) if places else n
                got.setdefault((term, no), {})[doc] = (tf, pairs)
    wanted = {}
    for (term, no), rows in t.lists.items():
        apart = no == 0 or not s.schema.texts[no - 1].weight  # it has positions of its own
        wanted[term, no] = {d: (max(1, tf), sorted(pairs) if apart else len(pairs)) for d, (tf, pairs) in rows.items()}
    same("postings of", got, wanted)
    sentences = hidden.get(b"\x01s", {})
    for doc, firsts in enumerate(t.firsts):
        assert firsts <= set(sentences.get(doc, [])), "a text's first word begins a sentence"
    for term, rows in hidden.items():
        assert term in (b"\x01s", b"\x01p", b"\x01q", b"\x01r"), term
        for doc, places in rows.items():
            words = {p for (_, no), r in t.lists.items() if no == 0 and doc in r for p, _ in r[doc][1]} if doc < 50 else None
            assert words is None or set(places) <= words, "a hidden term stands where no word is"
    for doc, places in hidden.get(b"\x01p", {}).items():
        assert set(places) <= set(sentences[doc]), "a paragraph begins where no sentence does"
    return count


def check_forms(s, t):
    got = {(s.terms[term][0], form): docs for _, form, term, _, docs in s.forms}
    same("documents of the form", got, {k: len(v) for k, v in t.forms.items()})
    folded = {form: key for key, form, _, _, _ in s.forms}
    for form, key in folded.items():
        assert not form.isascii() or key == form.lower(), "the folded spelling of %s" % form
    by_term = {}
    for key, form, term, number, docs in s.forms:
        by_term.setdefault(term, []).append((-docs, key, form, number))
    for term, rows in by_term.items():
        assert [r[3] for r in sorted(rows)] == list(range(len(rows))), "numbers of the forms of %s" % s.terms[term][0]


def check_documents(s, t, docs):
    n = range(s.meta.docs)
    same("lengths", [[s.text_length(i, d) for i in range(len(s.schema.texts))] for d in n], t.lengths)
    same("regions", [s.starts(d) for d in n], t.starts)
    for f in s.schema.fields:
        for doc in n:  # what a document knows of itself, where it was not given
            if f.type == KEYWORD and f.name == "language" and not docs[doc][f.no] and s.languages[doc] != "none":
                docs[doc][f.no] = [CODES[s.languages[doc]].encode()]
            if f.type == INTEGER and f.name == "version" and not docs[doc][f.no]:
                docs[doc][f.no] = [s.versions[doc]]
        if f.type in (DATE, INTEGER):
            got = s.columns.get(f.no, [None] * s.meta.docs)
            same("column " + f.name, got, [d[f.no][0] if d[f.no] else None for d in docs])
        if f.type == KEYWORD:
            values, of = s.keywords.get(f.no, ([], [[]] * s.meta.docs))
            same("keywords " + f.name, [[values[v][0] for v in row] for row in of],
                 [sorted({v.decode().lower().encode() for v in d[f.no]}) for d in docs])


def run(*args):
    return subprocess.run(args, capture_output=True, check=False, encoding="utf-8").stdout


def check_live(index, program, path):
    """What the program finds is what is live here."""
    live, version = {}, {}
    for s, l in index.parts:
        for doc in range(s.meta.docs):
            if not (l and doc in l.deleted):
                assert s.ids[doc] not in live, "two live documents of one id"
                live[s.ids[doc].decode()] = values_of(s, doc)
                version[s.ids[doc].decode()] = s.versions[doc]
    rows = [json.loads(x) for x in run(program, "export", path).splitlines()]
    same("versions", {r["id"]: r["version"] for r in rows}, version)
    stats = json.loads(run(program, "stats", "--json", path))
    same("documents", (stats["documents"], stats["segments"]), (len(live), len(index.parts)))
    same("commit", stats["generation"], index.manifest.generation)
    return live


def check_given(live, index, folder):
    """The live documents are the articles given last and not deleted."""
    want, n = {}, 1
    while os.path.exists("%s/%d.ndjson" % (folder, n)):
        with open("%s/%d.ndjson" % (folder, n), encoding="utf-8") as f:
            want.update((a["id"], a) for a in map(json.loads, f))
        if os.path.exists("%s/%d.delete" % (folder, n)):
            with open("%s/%d.delete" % (folder, n), encoding="utf-8") as f:
                for line in f.read().split():
                    want.pop(line, None)
        n += 1
    same("ids", sorted(live), sorted(want))
    for id_, article in want.items():
        for f in index.manifest.schema.fields:
            if f.not_stored or f.type not in (TEXT, KEYWORD, INTEGER):
                continue
            given = article.get(f.name, [])
            given = given if isinstance(given, list) else [given]
            same("%s of %s" % (f.name, id_), [v.decode() if isinstance(v, bytes) else v for v in live[id_][f.no]], given)


def check_queries(index, program, path, most=25):
    """The number of hits of a term's exact words is its live document frequency."""
    found, asked = {}, 0
    for s, l in index.parts:
        correct = l.lists[0] if l else {}
        for ordinal, (term, _, lists) in enumerate(s.terms):
            if 0 in lists:
                found[term] = found.get(term, 0) + lists[0].df - correct.get(ordinal, 0)
    spelt = {}  # folded spellings whose forms are of one term in every segment
    for s, _ in index.parts:
        for key, _, term, _, _ in s.forms:
            spelt.setdefault(key, set()).add(s.terms[term][0])
    terms = {}
    for key, owners in spelt.items():
        if len(owners) == 1 and key.isalpha() and key.isascii():
            terms.setdefault(next(iter(owners)), []).append(key)
    # a word's own stem is searched as well: only terms that are one of their own spellings are sure
    names = [t for t in sorted(terms) if t in terms[t] and found.get(t)]
    for term in names[:: max(1, len(names) // most)]:
        total = json.loads(run(program, "search", "--json", "--limit", "1", path, term.decode()))["total"]
        total = total["value"] if isinstance(total, dict) else total
        same("hits of " + term.decode(), total, found[term])
        asked += 1
    return asked


def dump(index):
    lines = []
    reader.dump(index, False, lines.append)
    return len(lines)


def main():
    tokens, program, path = sys.argv[1:4]
    bad, words = 0, Words(tokens)
    index = reader.Index(path)

    def part(name, check):
        nonlocal bad
        try:
            more = check()
            print("ok   %s%s" % (name, " (%s)" % more if isinstance(more, int) else ""))
            return more
        except (AssertionError, reader.Damage, KeyError, IndexError) as e:
            bad += 1
            print("FAIL %s: %s" % (name, e))

    for s, l in index.parts:
        t, docs = expected(s, words)
        name = "segment %d: " % s.frame.generation
        part(name + "postings", lambda: check_lists(s, t))
        part(name + "forms", lambda: check_forms(s, t))
        part(name + "documents", lambda: check_documents(s, t, docs))
        if l:
            part(name + "live file", lambda: reader.check_live(s, l))
    if sum(s.meta.docs for s, _ in index.parts) < 5000:  # it takes long
        part("the whole dump", lambda: dump(index))
    live = part("live documents", lambda: check_live(index, program, path))
    if live is not None and len(sys.argv) > 4:
        part("what was given", lambda: check_given(live, index, sys.argv[4]))
    part("queries", lambda: check_queries(index, program, path))
    if "FORMAT_SEEN" in os.environ:
        with open(os.environ["FORMAT_SEEN"], "a", encoding="utf-8") as f:
            f.write("".join(x + "\n" for x in structures.SEEN))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
