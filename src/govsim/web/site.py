"""The state that all pages share."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from time import monotonic

from govsim.characters import shortened, visible
from govsim.errors import GovSimError, JournalError
from govsim.journal import stamp_of
from govsim.web.dialogue_results import JudgedRuns, judged
from govsim.web.folder import Folder, FolderState
from govsim.web.index import Index
from govsim.web.processes import Processes
from govsim.web.run_state import Watch
from govsim.web.security import ViewSettings

_PAUSE = 2.0
_KEPT, _WATCHED = 24, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The state that all pages share.

    Attributes:
        settings: how the pages are served.
        folder: the folder that is shown.
        index: the list of runs.
        watch: returns the watch of a run by the name of its journal; recent ones are kept and shared by all visitors.
        processes: the runs that were started from a page.
        judgements: the judgements of runs with an open page.
    """

    settings: ViewSettings
    folder: Folder
    index: Index
    watch: Callable[[str], Watch]
    processes: Processes
    judgements: Judgements

    @property
    def place(self) -> str:
        """The path of the folder, as text for a page."""
        return visible(shortened(str(self.folder.place), 80))

    async def watch_processes(self) -> None:
        """Find the journals of the runs that were started from a page, until the server stops."""
        await self.processes.watch(self.folder)


def site_of(settings: ViewSettings) -> Site:
    """Create the shared state for a folder.

    Args:
        settings: how the pages are served.
    """
    folder = Folder(settings.folder)
    index = Index(folder)
    return Site(
        settings=settings,
        folder=folder,
        index=index,
        watch=lru_cache(_WATCHED)(partial(Watch, folder)),
        processes=Processes(is_allowed=settings.may_start),
        judgements=Judgements(folder, index),
    )


@dataclass(slots=True)
class _Known:
    """The judgements of one run, the state of its files that they are from, and the task that updates them."""

    checked: float = float("-inf")
    state: FolderState = ()
    judged: JudgedRuns | None = None
    task: asyncio.Task[None] | None = None


class Judgements:
    """The judgements of runs with an open page, computed once for each state of the files for all visitors.

    Args:
        folder: the folder that is shown.
        index: provides the worker processes.
    """

    def __init__(self, folder: Folder, index: Index) -> None:
        self._folder, self._index = folder, index
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, name: str) -> JudgedRuns | None:
        """Return the latest judgements, and update them in the background if the files have changed.

        Args:
            name: the name of the run.

        Returns:
            The judgements; None until they have been computed, and if no judge has read the run.
        """
        known = self._known.setdefault(name, _Known())
        self._known.move_to_end(name)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        is_busy = known.task is not None and not known.task.done()
        if not is_busy and monotonic() - known.checked >= _PAUSE:
            known.checked = monotonic()
            if (state := self._state(name)) != known.state:
                known.task = asyncio.get_running_loop().create_task(self._update(name, known, state))
        return known.judged

    def is_reading(self, name: str) -> bool:
        """Whether the judgements of a run are being read.

        Args:
            name: the name of the run.
        """
        known = self._known.get(name)
        return known is not None and known.task is not None and not known.task.done()

    def _state(self, name: str) -> FolderState:
        """The files that the judgements depend on; empty if no judge has read the run."""
        studies = self._folder.studies_beside(name)
        if not studies:
            return ()
        try:
            journal = stamp_of(self._folder.path_of(name))
        except (OSError, JournalError):
            return ()
        return ((name, journal), *((one.name, one.stamp) for one in studies))

    async def _update(self, name: str, known: _Known, state: FolderState) -> None:
        try:
            path, root = self._folder.path_of(name), self._folder.root
            known.judged = await self._index.compute(judged, path, root) if state else None
        except GovSimError:  # the page shows the error of the journal
            known.judged = None
        known.state, known.checked = state, monotonic()
