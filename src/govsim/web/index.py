"""All runs below the folder, and what is known of each: filled in while pages are already shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nicegui import run

from govsim.analysis.runs import RunMeasures
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
        name: its journal, as addresses name it.
        problem: why it cannot be read; None where it can, or nobody knows yet.
        measures: what was measured; None where it cannot be read, or has not been.
        packed: the rows of its members and months; None likewise. As bytes, of which thousands take little room;
            `summary.rows_of` unpacks them.
        stocks: units at the start of each month, and what was left after the last.
        standing: how it ended; `unreadable` where it failed because its answers could not be read; `running`, or
            `killed` where its process ended without writing how it ended; `broken`; `unread` where nobody knows yet.
        month: the month it is in; None while that is not known.
    """

    name: str
    problem: str | None = None
    measures: RunMeasures | None = None
    packed: bytes | None = None
    stocks: tuple[float, ...] = ()
    standing: str = "unread"
    month: int | None = None

    def broken(self, problem: str) -> RunEntry:
        """The same, where something is wrong with the journal."""
        return replace(self, problem=problem, standing="broken")


class Index:
    """The list of runs, kept up to date as long as the server runs.

    Args:
        folder: the folder that is looked at.

    Attributes:
        compute: as `Workers.compute`, by the processes that read.
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

    @property
    def entries(self) -> list[RunEntry]:
        """All runs, in the order of their names."""
        return [self.entry(name) for name in self._found]

    @property
    def unread(self) -> int:
        """Journals that nothing is known of yet."""
        return sum(one.problem is None and one.name not in self._read for one in self._found.values())

    @property
    def summaries(self) -> list[RunEntry]:
        """All runs that could be read."""
        return [one for one in self.entries if one.measures is not None]

    @property
    def measures(self) -> list[RunMeasures]:
        """What was measured of these."""
        return [one.measures for one in self.entries if one.measures is not None]

    def has(self, name: str) -> bool:
        """Whether there is a journal of this name."""
        return name in self._found

    def entry(self, name: str) -> RunEntry:
        """One run by its name."""
        found, read = self._found.get(name), self._read.get(name)
        entry = read[1] if read else RunEntry(name=name)
        return entry if found is None or found.problem is None else entry.broken(found.problem)

    def start(self) -> None:
        """Begin to list and read."""
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    def stop(self) -> None:
        """List and read no more."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """End the processes that read, also in the midst of it: they write nothing."""
        self._workers.close()

    async def list_now(self) -> None:
        """List the folder, without reading what lies in it."""
        contents = await run.io_bound(self._folder.contents)
        if contents is None:  # the server ends
            return
        listed = {one.name: one for one in contents.journals}
        if listed != self._found or contents.campaigns != self.campaigns or not self.is_listed:
            self._read = {name: read for name, read in self._read.items() if name in listed}
            self._found, self.campaigns, self.is_listed = listed, contents.campaigns, True
            self.version += 1

    async def _go_on(self) -> None:
        while True:
            await self.list_now()
            if not await self._read_some():
                await asyncio.sleep(_PAUSE)

    async def _read_some(self) -> bool:
        """Read some of what is new or has changed, and say whether there was anything to read.

        Only some, so that what changes meanwhile has its turn soon; what was known already, and goes on, comes first.
        """
        stale = sorted(self._stale(), key=lambda found: found.name not in self._read)[:_AT_ONCE]
        hands = asyncio.Semaphore(2 * count_of_workers())
        await asyncio.gather(*(self._read_one(found, hands) for found in stale))
        return bool(stale)

    def _stale(self) -> Iterator[Found]:
        for name, found in self._found.items():
            known = self._read.get(name)
            if found.stamp is not None and (known is None or known[0] != found.stamp):
                yield found

    async def _read_one(self, found: Found, hands: asyncio.Semaphore) -> None:
        assert found.stamp is not None, "only what can be read is read"
        async with hands:
            entry = await self._summary(found.name)
        self._read[found.name] = (found.stamp, entry)
        self.version += 1

    async def _summary(self, name: str) -> RunEntry:
        try:
            path = self._folder.path_of(name)
            return await self.compute(summary_of, path, self._folder.root)
        except JournalError as error:  # it has gone, or become a link that leads elsewhere
            problem = str(error)
        except AnalysisError:  # somebody has killed a reader
            problem = "was not read, as the reading process ended; it is tried again when it changes"
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one journal does not take the list with it
            problem = f"could not be read: {type(error).__name__}: {error}"
        return RunEntry(name=name).broken(problem)
