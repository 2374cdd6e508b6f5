"""The list of all runs in the folder, read in the background while pages are already shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nicegui import run

from govsim.analysis.naming import named_alike, with_prompts
from govsim.analysis.runs import RunMeasures
from govsim.config import DeclaredAnalysis
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Stamp
from govsim.web.folder import Campaign, Folder, Found
from govsim.web.workers import Deferred, Workers, count_of_workers

if TYPE_CHECKING:
    from govsim.web.summary import summary_of
else:
    summary_of = Deferred("govsim.web.summary", "summary_of")

_PAUSE = 1.0
_AT_ONCE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run in the list.

    Attributes:
        name: the path of its journal relative to the folder, as in addresses.
        problem: why its journal cannot be read; None if it can, or has not been read yet.
        measures: its measures; None if its journal is unreadable or has not been read yet.
        packed: the rows of its members and months, compressed, as thousands of runs are kept; None as for `measures`.
            `summary.rows_of` unpacks them.
        stocks: units at the start of each month, and after the last harvest.
        status: its status: how it ended; `unreadable` if it failed because of unreadable replies; `running`;
            `killed` if its process ended without an end event; `broken`; or `unread`.
        month: the current or last month; None if unknown.
        analysis: how results will be compared, as declared before the run; None if it was not.
    """

    name: str
    problem: str | None = None
    measures: RunMeasures | None = None
    packed: bytes | None = None
    stocks: tuple[float, ...] = ()
    status: str = "unread"
    month: int | None = None
    analysis: DeclaredAnalysis | None = None

    def broken(self, problem: str) -> RunEntry:
        """Return a copy with a problem of the journal."""
        return replace(self, problem=problem, status="broken")


class Index:
    """The list of runs, kept up to date until the server stops.

    Args:
        folder: the folder that is shown.

    Attributes:
        compute: `Workers.compute` of the worker processes that also read journals.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._found: dict[str, Found] = {}
        self._read: dict[str, tuple[Stamp, RunEntry]] = {}
        self._workers = Workers()
        self.compute = self._workers.compute
        self._task: asyncio.Task[None] | None = None
        self.campaigns: tuple[Campaign, ...] = ()
        self.version = 0
        self.is_listed = False
        self._named: tuple[int, list[RunEntry]] = (-1, [])

    @property
    def entries(self) -> list[RunEntry]:
        """All runs, sorted by name."""
        return [self.entry(name) for name in self._found]

    @property
    def named(self) -> list[RunEntry]:
        """All runs, with their societies named alike, as they are shown together."""
        if self._named[0] != self.version:
            self._named = (self.version, _named(self.entries))
        return self._named[1]

    @property
    def unread(self) -> int:
        """The number of journals that have not been read yet."""
        return sum(one.problem is None and one.name not in self._read for one in self._found.values())

    @property
    def summaries(self) -> list[RunEntry]:
        """All runs with a readable journal."""
        return [one for one in self.entries if one.measures is not None]

    @property
    def measures(self) -> list[RunMeasures]:
        """The measures of these runs."""
        return [one.measures for one in self.entries if one.measures is not None]

    def has(self, name: str) -> bool:
        """Whether there is a journal of this name."""
        return name in self._found

    def entry(self, name: str) -> RunEntry:
        """Return a run by its name."""
        found, read = self._found.get(name), self._read.get(name)
        entry = read[1] if read else RunEntry(name=name)
        return entry if found is None or found.problem is None else entry.broken(found.problem)

    def start(self) -> None:
        """Start to list the folder and read journals."""
        self._task = asyncio.get_running_loop().create_task(self._keep_up_to_date())

    def stop(self) -> None:
        """Stop listing and reading."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """Terminate the worker processes, which write nothing."""
        self._workers.close()

    async def list_now(self) -> None:
        """List the folder without reading journals."""
        contents = await run.io_bound(self._folder.contents)
        if contents is None:  # the server is stopping
            return
        listed = {one.name: one for one in contents.journals}
        if listed != self._found or contents.campaigns != self.campaigns or not self.is_listed:
            self._read = {name: read for name, read in self._read.items() if name in listed}
            self._found, self.campaigns, self.is_listed = listed, contents.campaigns, True
            self.version += 1

    async def _keep_up_to_date(self) -> None:
        while True:
            await self.list_now()
            if not await self._read_some():
                await asyncio.sleep(_PAUSE)

    async def _read_some(self) -> bool:
        """Read some of the new or changed journals, and return whether there were any.

        Only some, so that later changes do not wait long. Journals that were read before, such as those of running
        runs, come first.
        """
        stale = sorted(self._stale(), key=lambda found: found.name not in self._read)[:_AT_ONCE]
        slots = asyncio.Semaphore(2 * count_of_workers())
        await asyncio.gather(*(self._read_one(found, slots) for found in stale))
        return bool(stale)

    def _stale(self) -> Iterator[Found]:
        for name, found in self._found.items():
            known = self._read.get(name)
            if found.stamp is not None and (known is None or known[0] != found.stamp):
                yield found

    async def _read_one(self, found: Found, slots: asyncio.Semaphore) -> None:
        assert found.stamp is not None, "only readable files are read"
        async with slots:
            entry = await self._summary(found.name)
        self._read[found.name] = (found.stamp, entry)
        self.version += 1

    async def _summary(self, name: str) -> RunEntry:
        try:
            path = self._folder.path_of(name)
            return await self.compute(summary_of, path, self._folder.root)
        except JournalError as error:  # the file was deleted, or replaced by a link to outside the folder
            problem = str(error)
        except AnalysisError:  # the worker process was killed
            problem = "not read, because the worker process ended; it is read again when it changes"
        except Exception as error:  # noqa: BLE001 - a bug that one journal triggers must not stop the list
            problem = f"could not be read: {type(error).__name__}: {error}"
        return RunEntry(name=name).broken(problem)


def _named(entries: Sequence[RunEntry]) -> list[RunEntry]:
    """Runs with their societies named alike: the first run of each society for all of its runs, as there are many."""
    first: dict[tuple[str, ...], RunMeasures] = {}
    for entry in entries:
        if entry.measures is not None:
            first.setdefault(_society(entry.measures), entry.measures)
    named = dict(zip(first, with_prompts(named_alike(first.values())), strict=True))
    return [entry if entry.measures is None else _with_name(entry, entry.measures, named) for entry in entries]


def _with_name(entry: RunEntry, run: RunMeasures, named: Mapping[tuple[str, ...], RunMeasures]) -> RunEntry:
    alike = named[_society(run)]
    return replace(
        entry, measures=replace(run, composition=alike.composition, changes=alike.changes, named=alike.named)
    )


def _society(run: RunMeasures) -> tuple[str, ...]:
    return run.scenario, run.condition, run.society, run.prompts, str(run.changes)
