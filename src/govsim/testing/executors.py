"""Conformance check for executors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from govsim.config import Execution
from govsim.jobs import Executor, JobResult, execute_all, plan_runs, prepare
from govsim.journal import FINISHED, first_difference, read_journal
from govsim.testing.conformance import extension, failures_of, require, require_description
from govsim.testing.societies import temporary_folder

_RUNS = 2
_SETTINGS: Mapping[str, Any] = {
    "grid": {"agents.default": ["policy:random", "direct"]},
    "models": {"default": "fake/society"},
    "world": {"months": 2},
}


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
        own = Execution(out=folder / "own", runs=_RUNS, executor=found.name, **workers)
        with failures_of(what, "executes runs"):
            results = _executed(own)
        all_expected = _executed(Execution(out=folder / "local", runs=_RUNS))
        require(
            len(results) == len(all_expected),
            f"{what}: returns {len(results)} results of {len(all_expected)} runs; must return all",
        )
        for result, expected in zip(results, all_expected, strict=True):
            _check_same(what, result, expected)
        with failures_of(what, "is given finished runs"):
            again = _executed(own)
        require(
            all(result.was_finished for result in again),
            f"{what}: executes a finished run again; must return its recorded result",
        )


def _executed(execution: Execution) -> list[JobResult]:
    """Execute runs in a separate event loop, as one may be running in this thread."""
    plans = plan_runs(_SETTINGS, execution)
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
