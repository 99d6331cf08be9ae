"""`python -m aztrust`."""

from __future__ import annotations

from aztrust.cli.main import run

if __name__ == "__main__":
    run()
