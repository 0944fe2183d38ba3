#!/usr/bin/env python3
"""reader.py - a second reader of an index, written from docs/FORMAT.md: verifies every sum, decodes every structure,
checks them against each other, and prints all of it as text that does not depend on how it is stored.

    python3 tests/format/reader.py INDEX            the dump
    python3 tests/format/reader.py --stable INDEX   without what differs from run to run (times, sums, sizes, stamps)

Nothing but the standard library; zstd's command where stored text is compressed. Exit status 2 on damage."""
import copy
import functools
import os
import struct
import sys

import structures as st
from structures import Damage, NONE, i64, u16, u32, u64, want
from xxh3 import digest128, sum64

SEGMENT, LIVE, MANIFEST, TOMBSTONES = 1, 2, 3, 4
CHUNK, ALIGN = 32768, 64
TEXT, KEYWORD, INTEGER, DATE, STORED = 1, 2, 3, 4, 5
TYPES = {TEXT: "text", KEYWORD: "keyword", INTEGER: "integer", DATE: "date", STORED: "stored"}
SECTIONS = {
    1: "meta", 2: "term index", 3: "term blocks", 4: "term lists", 5: "form index", 6: "form blocks", 7: "facts",
    8: "postings", 9: "ranges", 10: "positions", 11: "form stream", 12: "norms", 13: "regions", 14: "columns",
    15: "stored index", 16: "stored", 17: "stored dictionary", 18: "ids", 19: "id hashes", 20: "document hashes",
    21: "versions", 22: "languages", 26: "lengths"}
OPTIONAL = {23: "shingles", 24: "guid hashes"}
ORDER = [1, 22, 21, 14, 18, 15, 17, 16, 20, 19, *range(2, 14), 26]


def aligned(n):
    return (n + ALIGN - 1) // ALIGN * ALIGN


# ---- 3 frames ----


class Frame:
    def __init__(self, data, kind=None, known=()):
        self.data, n = data, len(data)
        want(n >= 128 and data[:8] == b"\x89LSI\r\n\x1a\n", "the magic of a frame")
        want(sum64(data[:56]) == u64(data, 56), "the header's sum")
        want(u32(data, 8) == 1, "format 1 expected, found", u32(data, 8))
        self.kind, self.generation, self.count = u32(data, 12), u64(data, 16), u32(data, 40)
        table = u64(data, 32)
        want(kind in (None, self.kind) and u64(data, 24) == n, "kind and size of the header")
        foot = n - 64
        want(data[n - 8 :] == b"LSI-end\n" and sum64(data[foot : n - 16]) == u64(data, n - 16), "the footer")
        want((u64(data, foot + 8), u64(data, foot + 16), u32(data, foot + 24)) == (n, self.generation, self.kind),
             "what the footer repeats")
        want(not any(data[44:48]) and not any(data[foot + 28 : foot + 48]), "zero bytes of header and footer")
        want(sum64(data[table:foot]) == u64(data, foot) == u64(data, 48), "the table's sum")
        self.sum = u64(data, 56)
        self.sections, self.order = {}, []
        entries = [struct.unpack_from("<IIQQQQ", data, table + 40 * i) for i in range(self.count)]
        at = 64 + aligned(40 * self.count) + aligned(8 * sum((e[3] + CHUNK - 1) // CHUNK for e in entries))
        sums_at_end = at + sum(aligned(e[3]) for e in entries)
        want(data[64:at] == data[table:foot] + data[sums_at_end:table], "the two copies of table and chunk sums")
        sums = sums_at_end
        for type_, flags, offset, size, sums_at, root in entries:
            want(type_ and type_ not in self.sections and flags <= 1, "type and flags of a section")
            want(flags or not known or type_ in known, "too new: a section of type", type_)
            want((offset, sums_at) == (at, sums), "the place of a section")
            chunks = (size + CHUNK - 1) // CHUNK
            want(sum64(data[sums : sums + 8 * chunks]) == root, "the root of section", type_)
            for c in range(chunks):
                piece = data[at + CHUNK * c : at + min(size, CHUNK * (c + 1))]
                want(sum64(piece) == u64(data, sums + 8 * c), "chunk", c, "of section", type_)
            want(not any(data[at + size : at + aligned(size)]), "zero bytes behind section", type_)
            self.sections[type_] = data[at : at + size]
            self.order.append((type_, flags, at, size))
            at, sums = at + aligned(size), sums + 8 * chunks
        want(aligned(sums) == table and table + aligned(40 * self.count) == foot, "the place of the table")
        want(not any(data[sums:table]) and not any(data[table + 40 * self.count : foot]), "zero bytes of the tables")


# ---- 4 the manifest ----


class Field:
    pass


class Schema:
    def __init__(self, b):
        c = st.Cursor(b)
        want(c.u8() == 1, "the schema's layout")
        count = c.u8()
        self.title, self.main = c.u8(), c.u8()
        self.language, self.timezone, self.k1, self.b = (c.take(c.u8()).decode() for _ in range(4))
        self.fields = []
        for no in range(count):
            f = Field()
            f.no, f.type, f.weight, flags, f.name = no, c.u8(), c.u8(), c.u8(), c.take(c.u8()).decode()
            want(f.type in TYPES and flags <= (3 if no == self.main else 1), "type and flags of a field")
            f.not_stored, f.copies = bool(flags & 1), bool(flags & 2)
            self.fields.append(f)
        want(c.at == c.end, "bytes behind the schema")
        self.look()

    def look(self):
        self.texts = [f for f in self.fields if f.type == TEXT]
        self.weighted = [f for f in self.texts if f.weight]
        for t, f in enumerate(self.texts):
            f.text = t

    def first(self, n):
        """The schema of a segment that was written when there were n fields."""
        out = copy.copy(self)
        out.fields = self.fields[:n]
        out.look()
        return out


def boilerplate(b):
    """[(source, line)]; "" is every source."""
    c = st.Cursor(b)
    want(c.u8() == 1, "the layout of the lists of boilerplate")
    sources, known, out = [""], 0, []
    for _ in range(u16(c.take(2), 0)):
        sources.append(c.take(c.u8()).decode())
        want(sources[-1], "the name of a source")
    for _ in range(u32(c.take(4), 0)):
        number, size = struct.unpack("<HH", c.take(4))
        want(number <= known + 1 and number < len(sources), "the number of a source")
        known = max(known, number)
        out.append((sources[number], c.take(size).decode()))
        st.seen("boilerplate: of a source" if number else "boilerplate: of every source")
    want(out and known == len(sources) - 1 and c.at == c.end, "lists of boilerplate to their end")
    return out


class Manifest:
    def __init__(self, data):
        f = Frame(data, MANIFEST, (1, 2, 3, 4))
        h = f.sections[1]
        want(len(h) == 88 and u64(h, 0) == f.generation, "the head of the manifest")
        self.frame, self.generation = f, f.generation
        self.index, self.created, self.stamp = h[8:24].hex(), i64(h, 24), u64(h, 32)
        self.tombs, self.flags, self.boot = struct.unpack_from("<3Q", h, 40), u64(h, 64), u64(h, 72)
        self.public = u64(h, 80)
        want(0 < self.public <= self.generation, "the last public commit")
        want(self.flags <= 1 and (self.flags or not self.boot), "flags of the manifest")
        self.schema = Schema(f.sections[2])
        self.boilerplate = boilerplate(f.sections[4]) if 4 in f.sections else []
        s = f.sections[3]
        want(len(s) % 64 == 0, "entries of 64 bytes")
        self.segments = [struct.unpack_from("<QQQIIQQQII", s, at) for at in range(0, len(s), 64)]
        seen = [x[8] for x in self.segments]
        want(seen == sorted(seen) and set(seen) <= {0, 1}, "hidden segments behind the others")


# ---- 14 segments, 15 live files ----


class Meta:
    def __init__(self, b):
        (layout, self.docs, self.lists, self.fields, self.regions, languages), at = st.numbers(b, 0, 6, 4)
        want(layout == 1, "META's layout")
        self.stamp, self.words, self.k1, self.b, self.versions = struct.unpack_from("<QQddQ", b, at)
        at += 40
        self.list = [struct.unpack_from("<QQdBB6s", b, at + 32 * i) for i in range(self.lists)]
        want(not any(any(x[5]) for x in self.list), "zero bytes of META's lists")
        at += 32 * self.lists
        self.region, at = st.numbers(b, at, self.regions, 8)
        self.length, at = st.numbers(b, at, self.lists - 1, 8)
        self.column, at = st.numbers(b, at, self.fields, 8)
        self.languages = []
        for _ in range(languages):
            self.languages.append((b[at : at + 24].rstrip(b"\0").decode(), u32(b, at + 24)))
            want(u32(b, at + 28) == 0, "zero bytes of META's languages")
            at += 32
        want(at == len(b) and self.region[0] == NONE, "the end of META")


def bytes_or(section, at, make):
    return None if at == NONE else make(section, at)


class Segment:
    def __init__(self, data, schema):
        self.frame = Frame(data, SEGMENT, SECTIONS)
        s = self.frame.sections
        want(set(SECTIONS) <= set(s), "sections that are not there:", set(SECTIONS) - set(s))
        want([o[0] for o in self.frame.order if o[0] in SECTIONS] == ORDER, "the order of sections")
        m = self.meta = Meta(s[1])
        schema = self.schema = schema.first(m.fields)
        want(len(schema.fields) == m.fields and m.lists == 1 + len(schema.texts) and m.regions == 1 + len(schema.weighted),
             "fields, lists and regions of META")
        n = m.docs
        self.impacts = {}  # for each list, by norm and scored tf
        want(self.frame.sections[20] and len(s[20]) == 8 * n and len(s[22]) == n, "a number for each document")
        self.terms, list_count = st.terms(s[2], s[3], s[4])
        want(list_count == m.lists, "lists of META and of the dictionary")
        self.forms = st.forms(s[5], s[6])
        self.norms = [bytes_or(s[12], x[1], lambda b, at: b[at : at + n]) for x in m.list]
        self.regions = [None] + [bytes_or(s[13], at, st.column) for at in m.region[1:]]
        self.lengths = [bytes_or(s[26], at, st.column) for at in m.length]
        self.columns, self.keywords = {}, {}
        for f in schema.fields:
            if m.column[f.no] != NONE:
                where = self.keywords if f.type == KEYWORD else self.columns
                where[f.no] = (st.keywords if f.type == KEYWORD else st.column)(s[14], m.column[f.no])
        self.versions = bytes_or(s[21], m.versions, st.column) or [None] * n
        self.stored = st.stored(s[15], s[16], s[17], n)
        self.ids = st.ids(s[18], s[19], n)
        self.hashes = st.numbers(s[20], 0, n, 8)[0]
        self.languages = [m.languages[x][0] for x in s[22]]
        self.guids = st.hashes(s.get(24, b""))
        self.check_guids()
        want([(name, self.languages.count(name)) for name, _ in m.languages] == m.languages, "documents of a language")
        want(23 not in s or schema.main != 255 and schema.fields[schema.main].copies, "shingles that the schema knows of")
        self.texts, self.shingles, self.rows, self.kept = st.shingles(s.get(23, b""), n)
        self.check_lengths()

    def check_guids(self):
        if any(x is None for x in self.stored):
            return  # no zstd here
        pairs = []
        for doc, b in enumerate(self.stored):
            guid = [v for f, v in document(b, self.schema) if f.name == "guid" and v]
            if guid:
                pairs.append((sum64(guid[0]), doc))
        want(sorted(pairs) == self.guids, "the hashes of guids")

    def text_length(self, t, doc):
        return self.lengths[t][doc] if self.lengths[t] else 0

    def check_lengths(self):
        m, texts = self.meta, self.schema.texts
        words = 0
        for no in range(m.lists):
            total = 0
            for doc in range(m.docs):
                if no:
                    length = self.text_length(no - 1, doc)
                else:
                    length = sum(f.weight * self.text_length(f.text, doc) for f in texts)
                    words += sum(self.text_length(f.text, doc) for f in texts if f.weight)
                total += length
                norm = self.norms[no]
                want((st.norm_code(length) == norm[doc]) if norm else length == 0, "the norm of a length")
            sum_, _, average, least, most, _ = m.list[no]
            want(sum_ == total and average == (total / m.docs if total else 1), "sum and average of list", no)
            if self.norms[no]:
                want((min(self.norms[no]), max(self.norms[no])) == (least, most), "extremes of norms")
        want(words == m.words, "words of META")

    def starts(self, doc):
        """Where each region of list 0 begins in a document; None where it has no words."""
        return [0 if r == 0 else (self.regions[r] or [None] * self.meta.docs)[doc] for r in range(self.meta.regions)]

    def region(self, doc, position):
        """The number of the region that a position of list 0 falls in."""
        found = 0
        for r, start in enumerate(self.starts(doc)):
            if start is not None and start <= position:
                found = r
        return found

    def postings(self, ordinal, list_no):
        """[(document, count, scored tf, positions or None, form numbers or None)]"""
        s, (_, form_count, lists) = self.frame.sections, self.terms[ordinal]
        x = lists[list_no]
        rows = st.postings(x, (s[7], s[8], s[9]), self.meta.docs)
        self.check_impacts(x, rows, list_no)
        positions = numbers = None
        if x.positions:
            positions = st.stream(s[10], x.positions_at, x.cf)
        if x.forms:
            want(form_count > 1, "a form stream of a term with one form")
            numbers = st.stream(s[11], x.forms_at, x.cf)
            want(max(numbers) < form_count, "the number of a form")
        out, at = [], 0
        for doc, count, tf in rows:
            places = forms = None
            if positions:
                places = []
                for gap in positions[at : at + count]:
                    places.append(gap + (places[-1] if places else 0))
                want(all(a <= b for a, b in zip(places, places[1:])), "positions")
            if numbers:
                forms = numbers[at : at + count]
            at += count
            out.append((doc, count, tf, places, forms))
        return out

    def check_impacts(self, x, rows, list_no):
        """The impacts in record, facts and ranges are what section 6 says."""
        m, s, norms = self.meta, self.frame.sections, self.norms[list_no]
        average = m.list[list_no][2]
        mine, known = [], self.impacts.setdefault(list_no, {})
        for doc, _, tf in rows:
            norm = norms[doc] if norms else 0
            if (norm, tf) not in known:
                k = m.k1 * (1 - m.b + m.b * st.norm_length(norm) / average)
                known[norm, tf] = impact(tf, struct.unpack("<f", struct.pack("<f", k))[0])
            mine.append(known[norm, tf])
        want(max(mine) == x.impact, "the largest impact of a list:", max(mine), x.impact)
        if x.df > 256:
            n = (x.df + 255) // 256
            told = s[7][x.facts_at + 14 * n : x.facts_at + 15 * n]
            want([max(mine[256 * i : 256 * i + 256]) for i in range(n)] == list(told), "impacts of blocks")
        if x.ranges:
            best = [0] * ((m.docs + 63) // 64)
            for (doc, _, _), v in zip(rows, mine):
                best[doc // 64] = max(best[doc // 64], v)
            want(bytes(best) == s[9][x.ranges_at : x.ranges_at + len(best)], "range maxima")


def impact(tf, k):
    if k <= 0:
        return 255
    n, d = k.as_integer_ratio()
    return max(1, min(255, -(-255 * tf * d * ((1 << 21) + 1) // ((tf * d + n) << 21))))


class Live:
    def __init__(self, data, segment):
        self.frame = Frame(data, LIVE, (1, 2, 3, 4))
        b, m, s = self.frame.sections[1], segment.meta, self.frame.sections
        layout, docs, deleted, lists, languages, form_rows = st.numbers(b, 0, 6, 4)[0]
        want((layout, docs, lists, languages) == (1, m.docs, m.lists, len(m.languages)), "counts of a live file")
        want(u64(b, 24) == segment.frame.generation, "the segment of a live file")
        self.words, at = u64(b, 32), 40
        self.lengths, self.lists = [], []
        for no in range(lists):
            length, where, count, zero = struct.unpack_from("<QQII", b, at + 24 * no)
            want(zero == 0, "zero bytes of a live file")
            self.lengths.append(length)
            self.lists.append(self.row(s[3], where, count))
        self.languages, at = st.numbers(b, at + 24 * lists, languages, 4)
        want(at == len(b), "bytes behind the counts")
        self.forms = self.row(s[4], 0, form_rows)
        want(len(s[2]) == (docs + 63) // 64 * 8, "bits of the deleted")
        bits = int.from_bytes(s[2], "little")
        self.deleted = {i for i in range(docs) if bits >> i & 1}
        want(len(self.deleted) == deleted == bits.bit_count(), "documents deleted")

    @staticmethod
    def row(b, at, count):
        keys, at = st.numbers(b, at, count, 4)
        counts, at = st.numbers(b, at, count, 4)
        want(all(x < y for x, y in zip(keys, keys[1:])) and all(counts), "corrections")
        return dict(zip(keys, counts))


# ---- 15.1 tombstones ----


class Tombstones:
    def __init__(self, data):
        f = self.frame = Frame(data, 4, (1, 2, 3, 4))
        index, records, ids, guids = (f.sections[i] for i in (1, 2, 3, 4))
        want(u32(index, 0) == 1 and len(index) == 8 + 8 * u32(index, 4), "the index of tombstones")
        self.all, names, end = [], ([], []), 0
        for i, at in enumerate(st.numbers(index, 8, u32(index, 4), 8)[0]):
            want(at == end, "tombstones one behind the other")
            version, when, *sizes = struct.unpack_from("<qqIII", records, at)
            texts, end = [], at + 28
            for n in sizes:
                texts.append(bytes(records[end : end + n]))
                want(records[end + n] == 0, "a zero byte behind each text")
                end += n + 1
            for where, name in zip(names, texts):
                if name:
                    where.append((sum64(name), i))
            want(texts[0] or texts[1], "a name of each tombstone")
            self.all.append((version, when, *texts))
        want(end == len(records), "bytes behind the tombstones")
        want(st.hashes(ids) == sorted(names[0]) and st.hashes(guids) == sorted(names[1]), "hashes of names")


# ---- 14.7 documents ----


def document(b, schema):
    """[(field, text, or None for a number)]"""
    return whole_document(b, schema)[0]


def whole_document(b, schema):
    """([(field, text, or None for a number)], [(version, updated or None, status)])"""
    c = st.Cursor(b)
    layout = c.u8()
    want(layout in (1, 2, 3), "the layout of a stored document")
    behind = schema.fields[c.vint()] if layout == 3 else None
    st.seen("stored: main text behind the rest", layout == 3)
    values = []
    for _ in range(c.vint()):
        f = schema.fields[c.vint()]
        values.append((f, None if f.type in (INTEGER, DATE) else c.vint() if f is behind else c.text()))
    versions = []
    for _ in range(c.vint() if layout > 1 else 0):
        version, updated = c.vint(), c.u8()
        want(updated <= 1, "whether a version was updated")
        versions.append((version, st.i64(c.take(8), 0) if updated else None, c.text()))
    want(len(versions) <= 63 and (len(versions) > 0 or layout != 2), "the number of versions")
    values = [(f, c.take(v) if f is behind else v) for f, v in values]
    want(c.at == c.end, "bytes behind a stored document")
    return values, versions


def stored_values(s, doc):
    """[(field, text or number)] of a document of a segment: its numbers stand in columns"""
    values = []
    for f, v in document(s.stored[doc], s.schema):
        if v is None:
            want(f.no in s.columns and s.columns[f.no][doc] is not None, "the number of a stored document")
            v = s.columns[f.no][doc]
        values.append((f, v))
    return values


def content(values, languages):
    """The 16 bytes that stand for a document's content, for each language that may have been given with it."""
    so_far = bytes(16)
    for f, v in values:
        number = not isinstance(v, bytes)
        size = v & NONE if number else len(v)
        so_far = digest128(so_far + bytes([number]) + struct.pack("<QQ", name_sum(f.name), size)
                           + digest128(b"" if number else v))
    return [digest128(so_far + x.encode()) for x in languages]


@functools.lru_cache(None)
def name_sum(name):
    return sum64(name.encode())


# ---- the whole index ----


class Index:
    def __init__(self, path):
        self.path = path
        self.manifest = m = self.last_commit()
        self.parts = []  # (segment, live or None)
        for gen, size, sum_, docs, deleted, live_gen, live_size, live_sum, _, zero in m.segments:
            want(gen < m.generation and docs and not zero, "an entry of a segment")
            s = Segment(self.load("seg-%016x" % gen), m.schema)
            want((s.frame.generation, len(s.frame.data), s.frame.sum, s.meta.docs) == (gen, size, sum_, docs),
                 "what the manifest says of a segment")
            live = None
            if live_gen:
                live = Live(self.load("live-%016x" % live_gen), s)
                want((live.frame.generation, len(live.frame.data), live.frame.sum, len(live.deleted))
                     == (live_gen, live_size, live_sum, deleted), "what the manifest says of a live file")
            else:
                want(deleted == live_size == live_sum == 0, "deletions without a live file")
            self.parts.append((s, live))
        gen, size, sum_ = m.tombs
        self.tombs = Tombstones(self.load("tombs-%016x" % gen)) if gen else None
        want(not gen or (self.tombs.frame.generation, len(self.tombs.frame.data), self.tombs.frame.sum) == m.tombs,
             "what the manifest says of the tombstones")

    def last_commit(self):
        """That of MANIFEST; that of MANIFEST.durable where the system went down under one that did not wait for it."""
        durable = os.path.exists(os.path.join(self.path, "MANIFEST.durable"))
        try:
            m = Manifest(self.load("MANIFEST"))
            if not (durable and m.flags and m.boot != this_boot()):
                return m
        except Damage:
            if not durable:
                raise
        return Manifest(self.load("MANIFEST.durable"))

    def load(self, name):
        with open(os.path.join(self.path, name), "rb") as f:
            return f.read()


def this_boot():
    with open("/proc/sys/kernel/random/boot_id", "rb") as f:
        return sum64(f.read(36))


def check_live(s, live):
    """The corrections of a live file are what the deleted documents' postings say."""
    by_list = [dict() for _ in range(s.meta.lists)]
    entries, of_form = {}, {}
    for e, (_, _, term, number, _) in enumerate(s.forms):
        entries[term, number] = e
    for ordinal, (_, form_count, lists) in enumerate(s.terms):
        seen = {}
        for no in lists:
            for doc, _, _, places, numbers in s.postings(ordinal, no):
                if doc not in live.deleted:
                    continue
                by_list[no][ordinal] = by_list[no].get(ordinal, 0) + 1
                for number in set(numbers or ([0] if places and (ordinal, 0) in entries else [])):
                    seen.setdefault(number, set()).add(doc)
        for number, docs in seen.items():
            of_form[entries[ordinal, number]] = len(docs)
    want(by_list == live.lists and of_form == live.forms, "corrections of a live file")
    dead = sorted(live.deleted)
    texts = s.schema.texts
    lengths = [sum(f.weight * s.text_length(f.text, d) for f in texts for d in dead)]
    lengths += [sum(s.text_length(t, d) for d in dead) for t in range(s.meta.lists - 1)]
    words = sum(s.text_length(f.text, d) for f in texts for d in dead if f.weight)
    want((lengths, words) == (live.lengths, live.words), "lengths of the deleted")
    want([sum(s.languages[d] == name for d in dead) for name, _ in s.meta.languages] == live.languages,
         "languages of the deleted")


# ---- the dump ----


def shown(b):
    """Bytes as text in one line."""
    return ascii(b.decode("utf-8", "surrogateescape"))[1:-1] if isinstance(b, bytes) else str(b)


def dump_frame(f, stable, out):
    out("  frame kind=%d generation=%d" % (f.kind, f.generation)
        + ("" if stable else " bytes=%d sum=%016x" % (len(f.data), f.sum)))
    if not stable:
        for type_, flags, at, size in f.order:
            out("  section %d at=%d bytes=%d%s" % (type_, at, size, " optional" if flags else ""))


def dump_manifest(m, stable, out):
    out("manifest commit=%d flags=%d" % (m.generation, m.flags))
    if not stable:
        out("  index=%s created=%d analyzer=%016x" % (m.index, m.created, m.stamp))
    dump_frame(m.frame, stable, out)
    s = m.schema
    out("  schema language=%s timezone=%s k1=%s b=%s title=%d main=%d" % (s.language, s.timezone, s.k1, s.b, s.title, s.main))
    for f in s.fields:
        out("  field %d %s %s weight=%d%s" % (f.no, f.name, TYPES[f.type], f.weight, " not-stored" * f.not_stored + " copies" * f.copies))
    for source, line in m.boilerplate:
        out("  boilerplate %s: %s" % (source or "*", line))
    for gen, size, sum_, docs, deleted, live, _, _, seen, _ in m.segments:
        out("  segment %d documents=%d deleted=%d live=%d visibility=%d" % (gen, docs, deleted, live, seen)
            + ("" if stable else " bytes=%d sum=%016x" % (size, sum_)))


def dump_meta(s, stable, out):
    m = s.meta
    out("  meta documents=%d lists=%d fields=%d regions=%d words=%d k1=%r b=%r"
        % (m.docs, m.lists, m.fields, m.regions, m.words, m.k1, m.b) + ("" if stable else " analyzer=%016x" % m.stamp))
    for no, (total, _, average, least, most, _) in enumerate(m.list):
        out("  list %d lengths=%d average=%r norms=%s" % (no, total, average, "%d..%d" % (least, most) if s.norms[no] else "none"))
    for name, docs in m.languages:
        out("  language %s documents=%d" % (name, docs))


def dump_document(s, doc, live, out):
    dead = " deleted" if live and doc in live.deleted else ""
    out("  document %d id=%s language=%s version=%s%s" % (doc, shown(s.ids[doc]), s.languages[doc], s.versions[doc], dead))
    if s.texts[doc]:
        out("    text %016x shingles %d kept %d" % (s.texts[doc], s.shingles[doc], sum(d == doc for _, d in s.kept)))
    starts = s.starts(doc)
    out("    regions %s lengths %s norms %s" % (
        " ".join("-" if x is None else str(x) for x in starts),
        " ".join(str(s.text_length(t, doc)) for t in range(s.meta.lists - 1)),
        " ".join("-" if n is None else str(n[doc]) for n in s.norms)))
    for f in s.schema.fields:
        if f.no in s.columns and s.columns[f.no][doc] is not None:
            out("    %s %d" % (f.name, s.columns[f.no][doc]))
        if f.no in s.keywords and s.keywords[f.no][1][doc]:
            out("    %s %s" % (f.name, ", ".join(shown(s.keywords[f.no][0][v][0]) for v in s.keywords[f.no][1][doc])))
    if s.stored[doc] is None:
        out("    stored: compressed, and there is no zstd here")
        return
    values = stored_values(s, doc)
    words = sum(s.text_length(f.text, doc) for f in s.schema.texts if f.weight)
    out("    stored words=%d" % words + ("" if any(f.not_stored for f in s.schema.fields) else " hash=%016x" % s.hashes[doc]))
    if not any(f.not_stored for f in s.schema.fields) and doc % (1 + s.meta.docs // 1000) == 0:  # it is slow
        want(s.hashes[doc] in [u64(x, 0) for x in content(values, ("", s.languages[doc]))], "the hash of a content")
    for f, v in values:
        out("    > %s %s" % (f.name, shown(v)))
    for version, updated, status in whole_document(s.stored[doc], s.schema)[1]:
        out("    < version=%d updated=%s status=%s" % (version, updated, shown(status)))


def dump_terms(s, out):
    by_term = {}
    for _, form, term, number, docs in s.forms:
        by_term.setdefault(term, {})[number] = (form, docs)
    for ordinal, (term, form_count, lists) in enumerate(s.terms):
        forms = by_term.get(ordinal, {})
        want(sorted(forms) == list(range(form_count)) or (form_count == 1 and not forms and term[:1] == b"\x01"),
             "forms of term", term)
        order = [forms[i] for i in sorted(forms)]
        want(all(a[1] >= b[1] for a, b in zip(order, order[1:])), "forms by falling frequency")
        out("  term %d %s forms %s" % (ordinal, shown(term), " ".join("%s/%d" % (shown(f), d) for f, d in order) or "-"))
        for no in sorted(lists):
            x = lists[no]
            out("    list %d df=%d cf=%d impact=%d%s" % (no, x.df, x.cf, x.impact, " ranges" if x.ranges else ""))
            for doc, count, tf, places, numbers in s.postings(ordinal, no):
                line = "      %d count=%d tf=%d" % (doc, count, tf)
                if places:
                    line += " at " + " ".join(map(str, places))
                if numbers:
                    line += " forms " + " ".join(map(str, numbers))
                out(line)


def dump_live(s, live, stable, out):
    out("  live deleted=%d words=%d lengths %s languages %s" % (
        len(live.deleted), live.words, " ".join(map(str, live.lengths)), " ".join(map(str, live.languages))))
    dump_frame(live.frame, stable, out)
    check_live(s, live)
    for no, row in enumerate(live.lists):
        if row:
            out("  live list %d %s" % (no, " ".join("%d:%d" % kv for kv in row.items())))
    out("  live forms %s" % " ".join("%d:%d" % kv for kv in live.forms.items()))


def dump(index, stable, out):
    dump_manifest(index.manifest, stable, out)
    for version, when, *texts in index.tombs.all if index.tombs else []:
        out("  tombstone version=%d id=%s guid=%s reason=%s" % (version, *map(shown, texts)) + ("" if stable else " time=%d" % when))
    for s, live in index.parts:
        out("segment %d" % s.frame.generation)
        dump_frame(s.frame, stable, out)
        dump_meta(s, stable, out)
        for f in s.schema.fields:
            if f.no in s.keywords:
                for no, (folded, written) in enumerate(s.keywords[f.no][0]):
                    out("  keyword %s %d %s written %s" % (f.name, no, shown(folded), shown(written)))
        for doc in range(s.meta.docs):
            dump_document(s, doc, live, out)
        dump_terms(s, out)
        if live:
            dump_live(s, live, stable, out)


def main():
    args = sys.argv[1:]
    stable = args[:1] == ["--stable"]
    args = args[1:] if stable else args
    if len(args) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    lines = []
    try:
        dump(Index(args[0]), stable, lines.append)
    except (Damage, struct.error, IndexError, KeyError, OSError) as e:
        print("reader: %s: %s" % (type(e).__name__, e), file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
