"""Words for members in the tags of fields."""

from __future__ import annotations

from collections.abc import Sequence

from govsim.models.fields import is_tag


def labels_of(members: Sequence[str]) -> dict[str, str]:
    """Return words for members that can follow another word in a tag.

    These are their names, or numbers for all of them if the name of one cannot be part of a tag.
    """
    if all(is_tag(f"Member {name}") for name in members):
        return {name: name for name in members}
    return {name: str(number) for number, name in enumerate(members, start=1)}


def numbered(labels: dict[str, str]) -> list[str]:
    """Return numbers with the members that they stand for, as in "1 Zoë"; empty if members have their names."""
    return [f"{label} {name}" for name, label in labels.items() if label != name]
