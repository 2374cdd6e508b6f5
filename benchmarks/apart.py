"""Measurements that need a separate process: peak memory, and the time until a killed run resumes.

Run as ``python -m benchmarks.apart many OUT`` or ``python -m benchmarks.apart resume OUT``; each prints JSON. The
address of the fake model's server is read from the environment, where `serving.fake_server` sets it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.serving import LATENCY_MS, FakeServer
from benchmarks.societies import CONNECTIONS, Setting, settings_of, simulate
from govsim.config import Execution
from govsim.jobs import Job, JobListener, execute_all, plan_runs, prepare
from govsim.journal import Call, Event, find_journals, read_journal

SOCIETIES = 20
KILLED_IN_MONTH = 12
ANSWERED_BEFORE_KILL = 10
"""Number of answered questions of the last month after which the run is killed."""

Figures = dict[str, float]


def in_a_process(task: str, out: Path) -> Figures:
    """Measure one of the tasks in a new process."""
    command = [sys.executable, "-m", "benchmarks.apart", task, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{task} failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def run_and_kill(out: Path) -> None:
    """Start a run in a separate process, and kill it in the last month, between two answers of a discussion."""
    begun = [sys.executable, "-m", "benchmarks.apart", "until-killed", str(out)]
    ended = subprocess.run(begun, capture_output=True, text=True, check=False)
    if ended.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the run was not killed:\n{ended.stderr}")


def many(out: Path) -> Figures:
    """Simulate societies concurrently; return seconds, and the peak memory of this process in MB."""
    server = FakeServer(os.environ["FAKE_BASE_URL"].removesuffix("/v1"))
    simulate(Setting(months=1), out / "warm", server)
    simulated = simulate(Setting(societies=SOCIETIES), out / "many", server)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": simulated.cost.seconds,
        "processor": simulated.cost.processor,
        "requests": simulated.requests,
        "memory": peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024),
    }


def until_killed(out: Path) -> Figures:
    """Execute a run, and kill this process in the last month."""
    answers = 0

    def kill_in_time(_: Job[Any], event: Event) -> None:
        nonlocal answers
        answers += isinstance(event, Call) and event.month == KILLED_IN_MONTH
        if answers == ANSWERED_BEFORE_KILL:
            os.kill(os.getpid(), signal.SIGKILL)

    _carry_out(out, kill_in_time)
    return {}


def resume(out: Path) -> Figures:
    """Resume a killed run; return seconds from the end of imports to its first new request.

    This is the arrival of the first new answer minus the server's latency, which slightly overestimates the time.
    """
    (journal,) = find_journals(out)
    held = sum(1 for _ in read_journal(journal, kinds=["call"]).of(Call))
    for late in ("bm25s", "openai", "inspect_ai.model"):
        import_module(late)
    answered: list[float] = []

    def note_when(_: Job[Any], event: Event) -> None:
        if isinstance(event, Call):
            answered.append(time.perf_counter())

    began = time.perf_counter()
    _carry_out(out, note_when)
    return {"seconds": answered[held] - began - LATENCY_MS / 1000}


def _carry_out(out: Path, listener: JobListener) -> None:
    execution = Execution(out=out, connections=CONNECTIONS)
    plans = plan_runs(settings_of(Setting(months=KILLED_IN_MONTH)), execution)
    asyncio.run(execute_all(plans, prepare(plans, execution), listener))


TASKS = {"many": many, "until-killed": until_killed, "resume": resume}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](Path(sys.argv[2]))))
