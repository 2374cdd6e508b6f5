"""What all pages share."""

from __future__ import annotations

from dataclasses import dataclass

from govsim.web.folder import Folder
from govsim.web.index import Index
from govsim.web.judgements import Judgements
from govsim.web.processes import Processes
from govsim.web.run_state import Watches
from govsim.web.settings import ViewSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all pages share.

    Attributes:
        settings: how they are served.
        folder: what is looked at.
        index: the list of runs.
        watches: the runs that somebody looks at.
        processes: the runs that were started from the page.
        judgements: what judges made of the runs that somebody looks at.
    """

    settings: ViewSettings
    folder: Folder
    index: Index
    watches: Watches
    processes: Processes
    judgements: Judgements

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
        watches=Watches(folder),
        processes=Processes(is_allowed=settings.may_start),
        judgements=Judgements(folder, index),
    )
