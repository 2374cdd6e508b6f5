"""Exit and migration: how many members leave or move, and how much the membership changes."""

from __future__ import annotations

from govsim.analysis.measures.institutional import institutional, mean, share
from govsim.analysis.measures.measure import CountedRun
from govsim.journal import ExitLine, Month, Move


@institutional(
    "exit rate",
    ("exit", "rate %"),
    formula="decisions to leave / decisions",
    description="Share of decisions about leaving that are to leave, whether or not they have an effect.",
    undefined="if members cannot leave",
    kinds=("exit",),
)
def exit_rate(run: CountedRun) -> float | None:
    """Return the share of decisions about leaving that are to leave; None without such decisions."""
    return mean(leaves for line in run.since(ExitLine) for leaves in line.decisions.values())


@institutional(
    "migration rate",
    ("migration", "rate %"),
    formula="choices of another site / choices of a site",
    description="Share of the choices of a site that are for another one, whether or not they have an effect.",
    undefined="if members cannot move",
    kinds=("move",),
)
def migration_rate(run: CountedRun) -> float | None:
    """Return the share of choices of a site that are for another one; None without such choices."""
    return mean(one.to != one.site for one in run.since(Move))


@institutional(
    "turnover",
    ("turnover", "%"),
    formula="Σ over t ≥ 2 of members that left since t − 1 / Σ members present in t − 1",
    description="Members that leave the society or a site, as a share of the members of the previous month.",
    undefined="if members can neither leave nor move",
    kinds=("month", "exit", "move"),
)
def turnover(run: CountedRun) -> float | None:
    """Return the members that leave a society or site, as a share of those present, per month.

    None if members could not decide to leave or move.
    """
    if exit_rate(run) is None and migration_rate(run) is None:
        return None
    months = [one for one in run.since(Month) if one.month > 1]
    left = sum(len(one.left) for one in months)
    stayed = sum(len(one.members) - len(one.joined) for one in months)
    return share(left, left + stayed)
