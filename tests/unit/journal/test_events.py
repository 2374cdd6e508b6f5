"""Events of a journal: each survives a round trip through a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from govsim.journal import EVENTS, FINISHED, Event, Status
from govsim.journal.kinds import class_of
from govsim.journal.line import comparable, line_of

Make = Callable[..., Event]


def read_back(event: Event) -> Event:
    return class_of(event.kind).model_validate_json(line_of(event))


def test_there_is_an_example_of_every_kind_of_event(kinds: list[str]) -> None:
    assert sorted(kinds) == sorted(found.name for found in EVENTS if "run" in found.value.journals)


def test_every_event_is_read_back_as_it_was_written(run: list[Event]) -> None:
    for event in run:
        again = read_back(event)
        assert again == event
        assert type(again) is type(event)


def test_the_first_key_of_every_line_is_its_kind(run: list[Event]) -> None:
    for event in run:
        assert line_of(event).startswith(f'{{"kind":"{event.kind}"'.encode())


def test_every_event_is_one_line(run: list[Event]) -> None:
    for event in run:
        assert line_of(event).endswith(b"\n")
        assert line_of(event).count(b"\n") == 1


def test_every_event_of_a_run_has_a_unique_identity(run: list[Event]) -> None:
    assert len({event.identity for event in run}) == len(run)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("month", {"month": 2}),
        ("call", {"month": 2}),
        ("call", {"phase": "discussion"}),
        ("call", {"member": "Kate"}),
        ("call", {"purpose": "line"}),
        ("call", {"ordinal": 1}),
        ("call", {"attempt": 1}),
        ("message", {"hash": "bb"}),
        ("embedding", {"hash": "dd"}),
        ("memory", {"ordinal": 1}),
        ("utterance", {"ordinal": 2}),
    ],
)
def test_an_event_at_another_place_has_another_identity(make: Make, kind: str, change: dict[str, Any]) -> None:
    assert make(kind, **change).identity != make(kind).identity


def test_the_content_of_an_event_is_not_part_of_its_identity(make: Make) -> None:
    assert make("call", reply="Answer: 11").identity == make("call").identity
    assert make("harvest", stock_before=7).identity == make("harvest").identity


def test_an_answer_is_found_by_its_question(make: Make) -> None:
    assert make("asked").identity_as("call") == make("call").identity


def test_identities_can_be_sorted(run: list[Event]) -> None:
    places = sorted(event.identity for event in run)
    assert places[0] < places[-1]


def test_clock_fields_are_not_compared(make: Make) -> None:
    later = make("call", seconds=9.0, retries=4, cached_tokens=5, cost=1.5)
    assert comparable(later) == comparable(make("call"))
    assert not make("call").clock_fields & set(comparable(make("call")))


def test_everything_else_is_compared(make: Make) -> None:
    changes: dict[str, Any] = {
        **{"reply": "x", "reasoning": None, "refused": None, "input_tokens": 11, "output_tokens": 4},
        **{"stop_reason": "max_tokens", "model": "other", "messages": ["aa"]},
    }
    for key, value in changes.items():
        assert comparable(make("call", **{key: value})) != comparable(make("call")), key


def test_an_unknown_key_is_rejected(make: Make) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        make("month", weather="rain")


def test_a_run_that_completed_or_collapsed_is_finished_and_no_other() -> None:
    assert {status for status in get_args(Status) if status in FINISHED} == {"completed", "collapsed"}
    assert len(get_args(Status)) == 5


@pytest.mark.parametrize("text", ["", " ", "a\nb\r\nc", "\u2028\u2029\x85", '"\\', "🐟", "\x00\x1b[31m"])
def test_texts_of_every_kind_survive(make: Make, text: str) -> None:
    event = make("call", reply=text)
    assert json.loads(line_of(event))["reply"] == text
    assert line_of(event).count(b"\n") == 1
    assert read_back(event) == event


@pytest.mark.parametrize(("kind", "key"), [("call", "reply"), ("call", "reasoning"), ("message", "content")])
def test_half_a_character_in_a_text_does_not_invalidate_the_line(make: Make, kind: str, key: str) -> None:
    line = line_of(make(kind, **{key: "half of it: \ud83d."}))
    assert getattr(class_of(kind).model_validate_json(line), key).startswith("half of it: ")
