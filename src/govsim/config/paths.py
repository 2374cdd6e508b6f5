"""Expansion of `~` and environment variables in paths, as in a shell."""

from __future__ import annotations

import os
import re
from pathlib import Path

from govsim.errors import ConfigError

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


def expanded(path: str | Path) -> Path:
    """Expand `~`, `~user`, `$NAME` and `${NAME}` in a path; a path without them is returned unchanged.

    A shell does this for most options, but never for values in a file or after `--out=`.

    Raises:
        ConfigError: the variable is not set, or there is no such user.
    """
    text = str(path)
    for braced, plain in _VARIABLE.findall(text):
        name = braced or plain
        if not os.environ.get(name):
            raise ConfigError(f"{text}: the environment variable {name} is not set; set it, or write the full path")
    filled = os.path.expanduser(os.path.expandvars(text))  # noqa: PTH111 - Path.expanduser does not name a missing user
    if filled.startswith("~"):
        user = filled.partition("/")[0]
        raise ConfigError(f"{text}: {user} is not a user's home folder; for a folder of that name write ./{user}")
    return Path(filled)


def check_writable(folder: Path) -> None:
    """Check that files can be written to a folder, which need not exist yet.

    Args:
        folder: the folder.

    Raises:
        ConfigError: they cannot.
    """
    place = folder
    while not place.exists() and place.parent != place:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        subject = "is" if place == folder else f"{place} is"
        raise ConfigError(f"{folder}: {subject} not a writable folder; choose another folder with --out")
