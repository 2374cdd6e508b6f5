"""The difference between what members take and what they say that they took."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.analysis.measures.institutional import institutional, mean
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import Harvest, Report


@institutional(
    "underreporting",
    ("under-", "reporting units"),
    unit="units",
    formula="mean of r(i,t) − the units that i states for month t",
    description="Mean units by which members state less than they received; negative if they state more.",
    undefined="if members do not report their own catches",
    kinds=("harvest", "report"),
)
def underreporting(run: CountedRun) -> float | None:
    """Return the mean of received minus stated units, over all statements of members about their own catch.

    Args:
        run: the run, with its events `harvest` and `report`.

    Returns:
        Units, positive if members state less than they received; None if they stated nothing.
    """
    return mean(_gaps(run))


def _gaps(run: CountedRun) -> Iterator[int]:
    granted = {(event.month, event.site): event.granted for event in run.since(Harvest)}
    for report in run.since(Report):
        if report.extent == "self-reported":
            received = granted[report.month, report.site]
            yield from (received[name] - stated for name, stated in report.catches.items())
