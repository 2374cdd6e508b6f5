"""All runs below the folder, and what is known of each: filled in while pages are already shown."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from nicegui import run

from govsim.errors import AnalysisError, JournalError
from govsim.journal import Stamp
from govsim.web.folder import Campaign, Folder, Found

if TYPE_CHECKING:
    from govsim.web.summary import Summary

P = ParamSpec("P")
R = TypeVar("R")

_PAUSE = 1.0
_AT_ONCE = 40
_BEHIND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A run in the list.

    Attributes:
        name: its journal, as addresses name it.
        problem: why it cannot be read; None where it can, or nobody knows yet.
        summary: what is known of it; None while it has not been read.
    """

    name: str
    problem: str | None = None
    summary: Summary | None = None

    @property
    def standing(self) -> str:
        """How it stands: as `Summary.standing`, or `unread`."""
        if self.problem is not None:
            return "broken"
        return self.summary.standing if self.summary else "unread"


class Index:
    """The list of runs, kept up to date as long as the server runs.

    Args:
        folder: the folder that is looked at.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._found: dict[str, Found] = {}
        self._read: dict[str, tuple[Stamp, Summary]] = {}
        self._pool: Executor | None = None
        self._task: asyncio.Task[None] | None = None
        self.campaigns: tuple[Campaign, ...] = ()
        self.version = 0
        self.is_listed = False

    @property
    def entries(self) -> list[Entry]:
        """All runs, in the order of their names."""
        return [self.entry(name) for name in self._found]

    @property
    def unread(self) -> int:
        """Journals that nothing is known of yet."""
        return sum(one.problem is None and one.name not in self._read for one in self._found.values())

    @property
    def summaries(self) -> list[Summary]:
        """What is known of all runs that could be read."""
        return [one.summary for one in self.entries if one.summary is not None and one.summary.measures is not None]

    def has(self, name: str) -> bool:
        """Whether there is a journal of this name."""
        return name in self._found

    def entry(self, name: str) -> Entry:
        """One run by its name."""
        found, read = self._found.get(name), self._read.get(name)
        summary = read[1] if read else None
        problem = found.problem if found else None
        return Entry(name=name, problem=problem or (summary.problem if summary else None), summary=summary)

    def start(self) -> None:
        """Begin to list and read."""
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    def stop(self) -> None:
        """List and read no more."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """End the processes that read, also in the midst of it: they write nothing."""
        if self._pool is not None:
            for reader in multiprocessing.active_children():
                reader.terminate()
            self._pool.shutdown(cancel_futures=True)

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
        hands = asyncio.Semaphore(2 * _workers())
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
            summary = await self._summary(found.name)
        self._read[found.name] = (found.stamp, summary)
        self.version += 1

    async def _summary(self, name: str) -> Summary:
        try:
            path = self._folder.path_of(name)
            return await self._submit(partial(_summary_of, path, self._folder.root))
        except JournalError as error:  # it has gone, or become a link that leads elsewhere
            return _unreadable(str(error))
        except BrokenProcessPool:  # somebody has killed a reader
            self._pool = None
            return _unreadable("was not read, as the reading process ended; it is tried again when it changes")
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one journal does not take the list with it
            return _unreadable(f"could not be read: {type(error).__name__}: {error}")

    async def compute(self, what: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """Compute something in a process beside the server.

        Args:
            what: a function of a module.
            *given: what it is given.
            **named: the same, by name.

        Raises:
            AnalysisError: the process has ended before it was done.
        """
        try:
            return await self._submit(partial(what, *given, **named))
        except BrokenProcessPool as error:
            self._pool = None
            raise AnalysisError("the process that computed this has ended, as for want of memory; try again") from error

    def _submit(self, what: Callable[[], R]) -> asyncio.Future[R]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # threads are running here
            self._pool = ProcessPoolExecutor(_workers(), mp_context=context, initializer=_begin_reading)
        with _interrupts_held():
            return asyncio.get_running_loop().run_in_executor(self._pool, what)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes that begin meanwhile not be interrupted: Ctrl-C in a terminal is for all that run there."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What reads journals takes seconds to load, in which the server would answer nobody: readers load it for themselves.


def _summary_of(path: Path, root: Path) -> Summary:
    from govsim.web.summary import summary_of

    return summary_of(path, root)


def _unreadable(problem: str) -> Summary:
    from govsim.web.summary import Summary

    return Summary(problem=problem)


def _begin_reading() -> None:
    """What a reading process begins with: it leaves interrupts to the server, and ends with it, however that ends.

    Where processors are few, it also waits for the server: a page that is asked for comes before rows that fill in.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it was not held back from the start
    if hasattr(os, "nice"):
        os.nice(_BEHIND)
    server = multiprocessing.parent_process()
    assert server is not None, "only the server starts readers"

    def end_with_it() -> None:
        server.join()
        os._exit(0)

    threading.Thread(target=end_with_it, daemon=True).start()


def _workers() -> int:
    return max(1, min(4, (os.cpu_count() or 2) - 1))
