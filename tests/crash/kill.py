#!/usr/bin/env python3
"""kill.py BUILD [COUNT] [SEED]: writers are killed (SIGKILL) at random moments, COUNT times the command line and COUNT
times the server, while readers in processes of their own follow the index. Python's standard library only.

After each kill the index is opened by judge.c: it must be whole, and hold all that was acknowledged. What was under way
is there as a whole or not at all: of an add, some more of its commits, in their order; of a delete or a merge, all or
nothing; of the server, for each client, its last request or not. The readers must meet no error, see no older commit
behind a newer one, and find an open snapshot unchanged.
"""
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import crash
import work

IDS = 40       # articles there may be: they are replaced over and over
READERS = 2


class Loop:
    def __init__(self, build, folder, chance):
        self.build, self.chance = build, chance
        self.index, self.log = os.path.join(folder, "index"), None
        self.documents, self.version, self.acknowledged, self.failures = {}, 0, 0, []
        self.judge = crash.Judge(os.path.join(build, "crash", "judge"))
        subprocess.run([os.path.join(build, "libsearch"), "init", self.index], check=True, stdout=subprocess.DEVNULL)
        self.readers = [subprocess.Popen([os.path.join(build, "crash", "judge"), "--watch", self.index],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(READERS)]

    def fail(self, format, *values):
        self.failures.append(format % values)
        crash.tell("FAIL %s", format % values)

    def article(self, number):
        self.version += 1
        return work.article(number, self.version)

    def held(self):
        """The documents of the index, or None where it is not whole."""
        answer = self.judge.ask("D", 0, self.index).split("\t")
        if not answer[0].startswith("ok "):
            self.fail("after a kill: %s", answer[0])
            return None
        return dict(d.split("=", 1) for d in answer[1:])

    def end(self):
        snapshots = 0
        self.judge.end()
        for p in self.readers:
            out = p.communicate(b"", timeout=60)[0]
            m = re.match(rb"watched (\d+) errors (\d+)", out)
            if not m or p.returncode or int(m[2]):
                self.fail("a reader met errors: exit %d, %s", p.returncode, out.decode().strip())
            else:
                snapshots += int(m[1])
        return snapshots


class CommandLine(Loop):
    longest = 0.02  # seconds that a command may take, learnt

    def command(self):
        """Arguments, input, and the documents after each commit."""
        way, states = self.chance.random(), []
        if way < 0.15 and self.documents:
            gone = self.chance.sample(sorted(self.documents), min(2, len(self.documents)))
            return ["delete", self.index] + gone, b"", [{i: b for i, b in self.documents.items() if i not in gone}]
        if way < 0.3:
            return ["merge", self.index, "--segments", str(self.chance.randint(1, 3))], b"", [self.documents]
        every, now = self.chance.randint(1, 3), dict(self.documents)
        articles = [self.article(n) for n in self.chance.sample(range(IDS), self.chance.randint(3, 10))]
        for i, a in enumerate(articles):
            now[a["id"]] = a["body"]
            if (i + 1) % every == 0 or i + 1 == len(articles):
                states.append(dict(now))
        return (["add", self.index, "-", "--commit-every", str(every)],
                "".join(json.dumps(a) + "\n" for a in articles).encode(), states)

    def turn(self):
        """True where something was killed."""
        arguments, text, states = self.command()
        p = subprocess.Popen([os.path.join(self.build, "libsearch")] + arguments, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        start, delay = time.monotonic(), self.chance.random() * self.longest
        threading.Timer(delay, p.kill).start()
        out, err = p.communicate(text, timeout=60)
        took = time.monotonic() - start
        self.longest = min(0.2, max(0.005, self.longest * (1.05 if p.returncode == -signal.SIGKILL else 0.9)))
        # An add commits once more at its end, where there may be nothing left to commit.
        acknowledged = min(len(re.findall(rb"^committed .*\n", out, re.M)), len(states))
        self.acknowledged += acknowledged
        if p.returncode not in (0, -signal.SIGKILL):
            self.fail("%s after %.3f s: exit %d: %s", " ".join(arguments[:1]), took, p.returncode, err.decode())
        found = self.held()
        if found is None:
            return True
        may = [self.documents] + states
        if p.returncode == 0:
            acknowledged = len(states)
        if found not in may[acknowledged:]:
            self.fail("%s, %d commits acknowledged of %d: the documents are of none of the commits from there on",
                      arguments[0], acknowledged, len(states))
        self.documents = found
        return p.returncode == -signal.SIGKILL


class Client(threading.Thread):
    """Writes to articles of its own, one request behind the other, until the server is gone."""

    def __init__(self, loop, port, numbers, seed):
        super().__init__()
        self.loop, self.port, self.numbers, self.chance = loop, port, numbers, random.Random(seed)
        self.known = {i: b for i, b in loop.documents.items() if int(i[1:]) in numbers}
        self.under_way, self.acknowledged, self.refused = None, 0, None
        self.version = loop.version + 1

    def run(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while self.refused is None:
                self.one(c)
        except (OSError, http.client.HTTPException):
            pass  # killed
        c.close()

    def one(self, c):
        i = "d%d" % self.chance.choice(self.numbers)
        if i in self.known and self.chance.random() < 0.25:
            self.under_way = (i, None)
            c.request("DELETE", "/v1/documents/" + i)
        else:
            self.version += 1
            a = work.article(int(i[1:]), self.version)
            del a["id"]
            self.under_way = (i, a["body"])
            c.request("PUT", "/v1/documents/" + i, json.dumps(a), {"Content-Type": "application/json"})
        answer = c.getresponse()
        body = answer.read()
        if answer.status // 100 != 2 or b'"committed":true' not in body:
            self.refused = b"%d %s" % (answer.status, body[:200])
            return
        i, text = self.under_way
        self.known.pop(i, None)
        if text is not None:
            self.known[i] = text
        self.under_way = None
        self.acknowledged += 1


class HttpReader(threading.Thread):
    """Searches all the time: every answer that comes whole must be a 200."""

    def __init__(self, port):
        super().__init__()
        self.port, self.bad = port, None

    def run(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while not self.bad:
                c.request("GET", "/v1/search?q=common")
                answer = c.getresponse()
                body = answer.read()
                if answer.status != 200:
                    self.bad = b"%d %s" % (answer.status, body[:200])
        except (OSError, http.client.HTTPException):
            pass
        c.close()


class Server(Loop):
    def turn(self):
        s = work.Server(self, environment=dict(os.environ))
        clients = [Client(self, s.port, range(k, IDS, 3), self.chance.random()) for k in range(3)]
        reader = HttpReader(s.port)
        for t in clients + [reader]:
            t.start()
        time.sleep(self.chance.random() * 0.05)
        s.kill()
        for t in clients + [reader]:
            t.join(60)
        if reader.bad:
            self.fail("a search was answered %s", reader.bad.decode())
        found = self.held()
        if found is None:
            return True
        for c in clients:
            self.compare(c, {i: b for i, b in found.items() if int(i[1:]) in c.numbers})
        self.documents, self.version = found, max(c.version for c in clients)
        return True

    def compare(self, c, found):
        self.acknowledged += c.acknowledged
        if c.refused:
            self.fail("a write was answered %s", c.refused.decode())
        may = [c.known]
        if c.under_way:
            i, text = c.under_way
            may.append({k: v for k, v in c.known.items() if k != i})
            if text is not None:
                may[1][i] = text
        if found not in may:
            lost = sorted(set(c.known.items()) ^ set(found.items()))
            self.fail("%d acknowledged, %s under way; differs: %s", c.acknowledged, c.under_way, lost[:4])


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    passed = failed = 0
    crash.tell("seed %d", seed)
    for kind in (CommandLine, Server):
        with tempfile.TemporaryDirectory(prefix="libsearch-kill-") as folder:
            start, kills = time.monotonic(), 0
            loop = kind(build, folder, random.Random("%d %s" % (seed, kind.__name__)))
            while kills < count and len(loop.failures) < 10:
                try:
                    kills += loop.turn()
                except SystemExit as e:  # a server that does not start
                    loop.fail("%s", e)
            snapshots = loop.end()
            crash.tell("%-12s %d kills, %d commits acknowledged, %d snapshots read beside, %d failures, %.1f s",
                       kind.__name__, kills, loop.acknowledged, snapshots, len(loop.failures), time.monotonic() - start)
            passed += kills - min(kills, len(loop.failures))
            failed += len(loop.failures)
    crash.tell("%d passed, %d failed", passed, failed)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
