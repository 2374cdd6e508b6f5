"""A journal is replayed without any model, with the same result or the first difference."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from govsim.errors import JournalError
from govsim.jobs import replay
from tests.living import Live, rewrite

SETTINGS: dict[str, Any] = {"models.default": "fake/society", "world.months": 3, "models.args": {"catch": 12}}


@pytest.mark.parametrize("condition", ["default", "newcomer", "universalization"])
@pytest.mark.parametrize("cognition", ["merged", "separate"])
def test_a_finished_journal_is_replayed_identically(live: Live, condition: str, cognition: str) -> None:
    settings = SETTINGS | {"society.cognition": cognition, "world.months": 4}
    [run] = live("pollution", settings, condition=condition)
    found = asyncio.run(replay(run.journal.path))
    assert found.difference is None
    assert found.is_complete
    assert found.months == run.journal.end.months  # type: ignore[union-attr]


def test_a_mixed_society_of_all_agents_is_replayed_identically(live: Live) -> None:
    settings = SETTINGS | {
        "members.Kate.agent": "direct",
        "members.Jack.agent": "policy:random",
        "members.Emma": {"model": "fake/society", "model_args": {"catch": 9}},
    }
    [run] = live("pasture", settings)
    assert asyncio.run(replay(run.journal.path)).difference is None


def changed_value(line: dict[str, Any]) -> dict[str, Any]:
    if line["kind"] == "call" and line["purpose"] == "harvest" and line["member"] == "Jack" and line["month"] == 2:
        return line | {"values": {"Answer": 11}}
    return line


def impossible_value(line: dict[str, Any]) -> dict[str, Any]:
    return line | {"values": {"Limit": -7}} if line["kind"] == "call" and line["purpose"] == "limit" else line


def changed_grant(line: dict[str, Any]) -> dict[str, Any]:
    return line | {"stock_after_growth": 1} if line["kind"] == "harvest" and line["month"] == 2 else line


def dropped_utterance(line: dict[str, Any]) -> dict[str, Any] | None:
    return None if line["kind"] == "utterance" and line["month"] == 3 and line["ordinal"] == 2 else line


def changed_status(line: dict[str, Any]) -> dict[str, Any]:
    other = {"collapsed": "completed", "completed": "collapsed"}
    return line | {"status": other[line["status"]]} if line["kind"] == "end" else line


def added_memory(line: dict[str, Any]) -> dict[str, Any]:
    return line | {"ordinal": 99} if line["kind"] == "memory" and line["month"] == 3 and line["ordinal"] == 20 else line


def changed_months(line: dict[str, Any]) -> dict[str, Any]:
    return line | {"months": 1} if line["kind"] == "end" else line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed_value, "memory, month 2, phase harvest, member Jack"),
        (impossible_value, "call, month 1, phase discussion, member framework, purpose limit"),
        (changed_grant, "stock_after_growth"),
        (dropped_utterance, "utterance, month 3"),
        (changed_status, "status"),
        (changed_months, "months was 1"),
        (added_memory, "memory, month 3"),
    ],
)
def test_the_first_difference_is_reported(
    live: Live, change: Callable[[dict[str, Any]], dict[str, Any] | None], expected: str
) -> None:
    [run] = live("fishery", SETTINGS)
    rewrite(run.journal.path, change)
    found = asyncio.run(replay(run.journal.path))
    assert found.difference is not None
    assert expected in found.difference


def test_an_edited_message_is_rejected(live: Live) -> None:
    [run] = live("fishery", SETTINGS | {"world.months": 1})
    path = run.journal.path
    path.write_text(path.read_text().replace("Each of you earns 1,000", "Every one of you earns 1,000", 1))
    with pytest.raises(JournalError, match="does not match its hash"):
        asyncio.run(replay(path))


def test_two_lines_in_one_place_are_rejected(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    lines = run.journal.path.read_text().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith('{"kind":"harvest"'))
    lines.insert(place, lines[place].replace('"stock_after_harvest":', '"stock_after_harvest":1', 1))
    run.journal.path.write_text("".join(lines))
    with pytest.raises(JournalError, match=rf"line {place + 2}: is a duplicate of line {place + 1} \(harvest, month 1"):
        asyncio.run(replay(run.journal.path))


def test_an_unfinished_journal_is_checked_up_to_its_end(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    for cut in (1, 2, 9, len(lines) // 2, len(lines) - 1):
        run.journal.path.write_bytes(b"".join(lines[:cut]))
        found = asyncio.run(replay(run.journal.path))
        assert found.difference is None, cut
        assert not found.is_complete


def test_an_unfinished_journal_that_differs_is_reported(live: Live) -> None:
    [run] = live("fishery", SETTINGS)
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    run.journal.path.write_bytes(b"".join(lines[: len(lines) * 2 // 3]))
    rewrite(run.journal.path, changed_grant)
    assert "stock_after_growth" in (asyncio.run(replay(run.journal.path)).difference or "")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("society", {"phases": ["harvest", "vote"]}, "society.phases = vote: there is no such phase"),
        ("institutions", [{"levy": {"share": 0.1}}], "institutions = levy: there is no such rule"),
        ("world", {"growth": {"monsoon": {}}}, "world.growth = monsoon: there is no such growth law"),
        ("agents", {"default": "cautious"}, "agent = cautious: there is no such kind of agent"),
    ],
)
def test_a_replay_without_an_extension_reports_the_journal_and_the_package(
    live: Live, key: str, value: Any, expected: str
) -> None:
    [run] = live("fishery", {"agents.default": "policy:greedy"})

    def foreign(line: dict[str, Any]) -> dict[str, Any]:
        if line["kind"] == "header":
            own = line["experiment"][key]
            line["experiment"][key] = {**own, **value} if isinstance(own, dict) else value
            line["plugins"] = {"govsim-commons": "1.2"}
        return line

    rewrite(run.journal.path, foreign)
    message = (
        rf"^{re.escape(str(run.journal.path))}: cannot be replayed: {expected}.*; install govsim-commons 1\.2, which"
    )
    with pytest.raises(JournalError, match=message):
        asyncio.run(replay(run.journal.path))
