"""Public keys: what is accepted is the only spelling of a point that the library takes too."""

from __future__ import annotations

from _harness import instrumented, main

with instrumented():
    from aztrust.core.formats.keys import parse_public_key, verify_signature

SEEDS = [
    b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
""",
    b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeGa6ZCZn0q6WpaUwJrSk+PPYEsca
3Xkk3UrxvbQtoZzTmq0zIYq+4QQl0YBedSyy+XcwAMaUWTouTrB05WhYtg==
-----END PUBLIC KEY-----
""",
    b"-----BEGIN PUBLIC KEY-----\r\nAAAA\r\n-----END PUBLIC KEY-----",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
]


def target(data: bytes) -> None:
    key = parse_public_key(data, name="f")
    assert parse_public_key(key.pem, name="f") == key, "another key after writing it"
    assert b"".join(data.split()) == b"".join(key.pem.split()), "two spellings of one key"
    assert not verify_signature(key, b"\x30\x06\x02\x01\x01\x02\x01\x01", b"m")
    assert not verify_signature(key, key.material[:32] + bytes(32), b"m")


if __name__ == "__main__":
    main(target, SEEDS, ("-----BEGIN ", "-----END ", "PUBLIC KEY", "PRIVATE KEY", "-----", "=="))
