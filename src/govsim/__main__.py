"""The command line: the script `govsim`, and `python -m govsim` where the script is not on the path."""

from __future__ import annotations

import sys

from govsim.errors import was_interrupted

INTERRUPTED_CODE = 130


def main() -> None:
    """Run a command. An interrupt while its libraries are imported is reported like a later one."""
    try:
        from govsim.cli.main import main as run_command  # most of the time until a command starts
    except BaseException as error:
        if not was_interrupted(error):
            raise
        sys.stderr.write("govsim: interrupted\n")
        sys.exit(INTERRUPTED_CODE)
    run_command()


if __name__ == "__main__":
    main()
