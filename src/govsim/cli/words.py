"""Amounts in sentences."""

from __future__ import annotations


def months(count: int) -> str:
    """A number of months, as in "1 month"."""
    return f"{count} month" if count == 1 else f"{count} months"
