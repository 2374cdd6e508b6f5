"""Estimates of calls, tokens and cost (`--estimate`), and of the time that local models need."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from govsim.analysis import render
from govsim.analysis.naming import setups_of
from govsim.analysis.tables.formatting import count, duration, number
from govsim.analysis.tables.table import Column, Table
from govsim.cli.console import months, say, wrapped
from govsim.config import LOCAL, Execution
from govsim.jobs import Amount, CostEstimate, Job, RunJob, estimate, paces_of
from govsim.models.prices import Prices
from govsim.models.rehearsal import WORDS


def show_estimate(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool = False) -> None:
    """Print an estimate of the remaining work of jobs; of all work if they start over.

    Raises:
        GovSimError: a dry run with the fake model failed, as the run would.
    """
    cells = asyncio.run(estimate(jobs, execution, starts_over=starts_over))
    are_runs = isinstance(jobs[0], RunJob)
    if not any(cell.left for cell in cells):
        say(f"Nothing is left to do: all {'runs are finished' if are_runs else 'questions are answered'}.")
        return
    runs: dict[tuple[str, ...], RunJob] = {job.cell: job for job in jobs if isinstance(job, RunJob)}
    setups = dict(zip(runs, setups_of(run.header for run in runs.values()), strict=True))
    table = estimates_table(cells, setups)
    say(render(table))
    say("")
    for note in _notes_on_runs(cells) if are_runs else _notes_on_studies(cells):
        say(wrapped(note))
    if table.total is not None and table.total["cost"] is None:
        say(wrapped("The price of at least one model is unknown; set it with --price MODEL=INPUT/OUTPUT."))
    models = dict.fromkeys(model for cell in cells for model in cell.models)
    for note in Prices.of(execution, jobs[0].models.default).notes(models):
        say(wrapped(note))
    for line in paces(jobs, execution, starts_over=starts_over):
        say(wrapped(line))


def estimates_table(cells: Sequence[CostEstimate], setups: Mapping[tuple[str, ...], str]) -> Table:
    """Return the remaining work of jobs, with a row for each cell and model, and a total.

    Args:
        cells: of runs, or of studies, whose cells include the model.
        setups: how the members of each cell of runs decide, and changed settings; empty for studies.
    """
    are_runs = bool(setups)
    names = ("scenario", "condition", "society") if are_runs else ("study", "model")
    keys, unit = (*names, "model") if are_runs else names, "runs" if are_runs else "questions"
    data = [
        {
            "model": model,
            **dict(zip(names, (*cell.cell[:-1], setups.get(cell.cell, cell.cell[-1])), strict=True)),
            unit: cell.left,
            **asdict(amount),
        }
        for cell in cells
        for model, amount in (cell.models or {"none": Amount()}).items()
    ]
    all_ = sum((amount for cell in cells for amount in cell.models.values()), Amount())
    return Table(
        name="estimate",
        title="Estimate of the remaining work",
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
    yield "No model was called. Finished runs are excluded; unfinished runs are counted in full."
    if basis := sum(cell.basis for cell in cells):
        yield f"In cells with finished runs ({basis} in total), the estimate of a run is the mean of these runs."
    if any(not cell.basis and cell.models for cell in cells):
        yield (
            f"In {'other cells' if basis else 'each cell'}, one run was simulated with the fake model. The estimate "
            "assumes that the run lasts for all months, that each discussion has the maximum number of utterances, "
            f"that texts and reasoning have {WORDS} words, and that a token has four characters. Reasoning tokens and "
            "retries are not included."
        )


def _notes_on_studies(cells: Sequence[CostEstimate]) -> Iterator[str]:
    yield "No model was called. Answered questions are excluded."
    if any(cell.basis for cell in cells):
        yield "If a model has answered some of the questions, the estimate of each other question is the mean of these."
    if any(not cell.basis for cell in cells):
        yield (
            f"The estimate assumes {WORDS} words before the answer of a reply, and four characters per token. "
            "Reasoning tokens and retries are not included."
        )


def paces(jobs: Sequence[Job[Any]], execution: Execution, *, starts_over: bool) -> Iterator[str]:
    """Yield the time of a month on this machine, one line for each society with a local model.

    Raises:
        GovSimError: a model cannot be used, or a dry run failed.
    """
    for pace in asyncio.run(paces_of(jobs, execution, starts_over=starts_over)):
        yield (
            f"{LOCAL} ({', '.join(pace.files)}): about {duration(pace.month)} per month on this machine, at "
            f"{count(pace.prompt_speed)} prompt tokens and {number(pace.reply_speed, 1)} reply tokens per second; "
            f"{months(pace.months)} left, {duration(pace.month * pace.months)} in total."
        )
        if pace.longest_reply is not None and pace.longest_reply > execution.timeout:
            yield (
                f"A reply of max_tokens would take {duration(pace.longest_reply)}, longer than execution.timeout = "
                f"{execution.timeout:g} s: increase the timeout, or reduce models.sampling.max_tokens."
            )
