"""How long a month takes with models that compute on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from govsim.config import LOCAL, Execution, Scalar
from govsim.runs.building import models_needed
from govsim.runs.estimate import Amount, CostEstimate, estimate
from govsim.runs.plan import Plan

if TYPE_CHECKING:
    pass

MOST_REHEARSED = 12
"""Months of a rehearsal: by then prompts are as long as they become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the runs of a cell take that ask a local model.

    Attributes:
        society: the cell's.
        files: the model's file; several where members have different ones.
        month: seconds that a month takes.
        months: months that are left, in all runs, if none of them ends early.
        prompt_speed: tokens per second that are read, by the slowest of the files.
        reply_speed: tokens per second that are written, by the slowest of the files.
        longest_reply: seconds that a reply of the most tokens that are allowed takes; None where they have no limit.
    """

    society: str
    files: tuple[str, ...]
    month: float
    months: int
    prompt_speed: float
    reply_speed: float
    longest_reply: float | None


async def paces_of(plans: Sequence[Plan], execution: Execution, *, starts_over: bool = False) -> list[Pace]:
    """How long planned runs take, for each cell that asks a local model; nothing is measured where none does.

    The speed of each file is measured on this machine. How much is read and written follows from finished runs, else
    from a rehearsal, as in `estimate`.

    Raises:
        GovSimError: a file cannot be used, or a rehearsal failed.
    """
    asking = [plan for plan in plans if next(_local_models(plan), None) is not None]
    cells = {plan.path.parent: plan for plan in asking}
    estimates = await estimate([_shortened(plan) for plan in asking], execution, starts_over=starts_over)
    return [_pace(plan, cell) for plan, cell in zip(cells.values(), estimates, strict=True) if cell.runs]


def _pace(plan: Plan, cell: CostEstimate) -> Pace:
    from govsim.models.local import speed_of

    files = {json.dumps(args, sort_keys=True): args for args in _local_models(plan)}
    speeds = [speed_of(args) for args in files.values()]
    prompt, reply = min(speed.prompt for speed in speeds), min(speed.reply for speed in speeds)
    months = cell.runs * cell.months
    spent = cell.models.get(LOCAL, Amount()).times(1 / months)
    longest = plan.experiment.models.sampling.max_tokens
    return Pace(
        society=cell.society,
        files=tuple(dict.fromkeys(str(args["path"]) for args in files.values())),
        month=(spent.input_tokens - spent.cached_tokens) / prompt + spent.output_tokens / reply,
        months=cell.runs * plan.experiment.world.months,
        prompt_speed=prompt,
        reply_speed=reply,
        longest_reply=None if longest is None else longest / reply,
    )


def _shortened(plan: Plan) -> Plan:
    """The run with no more months than a rehearsal needs to show what a month takes."""
    world = plan.experiment.world
    shorter = world.model_copy(update={"months": min(world.months, MOST_REHEARSED)})
    return replace(plan, experiment=plan.experiment.model_copy(update={"world": shorter}))


def _local_models(plan: Plan) -> Iterator[Mapping[str, Scalar]]:
    """The arguments of every local model that a run asks."""
    return (choice.args for choice in models_needed(plan.experiment) if choice.name == LOCAL)
