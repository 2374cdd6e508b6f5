"""When a member is present: the months in which it joins and leaves, as written in settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from govsim.config.section import Section, invalid_form, read_form


class Hazard(Section):
    """A random month."""

    hazard: float = Field(gt=0, le=1)
    """Probability in each month."""


class Replacement(Section):
    """The month in which another member has left for good."""

    replaces: str
    """Name of the other member."""


def read_joins(value: Any) -> Any:
    """Parse the month in which a member joins.

    Raises:
        PydanticCustomError: it is invalid; the message contains the allowed forms.
    """
    if isinstance(value, Mapping):
        return read_form(Replacement if "replaces" in value else Hazard, value)
    if isinstance(value, Hazard | Replacement) or _is_month(value, 1):
        return value
    raise invalid_form("must be a month from 1 on, {hazard: P} with 0 < P ≤ 1, or {replaces: NAME}")


def read_leaves(value: Any) -> Any:
    """Parse the first month in which a member is absent again, or none.

    Raises:
        PydanticCustomError: it is invalid; the message contains the allowed forms.
    """
    if isinstance(value, Mapping):
        return read_form(Hazard, value)
    if value is None or isinstance(value, Hazard) or _is_month(value, 2):
        return value
    raise invalid_form("must be a month from 2 on, or {hazard: P} with 0 < P ≤ 1")


def check_replacements(joins: Mapping[str, int | Hazard | Replacement], roster: Sequence[str]) -> None:
    """Reject members that replace unknown ones, or each other.

    Args:
        joins: when members join, by name; those not named join in month 1.
        roster: names of all members.

    Raises:
        ValueError: names the setting.
    """
    for name in joins:
        chain = [name]
        while isinstance(joined := joins.get(chain[-1]), Replacement):
            if joined.replaces not in roster:
                raise ValueError(
                    f"members.{chain[-1]}.joins.replaces = {joined.replaces}: there is no such member; choose from "
                    f"{', '.join(roster)}"
                )
            if joined.replaces in chain:
                raise ValueError(f"members.{name}.joins: {', '.join(chain)} would replace each other and never join")
            chain.append(joined.replaces)


def _is_month(value: Any, first: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= first
