"""Search for journals in a folder and its subfolders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from govsim.errors import JournalError
from govsim.journal.decoding import FIRST
from govsim.journal.line import JOURNAL_SUFFIX, LONGEST_LINE, STUDY_SUFFIX
from govsim.journal.lock import is_locked
from govsim.journal.reader import Broken
from govsim.journal.safe_open import opened

T = TypeVar("T")

_NONE_READABLE = "contains no readable journals; replace the damaged ones by intact copies"


def is_unstarted(path: Path) -> bool:
    """Whether a journal has no content yet: it is empty, or truncated in its first line.

    After a power failure, some file systems leave zeros in place of data that had not reached the disk.
    """
    if not path.is_file():
        return False  # reading it will report the error
    try:
        with opened(path) as file:
            start = file.readline(max(map(len, FIRST)) + 1)
            rest = b"" if start.endswith(b"\n") else file.readline(LONGEST_LINE)
    except OSError:
        return False
    if len(rest) == LONGEST_LINE:
        return False  # reading it will report that the line is too long
    start += rest[-1:]
    start = start.rstrip(b"\0")
    return not start.endswith(b"\n") and any(start[: len(first)] == first[: len(start)] for first in FIRST)


def find_journals(folder: Path, broken: Broken | None = None, *, with_studies: bool = False) -> list[Path]:
    """Find all journals of runs in a folder, searched recursively, in a fixed order.

    Empty journals, and those whose first line is just being written, are skipped: these runs have not started.

    Args:
        folder: the folder; links to folders are not followed.
        broken: called for journals and folders that cannot be read; if None, the error is raised.
        with_studies: whether journals of studies are included.

    Raises:
        JournalError: there is no such folder, or it contains no journals.
    """
    problems: list[JournalError] = []

    def report(error: JournalError) -> None:
        problems.append(error)
        (broken or _raise)(error)

    paths = _find(folder, (JOURNAL_SUFFIX, STUDY_SUFFIX) if with_studies else (JOURNAL_SUFFIX,), report)
    if problems and not paths:
        raise JournalError(f"{folder}: {_NONE_READABLE}")
    if not paths:
        raise JournalError(
            f"{folder}: contains no journals (files ending in {JOURNAL_SUFFIX}); start a run with: govsim run fishery"
        )
    return paths


def holds_runs(folder: Path) -> bool:
    """Whether a folder contains a journal of a run, readable or not; False if there is no such folder.

    Args:
        folder: as for `find_journals`.
    """
    if folder.is_file():
        return folder.suffix != STUDY_SUFFIX
    return folder.is_dir() and bool(_find(folder, (JOURNAL_SUFFIX,), lambda _: None))


def find_studies(folder: Path, broken: Broken | None = None) -> list[Path]:
    """Find all journals of studies in a folder, searched recursively, in a fixed order; possibly none.

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
    """Read each journal of a run in a folder, in the order of `find_journals`.

    Args:
        folder: the folder, or one journal.
        read: function that reads a journal, given its path.
        broken: called for each journal that cannot be read, which is then skipped; if None, errors are raised.
        with_studies: whether journals of studies are read too.

    Raises:
        JournalError: there is no journal, or none of them can be read.
    """
    report = _raise if broken is None or folder.is_file() else broken
    found = _read(find_journals(folder, report, with_studies=with_studies), read, report)
    if not found:
        raise JournalError(f"{folder}: {_NONE_READABLE}")
    return found


def read_each_study(folder: Path, read: Callable[[Path], T], broken: Broken | None = None) -> list[T]:
    """Read each journal of a study in a folder, in the order of `find_studies`; possibly none.

    Args:
        folder: the folder, or one journal; for the journal of a run, the result is empty.
        read: function that reads a journal, given its path.
        broken: as for `read_each`.

    Raises:
        JournalError: there is no such folder.
    """
    if folder.is_file() and folder.suffix != STUDY_SUFFIX:
        return []
    report = _raise if broken is None or folder.is_file() else broken
    return _read(find_studies(folder, report), read, report)


def _read(paths: Iterable[Path], read: Callable[[Path], T], report: Broken) -> list[T]:
    found = []
    for path in paths:
        try:
            found.append(read(path))
        except JournalError as error:
            report(error)
    return found


def _find(folder: Path, suffixes: tuple[str, ...], broken: Broken | None) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise JournalError(
            f"{folder}: there is no such folder or journal; give the output folder of runs (--out of govsim run), or "
            f"one of its journals (files ending in {JOURNAL_SUFFIX})"
        )
    report = broken or _raise
    paths: list[Path] = []
    for path in sorted(_files_in(folder, suffixes, report)):
        if not path.is_file():
            report(JournalError(f"{path}: is not a regular file; move it to another folder"))
        elif not is_unstarted(path):
            paths.append(path)
        elif _has_lost_content(path):
            report(
                JournalError(
                    f"{path}: is truncated in its first line, so nothing in it can be read; replace it with an intact "
                    "copy, run the same command again to start the run over, or move the file to another folder"
                )
            )
    return paths


def _has_lost_content(path: Path) -> bool:
    """Whether a journal without content had some: it is not empty, and no process is writing its first line."""
    try:
        if path.stat().st_size == 0 or is_locked(path):
            return False
    except OSError:
        return False  # it has just been archived
    return is_unstarted(path)  # its process may have written the line, and ended, since this was asked first


def _raise(error: JournalError) -> None:
    raise error


def _files_in(folder: Path, suffixes: tuple[str, ...], broken: Broken) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        broken(JournalError(f"{error.filename}: cannot be read ({error.strerror}); journals in it are skipped"))

    for place, _, names in os.walk(folder, onerror=unreadable):
        yield from (Path(place, name) for name in names if name.endswith(suffixes))
