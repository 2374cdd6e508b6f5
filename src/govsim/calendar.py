"""Dates of the simulated months. The first month is January 2024."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

FIRST_YEAR = 2024


def first_day(month: int) -> date:
    """Return the first day of a month, counted from 1: the day of the harvest."""
    return date(FIRST_YEAR + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def last_day(day: date) -> date:
    """Return the last day of a date's month: the day of the reflection."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@lru_cache(maxsize=1024)
def discussion_day(month: int) -> date:
    """Return the day before the last of a month: the day of the discussion."""
    return last_day(first_day(month)) - timedelta(days=1)
