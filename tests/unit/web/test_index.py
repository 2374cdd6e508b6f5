# ruff: noqa: ASYNC110, ASYNC240 - no other task waits while a test reads its files
from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from govsim.analysis import read_run
from govsim.errors import AnalysisError
from govsim.journal import PlannedRun, write_plan
from govsim.web.folder import Folder
from govsim.web.index import Index
from govsim.web.summary import summary_of, unpacked_rows


@asynccontextmanager
async def index_of(folder: Path) -> AsyncIterator[Index]:
    index = Index(Folder(folder))
    index.start()
    try:
        yield index
    finally:
        index.stop()
        index.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.05)


async def test_runs_are_listed_before_journals_are_read(journal: Path) -> None:
    index = Index(Folder(journal.parent))
    await index.list_now()
    assert [(entry.name, entry.status) for entry in index.entries] == [("seed-0.jsonl", "unread")]
    assert index.unread == 1


async def test_entries_follow_changes_of_files(journal: Path) -> None:
    whole = journal.read_bytes()
    cut = whole[: whole.index(b'{"kind":"end"')].replace(f'"process":{os.getpid()}'.encode(), b'"process":4194305')
    journal.write_bytes(cut)
    async with index_of(journal.parent) as index:
        await until(lambda: index.entry("seed-0.jsonl").status == "killed")
        journal.write_bytes(whole)
        await until(lambda: index.entry("seed-0.jsonl").status == "completed")
        journal.with_name("other.jsonl").write_bytes(b"noise\n")
        await until(lambda: index.entry("other.jsonl").status == "broken")
        assert len(index.summaries) == 1
        assert index.unread == 0
        journal.unlink()
        await until(lambda: [entry.name for entry in index.entries] == ["other.jsonl"])


async def test_unchanged_journals_are_read_once(journal: Path) -> None:
    async with index_of(journal.parent) as index:
        await until(lambda: index.entry("seed-0.jsonl").measures is not None)
        version, summary = index.version, index.entry("seed-0.jsonl")
        await asyncio.sleep(2.5)
        assert index.version == version
        assert index.entry("seed-0.jsonl") is summary


async def test_workers_ignore_interrupts_and_terminate_on_close(tmp_path: Path) -> None:
    index = Index(Folder(tmp_path))
    assert signal.SIGINT in await index.compute(signal.pthread_sigmask, signal.SIG_BLOCK, ()), "from their birth on"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    sleeping = asyncio.ensure_future(index.compute(time.sleep, 600))
    await asyncio.sleep(0.1)
    index.close()
    with pytest.raises(AnalysisError, match="the worker process ended unexpectedly"):
        await sleeping
    assert multiprocessing.active_children() == []


async def test_campaigns_include_runs_that_have_not_started(journal: Path) -> None:
    runs = [
        PlannedRun(path=name, scenario="fishery", condition="default", society="s", seed=0, months=2)
        for name in ("seed-0.jsonl", "seed-1.jsonl")
    ]
    write_plan(journal.parent / "paper.campaign.json", runs)
    index = Index(Folder(journal.parent))
    await index.list_now()
    (campaign,) = index.campaigns
    assert [index.has(name) for name in campaign.runs] == [True, False]


def test_a_summary_has_the_measures_of_the_run_and_its_stock(journal: Path) -> None:
    summary = summary_of(journal, journal.parent)
    assert summary.measures == read_run(journal)
    assert summary.stocks == (100.0, 100.0, 50.0)
    assert (summary.status, summary.month, summary.problem) == ("completed", 2, None)
    rows = unpacked_rows(summary)
    assert {name: len(some) for name, some in rows.items()} == {"members": 5, "months": 2}
    assert rows["members"][0][0] == summary.measures.name == "seed-0.jsonl"
    assert summary.packed is not None
    assert len(summary.packed) < 8000, "thousands of them are kept"


def test_inconsistent_journal_is_reported_without_its_absolute_path(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes().replace(b'"stock_before":100', b'"stock_before":90', 1))
    problem = str(summary_of(journal, journal.parent).problem)
    assert problem.startswith("its harvest of month 1") or "month 1" in problem
    assert str(journal.parent) not in problem
