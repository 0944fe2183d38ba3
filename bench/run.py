#!/usr/bin/env python3
"""run.py BUILD [--data DIR] [PART…] — everything of docs/PERFORMANCE.md, part by part.

  drivers   builds the drivers of the peers that this machine can have (drivers.sh)
  corpora   lines and queries of the newswire and the reviews of DIR, and of made-up articles
  build     an index of every corpus by every engine, on one thread and on two: rates, sizes
  side      every engine over the same query lines (side.py), and the first answer of a new process
  figures   opening, commits, bytes a posting, a query's fixed cost over the smallest corpus (figures.c)
  growth    ours and the quickest peers over 10^4 to 10^6 made-up articles
  http      the server under wrk (http.sh), over the segments that adding left and over one
  report    docs/PERFORMANCE.md and its plots (report.py)

Results stand in BUILD/bench/results, a file a part and corpus; what is there is not measured again, so that a run that was
broken off goes on where it was. --again measures anew. --quick takes small corpora and few queries: is all in order?"""
import argparse, json, os, re, shutil, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ["drivers", "corpora", "build", "side", "figures", "growth", "http", "report"]
STORED = {"lucene8": (".fdt", ".fdx", ".fdm"), "lucene10": (".fdt", ".fdx", ".fdm"), "tantivy": (".store",), "xapian": ("docdata.glass",)}
SLOW = {"xapian", "sqlite", "lucene8"}  # not over the largest corpora
PATIENT = {"xapian": 30e6}              # bytes of text that an engine is asked to index at most


class Run:
    def __init__(self, a):
        self.a = a
        self.bench = os.path.join(os.path.abspath(a.build), "bench")
        here = os.path.join(self.bench, "quick") if a.quick else self.bench
        self.data, self.idx, self.results = (os.path.join(here, d) for d in ("data", "idx", "results"))
        for d in (self.data, self.idx, self.results):
            os.makedirs(d, exist_ok=True)

    # ---- files ----
    def result(self, name):
        return os.path.join(self.results, name + ".json")

    def done(self, name):
        return not self.a.again and os.path.exists(self.result(name))

    def keep(self, name, value):
        with open(self.result(name) + ".tmp", "w") as f:
            json.dump(value, f, indent=1)
        os.rename(self.result(name) + ".tmp", self.result(name))

    def load(self, name):
        return json.load(open(self.result(name)))

    def engines(self):
        """name → command"""
        out = {}
        for l in open(os.path.join(self.bench, "engines")):
            name, rest = l.rstrip("\n").split("\t", 1)
            if not name.startswith("-"):
                out[name] = rest
        return out

    def corpora(self):
        """name → source: a file of articles, or how many to make"""
        out = {}
        for name, file in (("newswire", "reuters.jsonl.zst"), ("reviews", "imdb-reviews.jsonl.zst")):
            path = os.path.join(self.a.data or "", file)
            if self.a.data and os.path.exists(path) and not (self.a.quick and name == "reviews"):
                out[name] = path
        if self.a.corpus:
            out[os.path.basename(self.a.corpus).split(".")[0]] = self.a.corpus
        if not out:
            out["made"] = 5000 if self.a.quick else 100000
        return out

    def lines(self, corpus):
        return os.path.join(self.data, corpus + ".lines")

    def dir(self, corpus, engine, extra=""):
        return os.path.join(self.idx, f"{corpus}-{engine}{extra}")

    def text_bytes(self, corpus):
        return self.load("corpus-" + corpus)["text_bytes"]

    # ---- parts ----
    def drivers(self):
        subprocess.run(["sh", os.path.join(HERE, "drivers.sh"), self.a.build], check=True, stdout=subprocess.DEVNULL)

    def make(self, count, path):
        with open(path + ".tmp", "wb") as f:
            subprocess.run([os.path.join(self.bench, "make-corpus"), str(count), f"words={self.a.words}", "form=lines"], check=True, stdout=f)
        os.rename(path + ".tmp", path)
        return 978307200 + count * 60 * 4 // 5

    def one_corpus(self, name, source):
        path = self.lines(name)
        if isinstance(source, int):
            since = self.make(source, path)
        else:
            since = int(subprocess.run([sys.executable, os.path.join(HERE, "lines.py"), source, path], check=True, capture_output=True, text=True).stdout)
        text = articles = 0
        with open(path, "rb") as f:
            for l in f:
                articles += 1
                fields = l.rstrip(b"\n").split(b"\t")
                text += len(fields[5]) + len(fields[6]) + 1 - len(re.findall(rb"\\.", fields[5] + fields[6]))
        log = os.path.join(self.a.data or "", "queries", "aol_search_benchmark_game.tsv")
        extra = ["--log", log] if os.path.exists(log) and not isinstance(source, int) else []
        q = os.path.join(self.data, name + ".q")
        subprocess.run([sys.executable, os.path.join(HERE, "queries.py"), path, q, "--n", "100", *extra], check=True, stdout=subprocess.DEVNULL)
        self.keep("corpus-" + name, {"source": source if isinstance(source, int) else os.path.basename(source), "articles": articles,
                                     "text_bytes": text, "since": since})

    def corpora_part(self):
        for name, source in self.corpora().items():
            if not self.done("corpus-" + name):
                self.one_corpus(name, source)

    def index(self, corpus, engine, command, *options):
        """Builds; what it cost."""
        d = self.dir(corpus, engine, "".join("-" + o for o in options))
        shutil.rmtree(d, ignore_errors=True)
        t = time.time()
        p = subprocess.Popen([*command.split(), "build", self.lines(corpus), d, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out = p.stdout.read().decode()
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = status
        if status or '"engine"' not in out:
            raise RuntimeError(f"{engine} does not build {corpus}")
        row = json.loads(out[out.index("{"):])
        size = stored = 0
        for root, _, files in os.walk(d):
            for f in files:
                n = os.path.getsize(os.path.join(root, f))
                size += n
                stored += n if f.endswith(STORED.get(engine, ("\0",))) else 0
        row.update(wall_s=time.time() - t, cpu_s=use.ru_utime + use.ru_stime, peak_kb=use.ru_maxrss, size=size, stored=row.get("stored_bytes") or stored)
        if options:
            shutil.rmtree(d)
        return row

    def build(self):
        for corpus in self.corpora():
            name = "build-" + corpus
            rows = self.load(name) if os.path.exists(self.result(name)) and not self.a.again else {}
            for engine, command in self.engines().items():
                if self.text_bytes(corpus) > PATIENT.get(engine, 1e12) and not self.a.patient:
                    continue
                if engine not in rows:
                    rows[engine] = self.index(corpus, engine, command)
                    if engine in ("lucene10", "tantivy", "libsearch"):
                        rows[engine + " ×2"] = self.index(corpus, engine, command, "threads=2")
                    self.keep(name, rows)

    def side(self):
        for corpus in self.corpora():
            if self.done("side-" + corpus):
                continue
            engines = {e: c for e, c in self.engines().items() if os.path.isdir(self.dir(corpus, e))}
            if self.a.peers:
                engines = {e: c for e, c in engines.items() if e == "libsearch" or e in self.a.peers.split(",")}
            subprocess.run([sys.executable, os.path.join(HERE, "side.py"), "--queries", os.path.join(self.data, corpus + ".q"),
                            "--since", str(self.load("corpus-" + corpus)["since"]), "--clock", self.a.clock, "--out", self.result("side-" + corpus),
                            "--n", "12" if self.a.quick else "100", "--warm", "3" if self.a.quick else "25",
                            "--budget", ".05" if self.a.quick else str(self.a.budget),
                            *[f"{e}={c} serve {self.dir(corpus, e)}" for e, c in engines.items()]], check=True)
            res = self.load("side-" + corpus)
            query = open(os.path.join(self.data, corpus + ".q")).readline().split("\t")[1].strip()
            for e, c in engines.items():
                res["engines"][e]["first_answer_s"] = first_answer(f"{c} serve {self.dir(corpus, e)}", query)
            self.keep("side-" + corpus, res)

    def figures(self):
        if self.done("figures"):
            return
        corpus = min(self.corpora(), key=self.text_bytes)
        index = self.dir(corpus, "figures")
        shutil.rmtree(index, ignore_errors=True)
        out = subprocess.run([os.path.join(self.bench, "figures"), self.lines(corpus), index], check=True, stdout=subprocess.PIPE, text=True).stdout
        shutil.rmtree(index)
        found = re.findall(r"^(\S.*?) {2,}([\d.]+)", out, re.M)
        self.keep("figures", {"corpus": corpus, "output": out, "values": {name: float(value) for name, value in found}})

    def growth(self):
        sizes = [1000, 3162, 10000] if self.a.quick else [10000, 31623, 100000, 316228, 1000000]
        engines = {e: c for e, c in self.engines().items() if e not in SLOW}
        whole = "made-" + str(sizes[-1])
        if all(self.done(f"growth-{n}") for n in sizes):
            return
        if not os.path.exists(self.lines(whole)):
            self.make(sizes[-1], self.lines(whole))
        queries = os.path.join(self.data, "growth.q")  # of the smallest, so that all ask the same
        for n in sizes:
            if self.done(f"growth-{n}"):
                continue
            corpus = f"made-{n}"
            if n != sizes[-1]:
                with open(self.lines(whole), "rb") as src, open(self.lines(corpus), "wb") as out:
                    for _, l in zip(range(n), src):
                        out.write(l)
            if n == sizes[0]:
                subprocess.run([sys.executable, os.path.join(HERE, "queries.py"), self.lines(corpus), queries, "--n", "40"], check=True, stdout=subprocess.DEVNULL)
            built = {}
            for e, c in engines.items():
                built[e] = self.index(corpus, e, c)
            subprocess.run([sys.executable, os.path.join(HERE, "side.py"), "--queries", queries, "--since", str(978307200 + n * 48), "--clock", self.a.clock,
                            "--out", self.result("growth"), "--n", "40", "--warm", "2" if self.a.quick else "12", "--budget", ".1", "--passes", "3",
                            *[f"{e}={c} serve {self.dir(corpus, e)}" for e, c in engines.items()]], check=True)
            res = json.load(open(self.result("growth")))
            res["build"] = built
            for e in res["engines"].values():  # the figures alone
                for cell in e["cells"].values():
                    cell.pop("hits")
            self.keep(f"growth-{n}", res)
            os.remove(self.result("growth"))
            for e in engines:
                shutil.rmtree(self.dir(corpus, e))
            if n != sizes[-1]:
                os.remove(self.lines(corpus))

    def http(self):
        if self.done("http"):
            return
        if not shutil.which("wrk"):
            print("bench: without http: wrk is not here")
            return
        corpus = list(self.corpora())[-1]
        source = self.corpora()[corpus]
        index = self.dir(corpus, "http")
        shutil.rmtree(index, ignore_errors=True)
        file = os.path.join(self.data, "http.jsonl")
        with open(file, "wb") as f:
            if isinstance(source, int):
                subprocess.run([os.path.join(self.bench, "make-corpus"), str(source), f"words={self.a.words}"], check=True, stdout=f)
            else:
                subprocess.run(["zstd", "-dcq", source] if source.endswith(".zst") else ["cat", source], check=True, stdout=f)
        subprocess.run([os.path.join(self.a.build, "libsearch"), "add", index, file], check=True, stdout=subprocess.DEVNULL)
        classes = ["term_mid", "or2", "and2", "and3", "log_and", "log_or"]
        queries = os.path.join(self.data, corpus + ".q")
        env = dict(os.environ, SECONDS_EACH="3" if self.a.quick else "10", CLASSES="|".join(classes))
        res = {"corpus": corpus, "segments": segments(index)}
        for part in ("", "merged_"):
            if part:
                subprocess.run([os.path.join(self.a.build, "libsearch"), "merge", index], check=True, stdout=subprocess.DEVNULL)
                env["CASES"] = "ids=/v1/search?limit=10&snippets=0&fields=id&q= ten=/v1/search?limit=10&snippets=0&q= defaults=/v1/search?q="
            out = subprocess.run(["sh", os.path.join(HERE, "http.sh"), self.a.build, index, queries, "--cache-bytes", "0"],
                                 env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
            res[part + "output"] = out
            res[part + "runs"] = [dict(zip(("case", "requests", "requests_s", "p50_ms", "p99_ms", "cpu_us"), l.split()), errors="ERRORS" in l)
                                  for l in out.splitlines()[1:]]
        out = subprocess.run([os.path.join(self.bench, "page"), index, queries, "classes=" + ",".join(classes)], check=True, stdout=subprocess.PIPE, text=True).stdout
        res["library_us"] = {l.split()[0]: float(l.split()[1]) for l in out.splitlines()[1:]}
        os.remove(file)
        self.keep("http", res)

    def report(self):
        subprocess.run([sys.executable, os.path.join(HERE, "report.py"), self.results, os.path.join(self.bench, "engines"), self.a.out], check=True)


def segments(index):
    return sum(f.startswith("seg-") and "." not in f for f in os.listdir(index))


def first_answer(command, query):
    """Seconds from the start of a process to its first answer, page cache warm: the median of seven."""
    took = []
    for _ in range(7):
        t = time.perf_counter()
        p = subprocess.Popen([*command.split(), "flush=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        p.stdin.write(f"T10\t{query}\n".encode())
        p.stdin.flush()
        p.stdout.readline()
        p.stdout.readline()
        took.append(time.perf_counter() - t)
        p.stdin.close()
        p.wait()
    return statistics.median(took)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("build")
    ap.add_argument("part", nargs="*")
    ap.add_argument("--data", help="folder with reuters.jsonl.zst, imdb-reviews.jsonl.zst, queries/")
    ap.add_argument("--corpus", help="another corpus, JSON lines")
    ap.add_argument("--peers", help="side: these alone, by commas")
    ap.add_argument("--clock", default="wall", choices=["wall", "cpu"])
    ap.add_argument("--budget", type=float, default=.3)
    ap.add_argument("--words", type=int, default=120, help="mean length of made-up articles")
    ap.add_argument("--patient", action="store_true", help="also index what takes an engine many minutes")
    ap.add_argument("--again", action="store_true")
    ap.add_argument("--quick", action="store_true")
    ap.add_argument("--out", default="docs/PERFORMANCE.md")
    a = ap.parse_intermixed_args()
    run = Run(a)
    for part in a.part or PARTS:
        t = time.time()
        {"drivers": run.drivers, "corpora": run.corpora_part, "build": run.build, "side": run.side, "figures": run.figures, "growth": run.growth,
         "http": run.http, "report": run.report}[part]()
        print(f"bench: {part}: {time.time() - t:.0f} s", flush=True)


main()
