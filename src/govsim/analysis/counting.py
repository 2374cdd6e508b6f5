"""Which runs count in which statistic: every table, figure, comparison and page asks here.

A run is one of three. *Counted*: it completed or collapsed, and every measure is computed on it. *Censored*: it was
stopped for a reason that has nothing to do with its answers, so that survival analysis uses the months it completed.
*Unreadable*: it failed because its answers could not be read. A forfeited decision spares the stock, so that such a run
looks like a long life; it enters no statistic. All of them are counted as runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsim.journal import FINISHED, UNREADABLE, Journal, Standing, is_unreadable, standing_of

if TYPE_CHECKING:
    import pandas as pd

REASONS = (UNREADABLE, "failed", "cancelled", "over-budget", "running", "killed")
"""Why runs are left out of means and rates, in the order in which tables list them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """The role of one run in statistics.

    Attributes:
        status: how the run ended, or `running` or `killed`.
        is_unreadable: whether it failed, or is bound to fail, because its answers could not be read.
    """

    status: Standing
    is_unreadable: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether the run completed or collapsed, so that it has measures."""
        return self.status in FINISHED

    @property
    def is_censored(self) -> bool:
        """Whether survival analysis uses it for the months it completed, and nothing else does."""
        return not self.is_counted and not self.is_unreadable

    @property
    def reason(self) -> str | None:
        """Why no measure counts it, one of `REASONS`; None for a counted run."""
        if self.is_counted:
            return None
        return UNREADABLE if self.is_unreadable else self.status


def counting_of(journal: Journal) -> Counting:
    """The role of a journal's run in statistics.

    Args:
        journal: with its lines of kind `harvest` and `call` at least.
    """
    return Counting(status=standing_of(journal), is_unreadable=is_unreadable(journal))


def in_order(reasons: Iterable[str]) -> Counter[str]:
    """How many runs were left out for which reason, in the order of `REASONS`."""
    found = Counter(reasons)
    return Counter({reason: found[reason] for reason in REASONS if found[reason]})


def observed(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of a frame that survival analysis uses: the counted and the censored."""
    return runs[runs["is_counted"] | runs["is_censored"]]


def left_out(runs: pd.DataFrame) -> Counter[str]:
    """How many runs of a frame no measure counts, by reason."""
    others = runs[~runs["is_counted"]]
    return in_order(others["status"].astype(str).where(others["is_censored"], UNREADABLE))
