"""Comparison of journals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from govsim.config import experiment_from
from govsim.journal import Difference, Event, first_difference, read_journal

Make = Callable[..., Event]
Compare = Callable[[Sequence[Event], Sequence[Event]], Difference | None]


@pytest.fixture
def compare(write_journal: Callable[..., Path]) -> Compare:
    """The first difference of two journals with these lines."""

    def comparing(first: Sequence[Event], second: Sequence[Event]) -> Difference | None:
        return first_difference(
            read_journal(write_journal(first, "first.jsonl")), read_journal(write_journal(second, "second.jsonl"))
        )

    return comparing


def changed(run: Sequence[Event], make: Make, kind: str, **changes: Any) -> list[Event]:
    """The run with the event of a kind replaced by another."""
    return [make(kind, **changes) if event.kind == kind else event for event in run]


def without(run: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in run if event.kind != kind]


def test_a_journal_is_the_same_as_itself(run: list[Event], compare: Compare) -> None:
    assert compare(run, run) is None


def test_the_order_of_the_lines_does_not_matter(run: list[Event], make: Make, compare: Compare) -> None:
    body = [*run[1:-1], *(make("memory", member=name, ordinal=n) for name in ("Kate", "Jack") for n in range(4))]
    shuffled = list(body)
    Random(1).shuffle(shuffled)
    assert shuffled != body
    assert compare([run[0], *body, run[-1]], [run[0], *shuffled, run[-1]]) is None


def test_how_and_when_a_run_was_executed_does_not_matter(run: list[Event], make: Make, compare: Compare) -> None:
    other = changed(run, make, "session", at="later", execution={})
    other = changed(other, make, "call", seconds=9.0, retries=0, cached_tokens=7, cost=None)
    other = changed(other, make, "end", at="later", months=1)
    other = changed(other, make, "header", prompts_version=9, models=None)
    assert compare(run, [*without(other, "asked")]) is None
    resumed = [*run[:-1], make("end", status="cancelled"), make("session", at="much later"), run[-1]]
    assert compare(run, resumed) is None


@pytest.mark.parametrize(
    ("kind", "change", "place", "key", "values"),
    [
        ("header", {"society": "direct"}, "header", "society", ("generative", "direct")),
        ("month", {"stock": 99}, "month, month 1", "stock", (100, 99)),
        (
            "harvest",
            {"granted": {"John": 10, "Kate": 1}},
            "harvest, month 1, phase harvest",
            "granted.Kate",
            (0, 1),
        ),
        ("harvest", {"invalid": {}}, "harvest, month 1, phase harvest", "invalid.Kate", ("The reply was empty.", None)),
        ("report", {"by": "nobody"}, "report, month 1, phase report", "by", ("moderator", "nobody")),
        ("agreement", {"limit": None}, "agreement, month 1, phase discussion", "limit", (10, None)),
        ("embedding", {"vector": "AAAAAA=="}, "embedding", "vector", ("AACAPw==", "AAAAAA==")),
        (
            "utterance",
            {"text": "Hello."},
            "utterance, month 1, phase discussion, member John, ordinal 1",
            "text",
            (None, "Hello."),
        ),
        (
            "call",
            {"reply": "Answer: 9"},
            "call, month 1, phase harvest, member John, purpose harvest, ordinal 0, attempt 0",
            "reply",
            ("Answer: 10", "Answer: 9"),
        ),
        (
            "memory",
            {"importance": 3},
            "memory, month 1, phase harvest, member John, ordinal 0",
            "importance",
            (None, 3),
        ),
        ("end", {"status": "collapsed"}, "end", "status", ("completed", "collapsed")),
    ],
)
def test_a_difference_is_found_with_its_place(
    run: list[Event],
    make: Make,
    compare: Compare,
    kind: str,
    change: dict[str, Any],
    place: str,
    key: str,
    values: tuple[Any, Any],
) -> None:
    found = compare(run, changed(run, make, kind, **change))
    assert found == Difference(place=place, key=key, first=values[0], second=values[1])
    back = compare(changed(run, make, kind, **change), run)
    assert back == Difference(place=place, key=key, first=values[1], second=values[0])


def test_a_difference_in_the_experiment_is_found_by_its_key(run: list[Event], make: Make, compare: Compare) -> None:
    other = changed(run, make, "header", experiment=experiment_from({"world": {"growth": 1.1}, "seed": 4}))
    found = compare(run, other)
    assert found is not None
    assert (found.place, found.key) == ("header", "experiment.members.Kate")


@pytest.mark.parametrize("kind", ["month", "message", "call", "harvest", "utterance", "memory", "retrieval"])
def test_an_event_missing_in_one_journal_is_found(run: list[Event], compare: Compare, kind: str) -> None:
    assert (found := compare(run, without(run, kind))) is not None
    assert (found.key, found.first, found.second) == ("line", "present", None)
    assert found.place.startswith(kind)
    assert (found := compare(without(run, kind), run)) is not None
    assert (found.key, found.first, found.second) == ("line", None, "present")
    assert found.place.startswith(kind)


def test_a_month_missing_at_the_end_of_one_journal_is_found(run: list[Event], make: Make, compare: Compare) -> None:
    longer = [*run, make("month", month=2)]
    assert compare(run, longer) == Difference(place="month, month 2", key="line", first=None, second="present")
    assert compare(longer, run) == Difference(place="month, month 2", key="line", first="present", second=None)


def test_an_unfinished_journal_differs_from_a_finished_one(run: list[Event], compare: Compare) -> None:
    assert compare(run, run[:-1]) == Difference(place="end", key="status", first="completed", second=None)


def test_the_first_difference_in_the_order_of_months_is_reported(
    run: list[Event], make: Make, compare: Compare
) -> None:
    months = [make("month", month=number) for number in (1, 2, 3)]
    other = [make("month", month=1), make("month", month=2, stock=50), make("month", month=3, stock=60)]
    found = compare([run[0], *reversed(months)], [run[0], *other])
    assert found == Difference(place="month, month 2", key="stock", first=100, second=50)


def test_a_setting_that_is_null_differs_from_one_that_is_not_there(
    run: list[Event], make: Make, compare: Compare
) -> None:
    with_null = experiment_from({"models": {"args": {"device": None}}})
    found = compare(
        changed(run, make, "header", experiment=experiment_from()), changed(run, make, "header", experiment=with_null)
    )
    assert found is not None
    assert (found.place, found.key) == ("header", "experiment.models.args.device")


def test_a_setting_that_is_true_differs_from_one(run: list[Event], make: Make, compare: Compare) -> None:
    first, second = (experiment_from({"models": {"args": {"fast": value}}}) for value in (True, 1))
    found = compare(changed(run, make, "header", experiment=first), changed(run, make, "header", experiment=second))
    assert found is not None
    assert found.key == "experiment.models.args.fast"
