"""Run societies from Python, in scripts, in notebooks and in asynchronous code."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

from govsim import jobs
from govsim.characters import counted, status_text
from govsim.config import (
    Execution,
    Experiment,
    ExperimentSource,
    keys_of_campaign,
    keys_of_settings,
    merge,
    nested,
    validate,
    without_execution,
)
from govsim.config.loading import elsewhere
from govsim.config.section import nearest
from govsim.errors import ConfigError
from govsim.jobs import RunJob, execute_all, plan_runs, prepare, recorded_results
from govsim.jobs.replay import Replay
from govsim.library.arguments import path_in
from govsim.library.outcome import Runs
from govsim.library.progress_output import DisplayKind, NoDisplay, display_kind

T = TypeVar("T")

_SLICE_S = 0.1
"""Maximum time in seconds until an interrupt is noticed."""


async def arun(  # noqa: PLR0913 - the settings that most calls need
    scenario: ExperimentSource = "fishery",
    *,
    condition: str | Path | None = None,
    protocol: str | Path | None = None,
    model: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    agent: str | None = None,
    months: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    prompts: str | Path | None = None,
    runs: int | None = None,
    out: str | Path | None = None,
    parallel: int | None = None,
    progress: bool | None = None,
    **execution: Any,
) -> Runs:
    """Run societies and return their results, in asynchronous code. Completed runs are not repeated.

    Arguments, result and errors are those of `run`.
    """
    arguments = _Arguments(
        scenario=scenario,
        condition=condition,
        protocol=protocol,
        model=model,
        model_args=model_args,
        agent=agent,
        months=months,
        seed=seed,
        settings=settings,
        prompts=prompts,
        runs=runs,
        out=out,
        parallel=parallel,
        progress=progress,
        execution=execution,
    )
    return await _planned(arguments).executed()


def run(  # noqa: PLR0913 - the settings that most calls need
    scenario: ExperimentSource = "fishery",
    *,
    condition: str | Path | None = None,
    protocol: str | Path | None = None,
    model: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    agent: str | None = None,
    months: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    prompts: str | Path | None = None,
    runs: int | None = None,
    out: str | Path | None = None,
    parallel: int | None = None,
    progress: bool | None = None,
    **execution: Any,
) -> Runs:
    """Run societies and return their results, in scripts and notebooks. Completed runs are not repeated.

    An interrupt closes the journals, and the same call resumes the runs. In a notebook, the runs so far are then
    returned with a warning; otherwise `KeyboardInterrupt` is raised.

    Args:
        scenario: name of a scenario, its folder, an experiment file ending in .yaml, which may have a `grid`, or keys
            of an experiment. Other arguments override the file.
        condition: name of a condition, or a YAML file.
        protocol: name of a protocol, which determines how members are asked, or a YAML file.
        model: language model of all members without a model of their own, as `provider/name`.
        model_args: arguments of the model.
        agent: how members decide: `generative`, `direct` or `policy:NAME`.
        months: maximum number of months to simulate.
        seed: random seed of the first run; run i has `seed + i`.
        settings: any other keys of the experiment, nested or dotted, such as ``{"world.growth": 3}``.
        prompts: folder with custom prompt templates.
        runs: number of runs, of each cell of a grid; 1 if neither this nor the file sets it.
        out: output directory for journals; `runs` by default.
        parallel: maximum number of concurrent runs per provider; 8 by default.
        progress: whether progress is shown: in the output of a notebook cell, live on a terminal, otherwise in lines on
            stderr; if None, in notebooks and terminals only.
        **execution: other keys of `Execution`, such as `budget`, `connections` and `retries`.

    Returns:
        The runs with their status. Failed runs are not raised as errors.

    Raises:
        GovSimError: a setting is invalid, or a run cannot be started or resumed.
    """
    arguments = _Arguments(
        scenario=scenario,
        condition=condition,
        protocol=protocol,
        model=model,
        model_args=model_args,
        agent=agent,
        months=months,
        seed=seed,
        settings=settings,
        prompts=prompts,
        runs=runs,
        out=out,
        parallel=parallel,
        progress=progress,
        execution=execution,
    )
    return _planned(arguments).waited()


def replay(journal: Path | str) -> Replay:
    """Replay a run from its journal, with the recorded answers instead of models.

    Args:
        journal: the journal of a run.

    Returns:
        Whether the replay is identical, or the first difference.

    Raises:
        JournalError: the journal cannot be read, was imported, or needs a plug-in that is not installed.
        AnalysisError: the argument is no path.
    """
    return in_an_event_loop(jobs.replay(path_in("journal", journal)))


def in_an_event_loop(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of asynchronous work; in another thread if an event loop is running in this one.

    Args:
        work: the work.
    """
    if not _is_loop_running():
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arguments:
    """The arguments of `run` and `arun`."""

    scenario: ExperimentSource
    condition: str | Path | None
    protocol: str | Path | None
    model: str | None
    model_args: Mapping[str, Any] | None
    agent: str | None
    months: int | None
    seed: int | None
    settings: Mapping[str, Any] | None
    prompts: str | Path | None
    runs: int | None
    out: str | Path | None
    parallel: int | None
    progress: bool | None
    execution: Mapping[str, Any]


def _planned(given: _Arguments) -> _Call:
    """Plan the runs of a call, and validate how they are executed."""
    chosen = {
        "models.default": given.model,
        "models.args": given.model_args,
        "agents.default": given.agent,
        "world.months": given.months,
        "seed": given.seed,
    }
    file, of_file = without_execution(keys_of_campaign(given.scenario), str(given.scenario))
    others = keys_of_settings(given.settings)
    _refuse_misplaced(given.execution, given.settings or {})
    layers = merge(file, *(nested(key, value) for key, value in chosen.items() if value is not None), others)
    own = {"runs": given.runs, "out": given.out, "parallel": given.parallel}
    how = validate(
        Execution, [of_file, {key: value for key, value in own.items() if value is not None}, given.execution]
    )
    plans = plan_runs(
        layers,
        how,
        prompts=given.prompts,
        condition=None if given.condition is None else str(given.condition),
        protocol=None if given.protocol is None else str(given.protocol),
    )
    if (declared := plans[0].header.analysis) is not None:
        from govsim.analysis.declared import check_declared  # most runs need no analysis

        check_declared(declared, {plan.cell: plan.header for plan in plans}.values())
    return _Call(plans=plans, how=how, display=display_kind(given.progress))


def _refuse_misplaced(execution: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Reject arguments that `run` does not have, and settings of the execution among those of the experiment."""
    for key in settings:
        if key.split(".")[0] == "execution":
            raise ConfigError(
                f"settings = {key}: is not a setting of the experiment; pass settings of the execution as keyword "
                "arguments, as in runs=5 or budget={'cost': 1}"
            )
    for name in execution:
        if name not in Execution.model_fields:
            named = [key for key in signature(run).parameters if key != "execution"]
            allowed = list(dict.fromkeys([*named, *Execution.model_fields]))
            elsewhere_hint = "" if name in Experiment.model_fields else elsewhere(name).replace("execution.", "")
            hint = elsewhere_hint or nearest(name, allowed)
            raise ConfigError(
                f"{name}: is not an argument of run{hint}; allowed are {', '.join(allowed)}; any other key of the "
                "experiment belongs in settings, as in settings={'world.growth': 3}"
            )


def _is_loop_running() -> bool:
    """Return whether an event loop is running in this thread, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of `run` or `arun`.

    Attributes:
        plans: the runs.
        how: settings of the execution.
        display: where their progress is shown.
    """

    plans: Sequence[RunJob]
    how: Execution
    display: DisplayKind | None

    async def executed(self) -> Runs:
        """Execute the runs in this event loop."""
        with self._display() as display:
            refreshing = asyncio.create_task(_refresh(display))
            try:
                return await self._execute(display)
            finally:
                refreshing.cancel()

    def waited(self) -> Runs:
        """Execute the runs, and wait for them."""
        if not _is_loop_running():
            return asyncio.run(self.executed())
        with self._display() as display:
            return self._execute_in_a_thread(display)

    def _display(self) -> NoDisplay:
        if self.display is None:
            return NoDisplay()
        from govsim.library.displays import display_of  # imports analyses, which runs do not need

        return display_of(self.plans, self.display)

    async def _execute(self, display: NoDisplay) -> Runs:
        executor = prepare(self.plans, self.how)
        executor.models.on_wait(display.on_wait)
        executor.on_progress(display.on_progress)
        return Runs(results=tuple(await execute_all(self.plans, executor, display.on_event)), folder=self.how.out)

    def _execute_in_a_thread(self, display: NoDisplay) -> Runs:
        """Execute the runs in another thread, as the event loop of this one is running; interrupts arrive in this one.

        The display is refreshed in this thread, which the notebook knows.
        """
        task: Future[asyncio.Task[Runs]] = Future()
        ended: Future[Runs] = Future()

        async def execute() -> Runs:
            inner = asyncio.ensure_future(self._execute(display))
            task.set_result(inner)
            return await inner

        def work() -> None:
            try:
                ended.set_result(asyncio.run(execute()))
            except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
                ended.set_exception(error)

        threading.Thread(target=work, name="govsim.run", daemon=True).start()
        try:
            _wait(ended, display)
            return ended.result()
        except KeyboardInterrupt:
            runs = task.result()
            if not ended.done():
                runs.get_loop().call_soon_threadsafe(runs.cancel)
            _wait(ended, display)  # a second interrupt is raised from here
        try:
            return ended.result()
        except (asyncio.CancelledError, CancelledError):
            found = self._interrupted()
        warnings.warn(found.interrupted, RuntimeWarning, stacklevel=4)
        return found

    def _interrupted(self) -> Runs:
        """The runs that have ended, with a summary of all."""
        results = recorded_results(self.plans)
        counts = Counter[str](result.status for result in results)
        if missing := len(self.plans) - len(results):
            counts["not started"] = missing
        listed = ", ".join(f"{count} {status_text(status)}" for status, count in counts.items())
        summary = f"Interrupted: of {counted(len(self.plans), 'run')} {listed}. The same call resumes."
        return Runs(results=tuple(results), folder=self.how.out, interrupted=summary)


def _wait(ended: Future[Runs], display: NoDisplay) -> None:
    """Wait in short intervals: a signal delivered to another thread does not wake this one, which must handle it."""
    while not ended.done():
        wait([ended], timeout=_SLICE_S)
        display.refresh()


async def _refresh(display: NoDisplay) -> None:
    """Refresh a display until this task is cancelled."""
    while True:
        await asyncio.sleep(_SLICE_S)
        display.refresh()
