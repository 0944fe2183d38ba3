"""work.py: what is recorded: the command line and the server at their daily work, under record.c. Every function takes
a Recording and leaves its log."""
import http.client
import json
import os
import re
import signal
import subprocess
import threading

import disk

WORDS = ("alpha", "beta", "gamma", "gamut", "delta", "epsilon")


def article(number, version=1, size=6):
    """Number and version can be told from the body; all have the word common."""
    words = " ".join(WORDS[(number * 7 + version * 3 + i * i) % len(WORDS)] if size < 10 or i % 3 else
                     "%x" % (number * 7919 * (i + 1) % 65521 * version) for i in range(size + number % 9))
    return {"id": "d%d" % number, "title": "story %d" % number, "source": "wire%d" % (number % 3),
            "published": "2024-01-%02dT08:00:00Z" % (1 + number % 28),
            "body": "common %s number%d version%d" % (words, number, version)}


class Recording:
    def __init__(self, build, root, log):
        self.build, self.root, self.log = build, root, log
        self.index = os.path.join(root, "index")
        self.soft = False   # what the server tells is not yet durable
        self.documents = {}  # what there should be: id -> body

    def environment(self, kill_at=None):
        e = dict(os.environ, LD_PRELOAD=os.path.join(self.build, "crash", "record.so"), CRASH_ROOT=self.root,
                 CRASH_LOG=self.log, LC_ALL="C")
        if kill_at:
            e["CRASH_KILL_AT"] = str(kill_at)
        return e

    def mark(self, unit="index", documents=True):
        """Nobody is at work: what was done is durable, and (of the index) these are the documents."""
        documents = self.documents if unit == "index" and documents else None
        disk.append(self.log, "K", unit, json.dumps(documents).encode())

    def cli(self, *arguments, input=None, kill_at=None):
        p = subprocess.run([os.path.join(self.build, "libsearch")] + list(arguments), env=self.environment(kill_at),
                           input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if p.returncode != (-signal.SIGKILL if kill_at else 0) and not (kill_at and p.returncode == 0):
            raise SystemExit("libsearch %s: exit %d: %s" % (" ".join(arguments), p.returncode, p.stderr.decode()))
        return p

    def add(self, articles, every, kill_at=None):
        lines = "".join(json.dumps(a) + "\n" for a in articles).encode()
        p = self.cli("add", self.index, "-", "--commit-every", str(every), input=lines, kill_at=kill_at)
        if p.returncode == 0:
            self.documents.update((a["id"], a["body"]) for a in articles)
        return p.returncode == 0

    def delete(self, *ids):
        self.cli("delete", self.index, *ids)
        for i in ids:
            del self.documents[i]

    def kill(self, *ids):
        self.cli("kill", self.index, *ids)
        for i in ids:
            del self.documents[i]


class Server:
    def __init__(self, recording, *flags, environment=None):
        self.recording = recording
        self.process = subprocess.Popen([os.path.join(recording.build, "libsearchd"), "--index", recording.index,
                                         "--listen", "127.0.0.1:0", "--log", "none"] + list(flags),
                                        env=environment or recording.environment(), stderr=subprocess.PIPE)
        self.port = None
        for line in self.process.stderr:
            m = re.search(rb"ready on http://127\.0\.0\.1:(\d+)/", line)
            if m:
                self.port = int(m[1])
                break
        if not self.port:
            raise SystemExit("the server does not start: exit %s" % self.process.wait())
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, content=None, kind="application/json"):
        headers = {"Content-Type": kind} if content is not None else {}
        self.connection.request(method, path, content, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def want(self, method, path, content=None, kind="application/json"):
        status, body = self.ask(method, path, content, kind)
        if status // 100 != 2:
            raise SystemExit("%s %s: %d %s" % (method, path, status, body[:300]))
        return body

    def put(self, a):
        self.want("PUT", "/v1/documents/" + a["id"], json.dumps({k: v for k, v in a.items() if k != "id"}))
        self.recording.documents[a["id"]] = a["body"]

    def post(self, articles):
        self.want("POST", "/v1/documents", "".join(json.dumps(a) + "\n" for a in articles), "application/x-ndjson")
        self.recording.documents.update((a["id"], a["body"]) for a in articles)

    def delete(self, i):
        self.want("DELETE", "/v1/documents/" + i)
        del self.recording.documents[i]

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) != 0:
            raise SystemExit("the server ended with %d" % self.process.returncode)

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.connection.close()


def command_line(r):
    r.cli("init", r.index)
    r.mark()
    r.add([article(i) for i in range(9)], 3)
    r.mark()
    r.add([article(i, 2) for i in (1, 4, 5)], 1)
    r.mark()
    r.delete("d2", "d7")
    r.mark()
    r.add([article(i) for i in range(20, 40)], 2)  # so many small segments that some are merged in the background
    r.mark()
    r.cli("delete", r.index, "--query", "number21 OR number22")
    del r.documents["d21"], r.documents["d22"]
    r.mark()
    r.cli("backup", r.index, os.path.join(r.root, "backup"))
    r.mark("backup")
    r.cli("merge", r.index, "--segments", "2")
    r.mark()
    r.add([article(i) for i in range(50, 56)] + [article(3, 2), article(20, 2)], 4)
    r.delete("d50")
    r.cli("merge", r.index)
    r.mark()


def first_add(r):
    """The index is made by the first add."""
    r.add([article(i) for i in range(4)], 2)
    r.mark()


def killed(r):
    """Writers that are killed at every change in turn, and the writers that come after them."""
    number, at = 100, 1
    while not r.add([article(number + i) for i in range(3)] + [article(101, number)], 2, kill_at=at):
        number += 3
        at += 1
    for at in list(range(1, 18)) + ["R"]:
        r.add([article(at if at != "R" else 18)], 1)
        r.cli("merge", r.index, kill_at=at)
    for version in range(2, 5):  # the commit before has files that the next writer removes
        r.add([article(1, version)], 1)
        r.add([article(1, version + 10)], 1, kill_at="R")
    r.add([article(1, 20)], 1)


def server(r):
    s = Server(r)
    for i in range(8):
        s.put(article(i))
    for i in (0, 3):
        s.put(article(i, 2))
    s.delete("d1")
    s.post([article(i) for i in range(10, 20)])
    s.want("POST", "/v1/admin/commit")
    s.delete("d12")
    s.put(article(3, 3))
    s.want("POST", "/v1/admin/merge")
    s.put(article(4, 2))
    s.stop()
    r.mark()
    s = Server(r)
    for i in range(30, 34):
        s.put(article(i))
    s.kill()
    s = Server(r)
    s.put(article(40))
    s.stop()
    r.mark()


def no_sync(r):
    """A server that does not wait for the disk: what it tells is not durable before it has closed."""
    r.soft = True
    r.add([article(i) for i in range(6)], 3)
    r.mark()
    s = Server(r, "--no-sync")
    for i in (0, 7, 8, 9):
        s.put(article(i, 2))
    s.delete("d1")
    s.want("POST", "/v1/admin/merge")
    s.put(article(10))
    s.stop()
    r.mark()
    s = Server(r, "--no-sync")
    for i in (11, 12):
        s.put(article(i))
    s.kill()
    s = Server(r, "--no-sync")  # makes durable what the killed one left, and goes on
    s.put(article(13))
    s.kill()
    r.add([article(14)], 1)
    r.mark()


def no_boot(r):
    """The same where nobody can tell one boot from another: then it must wait for the disk after all."""
    r.add([article(i) for i in range(3)], 3)
    r.mark()
    s = Server(r, "--no-sync", environment=dict(r.environment(), CRASH_NO_BOOT="1"))
    for i in (0, 4, 5):
        s.put(article(i, 2))
    s.delete("d1")
    s.kill()
    r.add([article(6)], 1)
    r.mark()


def large(r):
    """Files of many writes, some by way of a spool."""
    r.add([article(i, size=90) for i in range(200, 900)], 700)
    r.mark()
    r.add([article(i, 2, size=90) for i in range(200, 400)], 200)
    r.cli("merge", r.index)
    r.mark()


def withdrawn(r):
    """Killed articles, their tombstones, and the purge of their bytes; one comes back by --revive."""
    r.cli("init", r.index)
    r.add([article(i) for i in range(12)], 4)
    r.mark()
    r.kill("d2", "d5")
    r.mark()
    r.cli("purge", r.index)
    r.mark()
    r.add([article(20), article(21)], 1)
    r.kill("d20")
    r.mark()
    r.cli("add", r.index, "-", "--revive", input=(json.dumps(article(2, 2)) + "\n").encode())
    r.documents["d2"] = article(2, 2)["body"]
    r.mark()
    r.delete("d7")
    r.mark()
    r.cli("purge", r.index)
    r.mark()


def go_on(r, boot):
    """The judge's own writer, in a state that a loss of power has left; boot: since then."""
    subprocess.run([os.path.join(r.build, "crash", "judge")], input=b"W %d %s\n" % (boot, r.index.encode()),
                   env=r.environment(), stdout=subprocess.DEVNULL, check=True, timeout=60)
    r.mark(documents=False)


WORK = {f.__name__: f for f in (command_line, first_add, killed, server, no_sync, no_boot, large, withdrawn)}
