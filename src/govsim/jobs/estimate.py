"""What jobs would cost, and how long they would take, without asking any model."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from govsim.config import LOCAL, Execution, Scalar
from govsim.jobs.cost import Amount, Estimate
from govsim.jobs.job import Job
from govsim.jobs.run import RunJob
from govsim.models.prices import Prices
from govsim.society import models_needed

MOST_REHEARSED = 12
"""Months of a rehearsal of how long a month takes: by then prompts are as long as they become."""


async def estimate(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> list[Estimate]:
    """What jobs would cost, cell by cell. No model is asked, and nothing is written where journals lie.

    A cell of which runs are finished costs on average what these have cost. Of any other one run is rehearsed in which
    everyone takes its share of what the stock can bear, so that the run lasts for all its months, and each talk for all
    its lines. Where a model has answered some questions of a study, each of the others counts as the mean of these;
    else each is counted as it would be sent, with the reply of a talkative model.

    Args:
        jobs: of one or of several cells.
        execution: the prices.
        starts_over: whether finished jobs are to be carried out again.

    Raises:
        ConfigError: a rehearsal did not come to its end.
    """
    cells: defaultdict[tuple[str, ...], list[Job[Any]]] = defaultdict(list)
    for job in jobs:
        cells[job.cell].append(job)
    return [await _of_cell(cell, execution, starts_over=starts_over) for cell in cells.values()]


async def _of_cell(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool) -> Estimate:
    kind, prices = type(jobs[0]), Prices.of(execution, jobs[0].models.default)
    known = kind.known(jobs, prices, starts_over=starts_over)
    if known.basis or not known.left:
        return known
    return replace(known, models=await kind.rehearsed(jobs, prices))


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


async def paces_of(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> list[Pace]:
    """How long runs take, for each cell that asks a local model; nothing is measured where none does, as in studies.

    The speed of each file is measured on this machine. How much is read and written follows from finished runs, else
    from a rehearsal, as in `estimate`.

    Raises:
        GovSimError: a file cannot be used, or a rehearsal failed.
    """
    asking = [job for job in jobs if isinstance(job, RunJob) and next(_local_models(job), None) is not None]
    cells = {job.cell: job for job in asking}
    estimates = await estimate([_shortened(job) for job in asking], execution, starts_over=starts_over)
    return [_pace(job, cell) for job, cell in zip(cells.values(), estimates, strict=True) if cell.left]


def _pace(job: RunJob, cell: Estimate) -> Pace:
    from govsim.models.local import speed_of

    files = {json.dumps(args, sort_keys=True): args for args in _local_models(job)}
    speeds = [speed_of(args) for args in files.values()]
    prompt, reply = min(speed.prompt for speed in speeds), min(speed.reply for speed in speeds)
    months = cell.left * cell.months
    spent = cell.models.get(LOCAL, Amount()).times(1 / months)
    longest = job.experiment.models.sampling.max_tokens
    return Pace(
        society=job.header.society,
        files=tuple(dict.fromkeys(str(args["path"]) for args in files.values())),
        month=((spent.input_tokens or 0) - spent.cached_tokens) / prompt + (spent.output_tokens or 0) / reply,
        months=cell.left * job.experiment.world.months,
        prompt_speed=prompt,
        reply_speed=reply,
        longest_reply=None if longest is None else longest / reply,
    )


def _shortened(job: RunJob) -> RunJob:
    """The run with no more months than a rehearsal needs to show what a month takes."""
    world = job.experiment.world
    shorter = world.model_copy(update={"months": min(world.months, MOST_REHEARSED)})
    experiment = job.experiment.model_copy(update={"world": shorter})
    return replace(job, header=job.header.model_copy(update={"experiment": experiment}))


def _local_models(job: RunJob) -> Iterator[Mapping[str, Scalar]]:
    """The arguments of every local model that a run asks."""
    return (choice.args for choice in models_needed(job.experiment) if choice.name == LOCAL)
