#!/usr/bin/env python3
"""beside.py: searches that go from page to page by cursors while articles are put, deleted, killed, merged, purged, copied.

    python3 tests/http/beside.py SERVER [SECONDS]

No answer is 500, no page has a hit of the pages before that are of its commit, the server ends in order. For a build with SAN=thread:
TSAN_OPTIONS=log_path=FILE, and no FILE comes into being."""
import collections
import http.client
import json
import os
import random
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import client  # noqa: E402

QUERIES = ["w1", "w2 w3", "w1 OR w9", '"w1 w2"', "w1*", "source:AP", "NOT w3"]
WAYS = ["", "&sort=newest", "&fold=similar", "&facets=source"]
RARELY = [("POST", "/v1/admin/merge"), ("POST", "/v1/admin/purge"), ("POST", "/v1/admin/verify"), ("POST", "/v1/admin/snapshot"),
          ("POST", "/v1/documents/d%d/kill"), ("GET", "/v1/stats"), ("GET", "/v1/export")]


class Crowd:
    def __init__(self, port, seconds):
        self.port, self.end, self.lock = port, time.time() + seconds, threading.Lock()
        self.answers, self.wrong = collections.Counter(), []

    def ask(self, connection, method, path, body=None):
        text = json.dumps(body) if body is not None else None
        connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
        answer = connection.getresponse()
        data = answer.read()
        with self.lock:
            self.answers[answer.status] += 1
            if answer.status >= 500:
                self.wrong.append((method, path, answer.status, data[:200]))
        return answer.status, data

    def write(self, seed):
        rnd, c = random.Random(seed), http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.time() < self.end:
            i = rnd.randrange(300)
            if rnd.random() < .25:
                self.ask(c, "DELETE", "/v1/documents/d%d" % i)
            else:
                body = " ".join("w%d" % (rnd.randrange(40) ** 2 // 40) for _ in range(40))
                self.ask(c, "PUT", "/v1/documents/d%d" % i, {"title": "title w%d" % (i % 9), "body": body, "source": "AP"})
            if rnd.random() < .2:
                method, path = rnd.choice(RARELY)
                self.ask(c, method, path % i if "%d" in path else path, {} if method == "POST" else None)

    def read(self, seed):
        rnd, c = random.Random(seed), http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.time() < self.end:
            path = "/v1/search?limit=7&q=" + urllib.parse.quote(rnd.choice(QUERIES)) + rnd.choice(WAYS)
            seen, cursor = set(), ""
            for _ in range(5):
                status, data = self.ask(c, "GET", path + cursor)
                if status != 200:
                    self.wrong.append((path, status, data[:200]))
                    break
                page = json.loads(data)
                ids = {h["id"] for h in page["hits"]}
                if any(w["code"] == "cursor_moved" for w in page["warnings"]):
                    seen = set()  # of another commit from here on: scores are others
                if seen & ids:
                    self.wrong.append((path, "twice", seen & ids))
                seen |= ids
                if ids and rnd.random() < .2:
                    self.ask(c, "GET", "/v1/documents/%s/similar" % min(ids))
                if not page["next_cursor"]:
                    break
                cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])


def main():
    with client.Server(sys.argv[1]) as server:
        crowd = Crowd(server.port, float(sys.argv[2]) if len(sys.argv) > 2 else 10)
        threads = [threading.Thread(target=f, args=(k,)) for k, f in enumerate([crowd.write] * 2 + [crowd.read] * 4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        status = server.stop(wait=60)
    print("answers", dict(sorted(crowd.answers.items())), "end", status)
    for w in crowd.wrong[:9]:
        print("FAIL", w)
    return 1 if crowd.wrong or status else 0


if __name__ == "__main__":
    sys.exit(main())
