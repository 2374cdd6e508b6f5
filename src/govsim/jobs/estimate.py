"""Estimates of the cost and duration of jobs, without calling a model."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from govsim.config import LOCAL, Execution, Scalar
from govsim.jobs.amounts import Amount, CostEstimate
from govsim.jobs.job import Job
from govsim.jobs.run import RunJob
from govsim.models.prices import Prices
from govsim.society import models_needed

MAX_REHEARSED_MONTHS = 12
"""Maximum number of months of a dry run for the duration of a month; prompts reach their full length before."""


async def estimate(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> list[CostEstimate]:
    """Estimate the cost of jobs for each cell. No model is called, and nothing is written to the output folder.

    If a cell has finished runs, each remaining run counts as their mean. Otherwise, one run is simulated as a dry run
    with the fake model: each member takes its share of the sustainable harvest, so that the run reaches its last month,
    and each discussion has the maximum number of utterances. In a study, each remaining question counts as the mean of
    the answered ones; if there are none, each prompt is counted as it would be sent, with a long reply.

    Args:
        jobs: jobs of one or several cells.
        execution: contains the prices.
        starts_over: whether finished jobs will be executed again.

    Raises:
        ConfigError: a dry run failed.
    """
    cells: defaultdict[tuple[str, ...], list[Job[Any]]] = defaultdict(list)
    for job in jobs:
        cells[job.cell].append(job)
    return [await _of_cell(cell, execution, starts_over=starts_over) for cell in cells.values()]


async def _of_cell(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool) -> CostEstimate:
    kind, prices = type(jobs[0]), Prices.of(execution, jobs[0].models.default)
    known = kind.known(jobs, prices, starts_over=starts_over)
    if known.basis or not known.left:
        return known
    return replace(known, models=await kind.rehearsed(jobs, prices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Estimated duration of the runs of a cell that use a local model.

    Attributes:
        society: society of the cell.
        files: file of the model; several if members have different models.
        month: seconds per month.
        months: number of months remaining in all runs, if none of them ends early.
        prompt_speed: prompt tokens processed per second, with the slowest of the files.
        reply_speed: tokens generated per second, with the slowest of the files.
        longest_reply: seconds for a reply of the maximum number of tokens; None if there is no limit.
    """

    society: str
    files: tuple[str, ...]
    month: float
    months: int
    prompt_speed: float
    reply_speed: float
    longest_reply: float | None


async def paces_of(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> list[Pace]:
    """Estimate the duration of runs, for each cell that uses a local model; other cells and studies are skipped.

    The speed of each file is measured on this machine. The numbers of tokens are those of finished runs, or otherwise
    of a dry run, as in `estimate`.

    Raises:
        GovSimError: a file cannot be used, or a dry run failed.
    """
    asking = [job for job in jobs if isinstance(job, RunJob) and next(_local_models(job), None) is not None]
    cells = {job.cell: job for job in asking}
    estimates = await estimate([_shortened(job) for job in asking], execution, starts_over=starts_over)
    return [_pace(job, cell) for job, cell in zip(cells.values(), estimates, strict=True) if cell.left]


def _pace(job: RunJob, cell: CostEstimate) -> Pace:
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
    """Return a run with as many months as are needed to estimate the duration of a month."""
    world = job.experiment.world
    shorter = world.model_copy(update={"months": min(world.months, MAX_REHEARSED_MONTHS)})
    experiment = job.experiment.model_copy(update={"world": shorter})
    return replace(job, header=job.header.model_copy(update={"experiment": experiment}))


def _local_models(job: RunJob) -> Iterator[Mapping[str, Scalar]]:
    """Yield the arguments of every local model that a run uses."""
    return (choice.args for choice in models_needed(job.experiment) if choice.name == LOCAL)
