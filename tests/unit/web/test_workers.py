"""Computations in worker processes, and their memory of results."""

from __future__ import annotations

import asyncio
import pickle
from contextlib import suppress
from functools import partial

import pytest

from govsim.analysis.tables.table import Column, Table
from govsim.errors import AnalysisError
from govsim.web.workers import Deferred, Memo


async def test_memo_caches_results_and_drops_the_oldest() -> None:
    memo: Memo[int] = Memo(kept=2)
    asked: list[int] = []

    async def compute(number: int) -> int:
        asked.append(number)
        return 10 * number

    assert len(memo) == 0
    for number in (1, 1, 2, 3, 1):
        assert await memo.of(number, partial(compute, number)) == 10 * number
    assert asked == [1, 2, 3, 1]
    assert (len(memo), memo.latest) == (2, 10)


def test_deferred_function_can_be_pickled_and_is_imported_on_call() -> None:
    sent = pickle.loads(pickle.dumps(Deferred("posixpath", "join")))
    assert sent("a", "b") == "a/b"


def test_computed_table_can_be_pickled() -> None:
    columns = (
        Column(name="name", place="stub", of=lambda row: f"· {row['name']}"),
        Column(name="runs", kind="count", of=lambda row: row["share"]["n"]),
        Column(name="share", unit="%", kind="estimate", n="runs"),
    )
    data = [{"name": "a", "runs": 5, "share": {"value": 50.0, "low": 10.0, "high": 90.0, "n": 4}}]
    table = Table(name="shares", title="Shares", columns=columns, data=data)
    sent: Table = pickle.loads(pickle.dumps(table.computed))
    assert [entry.value for entry in sent.rows[0]] == ["· a", "4", "50.00"]
    assert sent.data[0]["share"] == data[0]["share"]


class Slow:
    """Computes only once it may, and counts how often it is asked to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times, self.may_end, self._error = 0, asyncio.Event(), error

    async def __call__(self) -> int:
        self.times += 1
        await self.may_end.wait()
        if self._error is not None:
            raise self._error
        return self.times


async def test_visitors_wait_for_the_same_computation() -> None:
    memo, slow = Memo[int](), Slow()
    visitors = [asyncio.create_task(memo.of("state", slow)) for _ in range(3)]
    await asyncio.sleep(0)
    slow.may_end.set()
    assert await asyncio.gather(*visitors) == [1, 1, 1]
    assert await memo.of("state", slow) == 1


async def test_a_reload_does_not_start_a_computation_again() -> None:
    memo, slow = Memo[int](), Slow()
    first = asyncio.create_task(memo.of("state", slow))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    second = asyncio.create_task(memo.of("state", slow))
    await asyncio.sleep(0)
    slow.may_end.set()
    assert await second == 1
    assert memo.latest == 1


async def test_another_state_is_computed_meanwhile() -> None:
    memo, slow, other = Memo[int](2), Slow(), Slow()
    first = asyncio.create_task(memo.of("state", slow))
    other.may_end.set()
    assert await memo.of("other", other) == 1
    slow.may_end.set()
    await first
    assert (slow.times, other.times, len(memo)) == (1, 1, 2)


async def test_a_failure_reaches_all_visitors_and_is_not_cached() -> None:
    memo, slow = Memo[int](), Slow(AnalysisError("no runs"))
    visitors = [asyncio.create_task(memo.of("state", slow)) for _ in range(2)]
    slow.may_end.set()
    for visitor in visitors:
        with pytest.raises(AnalysisError, match="no runs"):
            await visitor
    with pytest.raises(AnalysisError, match="no runs"):
        await memo.of("state", slow)
    assert slow.times == 2
