"""A measure that is computed from the polls of a run."""

from __future__ import annotations

from govsim.analysis.measures import CountedRun, Measure
from govsim_example.poll import Poll


def participation(run: CountedRun) -> float | None:
    """Proposals as a share of all members present at polls; None if no member took part in one."""
    polls = [event for event in run.of("poll") if isinstance(event, Poll) and event.month >= run.from_month]
    proposals = sum(len(poll.proposals) for poll in polls)
    present = proposals + sum(len(poll.abstained) for poll in polls)
    return proposals / present if present else None


PARTICIPATION = Measure(
    name="participation",
    title="participation",
    heading=("participation", "%"),
    kind="share",
    formula="Σ proposals / Σ members present at polls",
    source="govsim-example",
    description="Proposals as a share of the members present at polls, from `from_month` on.",
    undefined="where no poll was held",
    function=participation,
    kinds=("poll",),
    counts_from_month=True,
)
