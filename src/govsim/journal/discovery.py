"""Finding journals below a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from govsim.errors import JournalError, TornJournal
from govsim.journal.decoding import FIRST
from govsim.journal.line import LONGEST_LINE
from govsim.journal.safe_open import opened

T = TypeVar("T")

Broken = Callable[[JournalError], None]
"""Told of each journal that is left out because it cannot be read, and why; and, by a `TornJournal`, of each of which
only the last line is left out, as it was never finished."""

SUFFIX = ".jsonl"
"""What the names of runs' journals end in, and of no other files."""

STUDY_SUFFIX = ".study"
"""What the names of studies' journals end in."""

_BLOCK = 2**20


def is_unbegun(path: Path) -> bool:
    """Whether a journal holds nothing yet: it is empty, or was cut within its first line.

    Where the power failed, some file systems leave zeros in the place of what had not reached the disk.
    """
    if not path.is_file():
        return False  # reading it will say what is wrong
    try:
        with opened(path) as file:
            start = file.readline(max(map(len, FIRST)) + 1)
            rest = b"" if start.endswith(b"\n") else file.readline(LONGEST_LINE)
    except OSError:
        return False
    if len(rest) == LONGEST_LINE:
        return False  # reading it will say that this is no line
    start += rest[-1:]
    start = start.rstrip(b"\0")
    return not start.endswith(b"\n") and any(start[: len(first)] == first[: len(start)] for first in FIRST)


def find_journals(folder: Path, broken: Broken | None = None, *, with_studies: bool = False) -> list[Path]:
    """All run journals below a folder, in a fixed order; files of runs that are only about to begin are none.

    Args:
        folder: where they lie, at any depth; links to folders are not followed.
        broken: told of what lies there and cannot be read; raised when None.
        with_studies: whether journals of studies are among them, by the same order.

    Raises:
        JournalError: there is no such folder, or nothing in it.
    """
    paths = _find(folder, (SUFFIX, STUDY_SUFFIX) if with_studies else (SUFFIX,), broken)
    if not paths:
        raise JournalError(
            f"{folder}: holds no journals (files ending in {SUFFIX}); start one with: govsim run fishery"
        )
    return paths


def holds_runs(folder: Path) -> bool:
    """Whether there is a journal of a run below a folder, whole or broken; not where there is no such folder.

    Args:
        folder: as for `find_journals`.
    """
    if folder.is_file():
        return folder.suffix != STUDY_SUFFIX
    return folder.is_dir() and bool(_find(folder, (SUFFIX,), lambda _: None))


def find_studies(folder: Path, broken: Broken | None = None) -> list[Path]:
    """All journals of studies below a folder, in a fixed order; there may be none.

    Args:
        folder: as for `find_journals`.
        broken: as for `find_journals`.

    Raises:
        JournalError: there is no such folder.
    """
    return _find(folder, (STUDY_SUFFIX,), broken)


def read_each(
    folder: Path, read: Callable[[Path], T], broken: Broken | None = None, *, with_studies: bool = False
) -> list[T]:
    """What is read from each journal of a run below a folder, in the order of `find_journals`.

    Args:
        folder: where they lie, or one journal.
        read: from a journal's path to what is wanted of it.
        broken: told of each journal that cannot be read, which is then left out; raised when None. Told too of last
            lines that were never finished.
        with_studies: whether journals of studies are read too.

    Raises:
        JournalError: there is no journal there, or none of them can be read.
    """
    tell = _refuse if broken is None or folder.is_file() else broken
    found = _read(find_journals(folder, tell, with_studies=with_studies), read, tell, broken)
    if not found:
        raise JournalError(f"{folder}: none of its journals can be read")
    return found


def read_each_study(folder: Path, read: Callable[[Path], T], broken: Broken | None = None) -> list[T]:
    """What is read from each journal of a study below a folder, in the order of `find_studies`; there may be none.

    Args:
        folder: where they lie, or one journal; the journal of a run is none of a study.
        read: from a journal's path to what is wanted of it.
        broken: as for `read_each`.

    Raises:
        JournalError: there is no such folder.
    """
    if folder.is_file() and folder.suffix != STUDY_SUFFIX:
        return []
    tell = _refuse if broken is None or folder.is_file() else broken
    return _read(find_studies(folder, tell), read, tell, broken)


def _read(paths: Iterable[Path], read: Callable[[Path], T], tell: Broken, torn: Broken | None) -> list[T]:
    found = []
    for path in paths:
        try:
            found.append(read(path))
        except JournalError as error:
            tell(error)
            continue
        if torn is not None:
            _tell_torn(path, torn)
    return found


def _find(folder: Path, suffixes: tuple[str, ...], broken: Broken | None) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise JournalError(f"{folder}: there is no such folder or journal")
    tell = broken or _refuse
    paths: list[Path] = []
    for path in sorted(_files_below(folder, suffixes, tell)):
        if not path.is_file():
            tell(JournalError(f"{path}: is no file that can be read; move it away"))
        elif not is_unbegun(path):
            paths.append(path)
    return paths


def _tell_torn(path: Path, tell: Broken) -> None:
    try:
        with opened(path) as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) == b"\n":
                return
            file.seek(0)
            number = sum(block.count(b"\n") for block in iter(partial(file.read, _BLOCK), b"")) + 1
    except OSError:
        return  # what was read just now is there no more
    if number > 1:
        tell(
            TornJournal(f"{path}, line {number}: was never finished, and is left out; the rest of the journal is read")
        )


def _refuse(error: JournalError) -> None:
    raise error


def _files_below(folder: Path, suffixes: tuple[str, ...], broken: Broken) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        broken(JournalError(f"{error.filename}: cannot be read ({error.strerror}); journals in it are left out"))

    for place, _, names in os.walk(folder, onerror=unreadable):
        yield from (Path(place, name) for name in names if name.endswith(suffixes))
