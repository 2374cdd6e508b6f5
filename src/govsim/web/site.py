"""What all pages share."""

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
from govsim.web.dialogue_results import Judged, judged
from govsim.web.folder import Folder, State
from govsim.web.index import Index
from govsim.web.processes import Processes
from govsim.web.run_state import Watch
from govsim.web.security import ViewSettings

_PAUSE = 2.0
_KEPT, _WATCHED = 24, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all pages share.

    Attributes:
        settings: how they are served.
        folder: what is looked at.
        index: the list of runs.
        watch: gives a run by its journal's name; those that were looked at lately are read once, however many look.
        processes: the runs that were started from the page.
        judgements: what judges made of the runs that somebody looks at.
    """

    settings: ViewSettings
    folder: Folder
    index: Index
    watch: Callable[[str], Watch]
    processes: Processes
    judgements: Judgements

    @property
    def place(self) -> str:
        """The folder as it is shown."""
        return visible(shortened(str(self.folder.place), 80))

    async def watch_processes(self) -> None:
        """Notice which journals belong to the runs that were started from the page, as long as the server runs."""
        await self.processes.watch(self.folder)


def site_of(settings: ViewSettings) -> Site:
    """All that pages over a folder share."""
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
    """What is known of one run, of which state of its files, when that was looked at, and what finds it out anew."""

    looked: float = float("-inf")
    state: State = ()
    judged: Judged | None = None
    task: asyncio.Task[None] | None = None


class Judgements:
    """What judges made of runs that somebody looks at: computed once for each state of the files, however many look.

    Args:
        folder: the folder that is looked at.
        index: has the processes that compute it.
    """

    def __init__(self, folder: Folder, index: Index) -> None:
        self._folder, self._index = folder, index
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, name: str) -> Judged | None:
        """What is known by now; computes it anew, beside, where the files have changed since.

        Args:
            name: the run's journal.

        Returns:
            None until it has been computed, and where no judge has read the run.
        """
        known = self._known.setdefault(name, _Known())
        self._known.move_to_end(name)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        is_at_work = known.task is not None and not known.task.done()
        if not is_at_work and monotonic() - known.looked >= _PAUSE:
            known.looked = monotonic()
            if (state := self._state(name)) != known.state:
                known.task = asyncio.get_running_loop().create_task(self._learn(name, known, state))
        return known.judged

    def is_reading(self, name: str) -> bool:
        """Whether the judgements of a run are being read.

        Args:
            name: the name of the run.
        """
        known = self._known.get(name)
        return known is not None and known.task is not None and not known.task.done()

    def _state(self, name: str) -> State:
        """The files that decide it; none where no judge has read the run."""
        studies = self._folder.studies_beside(name)
        if not studies:
            return ()
        try:
            journal = stamp_of(self._folder.path_of(name))
        except (OSError, JournalError):
            return ()
        return ((name, journal), *((one.name, one.stamp) for one in studies))

    async def _learn(self, name: str, known: _Known, state: State) -> None:
        try:
            path, root = self._folder.path_of(name), self._folder.root
            known.judged = await self._index.compute(judged, path, root) if state else None
        except GovSimError:  # the page says what is wrong with the journal
            known.judged = None
        known.state, known.looked = state, monotonic()
