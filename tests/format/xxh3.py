"""xxh3.py - XXH3 of 64 and of 128 bits, seed 0, written from its specification (xxhash_spec.md of the xxHash project,
https://github.com/Cyan4973/xxHash). Slow, and without any library: it is here to check others.

    sum64(b"hello") == 0x9555e8555c62dcfd
"""
from struct import unpack_from

M32, M64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
A1, A2, A3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
B1, B2, B3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
B4, B5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
X1, X2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def _u32(b, at):
    return unpack_from("<I", b, at)[0]


def _u64(b, at):
    return unpack_from("<Q", b, at)[0]


def _swap(v, n):
    return int.from_bytes(v.to_bytes(n, "little"), "big")


def _rotl(v, r):
    return (v << r | v >> (64 - r)) & M64


def _fold(a, b):
    p = a * b
    return (p & M64) ^ (p >> 64)


def _end3(h):  # the closing mix of XXH3
    h ^= h >> 37
    h = h * X1 & M64
    return h ^ h >> 32


def _end64(h):  # that of XXH64, for the shortest inputs
    h ^= h >> 33
    h = h * B2 & M64
    h ^= h >> 29
    h = h * B3 & M64
    return h ^ h >> 32


def _mix16(b, at, s):
    return _fold(_u64(b, at) ^ _u64(SECRET, s), _u64(b, at + 8) ^ _u64(SECRET, s + 8))


def _long(b):
    """The eight accumulators of an input of more than 240 bytes."""
    n = len(b)
    acc = [A3, B1, B2, B3, B4, A2, B5, A1]
    keys = [unpack_from("<8Q", SECRET, 8 * i) for i in range(16)]
    scramble = unpack_from("<8Q", SECRET, 128)

    def stripe(at, key):
        v = unpack_from("<8Q", b, at)
        for i in range(8):
            k = v[i] ^ key[i]
            acc[i ^ 1] = acc[i ^ 1] + v[i] & M64
            acc[i] = acc[i] + (k & M32) * (k >> 32) & M64

    blocks, at = (n - 1) // 1024, 0
    for _ in range(blocks):
        for key in keys:
            stripe(at, key)
            at += 64
        for i in range(8):
            acc[i] = ((acc[i] ^ acc[i] >> 47) ^ scramble[i]) * A1 & M64
    for i in range((n - 1 - at) // 64):
        stripe(at, keys[i])
        at += 64
    stripe(n - 64, unpack_from("<8Q", SECRET, 121))
    return acc


def _merge(acc, s, start):
    for i in range(4):
        start += _fold(acc[2 * i] ^ _u64(SECRET, s + 16 * i), acc[2 * i + 1] ^ _u64(SECRET, s + 16 * i + 8))
    return _end3(start & M64)


def sum64(b):
    n = len(b)
    if n == 0:
        return _end64(_u64(SECRET, 56) ^ _u64(SECRET, 64))
    if n < 4:
        v = b[0] << 16 | b[n >> 1] << 24 | b[n - 1] | n << 8
        return _end64(v ^ _u32(SECRET, 0) ^ _u32(SECRET, 4))
    if n <= 8:
        h = (_u32(b, n - 4) + (_u32(b, 0) << 32)) ^ _u64(SECRET, 8) ^ _u64(SECRET, 16)
        h ^= _rotl(h, 49) ^ _rotl(h, 24)
        h = h * X2 & M64
        h ^= (h >> 35) + n
        h = h * X2 & M64
        return h ^ h >> 28
    if n <= 16:
        lo = _u64(b, 0) ^ _u64(SECRET, 24) ^ _u64(SECRET, 32)
        hi = _u64(b, n - 8) ^ _u64(SECRET, 40) ^ _u64(SECRET, 48)
        return _end3(n + _swap(lo, 8) + hi + _fold(lo, hi) & M64)
    acc = n * B1
    if n <= 128:
        for i in range((n - 1) // 32, -1, -1):
            acc += _mix16(b, 16 * i, 32 * i) + _mix16(b, n - 16 * i - 16, 32 * i + 16)
        return _end3(acc & M64)
    if n <= 240:
        for i in range(8):
            acc += _mix16(b, 16 * i, 16 * i)
        acc = _end3(acc & M64)
        for i in range(8, n // 16):
            acc += _mix16(b, 16 * i, 16 * (i - 8) + 3)
        return _end3(acc + _mix16(b, n - 16, 119) & M64)
    return _merge(_long(b), 11, n * B1 & M64)


def _mix32(lo, hi, b, at, other, s):
    lo = (lo + _mix16(b, at, s) & M64) ^ (_u64(b, other) + _u64(b, other + 8) & M64)
    hi = (hi + _mix16(b, other, s + 16) & M64) ^ (_u64(b, at) + _u64(b, at + 8) & M64)
    return lo, hi


def _pair(b):
    """(low half, high half) of the 128 bits."""
    n = len(b)
    if n == 0:
        return (_end64(_u64(SECRET, 64) ^ _u64(SECRET, 72)), _end64(_u64(SECRET, 80) ^ _u64(SECRET, 88)))
    if n < 4:
        v = b[0] << 16 | b[n >> 1] << 24 | b[n - 1] | n << 8
        w = _swap(v, 4)
        w = (w << 13 | w >> 19) & M32
        return (_end64(v ^ _u32(SECRET, 0) ^ _u32(SECRET, 4)), _end64(w ^ _u32(SECRET, 8) ^ _u32(SECRET, 12)))
    if n <= 8:
        p = ((_u32(b, 0) + (_u32(b, n - 4) << 32)) ^ _u64(SECRET, 16) ^ _u64(SECRET, 24)) * (B1 + (n << 2) & M64)
        lo, hi = p & M64, p >> 64
        hi = hi + (lo << 1) & M64
        lo ^= hi >> 3
        lo ^= lo >> 35
        lo = lo * X2 & M64
        return (lo ^ lo >> 28, _end3(hi))
    if n <= 16:
        high = _u64(b, n - 8)
        p = (_u64(b, 0) ^ high ^ _u64(SECRET, 32) ^ _u64(SECRET, 40)) * B1
        lo, hi = (p & M64) + ((n - 1) << 54) & M64, p >> 64
        high ^= _u64(SECRET, 48) ^ _u64(SECRET, 56)
        hi = hi + high + (high & M32) * (A2 - 1) & M64
        lo ^= _swap(hi, 8)
        p = lo * B2
        return (_end3(p & M64), _end3((p >> 64) + hi * B2 & M64))
    if n <= 240:
        lo, hi = n * B1 & M64, 0
        if n <= 128:
            for i in range((n - 1) // 32, -1, -1):
                lo, hi = _mix32(lo, hi, b, 16 * i, n - 16 * i - 16, 32 * i)
        else:
            for i in range(4):
                lo, hi = _mix32(lo, hi, b, 32 * i, 32 * i + 16, 32 * i)
            lo, hi = _end3(lo), _end3(hi)
            for i in range(4, n // 32):
                lo, hi = _mix32(lo, hi, b, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
            lo, hi = _mix32(lo, hi, b, n - 16, n - 32, 103)
        return (_end3(lo + hi & M64), -_end3(lo * B1 + hi * B4 + n * B2 & M64) & M64)
    acc = _long(b)
    return (_merge(acc, 11, n * B1 & M64), _merge(acc, 117, ~(n * B2) & M64))


def digest128(b):
    """16 bytes in the canonical order: the high half first, each half's highest byte first."""
    lo, hi = _pair(b)
    return hi.to_bytes(8, "big") + lo.to_bytes(8, "big")
