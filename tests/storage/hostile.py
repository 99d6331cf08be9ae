"""Archives in which one unpacker finds `GOOD` at `bin/atlasd` and another `EVIL`.

Written byte by byte: no honest tool would make them.
"""

from __future__ import annotations

import gzip
import struct
import zlib

NAME, GOOD, EVIL = b"bin/atlasd", b"GOOD-binary\n", b"EVIL-binary\n"
POSIX, GNU, OLDEST = b"ustar\x0000", b"ustar  \0", bytes(8)
END = bytes(1024)


# ---- tar ----------------------------------------------------------------------------------------


def header(name, size=0, kind=b"0", magic=POSIX, prefix=b"", link=b"", sized=b"", end=b""):
    made = bytearray(512)
    fields = {
        0: name,
        100: b"0000755\0" + b"0000000\0" * 2,
        124: sized or b"%011o\0" % size,
        136: b"%011o\0" % 1_700_000_000 + b" " * 8 + kind + link,
        257: magic,
        345: prefix,
        512 - len(end): end,
    }
    for place, text in fields.items():
        made[place : place + len(text)] = text
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(name, data=b"", **fields):
    return header(name, len(data), **fields) + padded(data)


def pax(*records, kind=b"x", name=b"PaxHeaders/x"):
    payload = b""
    for key, value in records:
        body = b" %s=%s\n" % (key, value)
        size = len(body) + 1
        while len(str(size)) + len(body) != size:
            size += 1
        payload += b"%d" % size + body
    return entry(name, payload, kind=kind)


def long(name, kind=b"L"):
    return entry(b"././@LongLink", name + b"\0", kind=kind, magic=GNU)


def path(name):
    return pax((b"path", name))


def link(name, target, kind=b"2", **fields):
    return header(name, kind=kind, link=target, **fields)


G = entry(NAME, GOOD)
INNER = entry(NAME, EVIL)
HIDDEN = {
    # more than one source of a name
    "pax, then long": path(NAME) + long(b"decoy") + entry(b"zz", EVIL),
    "long, then pax": long(NAME) + path(b"decoy") + entry(b"zz", EVIL),
    "two pax headers": path(NAME) + path(b"decoy") + entry(b"zz", EVIL),
    "two pax headers, the first without a name": pax((b"mtime", b"1"))
    + path(b"decoy")
    + entry(NAME, EVIL),
    "two long names": long(NAME) + long(b"decoy") + entry(b"zz", EVIL),
    "two paths in one header": pax((b"path", b"decoy"), (b"path", NAME)) + entry(b"zz", EVIL),
    "an empty second path": pax((b"path", b"decoy"), (b"path", b"")) + entry(NAME, EVIL),
    "an empty path": path(b"decoy") + path(b"") + entry(NAME, EVIL),
    "a path with a NUL": path(NAME + b"\0x") + entry(b"zz", EVIL),
    "a long name with a NUL": long(NAME + b"\0x") + entry(b"zz", EVIL),
    "an empty long name": long(b"") + entry(NAME, EVIL),
    "a Solaris header": pax((b"path", b"decoy"), kind=b"X") + entry(NAME, EVIL),
    "a global header between": path(NAME) + pax((b"comment", b"x"), kind=b"g") + entry(b"z", EVIL),
    "a global name": pax((b"path", NAME), kind=b"g") + entry(b"zz", EVIL),
    # a name that only some read
    "only the raw name": path(b"decoy") + entry(NAME, EVIL),
    "only the raw long name": long(b"decoy") + entry(NAME, EVIL),
    "a raw name in another case": path(b"decoy") + entry(b"BIN/atlasd", EVIL),
    "a raw link below which it is": path(b"decoy")
    + link(b"other", b"bin")
    + entry(b"other/atlasd", EVIL),
    "a raw name below a link": link(b"other", b"bin")
    + path(b"decoy")
    + entry(b"other/atlasd", EVIL),
    "a raw hard link": pax((b"linkpath", b"decoy")) + link(b"b", NAME, b"1") + entry(b"b", EVIL),
    "a header stored as the member": pax((b"comment", b"x"), name=NAME),
    "an old GNU prefix": entry(NAME, EVIL, magic=GNU, prefix=b"x"),
    "a prefix before there were any": entry(NAME, EVIL, magic=OLDEST, prefix=b"x"),
    "a prefix without a version": entry(NAME, EVIL, magic=b"ustar\0\0\0", prefix=b"x"),
    "a star prefix": entry(NAME, EVIL, prefix=b"x" * 140, end=b"tar\0"),
    "a path that climbs": entry(b"q/x/../bin/atlasd", EVIL),
    "a file named like a directory": entry(NAME + b"/", EVIL),
    # contents that only some skip
    "a size in pax alone": pax((b"size", b"%d" % len(INNER))) + header(b"decoy") + INNER,
    "a size that pax takes back": pax((b"size", b"0")) + header(b"decoy", len(INNER)) + INNER,
    "a directory with a size": header(b"decoy/", len(INNER), b"5") + INNER,
    "a link with a size": header(b"decoy", len(INNER), b"2", link=b"x") + INNER,
    "a size after a NUL": header(b"decoy", sized=b"\0%010o\0" % len(INNER)) + INNER,
    "a size in nine bytes": header(b"decoy", sized=b"\x81" + bytes(10) + bytes([len(EVIL)]))
    + INNER,
    "a checksum that is none": b"\1" * 512 + INNER,
    "after a zero block": bytes(512) + INNER,
    "a real size of star": pax((b"SCHILY.realsize", b"3")) + INNER,
    "a second file type": pax((b"SCHILY.filetype", b"directory")) + INNER,
    "a map of holes": pax((b"SUN.holesdata", b"0 6 12")) + INNER,
    "a sparse map": pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", NAME))
    + entry(b"d", EVIL),
}
for odd in b"7ADEIMNSVWXZ89a":
    HIDDEN[f"kind {odd:c}"] = entry(NAME, EVIL, kind=bytes([odd]))
    HIDDEN[f"kind {odd:c} around it"] = entry(b"decoy", INNER, kind=bytes([odd]))

PLACES = (
    *(NAME, b"decoy", b"bin", b"bin/", b"other", b"other/", b"other/atlasd", b"./bin//atlasd"),
    *(b"BIN/atlasd", b"/bin/atlasd", b"bin/atlasd/x", b"x" * 120 + b"/bin/atlasd"),
)


def pieces(chance):
    """One to five entries or headers about entries, most of them about the member's place."""
    for _ in range(chance.randint(1, 5)):
        first, second = chance.choice(PLACES), chance.choice(PLACES)
        short, data = second[:100], chance.choice([GOOD, EVIL])
        magic = chance.choice([POSIX, GNU, OLDEST])
        about = [
            b"",
            path(first),
            long(first),
            pax((b"linkpath", first)),
            long(first, b"K"),
            pax((b"path", first), (b"linkpath", second)),
            pax((b"size", b"%d" % len(data))),
            pax((b"comment", b"x"), kind=b"g"),
        ]
        entries = [
            b"",
            entry(short, data, magic=magic),
            entry(short, data, magic=magic, kind=b"\0"),
            entry(short, data, prefix=first[:100]),
            link(short, first[:100], chance.choice([b"1", b"2"])),
            header(short, kind=b"5"),
        ]
        yield chance.choice(about) + chance.choice(entries)


NAMED_ONCE = {
    "pax over another name": path(NAME) + entry(b"decoy", EVIL),
    "long over another name": long(NAME) + entry(b"decoy", EVIL),
    "cut by a star": pax((b"SCHILY.realsize", b"3")) + INNER,
    "a header without its entry": G + path(NAME),
    "a long name without its entry": G + long(NAME),
}
TARS = {
    **{f"{what}, last": G + hidden + END for what, hidden in HIDDEN.items()},
    **{f"{what}, first": hidden + G + END for what, hidden in HIDDEN.items()},
    **{what: hidden + END for what, hidden in NAMED_ONCE.items()},
    "in a second stream": gzip.compress(G) + gzip.compress(INNER + END),
}


# ---- zip ----------------------------------------------------------------------------------------


def local(name, data, extra=b"", method=0, flags=0, size=None, crc=None):
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    fields = (20, flags, method, 0, 0x5821, crc, size, size, len(name), len(extra))
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + name + extra


def central(name, data, at, extra=b"", mode=0o100755, method=0, flags=0, packed=None):
    packed = len(data) if packed is None else packed
    fields = (zlib.crc32(data), packed, len(data), len(name), len(extra), 0, 0, 0)
    return (
        struct.pack("<4s6H", b"PK\1\2", 0x314, 20, flags, method, 0, 0x5821)
        + struct.pack("<3L5H2L", *fields, mode << 16, at)
        + name
        + extra
    )


def end(count, size, start, comment=b"", listed=None, disk=0):
    fields = (disk, disk, listed or count, count, size, start, len(comment))
    return struct.pack("<4s4H2LH", b"PK\5\6", *fields) + comment


def described(data, packed=None):
    return b"PK\7\x08" + struct.pack("<3L", zlib.crc32(data), packed or len(data), len(data))


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def stored(name, data, **fields):
    """A local entry, and what lists it."""
    named = {"extra", "flags"} & set(fields)
    return (
        local(name, data, **fields) + data,
        lambda at: central(name, data, at, **{key: fields[key] for key in named}),
    )


def unlisted(name, data):
    return local(name, data) + data, lambda _at: b""


def archive(*parts, comment=b"", before=b"", after=b""):
    body, listed, count = b"", b"", 0
    for bytes_, listing in parts:
        line = listing(len(body))
        body, listed, count = body + bytes_, listed + line, count + bool(line)
    body += before
    return body + listed + after + end(count, len(listed), len(body), comment)


def with_long_end(plain, *, located=0, **short):
    """A zip with an end record of 64 bits before the other one."""
    _, _, _, _, count, size, start, _ = struct.unpack("<4s4H2LH", plain[-22:])
    place = start + size
    long_end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place + located, 1)
    values = {"count": count, "size": size, "start": start} | short
    return plain[:-22] + long_end + locator + end(**values)


def unicode_path(name, other):
    body = b"\1" + struct.pack("<L", zlib.crc32(name)) + other
    return struct.pack("<2H", 0x7075, len(body)) + body


def with_two_directories():
    """Files in which two end records list one of two entries each."""
    good, evil = stored(NAME, GOOD), stored(NAME, EVIL)
    body = good[0] + evil[0]
    lists = {"good": good[1](0), "evil": evil[1](len(good[0]))}
    size, start = len(lists["good"]), len(body)
    made = {}
    for first, last in (("good", "evil"), ("evil", "good")):
        inside = lists[last] + end(1, size, start + size + 22)
        made[f"{first} listed, {last} in the comment"] = (
            body + lists[first] + end(1, size, start, inside)
        )
        long_end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, start)
        other_end = long_end[:-8] + struct.pack("<Q", start + size + 56)
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
        masked = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
        made[f"{first} in the located end, {last} in the nearest"] = (
            body + lists[first] + long_end + lists[last] + other_end + locator + masked
        )
        made[f"{first} in the long end, {last} in the short"] = (
            body
            + lists[last]
            + lists[first]
            + long_end[:-8]
            + struct.pack("<Q", start + size)
            + struct.pack("<4sLQL", b"PK\6\7", 0, start + 2 * size, 1)
            + end(1, size, start)
        )
    return made


def early_end():
    """A described entry whose compressed data end early: streaming readers go on from there."""
    data = b"read me\n"
    packed = deflated(data)
    inner = packed + described(data, len(packed)) + local(NAME, EVIL) + EVIL
    start = local(b"README", b"", method=8, flags=8)
    return (
        start + inner + described(data, len(inner)),
        lambda at: central(b"README", data, at, method=8, flags=8, packed=len(inner)),
    )


def two_ends():
    """The same of an entry that is not compressed."""
    data = b"read me\n"
    inner = data + described(data) + local(NAME, EVIL) + EVIL
    return (
        local(b"README", b"", flags=8) + inner + described(inner),
        lambda at: central(b"README", inner, at, flags=8),
    )


g, readme, e = stored(NAME, GOOD), stored(b"README", b"hi"), stored(NAME, EVIL)
other_name = unicode_path(b"decoy", NAME)
ZIPS = {
    "unlisted between": archive(g, unlisted(NAME, EVIL), readme),
    "unlisted at the end": archive(g, readme, unlisted(NAME, EVIL)),
    "unlisted at the start": archive(unlisted(NAME, EVIL), g),
    "another name in the list": archive(g, (e[0], lambda at: central(b"decoy/xyzw", EVIL, at))),
    "another name in the file": archive((local(b"zzz/zzzzzz", GOOD) + GOOD, g[1]), readme),
    "another checksum in the file": archive((local(NAME, EVIL) + EVIL, g[1])),
    "longer in the file": archive((local(NAME, GOOD + EVIL) + GOOD + EVIL, g[1])),
    "another method in the file": archive((local(NAME, GOOD, method=8) + GOOD, g[1])),
    "encrypted in the file": archive((local(NAME, GOOD, flags=1) + GOOD, g[1])),
    "a Unicode path": archive(g, stored(b"decoy", EVIL, extra=other_name)),
    "a Unicode path in the list": archive(
        g, (local(b"decoy", EVIL) + EVIL, lambda at: central(b"decoy", EVIL, at, other_name))
    ),
    "a Unicode path in the file": archive(
        g, (local(b"decoy", EVIL, other_name) + EVIL, lambda at: central(b"decoy", EVIL, at))
    ),
    "a NUL in a name": archive(g, stored(NAME + b"\0x", EVIL)),
    "a control character in a name": archive(g, stored(b"bin/at\1lasd", EVIL)),
    "a version behind a name": archive(g, stored(NAME + b";1", EVIL)),
    "twice": archive(g, e),
    "an absolute name": archive(g, stored(b"/" + NAME, EVIL)),
    "a path that climbs": archive(g, stored(b"bin/../atlasd", EVIL)),
    "attributes in the file": archive(
        stored(NAME, GOOD, extra=struct.pack("<2HB2H", 0x6C78, 5, 0, 0, 0))
    ),
    "a byte after the end": archive(g) + b"x",
    "a byte before the list": archive(g, before=b"x"),
    "a byte after the list": archive(g, after=b"x"),
    "a byte at the start": b"x" + archive(g),
    "one counted, two listed": archive(g, e)[:-22] + end(1, 2 * 56, 2 * (30 + 10 + 12)),
    "two counted, one listed": archive(g, e)[:-22] + end(2, 56, 2 * (30 + 10 + 12)),
    "in another order": archive(
        (g[0] + readme[0], lambda _at: readme[1](len(g[0]))), (b"", lambda _at: g[1](0))
    ),
    "compressed data that end early": archive(g, early_end()),
    "two ends of stored data": archive(g, two_ends()),
    "another descriptor": archive(
        (
            local(NAME, b"", method=8, flags=8) + deflated(GOOD) + described(EVIL, 14),
            lambda at: central(NAME, GOOD, at, method=8, flags=8, packed=len(deflated(GOOD))),
        )
    ),
    **with_two_directories(),
}


# ---- both ---------------------------------------------------------------------------------------


def zip_under_a_tar():
    """A zip with `GOOD` whose first local header is a tar header before `EVIL`."""
    evil = INNER + END
    made = bytearray(header(b""))
    rest = bytes(512 - 44 + len(evil))
    made[:44] = local(NAME, GOOD, struct.pack("<2H", 0x9999, len(rest)) + rest)[:44]
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    body = bytes(made) + evil + GOOD
    listed = central(NAME, GOOD, 0)
    return body + listed + end(1, len(listed), len(body))


def tar_over_a_zip():
    """A tar with `GOOD` whose tail is a zip with `EVIL`."""
    start = len(G) + 512
    body = local(NAME, EVIL) + EVIL + central(NAME, EVIL, start)
    rest = bytes(-(len(body) + 22) % 512) + END
    size = len(central(NAME, EVIL, start))
    return G + header(b"notes", len(body) + 22) + body + end(1, size, start + 52, rest)


def gzip_around_a_zip():
    """A gzip with `GOOD` whose header's extra field is a zip with `EVIL`."""
    packed = gzip.compress(G + END, mtime=0)
    inside = archive(e)
    return packed[:3] + b"\4" + packed[4:10] + struct.pack("<H", len(inside)) + inside + packed[10:]


BOTH = {
    "a zip under a tar": zip_under_a_tar(),
    "a tar over a zip": tar_over_a_zip(),
    "a gzip over a zip": gzip.compress(G + END) + archive(e),
    "a gzip around a zip": gzip_around_a_zip(),
}
