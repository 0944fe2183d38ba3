#!/usr/bin/env python3
"""damage.py - no flipped bit of an index goes unseen: by reader.py, anywhere; by `libsearch check`, now and then.

    python3 tests/format/damage.py LIBSEARCH INDEX"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import reader


def refused(path):
    try:
        reader.dump(reader.Index(path), True, lambda line: None)
    except (reader.Damage, struct.error, IndexError, KeyError, UnicodeDecodeError):
        return True
    return False


def main():
    program, index = sys.argv[1:]
    missed, tried = [], 0
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "index")
        shutil.copytree(index, path)
        for name in sorted(os.listdir(path)):
            file = os.path.join(path, name)
            with open(file, "rb") as f:
                good = f.read()
            for at in range(len(name), len(good), max(1, len(good) // 9)):
                bad = bytearray(good)
                bad[at] ^= 1 << at % 8
                with open(file, "wb") as f:
                    f.write(bad)
                tried += 1
                if not refused(path):
                    missed.append("reader.py: %s at %d" % (name, at))
                if tried % 5 == 0 and subprocess.run([program, "check", path], capture_output=True, check=False).returncode != 2:
                    missed.append("libsearch check: %s at %d" % (name, at))
            with open(file, "wb") as f:
                f.write(good)
        if refused(path):
            missed.append("reader.py: the index as it was")
        manifest = os.path.join(path, "MANIFEST")  # a damaged one gives way to the durable one
        shutil.copy(manifest, manifest + ".durable")
        with open(manifest, "r+b") as f:
            f.write(b"cut")
        if refused(path) or subprocess.run([program, "stats", path], capture_output=True, check=False).returncode:
            missed.append("MANIFEST.durable was not taken")
    for m in missed:
        print("FAIL not seen: " + m)
    if not missed:
        print("ok   %d flipped bits were seen; MANIFEST.durable was taken" % tried)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
