#!/usr/bin/env python3
"""fault.py BUILD [COUNT] [SEED] [WORK …]: libsearch and libsearchd at work while the nth of their system calls or
allocations fails, once or from then on (preload.c). COUNT points are drawn, equally from the works and the plans below;
0 takes every one. A server waits most of its time: FAULT_JOBS points are tried side by side (default 4), each in a
folder of its own. SIGTERM ends it after the points under way. Python's standard library only.

A command must end by itself with a status of its own and, where that is an error, one line that says why; what it told
as committed is there, and the index is that of the commit before or of one under way, whole, and can be written to. Reads
answer right or not at all. Interrupted calls and short reads and writes change nothing. A server must stay, answer with
what it acknowledged, take the next write once the fault is gone, and end in order when told to.
"""
import errno
import http.client
import json
import mmap
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import crash
import work

OPEN, CREATE, READ, WRITE, SYNC, CLOSE, RENAME, UNLINK, MKDIR, STAT, MAP, MEMORY, THREAD = (1 << i for i in range(13))
GROWS = CREATE | WRITE | SYNC | RENAME | MKDIR
SHORT = 0
PLANS = (  # name, kinds, error, from then on
    ("ENOSPC once", GROWS, errno.ENOSPC, False), ("ENOSPC", GROWS, errno.ENOSPC, True),
    ("EDQUOT once", GROWS, errno.EDQUOT, False), ("EDQUOT", GROWS, errno.EDQUOT, True),
    ("EIO once", OPEN | GROWS | READ | CLOSE | UNLINK | STAT, errno.EIO, False),
    ("EIO", OPEN | GROWS | READ | CLOSE | UNLINK | STAT, errno.EIO, True),
    ("fsync", SYNC, errno.EIO, False), ("close", CLOSE, errno.EIO, False), ("rename", RENAME, errno.EIO, False),
    ("EMFILE once", OPEN | CREATE, errno.EMFILE, False), ("EMFILE", OPEN | CREATE, errno.EMFILE, True),
    ("EINTR", OPEN | CREATE | READ | WRITE, errno.EINTR, False),
    ("short once", READ | WRITE, SHORT, False), ("short", READ | WRITE, SHORT, True),
    ("no mapping", MAP, errno.ENOMEM, True), ("no thread", THREAD, errno.EAGAIN, True),
    ("memory once", MEMORY, errno.ENOMEM, False), ("memory", MEMORY, errno.ENOMEM, True))
HARMLESS = ("EINTR", "short once", "short")
PATIENCE = 30


class Control:
    """The orders of preload.c."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(64))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 64)

    def set(self, kinds=0, at=0, error=0, forever=False):
        self.map[0:32] = struct.pack("<QQiIII", 0, 0, 0, 0, 0, 0)
        self.map[8:28] = struct.pack("<QiII", at, error, forever, kinds)

    def calls(self):
        return struct.unpack("<Q", self.map[0:8])[0]

    def hits(self):
        return struct.unpack("<I", self.map[28:32])[0]


class Broken(Exception):
    pass


def need(condition, format, *values):
    if not condition:
        raise Broken(format % values if values else format)


class Place:
    """The folder of the run: the index that each point begins with, and what it should hold."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.base, self.index, self.other = (os.path.join(folder, n) for n in ("base", "index", "other"))
        self.control = Control(os.path.join(folder, "control"))
        self.environment = dict(os.environ, LC_ALL="C", LD_PRELOAD=os.path.join(build, "fault", "preload.so"),
                                FAULT_CONTROL=os.path.join(folder, "control"))
        self.judge = crash.Judge(os.path.join(build, "crash", "judge"))
        self.documents = {}
        for lot in (range(8), range(6, 14), range(14, 17)):  # some replaced, three segments
            self.plain("add", self.base, "-", text=lines(work.article(n, 1 + lot.start // 6, 20) for n in lot))
            self.documents.update((a["id"], a["body"]) for a in (work.article(n, 1 + lot.start // 6, 20) for n in lot))
        self.plain("delete", self.base, "d1")
        self.plain("kill", self.base, "d2")
        del self.documents["d1"], self.documents["d2"]
        need(self.held(self.base) == self.documents, "the index to begin with is another")

    def plain(self, *arguments, text=b""):
        return subprocess.run([os.path.join(self.build, "libsearch")] + list(arguments), input=text, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)

    def held(self, index):
        """Its documents; None where there is no index."""
        answer = self.judge.ask("D", 0, index).split("\t")
        need(answer[0].startswith(("ok ", "none")), "%s", answer[0])
        return dict(d.split("=", 1) for d in answer[1:]) if answer[0].startswith("ok ") else None

    def afresh(self):
        for path in (self.index, self.other, self.other + ".part"):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.base, self.index)

    def writable(self, index):
        """A writer takes it, and leaves none of what the one before may have left."""
        answer = self.judge.ask("W", 0, index)
        need(answer.startswith("ok "), "behind it no writer: %s", answer)
        stray = [n for n in os.listdir(index) if not re.fullmatch(
            r"MANIFEST(\.durable)?|LOCK|(seg|live|tombs)-[0-9a-f]{16}", n)]
        need(not stray, "left behind: %s", stray)


def lines(articles):
    return "".join(json.dumps(a) + "\n" for a in articles).encode()


def with_these(documents, articles):
    return dict(documents, **{a["id"]: a["body"] for a in articles})


def without(documents, *ids):
    return {i: b for i, b in documents.items() if i not in ids}


class Command:
    """One call of libsearch. states: the documents after each of its commits. makes: it makes the other index.
    articles: the documents before the first
    article of its input, and after each."""

    def __init__(self, place, name, arguments, text=b"", states=None, makes=None, articles=None):
        self.place, self.name, self.arguments, self.text = place, name, arguments, text
        self.states, self.makes, self.articles, self.known = states, makes, articles, {}

    def run(self, plan=None, at=0):
        p = self.place
        p.afresh()
        p.control.set(plan[1] if plan else 0, at, plan[2] if plan else 0, bool(plan and plan[3]))
        done = subprocess.run([os.path.join(p.build, "libsearch")] + self.arguments, input=self.text, env=p.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        return done, p.control.calls(), p.control.hits()

    def points(self, plan):
        if plan[1] not in self.known:
            self.right, self.known[plan[1]], _ = self.run((None, plan[1], 0, False))
            need(self.right.returncode == 0, "%s: exit %d without a fault", self.name, self.right.returncode)
        return self.known[plan[1]]

    def check(self, plan, at):
        done, _, hits = self.run(plan, at)
        self.place.control.set()
        err = done.stderr.decode("utf-8", "replace")
        need(done.returncode in (0, 2), "exit %d: %s", done.returncode, err[:300])
        if plan[0] in HARMLESS:
            need(done.returncode == 0, "exit 2: %s", err[:300])
        if done.returncode == 2:
            told = [line for line in err.splitlines() if not line.startswith("libsearch: warning: ")]
            most = 2 if self.name.startswith("add") else 1  # an article, and the commit that followed
            need(len(told) <= most and all(x.startswith("libsearch: ") and len(x) > 14 for x in told), "%r", err[:400])
            need(told or (self.name == "check" and done.stdout), "no word of what failed")
        if self.states is None and self.makes is None:
            need(done.returncode == 2 or settled(done.stdout) == settled(self.right.stdout), "another answer")
            need(self.place.held(self.place.index) == self.place.documents, "a read changed the index")
            return hits
        self.judge(done)
        return hits

    def stopped(self, done):
        """An article that could not be added ends the reading; what came before it is committed all the same: this."""
        told = re.search(rb"^libsearch: standard input:(\d+): ", done.stderr, re.M)
        return self.articles[int(told[1]) - 1] if told and self.articles else None

    def judge(self, done):
        p = self.place
        if self.makes is not None:
            need(p.held(p.index) == p.documents, "the source changed")
            made = p.held(p.other)
            stopped = self.stopped(done)
            may = (None, {}, self.makes) if stopped is None else (None, {}, stopped)
            need(made == self.makes if done.returncode == 0 else made in may, "what was made is wrong")
            if done.returncode == 0:
                p.writable(p.other)
            return
        acknowledged = len(re.findall(rb"^committed ", done.stdout, re.M))
        may = [p.documents] + self.states
        stopped = self.stopped(done)
        if stopped is not None:
            may = may[:may.index(stopped) + 1] if stopped in may else [p.documents, stopped]
            acknowledged = min(acknowledged, len(may) - 1)
        found = p.held(p.index)
        if done.returncode == 0:
            need(found == may[-1], "exit 0, and the index is not that of the last commit")
        need(found in may[min(acknowledged, len(may) - 1):], "%d commits told, and the documents are of none from there on",
             acknowledged)
        p.writable(p.index)


def settled(answer):
    """Without what differs from one run to the next."""
    return re.sub(rb'"took_ms":[0-9.eE+-]+|[0-9.]+ ms', b"", answer)


def commands(p):
    new = [work.article(n, 3, 12) for n in (3, 20, 21)]
    steps, after = [], p.documents
    for a in new:
        after = with_these(after, [a])
        steps.append(after)
    made = p.documents
    yield Command(p, "add", ["add", p.index, "-"], lines(new), [after], articles=[p.documents] + steps)
    yield Command(p, "add-each", ["add", p.index, "-", "--commit-every", "1"], lines(new), steps, articles=[p.documents] + steps)
    yield Command(p, "add-threads", ["add", p.index, "-", "--threads", "2"], lines(new), [after], articles=[p.documents] + steps)
    yield Command(p, "add-new", ["add", p.other, "-"], lines(new), makes=with_these({}, new),
                  articles=[with_these({}, new[:n]) for n in range(4)])
    yield Command(p, "init", ["init", p.other], makes={})
    yield Command(p, "delete", ["delete", p.index, "d3", "d9"], states=[without(p.documents, "d3", "d9")])
    yield Command(p, "kill", ["kill", p.index, "d4"], states=[without(p.documents, "d4")])
    yield Command(p, "merge", ["merge", p.index, "--segments", "1"], states=[p.documents])
    yield Command(p, "purge", ["purge", p.index], states=[p.documents])
    yield Command(p, "backup", ["backup", p.index, p.other], makes=made)
    yield Command(p, "salvage", ["salvage", p.index, p.other], makes=made)
    yield Command(p, "reindex", ["reindex", p.index, p.other], makes=made)
    yield Command(p, "search", ["search", p.index, "common alph*", "--json", "--facet", "source", "--fold", "similar"])
    yield Command(p, "export", ["export", p.index, "common"])
    yield Command(p, "check", ["check", p.index])
    yield Command(p, "stats", ["stats", p.index])
    yield Command(p, "show", ["show", p.index, "d5"])
    yield Command(p, "suggest", ["suggest", p.index, "al"])


class Request:
    """One request to a server. after: the documents once it is acknowledged; None: it only reads."""

    def __init__(self, place, name, method, path, content=None, kind="application/json", after=None):
        self.place, self.name, self.method, self.path = place, "server-" + name, method, path
        self.content, self.kind, self.after, self.known, self.right = content, kind, after, {}, None

    def begin(self):
        self.place.afresh()
        self.place.control.set()
        return Server(self.place)

    def points(self, plan):
        if plan[1] not in self.known:
            s = self.begin()
            self.place.control.set(plan[1])
            status, self.right = s.ask(self)
            self.known[plan[1]] = self.place.control.calls()
            s.stop()
            need(status // 100 == 2, "%s: %d without a fault: %s", self.name, status, self.right[:200])
        return self.known[plan[1]]

    def check(self, plan, at):
        s = self.begin()
        try:
            self.place.control.set(plan[1], at, plan[2], plan[3])
            status, body = s.ask(self)
            hits = self.place.control.hits()
            self.place.control.set()
            self.look(plan, s, status, body)
        finally:
            self.place.control.set()
            s.end()
        return hits

    def look(self, plan, s, status, body):
        p = self.place
        good = status // 100 == 2
        need(s.process.poll() is None, "the server ended: %s %s", s.process.poll(), s.said[-3:])
        # 429: no memory to count the connections of an address, which is turned away as one that has too many.
        need(good or status in (0, 429) or status // 100 == 5, "answer %d: %s", status, body[:200])
        need(good or plan[0] not in HARMLESS, "answer %d: %s", status, body[:200])
        if good and self.after is None and not (self.name == "server-verify" and b'"ok":false' in body):
            need(settled(body) == settled(self.right), "another answer: %s", body[:300])
        if good and self.after is not None:
            need(b'"committed":true' in body or self.kind == "application/x-ndjson" or "/admin/" in self.path, "%s", body[:200])
            good = b'"result":"error"' not in body
        need(s.get("/healthz")[0] == 200, "no health")
        status, body = s.get("/v1/export?q=common&format=ndjson")
        need(status == 200, "behind it no export: %d %s", status, body[:200])
        found = {d["id"]: d["body"] for d in map(json.loads, body.splitlines())}
        may = [self.after] if good and self.after is not None else [p.documents, self.after]
        need(found in may, "the server answers with other documents than acknowledged")
        more = work.article(30, 1, 8)
        status, body = s.once("PUT", "/v1/documents/d30", json.dumps(without(more, "id")).encode(), "application/json")
        need(status // 100 == 2, "the fault is gone, the next write fails: %d %s", status, body[:200])
        s.stop()
        held = p.held(p.index)
        # What was not acknowledged may be there all the same, once its commit is seen.
        need(held in [with_these(m, [more]) for m in (may if found == may[0] else [found]) if m is not None],
             "behind its end the index holds other documents")
        p.writable(p.index)


class Server:
    def __init__(self, place):
        self.process = subprocess.Popen([os.path.join(place.build, "libsearchd"), "--index", place.index, "--listen",
                                         "127.0.0.1:0", "--log", "none", "--threads", "1", "--workers", "1"],
                                        env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said, self.port = [], None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.ready = threading.Event()
        self.reader.start()
        if not self.ready.wait(PATIENCE):
            self.end()
            raise Broken("the server says nothing")

    def read(self):
        for line in self.process.stderr:
            self.said.append(line.decode("utf-8", "replace").rstrip())
            m = re.search(rb"ready on http://127\.0\.0\.1:(\d+)/", line)
            if m:
                self.port = int(m[1])
                self.ready.set()
        self.ready.set()

    def once(self, method, path, content=None, kind=None):
        """Status and content; 0 where the connection was cut."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            c.request(method, path, content, {"Content-Type": kind} if content is not None else {})
            answer = c.getresponse()
            return answer.status, answer.read()
        except TimeoutError:
            raise Broken("%s %s: no answer in %d s" % (method, path, PATIENCE))
        except (OSError, http.client.HTTPException) as e:
            return 0, repr(e).encode()
        finally:
            c.close()

    def ask(self, request):
        return self.once(request.method, request.path, request.content, request.kind)

    def get(self, path):
        return self.once("GET", path)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken("SIGTERM does not end it")
        need(status == 0, "SIGTERM: exit %d", status)
        self.reader.join(PATIENCE)
        stray = [s for s in self.said if not s.startswith("libsearchd: ")]
        need(not stray, "it said %r", stray[:3])

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)


class Start:
    """A server that starts while calls fail: it is ready, or ends with one line."""

    name = "server-start"

    def __init__(self, place):
        self.place, self.known = place, {}

    def points(self, plan):
        if plan[1] not in self.known:
            self.place.afresh()
            self.place.control.set(plan[1])
            s = Server(self.place)
            self.known[plan[1]] = self.place.control.calls()
            s.stop()
        return self.known[plan[1]]

    def check(self, plan, at):
        p = self.place
        p.afresh()
        p.control.set(plan[1], at, plan[2], plan[3])
        s = Server(p)
        try:
            hits = p.control.hits()
            p.control.set()
            if s.port:
                need(s.get("/v1/search?q=common")[0] == 200, "ready, and no search")
                s.stop()
            else:
                status = s.process.wait(PATIENCE)
                need(status == 2 and s.said and all(x.startswith("libsearchd: ") for x in s.said), "exit %d, %r", status,
                     s.said)
                need(plan[0] not in HARMLESS, "%r", s.said)
        finally:
            p.control.set()
            s.end()
        need(p.held(p.index) == p.documents, "the index changed")
        return hits


def requests(p):
    put = work.article(3, 3, 12)
    lot = [work.article(n, 3, 12) for n in (4, 20, 21)]
    body = json.dumps(without(put, "id")).encode()
    yield Start(p)
    yield Request(p, "put", "PUT", "/v1/documents/d3", body, after=with_these(p.documents, [put]))
    yield Request(p, "post", "POST", "/v1/documents", lines(lot), "application/x-ndjson", with_these(p.documents, lot))
    yield Request(p, "delete", "DELETE", "/v1/documents/d3", after=without(p.documents, "d3"))
    yield Request(p, "kill", "POST", "/v1/documents/d3/kill", b"{}", after=without(p.documents, "d3"))
    for order in ("commit", "merge", "purge"):
        yield Request(p, order, "POST", "/v1/admin/" + order, b"", after=p.documents)
    yield Request(p, "verify", "POST", "/v1/admin/verify", b"")
    yield Request(p, "search", "GET", "/v1/search?q=common+alph*&facets=source&fold=similar")
    yield Request(p, "export", "GET", "/v1/export?q=common&format=ndjson")
    yield Request(p, "document", "GET", "/v1/documents/d5")
    yield Request(p, "page", "GET", "/?q=common")


def works_of(place, names):
    return [w for w in list(commands(place)) + list(requests(place)) if not names or w.name in names]


def draw(works, count, chance):
    """(number of a work, plan, point): COUNT of them, or every one."""
    numbers = range(len(works))
    if not count:
        return [(i, plan, at) for i in numbers for plan in PLANS for at in range(1, works[i].points(plan) + 1)]
    pairs = [(i, plan) for i in numbers for plan in PLANS]
    chance.shuffle(pairs)
    pairs = [pairs[i % len(pairs)] for i in range(count)]
    # The first allocations of a request, of which one may be forgotten for long, and then the drawn points.
    once = next(plan for plan in PLANS if plan[0] == "memory once")
    points = [(i, once, at) for i in numbers if works[i].name in ("server-page", "server-export")
              for at in range(1, 1 + min(40, works[i].points(once)))]
    return points + [(i, plan, chance.randint(1, n)) for i, plan in pairs for n in [works[i].points(plan)] if n]


class Crew:
    """Takes the points one after the other, each of its threads in a place of its own."""

    def __init__(self, points):
        self.points, self.lock = iter(points), threading.Lock()
        self.passed = self.failed = self.hits = 0

    def stop(self):
        self.points = iter(())

    def run(self, place, works):
        for w in works:  # the answers without a fault, by which others are judged
            w.points(PLANS[0])
        while True:
            with self.lock:
                point = next(self.points, None)
            if not point:
                break
            w, plan, at = works[point[0]], point[1], point[2]
            said = hits = None
            try:
                hits = w.check(plan, at) > 0
            except (Broken, subprocess.TimeoutExpired) as e:
                said = str(e)
            except Exception as e:  # of this program: it must not end a thread unheard
                said = "%s: %s" % (type(e).__name__, e)
            with self.lock:
                self.hits += bool(hits)
                self.passed += said is None
                self.failed += said is not None
                if said is not None:
                    crash.tell("FAIL %s, %s at %d: %s", w.name, plan[0], at, said)
        place.judge.end()


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    jobs = max(1, int(os.environ.get("FAULT_JOBS", "4")))
    start = time.monotonic()
    within = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    crash.tell("seed %d", seed)
    with tempfile.TemporaryDirectory(prefix="libsearch-fault-", dir=within) as folder:
        places = []
        for i in range(jobs):
            os.mkdir(os.path.join(folder, str(i)))
            places.append(Place(build, os.path.join(folder, str(i))))
        works = [works_of(p, sys.argv[4:]) for p in places]
        crew = Crew(draw(works[0], count, random.Random(seed)))
        signal.signal(signal.SIGTERM, lambda *_: crew.stop())
        threads = [threading.Thread(target=crew.run, args=pair) for pair in zip(places, works)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    crash.tell("faults: %d points, %d of them reached, %.1f s", crew.passed + crew.failed, crew.hits, time.monotonic() - start)
    crash.tell("%d passed, %d failed", crew.passed, crew.failed)
    return crew.failed != 0 or not crew.passed


if __name__ == "__main__":
    sys.exit(main())
