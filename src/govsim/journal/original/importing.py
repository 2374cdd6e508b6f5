"""Import of folders with results of the original as journals."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from govsim.errors import ConfigError, GovSimError, JournalError
from govsim.journal.diff import first_difference
from govsim.journal.discovery import is_unstarted
from govsim.journal.events import End, Header, Imported
from govsim.journal.line import JOURNAL_SUFFIX, line_of
from govsim.journal.original.conversion import Conversion
from govsim.journal.original.log import Log, read_log
from govsim.journal.original.setup import read_setup
from govsim.journal.reader import Broken, Journal, read_journal

LOG = "log_env.json"
"""The log file in a result folder of the original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One imported result.

    Attributes:
        folder: folder of the result.
        path: path of its journal.
        end: the `end` event of the run.
        imported: origin, assumptions, and what could not be imported.
        was_there: whether the same journal already existed.
    """

    folder: Path
    path: Path
    end: End
    imported: Imported
    was_there: bool


def import_original(folder: Path, out: Path, broken: Broken) -> list[ImportedRun]:
    """Import every result of the original in a folder, searched recursively.

    Journals depend only on the results they are imported from. Existing journals are not changed.

    Args:
        folder: folder with the results; hidden folders and links to folders are skipped.
        out: output folder for the journals.
        broken: called with an error for each result that cannot be imported.

    Returns:
        The imported runs, in the order of the folders.

    Raises:
        JournalError: there is no such folder, or it contains no results.
        ConfigError: a journal cannot be written.
    """
    start = folder.parent if folder.name == LOG else folder
    found = list(_results_below(start.resolve()))
    if not found:
        raise JournalError(
            f"{folder}: contains no results of the original (folders with a {LOG}); give a folder that contains some"
        )
    done = []
    for place, has_log in found:
        shown = start / place.relative_to(start.resolve())
        try:
            if not has_log:
                raise JournalError(f"has no {LOG}: the run stopped before its first month ended")
            done.append(_import(place, out))
        except _Unwritable:
            raise
        except GovSimError as error:
            broken(JournalError(f"{shown}: {error}"))
    return done


class _Unwritable(ConfigError):
    """A journal cannot be written, which would also apply to all others."""


def _results_below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield every result folder, and whether it has a log."""
    for place, folders, files in os.walk(folder):
        is_run = any(re.fullmatch(r"persona_\d+", name) for name in folders) or ".hydra" in folders
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if LOG in files or is_run:
            yield Path(place), LOG in files


def _import(folder: Path, out: Path) -> ImportedRun:
    try:
        content = (folder / LOG).read_bytes()
    except OSError as error:
        raise JournalError(f"{LOG} cannot be read ({error.strerror or error})") from error
    digest, setup = sha256(content).hexdigest(), read_setup(folder)
    run = Conversion(
        _read(content),
        setup,
        source="/".join(part for part in (folder.parent.name, folder.name) if part),
        sha256=digest,
        seed=(number := _number(folder.name, digest)),
    )
    society = "original-mixed" if len({setup.model, *setup.model_of.values()}) > 1 else f"original-{_slug(setup.model)}"
    header = Header(
        experiment=run.experiment,
        scenario=run.scenario,
        society=society,
        versions={"govsim": version("govsim"), **({"original": setup.version} if setup.version else {})},
        imported=run.imported,
    )
    place = out / run.scenario.name / run.experiment.condition / society
    path = place / f"seed-{number}{JOURNAL_SUFFIX}"
    if setup.seed is not None:  # several runs can have the same seed
        _check_no_earlier_import(path)
        path = place / f"seed-{setup.seed}-{number:08x}{JOURNAL_SUFFIX}"
    events = tuple(run.events())
    whole = b"".join(map(line_of, (header, *events)))
    was_there = _is_there(Journal(path=path, header=header, events=events, complete_bytes=len(whole)), whole)
    if not was_there:
        _write(path, whole)
    return ImportedRun(folder=folder, path=path, end=run.end, imported=run.imported, was_there=was_there)


def _read(content: bytes) -> Log:
    try:
        return read_log(content)
    except JournalError as error:
        raise JournalError(f"{LOG} {error}") from error


def _check_no_earlier_import(path: Path) -> None:
    """Reject a result that an earlier version of govsim imported under another name: it would be counted twice.

    Raises:
        JournalError: names that journal.
    """
    if path.exists():
        raise JournalError(
            f"an earlier version imported it as {path}; move that file, or choose another folder with --out"
        )


def _number(name: str, digest: str) -> int:
    """Return a number that depends only on a run's name and its log.

    The name is included because two runs without randomness can have identical logs.
    """
    return int(sha256(f"{name}\n{digest}".encode()).hexdigest()[:8], 16)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "unknown"


def _is_there(journal: Journal, whole: bytes) -> bool:
    """Whether the journal already exists.

    Raises:
        JournalError: the path contains something else, or cannot be read.
    """
    path = journal.path
    try:
        if not path.exists() or is_unstarted(path):
            return False
        if path.is_file() and path.read_bytes() == whole:
            return True
    except OSError as error:  # such as a name that is too long, or missing permissions
        raise JournalError(f"its journal would be {path}, which cannot be read ({error.strerror})") from error
    difference = first_difference(read_journal(path), journal)  # another version of govsim may have imported it
    if difference is not None:
        raise JournalError(
            f"{path} already contains another journal: {difference.place}, {difference.key} differs; move it, or "
            "choose another folder with --out"
        )
    return True


def _write(path: Path, whole: bytes) -> None:
    """Write a journal atomically: readers find either all of it or nothing.

    Raises:
        JournalError: its file name is too long.
        ConfigError: the folder cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(whole)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        if error.errno == errno.ENAMETOOLONG:  # applies to this result only
            raise JournalError(f"its journal cannot be written: {path} ({reason})") from error
        raise _Unwritable(f"{path}: cannot be written ({reason}); choose another folder with --out") from error
