#!/usr/bin/env python3
"""export_long.py - everything exported, in constant memory: python3 tests/cli/export_long.py BUILD [ROWS=1000000]

An index of ROWS made-up articles and one of a tenth of them are exported as NDJSON and as CSV. Each article must be
there once, and what the program holds in memory of its own (RssAnon; the pages of the index that it maps are the
system's to take back) may not grow with the rows: ten times as many, at most 8 MB more."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

MORE_KB = 8192


class Watched(io.RawIOBase):
    """Bytes that a program writes; its memory is looked at whenever some are read."""

    def __init__(self, program):
        super().__init__()
        self.program, self.peak, self.bytes = program, 0, 0

    def readable(self):
        return True

    def readinto(self, b):
        n = self.program.stdout.readinto(b)
        self.bytes += n
        try:
            with open("/proc/%d/status" % self.program.pid, encoding="ascii") as f:
                told = dict(line.split(":", 1) for line in f)
            self.peak = max(self.peak, int(told.get("RssAnon", "0 kB").split()[0]))
        except OSError:
            pass
        return n


def ids(form, lines):
    if form == "csv":
        rows = csv.reader(lines)
        column = next(rows).index("id")
        return (row[column] for row in rows)
    return (json.loads(line)["id"] for line in lines)


def export(build, index, form, rows):
    with subprocess.Popen([os.path.join(build, "libsearch"), "export", index, "the OR a OR of OR *", "--format", form, "--sort", "newest"],
                          stdout=subprocess.PIPE, bufsize=0) as program:
        watched = Watched(program)
        text = io.TextIOWrapper(io.BufferedReader(watched, 1 << 20), encoding="utf-8", newline="" if form == "csv" else "\n")
        seen, count = set(), 0
        for one in ids(form, text):
            seen.add(one)
            count += 1
    good = count == len(seen) == rows and program.returncode == 0
    print("%s  %s: %d rows, %d different, %d bytes, at most %d KB of its own"
          % ("ok  " if good else "FAIL", form, count, len(seen), watched.bytes, watched.peak), flush=True)
    return watched.peak if good else None


def main():
    build, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        peaks = {}
        for n in (rows // 10, rows):
            index = os.path.join(tmp, "index-%d" % n)
            make = subprocess.Popen([os.path.join(build, "bench/make-corpus"), str(n), "words=30"], stdout=subprocess.PIPE)
            subprocess.run([os.path.join(build, "libsearch"), "add", index, "-"], stdin=make.stdout, stdout=subprocess.DEVNULL, check=True)
            make.wait()
            for form in ("ndjson", "csv"):
                peaks[form, n] = export(build, index, form, n)
        for form in ("ndjson", "csv"):
            few, many = peaks[form, rows // 10], peaks[form, rows]
            if few is None or many is None or not few or many > few + MORE_KB:
                failed += 1
                print("FAIL  %s: %s KB for %d rows, %s KB for %d" % (form, few, rows // 10, many, rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
