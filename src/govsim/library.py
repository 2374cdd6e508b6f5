"""The simulation from Python: a few lines in a notebook run societies and give their measures."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim.characters import counted
from govsim.config import Execution, Layer, merge, nested, validate
from govsim.jobs import JobResult, RunJob, carry_out_all, plan_runs, prepare, recorded_results
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis import Cell, RunMeasures

_SLICE_S = 0.1
"""How long at most an interrupt goes unnoticed."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Runs that were carried out, and what came of them; their journals are read when the measures are asked for.

    Attributes:
        results: how each ended, and where its journal lies.
        interrupted: what is missing where the runs were interrupted; empty where they were not.
    """

    results: tuple[JobResult, ...]
    interrupted: str = ""

    @cached_property
    def measures(self) -> tuple[RunMeasures, ...]:
        """The measures of each run, in the order of `results`."""
        from govsim.analysis import read_run

        return tuple(read_run(result.path) for result in self.results)

    @cached_property
    def cells(self) -> Sequence[Cell]:
        """The measures over runs, one cell for all that differ in nothing but the seed."""
        from govsim.analysis import cells_of

        return cells_of(self.measures)

    def frame(self) -> pd.DataFrame:
        """The cells as a data frame, one row each."""
        from govsim.analysis import table_frame

        return table_frame(self.cells)

    def __str__(self) -> str:
        from govsim.analysis import format_table

        parts = [self.interrupted, format_table(self.cells) if self.results else "No run has begun."]
        return "\n\n".join(part for part in parts if part)


async def arun(
    scenario: str | Path = "fishery",
    *,
    condition: str | Path | None = None,
    model: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    agent: str | None = None,
    months: int | None = None,
    seed: int | None = None,
    settings: Layer | None = None,
    prompts: str | Path | None = None,
    **execution: Any,
) -> Runs:
    """Carry out runs and measure them; runs that are finished already are not carried out again.

    Args:
        scenario: a scenario's name or folder.
        condition: a condition's name, or a YAML file.
        model: language model of all members that have no other, as provider/name.
        model_args: its arguments.
        agent: how members decide: `generative`, `direct` or `policy:NAME`.
        months: maximum number of months.
        seed: of the first run; run i has this plus i.
        settings: any other keys of the experiment, nested or dotted, as in ``{"world.growth": 3}``.
        prompts: a folder with your own prompt templates.
        **execution: keys of `Execution`, such as `runs`, `out` and `parallel`.

    Raises:
        GovSimError: a setting cannot be used, or a run cannot begin or continue. Runs that fail are not raised:
            see the status of their results.
    """
    plans, how = _planned(
        scenario,
        condition=condition,
        model=model,
        model_args=model_args,
        agent=agent,
        months=months,
        seed=seed,
        settings=settings,
        prompts=prompts,
        **execution,
    )
    return await _carried_out(plans, how)


def run(scenario: str | Path = "fishery", **options: Any) -> Runs:
    """As `arun`, for code that is not asynchronous; it may be called in a notebook, whose event loop is running.

    An interrupt closes the journals, and the same call continues the runs. In a notebook what is there is returned
    then, with a warning; elsewhere `KeyboardInterrupt` is raised.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(arun(scenario, **options))
    plans, how = _planned(scenario, **options)
    return _carried_out_aside(plans, how)


def _planned(
    scenario: str | Path,
    *,
    condition: str | Path | None = None,
    model: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    agent: str | None = None,
    months: int | None = None,
    seed: int | None = None,
    settings: Layer | None = None,
    prompts: str | Path | None = None,
    **execution: Any,
) -> tuple[list[RunJob], Execution]:
    """The runs that a call of `arun` asks for, and how they are carried out."""
    given = {
        "scenario": str(scenario),
        "models.default": model,
        "models.args": dict(model_args) if model_args else None,
        "agents.default": agent,
        "world.months": months,
        "seed": seed,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    layers = merge(*(nested(key, value) for key, value in (chosen | dict(settings or {})).items()))
    how = validate(Execution, [execution])
    return plan_runs(layers, how, prompts=prompts, condition=None if condition is None else str(condition)), how


async def _carried_out(plans: Sequence[RunJob], how: Execution) -> Runs:
    return Runs(results=tuple(await carry_out_all(plans, prepare(plans, how))))


def _carried_out_aside(plans: Sequence[RunJob], how: Execution) -> Runs:
    """Carry runs out in a thread, as the event loop of this one is running; an interrupt reaches this one."""
    task: Future[asyncio.Task[Runs]] = Future()
    ended: Future[Runs] = Future()

    async def carry_out() -> Runs:
        inner = asyncio.ensure_future(_carried_out(plans, how))
        task.set_result(inner)
        return await inner

    def work() -> None:
        try:
            ended.set_result(asyncio.run(carry_out()))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            ended.set_exception(error)

    threading.Thread(target=work, name="govsim.run", daemon=True).start()
    try:
        _wait(ended)
        return ended.result()
    except KeyboardInterrupt:
        runs = task.result()
        if not ended.done():
            runs.get_loop().call_soon_threadsafe(runs.cancel)
        _wait(ended)  # a second interrupt is raised from here
    try:
        return ended.result()
    except (asyncio.CancelledError, CancelledError):
        found = Runs(results=tuple(recorded_results(plans)), interrupted=_what_is_missing(plans))
    warnings.warn(found.interrupted, RuntimeWarning, stacklevel=3)
    return found


def _wait(ended: Future[Runs]) -> None:
    """Wait in slices, as a signal that the system hands to another thread does not wake this one, which handles it."""
    while not ended.done():
        wait([ended], timeout=_SLICE_S)


def _what_is_missing(plans: Sequence[RunJob]) -> str:
    results = recorded_results(plans)
    counts = Counter[str](result.status for result in results)
    if missing := len(plans) - len(results):
        counts["not begun"] = missing
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"Interrupted: of {counted(len(plans), 'run')} {told}. The same call continues."
