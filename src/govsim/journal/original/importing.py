"""From folders with results of the original to journals."""

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
from govsim.journal.compare import first_difference
from govsim.journal.discovery import SUFFIX, Broken, is_unbegun
from govsim.journal.events import End, Header, Imported
from govsim.journal.line import line_of
from govsim.journal.original.conversion import Conversion
from govsim.journal.original.log import Log, read_log
from govsim.journal.original.settings import read_setup
from govsim.journal.reader import Journal, read_journal

LOG = "log_env.json"
"""The file that makes a folder a result of the original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One result that is a journal now.

    Attributes:
        folder: where the result lies.
        path: its journal.
        end: how the run ended.
        imported: what was assumed, and what could not be carried over.
        was_there: whether the journal was there already, the same.
    """

    folder: Path
    path: Path
    end: End
    imported: Imported
    was_there: bool


def import_original(folder: Path, out: Path, broken: Broken) -> list[ImportedRun]:
    """Make a journal of every result of the original below a folder.

    The same results give the same journals, whatever else lies beside them. A journal that is there already is left
    as it is.

    Args:
        folder: where the results lie, at any depth; hidden folders and links to folders are not followed.
        out: the folder for the journals.
        broken: told of each result that is left out, and why.

    Returns:
        What was imported, in the order of the folders.

    Raises:
        JournalError: there is no such folder, or no result in it.
        ConfigError: a journal cannot be written.
    """
    start = folder.parent if folder.name == LOG else folder
    found = list(_results_below(start.resolve()))
    if not found:
        raise JournalError(
            f"{folder}: holds no results of the original (folders with a {LOG}); give the folder of them"
        )
    done = []
    for place, has_log in found:
        told = start / place.relative_to(start.resolve())
        try:
            if not has_log:
                raise JournalError(f"has no {LOG}: the run stopped before its first month ended")
            done.append(_import(place, out))
        except _Unwritable:
            raise
        except GovSimError as error:
            broken(JournalError(f"{told}: {error}"))
    return done


class _Unwritable(ConfigError):
    """The journal cannot be written: no other one could be either."""


def _results_below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Every result folder, and whether it has a log."""
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
    path = place / f"seed-{number}{SUFFIX}"
    if setup.seed is not None:  # several runs can have it
        _refuse_earlier_import(path)
        path = place / f"seed-{setup.seed}-{number:08x}{SUFFIX}"
    events = tuple(run.events())
    whole = b"".join(map(line_of, (header, *events)))
    was_there = _is_there(Journal(path=path, header=header, events=events, whole_bytes=len(whole)), whole)
    if not was_there:
        _write(path, whole)
    return ImportedRun(folder=folder, path=path, end=run.end, imported=run.imported, was_there=was_there)


def _read(content: bytes) -> Log:
    try:
        return read_log(content)
    except JournalError as error:
        raise JournalError(f"{LOG} {error}") from error


def _refuse_earlier_import(path: Path) -> None:
    """Refuse a result that a version of govsim has imported under another name: it would be counted twice.

    Raises:
        JournalError: names that journal.
    """
    if path.exists():
        raise JournalError(
            f"an earlier version imported it as {path}; move that one away, or choose another folder with --out"
        )


def _number(name: str, digest: str) -> int:
    """A number that follows from a run's name and its log, so that no other result changes it.

    The name belongs to it: where nothing is random two runs can have the same log to the letter.
    """
    return int(sha256(f"{name}\n{digest}".encode()).hexdigest()[:8], 16)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "unknown"


def _is_there(journal: Journal, whole: bytes) -> bool:
    """Whether the journal is there already.

    Raises:
        JournalError: something else lies in its place, or nobody can tell.
    """
    path = journal.path
    try:
        if not path.exists() or is_unbegun(path):
            return False
        if path.is_file() and path.read_bytes() == whole:
            return True
    except OSError as error:  # a name that is too long, or a file that is somebody else's
        raise JournalError(f"its journal would be {path}, which cannot be read ({error.strerror})") from error
    difference = first_difference(read_journal(path), journal)  # another version of govsim may have imported it
    if difference is not None:
        raise JournalError(
            f"another journal lies in its place, {path}: {difference.place}, {difference.key} differs; move that one "
            "away, or choose another folder with --out"
        )
    return True


def _write(path: Path, whole: bytes) -> None:
    """Write a journal in one step: readers find all of it or nothing.

    Raises:
        JournalError: its name cannot be that of a file.
        ConfigError: nothing can be written there.
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
        if error.errno == errno.ENAMETOOLONG:  # of this result alone
            raise JournalError(f"its journal cannot be written: {path} ({reason})") from error
        raise _Unwritable(f"{path}: cannot be written ({reason}); choose another folder with --out") from error
