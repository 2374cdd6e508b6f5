"""Run societies from Python, in scripts, in notebooks and in asynchronous code."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim.characters import counted
from govsim.config import Execution, Layer, merge, nested, validate
from govsim.jobs import JobResult, RunJob, execute_all, plan_runs, prepare, recorded_results
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis import Cell, Results, RunMeasures, Table
    from govsim.analysis.results import FromMonth

_SLICE_S = 0.1
"""Maximum time in seconds until an interrupt is noticed."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Runs:
    """Runs and their results. Journals are read when measures or data frames are needed.

    In a notebook, the table of measures is displayed; `print` shows it as text.

    Attributes:
        results: status and journal of each run.
        folder: the folder with the journals.
        interrupted: a summary of the missing runs if the runs were interrupted; otherwise empty.
    """

    results: tuple[JobResult, ...]
    folder: Path = field(default_factory=Path)
    interrupted: str = ""

    @cached_property
    def measures(self) -> tuple[RunMeasures, ...]:
        """The measures of each run, in the order of `results`."""
        from govsim.analysis import read_run

        return tuple(read_run(result.path) for result in self.results)

    @cached_property
    def cells(self) -> Sequence[Cell]:
        """The runs by group; the runs of a group differ only in their seed."""
        from govsim.analysis import cells_of

        return cells_of(self.measures)

    def table(self) -> Table:
        """The measures as a table with one row per group of runs that differ only in their seed."""
        from govsim.analysis import cells_table

        return cells_table(self.cells)

    def frame(self) -> pd.DataFrame:
        """The measures as a data frame with one row per group of runs that differ only in their seed."""
        from govsim.analysis import table_frame

        return table_frame(self.cells)

    def load(self, frames: Collection[str] | None = None, *, from_month: FromMonth = 1) -> Results:
        """Load the journals as data frames.

        Args:
            frames: the data frames to load, as for `govsim.load`; all if None.
            from_month: first month that counts for gain, efficiency and equality, from 1; or a function of the
                condition.

        Raises:
            JournalError: a journal cannot be read.
        """
        from govsim.analysis import results

        chosen = results.ALL if frames is None else frames
        paths = [result.path for result in self.results]
        return results.load(self.folder, frames=chosen, from_month=from_month, only=paths)

    def __repr__(self) -> str:
        counts = Counter(result.status for result in self.results)
        ended = ", ".join(f"{count} {status}" for status, count in counts.items()) or "none started"
        return f"<Runs: {ended}; print() shows the measures>"

    def __str__(self) -> str:
        from govsim.analysis import format_table

        parts = [self.interrupted, format_table(self.cells) if self.results else "No run has started."]
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        from govsim.analysis import render

        if not self.results:
            return "<p>No run has started.</p>"
        return "".join([f"<p>{self.interrupted}</p>" if self.interrupted else "", render(self.table(), "html")])


async def arun(  # noqa: PLR0913 - the settings that most calls need
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
    runs: int = 1,
    out: str | Path = "runs",
    parallel: int = 8,
    **execution: Any,
) -> Runs:
    """Run societies and return their results, in asynchronous code. Completed runs are not repeated.

    Arguments, result and errors are those of `run`.
    """
    plans, how = _planned(
        {
            "scenario": str(scenario),
            "models.default": model,
            "models.args": dict(model_args) if model_args else None,
            "agents.default": agent,
            "world.months": months,
            "seed": seed,
        },
        settings or {},
        {"runs": runs, "out": out, "parallel": parallel, **execution},
        condition=condition,
        prompts=prompts,
    )
    return await _executed(plans, how)


def run(  # noqa: PLR0913 - the settings that most calls need
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
    runs: int = 1,
    out: str | Path = "runs",
    parallel: int = 8,
    **execution: Any,
) -> Runs:
    """Run societies and return their results, in scripts and notebooks. Completed runs are not repeated.

    An interrupt closes the journals, and the same call resumes the runs. In a notebook, the runs so far are then
    returned with a warning; otherwise `KeyboardInterrupt` is raised.

    Args:
        scenario: name of a scenario, or its folder.
        condition: name of a condition, or a YAML file.
        model: language model of all members without a model of their own, as `provider/name`.
        model_args: arguments of the model.
        agent: how members decide: `generative`, `direct` or `policy:NAME`.
        months: maximum number of months to simulate.
        seed: random seed of the first run; run i has `seed + i`.
        settings: any other keys of the experiment, nested or dotted, such as ``{"world.growth": 3}``.
        prompts: folder with custom prompt templates.
        runs: number of runs.
        out: output directory for journals.
        parallel: maximum number of concurrent runs per provider.
        **execution: other keys of `Execution`, such as `budget`, `connections` and `retries`.

    Returns:
        The runs with their status. Failed runs are not raised as errors.

    Raises:
        GovSimError: a setting is invalid, or a run cannot be started or resumed.
    """
    plans, how = _planned(
        {
            "scenario": str(scenario),
            "models.default": model,
            "models.args": dict(model_args) if model_args else None,
            "agents.default": agent,
            "world.months": months,
            "seed": seed,
        },
        settings or {},
        {"runs": runs, "out": out, "parallel": parallel, **execution},
        condition=condition,
        prompts=prompts,
    )
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_executed(plans, how))
    return _executed_in_a_thread(plans, how)


def _planned(
    given: Mapping[str, Any],
    settings: Layer,
    execution: Mapping[str, Any],
    *,
    condition: str | Path | None,
    prompts: str | Path | None,
) -> tuple[list[RunJob], Execution]:
    """Plan the runs of a call, and validate how they are executed."""
    chosen = {key: value for key, value in given.items() if value is not None}
    layers = merge(*(nested(key, value) for key, value in (chosen | dict(settings)).items()))
    how = validate(Execution, [execution])
    return plan_runs(layers, how, prompts=prompts, condition=None if condition is None else str(condition)), how


async def _executed(plans: Sequence[RunJob], how: Execution) -> Runs:
    return Runs(results=tuple(await execute_all(plans, prepare(plans, how))), folder=how.out)


def _executed_in_a_thread(plans: Sequence[RunJob], how: Execution) -> Runs:
    """Execute runs in another thread, because the event loop of this one is running; interrupts arrive in this one."""
    task: Future[asyncio.Task[Runs]] = Future()
    ended: Future[Runs] = Future()

    async def execute() -> Runs:
        inner = asyncio.ensure_future(_executed(plans, how))
        task.set_result(inner)
        return await inner

    def work() -> None:
        try:
            ended.set_result(asyncio.run(execute()))
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
        found = Runs(results=tuple(recorded_results(plans)), folder=how.out, interrupted=_missing(plans))
    warnings.warn(found.interrupted, RuntimeWarning, stacklevel=3)
    return found


def _wait(ended: Future[Runs]) -> None:
    """Wait in short intervals: a signal delivered to another thread does not wake this one, which must handle it."""
    while not ended.done():
        wait([ended], timeout=_SLICE_S)


def _missing(plans: Sequence[RunJob]) -> str:
    results = recorded_results(plans)
    counts = Counter[str](result.status for result in results)
    if missing := len(plans) - len(results):
        counts["not started"] = missing
    listed = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"Interrupted: of {counted(len(plans), 'run')} {listed}. The same call resumes."
