"""Runs in worker processes: same journals, moved runs, journals written by the driver, and limits."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from govsim.agents.policies import POLICIES as MEMBER_POLICIES
from govsim.agents.policies import Policy
from govsim.config import Execution, KnownFile
from govsim.errors import ConfigError, JournalError, JournalMismatch
from govsim.jobs import EXECUTORS, JobProgress, JobResult, RunJob, execute_all, plan_runs, prepare
from govsim.jobs.distribution.journals import DriverJournal
from govsim.jobs.distribution.messages import CHUNK, WorkerSetup
from govsim.jobs.distribution.process import _PROGRAM, ProcessLink
from govsim.jobs.executors.processes import ProcessExecutor
from govsim.journal import FINISHED, Call, Event, Session, first_difference, read_journal
from govsim.plugins import Registry
from govsim.society import RULES, Rule
from tests.faulty_server import MODEL, FaultyServer, serving
from tests.soak.societies import happened

POLICIES = {"agents": {"default": "policy:random"}}
FEW: dict[str, Any] = {"society": {"members": 3}, "world": {"months": 1}}
FAKE: dict[str, Any] = {"models": {"default": "fake/society"}, **FEW}


class ClosedLake(Rule):
    """Nothing may be taken."""

    name = "closed-lake"


class Nothing(Policy):
    """Take nothing."""

    name = "nothing"

    def harvest(self, request: Any, rng: Any) -> int:
        return 0


class SendingExecutor(ProcessExecutor):
    """Worker processes that send their journals to the driver, as those on other machines do."""

    name: ClassVar[str] = "sending"
    sends_journals: bool = True


class ElsewhereExecutor(SendingExecutor):
    """Worker processes on a machine that does not have the files of this one."""

    name: ClassVar[str] = "elsewhere"

    def _setup(self, number: int) -> WorkerSetup:
        setup = super()._setup(number)
        files = tuple(
            KnownFile(name=file.name, sha256=file.sha256, path=Path("/nowhere") / file.path.relative_to("/"))
            for file in setup.files
        )
        return replace(setup, files=files)


class UnsharedExecutor(ProcessExecutor):
    """Worker processes on a machine that does not have the output folder of the command."""

    name: ClassVar[str] = "unshared"

    def _setup(self, number: int) -> WorkerSetup:
        return replace(super()._setup(number), shared=Path("/nowhere/.shared"))


@pytest.fixture(autouse=True)
def more_executors() -> Iterator[None]:
    with ExitStack() as stack:
        for executor in (SendingExecutor, ElsewhereExecutor, UnsharedExecutor):
            stack.enter_context(EXECUTORS.temporary(executor))
        yield


ALL_WORKERS = ["processes", pytest.param("sending", marks=pytest.mark.slow)]
"""The two ways in which journals reach the driver; soak tests kill workers of both."""

Execute = Callable[..., list[JobResult]]


@pytest.fixture
def executed(tmp_path: Path) -> Execute:
    """Execute runs with an executor: `executed("processes", settings, runs=12)`."""

    def execute(executor: str, settings: dict[str, Any], **execution: Any) -> list[JobResult]:
        workers = {} if executor == "local" else {"workers": 2}
        how = Execution(**{"out": tmp_path / executor, "executor": executor, **workers, **execution})
        plans = plan_runs(settings, how)
        return asyncio.run(execute_all(plans, prepare(plans, how)))

    return execute


def same(results: list[JobResult], others: list[JobResult]) -> bool:
    pairs = zip(results, others, strict=True)
    return all(first_difference(read_journal(a.path), read_journal(b.path)) is None for a, b in pairs)


def workers_of(results: list[JobResult]) -> set[str | None]:
    return {session.worker for result in results for session in read_journal(result.path).of(Session)}


@pytest.mark.parametrize("settings", [POLICIES, FAKE], ids=["policies", "fake model"])
def test_twelve_societies_in_worker_processes_are_those_in_one_process(
    settings: dict[str, Any], executed: Execute
) -> None:
    local = executed("local", settings, runs=12)
    for executor in ("processes", "sending"):
        found = executed(executor, settings, runs=12)
        assert same(local, found)
        assert [replace(one, path=Path()) for one in found] == [replace(one, path=Path()) for one in local]
        assert None not in workers_of(found)
        again = executed(executor, settings, runs=12)
        assert all(one.was_finished for one in again)
    assert workers_of(local) == {None}


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_a_session_names_the_command_and_the_worker(executor: str, executed: Execute) -> None:
    [result] = executed(executor, POLICIES)
    [session] = read_journal(result.path).of(Session)
    assert session.process == os.getpid()
    assert session.worker is not None
    assert session.worker.startswith("process ")
    assert str(os.getpid()) not in session.worker
    assert session.execution["executor"] == executor


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("FAKE_API_KEY", "none-needed")
    with serving() as found:
        found.faults.latency = 0.3
        yield found


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_only_requests_in_flight_are_repeated_when_a_worker_is_killed(
    executor: str, server: FaultyServer, executed: Execute, tmp_path: Path
) -> None:
    how = Execution(
        out=tmp_path / "killed", executor=executor, workers=2, runs=4, base_url=server.address(executor), parallel=4
    )
    plans = plan_runs({"models": {"default": MODEL}, **FEW}, how)

    async def kill_one() -> int:
        await until(lambda: min(len(list(calls_in([plan]))) for plan in plans) > 1)
        latest = min(plans, key=lambda plan: len(list(calls_in([plan]))))
        [worker] = filter(None, workers_of_paths([latest]))
        os.kill(int(worker.split()[1]), signal.SIGKILL)
        return server.requests[executor] - len(list(calls_in(plans)))

    async def both() -> int:
        killing = asyncio.create_task(kill_one())
        results = await execute_all(plans, prepare(plans, how))
        assert {result.status for result in results} == {"completed"}
        return await killing

    in_flight = asyncio.run(both())
    repeated = server.requests[executor] - len(list(calls_in(plans)))
    assert repeated <= in_flight <= 4 * 3
    sessions = [len(list(read_journal(plan.path).of(Session))) for plan in plans]
    assert sorted(sessions) == [1, 1, 2, 2], "two runs were moved"
    server.faults.latency = 0
    local = executed("local", FAKE, runs=4)
    for plan, one in zip(plans, local, strict=True):
        assert happened(read_journal(plan.path)) == happened(read_journal(one.path))


async def until(is_true: Callable[[], bool]) -> None:
    while not is_true():  # noqa: ASYNC110 - other processes make it true
        await asyncio.sleep(0.05)


def calls_in(plans: list[RunJob]) -> Iterator[Event]:
    for plan in plans:
        if plan.path.exists() and plan.path.stat().st_size:
            yield from read_journal(plan.path, ["call"]).of(Call)


def workers_of_paths(plans: list[RunJob]) -> Iterator[str | None]:
    for plan in plans:
        if plan.path.exists() and plan.path.stat().st_size:
            yield from (session.worker for session in read_journal(plan.path, []).of(Session))


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_all_workers_share_the_budget_of_the_command(executor: str, executed: Execute, tmp_path: Path) -> None:
    stopped = executed(executor, FAKE, runs=4, budget={"calls": 15})
    assert "over-budget" in {result.status for result in stopped}
    assert sum(len(list(read_journal(result.path).of(Call))) for result in stopped) == 15
    assert any("budget.calls: limit of 15 reached (used 15)" in (result.reason or "") for result in stopped)
    resumed = executed("local", FAKE, runs=4, out=tmp_path / executor)
    assert {result.status for result in resumed} == {"completed"}


def agent_file(folder: Path, act: str) -> dict[str, Any]:
    lines = ("import os", "class Agent:", "    def act(self, observation):", f"        {act}")
    text = "\n".join((*lines, "def make():", "    return Agent()", ""))
    (folder / "agent.py").write_text(text, encoding="utf-8")
    return {"agents": {"default": f"pettingzoo:{folder / 'agent.py'}:make"}, "world": {"months": 2}}


@pytest.mark.parametrize("executor", ["processes", "elsewhere"])
def test_the_file_of_a_trained_agent_reaches_the_workers(executor: str, executed: Execute, tmp_path: Path) -> None:
    settings = agent_file(tmp_path, "return 7")
    found = executed(executor, settings, runs=2)
    assert {result.status for result in found} == {"completed"}
    assert same(found, executed("local", settings, runs=2))


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_a_run_that_ends_five_workers_without_a_new_line_has_failed(
    executor: str, executed: Execute, tmp_path: Path
) -> None:
    settings = agent_file(tmp_path, "os._exit(9)")
    [result] = executed(executor, settings, runs=1, workers=1)
    assert result.status == "failed"
    assert result.reason is not None
    assert result.reason.startswith("5 worker processes ended while they executed this run")
    journal = read_journal(result.path)
    assert journal.end is not None
    assert (journal.end.months, journal.end.cause) == (0, "error")


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_interrupted_runs_end_as_cancelled_and_can_be_resumed(
    executor: str, server: FaultyServer, tmp_path: Path
) -> None:
    how = Execution(out=tmp_path, runs=2, executor=executor, workers=1, base_url=server.address(executor))
    plans = plan_runs({"models": {"default": MODEL}, **FEW}, how)

    async def interrupt() -> None:
        task = asyncio.create_task(execute_all(plans, prepare(plans, how)))
        await until(lambda: len(list(calls_in(plans))) > 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupt())
    assert [read_journal(plan.path).status for plan in plans] == ["cancelled"] * 2
    server.faults.latency = 0
    local = how.model_copy(update={"executor": "local", "workers": 0})  # starts no worker again
    results = asyncio.run(execute_all(plans, prepare(plans, local)))
    assert [result.status for result in results] == ["completed"] * 2


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_a_journal_that_cannot_be_resumed_is_reported_after_the_other_runs_have_ended(
    executor: str, executed: Execute, tmp_path: Path
) -> None:
    [first] = executed(executor, POLICIES)
    how = Execution(out=tmp_path / executor, executor=executor, workers=1, runs=2)
    jobs = plan_runs(POLICIES, how)
    wrong = replace(jobs[1], path=first.path)
    with pytest.raises(JournalMismatch, match="belongs to another experiment: seed was 0 and is now 1"):
        asyncio.run(execute_all([wrong, jobs[1]], prepare(jobs[1:], how)))
    assert read_journal(jobs[1].path).status in FINISHED


def test_progress_and_ends_of_runs_in_workers_are_reported(tmp_path: Path) -> None:
    how = Execution(out=tmp_path, executor="processes", workers=1, runs=2)
    plans = plan_runs(FAKE, how)
    executor, progress, heard = prepare(plans, how), dict[Path, JobProgress](), list[tuple[Path, str]]()
    executor.on_progress(lambda job, found: progress.update({job.path: found}))
    asyncio.run(execute_all(plans, executor, lambda job, event: heard.append((job.path, event.kind))))
    assert set(progress) == {plan.path for plan in plans}
    calls = read_journal(plans[0].path).of(Call)
    found = progress[plans[0].path]
    assert (found.step, found.status) == (1, "completed")
    assert found.tokens == sum(call.tokens or 0 for call in calls) > 0
    assert sorted(heard) == sorted((plan.path, "end") for plan in plans)


def test_a_worker_that_cannot_start_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    how = Execution(out=tmp_path, executor="processes", workers=1, runs=3)
    plans = plan_runs(POLICIES, how)
    with pytest.raises(Exception, match=r"3 worker processes ended before their first run.*try --executor local"):
        asyncio.run(execute_all(plans, prepare(plans, how)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"executor": "procesess"}, r"executor = procesess: there is no such executor; did you mean processes\?"),
        ({"workers": 2}, "execution.workers = 2: is not used by executor local; remove it, or choose .* = processes"),
        ({"executor": "processes", "address": "auto"}, "address = .auto.: is not used by executor processes; .* = ray"),
        ({"executor": "processes", "shared_storage": True}, "shared_storage = true: is not used by executor processes"),
    ],
)
def test_settings_that_an_executor_does_not_use_are_rejected(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    how = Execution(out=tmp_path / "runs", **settings)
    with pytest.raises(ConfigError, match=message):
        prepare(plan_runs(POLICIES, how), how)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("executor", ["processes", "ray"])
@pytest.mark.parametrize(
    ("registry", "extension", "settings"),
    [
        (RULES, ClosedLake, {"institutions": ["closed-lake"], **POLICIES}),
        (MEMBER_POLICIES, Nothing, {"members": {"John": {"agent": "policy:nothing"}}, **POLICIES}),
    ],
    ids=["rule", "policy"],
)
def test_extensions_that_only_this_program_has_registered_are_rejected_before_anything_is_written(
    executor: str, registry: Registry[Any], extension: Any, settings: dict[str, Any], executed: Execute, tmp_path: Path
) -> None:
    message = f"executor = {executor}: workers do not have the {registry.kind} {extension.name}, which only this progr"
    with registry.temporary(extension):
        with pytest.raises(ConfigError, match=message):
            executed(executor, settings)
        assert not (tmp_path / executor).exists()
        [result] = executed("local", settings)
    assert result.status in FINISHED


def test_workers_with_another_working_directory_write_to_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("govsim.jobs.distribution.process._PROGRAM", f"import os; os.chdir('/'); {_PROGRAM}")
    how = Execution(out=Path("runs"), executor="processes", workers=1)
    plans = plan_runs(POLICIES, how)
    [result] = asyncio.run(execute_all(plans, prepare(plans, how)))
    assert (result.path, result.was_finished) == (plans[0].path, False)
    assert read_journal(tmp_path / result.path).status == result.status in FINISHED


def test_workers_without_the_output_folder_are_reported_before_the_first_run(executed: Execute, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"shared_storage = True: /nowhere on .* is not the output folder of the com"):
        executed("unshared", POLICIES)
    assert not list(tmp_path.rglob("*.jsonl"))


@pytest.mark.parametrize("executor", ALL_WORKERS)
def test_no_worker_is_started_for_runs_that_are_finished(
    executor: str, executed: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = executed(executor, POLICIES, runs=2)
    started: list[str] = []

    async def start(setup: WorkerSetup) -> ProcessLink:
        started.append("worker")
        raise ConfigError("no worker can be started")

    monkeypatch.setattr(EXECUTORS.get(executor, key=""), "start", lambda self: started.append("executor"))
    monkeypatch.setattr(ProcessLink, "start", start)
    again = executed(executor, POLICIES, runs=2)
    assert again == [replace(one, was_finished=True) for one in first]
    assert not started
    with pytest.raises(ConfigError, match="no worker can be started"):
        executed(executor, POLICIES, runs=3)
    assert started == ["executor", "worker"]


def test_a_missing_package_is_reported_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsim.jobs.executors.ray.find_spec", lambda name: None)
    how = Execution(out=tmp_path, executor="ray")
    with pytest.raises(ConfigError, match=r"needs the package ray; install it with pip install 'govsim\[ray\]'"):
        prepare(plan_runs(POLICIES, how), how)


def test_the_driver_skips_bytes_that_it_has_and_rejects_gaps(tmp_path: Path) -> None:
    path = tmp_path / "seed-0.jsonl"
    journal = DriverJournal(path, None)
    journal.append(0, b"one\ntwo\n")
    journal.append(4, b"two\nthree\n")
    journal.append(0, b"one\n")
    with pytest.raises(JournalError, match="3 bytes of the journal are missing; run again"):
        journal.append(17, b"five\n")
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    journal.append(14, b"fo")
    journal.rewind()
    assert (journal.size, path.read_bytes()) == (14, b"one\ntwo\nthree\n")
    journal.append(14, b"x" * (2 * CHUNK) + b"\n" + b"y" * CHUNK)
    journal.rewind()
    assert path.read_bytes() == b"one\ntwo\nthree\n" + b"x" * (2 * CHUNK) + b"\n"
    assert b"".join(journal.parts()) == path.read_bytes()
    journal.close()
