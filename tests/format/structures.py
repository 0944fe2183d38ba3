"""structures.py - decodes the structures inside the sections of a segment, as docs/FORMAT.md tells them and from
nothing else. Slow, strict, plain: what the text calls zero is looked at, what it says rises must rise."""
import functools
import os
import subprocess
import tempfile
from struct import unpack_from

from xxh3 import sum64

NONE = 0xFFFFFFFFFFFFFFFF


SEEN = set()  # which branches of the format were met: run.sh wants all of them


class Damage(Exception):
    pass


def seen(what, really=True):
    if really:
        SEEN.add(what)


def want(what, *told):
    if not what:
        raise Damage(" ".join(str(t) for t in told))


def u16(b, at):
    return unpack_from("<H", b, at)[0]


def u32(b, at):
    return unpack_from("<I", b, at)[0]


def u64(b, at):
    return unpack_from("<Q", b, at)[0]


def i64(b, at):
    return unpack_from("<q", b, at)[0]


def numbers(b, at, n, width):
    """n numbers of so many bytes each, and where they end."""
    end = at + n * width
    want(end <= len(b), "numbers run past the end")
    return list(unpack_from("<%d%s" % (n, {1: "B", 2: "H", 4: "I", 8: "Q"}[width]), b, at)), end


class Cursor:
    """Reads on through bytes."""

    def __init__(self, b, at=0, end=None):
        self.b, self.at, self.end = b, at, len(b) if end is None else end

    def take(self, n):
        want(0 <= n <= self.end - self.at, "bytes end at", self.at)
        self.at += n
        return self.b[self.at - n : self.at]

    def u8(self):
        return self.take(1)[0]

    def vint(self):
        v = shift = 0
        while True:
            c = self.u8()
            v |= (c & 127) << shift
            shift += 7
            if c < 128:
                want(v < 1 << 64, "a vint of 2^64 or more")
                return v
            want(shift < 70, "a vint of more than 10 bytes")

    def zigzag(self):
        return unzigzag(self.vint())

    def text(self):
        return self.take(self.vint())


def unzigzag(v):
    return -(v >> 1) - 1 if v & 1 else v >> 1


# ---- 5 bit strings and packed blocks ----


def bit_string(b, at, n, width):
    """n numbers of width bits, and where they end."""
    want(0 <= width <= 64, "a width of", width)
    size = (n * width + 7) // 8
    want(at + size <= len(b), "a bit string runs past the end")
    out, mask = [], (1 << width) - 1
    for i in range(0, n, 64):  # 64 numbers fill whole bytes
        v = int.from_bytes(b[at + i * width // 8 : min(at + size, at + (i + 64) * width // 8)], "little")
        for _ in range(min(64, n - i)):
            out.append(v & mask)
            v >>= width
        want(v == 0, "bits behind a bit string's last number")
    return out, at + size


def packed(b, at, n, width):
    want(0 <= width <= 32 and n <= 256, "a packed block of", n, "numbers of", width, "bits")
    if n < 256:
        return bit_string(b, at, n, width)
    want(at + 32 * width <= len(b), "a packed block runs past the end")
    seen("block in lanes")
    lanes = []
    for lane in range(8):
        words = b"".join(b[at + 32 * w + 4 * lane : at + 32 * w + 4 * lane + 4] for w in range(width))
        lanes.append(bit_string(words, 0, 32, width)[0])
    return [lanes[i % 8][i // 8] for i in range(256)], at + 32 * width


def patched(b, at, n, width, exceptions):
    """A packed block with exceptions."""
    out, at = packed(b, at, n, width)
    if exceptions:
        seen("exceptions")
        high = b[at]
        want(1 <= high <= 32 - width, "high bits of", high)
        places, at = numbers(b, at + 1, exceptions, 1)
        want(all(x < y for x, y in zip(places, places[1:])) and places[-1] < n, "places of exceptions")
        bits, at = packed(b, at, exceptions, high)
        for place, v in zip(places, bits):
            out[place] |= v << width
    return out, at


def offsets(b, at, n):
    """Where each of n things begins and where the last one ends; and where these numbers end."""
    groups = n // 64 + 1
    end_of_heads = at + 16 * groups
    want(end_of_heads <= len(b), "offsets run past the end")
    out, end = [], end_of_heads
    for g in range(groups):
        first, where = u64(b, at + 16 * g), u64(b, at + 16 * g + 8)
        count = min(64, n + 1 - 64 * g)
        rest, end = bit_string(b, end_of_heads + (where & (1 << 56) - 1), count, where >> 56)
        out += [first + r for r in rest]
    want(all(x <= y for x, y in zip(out, out[1:])), "offsets do not rise")
    seen("offsets of several groups", groups > 1)
    return out, end


# ---- 6 lengths and impacts ----


def norm_length(code):
    return code if code < 8 else (8 + code % 8) << (code // 8 - 1)


@functools.lru_cache(None)
def norm_code(length):
    return min(range(256), key=lambda c: (abs(norm_length(c) - length), -c))


# ---- 9 records, the dictionary of terms ----


class List:
    """What a record says of one list of a term."""

    df = cf = impact = 0
    ranges = positions = forms = adjusted = False
    inline = None  # [(document, count, scored tf)]


class Base:
    postings = facts = ranges = positions = forms = 0


def record(c, base):
    """(list or None where df is 0, number of forms)."""
    v = c.vint()
    df, forms = v >> 2, 1 + (v & 3)
    if forms == 4:
        seen("record: number of forms follows")
        forms = c.vint()
    if not df:
        return None, forms
    x = List()
    x.df = df
    v = c.vint()
    x.cf, x.forms, x.positions, x.ranges, adjusted = df + (v >> 4), v >> 3 & 1, v >> 2 & 1, v >> 1 & 1, v & 1
    x.impact = c.u8()
    if df <= 3:
        docs, at = [], -1
        for i in range(df):
            at += 1 + c.vint()
            docs.append(at)
        counts = [1 + c.vint() for i in range(df)] if x.cf > df else [1] * df
        tfs = [n + c.zigzag() for n in counts] if adjusted else counts
        want(sum(counts) == x.cf, "cf is not the sum of the counts")
        seen("record: %d postings inline" % df)
        seen("record: counts", x.cf > df)
        seen("record: adjusted", adjusted)
        x.inline = list(zip(docs, counts, tfs))
    else:
        want(not adjusted, "bit 0 of a record with df > 3")
        base.postings += c.zigzag()
        x.postings_at = base.postings
    if df > 256:
        base.facts += c.zigzag()
        x.facts_at = base.facts
    if x.ranges:
        base.ranges += c.zigzag()
        x.ranges_at = base.ranges
    if x.positions:
        base.positions += c.zigzag()
        x.positions_at = base.positions
    if x.forms:
        base.forms += c.zigzag()
        x.forms_at = base.forms
    return x, forms


def key_index(b, per_block):
    """(entries, extra, where each block begins and the last one ends)."""
    (n, each, extra, zero), at = numbers(b, 0, 4, 4)
    want(each == per_block and zero == 0, "the head of an index of keys")
    blocks = (n + each - 1) // each
    firsts, at = numbers(b, at, blocks, 8)
    starts, at = numbers(b, at, blocks + 1, 4)
    want(at == len(b), "bytes behind an index of keys")
    return n, extra, firsts, starts


def key_behind(c, before):
    head = c.u8()
    shared, rest = head >> 4, head & 15
    seen("key: 15 or more", shared == 15 or rest == 15)
    if shared == 15:
        shared += c.vint()
    if rest == 15:
        rest += c.vint()
    want(shared <= len(before), "a key shares more than there is")
    return before[:shared] + c.take(rest)


def check_first(first, key):
    want(int.from_bytes(key[:8].ljust(8, b"\0"), "big") == first, "the first key of a block")


def terms(index, blocks, lists):
    """[(term, number of forms, {list: List})] in order, and the number of lists."""
    n, list_count, firsts, starts = key_index(index, 16)
    out = []
    for i, first in enumerate(firsts):
        c = Cursor(blocks, starts[i], starts[i + 1])
        count = min(16, n - 16 * i)
        keys = [c.text()]
        check_first(first, keys[0])
        inner = Cursor(c.take(c.vint()))
        for _ in range(count - 1):
            keys.append(key_behind(inner, keys[-1]))
        want(inner.at == inner.end, "bytes behind the terms of a block")
        base = Base()
        for key in keys:
            x, forms = record(c, base)
            out.append((key, forms, {0: x} if x else {}))
        want(c.at == c.end, "bytes behind a block of terms")
    want(starts[-1] == len(blocks), "bytes behind the blocks of terms")
    want(all(x[0] < y[0] for x, y in zip(out, out[1:])), "terms do not rise")
    if lists:
        other_lists(lists, out)
    return out, list_count


def other_lists(b, out):
    count = u32(b, 0)
    for no in range(count):
        n, at = u32(b, 4 + 12 * no), u64(b, 8 + 12 * no)
        groups = (n + 15) // 16
        seen("another list of several groups", groups > 1)
        firsts, at = numbers(b, at, groups, 4)
        starts, at = numbers(b, at, groups + 1, 4)
        for g in range(groups):
            c = Cursor(b, at + starts[g], at + starts[g + 1])
            ordinal, base = firsts[g], Base()
            for i in range(min(16, n - 16 * g)):
                gap = c.vint()
                want(i or gap == 0, "the gap of a group's first term")
                ordinal += gap + (1 if i else 0)
                x, forms = record(c, base)
                want(x and forms == 1, "a record of another list")
                out[ordinal][2][no + 1] = x
            want(c.at == c.end, "bytes behind a group of records")


# ---- 10 the dictionary of forms ----


def forms(index, blocks):
    """[(folded, form, term ordinal, number, documents)] in order."""
    n, _, firsts, starts = key_index(index, 32)
    out = []
    for i, first in enumerate(firsts):
        c = Cursor(blocks, starts[i], starts[i + 1])
        key, term = b"", 0
        for k in range(min(32, n - 32 * i)):
            key = key_behind(c, key) if k else c.text()
            if not k:
                check_first(first, key)
            bits = c.u8()
            spelling = bits & 3
            seen("form: spelling %d" % spelling)
            seen("form: number follows", bits >> 2 & 3 == 3)
            seen("form: term %d" % (bits >> 4 & 3))
            seen("form: documents follow", bits >> 6 == 3)
            if spelling == 3:
                form = key_behind(c, key)
            elif spelling == 2:
                form = key.upper()  # bytes.upper: the letters of ASCII alone
            else:
                form = key[:1].upper() + key[1:] if spelling else key
            number = bits >> 2 & 3
            if number == 3:
                number = c.vint()
            step = bits >> 4 & 3
            term += c.zigzag() if step >= 2 else step
            want(step < 3, "the term of a form")
            docs = 1 + (bits >> 6)
            if docs == 4:
                docs = c.vint()
            out.append((key, form, term, number, docs))
        want(c.at == c.end, "bytes behind a block of forms")
    want(starts[-1] == len(blocks), "bytes behind the blocks of forms")
    want(all(x[:2] + (x[2],) < y[:2] + (y[2],) for x, y in zip(out, out[1:])), "forms do not rise")
    return out


# ---- 7 posting lists ----


def posting_block(b, at, widths, n, before, last):
    form, count_bits, adjust, patches = widths & 31, widths >> 5 & 31, widths >> 10 & 31, widths >> 15
    seen("documents: bits" if form == 31 else "documents: a full run" if form == 0 else "documents: gaps")
    seen("counts with exceptions", patches)
    seen("scored tf told apart", adjust)
    if form == 31:
        size = (last - before + 7) // 8
        bits = int.from_bytes(b[at : at + size], "little")
        docs = [before + 1 + i for i in range(8 * size) if bits >> i & 1]
        want(len(docs) == n, "bits of a block")
        at += size
    else:
        gaps, at = packed(b, at, n, form)
        docs, doc = [], before
        for gap in gaps:
            doc += gap + 1
            docs.append(doc)
    e = 0
    if patches:
        e = b[at]
        at += 1
        want(e, "no exceptions where bit 15 says there are")
    counts, at = patched(b, at, n, count_bits, e)
    counts = [v + 1 for v in counts]
    tfs = counts
    if adjust:
        e = b[at]
        more, at = patched(b, at + 1, n, adjust - 1, e)
        tfs = [v + unzigzag(m) for v, m in zip(counts, more)]
    return docs, counts, tfs, at


def postings(x, sections, doc_count):
    """[(document, count, scored tf)] of a list; facts and ranges are compared with what the blocks say."""
    if x.inline is not None:
        return x.inline
    facts_bytes, b, ranges_bytes = sections
    n = (x.df + 255) // 256
    at = x.postings_at
    seen("list of several blocks " + ("with ranges" if x.ranges else "without ranges") if n > 1 else "list of one block")
    if x.df > 256:
        p = x.facts_at
        lasts, p = numbers(facts_bytes, p, n, 4)
        begins, p = numbers(facts_bytes, p, n, 4)
        before, p = numbers(facts_bytes, p, n, 4)
        widths, p = numbers(facts_bytes, p, n, 2)
        impacts, p = numbers(facts_bytes, p, n, 1)
        want(max(impacts) == x.impact, "the largest impact of a list")
    else:
        w = u16(b, at)
        at += 2
        widths, lasts, begins, before = [w], [None], [0], [0]
        if w & 31 == 31:
            lasts = [u32(b, at)]
            at += 4
    out, doc, sum_ = [], -1, 0
    for i in range(n):
        m = min(256, x.df - 256 * i)
        docs, counts, tfs, _ = posting_block(b, at + begins[i], widths[i], m, doc, lasts[i])
        want(before[i] == sum_, "the running sum of the counts")
        sum_ += sum(counts)
        want(lasts[i] is None or docs[-1] == lasts[i], "the last document of a block")
        doc = docs[-1]
        out += zip(docs, counts, tfs)
    want(doc < doc_count and sum_ == x.cf, "documents and counts of a list")
    if x.ranges:
        r = ranges_bytes[x.ranges_at : x.ranges_at + (doc_count + 63) // 64]
        want({d // 64 for d, _, _ in out} == {i for i, v in enumerate(r) if v}, "range maxima")
        want(max(r) == x.impact, "the largest of the range maxima")
    return out


# ---- 8 streams ----


def stream(b, at, n):
    seen("stream of vints" if n <= 4 else "stream of one block" if n <= 256 else "stream of several blocks")
    if n <= 4:
        c = Cursor(b, at)
        return [c.vint() for _ in range(n)]
    if n <= 256:
        head, at = b[at], at + 1
        e = 0
        if head & 128:
            e, at = b[at], at + 1
        return patched(b, at, n, head & 63, e)[0]
    length, blocks = u32(b, at), (n + 255) // 256
    begins, p = numbers(b, at + 4, blocks, 4)
    widths, p = numbers(b, p, blocks, 2)
    out = []
    for i in range(blocks):
        w = widths[i]
        more, end = patched(b, at - length + begins[i], min(256, n - 256 * i), w & 63, w >> 8)
        want(end <= at, "a block of a stream runs into its directory")
        out += more
    return out


# ---- 11 columns ----


def column(b, at):
    """A list with a number or None for each document."""
    docs, blocks = u32(b, at), u32(b, at + 4)
    have, low, high, step = u64(b, at + 8), i64(b, at + 16), i64(b, at + 24), u64(b, at + 32)
    want(blocks == (docs + 4095) // 4096 and step >= 1 and at % 8 == 0, "the head of a column")
    out = []
    for k in range(blocks):
        head = at + 40 + 32 * k
        least, most, body = i64(b, head), i64(b, head + 8), u64(b, head + 16)
        width, count = u32(b, head + 24), u32(b, head + 28)
        n = min(4096, docs - 4096 * k)
        p = at + body
        there = [True] * n if count else [False] * n
        seen("column: step", step > 1)
        seen("column: a full block" if count == n else "column: an empty block" if not count else "column: a block with gaps")
        if 0 < count < n:
            words, p = numbers(b, p, (n + 63) // 64, 8)
            there = [bool(words[i // 64] >> i % 64 & 1) for i in range(n)]
        want(sum(there) == count, "values of a block of a column")
        values, p = bit_string(b, p, count, width)
        values = [least + v * step for v in values]
        want(not count or (min(values), max(values)) == (least, most), "extremes of a block of a column")
        it = iter(values)
        out += [next(it) if t else None for t in there]
    real = [v for v in out if v is not None]
    want(len(real) == have, "values of a column")
    want((low, high) == ((min(real), max(real)) if real else ((1 << 63) - 1, -(1 << 63))), "extremes of a column")
    return out


def keywords(b, at):
    """([(folded, as first written)], for each document the numbers of its values)."""
    (d, v, p, single), _ = numbers(b, at, 4, 4)
    (starts_at, docs_at, doc_starts_at, ordinals_at, end), x = numbers(b, at + 16, 5, 8)
    begins, x = numbers(b, x, v + 1, 4)
    values = []
    for i in range(v):
        c = Cursor(b, x + begins[i], x + begins[i + 1])
        folded = c.text()
        n = c.vint()
        values.append((folded, c.take(n - 1) if n else folded))
        want(c.at == c.end, "bytes behind a keyword")
    want(all(m[0] < n[0] for m, n in zip(values, values[1:])), "keywords do not rise")
    starts, _ = bit_string(b, at + starts_at, v + 1, p.bit_length())
    docs, _ = bit_string(b, at + docs_at, p, d.bit_length())
    of = [[] for _ in range(d)]
    for i in range(v):
        mine = docs[starts[i] : starts[i + 1]]
        want(all(m < n for m, n in zip(mine, mine[1:])), "documents of a keyword do not rise")
        for doc in mine:
            of[doc].append(i)
    width = v.bit_length()
    seen("keywords: one a document" if single else "keywords: several a document")
    seen("keywords: as first written", any(f != w for f, w in values))
    if not single:
        firsts, _ = bit_string(b, at + doc_starts_at, d + 1, p.bit_length())
        ordinals, last = bit_string(b, at + ordinals_at, p, width)
        again = [ordinals[firsts[i] : firsts[i + 1]] for i in range(d)]
    else:
        ordinals, last = bit_string(b, at + ordinals_at, d, width)
        again = [[o - 1] if o else [] for o in ordinals]
    want(again == of and last == at + end, "the two sides of a keyword column")
    return values, of


# ---- 12 stored documents, 13 ids ----

FRAME = 16384


def inflate(frames, dictionary):
    """The bytes of several frames, one behind the other; None where there is no zstd here."""
    data = b"".join(b"\x28\xb5\x2f\xfd" + f for f in frames)
    with tempfile.TemporaryDirectory() as tmp:
        args = ["zstd", "-d", "-c", "-q"]
        if dictionary:
            path = os.path.join(tmp, "dictionary")
            with open(path, "wb") as f:
                f.write(dictionary)
            args += ["-D", path]
        try:
            done = subprocess.run(args, input=data, capture_output=True, check=False)
        except FileNotFoundError:
            return None
    want(done.returncode == 0, "zstd:", done.stderr.decode(errors="replace").strip())
    return done.stdout


def stored(index, frames, dictionary, doc_count):
    """The stored bytes of each document; None instead where they are compressed and there is no zstd."""
    want(u32(index, 0) == doc_count and u32(index, 4) == 0, "the head of the stored index")
    where, end = offsets(index, 8, doc_count)
    want(end == len(index) and where[-1] == len(frames), "the stored index")
    parts, squeezed = [], []  # of all documents: (document, bytes or None, length)
    for doc in range(doc_count):
        c = Cursor(frames, where[doc], where[doc + 1])
        length = c.vint()
        length, one_block = length >> 1, length & 1
        n = max(1, (length + FRAME - 1) // FRAME)
        sizes = [c.vint() for _ in range(n)] if n > 1 else [c.end - c.at]
        seen("stored: several frames", n > 1)
        for i, size in enumerate(sizes):
            raw = min(FRAME, length - FRAME * i)
            body = c.take(size)
            seen("stored: one block" if one_block else "stored: as it is" if size == raw else "stored: several blocks")
            want(not one_block or n == 1 and size < raw, "one block that is compressed")
            if one_block or size != raw:
                squeezed.append(b"\0\x38" + (size << 3 | 5).to_bytes(3, "little") * one_block + body)
            parts.append((doc, body if size == raw else None, raw))
        want(c.at == c.end, "bytes behind a stored document")
    seen("stored: a dictionary", dictionary)
    plain = inflate(squeezed, dictionary) if squeezed else b""
    out, at = [b""] * doc_count, 0
    for doc, body, raw in parts:
        if body is None:
            body = plain[at : at + raw] if plain is not None else None
            at += raw
        out[doc] = None if body is None or out[doc] is None else out[doc] + body
    want(plain is None or at == len(plain), "what zstd made of the frames")
    return out


def width_of(n):
    """Bits of the highest of n numbers from 0 on."""
    return max(n - 1, 0).bit_length()


def shingles(b, doc_count):
    """Texts and counts by document, rows (text, other, share, back, common), entries (32 bits of a shingle, document)."""
    if not b:
        return [0] * doc_count, [0] * doc_count, [], []
    end = len(b) - 32
    rows, entries, blocks, n, zero = u64(b, end), u64(b, end + 8), u64(b, end + 16), u32(b, end + 24), u32(b, end + 28)
    want(n == doc_count and not zero, "the end of the shingles")
    texts, p = numbers(b, 0, n, 8)
    order, p = bit_string(b, p, n, width_of(n))
    counts, p = list(b[p : p + n]), p + n
    want(order == sorted(range(n), key=lambda d: (texts[d], d)), "the order of documents by text")
    keys, p = numbers(b, p, rows, 8)
    twins, p = bit_string(b, p, rows, width_of(rows))
    shares, p = numbers(b, p, rows, 2)
    common, p = list(b[p : p + rows]), p + rows
    want(all(t < rows for t in twins), "a row that there is")
    pairs = [(keys[i], keys[t], shares[i], shares[t], common[i]) for i, t in enumerate(twins)]
    want(pairs == sorted(pairs) and len({x[:2] for x in pairs}) == rows, "rows do not rise")
    want(all(k and k != o for k, o, _, _, _ in pairs), "a row of two texts")
    want(all(twins[t] == i and common[t] == common[i] for i, t in enumerate(twins)), "a row without its counterpart")
    marks, heads, begin = [], p + blocks, p
    for first in range(0, entries, 256):
        m, count = len(marks) // 256, min(256, entries - first)
        mark, about = u32(b, heads + 12 * m), u64(b, heads + 12 * m + 4)
        want((about & (1 << 48) - 1) == p - begin, "blocks of shingles one behind the other")
        gaps, p = patched(b, p, count, about >> 48 & 255, about >> 56)
        docs, p = packed(b, p, count, width_of(n))
        want(gaps[0] == 0, "a first gap of 0")
        seen("shingles in several blocks", first > 0)
        for gap, doc in zip(gaps, docs):
            mark += gap
            marks.append((mark, doc))
    want(p == heads and heads + 12 * -(-entries // 256) == end, "the size of the shingles")
    want(all(x < y for x, y in zip(marks, marks[1:])) and all(m < 1 << 32 for m, _ in marks), "shingles do not rise")
    first = {}
    for d in range(n):
        first.setdefault(texts[d], d)
    want(all(d < n and texts[d] and first[texts[d]] == d for _, d in marks), "a shingle of the first document of a text")
    return texts, counts, pairs, marks


def ids(b, hashes, doc_count):
    at, n, zero = u64(b, len(b) - 16), u32(b, len(b) - 8), u32(b, len(b) - 4)
    want(n == doc_count and zero == 0, "the end of the ids")
    where, end = offsets(b, at, n)
    want(end == len(b) - 16 and where[-1] == at, "offsets of the ids")
    out = [bytes(b[where[i] : where[i + 1]]) for i in range(n)]
    count, k = u32(hashes, 0), u32(hashes, 4)
    want(count == n and k <= 28, "the head of the hashes")
    begins, p = numbers(hashes, 8, (1 << k) + 1, 4)
    bits, p = numbers(hashes, p, n, 2)
    docs, p = bit_string(hashes, p, n, width_of(n))
    want(p == len(hashes) and begins[-1] == n and sorted(docs) == list(range(n)), "the hashes of ids")
    for bucket in range(1 << k):
        row = [(bits[i], docs[i]) for i in range(begins[bucket], begins[bucket + 1])]
        want(row == sorted(row), "a bucket of hashes does not rise")
        for high, doc in row:
            h = sum64(out[doc])
            want(h >> 64 - k == bucket and (h << k & NONE) >> 48 == high, "the hash of id", out[doc])
    return out


# ---- 13.1 hashes with numbers ----


def hashes(b):
    """[(hash, number)]"""
    n = len(b) // 12
    want(len(b) == 12 * n, "12 bytes for each hash")
    keys, at = numbers(b, 0, n, 8)
    values, at = numbers(b, at, n, 4)
    pairs = list(zip(keys, values))
    want(pairs == sorted(set(pairs)), "hashes that rise")
    return pairs
