"""Paths as users write them: `~` and environment variables stand for what they stand for in a shell."""

from __future__ import annotations

import os
import re
from pathlib import Path

from govsim.errors import ConfigError

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


def expanded(path: str | Path) -> Path:
    """A path with `~`, `~user`, `$NAME` and `${NAME}` replaced; one that has none of them as it is.

    A shell does this for most options and never for values in a file, or behind `--out=`.

    Raises:
        ConfigError: there is no such variable, or no such user.
    """
    text = str(path)
    for braced, plain in _VARIABLE.findall(text):
        name = braced or plain
        if not os.environ.get(name):
            raise ConfigError(f"{text}: the environment variable {name} is not set; set it, or write the path out")
    filled = os.path.expanduser(os.path.expandvars(text))  # noqa: PTH111 - Path.expanduser names no user it lacks
    if filled.startswith("~"):
        user = filled.partition("/")[0]
        raise ConfigError(f"{text}: {user} is no user's home; for a folder of that name write ./{user}")
    return Path(filled)
