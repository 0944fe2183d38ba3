#!/usr/bin/env python3
"""check_doc.py - holds docs/FORMAT.md against the world: its examples are decoded from the text itself, its numbers are
compared with the sources, its whole index is put together and read.

    python3 tests/format/check_doc.py LIBSEARCH [FRESH_INDEX]

FRESH_INDEX is one of made.py's set `small`, made just now: it must dump like the one in the text."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import reader
import structures as st

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TEXT = open(os.path.join(ROOT, "docs/FORMAT.md"), encoding="utf-8").read()
bad = 0


def part(name, check, *args):
    global bad
    try:
        check(*args)
        print("ok   %s" % name)
    except Exception as e:  # whatever goes wrong is the finding
        bad += 1
        print("FAIL %s: %s: %s" % (name, type(e).__name__, e))


def section(number):
    """The text of section "5.1", or of section "12" with all below it."""
    m = re.search(r"^##+ %s\.? .*?(?=^## |\Z)" % re.escape(number), TEXT, re.M | re.S)
    if "." in number:
        m = re.search(r"^### %s .*?(?=^##+ |\Z)" % re.escape(number), TEXT, re.M | re.S)
    assert m, "no section " + number
    return m.group(0)


def told(number, *pieces):
    """The bytes of an example, which must stand in that section as they are given here."""
    body = section(number)
    for piece in pieces:
        assert "`%s`" % piece in body, "section %s does not have `%s`" % (number, piece)
    return bytes.fromhex("".join(pieces))


def equal(got, want):
    assert got == want, "%s, expected %s" % (got, want)


# ---- the small examples ----


def numbers():
    equal(st.Cursor(told("5", "AC 02")).vint(), 300)
    equal(st.packed(told("5.1", "41 0C"), 0, 3, 5), ([1, 2, 3], 2))
    lanes = told("5.1", "FF FF FF FF") + bytes(28)
    equal(st.packed(lanes, 0, 256, 1), ([int(i % 8 == 0) for i in range(256)], 32))
    equal(st.patched(told("5.2", "0D 03 02 04"), 0, 4, 1, 1), ([1, 0, 9, 1], 4))
    three = told("5.3", "00 00 00 00 00 00 00 00", "00 00 00 00 00 00 00 04", "30 0A")
    equal(st.offsets(three, 0, 2), ([0, 3, 10], 18))


def lengths():
    assert "100 is 37 (it reads back as 104)" in section("6")
    equal((st.norm_code(16), st.norm_code(100), st.norm_length(37), st.norm_code(1000), st.norm_length(64)),
          (16, 37, 104, 64, 1024))
    equal((st.norm_length(255), [st.norm_length(c) for c in range(16)]), (15 << 30, list(range(16))))


def lists():
    b = told("7", "41 14 0E 20 00 00 0C")
    equal(st.posting_block(b, 2, st.u16(b, 0), 4, -1, None), ([0, 2, 4, 6], [1, 1, 3, 1], [1, 1, 9, 1], 7))
    equal(st.stream(told("8", "05 AC 02 01"), 0, 3), [5, 300, 1])
    equal(st.stream(told("8", "02 39 01"), 0, 5), [1, 2, 3, 0, 1])


def dictionaries():
    equal(st.key_behind(st.Cursor(told("9.1", "32 73 65")), b"hour"), b"house")
    c = st.Cursor(told("9.2", "08", "15", "5A", "07 01", "00 01", "00 08", "C8 01"))
    x, forms = st.record(c, st.Base())
    equal((x.inline, forms, x.impact, x.positions_at, c.at), ([(7, 1, 1), (9, 2, 6)], 1, 90, 100, c.end))
    index = told("9.3", "02000000 10000000 02000000 00000000", "0000000000006261", "00000000 0E000000")
    blocks = told("9.3", "02 61 62", "02", "21 63", "04 00 64 05", "05 00 64 05")
    other = told("9.3", "01000000", "01000000 1000000000000000", "01000000", "00000000 05000000", "00", "04 00 64 05")
    terms, n = st.terms(index, blocks, other)
    equal([(t, f, sorted((no, x.inline, x.impact) for no, x in ls.items())) for t, f, ls in terms],
          [(b"ab", 1, [(0, [(5, 1, 1)], 100)]), (b"abc", 2, [(0, [(5, 1, 1)], 100), (1, [(5, 1, 1)], 100)])])
    equal(n, 2)
    block = told("10", "02 75 73 E6 0E 28", "20 C0 09")
    head = bytes.fromhex("02000000 20000000 00000000 00000000 0000000000007375 00000000 09000000")
    equal(st.forms(head, block), [(b"us", b"US", 7, 1, 40), (b"us", b"us", 7, 0, 9)])


def columns():
    body = told("11", "05 00 00 00 00 00 00 00", "02")
    head = reader.struct.pack("<IIQqqQqqQII", 3, 1, 2, 86400000, 259200000, 172800000, 86400000, 259200000, 72, 1, 2)
    equal(st.column(head + body, 0), [86400000, None, 259200000])
    head = told("11", "03000000 02000000 03000000 01000000") + b"".join(x.to_bytes(8, "little") for x in b"\x4c\x4d\x4e\x4e\x4f")
    assert "4C 4D" in section("11") and "4E 4E 4F" in section("11")
    b = head + told("11", "00000000 04000000 08000000", "01 62 02 42", "02 63 61 00", "38", "24", "25")
    equal(st.keywords(b, 0), ([(b"b", b"B"), (b"ca", b"ca")], [[0], [0], [1]]))


def documents():
    index = told("12", "01000000 00000000", "0000000000000000", "0000000000000003", "20")
    equal(st.stored(index, told("12", "06 61 62 63"), b"", 1), [b"abc"])
    b = told("13", "61", "0000000000000000", "0000000000000001", "02", "0100000000000000", "01000000 00000000")
    high = st.sum64(b"a") >> 48
    hashes = told("13", "01000000 00000000", "00000000 01000000") + high.to_bytes(2, "little")
    equal(st.ids(b, hashes, 1), [b"a"])

    b = told("14.9", "0500000000000000", "01", "00000080 0000000000000000",
             "0000000000000000", "0100000000000000", "0000000000000000", "01000000", "00000000")
    equal(st.shingles(b, 1), ([5], [1], [], [(1 << 31, 0)]))

    class Two:
        fields = [reader.Field(), reader.Field()]

    Two.fields[0].type, Two.fields[1].type = reader.TEXT, reader.DATE
    got = reader.document(told("14.7", "01 02 00 09 54 77 6F 20 77 6F 72 64 73 01"), Two)
    equal(got, [(Two.fields[0], b"Two words"), (Two.fields[1], None)])


def hexes(block):
    """Hex lines of a dump `OFFSET  BYTES  words`: {offset: bytes}; offsets of 3 or 4 digits."""
    out = {}
    for line in block.split("\n"):
        m = re.match(r"([0-9a-f]{3,4})  ((?:[0-9a-f]{2} ? ?)+)", line)
        if m:
            out[int(m.group(1), 16)] = bytes.fromhex(m.group(2).replace(" ", ""))
    return out


def together(rows, size):
    b = bytearray(size)
    for at, piece in rows.items():
        b[at : at + len(piece)] = piece
    return bytes(b)


def frame():
    f = reader.Frame(together(hexes(section("3.2")), 448))
    equal((f.kind, f.generation, f.sections), (2, 26, {7: b"hello"}))


def manifest():
    rows = [bytes.fromhex("".join(re.findall(r"(?<![0-9a-f])[0-9a-f]{2}(?![0-9a-f])", line[10:59])))
            for line in section("4.1").split("```")[1].strip().split("\n") if "bytes of zero" not in line]
    head, schema, segments = b"".join(rows[:4]), b"".join(rows[4:9]), b"".join(rows[9:])
    equal((len(head) + 48, len(segments)), (88, 64))
    s = reader.Schema(schema)
    equal([(f.name, f.type, f.weight) for f in s.fields], [("title", 1, 3), ("published", 4, 0)])
    equal((s.title, s.main, s.language, s.timezone, s.k1, s.b), (0, 255, "english", "UTC", "1.2", "0.75"))
    equal(reader.struct.unpack("<QQQIIQQQII", segments), (7, 4096, 0xABCDEF, 3, 1, 8, 384, 0x12345, 0, 0))
    lists = told("4", "01 01 00 02 41 50 02 00 00 00 00 00 07 00 52 65 61 64 20 6F 6E 01 00 02 00 41 64")
    equal(reader.boilerplate(lists), [("", "Read on"), ("AP", "Ad")])
    equal((st.u64(head, 0), st.u64(head, 24), st.u64(head, 32)), (9, 1700000000000, 0x1122334455667788))


# ---- the whole index ----


def dump(path):
    lines = []
    reader.dump(reader.Index(path), True, lines.append)
    return lines


def whole(program, fresh):
    parts = re.findall(r"`(MANIFEST|seg-[0-9a-f]+)`, (\d+) bytes:\n\n```\n(.*?)```", section("20"), re.S)
    assert len(parts) == 2, "MANIFEST and one segment expected"
    with tempfile.TemporaryDirectory() as path:
        for name, size, rows in parts:
            with open(os.path.join(path, name), "wb") as f:
                f.write(together(hexes(rows), int(size)))
        here = dump(path)
        for query, want in (("arms talks", ["a", "c"]), ("korea", ["a", "b"]), ("caps(US)", ["a", "c"]), ("place:seoul", ["a", "b"])):
            said = subprocess.run([program, "search", "--json", path, query], capture_output=True, check=False).stdout
            equal(sorted(h["id"] for h in json.loads(said)["hits"]), want)
        said = subprocess.run([program, "check", path], capture_output=True, check=False)
        equal((said.returncode, said.stderr), (0, b""))
    if fresh:
        equal(here, dump(fresh))


def sizes(fresh):
    """The formulas of section 18, on an index at hand."""
    def a(n):
        return -(-n // 64) * 64

    index = reader.Index(fresh)
    m = index.manifest
    equal(len(m.frame.data), 640 + a(len(m.frame.sections[2])) + a(64 * len(m.segments)))
    for s, live in index.parts:
        for f in (s.frame, live.frame) if live else (s.frame,):
            body = [len(x) for x in f.sections.values()]
            chunks = sum(-(-n // 32768) for n in body)
            equal(len(f.data), 64 + 2 * a(40 * len(body)) + 2 * a(8 * chunks) + sum(map(a, body)) + 64)
        size, meta = {t: len(x) for t, x in s.frame.sections.items()}, s.meta
        equal(size[1], 64 + 32 * meta.lists + 8 * meta.regions + 8 * (meta.lists - 1) + 8 * meta.fields + 32 * len(meta.languages))
        for keys, n, each in ((2, len(s.terms), 16), (5, len(s.forms), 32)):
            equal(size[keys], 16 + 8 * -(-n // each) + 4 * (-(-n // each) + 1))
        equal((size[20], size[22]), (8 * meta.docs, meta.docs))
        equal(size[19], 8 + 4 * ((1 << st.u32(s.frame.sections[19], 4)) + 1) + 2 * meta.docs + -(-meta.docs * st.width_of(meta.docs) // 8))
        if 23 in size:
            d, r, e = meta.docs, len(s.rows), len(s.kept)
            bits = -(-d * st.width_of(d) // 8) + -(-r * st.width_of(r) // 8)
            blocks = st.u64(s.frame.sections[23], size[23] - 16)
            equal(size[23], 9 * d + 11 * r + bits + blocks + 12 * -(-e // 256) + 32)
        if live:
            rows = sum(map(len, live.lists))
            equal([len(live.frame.sections[t]) for t in (1, 2, 3, 4)], [
                40 + 24 * meta.lists + 4 * len(meta.languages), 8 * -(-meta.docs // 64), 8 * rows, 8 * len(live.forms)])


# ---- numbers of the sources ----


def sources(pattern="libsearch/*/*.[ch]"):
    return {p: open(p, encoding="utf-8").read() for p in glob.glob(os.path.join(ROOT, pattern))}


def constants():
    files, rows = sources(), re.findall(r"^\| (\d+) \| [^|]* \| `(\w+)`(?: of `([^`]+)`)? \|$", section("17"), re.M)
    assert len(rows) >= 24, "%d rows of constants" % len(rows)
    for value, name, place in rows:
        found = [m for p, text in files.items() if not place or p.endswith(place)
                 for m in re.findall(r"#define %s\s+(\(.*?\)\s*$|\(.*?\)\s*/\*|[^\s/]+)" % name, text, re.M)]
        assert found, "%s is not defined" % name
        for body in found:
            body = body.replace("/*", "").replace("INT32_MAX", "0x7fffffff").replace("(uint32_t)", "")
            equal((name, eval(re.sub(r"(?<=\d)u\b", "", body))), (name, int(value)))  # a constant of our own sources


def enums():
    header = sources("libsearch/segment/segment.h").popitem()[1]
    names = {int(n): w.lower().replace("_", " ") for w, n in re.findall(r"LSI_SEC_(\w+) = (\d+)", header)}
    said = {}
    for numbers_, names_ in re.findall(r"^\| ([\d, ]+) \| ([\w, ]+) \|", section("14.5"), re.M):
        said.update(zip(map(int, numbers_.split(", ")), names_.split(", ")))
    short = {"doc hashes": "document hashes", "stored dict": "stored dictionary"}
    equal(said, {n: short.get(w, w) for n, w in names.items() if n not in (25,)})
    equal(said, {**reader.SECTIONS, **reader.OPTIONAL})
    frame_h = sources("libsearch/store/frame.h").popitem()[1]
    equal(re.findall(r"LSI_FILE_\w+ = (\d)", frame_h), ["1", "2", "3", "4"])
    assert "1 segment, 2 live, 3 manifest, 4 tombstones" in section("3")


def references():
    """Every section number that the text refers to is there."""
    there = set(re.findall(r"^##+ (\d+(?:\.\d+)?)\.? ", TEXT, re.M))
    for group in re.findall(r"\((\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)\)", re.sub(r"```.*?```", "", TEXT, flags=re.S)):
        for ref in group.split(", "):
            assert ref in there or ref in ("1024", "16", "104", "2", "8", "1"), "no section (%s)" % ref


def main():
    program, fresh = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    for check in (frame, manifest, numbers, lengths, lists, dictionaries, columns, documents):
        part("FORMAT.md: the examples of " + check.__name__, check)
    part("FORMAT.md: the whole index", whole, program, fresh)
    part("FORMAT.md: sizes", sizes, os.path.join(ROOT, "tests/format/v1/index"))
    part("FORMAT.md: constants", constants)
    part("FORMAT.md: types of files and sections", enums)
    part("FORMAT.md: references", references)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
