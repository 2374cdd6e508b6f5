"""The folder that is shown: its journals, and the check that no file outside it is ever read."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from govsim.characters import visible
from govsim.errors import JournalError
from govsim.journal import JOURNAL_SUFFIX, PLAN_ENDING, STUDY_SUFFIX, Stamp, only_below, read_plan, stamp_of

FolderState = tuple[tuple[str, Stamp | None], ...]
"""Names of files with their stamps, which change with the files."""

_ENDINGS = (JOURNAL_SUFFIX, PLAN_ENDING, STUDY_SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A journal in the folder.

    Attributes:
        name: its path relative to the folder, with forward slashes, as in addresses of pages.
        stamp: its state; None if it is unreadable.
        problem: why it is unreadable; None if it is readable.
    """

    name: str
    stamp: Stamp | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign with a plan in the folder.

    Attributes:
        name: the path of the plan relative to the folder, without its suffix.
        runs: the names of all its journals, including those of runs that have not started.
        problem: why the plan is unreadable; None if it is readable.
    """

    name: str
    runs: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The contents of the folder.

    Attributes:
        journals: the journals of runs.
        campaigns: the plans.
        studies: journals of sub-skill tests and of judges.
    """

    journals: tuple[Found, ...]
    campaigns: tuple[Campaign, ...]
    studies: tuple[Found, ...] = ()

    @property
    def state(self) -> FolderState:
        """The state of all journals, the key of cached results."""
        return tuple((one.name, one.stamp) for one in (*self.journals, *self.studies))


class Folder:
    """A folder of journals, searched recursively, or one journal.

    Args:
        place: the folder, which need not exist yet, or the journal.
    """

    def __init__(self, place: Path) -> None:
        self._only = place.name if place.is_file() else None
        self.place = place
        self.root = (place.parent if place.is_file() else place).resolve()

    @property
    def is_one(self) -> bool:
        """Whether a single journal is shown."""
        return self._only is not None

    def path_of(self, name: str) -> Path:
        """Return the path of a journal named in an address.

        Args:
            name: its path relative to the folder, such as `fishery/default/fake-society/seed-0.jsonl`.

        Raises:
            JournalError: the folder has no such journal; paths to outside the folder are never followed.
        """
        path = self._inside(name)
        try:
            is_there = path is not None and path.suffix == JOURNAL_SUFFIX and path.is_file()
        except OSError:  # for example, the name is too long
            is_there = False
        if path is None or not is_there:
            raise JournalError(f"{name}: no such journal; choose one from the list of runs")
        return path

    def contents(self) -> Contents:
        """List all journals and plans in the folder, sorted by name, including unreadable ones."""
        if self._only is not None:
            return Contents(
                journals=(self._look_at(self._only),), campaigns=(), studies=self.studies_beside(self._only)
            )
        names = sorted(self._names())
        return Contents(
            journals=tuple(self._look_at(name) for name in names if name.endswith(JOURNAL_SUFFIX)),
            campaigns=tuple(self._plan(name) for name in names if name.endswith(PLAN_ENDING)),
            studies=tuple(self._look_at(name) for name in names if name.endswith(STUDY_SUFFIX)),
        )

    def studies_beside(self, name: str) -> tuple[Found, ...]:
        """The journals of judges of a run, which are stored beside its journal, sorted by name.

        Args:
            name: the name of the run.
        """
        run = PurePosixPath(name)
        try:
            names = sorted(one.name for one in (self.root / run.parent).iterdir()) if self._inside(name) else []
        except OSError:
            return ()
        beside = (one for one in names if one.startswith(f"{run.stem}.") and one.endswith(STUDY_SUFFIX))
        return tuple(self._look_at((run.parent / one).as_posix()) for one in beside)

    def study_path(self, name: str) -> Path | None:
        """The path of the journal of a study; None if it was deleted, or now links to outside the folder."""
        path = self._inside(name)
        return path if path is not None and path.suffix == STUDY_SUFFIX and path.is_file() else None

    def _names(self) -> Iterator[str]:
        for place, _, names in os.walk(self.root):
            base = Path(place).relative_to(self.root)
            yield from ((base / name).as_posix() for name in names if name.endswith(_ENDINGS))

    def _plan(self, name: str) -> Campaign:
        short = visible(name.removesuffix(PLAN_ENDING))
        try:
            with only_below(self.root):
                plan = read_plan(self.root / name)
        except JournalError:
            return Campaign(name=short, runs=(), problem="unreadable plan; run its command again to rewrite it")
        place = PurePosixPath(name).parent
        return Campaign(name=short, runs=tuple((place / run.path).as_posix() for run in plan.runs))

    def _look_at(self, name: str) -> Found:
        if not _is_addressable(name):
            problem = "its name is not allowed in addresses (not UTF-8, or with a backslash or a control character)"
            shown = visible(name).replace("\n", "\\n")
            return Found(name=shown, stamp=None, problem=f"{problem}; rename it")
        path = self._inside(name)
        if path is None:
            return Found(name=name, stamp=None, problem="is a link to outside the folder, which is not followed")
        try:
            return Found(name=name, stamp=stamp_of(path))
        except OSError as error:
            return Found(name=name, stamp=None, problem=f"cannot be read ({error.strerror or error})")

    def _inside(self, name: str) -> Path | None:
        """Resolve a name; None if it is outside the folder."""
        parts = PurePosixPath(name)
        if not _is_addressable(name) or parts.is_absolute() or ".." in parts.parts:
            return None
        if self._only is not None and name != self._only and not self._is_beside_it(parts):
            return None
        try:
            path = (self.root / parts).resolve()
        except (OSError, RuntimeError):  # circular links
            return None
        return path if path.is_relative_to(self.root) else None

    def _is_beside_it(self, parts: PurePosixPath) -> bool:
        """Whether a name is that of a judge's journal of the single journal that is shown."""
        start = f"{PurePosixPath(self._only or '').stem}."
        return len(parts.parts) == 1 and parts.suffix == STUDY_SUFFIX and parts.name.startswith(start)


def _is_addressable(name: str) -> bool:
    """Whether a name refers to the same file in an address, in a message to the browser, and here."""
    return "\\" not in name and all(unicodedata.category(char) not in ("Cc", "Cs") for char in name)
