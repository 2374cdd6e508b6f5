"""Giving commands as a user gives them, in this process: starting Python anew takes longer than most commands do."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from govsim.cli.main import main


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def govsim(folder: Path, *words: str, **environment: str) -> Done:
    """Give the command `govsim WORDS` in a folder, with these variables in the environment."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        patch.object(sys, "argv", ["govsim", *words]),
        patch.dict(os.environ, {**environment, "COLUMNS": "100", "NO_COLOR": "1"}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        else:
            code = 0
    assert code is None or isinstance(code, int), code
    return Done(returncode=code or 0, stdout=out.getvalue(), stderr=err.getvalue())
