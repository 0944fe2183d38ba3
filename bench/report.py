#!/usr/bin/env python3
"""report.py RESULTS ENGINES OUT.md — docs/PERFORMANCE.md and its plots (beside it) from the results of run.py.

Only what was measured is printed: a part that is missing is said to be missing, an engine that could not be had has its
reason instead of a column."""
import json, math, os, platform, re, statistics, subprocess, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import asked, plot, table

SETTINGS = {
    "libsearch": "one text field, English (Snowball), positions, stored text (zstd), a date column; function words score; phrases as `\"…\"~`; ids in the hits; copies of a text are not looked for, as a schema of one's own has it unless it asks",
    "lucene10": "StandardTokenizer, lower case, possessives, ASCII folding, Snowball English, no stop words; positions, stored text (LZ4), LongField; MMapDirectory, no query cache, SerialGC, vector module where the Java has it, 256 MB buffer, forceMerge(1)",
    "lucene8": "the same analysis and settings as Lucene 10; points and doc values for the date",
    "tantivy": "SimpleTokenizer, lower case, ASCII folding, Snowball English; positions, stored text (LZ4), fast and indexed date; target-cpu=native, thin LTO, 256 MB, merged into one segment",
    "xapian": "glass, TermGenerator with the English stemmer on all words, positions, text as document data, date as value; compacted",
    "sqlite": "FTS5, porter (the original one) over unicode61, text in the table, dates in a second one; optimize; mmap",
}
GROWTH = ["T10/term_high", "T10/or2", "T10/or3", "T10/and2", "T10/and3", "T10/phrase2", "T10/prefix", "T10/title", "T1000/or3", "C0/and2", "C0/or3", "C100/or2",
          "F10/or2", "N10/term_mid", "S10/and2"]


def load(results, name):
    try:
        return json.load(open(os.path.join(results, name + ".json")))
    except OSError:
        return None


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", open("/proc/cpuinfo").read(), re.M) if os.path.exists("/proc/cpuinfo") else None
    flags = open("/proc/cpuinfo").read() if cpu else ""
    simd = "AVX-512" if " avx512bw" in flags else "AVX2" if " avx2" in flags else "128-bit vectors"
    gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30
    return f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, {simd}, {gb:.0f} GB, Linux {platform.release()}"


def build_table(rows, text):
    out = ["| engine | threads | MB/s | with merging into one | of processor time | peak memory | index / text | without stored text |", "|---|---|---|---|---|---|---|---|"]
    for name, r in rows.items():
        mb = text / 1e6
        base = rows.get(name.split(" ")[0], r)
        stored = base.get("stored") or 0
        without = f"{(r['size'] - stored) / text:.3f}" if stored else "–"
        out.append(f"| {name.split(' ')[0]} | {2 if '×2' in name else 1} | {mb / r['add_s']:.1f} | {mb / (r['add_s'] + r['merge_s']):.1f} | {mb / r['cpu_s']:.1f} | "
                   f"{r['peak_kb'] / 1024:.0f} MB | {r['size'] / text:.3f} | {without} |")
    return out


def side_part(out, results, corpus, folder):
    about, res, built = load(results, "corpus-" + corpus), load(results, "side-" + corpus), load(results, "build-" + corpus)
    out += [f"## {corpus}", "", f"{about['articles']:,} articles, {about['text_bytes'] / 1e6:.1f} MB of text (title and body)."]
    if built:
        out += ["", "### Building", "", *build_table(built, about["text_bytes"])]
    if not res:
        out += ["", "Queries: not measured."]
        return
    peers = [p for p in res["engines"] if p != "libsearch"]
    out += ["", "### Opening", "", "| engine | open call | new process to first answer | memory beside mapped files after the run |", "|---|---|---|---|"]
    for e, r in res["engines"].items():
        memory = f"{r['anonymous_kb'] / 1024:.1f} MB" if "anonymous_kb" in r else "–"
        out.append(f"| {e} | {r['open_ns'] / 1e6:.2f} ms | {r.get('first_answer_s', math.nan) * 1e3:.1f} ms | {memory} |")
    rows = list(table.rows(res, peers))
    slower = [r for r in rows if any(min(v[:2]) < 1 for v in r["peers"].values())]
    out += ["", "### Queries", "", f"{res['date']}, clock: {'wall' if res['clock'] == 'wall' else 'processor time of the searching thread'}, load {res['load'][0]:.1f}. "
            f"Of {len(rows)} cells {len(rows) - len(slower)} are quicker than every peer in the median and the 99th percentile."]
    picture = f"performance-{corpus}.svg"
    points = []
    for cell, ours in res["engines"]["libsearch"]["cells"].items():
        if cell.startswith("T10/"):
            points.append((cell[4:], {e: (statistics.median(r["cells"][cell]["ns"]) / 1e3, table.percentile(r["cells"][cell]["ns"], 99) / 1e3)
                                      for e, r in res["engines"].items() if cell in r["cells"]}))
    with open(os.path.join(folder, picture), "w") as f:
        f.write(plot.dots(f"Top 10, {corpus}: median, and tail to the 99th percentile", points, list(res["engines"])))
    out += ["", f"![top 10]({picture})", "", "Ours in µs; of each peer its time over ours: median / 99th percentile / mean. Above 1 we are quicker; **bold** where we are not.", "",
            table.markdown(res, peers), "", "### Do they find the same?", "",
            "Share of the queries for which the exact number of matches is equal to ours (the mean relative difference behind).", ""]
    agreed = {}
    for p, cls, same, off, _ in table.agreement(res, peers):
        agreed.setdefault(cls, {})[p] = f"{same:.2f} ({off:.3f})"
    out += ["| class | " + " | ".join(peers) + " |", "|---" * (len(peers) + 1) + "|"]
    out += [f"| {cls} | " + " | ".join(v.get(p, "–") for p in peers) + " |" for cls, v in agreed.items()]


def million_part(out, largest):
    """The largest corpus of the growth, whole: every cell beside the peers that it was given to."""
    n, res = largest
    text = res["build"]["libsearch"]["text_bytes"]
    peers = [p for p in res["engines"] if p != "libsearch"]
    rows = list(table.rows(res, peers))
    slower = [r for r in rows if any(min(v[:2]) < 1 for v in r["peers"].values())]
    out += [f"## {n:,} made-up articles", "", f"{text / 1e6:,.1f} MB of text; the peers that are quick enough to be waited for, and 40 queries a class.", "", "### Building it", "",
            *build_table(res["build"], text), "", "### Queries over it", "",
            f"{res['date']}, clock: {'wall' if res['clock'] == 'wall' else 'processor time of the searching thread'}, load {res['load'][0]:.1f}. "
            f"Of {len(rows)} cells {len(rows) - len(slower)} are quicker than every peer in the median and the 99th percentile, "
            f"{sum(all(v[0] >= 1 for v in r['peers'].values()) for r in rows)} in the median.", "", table.markdown(res, peers), ""]


def asked_part(out, results, corpora, growth):
    sides = {c: load(results, "side-" + c) for c in corpora}
    sides = {c: r for c, r in sides.items() if r}
    built = {c: load(results, "build-" + c) for c in corpora}
    built = {c: r for c, r in built.items() if r and "libsearch" in r}
    text = {c: load(results, "corpus-" + c)["text_bytes"] for c in corpora}
    out += ["## What was asked, and where it stands", "",
            "Asked before a line was written: so many times as quick as each peer at the median (in brackets), over the cells of a class by the geometric mean. "
            "**Bold** falls short; docs/DECISIONS.md has the profiles and what was tried (*What was asked and is not reached*)."]
    for name, res in [*sides.items(), *([(f"{growth[0]:,} made-up articles", growth[1])] if growth else [])]:
        out += ["", f"{name}:", "", *asked.ratio_part(res)]
    figures = load(results, "figures") or {"values": {}}
    out += ["", *asked.figure_part(built, text, sides, figures["values"], load(results, "http")), ""]


def exponent(xs, ys):
    """Slope of the line of least squares through the logarithms."""
    lx, ly = [math.log(x) for x in xs], [math.log(y) for y in ys]
    mx, my = statistics.mean(lx), statistics.mean(ly)
    return sum((a - mx) * (b - my) for a, b in zip(lx, ly)) / sum((a - mx) ** 2 for a in lx)


def growth_part(out, results, folder, sizes):
    out += ["## Growth", ""]
    if len(sizes) < 2:
        out += ["Not measured."]
        return
    runs = [load(results, f"growth-{n}") for n in sizes]
    engines = [e for e in runs[0]["engines"] if all(e in r["engines"] for r in runs)]
    median = lambda r, e, c: statistics.median(r["engines"][e]["cells"][c]["ns"]) / 1e3 if c in r["engines"][e]["cells"] else None
    panels = [(c, {e: [median(r, e, c) for r in runs] for e in engines}) for c in GROWTH if c in runs[0]["engines"]["libsearch"]["cells"]]
    with open(os.path.join(folder, "performance-growth.svg"), "w") as f:
        f.write(plot.curves(f"Medians over {sizes[0]:,} to {sizes[-1]:,} made-up articles, the same queries", sizes, panels, engines))
    out += [f"The same queries over {', '.join(f'{n:,}' for n in sizes)} made-up articles (`make-corpus`), medians. The exponent is the slope between the logarithms: "
            "1 means ten times the articles take ten times as long.", "", "![growth](performance-growth.svg)", "",
            "| cell | " + " | ".join(f"{n:,}: µs" for n in sizes) + " | " + " | ".join(f"exponent of {e}" for e in engines) + " |", "|---" * (1 + len(sizes) + len(engines)) + "|"]
    for cell, lines in panels:
        ex = [f"{exponent(sizes, lines[e]):.2f}" if all(lines[e]) else "–" for e in engines]
        out.append(f"| {cell} | " + " | ".join(table.micro(v * 1e3) for v in lines["libsearch"]) + " | " + " | ".join(ex) + " |")


def http_part(out, results):
    res = load(results, "http")
    out += ["## The server", ""]
    if not res:
        out += ["Not measured."]
        return
    names = {"health": "`/healthz`", "none": "count alone", "ids": "10 hits, their ids alone", "ten": "10 hits, no passages", "defaults": "the defaults: 20 hits with passages",
             "suggest": "`/v1/suggest`"}
    left = f", as `libsearch add` left them in {res['segments']} segment{'s' * (res['segments'] > 1)}" if "segments" in res else ""
    out += [f"wrk with 16 kept connections on two threads of the same machine, over {res['corpus']}{left}, no answer kept (`bench/http.sh`). The processor time is the server's alone.", "",
            "| request | requests/s | median, ms | 99th percentile, ms | processor time, µs |", "|---|---|---|---|---|"]
    for behind, runs in (("", res["runs"]), (", merged into one segment", res.get("merged_runs", []))):
        for r in runs:
            out.append(f"| {names[r['case']]}{behind} | {int(r['requests_s']):,} | {r['p50_ms']} | {r['p99_ms']} | {r['cpu_us']} |" + (" some refused" if r["errors"] else ""))


def main():
    results, engines, target = sys.argv[1:4]
    folder = os.path.dirname(os.path.abspath(target))
    versions = {}
    corpora = sorted(f[7:-5] for f in os.listdir(results) if f.startswith("corpus-"))
    for c in corpora:
        for e, r in ((load(results, "side-" + c) or {}).get("engines") or {}).items():
            versions[e] = r["version"]
    missing = dict(l[1:].rstrip("\n").split("\t", 1) for l in open(engines) if l.startswith("-"))
    cc = subprocess.run(["cc", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    out = ["# Performance", "", "Written by `make bench DATA=folder` (bench/run.py); nothing here is copied from elsewhere.", "",
           f"Machine: {machine()}; ours built by {cc} -O2. One thread, in process, warm, one segment each; the engines take turns within a cell.",
           "", "| engine | version | settings |", "|---|---|---|"]
    out += [f"| {e} | {versions.get(e, 'not run')} | {SETTINGS[e]} |" for e in SETTINGS if e in versions]
    out += [f"| {e} | not run: {why} | |" for e, why in missing.items()]
    out += ["", "Commands: T10, T100, T1000 the best by BM25 without a total; C0 the number of matches alone; C100 the best hundred with the exact number; F10 the best ten of the "
            "newest fifth (a range on the date); N10 the newest ten; S10 the best ten with a passage each. Classes: terms that are in more than 5 %, about 1 % and less than .05 % of "
            "the articles; OR and AND of words that stand in one article; phrases of the articles; prefixes of 3 to 5 letters; words with a slip, one letter off; titles as queries "
            "(OR); the public log queries where a corpus of real articles is measured.", ""]
    sizes = sorted(int(f[7:-5]) for f in os.listdir(results) if re.fullmatch(r"growth-\d+\.json", f))
    largest = (sizes[-1], load(results, f"growth-{sizes[-1]}")) if sizes else None
    asked_part(out, results, corpora, largest)
    for c in corpora:
        side_part(out, results, c, folder)
        out.append("")
    if largest:
        million_part(out, largest)
    growth_part(out, results, folder, sizes)
    out.append("")
    http_part(out, results)
    with open(target, "w") as f:
        f.write("\n".join(out) + "\n")
    print(target)


main()
