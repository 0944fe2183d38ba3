"""disk.py: a disk as the log of record.c leaves it: what is durable, what is under way, and the states in which a loss
of power may leave a directory.

What an fsync promises, and nothing else is believed:
  * a file's bytes are durable once an fsync of the file came behind the write, whichever descriptor it was made on;
  * a name (made, renamed, linked, unlinked, mkdir) is durable once an fsync of its directory came behind it;
  * all that was not fsynced may be there, missing, in any order and, of bytes, in part: any sectors of 512 bytes, a
    prefix cut anywhere, a size without its bytes (zeros), a name whose file is empty. A rename is whole, but the old
    name may linger.
"""
import hashlib
import itertools
import struct

HEAD = struct.Struct("<cIQQII")
SECTOR = 512
ALL_SUBSETS = 6  # of so many pending names all subsets are tried, of more some at random


class Record:
    __slots__ = ("what", "process", "handle", "offset", "a", "b", "number")

    def __init__(self, number, what, process, handle, offset, a, b):
        self.number, self.what, self.process, self.handle, self.offset = number, what, process, handle, offset
        self.a, self.b = a, b


def read_log(path):
    data, at, records = open(path, "rb").read(), 0, []
    while at < len(data):
        what, process, handle, offset, a, b = HEAD.unpack_from(data, at)
        at += HEAD.size
        records.append(Record(len(records), what.decode(), process, handle, offset, data[at:at + a].decode(),
                              data[at + a:at + a + b]))
        at += a + b
    return records


def append(path, what, a, b):
    """A record of the driver's own: K, all of the index a is durable from here on, and it holds what b (JSON) says."""
    with open(path, "ab") as f:
        f.write(HEAD.pack(what.encode(), 0, 0, 0, len(a.encode()), len(b)) + a.encode() + b)


class File:
    """Bytes on their way: durable ones, and writes since the last fsync."""

    def __init__(self, data=b""):
        self.durable, self.now, self.writes = data, data, []

    def write(self, at, data):
        self.now = self.now.ljust(at, b"\0")[:at] + data + self.now[at + len(data):]
        self.writes.append((at, len(data)))

    def cut(self, size):
        self.now = self.now[:size].ljust(size, b"\0")
        self.writes.append((0, size))

    def sync(self):
        self.durable, self.writes = self.now, []

    def torn(self, chance):
        """One of the states in which it may be found, at random."""
        kind, n = chance.randrange(8), len(self.now)
        if kind == 0:
            return self.durable
        if kind == 1:
            return self.now
        if kind == 2:  # the size alone
            return self.durable[:n].ljust(n, b"\0")
        cut = chance.randrange(n + 1)
        if kind == 3:  # up to a sector
            cut -= cut % SECTOR
        if kind in (3, 4):
            return self.now[:cut]
        if kind == 5:  # the size, and a part of the bytes
            return self.now[:cut - cut % SECTOR].ljust(n, b"\0")
        if kind == 6 and len(self.writes) > 1:  # one write lost among others
            at, size = chance.choice(self.writes)
            return self.now[:at] + self.durable[at:at + size].ljust(min(size, n - at), b"\0") + self.now[at + size:]
        keep = chance.choice((0.1, 0.5, 0.9, 1 - 1 / (n // SECTOR + 1)))  # sectors in any order
        old = self.durable[:n].ljust(n, b"\0")
        return b"".join((self.now if chance.random() < keep else old)[i:i + SECTOR] for i in range(0, n, SECTOR))

    def uniform(self):
        """The extremes: nothing, everything, the size alone, half."""
        n = len(self.now)
        half = n // 2 - n // 2 % SECTOR
        return [self.durable, self.now, self.durable[:n].ljust(n, b"\0"), self.now[:half]]


class Directory:
    def __init__(self, durable=None):
        self.durable = {name: File(data) for name, data in (durable or {}).items()}
        self.now = dict(self.durable)
        self.pending = []                         # (what, name, other, File) since the last fsync
        self.made_durable = durable is not None   # its own name

    def do(self, what, name, other, file):
        apply(self.now, what, name, other, file)
        self.pending.append((what, name, other, file))

    def sync(self):
        self.durable, self.pending = dict(self.now), []

    def names(self, kept, linger=None):
        """The names after the pending changes of the numbers `kept`; of the rename `linger` the old one stays."""
        found = dict(self.durable)
        for i in kept:
            what, name, other, file = self.pending[i]
            apply(found, "L" if i == linger else what, name, other, file)
        return found

    def some_names(self, chance):
        n = len(self.pending)
        way = chance.randrange(4)
        if way == 0:
            kept = range(chance.randrange(n + 1))                             # in order, up to somewhere
        elif way == 1 and n:
            kept = [i for i in range(n) if i != chance.randrange(n)]          # one of them, or some, lost
        else:
            keep = chance.random()
            kept = [i for i in range(n) if chance.random() < keep]
        renames = [i for i in kept if self.pending[i][0] == "R"]
        return self.names(kept, chance.choice(renames) if renames and chance.random() < 0.1 else None)

    def plain_states(self):
        """Without chance: subsets of the names with each extreme of all bytes under way."""
        n = len(self.pending)
        if n <= ALL_SUBSETS:
            subsets = itertools.chain.from_iterable(itertools.combinations(range(n), k) for k in range(n + 1))
        else:
            subsets = [range(k) for k in range(n + 1)] + [[j for j in range(n) if j != i] for i in range(n)]
        for kept in subsets:
            names = self.names(kept)
            unsure = [f for f in names.values() if f.writes]
            for extreme in range(4 if unsure else 1):
                yield {name: f.uniform()[extreme] if f.writes else f.now for name, f in names.items()}
        if not self.made_durable:
            yield None

    def random_state(self, chance):
        if not self.made_durable and chance.random() < 0.1:
            return None
        torn = {}
        state = {}
        for name, f in self.some_names(chance).items():
            if f.writes and f not in torn:  # two names of one file: the same bytes
                torn[f] = f.torn(chance)
            state[name] = torn[f] if f.writes else f.now
        return state

    def whole(self):
        return {name: f.now for name, f in self.now.items()}


def apply(names, what, name, other, file):
    if what == "N":
        names[name] = file
    elif what == "L":
        names[other] = file
    elif what == "R":
        if names.get(name) is file:
            del names[name]
        names[other] = file
    elif what == "U" and names.get(name) is file:
        del names[name]


def digest(state):
    if state is None:
        return b"none"
    h = hashlib.blake2b(digest_size=16)
    for name in sorted(state):
        h.update(name.encode() + b"\0" + hashlib.blake2b(state[name], digest_size=16).digest())
    return h.digest()


class Disk:
    """All of the root. do() takes the records in turn."""

    def __init__(self, durable):
        """durable: what lies there from the beginning, path -> {name: bytes}."""
        self.handles = {}
        self.directories = {path: Directory(state) for path, state in durable.items()}

    def place(self, path):
        folder, _, name = path.rpartition("/")
        return self.directories[folder], name

    def do(self, r):
        """The path of the directory that changed, or None."""
        key = (r.process, r.handle)
        if r.what == "D":
            self.handles[key] = r.a
        elif r.what in "NO":
            folder, name = self.place(r.a)
            file = File() if r.what == "N" else folder.now[name]
            self.handles[key] = (file, r.a.rpartition("/")[0])
            if r.what == "N":
                folder.do("N", name, None, file)
                return r.a.rpartition("/")[0]
        elif r.what == "C":
            self.handles.pop(key, None)
        elif r.what in "WTS":
            return self.file_call(r, self.handles[key])
        elif r.what == "M":
            self.directories[r.a] = Directory()
            return r.a
        elif r.what == "X":
            self.directories.pop(r.a)
        elif r.what in "RLU":
            folder, name = self.place(r.a)
            other = r.b.decode().rpartition("/")[2]
            folder.do(r.what, name, other, folder.now[name])
            return r.a.rpartition("/")[0]
        return None

    def file_call(self, r, on):
        if isinstance(on, str):  # fsync of a directory
            if on:
                self.directories[on].sync()
                return on
            for d in self.directories.values():
                d.made_durable = True
            return None
        file, folder = on
        if r.what == "W":
            file.write(r.offset, r.b)
        elif r.what == "T":
            file.cut(r.offset)
        else:
            file.sync()
        return folder
