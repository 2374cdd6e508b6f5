"""Names of members and sites."""

from __future__ import annotations

import re
from typing import Any

DEFAULT_NAMES = (
    *("John", "Kate", "Jack", "Emma", "Luke", "Anna", "Paul", "Mary", "Omar", "Lena", "Igor", "Sofia", "Kofi"),
    *("Yuki", "Ravi", "Nina", "Hugo", "Ines", "Tariq", "Wei", "Elsa", "Bruno", "Amara", "Felix", "Rosa", "Samir"),
    *("Greta", "Diego", "Mei", "Otto", "Leila", "Marco", "Freya", "Jomo", "Vera", "Pablo", "Zoe", "Arun", "Clara"),
    *("Nils", "Farah", "Tomas", "Aiko", "Karim", "Dora", "Ivan", "Thandi", "Lars", "Noor", "Simon"),
)
"""Names given to members when only their number is configured. From the 51st on, members are numbered."""

MAX_MEMBERS = 10_000
"""Maximum number of members that can be configured by number instead of by name."""

RESERVED_NAMES = ("moderator", "framework", "random")

_NAME = re.compile(r"[^\W\d_][\w'\-]*(?: [\w'\-]+)*")

RULE_OF_NAMES = "must start with a letter, have at most 40 characters, and consist of letters, digits, spaces, ' and -"
"""What a valid name is."""


def is_valid_name(name: str) -> bool:
    """Whether a text is a valid name of a member or a site."""
    return _NAME.fullmatch(name) is not None and len(name) <= 40


def with_names(members: Any) -> Any:
    """Return the names of members given by their number; other values unchanged.

    Raises:
        ValueError: the number is too small or too large.
    """
    if isinstance(members, bool) or not isinstance(members, int):
        return members
    if members < 1:
        raise ValueError(f"{members} members: at least 1 is required")
    if members > MAX_MEMBERS:
        raise ValueError(f"{members} members: at most {MAX_MEMBERS:,} can be configured by number")
    return tuple(DEFAULT_NAMES[i] if i < len(DEFAULT_NAMES) else f"Member{i + 1}" for i in range(members))
