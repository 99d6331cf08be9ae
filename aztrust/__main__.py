"""`python -P -m aztrust`."""

from __future__ import annotations

import sys

# Without -P Python looks for modules in the working directory first, and that is where a launch
# directory is. Its own `-m` imports before this line is reached, so nothing here could undo it:
# all that can be done is not to give an answer (law 11).
if __name__ == "__main__":
    if not sys.flags.safe_path:
        sys.stderr.write(
            "usage    start it as python -P -m aztrust, or as the program aztrust: without -P"
            " Python runs files of the directory it is started in\n"
        )
        sys.exit(2)

    from aztrust.cli.main import run

    run()
