"""Reading of logs of the original: peculiarities are accepted, and contradictions are reported with their row."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from govsim.errors import JournalError
from govsim.journal.original.log import Log, read_log
from tests.original_results import Row, harvest_rows, html, rows_of, talk_rows


def read(rows: Any) -> Log:
    return read_log(json.dumps(rows).encode())


def test_amounts_are_whole_units_though_pandas_wrote_floats() -> None:
    log = read(rows_of(lambda number, i: 30 + i if number == 1 else 10))
    assert [here.number for here in log.rounds] == [0, 1]
    catches = log.rounds[1].catches
    assert [catch.wanted for catch in catches] == [30, 31, 32, 33, 34]
    assert [catch.collected for catch in catches] == [30, 31, 32, 7, 0]
    assert {(catch.before, catch.after) for catch in catches} == {(100, 0)}
    assert all(type(catch.wanted) is int for catch in catches)


def test_missing_values_of_a_row_may_be_nan_null_or_absent() -> None:
    rows = rows_of(10, rounds=1)
    columns = {key for row in rows for key in row}
    spellings = [[dict.fromkeys(columns, nothing) | row for row in rows] for nothing in (None, math.nan)]
    assert b"NaN" in json.dumps(spellings[1]).encode()
    assert read(spellings[0]) == read(spellings[1]) == read(rows)


def test_the_html_of_an_utterance_belongs_to_the_next_and_is_not_read() -> None:
    here = read(rows_of(10, rounds=1)).rounds[0]
    assert [line.name for line in here.lines] == ["Mayor", "John", "Kate", "Jack", "Emma", "Luke"]
    assert [line.text for line in here.lines] == [f"{line.name} speaks in round 0." for line in here.lines]
    assert here.summary == "They agreed in round 0."
    assert here.limit == 10


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        (html("Sum it up.", " They met.\nAll agreed. "), "They met.\nAll agreed."),
        ([html("Sum it up.", "They met.")], "They met."),
        (html("Conversation: <strong>ASSISTANT</strong>: no", "They met."), "They met."),
        (html("Sum it up.", " "), None),
        ("They met.", None),
        (None, None),
        (math.nan, None),
        ([], None),
    ],
)
def test_the_summary_is_the_reply_in_its_own_row(content: Any, summary: str | None) -> None:
    rows = rows_of(10, rounds=1)
    next(row for row in rows if row["action"] == "conversation_summary")["html_interactions"] = content
    assert read(rows).rounds[0].summary == summary


@pytest.mark.parametrize(
    ("logged", "limit", "odd"),
    [(12.0, 12, ""), (0, 0, ""), (math.nan, None, ""), (None, None, ""), (12.5, None, "12.5"), ("ten", None, '"ten"')],
)
def test_only_a_whole_limit_is_one(logged: Any, limit: int | None, odd: str) -> None:
    here = read([*harvest_rows(0, 100, [10] * 5)[0], *talk_rows(0, 5, limit=logged)]).rounds[0]
    assert (here.limit, here.odd_limit) == (limit, odd)


def test_a_discussion_may_lack_any_of_its_rows() -> None:
    rows = [row for row in rows_of(10, rounds=2) if row["round"] == 1 or row["action"] == "harvesting"]
    log = read(rows)
    assert [here.has_discussion for here in log.rounds] == [False, True]
    only_lines = read([row for row in rows if not row["action"].startswith("conversation")]).rounds[1]
    assert (len(only_lines.lines), only_lines.has_summary, only_lines.limit) == (6, False, 10)


def test_names_come_from_the_discussion() -> None:
    assert read(rows_of(10, rounds=1)).names == {
        f"persona_{i}": name for i, name in enumerate(["John", "Kate", "Jack", "Emma", "Luke"])
    }
    assert read(rows_of(10, rounds=1, talks=False)).names == {}


def test_rows_of_other_actions_are_counted() -> None:
    rows = [*rows_of(10, rounds=1), {"action": "punishing", "round": 0}, {"action": "punishing"}, {"agent_id": "x"}]
    assert read(rows).unknown == {"punishing": 2, "None": 1}


@pytest.mark.parametrize("said", [None, False, math.nan])
def test_members_may_have_harvested_one_after_the_other(said: Any) -> None:
    rows = harvest_rows(0, 100, [10, 20, 5])[0]
    for row, (before, after) in zip(rows, [(100, 90), (90, 70), (70, 65)], strict=True):
        row |= {
            "concurrent_harvesting": said,
            "resource_in_pool_before_harvesting": before,
            "resource_in_pool_after_harvesting": after,
        }
    here = read(rows).rounds[0]
    assert (here.before, here.after) == (100, 65)
    rows[1]["resource_in_pool_before_harvesting"] = 91
    with pytest.raises(JournalError, match="row 1: its pool does not follow from that of row 0"):
        read(rows)


def test_half_a_character_in_a_text_is_accepted() -> None:
    content = json.dumps(rows_of(10, rounds=1)).replace("John speaks", "\\ud83d speaks").encode()
    assert read_log(content).rounds[0].lines[1].text == "\ud83d speaks in round 0."


def test_a_byte_order_mark_is_accepted() -> None:
    rows = rows_of(10, rounds=1)
    assert read_log(b"\xef\xbb\xbf" + json.dumps(rows).encode()) == read(rows)


Change = Callable[[list[Row]], Any]


def put(row: int, **values: Any) -> Change:
    return lambda rows: rows[row].update(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(2, wanted_resource=9.0), "row 2: resource_collected = 10 exceeds wanted_resource = 9"),
        (put(2, wanted_resource=math.nan), "row 2: wanted_resource = NaN: must be a whole number, 0 or more"),
        (put(2, wanted_resource=None), "row 2: wanted_resource = missing"),
        (put(2, wanted_resource=-1), "row 2: wanted_resource = -1"),
        (put(2, wanted_resource=10.5), r"row 2: wanted_resource = 10\.5"),
        (put(2, wanted_resource=True), "row 2: wanted_resource = true"),
        (put(2, wanted_resource="10"), 'row 2: wanted_resource = "10"'),
        (put(2, wanted_resource=1e300), r"row 2: wanted_resource = 1e\+300"),
        (put(2, wanted_resource=math.inf), "row 2: wanted_resource = Infinity"),
        (put(1, round=None), "row 1: round = missing"),
        (put(1, agent_id=None), "row 1: agent_id = missing: must name an agent"),
        (put(0, resource_collected=7), r"rows 0 to 4 \(round 0\): 47 units collected, but the pool decreased by 50"),
        (put(3, resource_in_pool_before_harvesting=99), "row 3: its pool does not follow from that of row 2"),
        (put(2, resource_in_pool_after_harvesting=49), "row 2: its pool does not follow from that of row 1"),
        (put(3, agent_id="persona_0"), r"rows 0 to 4 \(round 0\): persona_0 harvests more than once"),
        (lambda rows: rows.append({**rows[-1], "round": 9}), "round 2 is missing, but there is a round 9"),
        (
            lambda rows: rows.append({**rows[-1], "round": 1e15}),
            "round 2 is missing, but there is a round 1000000000000000",
        ),
        (lambda rows: rows.__delitem__(slice(0, 13)), "starts with round 1; the first must be 0"),
        (lambda rows: rows.__delitem__(slice(13, 18)), "round 1 has a discussion but no harvest"),
        (lambda rows: rows.pop(17), "round 1 has no harvest of persona_4, who harvested in an earlier round"),
    ],
)
def test_contradictions_are_named(change: Change, message: str) -> None:
    rows = rows_of(10, rounds=2)
    read(rows)
    change(rows)
    with pytest.raises(JournalError, match=message):
        read(rows)


def test_the_first_contradictions_are_named_and_the_others_counted() -> None:
    rows = rows_of(10, rounds=12)
    for row in rows:
        row["round"] = None
    with pytest.raises(JournalError, match=r"row 4: .*; and 151 more$") as refused:
        read(rows)
    assert "row 5" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON, or is truncated"),
        (json.dumps(rows_of(10)).encode()[:-100], "is not JSON, or is truncated"),
        (b"\xff\xfe", "is not JSON, or is truncated"),
        (b"[" * 100_000, "is not JSON, or is truncated"),
        (b"[" + b"9" * 5000 + b"]", "is not JSON, or is truncated"),
        (b'{"round": {"0": 0}}', "is not a list of rows"),
        (b"[1, 2]", "is not a list of rows"),
        (b"[]", "no rows with action harvesting"),
        (b'[{"action": "bidding"}]', "no rows with action harvesting"),
    ],
)
def test_a_file_that_is_not_a_log_is_rejected(content: bytes, message: str) -> None:
    with pytest.raises(JournalError, match=message):
        read_log(content)
