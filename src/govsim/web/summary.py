"""Summaries of runs for the list, computed in worker processes to keep the server responsive."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from govsim.analysis.columns import RowValues
from govsim.analysis.results import kinds_needed, results_of
from govsim.errors import GovSimError
from govsim.journal import UNREADABLE, Harvest, Journal, Month, in_total, only_below, read_journal
from govsim.web.index import RunEntry

_FRAMES = ("members", "months")
"""The frames that comparisons need; without the largest frame, as thousands of runs are kept in memory."""


def summary_of(path: Path, root: Path) -> RunEntry:
    """Read one journal.

    Args:
        path: the journal.
        root: the folder that its name is relative to.
    """
    entry = RunEntry(name=path.relative_to(root).as_posix())
    try:
        with only_below(root):
            journal = read_journal(path, kinds=kinds_needed(_FRAMES))
        found = results_of([journal], root, frames=_FRAMES)
    except GovSimError as error:
        problem = str(error).replace(f"{root.as_posix()}/", "").removeprefix(entry.name).lstrip(":, ")
        return entry.broken(problem)
    (measures,) = found.measures
    return replace(
        entry,
        measures=measures,
        packed=zlib.compress(pickle.dumps(dict(found.rows))),
        stocks=_stocks(journal),
        status=UNREADABLE if measures.status == "failed" and measures.is_unreadable else measures.status,
        analysis=journal.header.analysis,
        month=max((month.month for month in journal.of(Month)), default=0),
    )


def unpacked_rows(entry: RunEntry) -> Mapping[str, Sequence[RowValues]]:
    """The rows of a run's members and months; empty if its journal is unreadable.

    Args:
        entry: the run.
    """
    if entry.packed is None:
        return {}
    # Safe to unpickle: created by a worker process of this server, never read from a file.
    rows: Mapping[str, Sequence[RowValues]] = pickle.loads(zlib.decompress(entry.packed))
    return rows


def _stocks(journal: Journal) -> tuple[float, ...]:
    at_start: dict[int, float] = {}
    for month in journal.of(Month):
        at_start[month.month] = at_start.get(month.month, 0.0) + month.stock
    harvests = list(in_total(journal.of(Harvest)))
    at_start |= {harvest.month: float(harvest.stock_before) for harvest in harvests}
    left = [float(harvests[-1].stock_after_harvest)] if harvests and max(at_start) == harvests[-1].month else []
    return (*(at_start[month] for month in sorted(at_start)), *left)
