"""What processes beside the server compute, and what is remembered of it."""

from __future__ import annotations

import pickle
from functools import partial

from govsim.analysis.tables.table import Column, Table
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
