"""The dates of a society's months: the first is January 2024."""

from __future__ import annotations

from datetime import date, timedelta

FIRST_YEAR = 2024


def first_day(month: int) -> date:
    """The first day of a month of the society, which counts from 1: the day of the harvest."""
    return date(FIRST_YEAR + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def last_day(day: date) -> date:
    """The last day of a date's month: the day of the reflection."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def talk_day(month: int) -> date:
    """The day before a month's last: the day of the talk."""
    return last_day(first_day(month)) - timedelta(days=1)
