"""client.py: raw sockets to libsearchd, a strict reader of answers, and a server to talk to."""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Answer:
    def __init__(self, status, headers, body, raw_head):
        self.status, self.headers, self.raw, self.raw_head = status, headers, body, raw_head
        self.body = gzip.decompress(body) if self.header("content-encoding") == "gzip" else body

    def header(self, name):
        found = [v for n, v in self.headers if n == name.lower()]
        return ", ".join(found) if found else None

    def json(self):
        return json.loads(self.body.decode("utf-8"))


class Broken(Exception):
    """The server's bytes are no HTTP."""


class Connection:
    def __init__(self, port, timeout=15, host="127.0.0.1", receive=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(timeout)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port, self.buffer, self.ended = port, b"", False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer tells why

    def more(self):
        if self.ended:
            return False
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.ended = not piece
        self.buffer += piece
        return bool(piece)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                return None
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def exactly(self, n):
        while len(self.buffer) < n:
            if not self.more():
                raise Broken("%d bytes of %d" % (len(self.buffer), n))
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def chunked(self):
        data = b""
        while True:
            line = self.until(b"\r\n")
            if line is None:
                raise Broken("cut within chunks")
            n = int(line, 16)
            data += self.exactly(n)
            if self.exactly(2) != b"\r\n":
                raise Broken("no CR LF behind a chunk")
            if n == 0:
                return data

    def answer(self, method="GET"):
        """The next answer, or None where the connection ended."""
        while True:
            head = self.until(b"\r\n\r\n")
            if head is None:
                if self.buffer:
                    raise Broken("an unfinished head: %r" % self.buffer[:100])
                return None
            lines = head.split(b"\r\n")
            m = re.match(rb"^HTTP/1\.[01] (\d{3}) ", lines[0] + b" ")
            if not m:
                raise Broken("no status line: %r" % lines[0][:100])
            if m.group(1) != b"100":
                break
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not re.match(rb"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", name):
                raise Broken("no header: %r" % line[:100])
            headers.append((name.decode().lower(), value.decode("latin-1").strip()))
        status, fields = int(m.group(1)), dict(headers)
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif fields.get("transfer-encoding") == "chunked":
            body = self.chunked()
        elif "content-length" in fields:
            body = self.exactly(int(fields["content-length"]))
        else:
            while self.more():
                pass
            body, self.buffer = self.buffer, b""
        return Answer(status, headers, body, head)

    def closed(self, wait=5):
        """Whether the server closes, and says nothing more before."""
        self.socket.settimeout(wait)
        try:
            while self.more():
                pass
        except socket.timeout:
            return False
        return not self.buffer


def ask(port, method, target, body=None, headers=(), timeout=30):
    """One request on a connection of its own."""
    if isinstance(body, str):
        body = body.encode()
    lines = ["%s %s HTTP/1.1" % (method, target), "Host: 127.0.0.1:%d" % port, "Connection: close"]
    lines += ["%s: %s" % h for h in headers]
    if body is not None:
        lines.append("Content-Length: %d" % len(body))
    with Connection(port, timeout) as c:
        c.send("\r\n".join(lines + ["", ""]).encode() + (body or b""))
        return c.answer(method)


JSON = (("Content-Type", "application/json"),)
NDJSON = (("Content-Type", "application/x-ndjson"),)


class Server:
    """libsearchd on a free port with an index of its own."""

    def __init__(self, program, *flags, corpus=None, index=None, environment=None):
        self.folder = tempfile.mkdtemp(prefix="libsearchd-")
        self.index = index or os.path.join(self.folder, "index")
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        command = [program, "--index", self.index, "--listen", "127.0.0.1:0"]
        if corpus:
            command += ["--corpus", corpus]
        self.process = subprocess.Popen(command + list(flags), stderr=self.log, stdin=subprocess.DEVNULL, env=environment)
        self.port = None
        end = time.time() + 30
        while time.time() < end and self.port is None:
            m = re.search(rb"ready on http://127\.0\.0\.1:(\d+)/ \(\d+ documents\)", self.said())
            if m:
                self.port = int(m.group(1))
            elif self.process.poll() is not None:
                break
            else:
                time.sleep(0.01)

    def said(self):
        with open(self.log.name, "rb") as f:
            return f.read()

    def ask(self, *a, **k):
        return ask(self.port, *a, **k)

    def stop(self, how=signal.SIGTERM, wait=12):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed"

    def remove(self):
        self.stop()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
