"""hostile.py: many at once, and those who mean harm: crowds of slow connections with an honest client beside, ten thousand
kept connections, keys and their timing, other names for the server, markup everywhere, JSON that readers disagree about,
pipelines that nobody reads. Each has a short form; run.py --long does the whole and takes minutes. Loopback only."""
import html.parser
import json
import os
import re
import resource
import select
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from client import JSON, NDJSON, Connection, Server, ask
from live import key_line, need

LONG = False


def size(short, long):
    return long if LONG else short


def memory_kb(server):
    with open("/proc/%d/status" % server.process.pid, encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class Descriptors:
    """As many as the system lets us have; as before afterwards."""

    def __enter__(self):
        self.before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.before[1], self.before[1]))
        return self.before[1]

    def __exit__(self, *_):
        resource.setrlimit(resource.RLIMIT_NOFILE, self.before)


# ---- crowds --------------------------------------------------------------------------------------------------------

HEAD = b"GET /v1/search?q=arms HTTP/1.1\r\nHost: localhost\r\n"
BODY = (b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        b"Content-Length: 1000000\r\n\r\n")


def crowd(program, kind):
    """`count` connections of one slow kind, each of which does a little every second; an honest client beside them."""
    count, seconds = size(250, 1000), size(1, 40 if kind == "reader" else 14)
    with Descriptors() as most, Server(program) as server:
        count = min(count, most // 4)
        lines = "".join('{"id":"d%d","body":"arms %s"}\n' % (i, "word " * 2000) for i in range(200))
        need(server.ask("POST", "/v1/documents", lines, NDJSON, timeout=60).status == 200, "not filled")
        slow, poll = {}, select.poll()
        for i in range(count):
            c = Connection(server.port, receive=4096 if kind == "reader" else None)
            c.send({"head": HEAD, "body": BODY, "idle": b"",
                    "reader": b"GET /v1/export?q=arms HTTP/1.1\r\nHost: localhost\r\n\r\n"}[kind])
            c.socket.setblocking(False)
            slow[c.socket.fileno()] = (c, time.time())
            poll.register(c.socket, select.POLLRDHUP | select.POLLHUP)
        times, wrong, stop = [], [], threading.Event()

        def honest():
            while not stop.is_set():
                with Connection(server.port) as c:
                    for _ in range(50):
                        began = time.time()
                        c.send(HEAD + b"\r\n")
                        answer = c.answer()
                        if not answer or answer.status != 200:
                            wrong.append(answer and answer.status)
                            break
                        times.append(time.time() - began)
                        time.sleep(0.002)

        client = threading.Thread(target=honest)
        client.start()
        began, lives = time.time(), []
        while slow and time.time() - began < seconds:
            for fd, (c, _) in list(slow.items()):
                try:
                    c.socket.send({"head": b"X: y\r\n", "body": b" " * 64, "idle": b"", "reader": b""}[kind])
                except OSError:
                    pass
            for fd, _ in poll.poll(1000):
                if fd in slow:
                    poll.unregister(fd)
                    c, since = slow.pop(fd)
                    lives.append(time.time() - since)
                    c.close()
            if kind == "reader" and LONG:  # a cut reader is seen only by the server: its bytes lie in our buffer
                gauge = re.search(rb"(?m)^libsearchd_connections (\d+)", server.ask("GET", "/metrics").body)
                if int(gauge.group(1)) <= 3:
                    lives += [time.time() - since for _, since in slow.values()]
                    break
            time.sleep(0.2 if not LONG else 0)
        stop.set()
        client.join()
        for c, _ in slow.values():
            c.close()
        times.sort()
        p99 = times[len(times) * 99 // 100] * 1000 if times else 0
        print("     %d of kind %s: %d honest requests, p50 %.2f ms, p99 %.2f ms; %d cut, the last after %.1f s" %
              (count, kind, len(times), statistics.median(times) * 1000 if times else 0, p99, len(lives), max(lives, default=0)))
        need(not wrong and len(times) > 20, "the honest client: %d answers, %s", len(times), wrong[:5])
        need(p99 < 250, "the honest client's p99 is %.1f ms", p99)
        if LONG:
            need(len(lives) == count, "%d of %d are cut", len(lives), count)
            # A reader's time runs from when its buffers are full: a thousand exports must first be made so far, and
            # wait for each other. live.py measures one.
            need(max(lives) < (35 if kind == "reader" else 13.5), "the last is cut after %.1f s", max(lives))
        need(server.ask("GET", "/healthz").status == 200, "no health afterwards")


def slow_heads_with_an_honest_client(program, corpus):
    crowd(program, "head")


def slow_contents_with_an_honest_client(program, corpus):
    crowd(program, "body")


def slow_readers_with_an_honest_client(program, corpus):
    crowd(program, "reader")


def idle_connections_with_an_honest_client(program, corpus):
    crowd(program, "idle")


def ten_thousand_kept(program, corpus):
    """All opened and asked without waiting for each other, twice; every one is answered on the connection it has."""
    request = b"GET /v1/search?q=arms&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Descriptors() as most:
        count = min(size(1000, 10000), (most - 500) // 2)
        with Server(program, "--max-per-address", str(count + 10), "--head-timeout", "60", corpus=corpus) as server:
            kept = [Connection(server.port, timeout=60) for _ in range(count)]
            empty = memory_kb(server)
            for turn in range(2):
                began = time.time()
                for c in kept:
                    c.send(request)
                for i, c in enumerate(kept):
                    answer = c.answer()
                    need(answer and answer.status == 200, "turn %d, connection %d: %s", turn, i, answer and answer.status)
                print("     %d kept connections, turn %d: %.0f requests a second, %d KB in memory (%d without answers)" %
                      (count, turn + 1, count / (time.time() - began), memory_kb(server), empty))
            need(memory_kb(server) - empty < 64 * 1024, "an idle connection costs too much memory")
            for c in kept:
                c.close()


def pipeline_nobody_reads(program, corpus):
    """A client that asks and asks and never listens is not let to fill the memory, nor does it hold up the others."""
    with Server(program, corpus=corpus) as server, Connection(server.port, receive=4096) as deaf:
        before = memory_kb(server)
        deaf.socket.setblocking(False)
        sent, began = 0, time.time()
        while time.time() - began < size(2, 8) and sent < 64 << 20:
            try:
                sent += deaf.socket.send((HEAD + b"\r\n") * 200)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break  # it was cut
        first = time.time()
        need(server.ask("GET", "/v1/search?q=arms").status == 200, "the others are not answered")
        print("     %d KB of requests were taken unread, %d KB more memory; another waits %.1f ms" %
              (sent >> 10, memory_kb(server) - before, (time.time() - first) * 1000))
        need(memory_kb(server) - before < 16 * 1024, "%d KB more memory", memory_kb(server) - before)


def pipeline_of_all_kinds(program, corpus):
    """Short requests and long ones, with content and without, refused ones last: the answers keep the order."""
    def put(i):
        body = b'{"body":"pipeline number%d"}' % i
        return (b"PUT /v1/documents/p%d HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (i, len(body), body))

    count = size(60, 400)
    with Server(program, corpus=corpus) as server, Connection(server.port, timeout=60) as c:
        data = b""
        for i in range(count):
            data += put(i) + b"GET /v1/documents/p%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i
            data += b"HEAD /v1/documents/p%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i
            data += b"GET /v1/export?q=number%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i
        data += b"GET / HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        threading.Thread(target=c.send, args=(data,)).start()
        for i in range(count):
            need(c.answer().json()["id"] == "p%d" % i, "the write %d is not answered in its turn", i)
            need(c.answer().json()["body"] == "pipeline number%d" % i, "the document %d", i)
            need(c.answer("HEAD").status == 200, "HEAD %d", i)
            need(json.loads(c.answer().body)["id"] == "p%d" % i, "the export %d", i)
        need(c.answer().status == 400 and c.closed(), "nothing comes behind a refused head")


# ---- the two ways of an answer -------------------------------------------------------------------------------------


def both_ways(program, corpus):
    """HTTP/1.1 without content is answered by the short way, HTTP/1.0 by the long one: the same but for the clock."""
    targets = ["/", "/search?q=arms", "/search?q=arms&limit=x", "/article/none", "/assets/page.css", "/openapi.yaml", "/healthz",
               "/nothing", "/v1/search?q=arms+deal&limit=3", "/v1/search?q=arms&limit=x", "/v1/search?soure=a", "/v1/stats",
               "/v1/suggest?q=ar", "/v1/analyze?text=Arms", "/v1/documents/none", "/v1/documents/a%2Fb", "/v1/search?q=%C3%A9%F0",
               "/v1/export?q=arms", "/v1/export?format=csv", "/v1/search?q=" + "x" * 3000, "/v1/search?a=1&a=2", "/v1/admin/merge"]
    extra = ["", "Accept-Encoding: gzip\r\n", "If-None-Match: *\r\n", "Origin: http://evil.example\r\n", "X-API-Key: \r\n"]

    def ask(server, method, target, headers, version):
        with Connection(server.port) as c:
            c.send(("%s %s HTTP/%s\r\nHost: localhost\r\n%sConnection: close\r\n\r\n" % (method, target, version, headers)).encode())
            a = c.answer(method)
            # took_ms has no fixed width, and libmicrohttpd says that a 304 has no content.
            but = ("date", "connection", "transfer-encoding", "content-length")
            names = sorted((n, v) for n, v in a.headers if n not in but)
            need(a.status == 304 or method == "HEAD" or "content-length" in dict(a.headers) or "export" in target, "no length")
            return a.status, names, re.sub(rb'"took_ms":[0-9.]+|[0-9.]+ ms', b"", a.body)

    with Server(program, "--cache-bytes", "0", corpus=corpus) as server:
        asked = 0
        for target in targets:
            for headers in extra:
                for method in ("GET", "HEAD"):
                    short, long = (ask(server, method, target, headers, v) for v in ("1.1", "1.0"))
                    need(short == long, "%s %s %r: %r %r", method, target, headers, short[:2], long[:2])
                    asked += 1
        need(asked == 2 * len(targets) * len(extra), "%d", asked)


def cache_of_answers(program, corpus):
    def figure(server, name):
        return int(float(re.search(r"(?m)^libsearchd_%s (\S+)" % name, server.ask("GET", "/metrics").body.decode()).group(1)))

    with Server(program, corpus=corpus) as server:
        first = server.ask("GET", "/v1/search?q=arms").json()
        again = server.ask("GET", "/v1/search?q=arms").json()
        need(first == again and figure(server, "cache_hits_total") == 1, "the second is no hit")
        server.ask("PUT", "/v1/documents/x", '{"body":"arms"}', JSON)
        need(server.ask("GET", "/v1/search?q=arms").json()["total"] == first["total"] + 1, "an old answer after a write")
        hits = figure(server, "cache_hits_total")
        by_the_clock = ["q=" + q for q in ("since:7d+arms", "after:7d", "before:7d+arms", "date:7d", "date:today", "arms+-date:yesterday",
                                           "date:7d..2030", "published:1m", "SINCE:2w")]
        for target in by_the_clock + ["q=arms&from=7d", "q=arms&to=today", "q=arms&half_life=3"]:
            for path in ("/v1/search?", "/feed.rss?", "/search?"):
                told = [server.ask("GET", path + target) for _ in range(2)]
                need([a.status for a in told] == [200, 200], "%s%s: %d", path, target, told[0].status)
                need(told[0].header("etag") is None, "%s%s has an ETag, by which it would be a 304 for ever", path, target)
            need(figure(server, "cache_hits_total") == hits, "%s depends on the clock and is kept", target)
        for target in ("q=since:2023", "q=date:2023-08..2023-09", "q=%22since:7d%22", "q=nofield:7d", "q=arms&from=2023-08-30"):
            need(server.ask("GET", "/v1/search?" + target).header("etag"), "%s: no ETag", target)
            server.ask("GET", "/v1/search?" + target)
            hits += 1
            need(figure(server, "cache_hits_total") == hits, "%s does not depend on the clock and is not kept", target)
        need(server.ask("GET", "/v1/search?q=arms&limit=1").json()["limit"] == 1, "another request's answer")
        need(server.ask("GET", "/v1/search?q=arms%26limit=1").json()["limit"] == 20, "another request's answer")
    with Server(program, "--cache-bytes", "262144", corpus=corpus) as server, Connection(server.port) as c:
        for i in range(size(500, 5000)):
            c.send(b"GET /v1/search?q=arms&limit=1&snippets=0&offset=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % (i % 2000))
            need(c.answer().status == 200, "no answer")
        need(0 < figure(server, "cache_bytes") <= 262144, "%d bytes", figure(server, "cache_bytes"))
    with Server(program, "--cache-bytes", "0", corpus=corpus) as server:
        for _ in range(3):
            need(server.ask("GET", "/v1/search?q=arms").status == 200, "no answer")
        need(figure(server, "cache_hits_total") == 0, "it keeps answers")


# ---- keys ----------------------------------------------------------------------------------------------------------


def keys_tell_nothing_by_time(program, corpus):
    """Wrong keys, some of which begin like the right one, or are far longer: the answer takes as long."""
    right = "timing-key-0123456789abcdef"
    wrong = {"another": "x" * len(right), "begins alike": right[:-1] + "x", "its beginning": right[:20] + "-" * 7}
    rounds = size(400, 4000)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keys")
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(key_line("n%d" % i, "read", right if i == 25 else "other-key-%016d" % i) for i in range(50))
        with Server(program, "--keys", path, corpus=corpus) as server, Connection(server.port, timeout=60) as c:
            times = {name: [] for name in wrong}
            for i in range(rounds):
                for name in sorted(wrong, key=lambda n: hash((n, i))):
                    request = b"GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n\r\n" % wrong[name].encode()
                    began = time.perf_counter()
                    c.send(request)
                    need(c.answer().status == 401, "a wrong key is taken")
                    times[name].append((time.perf_counter() - began) * 1e6)
            c.send(b"GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n\r\n" % right.encode())
            need(c.answer().status == 200, "the right key is not")
    quarter = {name: sorted(v)[len(v) // 4] for name, v in times.items()}
    print("     " + ", ".join("%s %.1f us" % (n, quarter[n]) for n in wrong))
    spread = max(quarter.values()) - min(quarter.values())
    need(spread < 0.15 * min(quarter.values()) + 5, "a wrong key's time depends on the key: %.1f us", spread)


def other_names_see_nothing(program, corpus):
    """DNS rebinding: a page that calls us by its own name reads nothing on any path, by any method."""
    paths = ["/", "/search?q=arms", "/v1/search?q=arms", "/v1/stats", "/v1/suggest?q=ar", "/v1/export?q=arms", "/metrics",
             "/healthz", "/openapi.yaml", "/assets/page.js", "/nothing"]
    names = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", "2130706433",
             "0x7f.1", "localhost:80:80", "[::ffff:127.0.0.1]", "*", "localhost, evil.example", "localhost evil.example"]
    with Server(program, corpus=corpus) as server:
        for path in paths:
            for method in ("GET", "POST", "OPTIONS"):
                for name in names:
                    with Connection(server.port) as c:
                        c.send(("%s %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Host: localhost\r\nOrigin: http://localhost\r\n"
                                "Content-Length: 0\r\n\r\n" % (method, path, name)).encode())
                        a = c.answer()
                        need(a.status in (400, 421) and b"arms" not in a.body, "%s %s as %s: %d", method, path, name, a.status)
                        need(c.closed(), "it goes on behind a foreign name")


# ---- markup --------------------------------------------------------------------------------------------------------

EVIL = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>", "javascript:alert(1)",
        "</title><script>alert(1)</script>", "<!--", "]]>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<mark>x</mark>",
        "\u202e<b>x", "<a href='javascript:alert(1)'>x</a>", "{{7*7}}", "=cmd|' /C calc'!A0"]


class Tags(html.parser.HTMLParser):
    """What a browser would see in a page: nothing of it may be the writers' of articles and queries."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.wrong, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            link = name in ("href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "style")
            if name.startswith("on") or (link and (value or "").strip().lower().startswith("javascript:")):
                self.wrong.append((tag, name, value))
        if tag == "script" and not dict(attributes).get("src", "").startswith("/assets/"):
            self.wrong.append((tag, attributes))
        if tag in ("b", "iframe", "object", "embed", "base") or (tag == "img" and not dict(attributes).get("src", "").startswith("/")):
            self.wrong.append((tag, attributes))

    def handle_data(self, data):
        self.text += data


def markup_everywhere(program, corpus):
    with tempfile.TemporaryDirectory() as folder:
        for i, evil in enumerate(EVIL):
            name = re.sub("[/\0]", "_", "%d %s.txt" % (i, evil))
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write("Headline %s\n\nfilemark %s and more of it.\n" % (evil, evil))
        with Server(program, corpus=folder) as server:
            for i, evil in enumerate(EVIL):
                article = {"title": "markup " + evil, "body": "markup " + evil + " needle", "source": evil, "section": evil,
                           "byline": evil, "url": evil, "subjects": [evil], "language": "en", "guid": evil}
                server.ask("PUT", "/v1/documents/m%d" % i, json.dumps(article), JSON)
            pages = ["/search?q=markup&limit=100", "/search?q=filemark&limit=100", "/search?q=nothingatall"]
            for i, evil in enumerate(EVIL):
                quoted = "".join("%%%02X" % b for b in evil.encode())
                pages += ["/search?q=" + quoted, "/search?q=markup&source=" + quoted, "/search?q=markup&sort=" + quoted,
                          "/search?q=markup&from=" + quoted, "/article/m%d?q=%s" % (i, quoted), "/article/" + quoted,
                          "/search?" + quoted + "=1"]
            for path in pages:
                a = server.ask("GET", path)
                need((a.header("content-type") or "").startswith("text/html"), "%s: %s", path, a.header("content-type"))
                policy = a.header("content-security-policy") or ""
                need("script-src 'self'" in policy and "unsafe" not in policy, "%s: policy %s", path, policy)
                wrong = Tags(a.body.decode("utf-8")).wrong
                need(not wrong, "%s: %s", path, wrong[:3])
            found = server.ask("GET", "/v1/search?q=markup&limit=100&facets=source").json()
            need(found["total"] >= 1, "nothing was taken")
            for hit in found["hits"]:
                for piece in [hit["title_html"]] + [s["html"] for s in hit["snippets"]]:
                    rest = re.sub(r"</?mark>", "", piece)
                    need("<" not in rest and ">" not in rest and '"' not in rest, "markup in html: %s", piece)
            for target in ("/v1/search?q=%3Cscript%3E", "/v1/documents/%3Cscript%3E", "/v1/search?%3Cscript%3E=1"):
                a = server.ask("GET", target)
                need("json" in a.header("content-type") and a.header("x-content-type-options") == "nosniff", "%s", target)
            for line in server.ask("GET", "/v1/export?q=markup&format=csv").body.decode().splitlines():
                need(not re.search(r'(^|,)"?[=+@]', line), "a formula in CSV: %s", line)
            need(b"<script>" not in server.said(), "markup in the log")


# ---- JSON ----------------------------------------------------------------------------------------------------------


def json_that_readers_disagree_about(program, corpus):
    q = b'{"q":"arms"%s}'
    wrong = [b'{"q":"arms","q":"deal"}', b'{"q":"arms","\\u0071":"deal"}', q % b',"limit":1e1', q % b',"limit":1.0', q % b',"limit":01',
             q % b',"limit":+1', q % b',"limit":0x1', q % b',"limit":"1"', q % b',"limit":NaN', q % b',"limit":Infinity',
             q % b',"limit":99999999999999999999', q % b',"limit":1e999', q % b',"limit":[1]',
             q % b',"limit":true', q % b',', b'{"q":"arms"}x', b'{"q":"arms"}{"q":"deal"}', b'\xef\xbb\xbf{"q":"arms"}x', b"{'q':'arms'}",
             b'{q:"arms"}', b'{"q":"a\nb"}', b'{"q":"\\x41"}', b'{"q":"\\ud800"}', b'{"q":"\xff"}', b'{"q":"\xc0\xaf"}',
             b'{"q":"\xed\xa0\x80"}', b'//c\n{"q":"arms"}', b'{"q":"arms"/**/}', b'"arms"', b'["arms"]', b'null', b'', b'{', b'[' * 100000,
             b'{"a":' * 100000, b'{"q":' + b'[' * 63 + b']' * 63 + b'}', b'{"explain":"true","q":"arms"}', b'{"explain":1,"q":"arms"}',
             b'{"source":"a","q":"arms","source":"b"}', b'{"q":{"q":"arms"}}', b'{"":1}', b'{"q\\u0000":"arms"}', b'\x00{"q":"arms"}']
    right = [b'{"q":"arms"}', b' {"q" : "arms"}\r\n ', b'{"q":"\\u0061rms"}', b'{"q":"arms","limit":1}', b'{"q":"arms","source":["A","B"]}',
             b'{"q":"\\ud83d\\ude00 arms OR arms"}']
    with Server(program, corpus=corpus) as server, Connection(server.port, timeout=60) as c:
        def ask(method, path, body):
            c.send(b"%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" %
                   (method, path, len(body), body))
            return c.answer()

        for body in wrong:
            a = ask(b"POST", b"/v1/search", body)
            need(a.status == 400 and a.json()["code"] in ("invalid_json", "invalid_parameter"), "%r: %d", body[:60], a.status)
        for body in right:
            a = ask(b"POST", b"/v1/search", body)
            need(a.status == 200, "%r: %d %r", body, a.status, a.body[:200])
        documents = [b'{"body":"x","body":"y"}', b'{"title":1,"body":"x"}', b'{"body":"x","extra":' + b'[' * 70 + b']' * 70 + b'}',
                     b'{"body":"x"}{"body":"y"}', b'{"body":"\\ud800"}', b'{"body":"x","version":1.5}', b'{"body":"x","id":"other"}']
        for body in documents:
            a = ask(b"PUT", b"/v1/documents/j", body)
            need(a.status in (400, 409, 413, 422), "%r: %d %r", body[:60], a.status, a.body[:200])
        need(ask(b"POST", b"/v1/search", b'{"q":"arms"}').status == 200, "the connection ended")


def conditional(program, corpus):
    """If-None-Match in every shape: 304 exactly where the tag is listed, weakly; never with a body."""
    with Server(program, corpus=corpus) as server, Connection(server.port) as c:
        def ask(value, method="GET", more=""):
            c.send(("%s /v1/search?q=arms HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: %s\r\n%s\r\n" % (method, value, more)).encode())
            return c.answer(method)

        tag = ask("x").header("etag")
        opaque = tag[2:]
        for value in (tag, opaque, "*", '"a", ' + tag, tag + ', "b"', opaque + ',"b"', '"a" , ' + opaque):
            for method in ("GET", "HEAD"):
                a = ask(value, method)
                need(a.status == 304 and a.header("etag") == tag and a.header("content-length") in (None, "0"), "%s: %d", value, a.status)
        for value in ('"a"', opaque[:-2] + '"', opaque[1:-1], opaque.upper() if opaque.upper() != opaque else '"b"', "W/", '""', "**", "* , x"[2:]):
            need(ask(value).status == 200, "%s: no 200", value)
        need(ask('"a"', more="If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\nIf-Match: \"a\"\r\nRange: bytes=0-1\r\n").status == 200,
             "other conditions")


# name, function, whether it waits for deadlines
def without_standard_descriptors(program, corpus):
    """No line of the log ends up in an answer, nor in a file."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="libsearchd-bare-") as folder:
        p = subprocess.Popen([program, "--index", os.path.join(folder, "index"), "--listen", "127.0.0.1:%d" % port],
                             preexec_fn=lambda: [os.close(fd) for fd in (0, 1, 2)])
        try:
            end = time.time() + 20
            while time.time() < end:
                try:
                    if ask(port, "GET", "/healthz").status == 200:
                        break
                except (ConnectionRefusedError, OSError):
                    time.sleep(0.02)
            with Connection(port) as c:
                for i in range(20):
                    body = b'{"body":"arms"}'
                    c.send(b"PUT /v1/documents/d%d HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (i, len(body), body))
                    need(c.answer("PUT").status == 201, "PUT %d", i)
        finally:
            p.terminate()
            need(p.wait(20) == 0, "no orderly end")
        for name in os.listdir(os.path.join(folder, "index")):
            with open(os.path.join(folder, "index", name), "rb") as f:
                data = f.read()
            need(not data if name == "LOCK" else data[-8:] == b"LSI-end\n", "%s was printed into", name)


def small_files_only(program, corpus):
    """RLIMIT_FSIZE is a full disk, not a signal that ends the server."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    try:
        server = Server(program)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with server:
        small, large = json.dumps({"body": "arms"}), json.dumps({"body": " ".join("word%d" % i for i in range(40000))})
        need(server.ask("PUT", "/v1/documents/a", small, JSON).status == 201, "no small one")
        need(server.ask("PUT", "/v1/documents/b", large, JSON).status == 507, "a large one")
        need(server.ask("PUT", "/v1/documents/c", small, JSON).status == 201, "no small one behind it")
        need(server.ask("GET", "/v1/documents/b").status == 404, "a part of the large one")


def full_disk(program, corpus):
    """507 for each way to write, nothing acknowledged lost, reading and health as ever; with room, writing goes on."""
    with tempfile.TemporaryDirectory(prefix="libsearchd-full-") as folder:
        if os.getuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], stderr=subprocess.DEVNULL,
                                         check=False).returncode:
            print("skipped: 507 on a full disk (wants root, and mount)")
            return
        ballast = os.path.join(folder, "ballast")
        try:
            with Server(program, index=os.path.join(folder, "index")) as server:
                article = json.dumps({"body": "arms talks"})
                need(server.ask("PUT", "/v1/documents/kept", article, JSON).status == 201, "no PUT with room")
                with open(ballast, "wb", buffering=0) as f:
                    try:
                        while f.write(bytes(4096)):
                            pass
                    except OSError:
                        pass
                line = '{"id":"late","body":"%s"}\n' % " ".join("word%d" % i for i in range(2000))
                for method, target, body, kind in (
                        ("PUT", "/v1/documents/late", line, JSON), ("POST", "/v1/documents", line, NDJSON),
                        ("DELETE", "/v1/documents/kept", "", None)):
                    answer = server.ask(method, target, body, kind) if kind else server.ask(method, target)
                    told = json.loads(answer.body)
                    need(answer.status == 507 and told["code"] == "no_space" and told["status"] == 507, "%s %s: %d %s", method,
                         target, answer.status, answer.body[:200])
                    need((answer.header("content-type") or "").startswith("application/problem+json"), "%s: no problem", method)
                    need(b"seg-" not in answer.body and server.index.encode() not in answer.body, "%s tells of files: %s", method,
                         answer.body)
                    need(server.ask("GET", "/healthz").status == 200, "no health behind %s", method)
                    need(server.ask("GET", "/v1/documents/kept").status == 200, "%s took the old document", method)
                    need(server.ask("GET", "/v1/documents/late").status == 404, "%s left a part", method)
                os.unlink(ballast)
                need(server.ask("PUT", "/v1/documents/late", line, JSON).status == 201, "no PUT with room again")
                need(server.ask("DELETE", "/v1/documents/kept").status in (200, 204), "no DELETE with room again")
        finally:
            subprocess.run(["umount", folder], check=False)


TESTS = [(f.__name__.replace("_", " "), f, False) for f in (
    slow_heads_with_an_honest_client, slow_contents_with_an_honest_client, slow_readers_with_an_honest_client,
    idle_connections_with_an_honest_client, ten_thousand_kept, pipeline_nobody_reads, pipeline_of_all_kinds, both_ways, cache_of_answers,
    keys_tell_nothing_by_time, other_names_see_nothing, markup_everywhere, json_that_readers_disagree_about, conditional, full_disk,
    without_standard_descriptors, small_files_only)]
