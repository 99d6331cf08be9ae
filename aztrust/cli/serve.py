"""`aztrust serve`: the launch over HTTP."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, anchor_option, ledger_option, together
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.base.extras import how_to_install
from aztrust.report.lines import labelled

LIBRARIES: Final = ("anyio", "h11", "starlette", "uvicorn")
"""What the extra `serve` installs."""
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_LOG: Final = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@command(
    "serve",
    short_help="Serve the kit and the ledger, and take records, over HTTP.",
    example="aztrust serve\n"
    "aztrust serve --listen 0.0.0.0:8440 --tls-cert full.pem --tls-key key.pem",
    no_output="its address is printed; --access-log FILE logs each request",
)
@click.option(
    "--listen",
    metavar="ADDR",
    default="127.0.0.1:8440",
    show_default=True,
    help="HOST:PORT, or PORT of this machine alone; port 0 is any that is free.",
)
@click.option("--read-only", is_flag=True, help="Take no records.")
@click.option("--tls-cert", metavar="FILE", type=_FILE, help="The chain of certificates, PEM.")
@click.option("--tls-key", metavar="FILE", type=_FILE, help="Its private key, PEM.")
@click.option(
    "--access-log",
    metavar="FILE",
    type=_LOG,
    help="Append a JSON line for each request; - is standard error. SIGHUP opens it again.",
)
@click.option(
    "--proxy",
    "proxies",
    metavar="IP",
    multiple=True,
    help="Believe X-Forwarded-For from this address. Can be given several times.",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many requests with records a client may make in a second.",
)
@ledger_option
@anchor_option
@together
def serve(  # noqa: PLR0913 - one argument for each option
    session: Session,
    listen: str,
    read_only: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    access_log: Path | None,
    proxies: tuple[str, ...],
    rate: int,
    given: Given,
) -> int:
    """Serve the launch: its kit, ledger and records, the board, and POST /records.

    A record is taken where the ledger would take it now. It is then written into manifests/records,
    from where the keeper appends it: aztrust ledger keep --watch. The server has no key and appends
    nothing. It ends in 0 after SIGTERM or Ctrl-C. docs/serve.md has the paths and the limits.
    """
    require_libraries()
    from aztrust.core.base.value import replace
    from aztrust.server.limits import Limits, client_of
    from aztrust.server.run import TlsFiles, is_local, listen_on, serve_launch, url_of
    from aztrust.server.service import Service
    from aztrust.server.state import Place

    if (tls_cert is None) != (tls_key is None):
        raise UsageError(
            "TLS needs a certificate and its key",
            subject="--tls-cert",
            mend="give both --tls-cert FILE and --tls-key FILE",
        )
    tls = TlsFiles(tls_cert, tls_key) if tls_cert is not None and tls_key is not None else None
    for proxy in proxies:
        if not client_of(proxy):
            raise UsageError(
                "this is not an IP address", subject="--proxy", mend="name the proxy's IP address"
            )
    place = Place(session.launch(), given.anchor, given.ledger)
    service = Service(
        place,
        session.now_unix_ms,
        replace(Limits(), rate=rate, burst=max(Limits().burst, rate)),
        read_only=read_only,
        proxies=proxies,
        access_log=access_log,
    )
    listener = listen_on(listen)
    url = url_of(listener, secure=tls is not None)

    def ready() -> None:
        document = {
            "schema": "aztrust/serving",
            "version_major": 1,
            "version_minor": 0,
            "url": url,
            "launch": str(place.launch),
            "policy_digest": service.state.context.policy_digest,
            "read_only": read_only,
        }
        note = "this is plain HTTP for other machines: put a proxy with TLS in front"
        exposed = tls is None and not is_local(listener)
        taking = "nothing: it is read-only" if read_only else "POST /records, for the keeper"
        lines = [
            *labelled("serving", url),
            *labelled("takes", taking),
            *(labelled("note", note) if exposed else ()),
        ]
        session.emit(document, lines, brief=url)

    with listener:
        serve_launch(service, listener, tls, ready)
    return 0


def require_libraries() -> None:
    """Refuse where the extra is not installed.

    Raises:
        CouldNotCheck: a library is missing.
    """
    lacking = [name for name in LIBRARIES if find_spec(name) is None]
    if lacking:
        verb = "are" if len(lacking) > 1 else "is"
        mend = how_to_install("starlette>=1.0", "uvicorn>=0.40")
        raise CouldNotCheck(
            f"{', '.join(lacking)} {verb} not installed: the server is an extra of aztrust",
            subject="serve",
            mend=f"{mend}; docs/serve.md has the hashes",
        )
