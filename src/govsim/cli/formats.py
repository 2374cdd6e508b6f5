"""What commands that tell something can tell it as."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Plain text, or JSON for a program."""

    TEXT = "text"
    JSON = "json"
