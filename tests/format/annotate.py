#!/usr/bin/env python3
"""annotate.py - the files of a tiny index as hex, with what each byte is: the example of docs/FORMAT.md.

    python3 tests/format/annotate.py INDEX

Only for lists that stand in the dictionary (at most three documents a term). Zero bytes that fill up are left out."""
import os
import sys

import reader
import structures as st
from reader import DATE, KEYWORD, NONE, SECTIONS, u32, u64
from structures import Cursor

KINDS = {1: "segment", 2: "live", 3: "manifest"}


def quoted(b):
    return "`%s`" % reader.shown(b)


class Page:
    def __init__(self, data):
        self.data, self.at, self.lines = data, 0, []

    def title(self, text):
        self.lines.append("%s; %s" % (" " * 53, text))

    def row(self, n, text):
        for i in range(0, n, 16):
            piece = self.data[self.at + i : self.at + min(n, i + 16)]
            line = "%04x  %-47s" % (self.at + i, piece.hex(" "))
            self.lines.append((line + "  " + text).rstrip() if i == 0 else line.rstrip())
        self.at += n

    def rows(self, *rows):
        for n, text in rows:
            self.row(n, text)


def frame(p, f, sections):
    data, n = p.data, len(p.data)
    p.title("header")
    p.rows((8, "magic"), (8, "format 1, kind %d: %s" % (f.kind, KINDS[f.kind])), (8, "generation %d" % f.generation),
           (8, "%d bytes" % n), (8, "the section table is at %04x" % u64(data, 32)), (4, "%d sections" % f.count),
           (4, "zero"), (8, "sum of the table"), (8, "sum of 0000 to 0037"))
    first = f.order[0][2] - p.at
    p.title("the section table and the chunk sums, as at the end: %d bytes" % first)
    for i in range(first):
        if i % 16 == 0 and any(data[p.at : p.at + 16]):
            p.row(16, "")
        elif i % 16 == 0:
            p.at += 16
    for type_, _, at, size in f.order:
        p.at = at
        p.title("section %d, %s: %d bytes" % (type_, sections[type_][0], size))
        sections[type_][1](p, f.sections[type_])
        assert p.at == at + size, (type_, hex(p.at), hex(at + size))
    p.at = u64(data, u64(data, 32) + 24)
    p.title("chunk sums")
    for type_, _, at, size in f.order:
        if size:
            p.row(8, "of section %d" % type_)
    p.at = u64(data, 32)
    p.title("section table: type, flags; place, bytes; sums, root")
    for type_, _, at, size in f.order:
        p.rows((8, "section %d" % type_), (16, "at %04x, %d bytes" % (at, size)), (16, ""))
    p.at = n - 64
    p.title("footer")
    p.rows((8, "sum of the table"), (8, "%d bytes" % n), (8, "generation"), (4, "kind"), (20, "zero"),
           (8, "sum of the footer so far"), (8, "`LSI-end\\n`"))


# ---- the manifest ----


def head(p, b):
    p.rows((8, "commit %d" % u64(b, 0)), (16, "the index's number"), (8, "first commit: %d ms" % u64(b, 24)),
           (8, "stamp of the analyzer"), (24, "no tombstones"), (8, "flags"), (8, "boot"),
           (8, "last public commit: %d" % u64(b, 80)))


def schema(p, b):
    c = Cursor(b, 4)
    p.row(4, "layout 1, %d fields, title: %d, main: %d" % (b[1], b[2], b[3]))
    for name in ("language", "time zone", "k1", "b"):
        text = c.take(c.u8())
        p.row(1 + len(text), "%s %s" % (name, quoted(text)))
    while c.at < c.end:
        type_, weight, _ = c.u8(), c.u8(), c.u8()
        text = c.take(c.u8())
        p.row(4 + len(text), "%s, weight %d, %s" % (reader.TYPES[type_], weight, quoted(text)))


def boilerplate(p, b):
    c = Cursor(b, 1)
    p.row(3, "layout 1, sources")
    for _ in range(st.u16(c.take(2), 0)):
        text = c.take(c.u8())
        p.row(1 + len(text), quoted(text))
    p.row(4, "%d lines" % st.u32(c.take(4), 0))
    while c.at < c.end:
        number, size = st.u16(c.take(2), 0), st.u16(c.take(2), 0)
        p.row(4 + size, "source %d: %s" % (number, quoted(c.take(size))))


def segments(p, b):
    for at in range(0, len(b), 64):
        p.rows((8, "seg-%016x" % u64(b, at)), (8, "%d bytes" % u64(b, at + 8)), (8, "its sum"),
               (8, "%d documents, %d deleted" % (u32(b, at + 24), u32(b, at + 28))), (24, "no live file"),
               (8, "visible to all, zero"))


# ---- the segment ----


class Marks:
    """How each section of one segment is taken apart."""

    def __init__(self, s):
        self.s = s
        make = {1: self.meta, 2: self.key_index, 3: self.term_blocks, 4: self.term_lists, 5: self.key_index,
                6: self.form_blocks, 10: self.positions, 11: self.form_stream, 12: self.norms, 13: self.regions,
                14: self.columns, 15: self.stored_index, 16: self.stored, 18: self.ids, 19: self.id_hashes,
                20: self.doc_hashes, 21: self.versions, 22: self.languages, 23: self.shingles, 26: self.lengths}
        self.sections = {t: (name, make.get(t, self.nothing)) for t, name in {**SECTIONS, **reader.OPTIONAL}.items()}

    def nothing(self, p, b):
        assert not b

    def meta(self, p, b):
        m = self.s.meta
        p.rows((4, "layout 1"), (4, "%d documents" % m.docs), (4, "%d lists" % m.lists), (4, "%d fields" % m.fields),
               (4, "%d regions" % m.regions), (4, "%d languages" % len(m.languages)), (8, "stamp of the analyzer"),
               (8, "%d words" % m.words), (8, "k1 %r" % m.k1), (8, "b %r" % m.b), (8, "versions at %x" % m.versions))
        for no, (total, at, average, low, high, _) in enumerate(m.list):
            p.rows((16, "list %d: lengths %d, norms %s" % (no, total, "none" if at == NONE else "at %x" % at)),
                   (16, "average %.4f, norms %d to %d" % (average, low, high)))
        for what, places in (("region", m.region), ("length of text field", m.length), ("field", m.column)):
            for no, at in enumerate(places):
                p.row(8, "%s %d: %s" % (what, no, "none" if at == NONE else "at %x" % at))
        for name, docs in m.languages:
            p.rows((24, "`%s`" % name), (8, "%d documents" % docs))

    def key_index(self, p, b):
        n, extra, firsts, starts = st.key_index(b, u32(b, 4))
        p.row(16, "%d entries, %d a block%s" % (n, u32(b, 4), ", %d lists" % extra if extra else ""))
        for first in firsts:
            p.row(8, "first key %s" % quoted(first.to_bytes(8, "big").rstrip(b"\0")))
        p.row(4 * len(starts), "blocks begin at %s" % " ".join("%x" % x for x in starts))

    def key(self, p, c, before, first):
        at = c.at
        key = c.text() if first else st.key_behind(c, before)
        p.row(c.at - at, quoted(key) if first else "%s: shares %d" % (quoted(key), len(os.path.commonprefix([before, key]))))
        return key

    def record(self, p, c, base, name, skip=0):
        at = c.at - skip
        x, forms = st.record(c, base)
        text = "%s: df %d, %d form%s, cf %d" % (quoted(name), x.df, forms, "" if forms == 1 else "s", x.cf)
        text += "; " + ", ".join("%d: %d×, %d" % row for row in x.inline)
        p.row(c.at - at, text)

    def term_blocks(self, p, b):
        _, _, _, starts = st.key_index(self.s.frame.sections[2], 16)
        terms = self.s.terms
        for i in range(len(starts) - 1):
            c = Cursor(b, starts[i], starts[i + 1])
            self.key(p, c, b"", True)
            at, size = c.at, c.vint()
            p.row(c.at - at, "%d bytes of further terms" % size)
            mine = terms[16 * i : 16 * i + 16]
            key = mine[0][0]
            for _ in mine[1:]:
                key = self.key(p, c, key, False)
            base = st.Base()
            for name, _, _ in mine:
                self.record(p, c, base, name)

    def term_lists(self, p, b):
        count = u32(b, 0)
        p.row(4, "%d other lists" % count)
        for no in range(count):
            p.row(12, "list %d: %d terms, at %x" % (no + 1, u32(b, 4 + 12 * no), u64(b, 8 + 12 * no)))
        for no in range(count):
            n, at = u32(b, 4 + 12 * no), u64(b, 8 + 12 * no)
            if not n:
                p.row(4, "list %d: no groups; their end" % (no + 1))
                continue
            groups = (n + 15) // 16
            firsts, at = st.numbers(b, at, groups, 4)
            starts, at = st.numbers(b, at, groups + 1, 4)
            p.row(4 * groups, "list %d: groups begin with terms %s" % (no + 1, firsts))
            p.row(4 * groups + 4, "and at %s" % starts)
            for g in range(groups):
                c, ordinal, base = Cursor(b, at + starts[g], at + starts[g + 1]), firsts[g] - 1, st.Base()
                while c.at < c.end:
                    before = c.at
                    ordinal += c.vint() + 1
                    self.record(p, c, base, self.s.terms[ordinal][0], c.at - before)

    def form_blocks(self, p, b):
        c, key = Cursor(b), b""
        for i, (folded, form, term, number, docs) in enumerate(self.s.forms):
            at = c.at
            key = st.key_behind(c, key) if i % 32 else c.text()
            bits = c.u8()
            if bits & 3 == 3:
                st.key_behind(c, key)
            for follows in (bits >> 2 & 3 == 3, bits >> 4 & 3 == 2, bits >> 6 == 3):
                if follows:
                    c.vint()
            p.row(c.at - at, "%s: %s of term %d, number %d, %d document%s"
                  % (quoted(folded), quoted(form), term, number, docs, "" if docs == 1 else "s"))

    def streams(self, p, b, places):
        for at, cf, term in sorted(places):
            assert at == p.at - self.start, (at, p.at)
            end = min([x[0] for x in places if x[0] > at], default=len(b))
            p.row(end - at, "%s: %s" % (quoted(term), " ".join(map(str, st.stream(b, at, cf)))))

    def positions(self, p, b):
        self.start = p.at
        self.streams(p, b, [(x.positions_at, x.cf, t) for t, _, ls in self.s.terms for x in ls.values() if x.positions])

    def form_stream(self, p, b):
        self.start = p.at
        self.streams(p, b, [(x.forms_at, x.cf, t) for t, _, ls in self.s.terms for x in ls.values() if x.forms])

    def norms(self, p, b):
        start = p.at
        for no, row in enumerate(self.s.norms):
            if row is not None:
                p.at = start + self.s.meta.list[no][1]
                p.row(len(row), "list %d: codes %s" % (no, " ".join(map(str, row))))

    def one_column(self, p, b, at, name):
        values, start = st.column(b, at), p.at - self.filled(p, at)
        p.row(16, "%s: %d documents, %d block, %d values" % (name, u32(b, at), u32(b, at + 4), u64(b, at + 8)))
        p.row(16, "from %d to %d" % (st.i64(b, at + 16), st.i64(b, at + 24)))
        p.row(8, "step %d" % u64(b, at + 32))
        for k in range(u32(b, at + 4)):
            h = at + 40 + 32 * k
            p.rows((16, "block from %d to %d" % (st.i64(b, h), st.i64(b, h + 8))),
                   (16, "body at %x, width %d, %d values" % (u64(b, h + 16), u32(b, h + 24), u32(b, h + 28))))
        h = at + 40
        n, width, count = u32(b, at), u32(b, h + 24), u32(b, h + 28)
        size = (count * width + 7) // 8 + (8 * ((n + 63) // 64) if 0 < count < n else 0)
        p.row(size, "values %s" % " ".join("-" if v is None else str(v) for v in values))

    def filled(self, p, at):
        p.at = self.start + at
        return at

    def some_columns(self, p, b, places):
        self.start = p.at
        for at, name in sorted(x for x in places if x[0] != NONE):
            self.one_column(p, b, at, name)

    def regions(self, p, b):
        self.some_columns(p, b, [(at, "region %d" % i) for i, at in enumerate(self.s.meta.region)])

    def lengths(self, p, b):
        self.some_columns(p, b, [(at, "length of `%s`" % f.name) for f, at in zip(self.s.schema.texts, self.s.meta.length)])

    def versions(self, p, b):
        self.some_columns(p, b, [(self.s.meta.versions, "versions")])

    def columns(self, p, b):
        self.start = p.at
        for f in self.s.schema.fields:
            at = self.s.meta.column[f.no]
            if at == NONE:
                continue
            if f.type != KEYWORD:
                self.one_column(p, b, at, "`%s`" % f.name)
                continue
            self.filled(p, at)
            (d, v, pairs, single), q = st.numbers(b, at, 4, 4)
            where, q = st.numbers(b, at + 16, 5, 8)
            p.row(16, "`%s`: %d documents, %d values, %d pairs, %d" % (f.name, d, v, pairs, single))
            p.rows((16, "starts at %x, docs at %x" % tuple(where[:2])), (16, "document starts, ordinals at %x, %x" % tuple(where[2:4])),
                   (8, "end at %x" % where[4]), (4 * v + 4, "where values begin"))
            for folded, written in self.s.keywords[f.no][0]:
                size = 2 + len(folded) + (len(written) if written != folded else 0)
                p.row(size, "%s%s" % (quoted(folded), ", first written %s" % quoted(written) if written != folded else ""))
            for i, name in enumerate(("starts", "docs", "document starts", "ordinals")):
                p.row(where[i + 1] - where[i], name)

    def offsets(self, p, b, at, n, start):
        where, end = st.offsets(b, at, n)
        p.row(16 * (n // 64 + 1), "groups of offsets: first, bits")
        p.row(end - at - 16 * (n // 64 + 1), "offsets %s" % " ".join(map(str, where)))

    def stored_index(self, p, b):
        p.row(8, "%d documents" % u32(b, 0))
        self.offsets(p, b, 8, u32(b, 0), p.at)

    def stored(self, p, b):
        where, _ = st.offsets(self.s.frame.sections[15], 8, self.s.meta.docs)
        for doc in range(self.s.meta.docs):
            c = Cursor(b, where[doc], where[doc + 1])
            size = c.vint() >> 1
            assert size == c.end - c.at < st.FRAME, "stored text of the example is compressed"
            p.row(c.at - where[doc], "document %d: %d bytes, as they are" % (doc, size))
            at, d = c.at, self.s.schema
            c.u8()
            n = c.vint()
            p.row(c.at - at, "layout 1, %d values" % n)
            for _ in range(n):
                at, f = c.at, d.fields[c.vint()]
                v = "in its column" if f.type in (reader.INTEGER, DATE) else quoted(c.text())
                p.row(c.at - at, "`%s`: %s" % (f.name, v))

    def ids(self, p, b):
        at = u64(b, len(b) - 16)
        p.row(at, " ".join(quoted(x) for x in self.s.ids))
        self.offsets(p, b, at, self.s.meta.docs, p.at)
        p.row(16, "offsets at %x, %d documents, zero" % (at, self.s.meta.docs))

    def id_hashes(self, p, b):
        n, k = u32(b, 0), u32(b, 4)
        p.rows((8, "%d documents, %d bits" % (n, k)), (4 * ((1 << k) + 1), "buckets"), (2 * n, "next 16 bits of the hashes"))
        size = (n * st.width_of(n) + 7) // 8
        p.row(size, "documents %s" % " ".join(map(str, st.bit_string(b, len(b) - size, n, st.width_of(n))[0])))

    def doc_hashes(self, p, b):
        for doc in range(self.s.meta.docs):
            p.row(8, "content of document %d" % doc)

    def languages(self, p, b):
        p.row(len(b), " ".join(self.s.languages))


    def shingles(self, p, b):
        texts, counts, rows, kept = st.shingles(b, self.s.meta.docs)
        docs, pairs, blocks = st.width_of(len(texts)), st.width_of(len(rows)), -(-len(kept) // 256)
        for doc, text in enumerate(texts):
            p.row(8, "text of document %d" % doc if text else "document %d: no text" % doc)
        p.row((len(texts) * docs + 7) // 8, "documents by text, %d bits each" % docs)
        p.row(len(texts), "shingles of each: %s" % " ".join(map(str, counts)))
        for no in range(len(rows)):
            p.row(8, "row %d: text" % no)
        if rows:
            p.row((len(rows) * pairs + 7) // 8, "rows of the other direction")
            p.row(2 * len(rows), "shares")
            p.row(len(rows), "shingles in common of each: %s" % " ".join(str(r[4]) for r in rows))
        if kept:
            p.row(st.u64(b, len(b) - 16), "%d kept shingles and their documents" % len(kept))
            p.row(12 * blocks, "heads of %d blocks" % blocks)
        p.rows((8, "%d rows" % len(rows)), (8, "%d kept shingles" % len(kept)), (8, "bytes of their blocks"),
               (8, "%d documents, zero" % len(texts)))


def main():
    index = reader.Index(sys.argv[1])
    m = index.manifest
    p = Page(m.frame.data)
    frame(p, m.frame, {1: ("head", head), 2: ("schema", schema), 3: ("segments", segments), 4: ("boilerplate", boilerplate)})
    print("`MANIFEST`, %d bytes:\n\n```\n%s\n```\n" % (len(p.data), "\n".join(p.lines)))
    for s, _ in index.parts:
        p = Page(s.frame.data)
        frame(p, s.frame, Marks(s).sections)
        print("`seg-%016x`, %d bytes:\n\n```\n%s\n```" % (s.frame.generation, len(p.data), "\n".join(p.lines)))


if __name__ == "__main__":
    main()
