"""Opening journals to read them; where that is asked for, nothing that lies outside a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

_LEADS_OUT = "it is a link that leads out of the folder, and is not followed"
_AS_PLACE = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_STEPS_ON_A_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)

_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def only_below(folder: Path) -> Iterator[None]:
    """As long as the block lasts, `opened` opens nothing that lies outside a folder, whatever links lead there.

    Args:
        folder: the folder.
    """
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def opened(path: Path, below: Path | None = None) -> BinaryIO:
    """A file, open for reading.

    Args:
        path: where it lies.
        below: the folder that it must not lie outside of, by any link; that of `only_below` when None, and anywhere
            where there is none.

    Raises:
        OSError: it cannot be opened, or lies outside the folder.
    """
    folder = below or _folder.get()
    return path.open("rb") if folder is None else os.fdopen(_opened_below(path, folder), "rb")


def _opened_below(path: Path, folder: Path) -> int:
    """Links are followed first, and what they lead to is opened without any: one that appears meanwhile is refused."""
    root = folder.resolve()
    try:
        real = path.resolve()
    except RuntimeError as error:  # links in a circle
        raise OSError(errno.ELOOP, "it is a link that leads nowhere", str(path)) from error
    if not real.is_relative_to(root):
        raise PermissionError(errno.EPERM, _LEADS_OUT, str(path))
    try:
        file = _opened_step_by_step(root, real.relative_to(root).parts)
    except OSError as error:
        if error.errno in _STEPS_ON_A_LINK:
            raise PermissionError(errno.EPERM, _LEADS_OUT, str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return file


def _opened_step_by_step(root: Path, parts: tuple[str, ...]) -> int:
    if os.open not in os.supports_dir_fd:  # Windows, where only administrators make links
        return os.open(root.joinpath(*parts), _WITHOUT_WAITING)
    place = os.open(root, _AS_PLACE | _AS_IT_IS)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _AS_PLACE | _AS_IT_IS, dir_fd=place)
            os.close(place)
            place = inner
        return os.open(parts[-1] if parts else ".", _WITHOUT_WAITING | _AS_IT_IS, dir_fd=place)
    finally:
        os.close(place)
