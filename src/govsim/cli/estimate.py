"""What jobs would take: what `--estimate` prints instead of asking anybody, and how long local models need."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from govsim.analysis import render
from govsim.analysis.tables.formatting import count, duration, number
from govsim.analysis.tables.table import Column, Table
from govsim.cli.words import months, say
from govsim.config import LOCAL, Execution
from govsim.jobs import Amount, CostEstimate, Job, RunJob, estimate, paces_of
from govsim.models.prices import Prices
from govsim.models.rehearsal import WORDS


def show_estimate(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> None:
    """Print what jobs would take; all of them where old journals are to be set aside.

    Raises:
        GovSimError: a rehearsal failed, as the run would.
    """
    cells = asyncio.run(estimate(jobs, execution, starts_over=starts_over))
    are_runs = isinstance(jobs[0], RunJob)
    table = estimates_table(cells, are_runs=are_runs)
    say(render(table))
    say("")
    for note in _notes_on_runs(cells) if are_runs else _notes_on_studies(cells):
        say(note)
    if table.total is not None and table.total["cost"] is None:
        say("Where the cost is –, the price of the model is unknown; give it with --price MODEL=INPUT/OUTPUT.")
    models = dict.fromkeys(model for cell in cells for model in cell.models)
    for note in Prices.of(execution, jobs[0].models.default).notes(models):
        say(note)
    for line in paces(jobs, execution, starts_over=starts_over):
        say(line)


def estimates_table(cells: Sequence[CostEstimate], *, are_runs: bool) -> Table:
    """What is left of jobs, a row for each cell and model and a last one for all.

    Args:
        cells: of runs, or of studies, whose cells say which model is asked.
        are_runs: whether they are runs.
    """
    names = ("scenario", "condition", "society") if are_runs else ("study", "model")
    keys, unit = (*names, "model") if are_runs else names, "runs" if are_runs else "questions"
    data = [
        {"model": model, **dict(zip(names, cell.cell, strict=True)), unit: cell.left, **asdict(amount)}
        for cell in cells
        for model, amount in (cell.models or {"none": Amount()}).items()
    ]
    all_ = sum((amount for cell in cells for amount in cell.models.values()), Amount())
    return Table(
        name="estimate",
        title="What is left would take",
        is_titled=False,
        columns=(
            *(Column(name=name, heading=name, place="stub") for name in keys),
            *(Column(name=name, kind="count") for name in (unit, "calls", "input_tokens", "output_tokens")),
            Column(name="cost", kind="dollars"),
        ),
        data=data,
        total={**dict.fromkeys(keys, ""), keys[0]: "all", unit: sum(cell.left for cell in cells), **asdict(all_)},
    )


def _notes_on_runs(cells: Sequence[CostEstimate]) -> Iterator[str]:
    yield "Nobody was asked. What is finished costs nothing more; what has begun counts whole."
    if basis := sum(cell.basis for cell in cells):
        yield f"Of cells with finished runs ({basis} in all) each run counts as the mean of these."
    if any(not cell.basis and cell.models for cell in cells):
        yield (
            "Of other cells a run was rehearsed with the fake model: it lasts for all its months, each talk for all "
            f"its lines, texts and reasoning have {WORDS} words, and four characters make a token. What a reasoning "
            "model thinks, and what is asked again, comes on top."
        )


def _notes_on_studies(cells: Sequence[CostEstimate]) -> Iterator[str]:
    yield "Nobody was asked. What has been answered costs nothing more."
    if any(cell.basis for cell in cells):
        yield "Where a model has answered some of the questions, each of the others counts as the mean of these."
    if any(not cell.basis for cell in cells):
        yield (
            f"Other replies are counted with {WORDS} words before the answer, and four characters as a token. What a "
            "reasoning model thinks, and what is asked again, comes on top."
        )


def paces(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool) -> Iterator[str]:
    """How long a month takes on this machine, a line for each society that asks a local model.

    Raises:
        GovSimError: a model cannot be used, or a rehearsal failed.
    """
    for pace in asyncio.run(paces_of(jobs, execution, starts_over=starts_over)):
        yield (
            f"{LOCAL} ({', '.join(pace.files)}): about {duration(pace.month)} a month on this machine, at "
            f"{count(pace.prompt_speed)} tokens of prompts and {number(pace.reply_speed, 1)} of replies per second; "
            f"{months(pace.months)} left, {duration(pace.month * pace.months)} in all."
        )
        if pace.longest_reply is not None and pace.longest_reply > execution.timeout:
            yield (
                f"A reply of max_tokens would take {duration(pace.longest_reply)}, and execution.timeout is "
                f"{execution.timeout:g} s: raise it, or lower models.sampling.max_tokens."
            )
