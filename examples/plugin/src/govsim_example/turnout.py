"""A measure that is computed from the votes of a run."""

from __future__ import annotations

from govsim.analysis.measures import CountedRun, Measure
from govsim_example.vote import Vote


def turnout(run: CountedRun) -> float | None:
    """Proposals as a share of all members present at votes; None if no member could vote."""
    votes = [event for event in run.of("vote") if isinstance(event, Vote) and event.month >= run.from_month]
    proposals = sum(len(vote.proposals) for vote in votes)
    present = proposals + sum(len(vote.abstained) for vote in votes)
    return proposals / present if present else None


TURNOUT = Measure(
    name="turnout",
    title="turnout",
    heading=("turnout", "%"),
    kind="share",
    formula="Σ proposals / Σ members present at votes",
    source="govsim-example",
    description="Proposals as a share of the members present at votes, from `from_month` on.",
    undefined="where no vote was held",
    function=turnout,
    kinds=("vote",),
    counts_from_month=True,
)
