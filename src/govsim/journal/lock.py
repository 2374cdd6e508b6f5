"""One writer at a time: whoever carries a run out holds its journal."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from govsim.errors import ConfigError, JournalError, out_of_files
from govsim.journal.events import Session
from govsim.journal.reader import Lines, read_any

if sys.platform != "win32":
    import fcntl


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Hold a journal, which is created where there is none, so that nobody else writes it meanwhile.

    The operating system lets go of it when this process ends, however it ends. Windows, which would keep others from
    reading too, holds nothing.

    Raises:
        ConfigError: the journal cannot be written.
        JournalError: somebody else holds it; says who.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    except OSError as error:
        if (limit := out_of_files(error)) is not None:
            raise limit from error
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out") from error
    try:
        _hold(file, path)
        _check_is_there(file, path)
        yield
    finally:
        os.close(file)


def is_carried_out(journal: Lines) -> bool:
    """Whether the process that began a journal's last session is still there; on another machine nobody can tell."""
    sessions = list(journal.of(Session))
    is_here = bool(sessions) and sessions[-1].host == platform.node() and sessions[-1].process > 0
    if not is_here or sys.platform == "win32":  # where asking for a process would interrupt it
        return False
    try:
        os.kill(sessions[-1].process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _hold(file: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalError(f"{path}: is being written by {_holder(path)}; wait for it, or stop it first") from None
    except OSError:
        return  # a file system without locks: better to run than not


def _check_is_there(file: int, path: Path) -> None:
    """Refuse a file that was set aside between opening and holding it: what lies there now is another."""
    try:
        is_there = os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        is_there = False
    except OSError:
        return  # told when it is written
    if not is_there:
        raise JournalError(f"{path}: another process has just set it aside to start over; run again")


def _holder(path: Path) -> str:
    """Who began the last session of a journal."""
    try:
        sessions = list(read_any(path, kinds=["session"]).of(Session))
    except JournalError:
        sessions = []
    if not sessions:
        return "another process"
    return f"process {sessions[-1].process} on {sessions[-1].host} since {sessions[-1].at}"
