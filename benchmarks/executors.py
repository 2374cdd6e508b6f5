"""How executors scale: processors of one machine, workers that wait for a provider, and what the command has to do.

``python -m benchmarks.executors`` measures; ``--write`` updates docs/performance.md. Workers are started before the
measurement. Where a busy machine would disturb seconds, processor time is measured too: of the command, its workers and
all processes that they start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks import separate
from benchmarks.results import Row
from govsim.config import Execution
from govsim.jobs import Executor, JobProgress, RunJob, plan_runs, prepare
from govsim.jobs.distribution.journals import DriverJournal
from govsim.jobs.distribution.messages import Appended, Assignment, Progressed, packed, unpacked
from govsim.journal import FINISHED

FILE = Path(__file__).with_name("executors.json")

PACKAGES = ("govsim", "ray", "inspect-ai", "pydantic")

POLICIES = {"agents": {"default": "policy:fair-share"}, "world": {"months": 60}}
FAKE = {"models": {"default": "fake/society"}, "world": {"months": 3}}
SHORTEST = {"agents": {"default": "policy:fair-share"}, "world": {"months": 1}}
WAITING = {"models": {"default": "fake/society", "args": {"latency_ms": 400}}, "world": {"months": 2}}

CORES = 2
SOCIETIES = 4
"""Concurrent societies of each worker that waits for a provider."""
ROUNDS = 2
"""Runs of each of these, one after the other."""
QUEUED = 1000
HOUR = 3600.0


@dataclass
class Taken:
    """What some runs took.

    Attributes:
        seconds: time.
        driver: processor time of the command in seconds.
        workers: processor time of all processes below it in seconds.
        memory: growth of the command's memory in MB during the runs.
    """

    seconds: float
    driver: float
    workers: float
    memory: float


def taken(executor: str, settings: Mapping[str, Any], runs: int, folder: Path, **execution: Any) -> Taken:
    """Execute runs after a warm-up that starts all workers and loads what they need."""
    warm = Execution(out=folder / "warm", runs=max(4, execution.get("parallel", 8)), executor=executor, **execution)
    how = warm.model_copy(update={"out": folder / "runs", "runs": runs})
    first, jobs = plan_runs(settings, warm), plan_runs(settings, how)
    running = prepare([*first, *jobs], how)
    return asyncio.run(_measured(running, first, jobs))


async def _measured(executor: Executor, first: list[RunJob], jobs: list[RunJob]) -> Taken:
    await _all(executor, first)
    memory, below, own, began = _memory(), _below(), time.process_time(), time.monotonic()
    await _all(executor, jobs)
    seconds, driver = time.monotonic() - began, time.process_time() - own
    found = Taken(seconds, driver, _below() - below, (_memory() - memory) / 1e6)
    await executor.aclose()
    return found


async def _all(executor: Executor, jobs: list[RunJob]) -> None:
    results = await asyncio.gather(*(executor.execute(job) for job in jobs))
    assert all(result.status in FINISHED for result in results), "a run has failed"


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)


def _below() -> float:
    """Processor time of all processes below this one, and of those started by a local Ray, which is not below it."""
    found = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found += times.user + times.system
    return found


def cores(folder: Path, repeats: int) -> list[Row]:
    """Policies and fake models on two processors, beside one process."""
    rows = []
    for name, settings, runs in (("policies", POLICIES, 200), ("fake models", FAKE, 30)):
        pairs = [
            (
                taken("local", settings, runs, folder / f"{name}-local-{number}"),
                taken("processes", settings, runs, folder / f"{name}-processes-{number}", workers=CORES),
            )
            for number in range(repeats)
        ]
        used = [CORES * one.driver / (two.driver + two.workers) for one, two in pairs]
        rows += [
            Row(
                what=f"{name}, executor `processes`, 2 workers: speed ÷ one process",
                values=[one.seconds / two.seconds for one, two in pairs],
                digits=2,
            ),
            Row(what=f"{name}: the same by processor time", values=used, target=1.8, is_least=True, digits=2),
        ]
    return rows


def waiting(folder: Path, repeats: int) -> list[Row]:
    """Societies an hour with one, two and four Ray workers, and a provider that takes 400 ms for a reply."""
    found: dict[int, list[float]] = {1: [], 2: [], 4: []}
    share: list[float] = []
    own: list[float] = []
    for number in range(repeats):
        for workers, hourly in found.items():
            runs = workers * SOCIETIES * ROUNDS
            one = taken(
                "ray",
                WAITING,
                runs,
                folder / f"ray-{workers}-{number}",
                workers=workers,
                parallel=workers * SOCIETIES,
                connections=1000,
            )
            hourly.append(HOUR * runs / one.seconds)
            if workers == max(found):
                share.append(100 * one.workers / one.seconds / workers)
                own.append(100 * one.driver / one.seconds)
    base = found[1]
    return [
        Row(what="Ray, 1 worker: societies an hour", values=base),
        *(
            Row(
                what=f"Ray, {workers} workers: societies an hour ÷ ({workers} × 1 worker)",
                values=[hourly / (workers * alone) for hourly, alone in zip(found[workers], base, strict=True)],
                target=0.9,
                is_least=True,
                digits=2,
            )
            for workers in (2, 4)
        ),
        Row(what="4 workers: share of a processor that each uses, with its part of Ray", values=share, unit="%"),
        Row(what="4 workers: share of a processor that the command uses", values=own, unit="%"),
    ]


def overhead(folder: Path, repeats: int) -> list[Row]:
    """Time of the shortest run beyond that in one process, and memory of a command with many waiting runs."""
    rows = []
    for executor in ("processes", "ray"):
        more: list[float] = []
        for number in range(repeats):
            local = taken("local", SHORTEST, 50, folder / f"o-local-{executor}-{number}", parallel=1)
            other = taken(executor, SHORTEST, 50, folder / f"o-{executor}-{number}", parallel=1, workers=1)
            more.append(1000 * (other.seconds - local.seconds) / 50)
        rows.append(
            Row(what=f"a run, `{executor}`: additional time over `local`", values=more, unit="ms", target=50, digits=1)
        )
    queued = [
        taken("ray", SHORTEST, QUEUED, folder / f"queued-{number}", workers=CORES).memory for number in range(repeats)
    ]
    rows.append(Row(what=f"Ray, {QUEUED:,} runs queued: growth of the command's memory", values=queued, unit="MB"))
    return rows


def driver(folder: Path, repeats: int) -> list[Row]:
    """What one command can write: lines of all workers, and flushed phases."""
    line = b'{"kind":"call","reply":"' + b"x" * 1500 + b'"}\n'
    appended, shown, flushed = [], [], []
    for number in range(repeats):
        journal = DriverJournal(folder / f"lines-{number}.jsonl", None)
        lines, began = 20_000, time.process_time()
        for start in range(0, lines, 40):
            reports = [
                Appended(run=Assignment(number=0, epoch=1), offset=(start + one) * len(line), data=line)
                for one in range(40)
            ]
            for report in unpacked(packed(reports)):
                journal.append(report.offset, report.data)
        appended.append(lines / (time.process_time() - began))
        began, count = time.process_time(), 20_000
        progress = JobProgress(steps=12, capacity=100, asked={("John", "harvest", 0): 0}, news="John: a line")
        records = [Progressed(run=Assignment(number=one, epoch=1), progress=replace(progress)) for one in range(40)]
        message = packed(records)
        for _ in range(0, count, 40):
            unpacked(message)
        shown.append(count / (time.process_time() - began))
        flushed.append(asyncio.run(_flushes(journal)))
        journal.close()
    return [
        Row(what="lines of 1.5 kB that a command can receive and write a second, one core", values=appended),
        Row(what="records of progress that a command can receive a second, one core", values=shown),
        Row(what="phases that a command can flush to disk a second", values=flushed),
    ]


async def _flushes(journal: DriverJournal) -> float:
    count, began = 200, time.monotonic()
    for start in range(0, count, 20):
        for number in range(20):
            journal.append(journal.size, f"{start + number}\n".encode())
        await asyncio.gather(*(journal.sink.sync() for _ in range(20)))
    return count / (time.monotonic() - began)


def exchanges(folder: Path, repeats: int) -> list[Row]:
    """Calls of one Ray actor a second, one after the other and all at once, from one command."""
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)

    class Echo:
        async def receive(self, data: bytes) -> bytes:
            return data

    actor: Any = ray.remote(Echo).remote()

    async def one_by_one(count: int) -> None:
        for _ in range(count):
            await actor.receive.remote(b"x" * 1000)

    async def at_once(count: int) -> None:
        await asyncio.gather(*(actor.receive.remote(b"x" * 1000) for _ in range(count)))

    def cost(work: Callable[[int], Awaitable[None]], count: int) -> tuple[float, float]:
        began, own = time.monotonic(), time.process_time()
        asyncio.run(_awaited(partial(work, count)))
        return count / (time.monotonic() - began), 1000 * (time.process_time() - own) / count

    cost(one_by_one, 100)
    single = [cost(one_by_one, 500) for _ in range(repeats)]
    many = [cost(at_once, 3000) for _ in range(repeats)]
    ray.shutdown()
    return [
        Row(what="calls of a Ray worker a second, one after the other", values=[speed for speed, _ in single]),
        Row(what="calls of a Ray worker a second, many at once", values=[speed for speed, _ in many]),
        Row(
            what="the same: processor time of the command for a call",
            values=[own for _, own in many],
            unit="ms",
            digits=2,
        ),
    ]


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def measure(folder: Path, repeats: int) -> list[Row]:
    """Measure all."""
    return [
        row for part in (cores, overhead, waiting, driver, exchanges) for row in part(folder / part.__name__, repeats)
    ]


if __name__ == "__main__":
    sys.exit(separate.main("executors", "how executors scale", measure, PACKAGES, repeats=3))
