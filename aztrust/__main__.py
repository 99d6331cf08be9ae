"""`python -m aztrust`."""

from __future__ import annotations

import os
import sys

# Python puts the working directory first on the path, and that is where a launch directory is: a
# file in it called like one of our imports would be run (law 11).
_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
if sys.path and os.path.realpath(sys.path[0]) != _HOME:
    del sys.path[0]

from aztrust.cli.main import run  # noqa: E402 - only now

if __name__ == "__main__":
    run()
