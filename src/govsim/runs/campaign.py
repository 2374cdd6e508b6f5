"""A campaign leaves its plan beside its journals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govsim.journal import PLAN_ENDING, PlannedRun, write_plan
from govsim.runs.plan import Plan


def record_campaign(plans: Sequence[Plan], out: Path, name: str) -> Path | None:
    """Write down which runs a campaign has planned; runs of a single cell need no plan.

    Args:
        plans: its runs.
        out: the folder of its journals.
        name: what the plan is called, without its ending.

    Returns:
        Where the plan lies; None when there is none.

    Raises:
        ConfigError: the plan cannot be written.
    """
    if len({plan.path.parent for plan in plans}) < 2:
        return None
    path = out / f"{name}{PLAN_ENDING}"
    write_plan(path, [_planned(plan, out) for plan in plans])
    return path


def _planned(plan: Plan, out: Path) -> PlannedRun:
    return PlannedRun(
        path=plan.path.relative_to(out).as_posix(),
        scenario=plan.scenario.name,
        condition=plan.experiment.condition,
        society=plan.society,
        seed=plan.experiment.seed,
        months=plan.experiment.world.months,
    )
