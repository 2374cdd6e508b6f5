"""Opening of journals for reading, optionally restricted to a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

_OUTSIDE = "it is a link that leads out of the folder and is not followed"
_OPEN_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_OPEN_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LINK_ERRORS = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)

_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def only_below(folder: Path) -> Iterator[None]:
    """Within the block, `opened` opens no file outside a folder, even through links.

    Args:
        folder: the folder.
    """
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def opened(path: Path, below: Path | None = None) -> BinaryIO:
    """Open a file for reading.

    Args:
        path: path of the file.
        below: the folder that must contain it, after resolving links; if None, the folder of `only_below`, or no
            restriction if there is none.

    Raises:
        OSError: the file cannot be opened, or is outside the folder.
    """
    folder = below or _folder.get()
    return path.open("rb") if folder is None else os.fdopen(_opened_below(path, folder), "rb")


def _opened_below(path: Path, folder: Path) -> int:
    """Resolve links first, then open the target without following any: a link created meanwhile is rejected."""
    root = folder.resolve()
    try:
        real = path.resolve()
    except RuntimeError as error:  # links in a circle
        raise OSError(errno.ELOOP, "it is part of a loop of links", str(path)) from error
    if not real.is_relative_to(root):
        raise PermissionError(errno.EPERM, _OUTSIDE, str(path))
    try:
        file = _opened_step_by_step(root, real.relative_to(root).parts)
    except OSError as error:
        if error.errno in _LINK_ERRORS:
            raise PermissionError(errno.EPERM, _OUTSIDE, str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return file


def _opened_step_by_step(root: Path, parts: tuple[str, ...]) -> int:
    if os.open not in os.supports_dir_fd:  # Windows, where only administrators create links
        return os.open(root.joinpath(*parts), _OPEN_FILE)
    parent = os.open(root, _OPEN_FOLDER | _NO_FOLLOW)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _OPEN_FOLDER | _NO_FOLLOW, dir_fd=parent)
            os.close(parent)
            parent = inner
        return os.open(parts[-1] if parts else ".", _OPEN_FILE | _NO_FOLLOW, dir_fd=parent)
    finally:
        os.close(parent)
