"""What the list of runs says of one of them. Read in processes beside the server, so that pages stay quick."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.analysis.columns import Row
from govsim.analysis.results import kinds_of, results_of
from govsim.analysis.runs import RunMeasures
from govsim.errors import GovSimError
from govsim.journal import UNREADABLE, Harvest, Journal, Month, only_below, read_journal

Stocks = tuple[float, ...]

_FRAMES = ("members", "months")
"""What comparisons are made from: without the largest frame, as thousands of runs are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One journal, read once.

    Attributes:
        measures: what was measured; None where the journal cannot be read.
        packed: the rows of its members and months; None likewise. As bytes, of which thousands take little room;
            `rows_of` unpacks them.
        stocks: units at the start of each month, and what was left after the last.
        standing: how it ended; `unreadable` where it failed because its answers could not be read; `running`, or
            `killed` where its process ended without writing how it ended; `broken`.
        month: the month it is in.
        problem: what is wrong with the journal; None where nothing is.
    """

    measures: RunMeasures | None = None
    packed: bytes | None = None
    stocks: Stocks = ()
    standing: str = "broken"
    month: int = 0
    problem: str | None = None


def summary_of(path: Path, root: Path) -> Summary:
    """Read one journal.

    Args:
        path: the journal.
        root: the folder that its name is told from.
    """
    try:
        with only_below(root):
            journal = read_journal(path, kinds=kinds_of(_FRAMES))
        found = results_of([journal], root, frames=_FRAMES)
    except GovSimError as error:
        name = path.relative_to(root).as_posix()
        return Summary(problem=str(error).replace(f"{root.as_posix()}/", "").removeprefix(name).lstrip(":, "))
    (measures,) = found.measures
    return Summary(
        measures=measures,
        packed=zlib.compress(pickle.dumps(dict(found.rows))),
        stocks=_stocks(journal),
        standing=UNREADABLE if measures.status == "failed" and measures.is_unreadable else measures.status,
        month=max((month.month for month in journal.of(Month)), default=0),
    )


def rows_of(summary: Summary) -> Mapping[str, Sequence[Row]]:
    """The rows of a run's members and months; none where its journal cannot be read.

    Args:
        summary: what is known of it.
    """
    if summary.packed is None:
        return {}
    # Packed by a process of ours a moment ago, and never read from a file.
    rows: Mapping[str, Sequence[Row]] = pickle.loads(zlib.decompress(summary.packed))
    return rows


def _stocks(journal: Journal) -> Stocks:
    begun = {month.month: float(month.stock) for month in journal.of(Month)}
    harvests = list(journal.of(Harvest))
    begun |= {harvest.month: float(harvest.stock_before) for harvest in harvests}
    left = [float(harvests[-1].stock_after_harvest)] if harvests and max(begun) == harvests[-1].month else []
    return (*(begun[month] for month in sorted(begun)), *left)
