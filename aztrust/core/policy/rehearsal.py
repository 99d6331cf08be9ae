"""The rehearsal's keys: published with their private halves, and therefore worthless.

`fixtures/regenerate.py` derives them; they are named here so that no policy of a real launch can
list one by accident (design 4), and so that their private files may be in a repository with any
mode.
"""

from __future__ import annotations

REHEARSAL_KEYS: frozenset[str] = frozenset(
    {
        "sha256:8080c03bf546bebaa62e17937103a540b39b98f2c8fc3840607741c2afc6b7b5",  # rita
        "sha256:edc4bbd5a84da48f9ee9b8a928bb54d45a56897c5724278584ca60381639735f",  # gabi
        "sha256:1052bce810f52e59c9eac782f417b209dd2feb1460e7cc55893b33e4b4f9cf82",  # sonia
        "sha256:8c1cc47526718eae1f4d0377776a8a57034b40115d05f873c4a7835fe1e8402a",  # cosmin
        "sha256:f14aec8694331cdad33dd783c89be841ee7f9fb50aad6ae7d46cffdcc7352171",  # luca
        "sha256:15c4f1bdab8b59fa174b55a0e71ad3400ffc32195d4019f20fcfdd55496bd775",  # dan
        "sha256:883d41ae63172dc98c214f61f0540bc3e6fb5d3e213e1fe8db26a31b0d307fe2",  # mallory
    }
)
