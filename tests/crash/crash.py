#!/usr/bin/env python3
"""crash.py BUILD [COUNT] [SEED] [WORK …]: losses of power, simulated. Python's standard library only.

1. work.py does real work with the programs of BUILD under record.c, which writes down their system calls.
2. disk.py replays the log and makes, at every point of it, states in which a loss of power may leave the directory.
3. Each distinct state is opened by judge.c, and so are those in which a kill leaves it, where nothing is lost. A state
   must hold exactly one commit of the log, whole and not mixed with others: none before the last one that was
   acknowledged by then, none that was not yet made; no index at all only before the first was acknowledged. Reading
   must change nothing; a writer must be able to go on, and leave nothing lying about.
4. The writer that goes on in some of these states is recorded in its turn, and loses power once more ("again").
What a commit holds is learnt from the log without a loss, and held against what the work knows.

That this finds what it looks for is shown each time: with the log's fsyncs of one kind left out, as if the library had
forgotten them, a broken state must be found (FORGOTTEN).
"""
import itertools
import json
import os
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

import disk
import work

BOOT = 4242  # another one than that of the machine: the power was lost
SAME = 0     # the machine's own: only processes were killed
LARGE = 0.1  # as many states of the work "large" as of another: they take long
STARTS = 8   # states of each work from which a writer is recorded that loses power once more
PATIENCE = 30
HERE = os.path.dirname(os.path.abspath(__file__))




def fsyncs(records):
    """(record, path, what the process did before, what it does next)"""
    paths, last = {}, {}
    for r in records:
        key = r.process, r.handle
        if r.what in "DNO":
            paths[key] = r.a
        if r.process in last and last[r.process][0].what == "S":
            yield last[r.process] + (r.what,)
        path = paths.get(key, r.a)
        last[r.process] = r, path, last[r.process][0].what if r.process in last else ""


def of_file(prefix):
    return lambda path, before, after: path.startswith("index/" + prefix)


# What may be forgotten: the work whose states then must break, and which fsyncs are left out, by path and what was done
# before and after.
FORGOTTEN = {
    "the fsync of segments": ("command_line", of_file("seg-")),
    "the fsync of live files": ("command_line", of_file("live-")),
    "the fsync of manifests": ("command_line", of_file("manifest-")),
    "the fsync of the directory before a manifest": ("command_line", lambda path, b, a: path == "index" and a == "N"),
    "the fsync of the directory behind the rename": ("command_line", lambda path, b, a: path == "index" and b == "R"),
    "the fsync of the parent of a new index": ("first_add", lambda path, b, a: path == ""),
    "the fsyncs of a writer that opens": ("killed", lambda path, b, a: path == "index/MANIFEST" or
                                          path == "index" and b == "C"),
    "the fsync behind the link MANIFEST.durable": ("no_sync", lambda path, b, a: path == "index" and b == "L"),
}


# A line of the command line, an answer of the server.
ACKNOWLEDGED = re.compile(rb'committed generation=(\d+) documents=(\d+)\n|"committed":true,"generation":(\d+)')


class Judge:
    def __init__(self, program):
        self.program, self.process = program, None

    def ask(self, order, boot, path):
        if not self.process:
            self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p, answer = self.process, b""
        p.stdin.write(b"%s %d %s\n" % (order.encode(), boot, path.encode()))
        p.stdin.flush()
        until = time.monotonic() + PATIENCE
        while not answer.endswith(b"\n"):
            ready = select.select([p.stdout], [], [], max(0, until - time.monotonic()))[0]
            piece = os.read(p.stdout.fileno(), 1 << 16) if ready else b""
            if not piece:
                p.kill()
                self.process = None
                return "broken the judge %s" % ("died: exit %d" % p.wait() if ready else "hangs")
            answer += piece
        return answer.decode("utf-8", "replace").rstrip("\n")

    def end(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(PATIENCE)


class Commit:
    def __init__(self, generation, digest, documents):
        self.generation, self.digest, self.documents = generation, digest, documents


def commit_of(answer):
    word = answer[0].split(" ")
    return Commit(int(word[1]), word[3], dict(d.split("=", 1) for d in answer[1:]))


class History:
    """The commits of one index of the log, in order, and at which record each was made and acknowledged."""

    def __init__(self):
        self.commits, self.made_at = [], []
        self.acked, self.soft = [], []  # (record, number of the commit); soft: may be lost with the power

    def number(self, generation):
        for i in range(len(self.commits) - 1, -1, -1):
            if self.commits[i].generation == generation:
                return i
        raise SystemExit("generation %d was acknowledged, and never made" % generation)

    def bounds(self, record, killed=False):
        """The least and the last commit that a state may hold; -1: no index. killed: no power was lost."""
        acked = self.acked + self.soft if killed else self.acked
        least = max([n for r, n in acked if r <= record], default=-1)
        return least, max([n for n, r in enumerate(self.made_at) if r <= record], default=-1)


def lay_out(state, path):
    shutil.rmtree(path, ignore_errors=True)
    if state is None:
        return
    os.mkdir(path)
    for name, data in state.items():
        with open(os.path.join(path, name), "wb") as f:
            f.write(data)


def listing(path):
    if not os.path.isdir(path):
        return None
    return sorted((e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in os.scandir(path))


def tell(format, *values):
    print(format % values if values else format, flush=True)


class Campaign:
    def __init__(self, name, build, folder, chance, keep, start=None):
        self.name, self.build, self.chance, self.keep, self.start = name, build, chance, keep, start
        self.root, self.spot = os.path.join(folder, "root"), os.path.join(folder, "state")
        self.judge = Judge(os.environ.get("CRASH_JUDGE") or os.path.join(build, "crash", "judge"))
        self.histories, self.seen, self.broken = {}, {}, 0
        self.running, self.lost = (SAME, BOOT) if start is None else (BOOT, BOOT + 1)  # boots: of the work, and next
        self.starts = []  # states of this campaign, for others to start from
        os.mkdir(self.root)
        log = os.path.join(folder, "log")
        self.recording = work.Recording(build, self.root, log)
        if start is None:
            work.WORK[name](self.recording)
        else:
            self.begin_with(start)
        self.records = disk.read_log(log)
        self.learn()

    def begin_with(self, state):
        """The first loss of power left `state`; a writer goes on from there."""
        h = self.histories["index"] = History()
        lay_out(state, self.recording.index)
        answer = self.judge.ask("D", self.running, self.recording.index).split("\t")
        if answer[0] != "none":
            h.commits.append(commit_of(answer))
            h.made_at.append(-1)
            h.acked.append((-1, 0))
        work.go_on(self.recording, self.running)

    def disk(self):
        return disk.Disk({"index": self.start} if self.start is not None else {})

    # ---- what the log says without a loss ----

    def learn(self):
        replay, told = self.disk(), {}
        for r in self.records:
            changed = replay.do(r)
            if r.what == "M":
                self.histories[r.a] = History()
            if r.what == "R" and r.b.endswith(b"/MANIFEST"):
                self.learn_commit(r, changed, replay.directories[changed])
            elif r.what == "K":
                self.learn_mark(r)
            elif r.what == "A":
                self.learn_told(r, told)
        for path, d in replay.directories.items():
            on_disk = {e.name: open(e.path, "rb").read() for e in os.scandir(os.path.join(self.root, path))}
            if d.whole() != on_disk:
                raise SystemExit("%s: the log does not lead to what lies on the disk" % self.name)

    def learn_commit(self, r, path, directory):
        state = directory.whole()
        lay_out(state, self.spot)
        answer = self.judge.ask("D", self.running, self.spot).split("\t")
        word = answer[0].split(" ")
        if word[0] != "ok":
            raise SystemExit("%s: record %d: without any loss: %s" % (self.name, r.number, answer[0]))
        if int(word[1]) != int.from_bytes(state["MANIFEST"][16:24], "little"):
            raise SystemExit("%s: record %d: another generation than its manifest's" % (self.name, r.number))
        h = self.histories[path]
        h.commits.append(commit_of(answer))
        h.made_at.append(r.number)

    def learn_mark(self, r):
        h, documents = self.histories[r.a], json.loads(r.b)
        h.acked.append((r.number, len(h.commits) - 1))
        if documents is not None and documents != h.commits[-1].documents:
            raise SystemExit("%s: record %d: other documents than were written" % (self.name, r.number))

    def learn_told(self, r, told):
        text = told.get((r.process, r.handle), b"") + r.b
        for m in ACKNOWLEDGED.finditer(text):
            h = self.histories["index"]
            n = h.number(int(m[1] or m[3]))
            if m[2] and int(m[2]) != len(h.commits[n].documents):
                raise SystemExit("%s: record %d: another number of documents was told" % (self.name, r.number))
            (h.soft if self.recording.soft and not m[1] else h.acked).append((r.number, n))
        told[r.process, r.handle] = text[max([m.end() for m in ACKNOWLEDGED.finditer(text)], default=0):][-100:]

    # ---- with a loss ----

    def points(self, forgotten=()):
        """(record, path, Directory) of every point at which something changed."""
        replay = self.disk()
        for r in self.records:
            if r.number in forgotten:
                continue
            changed = replay.do(r)
            if changed and changed in replay.directories:
                yield r.number, changed, replay.directories[changed]
            elif r.what in "AK":
                for path, d in replay.directories.items():
                    yield r.number, path, d

    def run(self, count):
        plain = sum(1 for _, _, d in self.points() for _ in itertools.chain([None], d.plain_states()))
        share = min(1, 0.5 * count / plain)
        for number, path, d in self.points():
            if self.chance.random() < share:
                self.consider(number, path, d.whole(), self.running)
            for state in d.plain_states():
                if self.chance.random() < share:
                    self.consider(number, path, state, self.lost)
        places = sum(1 for _ in self.points())
        for _ in range(200):
            each = max(0, count - len(self.seen)) * 1.5 / places
            if not each:
                break
            for number, path, d in self.points():
                for _ in range(int(each) + (self.chance.random() < each % 1)):
                    if len(self.seen) < count:
                        self.consider(number, path, d.random_state(self.chance), self.lost)

    def misses(self, leaves_out):
        """True where no state breaks although such fsyncs are left out."""
        forgotten = {r.number for r, *context in fsyncs(self.records) if leaves_out(*context)}
        seen = {}
        for number, path, d in self.points(forgotten):
            least, last = self.histories[path].bounds(number)
            for state in d.plain_states():
                key = disk.digest(state)
                if key not in seen:
                    seen[key] = self.judged(path, state, self.lost, write=False)
                held, why = seen[key]
                if why or not least <= held <= last:
                    return False
        return True

    def consider(self, record, path, state, boot):
        key = path.encode() + b"%d" % boot + disk.digest(state)
        new = key not in self.seen
        if new:
            self.seen[key] = self.judged(path, state, boot)
            if not self.seen[key][1]:
                self.remember(path, state, boot)
        held, why = self.seen[key]
        least, last = self.histories[path].bounds(record, boot == self.running)
        if not why and not least <= held <= last:
            why = "holds commit %d, those from %d to %d may be there" % (held, least, last)
        if why and (new or not self.seen[key][1]):
            self.seen[key] = held, why
            self.report(record, path, state, boot, why)

    def remember(self, path, state, boot):
        """STARTS of all, each as likely as any other."""
        if path == "index" and state and boot == self.lost:
            place = len(self.starts) if len(self.starts) < STARTS else self.chance.randrange(len(self.seen))
            if place < STARTS:
                self.starts[place:place + 1] = [state]

    def judged(self, path, state, boot, write=True):
        """(number of the commit that the state holds, or -1; what is wrong with it, or None)"""
        lay_out(state, self.spot)
        before = listing(self.spot)
        answer = self.judge.ask("R", boot, self.spot)
        word = answer.split(" ")
        held = -1
        if listing(self.spot) != before:
            return held, "reading changed the directory"
        if word[0] == "ok":
            found = [n for n, c in enumerate(self.histories[path].commits)
                     if c.generation == int(word[1]) and c.digest == word[3]]
            if not found:
                return held, "holds what no commit held: %s" % answer
            held = found[0]
        elif word[0] != "none":
            return held, answer
        if not write:
            return held, None
        answer = self.judge.ask("W", boot, self.spot)
        if not answer.startswith("ok "):
            return held, "written on: %s" % answer
        left = [n for n in os.listdir(self.spot) if n.startswith(("manifest-", "spool-", "MANIFEST."))]
        return held, "after a writer these are left: %s" % left if left else None

    def report(self, record, path, state, boot, why):
        self.broken += 1
        kept = os.path.join(self.keep, "%s-%d" % (self.name, self.broken))
        if self.broken > 20:
            return
        os.makedirs(self.keep, exist_ok=True)
        lay_out(state, kept)
        r = self.records[record]
        tell("FAIL %s: %s after record %d (%s %s %s): %s", self.name, path, record, r.what, r.a,
             r.b.decode() if r.what in "RL" else "", why)
        tell("     again: echo R %d %s | %s", boot, kept, self.judge.program)


def campaign(name, build, count, seed, start=None):
    """(states, broken ones, fsyncs whose lack was not found, states to start from) of one work, with its line."""
    memory = "/dev/shm" if not os.environ.get("TMPDIR") and os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="libsearch-crash-", dir=memory) as folder:
        began = time.monotonic()
        try:
            c = Campaign(name, build, folder, random.Random("%d %s" % (seed, name)),
                         os.path.join(build, "crash", "broken"), start)
        except SystemExit as e:  # something is wrong without any loss
            tell("FAIL %s: %s", name, e)
            return 1, 1, 0, []
        c.run(max(1, count))
        blind = [what for what, (where, leaves_out) in FORGOTTEN.items() if where == name and c.misses(leaves_out)]
        c.judge.end()
        for what in blind:
            tell("FAIL %s: without %s no state was found broken", name, what)
        if start is None:
            tell("%-12s %5d calls, %3d commits, %3d acknowledgements, %6d states, %d broken, %.1f s", name,
                 len(c.records), sum(len(h.commits) for h in c.histories.values()),
                 sum(len(h.acked) + len(h.soft) for h in c.histories.values()), len(c.seen), c.broken,
                 time.monotonic() - began)
        return len(c.seen), c.broken, len(blind), c.starts


def once_more(build, starts, count, seed):
    """From each of the starts a writer goes on, and loses power in its turn."""
    began, states, broken = time.monotonic(), 0, 0
    for i, start in enumerate(starts):
        n, bad, _, _ = campaign("again-%d" % i, build, (count - states) // (len(starts) - i), seed, start)
        states += n
        broken += bad
    tell("%-12s %5d starts, %33d states, %d broken, %.1f s", "again", len(starts), states, broken,
         time.monotonic() - began)
    return states, broken


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    names = sys.argv[4:] or list(work.WORK)
    states = failed = blind = 0
    starts = []
    tell("seed %d", seed)
    for i, name in enumerate(names):
        left = 1 + sum(LARGE if other == "large" else 1 for other in names[i:])
        share = (LARGE if name == "large" else 1) / left
        n, bad, missed, some = campaign(name, build, int((count - states) * share), seed)
        states, failed, blind, starts = states + n, failed + bad, blind + missed, starts + some
    n, bad = once_more(build, starts, count - states, seed)
    states, failed = states + n, failed + bad
    proved = sum(1 for where, _ in FORGOTTEN.values() if where in names)
    tell("%d states, %d broken; %d kinds of fsync left out, %d of them found out", states, failed, proved,
         proved - blind)
    tell("%d passed, %d failed", states - failed + proved - blind, failed + blind)
    return failed + blind != 0


if __name__ == "__main__":
    sys.exit(main())
