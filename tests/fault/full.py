#!/usr/bin/env python3
"""full.py BUILD: a tmpfs of 3 MB that is really full, under libsearchd and libsearch. Wants root, for the mount; else it is
skipped, and says so. Python's standard library only.

What is written while nothing fits is refused by name (507; exit 2), all that was acknowledged stays and is found, reading
goes on, and once there is room, so does writing. A merge, a backup, a salvage that do not fit leave nothing behind.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import crash
import fault
import work
from fault import need

BYTES = 3 << 20


class Disk:
    def __init__(self, build, folder):
        self.build, self.folder = build, os.path.join(folder, "small")
        self.index, self.ballast = os.path.join(self.folder, "index"), os.path.join(self.folder, "ballast")
        self.environment = dict(os.environ, LC_ALL="C")
        os.mkdir(self.folder)

    def mount(self):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % BYTES, "tmpfs", self.folder],
                              stderr=subprocess.DEVNULL).returncode == 0

    def fill(self, leave=0):
        """Takes what is free but so many bytes."""
        with open(self.ballast, "ab", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
            if leave:
                f.truncate(max(0, f.seek(0, 2) - leave))

    def room(self):
        os.unlink(self.ballast)

    def run(self, *arguments, text=b""):
        return subprocess.run([os.path.join(self.build, "libsearch")] + list(arguments), input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, env=self.environment)


def refused(done, what):
    need(done.returncode == 2 and done.stderr.startswith(b"libsearch: "), "%s on a full disk: exit %d: %s", what,
         done.returncode, done.stderr[:200])
    need(b"No space left" in done.stderr or b"the disk or the quota is full" in done.stderr, "%s: %s", what, done.stderr[:300])


def article(number):
    return work.article(number, 1, 1500)


def documents(body):
    return {d["id"]: d["body"] for d in map(json.loads, body.splitlines())}


def serve(disk):
    """Articles until nothing fits; then all the other requests."""
    s, told, number, full = fault.Server(disk), {}, 0, 0
    disk.fill(1 << 20)
    while full < 5 and number < 2000:
        a = article(number)
        status, body = s.once("PUT", "/v1/documents/" + a["id"], json.dumps(fault.without(a, "id")).encode(), "application/json")
        need(status in (200, 201, 507), "PUT on a filling disk: %d %s", status, body[:200])
        if status == 507:
            full += 1
        else:
            told[a["id"]] = a["body"]
        number += 1
        if full == 1:
            disk.fill()
    need(full == 5 and told, "the disk was never full: %d articles", number)
    lot = [article(n) for n in range(5000, 5200)]
    status, body = s.once("POST", "/v1/documents", fault.lines(lot), "application/x-ndjson")
    need(status in (200, 507), "POST: %d %s", status, body[:200])
    need(status == 507 or all(json.loads(x)["result"] == "error" for x in body.splitlines()), "POST acknowledged: %s", body[:300])
    for order in ("merge", "purge", "commit"):
        status, body = s.once("POST", "/v1/admin/" + order, b"", "application/json")
        need(status in (200, 202, 507), "%s: %d %s", order, status, body[:200])
    need(s.get("/healthz")[0] == 200, "no health")
    status, body = s.get("/v1/export?q=common&format=ndjson")
    need(status == 200 and documents(body) == told, "a full disk: %d documents of %d", len(documents(body)), len(told))
    disk.room()
    a = article(9000)
    status, body = s.once("PUT", "/v1/documents/" + a["id"], json.dumps(fault.without(a, "id")).encode(), "application/json")
    need(status == 201, "there is room again: %d %s", status, body[:200])
    told[a["id"]] = a["body"]
    s.stop()
    need(disk.run("check", disk.index).returncode == 0, "check finds faults")
    need(documents(disk.run("export", disk.index, "common").stdout) == told, "the index has other documents")
    return told


def command(disk, told):
    other = os.path.join(disk.folder, "other")
    disk.fill()
    lot = [article(n) for n in range(6000, 6200)]
    refused(disk.run("add", disk.index, "-", text=fault.lines(lot)), "add")
    for name in ("backup", "salvage", "reindex"):
        done = disk.run(name, disk.index, other)
        refused(done, name)
        if name == "reindex" and os.path.isdir(other):  # where not even an empty index could be made
            need(os.listdir(other) == ["LOCK"], "reindex left %s", os.listdir(other))
            shutil.rmtree(other)
        need(sorted(os.listdir(disk.folder)) == ["ballast", "index"], "%s left %s", name, os.listdir(disk.folder))
    refused(disk.run("delete", disk.index, "d0"), "delete")
    need(disk.run("search", disk.index, "common").returncode == 0, "no search")
    need(documents(disk.run("export", disk.index, "common").stdout) == told, "the index has other documents")
    disk.room()
    done = disk.run("delete", disk.index, "d0")
    need(done.returncode == 0, "there is room again: %s", done.stderr[:200])
    told = fault.without(told, "d0")
    need(disk.run("merge", disk.index, "--segments", "1").returncode == 0, "no merge")
    need(documents(disk.run("export", disk.index, "common").stdout) == told, "the index has other documents")
    need(disk.run("check", disk.index).returncode == 0, "check finds faults")
    done = disk.run("backup", disk.index, other)
    need(done.returncode == 0, "backup with room: %s", done.stderr[:200])


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="libsearch-full-") as folder:
        disk = Disk(build, folder)
        if os.getuid() != 0 or not disk.mount():
            crash.tell("skipped: a full disk under the server (wants root, and mount)")
            return 0
        try:
            told = serve(disk)
            command(disk, told)
            crash.tell("ok   a full disk: %d articles acknowledged, none lost", len(told))
            return 0
        except fault.Broken as e:
            crash.tell("FAIL a full disk: %s", e)
            return 1
        finally:
            subprocess.run(["umount", disk.folder])


if __name__ == "__main__":
    sys.exit(main())
