#!/usr/bin/env python3
"""run.py: libsearchd as its clients see it. Python's standard library and PyYAML (python3-yaml) only.

    tests/http/run.py --server build/plain/libsearchd [--only WORD] [--quick] [--long]

1. the cases of tests/http/*.case, each on a connection of its own, the server asked for its health behind each;
2. every answer given in them held against openapi.yaml; its paths against --print-routes, its parameters against
   --print-parameters, its examples against its schemas;
3. the tests of live.py, news.py (what needs time, threads, servers or parsers of their own) and hostile.py (many at once,
   and those who mean harm).

A case, in a file of any name in .case (a test is added without code):
    == name of the case
    > GET /v1/search?q=arms HTTP/1.1       a line that is sent, CR LF behind it; \\r \\n \\t \\0 \\xHH \\\\ are understood,
    > Host: {host}                         {host} is the server's name and port, {big:N} N letters x, {args:N} N arguments,
                                           {length} the bytes behind the head
    >                                      an empty one ends the head
    >> raw bytes                           sent without CR LF
    ! shut                                 the client ends its side
    < 200                                  the status of the next answer, or alternatives: < 400 | 501
    < header content-type = application/json        also: ~ REGEX, absent
    < json hits.0.id ~ ^[a-z]              also: = JSON, >= N, exists, absent
    < body ~ REGEX
    < problem invalid_parameter            the code of the problem
    < closed                               the server says no more and closes
    < open                                 the connection takes a further request
"""
import argparse
import glob
import json
import os
import re
import sys
import time
import traceback

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import client  # noqa: E402
import hostile  # noqa: E402
import live  # noqa: E402
import news  # noqa: E402
import schema  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))


class Failed(Exception):
    pass


def need(truth, format, *values):
    if not truth:
        raise Failed(format % values if values else format)


# ---- cases ---------------------------------------------------------------------------------------------------------


def read_cases(path):
    cases, lines, number = [], None, 0
    with open(path, encoding="utf-8") as f:
        for line in f:
            number += 1
            line = line.rstrip("\n")
            if line.startswith("== "):
                lines = []
                cases.append(("%s: %s" % (os.path.basename(path), line[3:]), lines))
            elif line.strip() and not line.startswith("#"):
                need(lines is not None and line[0] in "><!", "%s:%d: not understood: %s", path, number, line)
                lines.append((number, line))
    return cases


ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def to_bytes(text, port):
    text = text.replace("{host}", "127.0.0.1:%d" % port).replace("{port}", str(port))
    text = re.sub(r"\{args:(\d+)\}", lambda m: "&".join("q%d=1" % i for i in range(int(m.group(1)))), text)

    def escape(m):
        word = m.group(1)
        return bytes([int(word[1:], 16)]) if word[:1] == b"x" else ESCAPES[word.decode()]

    data = re.sub(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])", escape, text.encode())
    return re.sub(rb"\{big:(\d+)\}", lambda m: b"x" * int(m.group(1)), data)


def with_length(data):
    """{length} becomes the number of bytes behind the head."""
    content = data.partition(b"\r\n\r\n")[2]
    return data.replace(b"{length}", str(len(content)).encode())


def member(value, path):
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return False, None
    return True, value


def compare(there, value, rule, what):
    verb, _, wanted = rule.partition(" ")
    if verb == "absent":
        need(not there, "%s is there: %r", what, value)
        return
    need(there, "%s is missing", what)
    if verb == "=":
        wanted = json.loads(wanted) if what.startswith("json") else wanted
        need(value == wanted, "%s is %r, not %r", what, value, wanted)
    elif verb == "~":
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        need(re.search(wanted, text), "%s is %r, which does not match %s", what, value, wanted)
    elif verb == ">=":
        need(value >= float(wanted), "%s is %r, less than %s", what, value, wanted)
    else:
        need(verb == "exists", "not understood: %s", rule)


def check_line(text, answer, connection, case):
    word, _, rest = text.partition(" ")
    if word == "closed":
        need(connection.closed(), "the connection stays open, or more is said: %r", connection.buffer[:200])
    elif word == "open":
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % connection.port)
        need(getattr(connection.answer(), "status", None) == 200, "the connection takes no further request")
    elif word == "header":
        name, _, rule = rest.partition(" ")
        compare(answer.header(name) is not None, answer.header(name), rule, "header " + name)
    elif word == "json":
        path, _, rule = rest.partition(" ")
        compare(*member(answer.json(), path), rule, "json " + path)
    elif word == "body":
        text = answer.body.decode("utf-8", "replace")
        need(re.search(rest.partition(" ")[2], text), "the body does not match: %r", text[:300])
    elif word == "problem":
        need(answer.header("content-type") == "application/problem+json", "no problem: %s", answer.header("content-type"))
        need(answer.json()["code"] == rest, "the problem is %s: %s", answer.json()["code"], answer.json()["detail"])
        need(answer.json()["status"] == answer.status, "the problem's status is not the answer's")
    else:
        raise Failed("not understood: < %s" % text)


def starts(data):
    """The request lines within what is sent at once (pipelining); one at least."""
    return re.findall(rb"[A-Z]+ /\S* HTTP/1\.1\r\n", data) or [data]


def hold_against(spec, request, answer):
    m = re.match(rb"^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (/[^ ?]*)", request)
    if not m:
        return
    method, path = m.group(1).decode(), m.group(2).decode("latin-1")
    kind = (answer.header("content-type") or "").split(";")[0]
    value = None
    if kind.endswith(("/json", "+json")) and answer.body:
        value = answer.json()
    # A head that no handler saw may be refused on any path.
    if kind == "application/problem+json":
        path = "/healthz"
        method = "GET"
    wrong = spec.check_answer(method, path, answer.status, answer.header("content-type"), value)
    need(not wrong, "openapi.yaml: %s", "; ".join(wrong[:5]))
    if kind == "application/x-ndjson":
        for line in answer.body.decode().splitlines():
            wrong = spec.check_answer(method, path, answer.status, kind, json.loads(line))
            need(not wrong, "openapi.yaml: %s", "; ".join(wrong[:5]))
    for name in ("x-content-type-options", "referrer-policy", "content-security-policy", "cache-control"):
        if answer.header("connection") != "close":
            need(answer.header(name), "no %s", name)


def run_case(server, spec, lines):
    requests, answer = [], None
    with client.Connection(server.port) as c:
        pending = b""
        for number, line in lines:
            try:
                if line.startswith(">>"):
                    pending += to_bytes(line[3:], server.port)
                elif line.startswith(">"):
                    pending += to_bytes(line[2:], server.port) + b"\r\n"
                elif line.startswith("! shut"):
                    c.send(pending)
                    requests = starts(pending)
                    pending = b""
                    c.socket.shutdown(client.socket.SHUT_WR)
                else:
                    if pending:
                        requests = starts(pending)
                        c.send(with_length(pending))
                        pending = b""
                    word = line[2:].split(" ")[0]
                    if re.match(r"^(\d{3}|none)(\|(\d{3}|none))*$", word):
                        request = requests.pop(0) if len(requests) > 1 else requests[0]
                        method = request.split(b" ", 1)[0].decode("latin-1")
                        answer = c.answer(method)
                        got = "none" if answer is None else str(answer.status)
                        need(got in [w.strip() for w in line[2:].split("|")], "the answer is %s: %r", got,
                             answer.body[:300] if answer else b"")
                        if answer:
                            hold_against(spec, request, answer)
                    else:
                        check_line(line[2:], answer, c, lines)
            except (Failed, client.Broken, client.socket.timeout, KeyError, ValueError) as e:
                raise Failed("line %d (%s): %s" % (number, line, e or type(e).__name__))
    need(server.ask("GET", "/healthz").status == 200, "the server is not well afterwards")


# ---- openapi.yaml itself -------------------------------------------------------------------------------------------


def test_routes(program, spec):
    told = set(live.output(program, "--print-routes").split("\n")) - {""}
    written = set()
    for path, item in spec.document["paths"].items():
        written |= {"%s %s" % (m.upper(), path) for m in item if m in ("get", "post", "put", "delete", "patch")}
    need(told == written, "only in the router: %s; only in openapi.yaml: %s", sorted(told - written), sorted(written - told))


def test_parameters(program, spec):
    told = {}
    for line in live.output(program, "--print-parameters").split("\n"):
        if line:
            told.setdefault(line.split()[0], set()).add(line.split()[1])
    for path, names in told.items():
        item = spec.document["paths"][path]
        written = {spec.deref(p)["name"] for p in item["get"].get("parameters", []) if spec.deref(p)["in"] == "query"}
        need(names == written, "%s: only in the program: %s; only in openapi.yaml: %s", path, sorted(names - written),
             sorted(written - names))
    content = set(spec.deref({"$ref": "#/components/schemas/SearchRequest"})["properties"])
    need(content == told["/v1/search"], "POST /v1/search: not in both: %s", sorted(content ^ told["/v1/search"]))


def test_examples(program, spec):
    seen = 0
    for path, item in spec.document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            need(operation.get("operationId") and operation.get("summary"), "%s %s: no operationId or summary", method, path)
            for status, answer in operation["responses"].items():
                for kind, media in spec.deref(answer).get("content", {}).items():
                    if "json" in kind and "nd" not in kind:
                        need("example" in media, "%s %s %s: no example", method, path, status)
                    if "example" in media and "ndjson" not in kind:
                        wrong = spec.check(media["schema"], media["example"], "$")
                        need(not wrong, "%s %s %s: the example: %s", method, path, status, wrong)
                        seen += 1
    need(seen > 20, "only %d examples", seen)


# ---- all of it -----------------------------------------------------------------------------------------------------


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--server", required=True)
    p.add_argument("--only", default="")
    p.add_argument("--quick", action="store_true", help="leave out what waits for deadlines")
    p.add_argument("--long", action="store_true", help="the whole of hostile.py: 1,000 slow connections of each kind, 10,000 kept")
    a = p.parse_args()
    hostile.LONG = a.long
    program = os.path.abspath(a.server)
    with open(os.path.join(ROOT, "openapi.yaml"), encoding="utf-8") as f:
        spec = schema.Spec(yaml.safe_load(f))
    passed = failed = 0
    began = time.time()

    def run(name, test, *args):
        nonlocal passed, failed
        if a.only not in name:
            return
        try:
            test(*args)
            passed += 1
        except Exception as e:
            failed += 1
            print("FAIL %s\n     %s" % (name, e))
            if not isinstance(e, (Failed, live.Failed)):
                traceback.print_exc()
        sys.stdout.flush()

    for name, test in (("routes", test_routes), ("parameters", test_parameters), ("examples", test_examples)):
        run("openapi: " + name, test, program, spec)
    with client.Server(program, corpus=os.path.join(ROOT, "corpus")) as server:
        need(server.port, "libsearchd does not start: %s", server.said().decode("utf-8", "replace"))
        for path in sorted(glob.glob(os.path.join(HERE, "*.case"))):
            for name, lines in read_cases(path):
                run(name, run_case, server, spec, lines)
        if server.process.poll() is not None:
            print("the server ended by itself:\n" + server.said().decode("utf-8", "replace")[-6000:])
        run("stops: exit status 0", lambda: need(server.stop() == 0, "it is not 0"))
    for name, test, slow in live.TESTS + news.TESTS + hostile.TESTS:
        if not (slow and a.quick):
            run("%s: %s" % (test.__module__, name), test, program, os.path.join(ROOT, "corpus"))
    print("http: %.1f s" % (time.time() - began))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
