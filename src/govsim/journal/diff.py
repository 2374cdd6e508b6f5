"""Comparison of two journals: event by event in sorted order, without clock fields."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from govsim.journal.difference import Difference, difference_between, place_of
from govsim.journal.line import Identity, comparable
from govsim.journal.reader import Journal

_Line = tuple[Identity, str, dict[str, Any] | None]


def first_difference(first: Journal, second: Journal) -> Difference | None:
    """Return the first difference of two journals, in their headers or else their events; None if they are the same."""
    return header_difference(first, second) or event_difference(first, second)


def header_difference(first: Journal, second: Journal) -> Difference | None:
    """Return the first difference of the headers of two journals; None if they are the same."""
    return difference_between("header", comparable(first.header), comparable(second.header))


def event_difference(first: Journal, second: Journal) -> Difference | None:
    """Return the first difference of the events of two journals, in the order month, phase, member, or of their end."""
    for (identity, place, mine), (other_identity, other_place, other) in zip_longest(
        _sorted(first), _sorted(second), fillvalue=((), "", None)
    ):
        if identity != other_identity:
            missing_in_second = other is None or (mine is not None and identity < other_identity)
            return Difference(
                place=place if missing_in_second else other_place,
                key="line",
                first="present" if missing_in_second else None,
                second=None if missing_in_second else "present",
            )
        assert mine is not None
        assert other is not None
        if difference := difference_between(place, mine, other):
            return difference
    if first.status != second.status:
        return Difference(place="end", key="status", first=first.status, second=second.status)
    return None


def _sorted(journal: Journal) -> list[_Line]:
    lines: list[_Line] = [
        (event.identity, place_of(event), comparable(event)) for event in journal.events if event.is_compared
    ]
    return sorted(lines, key=lambda line: line[0])
