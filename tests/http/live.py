"""live.py: tests of libsearchd that need time, many connections, or servers with settings of their own."""
import gzip
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "format"))
import xxh3  # noqa: E402
from client import JSON, NDJSON, Broken, Connection, Server


class Failed(Exception):
    pass


def need(truth, format, *values):
    if not truth:
        raise Failed(format % values if values else format)


def output(program, *flags):
    return subprocess.run([program, *flags], check=True, stdout=subprocess.PIPE).stdout.decode()


def status(server, *a, **k):
    answer = server.ask(*a, **k)
    return answer.status if answer else None


# ---- set-up and end ------------------------------------------------------------------------------------------------


def command_line(program, corpus):
    def run(*flags, **environment):
        p = subprocess.run([program, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
                           env={**os.environ, **environment})
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    for flags in ((), ("--nonsense",), ("--index",), ("--index", "/nonexistent/dir/index"), ("--workers", "0"), ("x",),
                  ("--index", corpus), ("--index", "/tmp/libsearchd-none", "--corpus", "/nonexistent"), ("--config", "/nonexistent"), ("--index", "/tmp", "--listen", "8080"),
                  ("--index", "/tmp/libsearchd-none", "--listen", "256.1.1.1:80"),
                  ("--index", "/tmp/libsearchd-none", "--listen", "127.0.0.1:65536")):
        code, _, said = run(*flags)
        need(code == 2, "%r: exit status %d", flags, code)
        need(said.startswith("libsearchd: ") and said.count("\n") == 1, "%r says %r", flags, said)
    need("--listen" in run("--help")[1], "--help")
    need(run("--print-config", "--queue", "7", LIBSEARCHD_QUEUE="8", LIBSEARCHD_WORKERS="3")[1].count("\nqueue = 7\n") == 1,
         "a flag does not beat the environment")
    need("workers = 3\n" in run("--print-config", LIBSEARCHD_WORKERS="3")[1], "the environment does not beat the default")
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "man", "libsearchd.8"), encoding="utf-8") as f:
        need(f.read() == run("--print-man")[1], "man/libsearchd.8 is not what --print-man prints")
    need(output(program, "--version").startswith("libsearchd "), "--version")


def config_file(program, corpus):
    with Server(program) as server:
        path = os.path.join(server.folder, "config")
        with open(path, "w", encoding="utf-8") as f:
            f.write("# a comment\nworkers = 5\nallow-host = a.example\nallow-host = b.example\n")
        told = output(program, "--config", path, "--print-config")
        need("workers = 5\n" in told and "allow-host = a.example\nallow-host = b.example\n" in told, "%s", told)
        with open(path, "w", encoding="utf-8") as f:
            f.write("workers = 5\nworkrs = 6\n")
        p = subprocess.run([program, "--config", path, "--print-config"], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        need(p.returncode == 2 and b":2: " in p.stderr, "%s", p.stderr)


def second_writer(program, corpus):
    with Server(program, corpus=corpus) as first:
        began = time.time()
        with Server(program, index=first.index) as second:
            need(second.port is None and second.process.wait() == 2, "a second server starts on the same index")
            need(time.time() - began < 2, "it takes %.1f s to say so", time.time() - began)
            need(second.said().count(b"\n") == 1, "it says %r", second.said())


def index_of_another_analyzer(program, corpus):
    with Server(program, corpus=corpus) as first:
        first.stop()
        need(b"warning" not in first.said(), "a new index is warned of: %r", first.said())
        path = os.path.join(first.index, "MANIFEST")
        with open(path, "rb") as f:
            m = bytearray(f.read())  # docs/FORMAT.md 3 and 5: the stamp at 32 of section 1, then every sum over it

        def seal(at, data):
            m[at:at + 8] = xxh3.sum64(bytes(data)).to_bytes(8, "little")

        table, footer = int.from_bytes(m[32:40], "little"), len(m) - 64
        begin, length, sums = (int.from_bytes(m[table + i:table + i + 8], "little") for i in (8, 16, 24))
        m[begin + 32] ^= 1
        seal(sums, m[begin:begin + length])
        seal(table + 32, m[sums:sums + 8])
        for place in (footer, 48):
            seal(place, m[table:footer])
        seal(56, m[:56])
        seal(footer + 48, m[footer:footer + 48])
        first_sums = 64 + footer - table  # the copies at the head
        m[64:first_sums] = m[table:footer]
        m[first_sums:first_sums + table - sums] = m[sums:table]
        with open(path, "wb") as f:
            f.write(m)
        with Server(program, index=first.index) as second:
            need(second.ask("GET", "/v1/search?q=vladivostok").json()["total"] == 1, "it is not searched")
            second.stop()
            need(b"other tables of words or stemmers" in second.said(), "no warning: %r", second.said())


def port_taken(program, corpus):
    with Server(program) as first:
        p = subprocess.run([program, "--index", first.index + "2", "--listen", "127.0.0.1:%d" % first.port],
                           stderr=subprocess.PIPE, timeout=20)
        need(p.returncode == 2 and b"listen" in p.stderr, "%d %s", p.returncode, p.stderr)


def beyond_loopback_needs_keys(program, corpus):
    with Server(program) as first:
        p = subprocess.run([program, "--index", first.index + "2", "--listen", "0.0.0.0:0"], stderr=subprocess.PIPE, timeout=20)
        need(p.returncode == 2 and b"keys" in p.stderr, "%d %s", p.returncode, p.stderr)


def opens_again(program, corpus):
    with Server(program, corpus=corpus) as first:
        need(status(first, "PUT", "/v1/documents/kept", '{"body":"kept words"}', JSON) == 201, "not written")
        first.process.kill()
        first.process.wait()
        with Server(program, index=first.index, corpus=corpus) as second:
            need(second.port, "it does not open again: %s", second.said())
            need(second.ask("GET", "/v1/documents/kept").json()["body"] == "kept words", "the document is gone")
            need(second.ask("GET", "/v1/stats").json()["documents"] == 6, "the corpus was added twice")


def corpus_after_a_first_try_cut_short(program, corpus):
    with Server(program) as first:
        first.stop()
        with Server(program, index=first.index, corpus=corpus) as second:
            need(second.ask("GET", "/v1/stats").json()["documents"] == 5, "an empty index is not filled")
            for name in [h["id"] for h in second.ask("GET", "/v1/search?limit=100").json()["hits"]][:4]:
                need(status(second, "DELETE", "/v1/documents/" + name) == 200, "not deleted")
            second.stop()
            with Server(program, index=first.index, corpus=corpus) as third:
                need(third.ask("GET", "/v1/stats").json()["documents"] == 1, "what was deleted comes back")


def pages_beside_writes(program, corpus):
    def turn(server, change, limit=7, **more):
        ask = {"q": "common", "limit": limit, "snippets": 0, "facets": "source", **more}
        ids, cursor, warned, totals = [], None, [], []
        while True:
            path = "/v1/search?" + urllib.parse.urlencode({**ask, **({"cursor": cursor} if cursor else {})})
            page = server.ask("GET", path).json()
            again = server.ask("POST", "/v1/search", json.dumps({**{k: v for k, v in ask.items() if k != "facets"},
                                                                 "facets": ["source"], **({"cursor": cursor} if cursor else {})}), JSON).json()
            need([h["id"] for h in page["hits"]] == [h["id"] for h in again["hits"]], "POST gives another page")
            need(sum(f["count"] for f in page["facets"]["source"]) == page["total"], "facets count other articles than the total")
            ids += [h["id"] for h in page["hits"]]
            totals.append(page["total"])
            warned += [w["code"] for w in page["warnings"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return ids, totals, warned
            change(len(totals), ids)

    def put(server, name, text, **more):
        answer = status(server, "PUT", "/v1/documents/" + name, json.dumps({"body": text, "source": "A", **more}), JSON)
        need(answer in (200, 201), "PUT: %s", answer)

    for order in ("relevance", "source:asc"):
        with Server(program) as server:
            for i in range(40):
                put(server, "d%02d" % i, "common " * (1 + i % 5) + "word%d" % i)
            before, totals, warned = turn(server, lambda *_: None, sort=order)
            need(len(set(before)) == 40 and set(totals) == {40} and not warned, "nothing was changed: %r", totals)
            ids, totals, warned = turn(server, lambda n, _: put(server, "new%d" % n, "common " * 9), sort=order)
            need(ids == before, "what is added moves the pages")
            need(set(totals) == {40} and not warned, "the total moves: %r %r", totals, warned)

            now, _, _ = turn(server, lambda *_: None, sort=order)
            taken = {1: now[20], 2: now[21], 3: now[30], 4: now[31]}

            def take(n, _):
                name = taken.get(n)
                if n == 1:
                    need(status(server, "POST", "/v1/documents/%s/kill" % name, "") == 200, "kill")
                elif n == 2:
                    need(status(server, "DELETE", "/v1/documents/" + name) == 200, "delete")
                elif n == 3:
                    put(server, name, "common", status="withheld")
                elif n == 4:
                    put(server, name, "common", embargoed="2999-01-01")
                put(server, "more%d" % n, "common " * 9)
                put(server, now[-1], "something else %d" % n)  # its old version stays on the page

            ids, totals, warned = turn(server, take, sort=order)
            need(ids == [i for i in now if i not in taken.values()], "what was taken away: %r", [i for i in now if i not in ids])
            need(totals[-1] == len(now) - 4 and not warned, "the total: %r %r", totals, warned)

            def many(n, _):
                if n == 1:
                    lines = [json.dumps({"id": i, "body": "common again", "source": "A"}) for i in now] + \
                            [json.dumps({"id": "d%02d" % i, "body": "common %d" % k, "source": "A"}) for k in range(300) for i in range(2)]
                    need(status(server, "POST", "/v1/documents", "\n".join(lines), NDJSON) == 200, "not written")

            ids, _, warned = turn(server, many, sort=order)
            need(set(warned) == {"cursor_moved"}, "a cursor that goes on in the present commit does not say so: %r", warned)
            held = [server.ask("GET", "/v1/search?q=common&limit=5").json()["next_cursor"]]
            need(status(server, "POST", "/v1/admin/purge", "") == 200, "purge")
            put(server, "last", "common")
            page = server.ask("GET", "/v1/search?q=common&limit=5&cursor=" + held[0]).json()
            need(len(page["hits"]) == 5, "after a purge a cursor does not go on")


def box_for_other_pages(program, corpus):
    with Server(program, "--allow-origin", "http://intranet.example", corpus=corpus) as server:
        script = server.ask("GET", "/embed.js")
        need(script.status == 200 and script.header("content-type") == "text/javascript; charset=utf-8", "no script: %d", script.status)
        need(b'customElements.define("archive-search"' in script.body, "it defines no element")
        need(not re.search(rb"https?://(?!archive\.example)", script.body), "it names a foreign address")
        need(status(server, "GET", "/embed.js?x=1") == 400, "a parameter is taken")
        need(status(server, "POST", "/embed.js", "") == 405, "POST")
        for origin, allowed in (("http://intranet.example", True), ("http://other.example", False)):
            answer = server.ask("GET", "/v1/suggest?limit=8&q=neg", headers=[("Origin", origin)])
            need((answer.header("access-control-allow-origin") == origin) == allowed, "%s: %r", origin,
                 answer.header("access-control-allow-origin"))
            need(answer.json()["completions"], "no completions")


def index_taken_away(program, corpus):
    with Server(program, corpus=corpus) as server:
        shutil.rmtree(server.index)
        for i in range(3):
            answer = server.ask("PUT", "/v1/documents/late%d" % i, '{"body":"late"}', JSON)
            need(answer.status == 500, "a write into an index that is not there any more is a %d", answer.status)
            need(server.index.encode() not in answer.body, "the answer tells where the index was")
        need(status(server, "GET", "/v1/documents/late0") == 404, "what was refused is there")


def schema_without_a_title(program, corpus):
    with tempfile.TemporaryDirectory() as folder:
        schema, wares = os.path.join(folder, "schema.json"), os.path.join(folder, "wares.ndjson")
        with open(schema, "w", encoding="utf-8") as f:
            json.dump({"fields": {"name": {"type": "text", "weight": 4}, "note": {"type": "text"}, "tag": {"type": "keyword"},
                                  "price": {"type": "integer"}, "made": {"type": "date"}}}, f)
        with open(wares, "w", encoding="utf-8") as f:
            f.write('{"id":"w1","name":"Red <lamp>","note":"as new","tag":["light","house"],"price":7,"made":"2023-09-11"}\n{"id":"w2","price":9}\n')
        tool = os.path.join(os.path.dirname(os.path.abspath(program)), "libsearch")
        index = os.path.join(folder, "index")
        subprocess.run([tool, "add", "--schema", schema, index, wares], check=True, stdout=subprocess.DEVNULL)
        with Server(program, index=index) as server:
            page = server.ask("GET", "/search?q=*").body.decode()
            need("Red &lt;lamp&gt;</a>" in page and ">w2</a>" in page, "a link of the page has no text")
            page = server.ask("GET", "/article/w1").body.decode()
            for text in ("<title>Red &lt;lamp&gt;</title>", "note: as new", "tag: light, house", "price: 7", "made: <time"):
                need(text in page, "the article's page is without %s", text)
            feed = server.ask("GET", "/feed.atom?q=lamp").body.decode()
            need("<title>Red &lt;lamp&gt;</title>" in feed, "an entry of the feed has no title")


def fields_of_ones_own(program, corpus):
    """What a schema of one's own has: members of hits, filters, ranges, facets, by their names."""
    kinds = {"name": {"type": "text", "weight": 4}, "note": {"type": "text"}, "tag": {"type": "keyword"}, "brand": {"type": "keyword"},
             "price": {"type": "integer"}, "made": {"type": "date"}, "place": {"type": "keyword"}, "kept": {"type": "stored"}, "lost": {"type": "text", "stored": False}}
    wares = [{"id": "w1", "name": "Red lamp", "note": "as new", "tag": ["light", "house"], "brand": "Acme", "price": 7, "made": "2021-03-04", "place": "Oslo", "odd": [1]},
             {"id": "w2", "name": "Blue lamp", "tag": ["light"], "brand": "Bolt", "price": -9, "made": "2022-01-01", "kept": "k"},
             {"id": "w3", "name": "Lamp post", "tag": "street", "brand": "Acme", "price": 70, "lost": "lamp"}]
    with tempfile.TemporaryDirectory() as folder:
        schema, lines, path = (os.path.join(folder, n) for n in ("schema.json", "wares.ndjson", "keys"))
        with open(schema, "w", encoding="utf-8") as f:
            json.dump({"title": "name", "main": "note", "fields": kinds}, f)
        with open(lines, "w", encoding="utf-8") as f:
            f.write("".join(json.dumps(w) + "\n" for w in wares))
        with open(path, "w", encoding="utf-8") as f:
            f.write(key_line("all", "read,write", "all-key-0123456789") + key_line("acme", "read,write", "acme-key-0123456789", "brand=Acme"))
        tool = os.path.join(os.path.dirname(os.path.abspath(program)), "libsearch")
        index = os.path.join(folder, "index")
        subprocess.run([tool, "add", "--schema", schema, index, lines], check=True, stdout=subprocess.DEVNULL)
        with Server(program, "--keys", path, index=index) as server:
            def ask(what, who="all", path="/v1/search?q=lamp&"):
                return server.ask("GET", path + what, headers=[("X-API-Key", who + "-key-0123456789")])

            def ids(what, who="all"):
                answer = ask(what + "&fields=id&sort=price:asc", who)
                need(answer.status == 200, "%s: %s", what, answer.body)
                return [h["id"] for h in answer.json()["hits"]]

            for what, wanted in (("tag=LIGHT", ["w2", "w1"]), ("tag=street&tag=house", ["w1", "w3"]), ("tag=light&not.brand=acme", ["w2"]),
                                 ("not.tag=light&not.tag=street", []), ("price=7", ["w1"]), ("from.price=0", ["w1", "w3"]), ("to.price=-9", ["w2"]),
                                 ("from.price=-9&to.price=7", ["w2", "w1"]), ("made=2021", ["w1"]), ("made=2021-03-04", ["w1"]),
                                 ("from.made=2021-03-05", ["w2"]), ("to.made=2022", ["w2", "w1"]), ("place=oslo", ["w1"]),
                                 ("tag=light&price=7&brand=Bolt", []), ("tag=", ["w2", "w1", "w3"]), ("made=9999d", ["w2", "w1"])):
                need(ids(what) == wanted, "%s: %s", what, ids(what))
            need(ask("from.made=2022").json()["undated_excluded"] == 1, "undated ones are not told")
            hit = ask("price=7&fields=name,tag,brand,price,made,kept,note,extra,place").json()["hits"][0]
            need(hit == {"name": "Red lamp", "tag": ["light", "house"], "brand": "Acme", "price": 7, "made": "2021-03-04T00:00:00Z", "kept": None,
                         "note": "as new", "extra": {"odd": [1]}, "place": "Oslo"}, "%s", hit)
            need("brand" not in ask("").json()["hits"][0], "nobody asked for it")
            counts = ask("facets=tag,place&limit=0").json()["facets"]
            need(counts["tag"][0] == {"value": "light", "count": 2} and counts["place"] == [{"value": "Oslo", "count": 1}], "%s", counts)
            for what, told in (("fields=lost", "brand"), ("fields=nmae", "name"), ("colour=x", "brand (not)"), ("brnad=x", "'brand'"), ("from.prise=1", "'from.price'"),
                               ("price=x", "whole number"), ("&".join("tag=%d" % i for i in range(101)), "at most 100"), ("made=soon", "date"), ("price=1&price=2", "given twice"), ("from.price=2&to.price=1", "ends before"),
                               ("facets=price", "tag, brand"), ("source=x", "no such field"), ("not.made=1", "made (from, to)")):
                answer = ask(what)
                need(answer.status == 400 and told in answer.json()["detail"], "%s: %d %s", what, answer.status, answer.body)
                need(answer.json()["errors"][0]["parameter"], "%s: no parameter", what)
            key = JSON + (("X-API-Key", "all-key-0123456789"),)
            a = server.ask("POST", "/v1/search", '{"q":"lamp","tag":["house","street"],"from.price":8,"fields":["id","price"]}', key)
            need(a.json()["hits"] == [{"id": "w3", "price": 70}], "%s", a.body)
            a = server.ask("POST", "/v1/batch", '{"queries":["lamp","post"],"brand":"Acme","fields":["brand"]}', key)
            need([r["total"] for r in a.json()["results"]] == [2, 1] and a.json()["results"][1]["hits"] == [{"brand": "Acme"}], "%s", a.body)
            need(len(ask("brand=acme", path="/v1/export?q=lamp&").body.splitlines()) == 2, "an export overlooks them")
            need(len(ask("to.price=0", path="/feed.json?q=lamp&").json()["items"]) == 1, "a feed overlooks them")
            first = ask("tag=light&limit=1&sort=price:asc").json()
            need(ask("tag=light&limit=1&sort=price:asc&cursor=" + first["next_cursor"]).json()["hits"][0]["id"] == "w1", "the second page")
            need(ask("tag=house&limit=1&sort=price:asc&cursor=" + first["next_cursor"]).status == 400, "a cursor of another search is taken")
            need(ask("made=7d").header("etag") is None and ask("made=2021").header("etag"), "the tag of a period counted from now")
            page = ask("tag=light&from.price=0&facets=brand", path="/search?q=lamp&").body.decode()
            for text in ('name="tag" value="light"', 'name="from.price" value="0"', "from price:", "/v1/export?format=csv&amp;q=lamp&amp;tag=light&amp;from.price=0", "brand=Acme"):
                need(text in page, "the page is without %s", text)
            page = ask("", path="/search?q=lamp&").body.decode()
            need("<h2>Tag</h2>" in page and "<h2>Brand</h2>" in page and 'href="/search?q=lamp&amp;tag=light"' in page, "no facets of its own")
            # a key that is limited by such a field
            need(ids("", "acme") == ["w1", "w3"] and ids("brand=Acme", "acme") == ["w1", "w3"], "the filter does not hold")
            need(ask("brand=Bolt", "acme").status == 403, "the filter is opened by another")
            need(ask("", "acme", "/v1/documents/w1").status == 200 and ask("", "acme", "/v1/documents/w2").status == 404, "GET by id")


def log_without_words(program, corpus):
    with Server(program, corpus=corpus) as server:
        server.ask("GET", "/v1/search?q=secretword", headers=[("X-API-Key", "secretkey")])
        server.ask("POST", "/v1/search", '{"q":"secretbody"}', JSON)
        server.ask("GET", "/v1/documents/%1b%5bm%0aforged", headers=[])
        server.stop()
        said = server.said()
        need(b"secret" not in said, "the log tells too much: %s", said)
        lines = said.decode("ascii").splitlines()
        need(any(" GET /v1/search 200 " in line for line in lines), "the search is not logged: %s", said)
        need(len(lines) == 4 and not any(line.startswith("forged") for line in lines), "%r", lines)


def silent_reader_of_the_log(program, corpus):
    """A log nobody reads must not stop the server."""
    with Server(program) as spare:
        p = subprocess.Popen([program, "--index", spare.index + "2", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE)
        try:
            port = int(p.stderr.readline().split(b":")[3].split(b"/")[0])
            with Connection(port) as c:
                for _ in range(3000):
                    c.send(b"GET /nothing/" + b"x" * 100 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    need(c.answer().status == 404, "no answer")
        finally:
            p.send_signal(signal.SIGTERM)
            need(p.wait(12) == 0, "it does not stop")
            p.stderr.close()


# ---- HTTP ----------------------------------------------------------------------------------------------------------


def keep_alive(program, corpus):
    with Server(program, corpus=corpus) as server, Connection(server.port) as c:
        for i in range(2000):
            c.send(b"GET /v1/search?q=arms&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            need(c.answer().status == 200, "request %d", i)


def pipelining(program, corpus):
    with Server(program, corpus=corpus) as server, Connection(server.port) as c:
        one = b"GET /v1/search?q=arms&limit=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
        threading.Thread(target=c.send, args=(b"".join(one % (i % 100) for i in range(500)),)).start()
        for i in range(500):
            need(c.answer().json()["limit"] == i % 100, "answer %d is another's", i)


def head_byte_by_byte(program, corpus):
    with Server(program, corpus=corpus) as server, Connection(server.port) as c:
        for b in b"GET /v1/search?q=arms HTTP/1.1\r\nHost: localhost\r\n\r\n":
            c.send(bytes([b]))
        need(c.answer().json()["total"] == 5, "no answer")
        for b in (b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\nc\r\n{\"q\":\"arms\"}\r\n0\r\n\r\n"):
            c.send(bytes([b]))
        need(c.answer().json()["total"] == 5, "no answer to chunks")


def mutations(program, corpus):
    """Requests with bytes changed, doubled, left out or cut at random: never more answers than requests, never a crash."""
    seed = int(os.environ.get("SEED", "1"))
    dice = random.Random(seed)
    seeds = [b"GET /v1/search?q=arms%20deal&limit=2 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
             b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"q\":\"arms\"}",
             b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n14\r\n{\"id\":\"m\",\"body\":1}\n\r\n0\r\n\r\n",
             b"PUT /v1/documents/m HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
             b"Content-Length: 12\r\n\r\n{\"body\":\"m\"}"]
    odd = [b"\r", b"\n", b"\0", b" ", b"\t", b":", b"\r\n", b"\r\n\r\n", b"%", b"%00", b"chunked", b"Content-Length: 3\r\n", b"\xff", b"0"]
    with Server(program, corpus=corpus) as server:
        for i in range(int(os.environ.get("COUNT", "400"))):
            data = bytearray(dice.choice(seeds))
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(data))
                kind = dice.randrange(4)
                if kind == 0:
                    data[at] = dice.randrange(256)
                elif kind == 1:
                    data[at:at] = dice.choice(odd)
                elif kind == 2:
                    del data[at : at + dice.randint(1, 8)]
                else:
                    data[at:at] = data[at : at + dice.randint(1, 40)]
            with Connection(server.port, timeout=5) as c:
                c.send(bytes(data))
                c.socket.shutdown(socket.SHUT_WR)
                answers = 0
                try:
                    while c.answer("GET") is not None:
                        answers += 1
                except Broken as e:
                    raise Failed("seed %d, case %d: %r: %s" % (seed, i, bytes(data), e))
                # What stands behind a request is another one, however broken: one refusal more.
                need(answers <= bytes(data).count(b" HTTP/1.") + 1, "seed %d, case %d: %r: %d answers", seed, i, bytes(data), answers)
            need(server.process.poll() is None, "seed %d, case %d: the server ended: %r: %s", seed, i, bytes(data), server.said()[-3000:])
        need(server.stop() == 0, "seed %d: exit status: %s", seed, server.said()[-3000:].decode())


def compression(program, corpus):
    with Server(program, corpus=corpus) as server:
        plain = server.ask("GET", "/openapi.yaml")
        zipped = server.ask("GET", "/openapi.yaml", headers=[("Accept-Encoding", "br, gzip;q=0.5")])
        need(zipped.header("content-encoding") == "gzip" and len(zipped.raw) < len(plain.raw) / 3, "not compressed")
        need(gzip.decompress(zipped.raw) == plain.body, "not the same")
        for wanted in ("GZIP", "br, GZip ; Q=0.5", "*", "*;q=0, gzip", "gzip;q=0.001"):
            answer = server.ask("GET", "/openapi.yaml", headers=[("Accept-Encoding", wanted)])
            need(answer.header("content-encoding") == "gzip", "not compressed for %r", wanted)
        for refuse in ("identity", "gzip;q=0", "gzip; q=0.000", "GZIP;Q=0 , br", "gzip;q=0, *", "*;q=0", "br", ""):
            answer = server.ask("GET", "/openapi.yaml", headers=[("Accept-Encoding", refuse)])
            need(answer.header("content-encoding") is None, "compressed for %r", refuse)
        small = server.ask("GET", "/healthz", headers=[("Accept-Encoding", "gzip")])
        need(small.header("content-encoding") is None, "16 bytes are compressed")
        need(sum(len(gzip.compress(server.ask("GET", "/assets/" + f).raw)) for f in ("page.css", "page.js", "icon.svg")) +
             len(gzip.compress(server.ask("GET", "/search?q=arms").raw)) < 30000, "the page is over 30 KB")


def not_modified(program, corpus):
    with Server(program, corpus=corpus) as server:
        for target in ("/v1/search?q=arms", "/v1/stats", "/", "/search?q=arms", "/assets/page.css", "/openapi.yaml"):
            tag = server.ask("GET", target).header("etag")
            again = server.ask("GET", target, headers=[("If-None-Match", '"other", ' + tag)])
            need(again.status == 304 and again.raw == b"" and again.header("etag") == tag, "%s: %d", target, again.status)
        tag = server.ask("GET", "/v1/search?q=arms").header("etag")
        need(server.ask("GET", "/v1/search?q=deal").header("etag") != tag, "two queries have one tag")
        server.ask("PUT", "/v1/documents/x", '{"body":"arms"}', JSON)
        fresh = server.ask("GET", "/v1/search?q=arms", headers=[("If-None-Match", tag)])
        need(fresh.status == 200 and fresh.json()["total"] == 6, "a write does not change the tag")


def cross_origin(program, corpus):
    with Server(program, "--allow-origin", "http://desk.example", corpus=corpus) as server:
        good = [("Origin", "http://desk.example")]
        need(server.ask("GET", "/v1/stats", headers=good).header("access-control-allow-origin") == "http://desk.example", "GET")
        need(server.ask("GET", "/v1/stats", headers=[("Origin", "http://evil.example")]).header("access-control-allow-origin")
             is None, "a stranger is let in")
        flight = server.ask("OPTIONS", "/v1/documents/x", headers=good + [("Access-Control-Request-Method", "PUT")])
        need(flight.status == 204 and "PUT" in flight.header("access-control-allow-methods"), "no preflight: %d", flight.status)
        need(status(server, "POST", "/v1/admin/commit", "", good) == 200, "a listed origin may not write")


def hosts(program, corpus):
    with Server(program, "--allow-host", "archive.example", corpus=corpus) as server:
        for host, wanted in (("archive.example", 200), ("ARCHIVE.example:80", 200), ("localhost.", 200), ("[::1]:1", 200),
                             ("evil.archive.example", 421), ("archive.example.evil", 421), ("127.0.0.2", 421)):
            with Connection(server.port) as c:
                c.send(b"GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
                got = c.answer().status
                need(got == wanted, "%s: %d", host, got)


# ---- two editors ---------------------------------------------------------------------------------------------------


def two_editors(program, corpus):
    """If-Match and If-None-Match: who read an article that another has changed since does not overwrite it."""
    with Server(program, corpus=corpus) as server:
        def put(body, *headers, path="/v1/documents/page", query=""):
            return server.ask("PUT", path + query, json.dumps({"title": "Two", "body": body}), list(JSON) + list(headers))

        def tag(path="/v1/documents/page", headers=()):
            return server.ask("GET", path, headers=headers).header("etag")

        new, gone = ("If-None-Match", "*"), ("If-Match", '"0123456789abcdef"')
        need(put("none", ("If-Match", "*")).status == 412, "If-Match: * where nothing is")
        need(put("none", gone).status == 412, "a tag where nothing is")
        need(put("first", new).status == 201, "If-None-Match: * where nothing is")
        need(put("second", new).status == 412, "If-None-Match: * where something is")
        answer = put("second", new)
        need(answer.json()["code"] == "precondition_failed" and answer.header("etag") is None, "%s", answer.body)
        first = tag()
        need(first and not first.startswith("W/"), "no strong tag: %s", first)
        need(put("another", path="/v1/documents/other").status == 201 and tag() == first, "another article changes its tag")
        need(put("second", ("If-Match", first)).json()["result"] == "replaced", "its own tag")
        second = tag()
        need(second != first, "the tag stays")
        need(put("third", ("If-Match", first)).status == 412, "the tag of before")
        need(put("third", ("If-Match", "W/" + second)).status == 412, "If-Match compares weakly")
        need(put("third", ("If-Match", second[1:-1])).status == 412, "a tag without its quotation marks")
        need(put("third", ("If-Match", "x" + second)).status == 412, "what is no tag")
        need(put("third", ("If-None-Match", second)).status == 412, "If-None-Match of what is there")
        need(put("third", ("If-Match", '"x", %s ,"y"' % second)).json()["result"] == "replaced", "a list")
        need("third" in server.ask("GET", "/v1/documents/page").json()["body"], "not written")
        third = tag()
        need(put("fourth", ("If-Match", "*")).json()["result"] == "replaced", "If-Match: *")
        need(server.ask("DELETE", "/v1/documents/page", headers=[("If-Match", third)]).status == 412, "DELETE overlooks it")
        need(server.ask("POST", "/v1/documents/page/kill", "", headers=[("If-Match", third)]).status == 412, "kill overlooks it")
        with Connection(server.port) as c: # the short way, as it writes it
            c.send(("GET /v1/documents/page HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nIf-Match: %s\r\n\r\n" % (server.port, third)).encode())
            need(b"HTTP/1.1 412 Precondition Failed\r\n" in c.answer("GET").raw_head + b"\r\n", "GET overlooks it")
        need(server.ask("GET", "/v1/documents/page", headers=[("If-Match", tag())]).status == 200, "GET of its own")
        need(put("bad", ("If-Match", third), query="?odd=1").status == 400, "the condition is judged before the request")
        long = put("words " * 500, path="/v1/documents/long")
        need(long.status == 201, "%s", long.body)
        plain, zipped = tag("/v1/documents/long"), tag("/v1/documents/long", [("Accept-Encoding", "gzip")])
        need(plain != zipped, "other bytes have one strong tag")
        for one in (plain, zipped):
            a = server.ask("GET", "/v1/documents/long", headers=[("If-None-Match", one)])
            need(a.status == 304 and a.header("etag") == one and a.raw == b"", "%d of %s", a.status, one)
        need(put("shorter", ("If-Match", zipped), path="/v1/documents/long").status == 200, "the tag of the compressed bytes")
        # hidden articles are there for a writer
        hidden = json.dumps({"body": "x", "embargoed": "2999-01-01"})
        need(server.ask("PUT", "/v1/documents/later", hidden, list(JSON) + [new]).status == 201, "hidden, created")
        need(server.ask("PUT", "/v1/documents/later", hidden, list(JSON) + [new]).status == 412, "hidden, there")
        seen = tag("/v1/documents/later?include=embargoed")
        need(server.ask("PUT", "/v1/documents/later", '{"body":"y"}', list(JSON) + [("If-Match", seen)]).status == 200, "hidden, by its tag")
        # a POST of one article: that of its id or guid
        post = json.dumps({"guid": "urn:posted", "body": "x"})
        need(server.ask("POST", "/v1/documents", post, list(JSON) + [gone]).status == 412, "POST overlooks it")
        need(server.ask("POST", "/v1/documents", post, list(JSON) + [new]).status == 201, "POST of a new one")
        need(server.ask("POST", "/v1/documents", post, list(JSON) + [new]).status == 412, "POST of one that is there")
        posted = tag("/v1/documents?guid=urn:posted")
        need(server.ask("POST", "/v1/documents", post.replace("x", "y"), list(JSON) + [("If-Match", posted)]).json()["result"] == "replaced", "by its tag")
        need(server.ask("POST", "/v1/documents", '{"id":"posted","body":"x"}', list(JSON) + [new]).status == 201, "POST with an id")
        need(server.ask("POST", "/v1/documents", '{"id":"posted","body":"y"}', list(JSON) + [new]).status == 412, "POST with that id")
        # and at once: of many that read the same one writes
        start, done = tag(), []

        def edit(i):
            done.append(server.ask("PUT", "/v1/documents/page", '{"body":"by %d"}' % i, list(JSON) + [("If-Match", start)]).status)

        threads = [threading.Thread(target=edit, args=(i,)) for i in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        need(sorted(done) == [200] + [412] * 11, "who won: %s", sorted(done))
        counted = re.findall(r'requests_total\{[^}]*documents/\{id\}"[^}]*"412"[^}]*\} (\d+)', server.ask("GET", "/metrics").body.decode())
        need(sum(map(int, counted)) > 11, "412 is not counted: %s", counted)


def types_of_documents(program, corpus):
    with Server(program) as server:
        for kind in (None, "text/plain", "application/xml", "application/jsonx", "multipart/form-data; boundary=x"):
            a = server.ask("POST", "/v1/documents", '{"body":"x"}', [("Content-Type", kind)] if kind else [])
            told = a.json()["detail"]
            need(a.status == 415 and all(t in told for t in ("application/json", "application/x-ndjson", "application/nitf+xml", "text/xml")),
                 "%s: %d %s", kind, a.status, told)
        for kind in ("Application/JSON", "application/json;charset=utf-8", "application/json ; charset=utf-8"):
            need(server.ask("POST", "/v1/documents", '{"body":"%s"}' % kind, [("Content-Type", kind)]).status == 201, kind)
        for said in ("canceled", "Cancelled", " stat:canceled ", "STAT: cancelled"):
            server.ask("PUT", "/v1/documents/s", '{"body":"x","guid":"g"}', JSON)
            a = server.ask("PUT", "/v1/documents/s", json.dumps({"guid": "g", "body": "x", "status": said}), JSON)
            need(a.status == 200 and a.json()["result"] == "killed", "%r: %d %s", said, a.status, a.body)
            need(server.ask("GET", "/v1/documents/s").status == 410, "%r leaves it", said)
            need(server.ask("PUT", "/v1/documents/s?revive=1", '{"body":"x","guid":"g"}', JSON).status == 201, "not revived")


# ---- keys ----------------------------------------------------------------------------------------------------------


def key_line(name, scopes, key, limit=""):
    return "%s %s %s %s\n" % (name, scopes, hashlib.sha256(key.encode()).hexdigest(), limit)


def keys(program, corpus):
    with Server(program) as spare:
        path = os.path.join(spare.folder, "keys")
        with open(path, "w", encoding="utf-8") as f:
            f.write("# keys\n\n" + key_line("reader", "read", "reader-key-0123456789") +
                    key_line("desk", "read,write", "desk-key-0123456789") + key_line("boss", "read,write,admin", "boss-key-0123456789") +
                    key_line("partner", "read,write", "partner-key-0123456789", "source=Wire Service"))
        with Server(program, "--keys", path, corpus=corpus) as server:
            def ask(who, method, target, body=None, headers=()):
                with_key = [("Authorization", "Bearer %s-key-0123456789" % who)] if who else []
                return server.ask(method, target, body, list(headers) + with_key)

            need(ask(None, "GET", "/healthz").status == 200, "health needs a key")
            answer = ask(None, "GET", "/v1/search?q=arms")
            need(answer.status == 401 and answer.header("www-authenticate"), "%d without a key", answer.status)
            need(ask("nobody", "GET", "/v1/search?q=arms").status == 401, "an unknown key is taken")
            need(server.ask("GET", "/v1/search?q=arms&key=reader-key-0123456789").status == 401, "a key in the URL")
            need(server.ask("GET", "/v1/stats", headers=[("X-API-Key", "reader-key-0123456789")]).status == 200, "X-API-Key")
            need(server.ask("GET", "/v1/stats", headers=[("Authorization", "Basic cmVhZGVy")]).status == 401, "Basic")
            need(ask("reader", "GET", "/v1/search?q=arms").json()["total"] == 5, "the reader reads nothing")
            need(ask("reader", "PUT", "/v1/documents/a", '{"body":"x"}', JSON).status == 403, "the reader writes")
            need(ask("desk", "PUT", "/v1/documents/a", '{"body":"arms","source":"Wire Service"}', JSON).status == 201, "desk")
            need(ask("desk", "PUT", "/v1/documents/b", '{"body":"arms","source":"Other"}', JSON).status == 201, "desk")
            need(ask("desk", "POST", "/v1/admin/commit", "").status == 403, "the desk orders")
            need(ask("boss", "POST", "/v1/admin/commit", "").status == 200, "the boss may not")
            need(ask("reader", "GET", "/metrics").status == 403, "metrics without the scope")
            need(ask("partner", "GET", "/v1/search?q=arms").json()["total"] == 1, "the filter does not hold")
            need(ask("partner", "GET", "/v1/search?q=arms&source=Other").status == 403, "the filter is opened by another")
            need(ask("partner", "POST", "/v1/search", '{"q":"arms"}', JSON).json()["total"] == 1, "POST opens the filter")
            need(ask("partner", "GET", "/v1/documents/b").status == 404, "another's document is shown")
            need(ask("partner", "GET", "/v1/documents/a").status == 200, "its own is not")
            need(ask("partner", "GET", "/v1/documents/b/snippet?q=arms").status == 404, "another's passages are shown")
            need(ask("partner", "GET", "/article/b").status == 404, "another's page is shown")
            need(len(ask("partner", "GET", "/v1/export?q=arms").body.splitlines()) == 1, "the export opens the filter")
            need(ask("partner", "GET", "/v1/stats").status == 403, "figures of all are told")
            chain = [("c1", "Wire Service", None), ("c2", "Other", "c1"), ("c3", "Wire Service", "c2"), ("d1", "Wire Service", None),
                     ("d2", "Wire Service", "d1"), ("e1", "Wire Service", None), ("e2", "Other", "e1")]
            for name, source, before in chain:
                article = {"body": "chained %s" % name, "source": source, "evolved_from": before}
                need(ask("desk", "PUT", "/v1/documents/" + name, json.dumps(article), JSON).status == 201, name)

            def latest(who, kind):
                got = ask(who, "GET", kind + "?q=chained&latest=1&expand=feedback")
                hits = got.json()["hits"] if kind == "/v1/search" else map(json.loads, got.body.splitlines())
                return sorted(h["id"] for h in hits)

            for kind in ("/v1/search", "/v1/export"):
                need(latest("reader", kind) == ["c3", "d2", "e2"], "latest of all: %s", latest("reader", kind))
                need(latest("partner", kind) == ["c1", "c3", "d2", "e1"], "latest of its own: %s", latest("partner", kind))
            need(ask("partner", "DELETE", "/v1/documents/b").status == 404, "another's is deleted")
            need(ask("partner", "PUT", "/v1/documents/b", '{"body":"x","source":"Wire Service"}', JSON).status == 404,
                 "another's is replaced")
            bulk = ask("partner", "POST", "/v1/documents", '{"id":"b","body":"x","source":"Wire Service"}\n', NDJSON)
            need('"result":"error"' in bulk.body.decode(), "another's is replaced in bulk")
            tags = {ask(w, "GET", "/v1/search?q=arms").header("etag") for w in ("reader", "partner")}
            need(len(tags) == 2, "two keys that see different things have one tag")
            with open(path, "a", encoding="utf-8") as f:
                f.write(key_line("late", "read", "late-key-0123456789"))
            server.process.send_signal(signal.SIGHUP)
            end = time.time() + 5
            while ask("late", "GET", "/v1/stats").status != 200 and time.time() < end:
                time.sleep(0.05)
            need(ask("late", "GET", "/v1/stats").status == 200, "SIGHUP does not read the keys")
            with open(path, "w", encoding="utf-8") as f:
                f.write("broken\n")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            need(ask("late", "GET", "/v1/stats").status == 200, "a broken file throws the old keys away")
            with open(path, "w", encoding="utf-8") as f:
                f.write("# none\n")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            need(ask("late", "GET", "/v1/stats").status == 200, "an empty file throws the old keys away")
            need(b"0123456789" not in server.said(), "a key stands in the log")
        p = subprocess.run([program, "--index", spare.index + "2", "--keys", path, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, timeout=20)
        need(p.returncode == 2 and b"no key in it" in p.stderr, "keys without a key: %d %s", p.returncode, p.stderr)


# ---- synonyms ------------------------------------------------------------------------------------------------------


def synonyms(program, corpus):
    """A file of synonyms: answers, ETags, kept answers and cursors are of the file in force; SIGHUP reads it anew."""
    with Server(program) as spare:
        path = os.path.join(spare.folder, "synonyms")

        def write(text):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)

        refused = subprocess.run([program, "--index", os.path.join(spare.folder, "none"), "--synonyms", path, "--listen", "127.0.0.1:0"],
                                 stderr=subprocess.PIPE, timeout=20)
        need(refused.returncode == 2 and b"synonyms: " in refused.stderr, "a missing file: %d %s", refused.returncode, refused.stderr)
        write("# one\nkyiv, kiev\nbad line\n")
        with Server(program, "--synonyms", path) as server:
            for name in ("kyiv", "kiev"):
                body = json.dumps({"body": "From %s it was told." % name, "title": name})
                need(server.ask("PUT", "/v1/documents/" + name, body, JSON).status == 201, "PUT")
            need(b"line 3: at least two entries" in server.said(), "the bad line is not told: %s", server.said())
            first = server.ask("GET", "/v1/search?q=kyiv")
            answer = first.json()
            need(answer["total"] == 2 and answer["parsed"] == "syn(kyiv, kiev)", "%s", answer)
            need(answer["synonyms"] == [{"word": "kyiv", "added": ["kiev"]}] and answer["hits"][0]["id"] == "kyiv", "%s", answer)
            need("<mark>kiev</mark>" in json.dumps(answer), "a synonym is not marked")
            for target, n in (("/v1/search?q=kyiv&synonyms=off", 1), ("/v1/search?q=%22kyiv%22", 1)):
                answer = server.ask("GET", target).json()
                need(answer["total"] == n and "synonyms" not in answer, "%s: %s", target, answer)
            need(server.ask("GET", "/v1/search?q=-kyiv").json()["total"] == 0, "-kyiv leaves out no synonym")
            need(server.ask("POST", "/v1/search", '{"q":"kyiv","synonyms":"off"}', JSON).json()["total"] == 1, "POST, off")
            need(server.ask("POST", "/v1/search", '{"q":"kyiv"}', JSON).json()["total"] == 2, "POST")
            need(server.ask("GET", "/v1/search?q=kyiv&synonyms=maybe").status == 400, "synonyms=maybe")
            batch = server.ask("POST", "/v1/batch", '{"queries":["kyiv"]}', JSON).json()
            need(batch["results"][0]["total"] == 2, "batch: %s", batch)
            batch = server.ask("POST", "/v1/batch", '{"queries":["kyiv"],"synonyms":"off"}', JSON).json()
            need(batch["results"][0]["total"] == 1, "batch, off: %s", batch)
            need(len(server.ask("GET", "/v1/export?q=kyiv").body.splitlines()) == 2, "export")
            need(len(server.ask("GET", "/v1/export?q=kyiv&synonyms=off").body.splitlines()) == 1, "export, off")
            need(len(server.ask("GET", "/feed.json?q=kyiv").json()["items"]) == 2, "feed")
            need(len(server.ask("GET", "/feed.json?q=kyiv&synonyms=off").json()["items"]) == 1, "feed, off")
            snippet = server.ask("GET", "/v1/documents/kiev/snippet?q=kyiv").json()
            need(snippet["matches"] == [[5, 9]] and snippet["synonyms"], "%s", snippet)
            need(not server.ask("GET", "/v1/documents/kiev/snippet?q=kyiv&synonyms=off").json()["matches"], "snippet, off")
            page = server.ask("GET", "/search?q=kyiv").body.decode()
            need("syn(kyiv, kiev)" in page and "synonyms=off" in page, "the page does not tell")
            need("synonyms=off" in server.ask("GET", "/search?q=kyiv&synonyms=off").body.decode(), "the page forgets it")
            tag = first.header("etag")
            need(server.ask("GET", "/v1/search?q=kyiv", headers=[("If-None-Match", tag)]).status == 304, "its own ETag")
            write("kyiv, oslo\n")
            server.process.send_signal(signal.SIGHUP)
            end = time.time() + 5
            while server.ask("GET", "/v1/search?q=kyiv").json()["total"] != 1 and time.time() < end:
                time.sleep(0.05)
            answer = server.ask("GET", "/v1/search?q=kyiv", headers=[("If-None-Match", tag)])
            need(answer.status == 200 and answer.header("etag") != tag, "the ETag of another file")
            need(answer.json()["parsed"] == "syn(kyiv, oslo)", "the answer of another file: %s", answer.json())
            os.unlink(path)
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            need(server.ask("GET", "/v1/search?q=kyiv").json()["parsed"] == "syn(kyiv, oslo)", "the old file does not stay")
            need(b"the old synonyms stay" in server.said(), "nothing is said of it")
            os.mkfifo(path)
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            os.unlink(path)
            write("kyiv, rome\n")
            server.process.send_signal(signal.SIGHUP)
            end = time.time() + 5
            while server.ask("GET", "/v1/search?q=kyiv").json()["parsed"] != "syn(kyiv, rome)" and time.time() < end:
                time.sleep(0.05)
            answer = server.ask("GET", "/v1/search?q=kyiv").json()
            need(answer["parsed"] == "syn(kyiv, rome)", "a pipe is waited for: %s", answer["parsed"])
            need(b"is no regular file" in server.said(), "nothing is said of the pipe")


# ---- words of the best hits -----------------------------------------------------------------------------------------


def feedback(program, corpus):
    """expand=feedback: what is added is told, only ranks where all words must be there, and comes from nothing hidden."""
    with Server(program) as server:
        stories = [("r%d" % i, "wire", "The reactor %d and its turbine, a turbine of the reactor." % i) for i in range(3)]
        stories += [("n%d" % i, "wire", "Someone spoke of a reactor on day %d, and of many other things." % i) for i in range(3)]
        stories += [("t", "wire", "A turbine was sold."), ("x", "spy", "The reactor: reactor, reactor zirconium, zirconium")]
        stories += [("y", "spy", "The reactor: reactor and reactor with zirconium, more zirconium")]
        for name, source, text in stories:
            body = json.dumps({"title": "Story", "body": text, "source": source})
            need(server.ask("PUT", "/v1/documents/" + name, body, JSON).status == 201, "PUT")
        for name in ("h1", "h2"):
            body = json.dumps({"title": "Story", "body": "reactor reactor plutonium plutonium", "status": "withheld"})
            need(server.ask("PUT", "/v1/documents/" + name, body, JSON).status == 201, "PUT")
        plain = server.ask("GET", "/v1/search?q=reactor&source=wire").json()
        need("expanded" not in plain, "expanded without being asked for")
        found = server.ask("GET", "/v1/search?q=reactor&source=wire&expand=feedback").json()
        words = [w["word"] for w in found["expanded"]]
        need("turbine" in words and "zirconium" not in words, "of other sources, or nothing: %s", found)
        need(found["total"] == plain["total"] == 6 and found["parsed"].startswith("reactor (*^0 OR "), "%s", found)
        need(sum(w["boost"] for w in found["expanded"]) <= 0.25, "they weigh more than a quarter: %s", found["expanded"])
        again = server.ask("GET", "/v1/search?source=wire&q=" + urllib.parse.quote(found["parsed"])).json()
        need([(h["id"], h["score"]) for h in again["hits"]] == [(h["id"], h["score"]) for h in found["hits"]], "written out: %s", again)
        every = server.ask("GET", "/v1/search?q=reactor&expand=feedback").json()
        need("zirconium" in [w["word"] for w in every["expanded"]], "%s", every["expanded"])
        need("plutonium" not in json.dumps(every), "a word of a withheld story")
        wide = server.ask("GET", "/v1/search?q=reactor&match=any&source=wire&expand=feedback").json()
        need(wide["total"] == 7 and wide["parsed"].startswith("reactor OR "), "%s", wide)
        posted = server.ask("POST", "/v1/search", '{"q":"reactor","source":"wire","expand":"feedback"}', JSON).json()
        need(posted["expanded"] == found["expanded"], "POST: %s", posted)
        pages, cursor = [], ""
        while cursor is not None:
            target = "/v1/search?q=reactor&source=wire&expand=feedback&limit=2" + (cursor and "&cursor=" + cursor)
            page = server.ask("GET", target).json()
            pages += [h["id"] for h in page["hits"]]
            cursor = page["next_cursor"]
        need(pages == [h["id"] for h in found["hits"]], "by pages: %s", pages)
        lines = server.ask("GET", "/v1/export?q=reactor&source=wire&expand=feedback").body.splitlines()
        need([json.loads(line)["id"] for line in lines] == pages, "export: %s", lines)
        batch = server.ask("POST", "/v1/batch", '{"queries":["reactor"],"match":"any","source":"wire","expand":"feedback"}', JSON).json()
        need(batch["results"][0]["total"] == 7, "batch: %s", batch)
        feed = server.ask("GET", "/feed.json?q=reactor&match=any&source=wire&expand=feedback").json()
        need(len(feed["items"]) == 7, "feed: %s", feed)
        explained = server.ask("GET", "/v1/search?q=reactor&source=wire&expand=feedback&explain=1").json()["hits"][0]
        need("turbine" in json.dumps(explained["explanation"]) and abs(explained["explanation"]["value"] - explained["score"]) < 1e-6, "%s", explained)
        need(server.ask("GET", "/v1/search?q=reactor&expand=rm3").status == 400, "expand=rm3")
        need(server.ask("GET", "/v1/documents/t/snippet?q=reactor&expand=feedback").status == 400, "a snippet has no first search")
        page = server.ask("GET", "/search?q=reactor&expand=feedback").body.decode()
        need('name="expand" value="feedback"' in page and "words of the best hits too" in page, "the page forgets it")


# ---- writes --------------------------------------------------------------------------------------------------------


def bulk(program, corpus):
    with Server(program, "--max-content", "65536") as server:
        lines = ['{"id":"b%d","body":"word%d common"}' % (i, i) for i in range(2500)]
        lines[7] = "{"
        lines[1200] = '{"id":"long","body":"%s"}' % ("x" * 70000)
        answer = server.ask("POST", "/v1/documents", "\n".join(lines), NDJSON)
        need(answer.status == 200, "%d %s", answer.status, answer.body[:200])
        told = [json.loads(line) for line in answer.body.splitlines()]
        need([t["line"] for t in told] == list(range(1, 2501)), "not a line for each line, in order")
        wrong = [t["line"] for t in told if t["result"] == "error"]
        need(wrong == [8, 1201], "the lines with errors are %s", wrong[:10])
        need(server.ask("GET", "/v1/search?q=common&limit=0").json()["total"] == 2498, "not all are found")
        body = "\n".join('{"id":"l%d","body":"y"}' % i for i in range(30000)) + "\n"
        answer = server.ask("POST", "/v1/documents", body, NDJSON, timeout=120)
        need(answer.status == 200 and len(answer.body.splitlines()) == 30000, "30,000 lines: %d", answer.status)
        need(answer.header("transfer-encoding") == "chunked", "the spool is not used")


def many_writers(program, corpus):
    with Server(program) as server:
        wrong = []

        def write(who):
            for i in range(25):
                name = "w%d-%d" % (who, i)
                answer = server.ask("PUT", "/v1/documents/" + name, '{"body":"%s shared"}' % name, JSON)
                found = server.ask("GET", '/v1/search?q=%22' + name.replace("-", "%2D") + '%22&fields=id')
                ids = [h["id"] for h in found.json()["hits"]]
                if answer.status != 201 or name not in ids:
                    wrong.append((name, answer.status, ids))

        threads = [threading.Thread(target=write, args=(w,)) for w in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        need(not wrong, "not found by the next search: %s", wrong[:3])
        need(server.ask("GET", "/v1/search?q=shared&limit=0").json()["total"] == 200, "not 200 documents")


def long_article(program, corpus):
    with Server(program, "--max-content", "8000000") as server:
        body = "\\n\\n".join("Paragraph %d of quinces and <b>medlars</b>." % i for i in range(60000))
        need(status(server, "PUT", "/v1/documents/long", '{"title":"Long","body":"%s"}' % body, JSON) == 201, "not written")
        with Connection(server.port) as c:
            c.send(b"GET /v1/documents/long/snippet?q=quinces HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   b"GET /article/long?q=quinces HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
            need(len(c.answer().json()["matches"]) == 60000, "not all matches")
            page = c.answer()
            need(page.body.count(b"<mark id=") == 60000 and page.body.count(b"&lt;b&gt;") == 60000, "not all marks")
            need(page.header("content-encoding") == "gzip", "not compressed")
        found = server.ask("GET", "/v1/search?q=quinces").json()
        need(len(found["hits"][0]["snippets"]) == 2, "no passages")


def everything_on_workers(program, corpus):
    with Server(program, "--inline-ms", "0", "--workers", "2", corpus=corpus) as server:
        need(server.ask("GET", "/v1/search?q=arms").json()["total"] == 5, "search")
        need(server.ask("POST", "/v1/search", '{"q":"arms"}', JSON).json()["total"] == 5, "search by POST")
        need(b"5 articles" in server.ask("GET", "/search?q=arms").body, "page")
        need(server.ask("GET", "/search?q=arms&limit=x").header("content-type").startswith("text/html"), "refusal")
        need(server.ask("GET", "/search?q=arms&cursor=x").header("content-type").startswith("text/html"), "refusal on a worker")
        wrong = []

        def client():
            with Connection(server.port) as c:
                for _ in range(200):
                    c.send(b"GET /v1/search?q=arms&limit=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    answer = c.answer()
                    if answer.status != 200 or answer.json()["total"] != 5:
                        wrong.append(answer.status)

        threads = [threading.Thread(target=client) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        need(not wrong, "%s", wrong[:5])


def full_queue(program, corpus):
    with Server(program, "--inline-ms", "0", "--workers", "1", "--queue", "1", corpus=corpus) as server:
        got = []

        def client():
            for _ in range(50):
                answer = server.ask("GET", "/v1/export")
                got.append((answer.status, answer.header("retry-after")))

        threads = [threading.Thread(target=client) for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        need({s for s, _ in got} <= {200, 503}, "%s", sorted(set(got)))
        need(any(s == 200 for s, _ in got), "nobody is answered")
        need(all(after for s, after in got if s == 503), "503 without Retry-After")
        need(status(server, "GET", "/v1/export") == 200, "the queue stays full")


def deadline(program, corpus):
    """A search that cannot be done in a millisecond: part of an answer, or 504 where a whole one is asked for."""
    with Server(program, "--cache-bytes", "0") as server:
        line = '{"id":"%d","body":"' + "one two three four five six seven eight " * 250 + '"}\n'
        lines = "".join(line % i for i in range(400)).encode()
        answer = server.ask("POST", "/v1/documents", lines, [("Content-Type", "application/x-ndjson")])
        need(answer.status == 200 and answer.body.count(b'"created"') == 400, "not added: %s", answer.body[:200])
        target = "/v1/search?limit=1&snippets=0&timeout_ms=1&q=" + "+OR+".join("%%22%s%%22~%d" % (w, n) for n in range(3, 9) for w in (
            "eight+one+three", "two+seven+five", "six+four+one", "three+eight+two"))
        answer = server.ask("GET", target)
        need(answer.status == 200, "%d: %s", answer.status, answer.body[:200])
        part = answer.json()
        need(part["timed_out"] and part["total_relation"] == "gte", "it is all there: %s", answer.body[:300])
        answer = server.ask("GET", target + "&require_complete=1")
        need(answer.status == 504 and answer.json()["code"] == "deadline", "%d: %s", answer.status, answer.body[:300])
        answer = server.ask("GET", target.replace("timeout_ms=1", "timeout_ms=60000") + "&require_complete=1")
        need(answer.status == 200 and answer.json()["total"] == 400 and not answer.json()["timed_out"], "%s", answer.body[:300])


# ---- slow and many -------------------------------------------------------------------------------------------------


def cut_after(connection, wait=20):
    began = time.time()
    connection.socket.settimeout(wait)
    try:
        while connection.more():
            pass
    except socket.timeout:
        return None
    return time.time() - began


def slow_heads(program, corpus):
    with Server(program, corpus=corpus) as server:
        silent, partial, dribble, idle = (Connection(server.port) for _ in range(4))
        partial.send(b"GET /v1/search?q=arms HTTP/1.1\r\nHost: loc")
        idle.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        need(idle.answer().status == 200, "no answer")
        times = {}

        def drip():
            began, i = time.time(), 0
            dribble.socket.settimeout(1)
            dribble.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            while time.time() - began < 20:
                dribble.send(b"X-%d: y\r\n" % i)
                i += 1
                try:
                    while dribble.more():
                        pass
                    break
                except socket.timeout:
                    pass
            times["dribble"] = time.time() - began

        threads = [threading.Thread(target=drip)]
        for name, c in (("silent", silent), ("partial", partial), ("idle", idle)):
            threads.append(threading.Thread(target=lambda n=name, k=c: times.__setitem__(n, cut_after(k))))
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for name in ("silent", "partial", "dribble", "idle"):
            need(times[name] and 9 < times[name] < 12.5, "%s is cut after %s s", name, times[name])
        need(partial.buffer.startswith(b"HTTP/1.1 408 "), "the partial head hears %r", partial.buffer[:60])


def slow_bodies_and_readers(program, corpus):
    with Server(program) as server:
        text = "word " * 30000
        lines = "".join('{"id":"r%d","body":"%s"}\n' % (i, text) for i in range(100))
        need(server.ask("POST", "/v1/documents", lines, NDJSON, timeout=120).status == 200, "not filled")
        times = {}

        def body():
            with Connection(server.port) as c:
                c.send(b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                       b"Content-Length: 1000000\r\n\r\n")
                began = time.time()
                c.socket.settimeout(0.5)
                while time.time() - began < 25:
                    c.send(b" " * 512)
                    try:
                        if not c.more():
                            break
                    except socket.timeout:
                        pass
                times["body"] = time.time() - began

        def reader():
            c = Connection(server.port, receive=4096)
            c.send(b"GET /v1/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
            began = time.time()
            while time.time() - began < 25:
                time.sleep(0.5)
                gauge = [line for line in server.ask("GET", "/metrics").body.decode().splitlines()
                         if line.startswith("libsearchd_connections ")]
                if time.time() - began > 6 and int(float(gauge[0].split()[1])) <= 1 + ("body" not in times):
                    break
            times["reader"] = time.time() - began
            c.close()

        threads = [threading.Thread(target=body), threading.Thread(target=reader)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        need(9 < times["body"] < 13, "the slow content is cut after %.1f s", times["body"])
        need(6 < times["reader"] < 13, "the slow reader is cut after %.1f s", times["reader"])
        whole = server.ask("GET", "/v1/export", timeout=120)
        need(len(whole.body.splitlines()) == 100, "an honest reader gets %d lines", len(whole.body.splitlines()))


def many_slow_and_one_honest(program, corpus):
    with Server(program, corpus=corpus) as server:
        slow, count = [], min(4000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        for i in range(count):
            c = Connection(server.port, timeout=30)
            if i % 4 == 1:
                c.send(b"GET /v1/search?q=arms HTTP/1.1\r\nHost: loc")
            elif i % 4 == 2:
                c.send(b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                       b"Content-Length: 100000\r\n\r\n{")
            elif i % 4 == 3:
                c.send(b"GET /v1/export?q=arms HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.append(c)
        times = []
        with Connection(server.port) as c:
            for _ in range(500):
                began = time.time()
                c.send(b"GET /v1/search?q=arms HTTP/1.1\r\nHost: localhost\r\n\r\n")
                need(c.answer().status == 200, "the honest client is refused")
                times.append(time.time() - began)
        times.sort()
        print("     %d slow connections: the honest client's p50 %.2f ms, p99 %.2f ms" %
              (count, times[250] * 1000, times[495] * 1000))
        need(times[495] < 0.25, "p99 is %.1f ms", times[495] * 1000)
        for c in slow:
            c.close()
        code = server.stop()
        need(code == 0, "exit status %s: %s", code, server.said()[-3000:].decode())


def many_kept_connections(program, corpus):
    """As many as descriptors allow, 10,000 at most: each is answered, and answered again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        count = min(10000, hard // 2)
        with Server(program, corpus=corpus) as server:
            kept, last, late = [], [], 0
            request = b"GET /v1/search?q=arms&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            began = time.time()
            for turn in range(2):
                for i in range(count):
                    if turn == 0:
                        kept.append(Connection(server.port))
                    if turn == 0 and time.time() - began > 4:
                        count = i  # a slow machine: the oldest would be idle too long
                        break
                    if turn == 1 and time.time() - last[i] > 8:
                        late += 1  # the server may close what is idle for ten seconds
                        continue
                    kept[i].send(request)
                    answer = kept[i].answer()
                    need(answer and answer.status == 200, "turn %d, connection %d: %s", turn, i, answer and answer.status)
                    last.append(time.time())
            print("     %d kept connections, %d asked again" % (count, count - late))
            need(count - late >= 200, "only %d of %d connections asked again in time", count - late, count)
            for c in kept:
                c.close()
            need(server.stop() == 0, "it does not stop")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def caps(program, corpus):
    with Server(program, "--max-connections", "8", "--max-per-address", "100", corpus=corpus) as server:
        held = [Connection(server.port) for _ in range(8)]
        time.sleep(0.1)
        answer = server.ask("GET", "/v1/stats")
        need(answer.status == 503 and answer.header("retry-after"), "beyond the cap: %s", answer.status)
        need(status(server, "GET", "/healthz") == 200, "health has no place")
        for c in held:
            c.close()
        end = time.time() + 5
        while status(server, "GET", "/v1/stats") != 200 and time.time() < end:
            time.sleep(0.05)
        need(status(server, "GET", "/v1/stats") == 200, "places do not come back")
    with Server(program, "--max-per-address", "4", corpus=corpus) as server:
        held = [Connection(server.port) for _ in range(4)]
        time.sleep(0.1)
        answer = server.ask("GET", "/v1/stats")
        need(answer is None or (answer.status == 429 and answer.header("retry-after")), "one address: %s", answer and answer.status)
        for c in held:
            c.close()


def stop_under_load(program, corpus):
    with Server(program, corpus=corpus) as server:
        stopping, wrong, done = threading.Event(), [], [0]

        def client(kind):
            while not stopping.is_set():
                try:
                    with Connection(server.port) as c:
                        for i in range(100):
                            if kind:
                                c.send(b"PUT /v1/documents/s%d HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                       b"Content-Length: 15\r\n\r\n{\"body\":\"%04d\"}" % (i, i))
                            else:
                                c.send(b"GET /v1/search?q=arms HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            answer = c.answer()
                            if answer is None:
                                break
                            done[0] += 1
                            if answer.status not in (200, 201):
                                wrong.append(answer.status)
                            if answer.header("connection") == "close":
                                break
                except ConnectionRefusedError:
                    return
                except (Broken, socket.timeout) as e:
                    wrong.append(repr(e))
                except OSError:
                    pass

        threads = [threading.Thread(target=client, args=(i % 2,)) for i in range(8)]
        for t in threads:
            t.start()
        time.sleep(1)
        began = time.time()
        code = server.stop()
        took = time.time() - began
        stopping.set()
        for t in threads:
            t.join()
        need(code == 0, "exit status %s", code)
        need(took < 10, "it takes %.1f s", took)
        need(not wrong, "answers were cut or wrong: %s", wrong[:5])
        need(done[0] > 100, "only %d requests", done[0])
        with Server(program, index=server.index) as again:
            need(again.ask("POST", "/v1/admin/verify", "").json()["ok"], "the index is damaged")


def stop_with_open_connections(program, corpus):
    with Server(program, corpus=corpus) as server:
        held = [Connection(server.port) for _ in range(20)]
        held[0].send(b"GET / HT")
        held[1].send(b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{")
        time.sleep(0.1)
        began = time.time()
        need(server.stop() == 0, "exit status")
        need(time.time() - began < 10, "%.1f s", time.time() - began)


# name, function, whether it waits for deadlines
TESTS = [(f.__name__.replace("_", " "), f, f in (slow_heads, slow_bodies_and_readers)) for f in (
    command_line, config_file, second_writer, index_of_another_analyzer, port_taken, beyond_loopback_needs_keys, opens_again,
    corpus_after_a_first_try_cut_short, pages_beside_writes, box_for_other_pages, index_taken_away, schema_without_a_title, fields_of_ones_own, log_without_words,
    silent_reader_of_the_log, keep_alive, pipelining, head_byte_by_byte, mutations, compression, not_modified, two_editors, types_of_documents, cross_origin, hosts, keys, synonyms, feedback,
    bulk, many_writers, long_article, everything_on_workers, full_queue, deadline, caps, many_kept_connections, many_slow_and_one_honest, stop_under_load, stop_with_open_connections, slow_heads,
    slow_bodies_and_readers)]
