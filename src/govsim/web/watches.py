"""Runs that somebody looks at: each is read once, however many look."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from nicegui import run

from govsim.errors import JournalError
from govsim.web.folder import Folder
from govsim.web.story import Heard, Story, understood
from govsim.web.watching import Line, Tail

_KEPT = 12


class Watch:
    """One run, followed as its journal grows.

    Args:
        folder: the folder that is looked at.
        name: the journal.

    Raises:
        JournalError: there is no such journal.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self.name = name
        self._folder = folder
        self._tail = Tail(folder.path_of(name), folder.root)
        self._lock = asyncio.Lock()
        self.story = self._new_story()
        self.version = 0

    @property
    def torn(self) -> int:
        """Bytes of a last line that is not finished."""
        return self._tail.torn

    async def catch_up(self) -> None:
        """Read what has come since the last time; a journal that was replaced is read anew.

        Raises:
            JournalError: the journal is gone, or cannot be read.
        """
        async with self._lock:
            while heard := await self._next():
                self.story.hear(heard)
                self.version += 1

    def _new_story(self) -> Story:
        return Story(self._tail.path, self._folder.root)

    async def _next(self) -> list[tuple[Line, Heard]]:
        try:
            self._folder.path_of(self.name)  # it may have become a link that leads elsewhere
            if self._tail.has_been_replaced():
                self._tail.start_over()
                self.story = self._new_story()
                self.version += 1
            if not self._tail.has_news():
                return []
            # In a thread, as the first time it may be a lot; what it says is taken in here, where pages are built.
            return await run.io_bound(_read, self._tail) or []
        except OSError as error:
            raise JournalError(f"{self.name}: cannot be read ({error.strerror or error})") from error


class Watches:
    """All runs that were looked at lately.

    Args:
        folder: the folder that is looked at.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._watches: OrderedDict[str, Watch] = OrderedDict()

    def of(self, name: str) -> Watch:
        """The watch of a run.

        Raises:
            JournalError: there is no such journal.
        """
        self._folder.path_of(name)
        watch = self._watches.pop(name, None) or Watch(self._folder, name)
        self._watches[name] = watch
        while len(self._watches) > _KEPT:
            self._watches.popitem(last=False)
        return watch


def _read(tail: Tail) -> list[tuple[Line, Heard]]:
    """What the next lines say. Lines that say nothing of interest are passed over, up to some that do."""
    while lines := tail.new_lines():
        if heard := understood(lines):
            return heard
    return []
