"""Locking of journals: only one process at a time writes a journal."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from govsim.errors import ConfigError, JournalError, out_of_files
from govsim.journal.events import Session
from govsim.journal.reader import JournalContent, read_any
from govsim.journal.safe_open import opened

if sys.platform != "win32":
    import fcntl

_PAUSES = (0.001, 0.01, 0)
"""Seconds to wait after each attempt to lock a journal: `is_locked` holds a lock for less time than that."""


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Lock a journal, which is created if it does not exist, so that no other process writes it meanwhile.

    The operating system releases the lock when this process terminates. On Windows, where a lock would also prevent
    reading, nothing is locked.

    Raises:
        ConfigError: the journal cannot be written.
        JournalError: another process has locked it; names the process.
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


def is_locked(path: Path) -> bool:
    """Whether a process is writing a journal; True where that cannot be determined.

    Args:
        path: the journal.
    """
    if sys.platform == "win32":
        return True
    try:
        with opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def is_running(journal: JournalContent) -> bool:
    """Whether the process of a journal's last session is still running; False for processes on other machines."""
    sessions = list(journal.of(Session))
    is_here = bool(sessions) and sessions[-1].host == platform.node() and sessions[-1].process > 0
    if not is_here or sys.platform == "win32":  # where checking for a process would interrupt it
        return False
    try:
        os.kill(sessions[-1].process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # a process of another user
    return True


def _hold(file: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    for pause in _PAUSES:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        except OSError:
            return  # the file system does not support locks; running without is better than failing
        else:
            return
    raise JournalError(f"{path}: is being written by {_holder(path)}; wait for it, or stop it first")


def _check_is_there(file: int, path: Path) -> None:
    """Reject a file that was archived between opening and locking it: the path now refers to another file."""
    try:
        is_there = os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        is_there = False
    except OSError:
        return  # reported when the journal is written
    if not is_there:
        raise JournalError(f"{path}: another process has just archived it to start over; run the command again")


def _holder(path: Path) -> str:
    """Describe the process of a journal's last session."""
    try:
        sessions = list(read_any(path, kinds=["session"]).of(Session))
    except JournalError:
        sessions = []
    if not sessions:
        return "another process"
    return f"process {sessions[-1].process} on {sessions[-1].host} since {sessions[-1].at}"
