"""asked.py — the figures that were asked of us before anything was measured, and where the last run stands to them."""
import math, os, re, statistics, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import table

LEAGUE = ["xapian", "sqlite", "lucene8", "lucene10"]
CLASSES = [  # cells, and what was asked: times as quick at the median as each of LEAGUE, and as the best of all
    ("one term, top 10", r"T10/term_", [30, 100, 10, None], 2),
    ("OR, top 10", r"T10/or\d", [15, 200, 10, None], 2),
    ("AND, top 10", r"T10/and\d", [10, 50, 8, None], 2),
    ("phrase, top 10", r"T10/phrase\d", [8, 15, 5, None], 1.5),
    ("count of AND and OR", r"C0/(and|or)\d", [15, 25, 10, None], 1.5),
    ("top 100 and the exact count", r"C100/(term_|and\d|or\d)", [15, 100, 10, None], 1.5),
]


def geometric(values):
    return math.exp(statistics.mean(math.log(v) for v in values)) if values else None


def cell(value, asked):
    if value is None:
        return "–"
    short = asked is not None and value < asked
    return (f"**{table.x(value)}**" if short else table.x(value)) + (f" ({asked:g})" if asked is not None else "")


def ratios(res, name, pattern, league, best):
    """A row: how many times as quick we are at the median, over the cells of a class by the geometric mean."""
    peers = [p for p in res["engines"] if p != "libsearch"]
    rows = [r for r in table.rows(res, peers) if re.match(pattern, r["cell"])]
    of = {p: geometric([r["peers"][p][0] for r in rows if p in r["peers"]]) for p in peers}
    out = [cell(of.get(p), asked) for p, asked in zip(LEAGUE, league)]
    least = min((v for v in of.values() if v is not None), default=None)
    return f"| {name} | " + " | ".join(out) + f" | {cell(of.get('tantivy'), None)} | {cell(least, best)} |"


def ratio_part(res):
    out = ["| class | " + " | ".join(LEAGUE) + " | tantivy | the best of all |", "|---" * (len(LEAGUE) + 3) + "|"]
    return out + [ratios(res, *c) for c in CLASSES]


def passages_us(res):
    """What ten passages cost: S10 less T10, at the median of each class."""
    mine = res["engines"]["libsearch"]["cells"]
    took = {c[4:]: (statistics.median(mine[c]["ns"]) - statistics.median(mine["T10/" + c[4:]]["ns"])) / 1e3
            for c in mine if c.startswith("S10/") and "T10/" + c[4:] in mine}
    return took


def figure(name, value, asked, least=False, digits=2, unit=""):
    short = value < asked if least else value > asked
    word = "≥" if least else "≤"
    said = f"{value:,.{digits}f}{unit}"
    return f"| {name} | {word} {asked:,g}{unit} | {f'**{said}**' if short else said} |"


def figure_part(built, text, sides, figures, http):
    """Rows of what was asked as a number. Each part may be missing: then its rows are."""
    out = ["| figure | asked | reached |", "|---|---|---|"]
    for corpus, rows in built.items():
        mb, one, two = text[corpus] / 1e6, rows["libsearch"], rows.get("libsearch ×2")
        out.append(figure(f"{corpus}: adding, one thread", mb / one["add_s"], 45, True, 1, " MB/s"))
        if two:
            out.append(figure(f"{corpus}: adding, two threads", mb / two["add_s"], 80, True, 1, " MB/s"))
        out.append(figure(f"{corpus}: index without stored text, of the text", (one["size"] - one["stored_bytes"]) / text[corpus], .36, digits=3))
        out.append(figure(f"{corpus}: index with it", one["size"] / text[corpus], .78, digits=3))
    for corpus, res in sides.items():
        took = passages_us(res)
        out.append(figure(f"{corpus}: ten passages, mean of {len(took)} classes' medians", statistics.mean(took.values()), 150, digits=0, unit=" µs"))
        out.append(figure(f"{corpus}: opening", res["engines"]["libsearch"]["open_ns"] / 1e6, 1, unit=" ms"))
        out.append(figure(f"{corpus}: memory of a reader beside mapped files", res["engines"]["libsearch"]["anonymous_kb"] / 1024, 10, digits=1, unit=" MB"))
    for name, key, asked, digits, unit in (
            ("bytes a posting", "postings", 1.5, 3, ""), ("bytes a position", "positions", 1.15, 3, ""), ("bytes of the form stream a position", "forms", .2, 3, ""),
            ("opening, best of 21", "open", 1, 3, " ms"), ("commit of one article, mean of 20", "commit of one article", 10, 1, " ms"),
            ("a query's fixed cost", "fixed cost of a query", 1, 2, " µs"), ("and for each term", "each term of a query", .3, 2, " µs")):
        if key in figures:
            out.append(figure(f"news schema: {name}", figures[key], asked, digits=digits, unit=unit))
    if http:
        runs = {r["case"]: r for r in http.get("merged_runs") or http["runs"]}
        out.append(figure("server: requests a second, ten hits without passages", float(runs["ten"]["requests_s"]), 30000, True, 0))
        out.append(figure("server: requests a second, the defaults", float(runs["defaults"]["requests_s"]), 4000, True, 0))
        if "library_us" in http:
            out.append(figure("server: processor time over the library's, ten hits without passages", float(runs["ten"]["cpu_us"]) - http["library_us"]["hits"], 15, digits=1, unit=" µs"))
    return out
