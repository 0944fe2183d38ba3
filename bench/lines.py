#!/usr/bin/env python3
"""lines.py CORPUS.jsonl[.zst] LINES — articles as JSON lines become the lines that all drivers read (peers/drive.h).

An article without a date gets a stamp of its own: a minute after the one before, and one in eight comes late, as in
real archives. The stamp above which the newest fifth lies is printed."""
import datetime, json, subprocess, sys

BACK = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": None, "\0": " "})


def stamp_of(date, ord_):
    if date:
        try:
            return int(datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp())
        except ValueError:
            pass
    scatter = ord_ * 2654435761 % (1 << 32)
    late = scatter % 8 == 0
    return 1_000_000_000 + 60 * (scatter % (ord_ + 1) if late else ord_)


def main():
    source, target = sys.argv[1:3]
    if source.endswith(".zst"):
        feed = subprocess.Popen(["zstd", "-dcq", source], stdout=subprocess.PIPE).stdout
    else:
        feed = open(source, "rb")
    stamps = []
    with open(target, "w", encoding="utf-8", errors="replace", newline="\n") as out:
        for n, line in enumerate(feed):
            d = json.loads(line)
            stamps.append(stamp_of(d.get("date", ""), n))
            texts = [str(d.get(k) or "").translate(BACK) for k in ("id", "source", "byline", "section", "title", "body")]
            out.write(f"{stamps[-1]}\t" + "\t".join(texts) + "\n")
    print(sorted(stamps)[len(stamps) * 4 // 5] if stamps else 0)


main()
