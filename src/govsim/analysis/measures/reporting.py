"""The difference between what members take and what they say that they took."""

from __future__ import annotations

from collections.abc import Iterator

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.journal import Harvest, Report


def underreporting(run: CountedRun) -> float | None:
    """Return the mean of received minus stated units, over all statements of members about their own catch.

    Args:
        run: the run, with its events `harvest` and `report`.

    Returns:
        Units, positive if members state less than they received; None if they stated nothing.
    """
    gaps = list(_gaps(run))
    return sum(gaps) / len(gaps) if gaps else None


def _gaps(run: CountedRun) -> Iterator[int]:
    granted = {(event.month, event.site): event.granted for event in run.of("harvest") if isinstance(event, Harvest)}
    for report in run.of("report"):
        if isinstance(report, Report) and report.extent == "self-reported" and report.month >= run.from_month:
            received = granted[report.month, report.site]
            yield from (received[name] - stated for name, stated in report.catches.items())


MEASURES.register(
    Measure(
        name="underreporting",
        title="underreporting",
        heading=("under-", "reporting units"),
        kind="amount",
        unit="units",
        formula="mean of r(i,t) − the units that i states for month t",
        source="govsim",
        description="Mean units by which members state less than they received; negative if they state more.",
        undefined="if members do not report their own catches",
        function=underreporting,
        kinds=("harvest", "report"),
        counts_from_month=True,
        is_optional=True,
    )
)
