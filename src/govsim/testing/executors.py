"""Conformance check for executors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from govsim.config import Execution
from govsim.jobs import Executor, JobResult, execute_all, plan_runs, prepare
from govsim.journal import FINISHED, first_difference, read_journal
from govsim.testing.conformance import extension, failures_of, require, require_description
from govsim.testing.societies import temporary_folder

_RUNS = 3
_SETTINGS: Sequence[Mapping[str, Any]] = (
    {"agents": {"default": "policy:random"}, "world": {"months": 3}},
    {"models": {"default": "fake/society"}, "agents": {"default": "direct"}, "world": {"months": 1}},
)


def check_executor(executor: type[Executor] | str) -> None:
    """Check that runs of policies and of the fake model are the same as in one process, and are not repeated.

    Args:
        executor: the class, or its registered name.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("executors", executor) as found, temporary_folder() as folder:
        what = f"executor {found.name}"
        require_description(what, found.value)
        workers = {"workers": 2} if "workers" in found.value.uses else {}
        for number, settings in enumerate(_SETTINGS):
            own = Execution(out=folder / f"own-{number}", runs=_RUNS, executor=found.name, **workers)
            local = Execution(out=folder / f"local-{number}", runs=_RUNS)
            with failures_of(what, "executes runs"):
                results = _executed(settings, own)
                again = _executed(settings, own)
            require(len(results) == _RUNS, f"{what}: returns {len(results)} results of {_RUNS} runs; must return all")
            for result, expected in zip(results, _executed(settings, local), strict=True):
                _check_same(what, result, expected)
            require(
                all(result.was_finished for result in again),
                f"{what}: executes a finished run again; must return its recorded result",
            )


def _executed(settings: Mapping[str, Any], execution: Execution) -> list[JobResult]:
    """Execute runs in a separate event loop, as one may be running in this thread."""
    plans = plan_runs(settings, execution)
    executor = prepare(plans, execution)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, execute_all(plans, executor)).result()


def _check_same(what: str, result: JobResult, expected: JobResult) -> None:
    require(
        result.status in FINISHED, f"{what}: a run ended with status {result.status}: {result.reason}; must be finished"
    )
    difference = first_difference(_read(what, result.path), _read(what, expected.path))
    require(difference is None, f"{what}: a journal differs from that of executor local: {difference}")


def _read(what: str, path: Path) -> Any:
    with failures_of(what, "leaves a complete journal"):
        return read_journal(path)
