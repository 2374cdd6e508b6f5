"""Exit and migration: how many members leave or move, and how much the membership changes."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure
from govsim.journal import ExitLine, Month, Move


def exit_rate(run: CountedRun) -> float | None:
    """Return the share of decisions about leaving that are to leave.

    Args:
        run: the run, with its events `exit`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without such decisions.
    """
    decisions = [
        leaves
        for line in run.of("exit")
        if isinstance(line, ExitLine) and line.month >= run.from_month
        for leaves in line.decisions.values()
    ]
    return fmean(decisions) if decisions else None


def migration_rate(run: CountedRun) -> float | None:
    """Return the share of choices of a site that are for another one.

    Args:
        run: the run, with its events `move`; months before its first month are not counted.

    Returns:
        A share in 0..1; None without such choices.
    """
    moves = [one.to != one.site for one in run.of("move") if isinstance(one, Move) and one.month >= run.from_month]
    return fmean(moves) if moves else None


def turnover(run: CountedRun) -> float | None:
    """Return the members that leave a society or site, as a share of the members of the previous month.

    Args:
        run: the run, with its events `month`, `exit` and `move`; months before its first month are not counted.

    Returns:
        A share in 0..1 over all months from month 2 on; None if members could not decide to leave or move.
    """
    if exit_rate(run) is None and migration_rate(run) is None:
        return None
    months = [one for one in run.of("month") if isinstance(one, Month) and one.month >= max(2, run.from_month)]
    left = sum(len(one.left) for one in months)
    stayed = sum(len(one.members) - len(one.joined) for one in months)
    return left / (left + stayed) if left + stayed else None


def _register(
    name: str,
    title: str,
    heading: tuple[str, str],
    *,
    formula: str,
    description: str,
    undefined: str,
    function: Callable[[CountedRun], float | None],
    kinds: tuple[str, ...],
) -> None:
    MEASURES.register(
        Measure(
            name=name,
            title=title,
            heading=heading,
            kind="share",
            formula=formula,
            source="govsim",
            description=description,
            undefined=undefined,
            function=function,
            kinds=kinds,
            counts_from_month=True,
            is_optional=True,
        )
    )


_register(
    "exit_rate",
    "exit rate",
    ("exit", "rate %"),
    formula="decisions to leave / decisions",
    description="Share of decisions about leaving that are to leave, whether or not they have an effect.",
    undefined="if members cannot leave",
    function=exit_rate,
    kinds=("exit",),
)
_register(
    "migration_rate",
    "migration rate",
    ("migration", "rate %"),
    formula="choices of another site / choices of a site",
    description="Share of the choices of a site that are for another one, whether or not they have an effect.",
    undefined="if members cannot move",
    function=migration_rate,
    kinds=("move",),
)
_register(
    "turnover",
    "turnover",
    ("turnover", "%"),
    formula="Σ over t ≥ 2 of members that left since t − 1 / Σ members present in t − 1",
    description="Members that leave the society or a site, as a share of the members of the previous month.",
    undefined="if members can neither leave nor move",
    function=turnover,
    kinds=("month", "exit", "move"),
)
