"""The memory stream: its content, expiry and importance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from govsim.agents.generative import Memory, MemoryStream

FIRST = date(2024, 1, 1)


def memory(id_: int, **changes: Any) -> Memory:
    content: dict[str, Any] = {
        **{"type": "thought", "description": f"thought {id_}", "created": FIRST, "importance": 5},
        **{"expires": FIRST + timedelta(days=63)},
    }
    return Memory(id=id_, **content | changes)


def stream(*memories: Memory) -> MemoryStream:
    remembered = MemoryStream()
    for one in memories:
        remembered.store(one)
    return remembered


def alive(remembered: MemoryStream, today: date) -> list[int]:
    return [one.id for one in remembered.alive(today)]


@pytest.mark.parametrize(("days", "is_alive"), [(-1, False), (0, True), (1, True), (62, True), (63, True), (64, False)])
def test_a_memory_lasts_from_its_day_through_its_last(days: int, is_alive: bool) -> None:
    assert alive(stream(memory(0)), FIRST + timedelta(days=days)) == ([0] if is_alive else [])


def test_an_event_lasts_through_the_reflection_on_the_months_last_day() -> None:
    event = memory(0, type="event", expires=date(2024, 1, 31))
    assert alive(stream(event), date(2024, 1, 31)) == [0]
    assert alive(stream(event), date(2024, 2, 1)) == []


def test_memories_are_kept_in_the_order_in_which_they_were_stored() -> None:
    remembered = stream(memory(0, created=date(2024, 1, 5)), memory(1), memory(2))
    assert len(remembered) == 3
    assert alive(remembered, date(2024, 1, 6)) == [0, 1, 2]


def test_a_newer_agreement_supersedes_the_older_ones_and_nothing_else() -> None:
    remembered = stream(
        memory(0, topic="agreement"),
        memory(1),
        memory(2, topic="agreement", created=date(2024, 1, 30)),
        memory(3, topic="agreement", created=date(2024, 2, 28), expires=date(2024, 5, 1)),
        memory(4, created=date(2024, 2, 28)),
    )
    assert alive(remembered, date(2024, 1, 15)) == [0, 1]
    assert alive(remembered, date(2024, 2, 1)) == [1, 2]
    assert alive(remembered, date(2024, 3, 1)) == [1, 3, 4]


def test_a_memory_is_shown_with_its_date_and_in_quotation_marks_where_a_model_wrote_it() -> None:
    day = date(2024, 1, 30)
    for type_ in ("thought", "chat"):
        thought = memory(0, type=type_, description='We "all" agreed on ten.', created=day)
        assert str(thought) == "2024-01-30: \"We 'all' agreed on ten.\""
    for type_ in ("event", "action"):
        event = memory(0, type=type_, description="The lake holds ten.", created=day)
        assert str(event) == "2024-01-30: The lake holds ten."
    agreement = memory(0, topic="agreement", description="The group agreed on ten.", created=day)
    assert str(agreement) == "2024-01-30: The group agreed on ten."


def test_a_rating_is_the_importance() -> None:
    assert stream().importance_of(memory(0, importance=7)) == 7.0


@pytest.mark.parametrize(
    ("ratings", "importance"), [([], 5.5), ([3], 3.0), ([2, 9], 5.5), ([1, 2, 9], 2.0), ([1, 2, 4, 9], 3.0)]
)
def test_a_rating_that_could_not_be_parsed_is_the_median_of_the_others(ratings: list[int], importance: float) -> None:
    rated = [memory(number, importance=rating) for number, rating in enumerate(ratings)]
    unrated = memory(len(rated), importance=None)
    assert stream(*rated, unrated, memory(99, importance=None)).importance_of(unrated) == importance


def test_the_median_is_over_everything_rated_so_far_whether_still_remembered_or_not() -> None:
    old = memory(0, importance=1, created=date(2020, 1, 1), expires=date(2020, 2, 1))
    assert stream(old, memory(1, importance=9)).importance_of(memory(2, importance=None)) == 5.0


@pytest.mark.parametrize(
    "unrated",
    [
        memory(10, type="event", importance=10),
        memory(10, type="action", importance=10),
        memory(10, importance=10, topic="agreement", is_always_retrieved=True),
    ],
    ids=["event", "action", "agreement"],
)
def test_memories_without_a_rating_are_excluded_from_the_median(unrated: Memory) -> None:
    remembered = stream(memory(0, importance=2), memory(1, importance=4), unrated)
    assert remembered.importance_of(memory(11, importance=None)) == 3.0
