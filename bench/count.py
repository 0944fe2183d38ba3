#!/usr/bin/env python3
"""count.py BUILD [--write] — instructions a query, by command and class, against baseline.tsv.

Times on a busy machine say little about a change of a few percent; instructions under callgrind are the same in every run.
The driver answers a few queries of each class over a small made-up corpus, once to warm up and once counted. More than 3 %
above the baseline is told and is an error, where the compiler is the one that the baseline was made with; --write makes
the baseline anew (in the commit that explains it)."""
import glob, os, re, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(HERE, "baseline.tsv")
COMMANDS = ["T10", "T100", "T1000", "C0", "C100", "F10", "N10", "S10"]
ARTICLES, QUERIES, TOLERATED = 4000, 4, 1.03


def prepare(bench, work):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    lines = os.path.join(work, "lines")
    with open(lines, "wb") as f:
        subprocess.run([os.path.join(bench, "make-corpus"), str(ARTICLES), "words=120", "form=lines"], check=True, stdout=f)
    q = os.path.join(work, "q")
    subprocess.run([sys.executable, os.path.join(HERE, "queries.py"), lines, q, "--n", str(QUERIES)], check=True, stdout=subprocess.DEVNULL)
    by = {}
    for l in open(q):
        cls, text = l.rstrip("\n").split("\t")
        by.setdefault(cls, []).append(text)
    subprocess.run([os.path.join(bench, "drive_libsearch"), "build", lines, os.path.join(work, "index")], check=True, stdout=subprocess.DEVNULL)
    return by


def count(bench, work, by):
    """{command/class: instructions a query}"""
    ask = []
    for command in COMMANDS:
        for cls, queries in by.items():
            asked = [f"{command}\t{q}" + ("\t%d" % (978307200 + ARTICLES * 48) if command == "F10" else "") for q in queries]
            ask += asked + ["X\tzero"] + asked + [f"X\t{command}/{cls}"]
    out = os.path.join(work, "cg")
    subprocess.run(["valgrind", "-q", "--tool=callgrind", "--toggle-collect=search", f"--callgrind-out-file={out}", os.path.join(bench, "drive_libsearch"),
                    "serve", os.path.join(work, "index")], input="\n".join(ask) + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
    found = {}
    for part in glob.glob(out + ".*"):
        head = open(part).read()
        name = re.search(r"Trigger: Client Request: (\S+)", head)
        total = re.search(r"^(?:summary|totals): (\d+)", head, re.M)
        if name and total:
            found[name[1]] = int(total[1]) // len(by[name[1].split("/")[1]])
    return found


def main():
    build = sys.argv[1]
    bench = os.path.join(build, "bench")
    work = os.path.join(bench, "count.d")
    if not shutil.which("valgrind"):
        print("bench-count: skipped: valgrind is not here")
        return 0
    by = prepare(bench, work)
    found = count(bench, work, by)
    if len(found) < len(COMMANDS) * len(by):
        print(f"bench-count: only {len(found)} cells were counted: was the driver built with valgrind's headers?")
        return 1
    # The compiler that built the driver stands in its first lines of debugging information.
    compiler = subprocess.run("strings -a " + os.path.join(bench, "drive_libsearch") + " | grep -m1 '^GCC: \\|clang version'", shell=True, capture_output=True, text=True).stdout.strip()
    if "--write" in sys.argv:
        with open(BASELINE, "w") as f:
            f.write(f"# instructions a query under callgrind, {ARTICLES} made-up articles; make bench-count; {compiler}\n")
            f.writelines(f"{c}/{cls}\t{found[c + '/' + cls]}\n" for c in COMMANDS for cls in by)
        print(f"{len(found)} cells written")
        return 0
    lines = open(BASELINE).read().splitlines()
    before = dict((l.split("\t")[0], int(l.split("\t")[1])) for l in lines if not l.startswith("#"))
    same = compiler in lines[0]
    worse = {k: v / before[k] for k, v in found.items() if k in before and v > before[k] * TOLERATED}
    better = sum(1 for k, v in found.items() if k in before and v * TOLERATED < before[k])
    for k, r in sorted(worse.items(), key=lambda x: -x[1]):
        print(f"{k:20} {before[k]:10} -> {found[k]:10}  {100 * (r - 1):+.1f} %")
    for k in set(before) ^ set(found):
        print(f"{k:20} is only in {'the baseline' if k in before else 'this run'}")
    print(f"bench-count: {len(found)} cells, {len(worse)} more than 3 % above the baseline, {better} more than 3 % below" + ("" if same else f"; the baseline is of another compiler: {lines[0]}"))
    return 1 if worse and same else 0


sys.exit(main())
