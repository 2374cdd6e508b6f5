"""Judges' readings of runs that somebody looks at: computed once for each state of the files, however many look."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from govsim.errors import GovSimError, JournalError
from govsim.journal import Stamp, stamp_of
from govsim.web.folder import Folder
from govsim.web.index import Index

if TYPE_CHECKING:
    from govsim.web.judged import Judged

State = tuple[tuple[str, Stamp | None], ...]

_PAUSE = 2.0
_KEPT = 24


@dataclass(slots=True)
class _Known:
    """What is known of one run, of which state of its files, and when that was looked at."""

    looked: float = float("-inf")
    state: State = ()
    judged: Judged | None = None


class Judgements:
    """What judges made of runs.

    Args:
        folder: the folder that is looked at.
        index: has the processes that compute it.
    """

    def __init__(self, folder: Folder, index: Index) -> None:
        self._folder, self._index = folder, index
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._at_work: dict[str, asyncio.Task[None]] = {}

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
        if name not in self._at_work and monotonic() - known.looked >= _PAUSE:
            known.looked = monotonic()
            if (state := self._state(name)) != known.state:
                task = asyncio.get_running_loop().create_task(self._learn(name, known, state))
                self._at_work[name] = task
                task.add_done_callback(lambda _: self._at_work.pop(name, None))
        return known.judged

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
        known.judged = None if not state else known.judged
        if state:
            try:
                known.judged = await self._index.compute(_judged, self._folder.path_of(name), self._folder.root)
            except GovSimError:  # the page says what is wrong with the journal
                known.judged = None
        known.state, known.looked = state, monotonic()


# What computes takes seconds to load, so that the server leaves it to the processes beside it.


def _judged(journal: Path, root: Path) -> Judged:
    from govsim.web.judged import judged

    return judged(journal, root)
